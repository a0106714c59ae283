"""Leads on their way to HubSpot: the real server against the sandbox's imitation."""
import json
import unittest

from sandbox import Sandbox
from server import Server

TOKEN = "pat-na1-sandbox-default"
KEY = {"name": "fairlead_lead_id", "label": "Fairlead lead id", "type": "string",
       "groupName": "contactinformation", "fieldType": "text", "hasUniqueValue": True}


def add_key(sandbox):
    sandbox.ask("POST", "/hubspot/crm/properties/2026-09/contacts", KEY)


def workspace(sandbox):
    return {
        "version": 1,
        "people": [{"name": "operations", "email": "operations@example.org"}],
        "sources": [{"name": "site", "kind": "api", "trust": "trusted", "keys": ["email"],
                     "mandatory": ["email"]}],
        "connections": [
            {"name": "hubspot", "connector": "hubspot", "auth": "bearer",
             "secret": {"env": "HUBSPOT_TOKEN"}, "limits": {"retries": 8, "first_ms": 50},
             "settings": {"base_url": sandbox.url}}],
        "mappings": [
            {"name": "contacts", "owner": "operations", "connection": "hubspot",
             "object": "contacts",
             "fields": [{"from": "email", "to": "email"},
                        {"from": "first_name", "to": "firstname"},
                        {"from": "last_name", "to": "lastname"},
                        {"from": "company", "to": "company"}]}],
        "syncs": [{"mapping": "contacts", "mode": "real_time", "behaviour": "capture"}],
    }


class HubSpot(unittest.TestCase):
    def setUp(self):
        self.sandbox = Sandbox("hubspot", TOKEN)
        self.addCleanup(self.sandbox.end)
        self.server = Server("--allow-networks", f"127.0.0.1/32:{self.sandbox.port}")
        self.addCleanup(self.server.end)
        self.server.start()

    def add_key(self):
        add_key(self.sandbox)

    def contact(self, email):
        return self.sandbox.ask("GET",
                                f"/hubspot/crm/objects/2026-09/contacts/{email}?idProperty=email"
                                "&properties=email,firstname,lastname,company,city,"
                                "fairlead_lead_id")

    def apply(self):
        answer = self.server.apply(workspace(self.sandbox), {"hubspot": {"secret": TOKEN}})
        self.assertEqual(answer.status, 200, answer.body)

    def send(self, *leads):
        answer = self.server.post("/v1/leads/batch",
                                  [{"source": "site", **lead} for lead in leads])
        for result in answer.json()["results"]:
            self.assertIn(result["status"], (200, 201), result)
        return [result["lead_id"] for result in answer.json()["results"]]

    def test_leads_arrive_and_known_contacts_are_not_doubled(self):
        self.add_key()
        self.sandbox.ask("POST", self.sandbox.account + "/seed", {"count": 20, "seed": 5})
        seeded = self.sandbox.ask("GET", self.sandbox.account + "/records/contacts?limit=20")["records"]
        known = {r["values"]["email"]: r["id"] for r in seeded}
        self.assertEqual(len(known), 20)
        before = len(self.sandbox.ledger("created", "contacts"))
        self.apply()
        leads = [{"email": email.upper(), "company": "Changed Ltd"} for email in known]
        leads += [{"email": f"new{n}@example.org", "first_name": "New", "last_name": str(n)}
                  for n in range(10)]
        ids = self.send(*leads)
        self.server.wait_delivered(25)
        self.assertEqual(len(self.sandbox.ledger("created", "contacts")) - before, 10)
        for lead, lead_id in zip(leads[20:], ids[20:]):
            contact = self.contact(lead["email"])
            key = contact["properties"]["fairlead_lead_id"]  # WORKSPACE-N-LEAD
            self.assertEqual(key.split("-")[-1], lead_id)
        for email, contact_id in known.items():
            contact = self.contact(email)
            self.assertEqual((contact["id"], contact["properties"]["company"]),
                             (contact_id, "Changed Ltd"))
        self.assertEqual({e["id"] for e in self.sandbox.ledger("updated", "contacts")}
                         & set(known.values()), set(known.values()))
        self.assertEqual(self.server.get("/v1/dead-letters").json()["items"], [])

    def test_a_later_change_updates_the_same_contact(self):
        self.add_key()
        self.apply()
        self.send({"email": "ada@example.org", "first_name": "Ada"})
        self.server.wait_delivered(25)
        self.send({"email": "ada@example.org", "company": "Engines"})
        self.server.wait_delivered(25)
        self.assertEqual(len(self.sandbox.ledger("created", "contacts")), 1)
        properties = self.contact("ada@example.org")["properties"]
        self.assertEqual((properties["firstname"], properties["company"]), ("Ada", "Engines"))

    def test_many_are_searched_for_by_phone_in_few_calls(self):
        self.add_key()
        self.apply()
        phones = [f"+9198765{n:05}" for n in range(250)]
        self.sandbox.ask("POST", self.sandbox.account + "/records/contacts", {"phone": phones[149]})
        self.send(*[{"email": f"lead{n}@example.org", "first_name": f"Lead {n}",
                     "phone": phone} for n, phone in enumerate(phones)])
        self.server.wait_delivered(40)
        searches = [r for r in self.sandbox.ask("GET", "/_sandbox/requests?limit=4096")
                    ["requests"] if r["target"].endswith("/search")]
        self.assertEqual({r["status"] for r in searches}, {200})
        self.assertLessEqual(len(searches), 6, searches)
        self.assertEqual(len(self.sandbox.ledger("created", "contacts")), 250)

    def test_an_answer_that_was_lost_makes_no_second_contact(self):
        self.add_key()
        self.apply()
        self.sandbox.fault(fault="close", when="after", count=1, path="*/batch/upsert")
        self.send({"email": "ada@example.org", "first_name": "Ada"})
        self.server.wait_delivered(25)
        self.assertEqual(len(self.sandbox.ledger("created", "contacts")), 1)
        self.assertEqual(self.server.get("/v1/dead-letters").json()["items"], [])

    def test_without_the_key_property_nothing_is_written(self):
        self.apply()
        self.send({"email": "ada@example.org", "first_name": "Ada"})
        letters = self.server.wait_until(
            lambda: self.server.get("/v1/dead-letters").json()["items"], 20, "a dead letter")
        self.assertIn("fairlead_lead_id", json.dumps(letters))
        self.assertEqual(self.sandbox.ledger("created", "contacts"), [])


if __name__ == "__main__":
    unittest.main()
