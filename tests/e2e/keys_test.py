"""An object of a CRM that lacks the field for our key: said when its mapping is added, by the
doctor and by one alert; what is to be written to it waits, and nothing else does."""
import json
import os
import unittest

import hubspot_test
from command import run
from sandbox import Sandbox
from server import POSTGRES, Server, new_database

DEALS = {"name": "deals", "owner": "operations", "connection": "hubspot", "object": "deals",
         "fields": [{"from": "company", "to": "dealname"}]}
LACKS = "deals has no field fairlead_lead_id with unique values"


class Keyed(unittest.TestCase):
    """A server that writes HubSpot's contacts, which have the field; deals have not."""

    store = None

    def setUp(self):
        self.sandbox = Sandbox("hubspot", hubspot_test.TOKEN)
        self.addCleanup(self.sandbox.end)
        hubspot_test.add_key(self.sandbox)
        self.server = Server("--allow-networks", f"127.0.0.1/32:{self.sandbox.port}",
                             store=self.store).start()
        self.addCleanup(self.server.end)
        self.workspace = hubspot_test.workspace(self.sandbox)
        self.assertEqual(self.apply()["warnings"], [])

    def apply(self, status=200):
        answer = self.server.apply(self.workspace, {"hubspot": {"secret": hubspot_test.TOKEN}})
        self.assertEqual(answer.status, status, answer.body)
        return answer.json()

    def add_deals(self):
        self.workspace["mappings"].append(DEALS)
        self.workspace["syncs"].append({"mapping": "deals"})

    def send(self, name):
        answer = self.server.post("/v1/leads", {"source": "site", "company": f"{name} Ltd",
                                                "email": f"{name}@example.org"})
        self.assertEqual(answer.status, 201, answer.body)

    def deliveries(self, mapping):
        return [(d["state"], d["code"]) for d in
                self.server.get("/v1/deliveries?limit=1000").json()["items"]
                if d["mapping"] == mapping]

    def wait_deliveries(self, mapping, *wanted):
        self.server.wait_until(lambda: sorted(self.deliveries(mapping), key=str) ==
                               sorted(wanted, key=str), what=f"{mapping}: {wanted}")

    def alerts(self):
        return self.server.get("/v1/alerts").json()["items"]

    def command(self, *args, code=0):
        result = run(*args, "--data", self.server.data)
        self.assertEqual(result.code, code, result)
        return result


class WithoutKey(Keyed):
    def test_only_what_is_for_that_object_waits(self):
        self.add_deals()
        warning, = self.apply()["warnings"]
        self.assertEqual((warning["field"], warning["code"]),
                         ("mappings[1].object", "no_key_field"))
        self.assertIn(LACKS, warning["message"])
        self.assertIn("fairlead connection test hubspot --create-key", warning["instruction"])
        self.assertEqual(self.apply()["warnings"], [])  # nothing changed: it was said
        for name in ("ada", "bob"):
            self.send(name)
        self.wait_deliveries("contacts", *[("at_rest", None)] * 2)
        self.wait_deliveries("deals", *[("waiting", "no_key_field")] * 2)
        waiting = next(d for d in self.server.get("/v1/deliveries").json()["items"]
                       if d["mapping"] == "deals")
        self.assertIn(LACKS, waiting["reason"])
        self.assertIn("--create-key", waiting["instruction"])
        self.assertEqual(self.server.get("/v1/connections/hubspot").json()["state"], "active")
        self.server.wait_until(lambda: [a["state"] for a in self.alerts()] == ["sent"],
                               what="one alert")
        alert, = self.alerts()
        self.assertEqual((alert["kind"], alert["count"]), ("setup", 1))
        self.assertIn(LACKS, alert["detail"])
        self.assertIn("the deliveries of the mapping deals wait", alert["detail"])
        self.assertIn("✗ connection hubspot: deals lacks the field fairlead_lead_id",
                      self.command("doctor", code=1).out)
        self.assertIn("its deliveries wait", self.command("map", "validate", "deals").out)
        # A kill forgets nothing, and tells nothing twice.
        self.server.kill()
        self.server.start()
        self.send("cyd")
        self.wait_deliveries("contacts", *[("at_rest", None)] * 3)
        self.wait_deliveries("deals", *[("waiting", "no_key_field")] * 3)
        self.assertEqual([a["id"] for a in self.alerts()], [alert["id"]])
        self.assertEqual(self.sandbox.ledger("created", "deals"), [])
        self.command("connection", "test", "hubspot", "--create-key")
        self.wait_deliveries("deals", *[("at_rest", None)] * 3)
        self.assertEqual(len(self.sandbox.ledger("created", "deals")), 3)
        self.server.wait_until(lambda: [a["state"] for a in self.alerts()] == ["closed"],
                               what="a closed alert")
        self.assertEqual(self.server.get("/v1/dead-letters").json()["items"], [])
        self.command("doctor")

    def test_its_mapping_is_removed_and_what_waits_comes_to_its_end(self):
        self.add_deals()
        self.apply()
        self.send("ada")
        self.wait_deliveries("deals", ("waiting", "no_key_field"))
        self.workspace["mappings"].pop()
        self.workspace["syncs"].pop()
        self.server.post("/v1/apply", {"workspace": self.workspace, "prune": True})
        self.wait_deliveries("deals", ("at_rest", "unmapped"))
        self.server.wait_until(lambda: [a["state"] for a in self.alerts()] == ["closed"],
                               what="a closed alert")

    def test_an_object_whose_fields_may_not_be_read_holds_nothing_else(self):
        self.sandbox.fault(fault="status", status=403, count=1000, path="*/properties/*/deals*")
        self.add_deals()
        self.assertEqual([w["code"] for w in self.apply()["warnings"]], ["unknown_schema"])
        for name in ("ada", "bob"):
            self.send(name)
        self.wait_deliveries("contacts", *[("at_rest", None)] * 2)
        self.wait_deliveries("deals", *[("waiting", "no_schema")] * 2)
        self.server.wait_until(lambda: [a["state"] for a in self.alerts()] == ["sent"],
                               what="one alert")
        self.assertIn("does not tell the fields of deals: 403", self.alerts()[0]["detail"])
        self.assertEqual(self.server.get("/v1/connections/hubspot").json()["state"], "active")
        self.sandbox.ask("DELETE", "/_sandbox/faults")
        self.command("connection", "test", "hubspot", "--create-key")
        self.wait_deliveries("deals", *[("at_rest", None)] * 2)
        self.server.wait_until(lambda: [a["state"] for a in self.alerts()] == ["closed"],
                               what="a closed alert")

    def test_a_crm_that_does_not_tell_its_fields_is_a_warning_too(self):
        self.sandbox.fault(fault="status", status=500, count=50, path="*/properties/*/deals*")
        self.add_deals()
        warning, = self.apply()["warnings"]
        self.assertEqual((warning["field"], warning["code"]),
                         ("mappings[1].object", "unknown_schema"))


class Said(Keyed):
    """By `fairlead apply`, at its place in the file."""

    def write(self, text):
        path = os.path.join(self.server.folder, "workspace.yaml")
        with open(path, "w") as file:
            file.write(text)
        return path

    def file(self):
        """JSON is YAML; a line for each item makes places that can be told apart."""
        lines = ["version: 1"]
        for section in ("people", "sources", "connections", "mappings", "syncs"):
            lines.append(f"{section}:")
            lines += [f"  - {json.dumps(item)}" for item in self.workspace[section]]
        return self.write("\n".join(lines) + "\n")

    def apply_file(self, code, *more):
        result = run("apply", "-f", self.file(), "--data", self.server.data, "--keep-secrets",
                     *more)
        self.assertEqual(result.code, code, result)
        return result

    def line_of(self, text):
        with open(self.file()) as file:
            return next(i for i, line in enumerate(file, 1) if text in line)

    def test_a_warning_stands_at_its_place(self):
        self.add_deals()
        result = self.apply_file(0)
        self.assertIn("2 items changed", result.out)
        self.assertRegex(result.err, f"workspace.yaml:{self.line_of('dealname')}:"
                         rf"\d+: warning: mappings\[1\] deals: object: {LACKS}: its deliveries "
                         "wait; create it")

    def test_all_that_is_wrong_is_said_at_once(self):
        """Form, references, a connector's settings and the CRM's fields."""
        self.add_deals()
        fields = self.workspace["mappings"][0]["fields"]
        fields.append({"from": "company", "to": "no_such_property"})
        self.workspace["sources"].append({"name": "other", "kind": "apy"})
        self.workspace["connections"].append(
            {"name": "second", "connector": "nothing", "secret": {"env": "X"}})
        self.workspace["syncs"].append({"mapping": "nobodys"})
        wrong = {"sources[1] other": "apy", "connections[1] second": "nothing",
                 "mappings[0] contacts": "no_such_property", "syncs[2] nobodys": "nobodys"}
        for more in ((), ("--plan",)):
            err = self.apply_file(1, *more).err
            for item, word in wrong.items():
                said = [line for line in err.splitlines() if item in line]
                self.assertEqual(len(said), 1, err)
                self.assertIn(word, said[0])
                self.assertIn(f":{self.line_of(word)}:", said[0])
            self.assertIn("has 4 problems; nothing was changed", err)
        answer = self.apply(422)
        self.assertEqual(len(answer["errors"]), 4, answer)
        self.assertEqual({e["field"].split(".")[0] for e in answer["errors"]},
                         {item.split()[0] for item in wrong})
        self.assertIn("; and 3 more", answer["detail"])
        names = [m["name"] for m in self.server.get("/v1/mappings").json()["items"]]
        self.assertEqual(names, ["contacts"])


@unittest.skipUnless(POSTGRES, "no PostgreSQL")
class WithoutKeyPostgres(WithoutKey):
    def setUp(self):
        self.store = new_database()
        super().setUp()


if __name__ == "__main__":
    unittest.main()
