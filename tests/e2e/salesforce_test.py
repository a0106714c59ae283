"""Leads on their way to Salesforce: the real server against the sandbox's imitation."""
import json
import unittest

from sandbox import Sandbox
from server import Server

TOKEN = "00D5g-sandbox-default"
CLIENT = {"client_id": "fairlead-sandbox-consumer-key",
          "client_secret": "fairlead-sandbox-consumer-secret"}
REFRESH = {**CLIENT, "refresh_token": "5Aep861-sandbox-default"}
WRITE = "/composite/sobjects"


def workspace(sandbox, auth="client_credentials", **connection):
    return {
        "version": 1,
        "people": [{"name": "operations", "email": "operations@example.org"}],
        "sources": [{"name": "site", "kind": "api", "trust": "trusted", "keys": ["email"],
                     "mandatory": ["email"]}],
        "connections": [
            {"name": "salesforce", "connector": "salesforce", "auth": auth,
             "limits": {"retries": 8, "first_ms": 50},
             "settings": {"base_url": sandbox.url}, **connection}],
        "mappings": [
            {"name": "leads", "owner": "operations", "connection": "salesforce",
             "object": "Lead",
             "fields": [{"from": "email", "to": "Email"},
                        {"from": "first_name", "to": "FirstName"},
                        {"from": "last_name", "to": "LastName"},
                        {"from": "company", "to": "Company"},
                        {"from": "title", "to": "Title"}]}],
        "syncs": [{"mapping": "leads", "mode": "real_time", "behaviour": "capture"}],
    }


class Salesforce(unittest.TestCase):
    def setUp(self):
        self.sandbox = Sandbox("salesforce", TOKEN)
        self.addCleanup(self.sandbox.end)
        self.server = Server("--allow-networks", f"127.0.0.1/32:{self.sandbox.port}")
        self.addCleanup(self.server.end)
        self.server.start()

    def apply(self, auth="client_credentials", secrets=None, **connection):
        answer = self.server.apply(workspace(self.sandbox, auth, **connection),
                                   {"salesforce": secrets or CLIENT})
        self.assertEqual(answer.status, 200, answer.body)

    def send(self, *leads):
        answer = self.server.post("/v1/leads/batch",
                                  [{"source": "site", **lead} for lead in leads])
        for result in answer.json()["results"]:
            self.assertIn(result["status"], (200, 201), result)
        return [result["lead_id"] for result in answer.json()["results"]]

    def letters(self):
        return self.server.get("/v1/dead-letters").json()["items"]

    def lead(self, email):
        return self.sandbox.record("Lead", "Email", email)

    def test_leads_arrive_in_one_collection_under_their_key(self):
        self.apply()
        leads = [{"email": f"new{n}@example.org", "first_name": "New", "last_name": f"N{n}",
                  "company": "Acme"} for n in range(10)]
        ids = self.send(*leads)
        self.server.wait_delivered(25)
        self.assertEqual(self.letters(), [])
        self.assertEqual(len(self.sandbox.ledger("created", "Lead")), 10)
        for lead, lead_id in zip(leads, ids):
            key = self.lead(lead["email"])["values"]["Fairlead_Id__c"]
            self.assertEqual(key.split("-")[-1], lead_id)
        upserts = self.sandbox.requests(WRITE + "/Lead/Fairlead_Id__c")
        self.assertLess(len(upserts), 10)

    def test_known_people_are_found_among_leads_and_contacts(self):
        self.sandbox.ask("POST", self.sandbox.account + "/seed", {"count": 10, "seed": 5})
        known = {r["values"]["Email"]: r["id"] for r in self.sandbox.records("Lead")}
        contact = self.sandbox.add("Contact", {"LastName": "Byron", "Email": "c@example.org"})
        before = len(self.sandbox.ledger("created", "Lead"))
        self.apply()
        self.send(*[{"email": email, "last_name": "Changed", "company": "Changed Ltd"}
                    for email in known],
                  {"email": "c@example.org", "last_name": "Byron", "company": "Acme"},
                  {"email": "new@example.org", "last_name": "New", "company": "Acme"})
        self.server.wait_delivered(25)
        self.assertEqual(self.letters(), [])
        self.assertEqual(len(self.sandbox.ledger("created", "Lead")) - before, 1)
        for email, lead_id in known.items():
            lead = self.lead(email)
            self.assertEqual((lead["id"], lead["values"]["Company"]), (lead_id, "Changed Ltd"))
        self.assertEqual(self.sandbox.record("Contact", "Email", "c@example.org")["id"],
                         contact["id"])
        self.assertNotIn("c@example.org",
                         [r["values"]["Email"] for r in self.sandbox.records("Lead")])

    def test_a_converted_lead_is_followed_to_its_contact(self):
        self.apply()
        self.send({"email": "ada@example.org", "last_name": "L", "company": "Acme"})
        self.server.wait_delivered(25)
        lead = self.lead("ada@example.org")
        contact = self.sandbox.add("Contact", {"LastName": "L", "Email": "ada@example.org"})
        self.sandbox.edit("Lead", lead["id"], {"IsConverted": True,
                                               "ConvertedContactId": contact["id"]})
        self.send({"email": "ada@example.org", "title": "Countess"})
        self.server.wait_delivered(25)
        self.assertEqual(self.letters(), [])
        self.assertEqual(len(self.sandbox.ledger("created", "Lead")), 1)
        self.send({"email": "ada@example.org", "title": "Analyst"})
        self.server.wait_delivered(25)
        self.assertEqual(self.letters(), [])
        self.assertEqual(len(self.sandbox.records("Contact")), 1)

    def test_a_duplicate_rule_makes_it_look_again(self):
        """Somebody adds the person between our look and our write."""
        self.sandbox.settings(switches={"duplicate_rule": 2})
        self.sandbox.fault(fault="slow", when="after", ms=1500, count=1, path="*/composite")
        self.apply()
        self.send({"email": "ada@example.org", "last_name": "L", "company": "Acme",
                   "title": "Countess"})
        self.server.wait_until(lambda: self.sandbox.requests("/composite"), 20, "a look")
        theirs = self.sandbox.add("Lead", {"LastName": "L", "Company": "Acme",
                                           "Email": "ada@example.org"})
        self.server.wait_delivered(40)
        self.assertEqual(self.letters(), [])
        lead = self.lead("ada@example.org")
        self.assertEqual((lead["id"], lead["values"]["Title"]), (theirs["id"], "Countess"))

    def test_assignment_rules_run_only_for_who_says_so(self):
        self.sandbox.settings(switches={"assignment_rule": 1})
        queue = self.sandbox.record("Group", "Name", "Inbound")["id"]
        self.apply()
        self.send({"email": "a@example.org", "last_name": "A", "company": "Acme"})
        self.server.wait_delivered(25)
        self.assertNotEqual(self.lead("a@example.org")["values"]["OwnerId"], queue)
        self.apply(assigns="crm")
        self.send({"email": "b@example.org", "last_name": "B", "company": "Acme"})
        self.server.wait_delivered(25)
        self.assertEqual(self.lead("b@example.org")["values"]["OwnerId"], queue)

    def test_a_spent_day_costs_nobody_a_try(self):
        self.apply()
        self.send({"email": "a@example.org", "last_name": "A", "company": "Acme"})
        self.server.wait_delivered(25)
        self.sandbox.settings(limits={"daily": 1})
        self.send({"email": "b@example.org", "last_name": "B", "company": "Acme"})
        self.server.wait_until(
            lambda: [r for r in self.sandbox.requests("/services/data")
                     if r["status"] == 403], 25, "a refusal for the quota")
        self.server.wait_until(
            lambda: self.server.get("/v1/connections/salesforce").json()["reason"], 20,
            "a reason to wait")
        asked = len(self.sandbox.requests("/services/data"))
        self.send({"email": "c@example.org", "last_name": "C", "company": "Acme"})
        self.server.wait_until(lambda: self.queue_pending() == 2, 10, "two that wait")
        self.assertEqual(self.letters(), [])
        self.assertEqual(len(self.sandbox.requests("/services/data")), asked)
        deliveries = self.server.get("/v1/deliveries").json()["items"]
        self.assertEqual({d["tries"] for d in deliveries}, {0})

    def queue_pending(self):
        return self.server.queue()["pending"]

    def test_an_answer_that_was_lost_makes_no_second_lead(self):
        self.apply()
        self.sandbox.fault(fault="close", when="after", count=1, path="*/composite/sobjects/*")
        self.send({"email": "ada@example.org", "last_name": "L", "company": "Acme"})
        self.server.wait_delivered(40)
        self.assertEqual(len(self.sandbox.ledger("created", "Lead")), 1)
        self.assertEqual(self.letters(), [])

    def test_a_session_token_alone_will_do(self):
        self.apply("bearer", {"secret": TOKEN})
        self.send({"email": "ada@example.org", "last_name": "L", "company": "Acme"})
        self.server.wait_delivered(25)
        self.assertEqual(self.letters(), [])
        self.assertEqual(len(self.sandbox.ledger("created", "Lead")), 1)


if __name__ == "__main__":
    unittest.main()
