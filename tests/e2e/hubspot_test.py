"""Leads on their way to HubSpot: the real server against the sandbox's imitation."""
import json
import unittest

from command import run
from sandbox import Sandbox
from server import Server

TOKEN = "pat-na1-sandbox-default"
SERVICE_KEY = "pat-na1-service-default"
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

    def test_results_in_another_order_are_told_apart(self):
        self.sandbox.settings(switches={"batch_turned": 1})
        self.test_leads_arrive_and_known_contacts_are_not_doubled()

    def wait_dead(self):
        """The one dead letter, once there is one and nothing else is on its way."""
        def is_over():
            queue = self.server.queue()
            return queue["dead"] and not queue["pending"]

        self.server.wait_until(is_over, 25, "a dead letter")
        return self.server.get("/v1/dead-letters").json()["items"]

    def test_a_record_of_another_lead_is_not_written(self):
        """Two people share a phone: a search by it finds the other's record."""
        self.add_key()
        self.apply()
        first, = self.send({"email": "zoe@example.org", "first_name": "Zoe",
                            "phone": "+442079460958"})
        self.server.wait_delivered(25)
        record = self.sandbox.record("contacts", "email", "zoe@example.org")
        self.sandbox.edit("contacts", record["id"], {"phone": "+442079460958"})
        before = self.sandbox.record("contacts", "email", "zoe@example.org")
        self.send({"email": "bob@example.org", "first_name": "Bob", "phone": "+442079460958"})
        dead, = self.wait_dead()
        self.assertEqual(dead["code"], "remote_taken")
        self.assertIn("merge them", dead["instruction"])
        after = self.sandbox.record("contacts", "email", "zoe@example.org")
        self.assertEqual(after, before, "nothing of it was touched")
        self.assertEqual([r["target"] for r in self.sandbox.requests("/batch/update")], [])
        self.assertEqual(len(self.sandbox.records("contacts")), 1)
        self.assertNotEqual(dead["lead_id"], first)

    def test_of_two_leads_that_find_one_record_one_has_it(self):
        self.add_key()
        made = self.sandbox.add("contacts", {"email": "old@example.org",
                                             "phone": "+442079460958"})
        self.apply()
        self.assertEqual(self.server.post("/v1/connections/hubspot/pause", {}).status, 200)
        leads = [{"email": f"{name}@example.org", "first_name": name,
                  "phone": "+442079460958"} for name in ("ann", "ben")]
        ids = dict(zip(self.send(*leads), ("ann", "ben")))
        self.assertEqual(self.server.post("/v1/connections/hubspot/resume", {}).status, 200)
        dead, = self.wait_dead()
        self.assertEqual(dead["code"], "remote_taken")
        loser = ids.pop(dead["lead_id"])
        winner, = ids.values()
        whole = self.sandbox.ask("GET",
                                 f"{self.sandbox.account}/records/contacts/{made['id']}")
        self.assertEqual(whole["values"]["email"], f"{winner}@example.org")
        self.assertEqual(whole["values"]["firstname"], winner)
        self.assertNotIn(loser, json.dumps(whole["history"]))
        self.assertEqual(len(self.sandbox.records("contacts")), 1)

    def test_a_service_key_delivers(self):
        """The credential that new accounts get instead of a private app's token."""
        self.add_key()
        answer = self.server.apply(workspace(self.sandbox),
                                   {"hubspot": {"secret": SERVICE_KEY}})
        self.assertEqual(answer.status, 200, answer.body)
        answer = self.server.post("/v1/connections/hubspot/test", {})
        self.assertTrue(answer.json()["is_ok"], answer.body)
        self.send({"email": "ada@example.org", "first_name": "Ada"})
        self.server.wait_delivered(25)
        self.send({"email": "ada@example.org", "company": "Engines"})
        self.server.wait_delivered(25)
        properties = self.contact("ada@example.org")["properties"]
        self.assertEqual((properties["firstname"], properties["company"]), ("Ada", "Engines"))
        asked = self.sandbox.requests("/crm/")
        self.assertEqual({r["status"] // 100 for r in asked}, {2})
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

    def state(self):
        return self.server.get("/v1/connections/hubspot").json()

    def test_without_the_key_property_the_connection_waits(self):
        self.apply()
        self.send({"email": "ada@example.org", "first_name": "Ada"})
        self.server.wait_until(lambda: self.state()["state"] == "setup", 20, "setup")
        self.assertIn("fairlead_lead_id", self.state()["reason"])
        alerts = self.server.get("/v1/alerts").json()["items"]
        self.assertEqual([a["kind"] for a in alerts], ["setup"])
        self.assertEqual(self.server.get("/v1/dead-letters").json()["items"], [])
        self.assertEqual(self.sandbox.requests("/batch/"), [])
        self.assertEqual(self.server.queue()["pending"], 1)
        test = self.server.post("/v1/connections/hubspot/test").json()
        self.assertEqual((test["is_ok"], test["objects"][0]["has_remote_key"]), (False, False))
        self.assertIn("missing", test["objects"][0]["problem"])
        self.server.stop()
        self.server.start()
        self.assertEqual(self.state()["state"], "setup")
        test = self.server.post("/v1/connections/hubspot/test", {"create_key": True}).json()
        self.assertTrue(test["is_ok"], test)
        self.assertTrue(test["objects"][0]["created"])
        self.server.wait_delivered(20)
        self.assertEqual(self.state()["state"], "active")
        self.assertEqual(len(self.sandbox.ledger("created", "contacts")), 1)
        self.assertEqual(self.server.get("/v1/dead-letters").json()["items"], [])
        self.assertEqual([a["state"] for a in self.server.get("/v1/alerts").json()["items"]],
                         ["closed"])

    def test_a_key_that_may_stand_twice_is_none(self):
        self.sandbox.ask("POST", "/hubspot/crm/properties/2026-09/contacts",
                         {**KEY, "hasUniqueValue": False})
        self.apply()
        self.send({"email": "ada@example.org", "first_name": "Ada"})
        self.server.wait_until(lambda: self.state()["state"] == "setup", 20, "setup")
        self.assertEqual(self.sandbox.requests("/batch/"), [])

    def test_a_contact_found_by_email_is_marked_and_found_by_its_mark(self):
        self.add_key()
        theirs = self.sandbox.add("contacts", {"email": "ada@example.org", "firstname": "Ada"})
        marked = self.sandbox.add("contacts", {"email": "bob@example.org",
                                               "fairlead_lead_id": "other-1-LEAD"})
        self.apply()
        ada, _ = self.send({"email": "ada@example.org", "first_name": "Ada"},
                           {"email": "bob@example.org", "first_name": "Bob"})
        self.server.wait_delivered(25)
        contact = self.contact("ada@example.org")
        self.assertEqual(contact["id"], theirs["id"])
        self.assertEqual(contact["properties"]["fairlead_lead_id"].split("-")[-1], ada)
        contact = self.contact("bob@example.org")
        self.assertEqual((contact["id"], contact["properties"]["fairlead_lead_id"]),
                         (marked["id"], "other-1-LEAD"))
        writes = len(self.sandbox.requests("/batch/update"))
        # Its address changes there, and an answer is lost: the mark finds it all the same.
        self.sandbox.edit("contacts", theirs["id"], {"email": "countess@example.org"})
        self.sandbox.fault(fault="close", when="before", count=1, path="*/batch/update")
        self.send({"email": "ada@example.org", "company": "Engines"})
        self.server.wait_delivered(40)
        self.assertEqual(self.sandbox.ledger("created", "contacts")[2:], [])
        self.assertEqual(self.contact("countess@example.org")["properties"]["company"],
                         "Engines")
        self.assertGreater(len(self.sandbox.requests("/batch/update")), writes)

    def test_the_schema_is_kept_and_read_anew_when_asked(self):
        self.add_key()
        self.apply()
        self.send({"email": "ada@example.org"})
        self.server.wait_delivered(25)
        first = self.server.get("/v1/connections/hubspot/schema").json()
        names = {f["name"] for f in first["schema"]["fields"]}
        self.assertLessEqual({"email", "firstname", "fairlead_lead_id"}, names)
        self.sandbox.ask("POST", "/hubspot/crm/properties/2026-09/contacts",
                         {**KEY, "name": "shoe_size", "hasUniqueValue": False})
        again = self.server.get("/v1/connections/hubspot/schema").json()
        self.assertEqual(again, first)
        fresh = self.server.get("/v1/connections/hubspot/schema?refresh=true").json()
        self.assertIn("shoe_size", {f["name"] for f in fresh["schema"]["fields"]})
        self.assertEqual(self.server.get("/v1/connections/hubspot/schema?object=nothing").status,
                         503)
        self.assertEqual(self.server.get("/v1/connections/nobody/schema").status, 404)

    def test_the_commands_ask_the_crm(self):
        def do(*args, code=0):
            result = run("connection", *args, "--data", self.server.data)
            self.assertEqual(result.code, code, result)
            return result.out
        self.apply()
        self.assertRegex(do("test", "hubspot", code=1),
                         "fairlead_lead_id: the field for our id is missing; --create-key")
        self.assertIn("fairlead_lead_id: was made", do("test", "hubspot", "--create-key"))
        self.assertRegex(do("test", "hubspot"), r"✓ contacts\n✓ fairlead_lead_id: is there\n")
        schema = do("schema", "hubspot", "--refresh")
        self.assertRegex(schema, r"contacts, as read at 20\d\d-")
        self.assertRegex(schema, r"fairlead_lead_id +\S.* +text +.*unique, writable")
        self.assertRegex(do("limits", "hubspot"), r"[\d,]+ of [\d,]+ calls are left")
        self.sandbox.fault(fault="status", status=503, count=9)
        self.assertIn("✗", do("limits", "hubspot", code=0))
        do("test", "nobody", code=1)

    def test_what_is_left_of_the_limits_is_told(self):
        self.add_key()
        self.apply()
        limits = self.server.get("/v1/connections/hubspot/limits").json()
        self.assertTrue(limits["is_ok"], limits)
        self.assertGreater(limits["calls_max"], limits["calls_left"])


if __name__ == "__main__":
    unittest.main()
