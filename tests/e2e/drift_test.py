"""Drift: a CRM's administrator changes the schema under a mapping. It is found, shown, told
once; what it breaks waits instead of dying, and goes out when it is mended."""
import json
import unittest

import hubspot_test
import salesforce_test
from command import run
from sandbox import Sandbox
from server import POSTGRES, Server, new_database


class Drift(unittest.TestCase):
    """What both vendors share. `lines` are mapped beside the usual ones."""

    store, every = None, "1s"
    lines = [{"from": "custom.colour", "to": "colour__c"},
             {"from": "custom.note", "to": "note__c"}]

    def setUp(self):
        self.sandbox = Sandbox(self.vendor, self.module.TOKEN)
        self.addCleanup(self.sandbox.end)
        self.change("note__c", "add", "text")
        self.change("colour__c", "add", "picklist")
        self.change("colour__c", "options", ["red", "green", "blue"])
        self.prepare()
        self.server = Server("--allow-networks", f"127.0.0.1/32:{self.sandbox.port}",
                             "--schema-every", self.every, store=self.store).start()
        self.addCleanup(self.server.end)
        self.apply(self.lines)
        self.send("first", note="hello", colour="red")
        self.server.wait_delivered()
        self.assertEqual((self.drift(), self.alerts()), ([], []))

    def prepare(self):
        pass

    def change(self, field, change, to=None):
        return self.sandbox.ask("POST", f"{self.sandbox.account}/schema/{self.object}",
                                {"field": field, "change": change, "to": to})

    def apply(self, lines):
        workspace = self.module.workspace(self.sandbox)
        workspace["mappings"][0]["fields"] += lines
        answer = self.server.apply(workspace, self.secrets)
        self.assertEqual(answer.status, 200, answer.body)

    def send(self, name, company="Acme", **custom):
        answer = self.server.post("/v1/leads", {
            "source": "site", "email": f"{name}@example.org", "last_name": name.title(),
            "company": company, "custom": custom})
        self.assertIn(answer.status, (200, 201), answer.body)

    def drift(self):
        return self.server.get("/v1/drift").json()["items"]

    def alerts(self, state=None):
        return [a for a in self.server.get("/v1/alerts").json()["items"]
                if a["kind"] == "drift" and (not state or a["state"] == state)]

    def wait_drift(self, *kinds):
        self.server.wait_until(lambda: [d["kind"] for d in self.drift()] == list(kinds),
                               what=f"drift {kinds}")
        self.server.wait_until(lambda: len(self.alerts("sent")) == bool(kinds),
                               what="an alert")
        return self.drift()

    def waiting(self, code):
        return [d for d in self.server.get("/v1/deliveries").json()["items"]
                if (d["state"], d["code"]) == ("waiting", code)]

    def wait_waiting(self, code, count=1):
        self.server.wait_until(lambda: len(self.waiting(code)) == count,
                               what=f"{count} deliveries that wait for {code}")
        return self.waiting(code)

    def values(self, name):
        return self.sandbox.record(self.object, self.email, f"{name}@example.org")["values"]

    def is_there(self, name):
        return any(r["values"].get(self.email) == f"{name}@example.org"
                   for r in self.sandbox.records(self.object))

    def no_letters(self):
        self.assertEqual(self.server.get("/v1/dead-letters").json()["items"], [])

    def wait_mended(self):
        self.wait_drift()
        self.server.wait_until(lambda: self.alerts("closed"), what="a closed alert")
        self.server.wait_delivered()
        self.no_letters()
        self.assertEqual(self.alerts()[0]["state"], "closed")
        self.assertEqual(len(self.alerts()), 1)

    def breaks(self, kind, field, break_it, mend_it, **lead):
        """A change that no value is sure to fit: everything of the mapping waits."""
        break_it()
        found = self.wait_drift(kind)[0]
        self.assertEqual((found["connection"], found["mapping"], found["field"],
                          found["is_breaking"]),
                         (self.vendor, self.mapping, field, True))
        self.send("held", note="x" * 5, **lead)
        held = self.wait_waiting("drift")[0]
        self.assertEqual((held["reason"], held["instruction"]),
                         (found["message"], found["instruction"]))
        self.assertFalse(self.is_there("held"))
        self.no_letters()
        alert = self.alerts("sent")[0]
        self.assertEqual((alert["count"], alert["connection"]), (1, self.vendor))
        self.assertIn(found["message"], alert["detail"])
        self.assertIn("its deliveries wait", alert["detail"])
        mend_it()
        self.wait_mended()
        self.assertTrue(self.is_there("held"))
        return found

    def test_a_field_that_is_renamed(self):
        found = self.breaks("renamed", "note__c",
                            lambda: self.change("note__c", "rename", "remark__c"),
                            lambda: self.change("remark__c", "rename", "note__c"))
        self.assertEqual(found["after"], "remark__c")
        self.assertIn("write to: remark__c", found["instruction"])

    def test_a_field_of_another_type(self):
        found = self.breaks("retyped", "note__c",
                            lambda: self.change("note__c", "retype", "number"),
                            lambda: self.change("note__c", "retype", "text"))
        self.assertEqual((found["before"], found["after"]), ("text", "number"))

    def test_a_field_that_may_not_be_written_any_more(self):
        self.breaks("read_only", "note__c",
                    lambda: self.change("note__c", "read_only", True),
                    lambda: self.change("note__c", "read_only", False))

    def test_values_that_left_a_list_are_held_and_all_else_goes_on(self):
        self.change("colour__c", "options", ["red", "blue"])
        found = self.wait_drift("options")[0]
        self.assertEqual((found["before"], found["is_breaking"]), ("green", False))
        self.send("green", colour="green", note="yes")
        self.send("blue", colour="blue")
        self.server.wait_delivered()
        self.assertEqual(self.values("blue")["colour__c"], "blue")
        self.assertEqual(self.values("green").get("note__c"), "yes")
        self.assertFalse(self.values("green").get("colour__c"))
        held = [d["held"] for d in self.server.get("/v1/deliveries").json()["items"]
                if d["held"]]
        self.assertEqual([h["field"] for h in held[0]], ["colour__c"])
        self.no_letters()
        # The value was rightly taken from the list: a person says so.
        self.assertEqual(self.server.post("/v1/drift/accept", {"connection": "x"}).status, 422)
        answer = self.server.post("/v1/drift/accept", {"connection": self.vendor})
        self.assertEqual((answer.status, answer.json()["items"]), (200, []), answer.body)
        self.wait_mended()

    def test_a_value_that_the_mapping_writes_itself_breaks_it(self):
        self.apply([{"from": "custom.colour", "to": "colour__c",
                     "via": [{"lookup": {"table": {"rot": "red", "gruen": "green"}}}]}])
        self.send("fine", colour="gruen")
        self.server.wait_delivered()
        self.assertEqual(self.values("fine")["colour__c"], "green")
        self.change("colour__c", "options", ["red"])
        self.wait_drift("options")
        self.send("held", colour="rot")
        self.wait_waiting("drift")
        self.no_letters()
        refused = self.server.post("/v1/drift/accept", {"connection": self.vendor})
        self.assertEqual(refused.status, 409)
        self.assertIn("mend the mapping first", refused.json()["detail"])
        self.apply([{"from": "custom.colour", "to": "colour__c",
                     "via": [{"lookup": {"table": {"rot": "red"}}}]}])
        self.wait_mended()
        self.assertEqual(self.values("held")["colour__c"], "red")

    def test_the_mapping_is_mended_and_what_waited_goes_out(self):
        self.change("note__c", "rename", "remark__c")
        self.wait_drift("renamed")
        self.send("held", note="kept")
        self.wait_waiting("drift")
        self.apply([{"from": "custom.note", "to": "remark__c"}])
        self.wait_mended()
        self.assertEqual(self.values("held")["remark__c"], "kept")

    def test_a_restart_forgets_nothing_and_tells_nothing_twice(self):
        self.change("note__c", "rename", "remark__c")
        self.wait_drift("renamed")
        first = self.alerts()[0]
        self.send("held", note="kept")
        self.wait_waiting("drift")
        self.server.kill()
        self.server.start()
        self.send("other", note="too")
        self.wait_waiting("drift", 2)
        alert = self.alerts()[0]
        self.assertEqual([alert[k] for k in ("id", "first_at", "count", "state")],
                         [first["id"], first["first_at"], 1, "sent"])
        self.change("remark__c", "rename", "note__c")
        self.wait_mended()
        self.assertTrue(self.is_there("other"))


class HubSpot(Drift):
    vendor, object, mapping, email = "hubspot", "contacts", "contacts", "email"
    module, secrets = hubspot_test, {"hubspot": {"secret": hubspot_test.TOKEN}}

    def prepare(self):
        hubspot_test.add_key(self.sandbox)

    def test_a_field_that_is_gone(self):
        self.breaks("removed", "note__c",
                    lambda: self.change("note__c", "archived", True),
                    lambda: self.change("note__c", "archived", False))

    def test_the_command_shows_and_accepts_it(self):
        def drift(*args, code=0):
            result = run("drift", *args, "--data", self.server.data)
            self.assertEqual(result.code, code, result)
            return result

        self.assertIn("no drift", drift().out)
        self.change("note__c", "rename", "remark__c")
        self.wait_drift("renamed")
        shown = drift(code=1).out
        self.assertIn('hubspot, mapping contacts', shown)
        self.assertIn('"remark__c" is new and like it', shown)
        self.assertIn("deliveries of a broken mapping wait", shown)
        self.assertEqual(drift("--json", code=1).json()["items"][0]["kind"], "renamed")
        self.assertIn("mend the mapping first", drift("--accept", "hubspot", code=1).err)
        self.change("remark__c", "rename", "note__c")
        self.change("colour__c", "options", ["red"])
        self.wait_drift("options")
        self.assertIn("no drift", drift("--accept", "hubspot").out)


class Refused(Drift):
    """A change that the CRM's refusal tells of, long before its schema is read again."""

    vendor, object, mapping, email = "hubspot", "contacts", "contacts", "email"
    module, secrets, every = hubspot_test, {"hubspot": {"secret": hubspot_test.TOKEN}}, "1h"
    prepare = HubSpot.prepare

    def test_a_refused_value_has_the_schema_read_at_once(self):
        self.change("note__c", "rename", "remark__c")
        self.send("held", note="kept")
        self.wait_waiting("drift")
        self.no_letters()
        self.change("remark__c", "rename", "note__c")
        answer = self.server.get("/v1/connections/hubspot/schema?refresh=true")
        self.assertEqual(answer.status, 200)
        self.wait_mended()
        self.assertEqual(self.values("held")["note__c"], "kept")


for _name in [n for n in dir(Drift) if n.startswith("test_")]:
    setattr(Refused, _name, None)  # they are the others'


class Salesforce(Drift):
    vendor, object, mapping, email = "salesforce", "Lead", "leads", "Email"
    module, secrets = salesforce_test, {"salesforce": salesforce_test.CLIENT}

    def test_a_field_that_the_user_may_not_see_any_more(self):
        self.breaks("removed", "note__c",
                    lambda: self.change("note__c", "hidden", True),
                    lambda: self.change("note__c", "hidden", False))

    def test_a_field_that_must_be_given_now(self):
        self.change("extra__c", "add", "text")
        self.breaks("required", "extra__c",
                    lambda: self.change("extra__c", "required", True),
                    lambda: self.change("extra__c", "required", False))

    def test_a_value_too_long_for_less_room_waits_when_the_record_needs_it(self):
        self.change("Company", "length", 10)
        found = self.wait_drift("shorter")[0]
        self.assertEqual((found["field"], found["after"], found["is_breaking"]),
                         ("Company", "10", False))
        self.send("short", company="Acme")
        self.send("long", company="Analytical Engines")
        held = self.wait_waiting("drift_value")[0]
        self.assertEqual(held["field"], "Company")
        self.server.wait_until(lambda: self.is_there("short"), what="the short one")
        self.assertFalse(self.is_there("long"))
        self.no_letters()
        # Other data may fit at once; the rest waits for the CRM.
        self.send("longer", company="Difference Engines")
        self.wait_waiting("drift_value", 2)
        self.send("long", company="Engines")
        self.server.wait_until(lambda: self.is_there("long"), what="the mended one")
        self.change("Company", "length", int(found["before"]))
        self.wait_mended()
        self.assertEqual(self.values("longer")["Company"], "Difference Engines")


@unittest.skipUnless(POSTGRES, "no PostgreSQL")
class SalesforcePostgres(Salesforce):
    def setUp(self):
        self.store = new_database()
        super().setUp()


def load_tests(loader, tests, pattern):
    """Without the class that has no vendor."""
    suite = unittest.TestSuite()
    for case in (HubSpot, Refused, Salesforce, SalesforcePostgres):
        suite.addTests(loader.loadTestsFromTestCase(case))
    return suite


if __name__ == "__main__":
    unittest.main()
