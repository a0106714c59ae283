"""Mappings over the API: what each was, what changed, and whether it can work."""
import unittest

import hubspot_test
from plain_crm import Connected
from sandbox import Sandbox
from server import Server


class Versions(Connected):
    def workspace(self, **lines):
        """The plain CRM's, with members of lines changed by target."""
        workspace = self.crm.workspace()
        for line in workspace["mappings"][0]["fields"]:
            line.update(lines.get(line["to"], {}))
        return workspace

    def apply(self, workspace, status=200):
        answer = self.server.apply(workspace, self.crm.secrets())
        self.assertEqual(answer.status, status, answer.body)
        return answer.json()

    def get(self, path, status=200):
        answer = self.server.get("/v1/mappings" + path)
        self.assertEqual(answer.status, status, answer.body)
        return answer.json()

    def test_every_version_is_kept_with_what_it_changed(self):
        self.apply(self.workspace(company={"via": ["trim"]}))
        other = self.workspace(company={"via": ["trim"], "policy": "fairlead"})
        other["mappings"][0]["fields"].pop(1)
        other["mappings"][0]["owner"] = None
        del other["mappings"][0]["owner"]
        self.apply(other)
        versions = self.get("/contacts/versions")["items"]
        self.assertEqual(len(versions), 3)
        self.assertEqual([v["is_current"] for v in versions], [True, False, False])
        self.assertEqual([v["owner"] for v in versions], [None, "Ada Lovelace", "Ada Lovelace"])
        numbers = [v["version"] for v in versions]
        self.assertEqual(numbers, sorted(numbers, reverse=True))
        self.assertEqual([c["text"] for c in versions[1]["changes"]],
                         ['company: via was none, is ["trim"]'])
        self.assertEqual({(c["change"], c.get("to"), c.get("member"))
                          for c in versions[0]["changes"]},
                         {("changed", "company", "policy"), ("removed", "phone", None),
                          ("changed", None, "owner")})
        self.assertEqual({c["change"] for c in versions[2]["changes"]} - {"changed"}, {"added"})
        # One of them, and any two of them.
        was = self.get(f"/contacts?version={numbers[2]}")
        self.assertEqual((was["is_current"], was["owner"]), (False, "Ada Lovelace"))
        self.assertEqual(len(was["mapping"]["fields"]), 6)
        self.assertEqual(len(self.get("/contacts")["mapping"]["fields"]), 5)
        diff = self.get(f"/contacts/diff?from={numbers[2]}&to={numbers[0]}")
        self.assertEqual((diff["from"], diff["to"]), (numbers[2], numbers[0]))
        self.assertEqual({(c["change"], c.get("to"), c.get("member")) for c in diff["changes"]},
                         {("changed", "company", "via"), ("changed", "company", "policy"),
                          ("removed", "phone", None), ("changed", None, "owner")})
        self.assertEqual(self.get("/contacts/diff")["changes"], versions[0]["changes"])
        self.assertEqual(self.get(f"/contacts/diff?from={numbers[0]}")["changes"], [])

    def test_what_is_not_there_is_not_found(self):
        for path in ("/none", "/none/versions", "/none/diff", "/contacts?version=99999",
                     "/contacts/diff?from=99999"):
            self.get(path, 404)
        for path in ("/contacts?version=x", "/contacts/diff?to=1x"):
            self.get(path, 422)

    def test_a_mapping_that_was_removed_keeps_its_versions(self):
        bare = {**self.crm.workspace(), "mappings": [], "syncs": []}
        answer = self.server.apply(bare, self.crm.secrets(), prune=True)
        self.assertEqual(answer.status, 200, answer.body)
        self.assertEqual(self.get("")["items"], [])
        self.assertFalse(self.get("/contacts")["is_current"])
        self.assertEqual(len(self.get("/contacts/versions")["items"]), 1)

    def test_the_version_that_made_a_call_stands_in_the_log_with_its_time(self):
        self.send(email="ada@example.org", company="Engines")
        self.server.wait_delivered(20)
        first = self.get("/contacts")["version"]
        self.apply(self.workspace(company={"via": ["upper"]}))
        second = self.get("/contacts")["version"]
        self.assertGreater(second, first)
        self.send(email="bob@example.org", company="Engines")
        self.server.wait_delivered(20)
        calls = [call for call in self.server.get("/v1/calls").json()["items"]
                 if call["verb"] == "write"]
        self.assertEqual([call["mapping_version"] for call in calls], [second, first])
        for call in calls:
            self.assertRegex(call["at"], r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d\d\dZ$")
            # The mapping as it was then can be read.
            self.get(f"/contacts?version={call['mapping_version']}")
            whole = self.server.get("/v1/calls/" + call["id"]).json()
            self.assertEqual(whole["mapping_version"], call["mapping_version"])
        self.assertGreater(calls[0]["at"], calls[1]["at"])
        finds = [call for call in self.server.get("/v1/calls").json()["items"]
                 if call["verb"] == "find"]
        self.assertEqual({call["mapping_version"] for call in finds}, {first, second})


class Validation(Connected):
    """What cannot work is refused when it is saved, with every problem; and can be tried before."""

    def with_lines(self, *lines):
        workspace = self.crm.workspace()
        workspace["mappings"][0]["fields"] += lines
        return workspace

    BAD = ({"from": "title", "to": "scor"},
           {"from": "city", "to": "score", "via": [{"truncat": 5}]})

    def validate(self, mapping=None, status=200, name="contacts"):
        answer = self.server.post(f"/v1/mappings/{name}/validate",
                                  {"mapping": mapping} if mapping is not None else None)
        self.assertEqual(answer.status, status, answer.body)
        return answer.json()

    def read_schema(self):
        answer = self.server.get("/v1/connections/crm/schema?refresh=true")
        self.assertEqual(answer.status, 200, answer.body)

    def test_saving_refuses_with_every_problem_and_its_place(self):
        self.read_schema()
        before = self.server.get("/v1/mappings/contacts").json()["version"]
        answer = self.server.apply(self.with_lines(*self.BAD), self.crm.secrets())
        self.assertEqual(answer.status, 422, answer.body)
        self.assertIn("errors", answer.json(), answer.body)
        errors = {e["field"]: e for e in answer.json()["errors"]}
        self.assertEqual(errors["mappings[0].fields[6].to"]["code"], "unknown_target")
        self.assertIn("score", errors["mappings[0].fields[6].to"]["instruction"])
        self.assertEqual(errors["mappings[0].fields[7].via[0]"]["code"], "unknown_transform")
        self.assertIn("truncate", errors["mappings[0].fields[7].via[0]"]["instruction"])
        self.assertEqual(self.server.get("/v1/mappings/contacts").json()["version"], before)

    def test_a_field_that_was_just_made_in_the_crm_is_seen_when_saving(self):
        """The kept schema is older than the mapping: it is read anew before anything is refused.
        """
        sandbox = Sandbox("hubspot", hubspot_test.TOKEN)
        self.addCleanup(sandbox.end)
        server = Server("--allow-networks", f"127.0.0.1/32:{sandbox.port}").start()
        self.addCleanup(server.end)
        hubspot_test.add_key(sandbox)
        workspace = hubspot_test.workspace(sandbox)
        secrets = {"hubspot": {"secret": hubspot_test.TOKEN}}
        self.assertEqual(server.apply(workspace, secrets).status, 200)
        self.assertEqual(server.get("/v1/connections/hubspot/schema").status, 200)
        workspace["mappings"][0]["fields"].append({"from": "custom.size", "to": "shoe_size"})
        refused = server.apply(workspace, secrets)
        self.assertEqual(refused.status, 422, refused.body)
        self.assertEqual(refused.json()["errors"][0]["code"], "unknown_target")
        sandbox.ask("POST", "/hubspot/crm/properties/2026-09/contacts",
                    {**hubspot_test.KEY, "name": "shoe_size", "label": "Size",
                     "hasUniqueValue": False})
        self.assertEqual(server.apply(workspace, secrets).status, 200)

    def test_fields_that_were_just_made_are_seen_in_every_object_at_once(self):
        """Two schemas are older than the file: both are read anew, not one a saving."""
        sandbox = Sandbox("hubspot", hubspot_test.TOKEN)
        self.addCleanup(sandbox.end)
        server = Server("--allow-networks", f"127.0.0.1/32:{sandbox.port}").start()
        self.addCleanup(server.end)
        workspace = hubspot_test.workspace(sandbox)
        workspace["mappings"].append(
            {"name": "deals", "owner": "operations", "connection": "hubspot", "object": "deals",
             "depends_on": "contacts", "fields": [{"from": "company", "to": "dealname"}]})
        workspace["syncs"].append({"mapping": "deals"})
        secrets = {"hubspot": {"secret": hubspot_test.TOKEN}}
        self.assertEqual(server.apply(workspace, secrets).status, 200)
        # With our keys there nothing but saving reads the fields anew.
        test = server.post("/v1/connections/hubspot/test", {"create_key": True}).json()
        self.assertTrue(test["is_ok"], test)
        for mapping in workspace["mappings"]:
            path = "/v1/connections/hubspot/schema?refresh=true&object=" + mapping["object"]
            self.assertEqual(server.get(path).status, 200)
            mapping["fields"].append({"from": "custom.size", "to": "shoe_size"})
        refused = server.apply(workspace, secrets)
        self.assertEqual(refused.status, 422, refused.body)
        self.assertEqual([e["field"] for e in refused.json()["errors"]],
                         ["mappings[0].fields[4].to", "mappings[1].fields[1].to"])
        for kind, group in (("contacts", "contactinformation"), ("deals", "dealinformation")):
            sandbox.ask("POST", "/hubspot/crm/properties/2026-09/" + kind,
                        {**hubspot_test.KEY, "name": "shoe_size", "label": "Size",
                         "groupName": group, "hasUniqueValue": False})
        saved = server.apply(workspace, secrets)
        self.assertEqual(saved.status, 200, saved.body)

    def test_a_mapping_is_tried_before_it_is_saved(self):
        self.read_schema()
        self.assertEqual(self.validate()["errors"], [])
        self.assertTrue(self.validate()["is_valid"])
        bad = (*self.BAD, {"from": "region", "to": "score"}, {"from": "compani", "to": "company"})
        mapping = self.with_lines(*bad)["mappings"][0]
        verdict = self.validate(mapping)
        self.assertFalse(verdict["is_valid"])
        self.assertEqual([(e["field"], e["code"]) for e in verdict["errors"]],
                         [("fields[6].to", "unknown_target"),
                          ("fields[7].via[0]", "unknown_transform"),
                          ("fields[8].to", "twice"), ("fields[9].from", "unknown_field"),
                          ("fields[9].to", "twice")])
        for error in verdict["errors"]:
            self.assertTrue(error["message"] and error["instruction"], error)
        # Its form alone is wrong: said the same way.
        del mapping["fields"][0]["to"]
        verdict = self.validate(mapping)
        self.assertFalse(verdict["is_valid"])
        self.assertTrue(verdict["errors"][0]["field"].startswith("fields[0]"), verdict)
        self.assertEqual(self.validate("x")["is_valid"], False)

    def test_without_the_crms_fields_only_the_form_is_checked_and_it_says_so(self):
        other = {**self.crm.workspace()["mappings"][0], "connection": "elsewhere"}
        verdict = self.validate(other, name="new")
        self.assertTrue(verdict["is_valid"])
        self.assertEqual([w["code"] for w in verdict["warnings"]], ["unknown_connection"])
        self.assertIsNone(verdict["schema_read_at"])
        self.validate(None, 404, "new")

    def test_what_became_wrong_later_stops_nothing_else(self):
        self.read_schema()
        workspace = self.crm.workspace()
        fields = workspace["connections"][0]["settings"]["fields"]
        workspace["connections"][0]["settings"]["fields"] = [f for f in fields
                                                             if f["name"] != "company"]
        self.assertEqual(self.server.apply(workspace, self.crm.secrets()).status, 200)
        self.read_schema()
        shown = self.server.get("/v1/mappings").json()["items"][0]
        self.assertEqual([e["code"] for e in shown["errors"]], ["unknown_target"])
        workspace["sources"].append({"name": "more", "kind": "api"})
        self.assertEqual(self.server.apply(workspace, self.crm.secrets()).status, 200)


if __name__ == "__main__":
    unittest.main()
