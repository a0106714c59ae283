"""`fairlead map`: what a person sees of mappings, their checks and plans."""
import json
import os
import re
import unittest

from command import run
from commands_test import Commands

FILE = """version: 1
connections:
  - %s
mappings:
  - name: contacts
    owner: Ada Lovelace
    connection: crm
    object: contacts
    fields:
      - {from: email, to: email, via: [{truncate: 60}]}
      - {from: company, to: %s}
      - from: title
        to: score
        via: [{%s: 5}]
"""


class Maps(Commands):
    def setUp(self):
        super().setUp()
        self.workspace = self.crm.workspace(syncs=[{"mapping": "contacts", "mode": "manual"}])
        self.change("policy", "fairlead")
        self.assertEqual(self.server.get("/v1/connections/crm/schema").status, 200)

    def change(self, member, value):
        self.workspace["mappings"][0]["fields"][4][member] = value
        answer = self.server.apply(self.workspace, self.crm.secrets())
        self.assertEqual(answer.status, 200, answer.body)

    def file(self, company, transform):
        path = os.path.join(self.server.folder, "workspace.yaml")
        connection = {**self.crm.connection(), "secret": {"env": "CRM_TOKEN"}}
        with open(path, "w") as file:
            file.write(FILE % (json.dumps(connection), company, transform))
        return path

    def test_they_are_listed_and_shown_as_they_are_and_were(self):
        self.change("via", ["upper"])
        listed = self.do("map", "list").out
        self.assertRegex(listed, r"contacts +crm +contacts +6 +\d+ +Ada Lovelace +manual +5 warnings")
        shown = self.do("map", "show", "contacts").out
        self.assertIn("answered for by Ada Lovelace; its sync is manual, capture", shown)
        self.assertRegex(shown, r"company +company +\[upper\] +\{policy: fairlead\}")
        versions = self.do("map", "versions", "contacts", "--json").json()["items"]
        was = self.do("map", "show", "contacts", "--version", str(versions[1]["version"])).out
        self.assertIn("(not the current one)", was)
        self.assertNotIn("upper", was)
        told = self.do("map", "versions", "contacts").out
        self.assertIn('company: via was none, is ["upper"]', told)
        self.assertIn("6 lines added", told)
        self.assertEqual(self.do("map", "diff", "contacts").out,
                         'company: via was none, is ["upper"]\n')
        first = str(versions[-1]["version"])
        self.assertIn("policy was newest, is fairlead",
                      self.do("map", "diff", "contacts", first).out)
        self.assertEqual(self.do("map", "diff", "contacts", first, first).out,
                         "the two are alike\n")
        self.assertIn('no mapping "nobody"', self.do("map", "show", "nobody", code=1).err)
        self.assertIn("has no version 999999",
                      self.do("map", "show", "contacts", "--version", "999999", code=1).err)

    def test_a_file_is_validated_with_places(self):
        path = self.file("compani", "truncat")
        said = self.do("map", "validate", "-f", path, code=1)
        self.assertEqual([line for line in said.err.splitlines() if "warning" not in line], [
            path + ':11:25: contacts has no field "compani"; did you mean "company"?',
            path + ':14:15: there is no transform "truncat"; did you mean "truncate"?'])
        self.assertEqual(said.out, "")
        good = self.do("map", "validate", "-f", self.file("company", "truncate"))
        self.assertIn("1 mapping can work", good.out)
        self.assertIn("warning: ", good.err)  # a company may be longer than the field
        path = self.file("compani", "truncat")
        whole = self.do("map", "validate", "-f", path, "--json", code=1).json()
        self.assertEqual([len(item["errors"]) for item in whole["items"]], [2])
        kept = self.do("map", "validate", "contacts")
        self.assertIn("contacts", kept.out)
        self.do("map", "validate", "contacts", "nobody", code=1)
        self.assertIn("-f FILE", self.do("map", "validate", code=2).err)
        with open(path, "w") as file:
            file.write("version: 1\nmappings:\n  - {name: x, fields: 5}\n")
        broken = self.do("map", "validate", "-f", path, code=1).err
        self.assertRegex(broken, re.escape(path) + r":3:\d+: ")

    def test_applying_such_a_file_says_the_same_places(self):
        path = self.file("compani", "truncat")
        said = self.do("apply", "-f", path, code=1, env={"CRM_TOKEN": "x"})
        for place in (":11:25: ", ":14:15: "):
            self.assertIn(path + place, said.err)
        self.assertIn("nothing was changed", said.err)

    def test_a_plan_is_shown_applied_once_and_never_twice(self):
        self.crm.contacts["1"] = {"id": "1", "email": "known@example.org", "company": "Old Ltd"}
        known = self.send(email="known@example.org", first_name="Ada", company="New Ltd")
        self.send(email="new@example.org", company="x" * 70)
        said = self.do("map", "plan", "contacts", code=2).out
        self.assertRegex(said, r"update +Ada +" + known + r" +\(there: 1\)")
        self.assertRegex(said, r"company +Old Ltd +New Ltd +write")
        self.assertRegex(said, r"company .*held: company: 70 characters")
        self.assertNotIn("same", said)
        self.assertIn("1  would be created", said)
        self.assertIn("1  would be changed", said)
        self.assertEqual(self.crm.written(), [])
        whole = self.do("map", "plan", "contacts", known, "--lines", "--requests", code=2).out
        self.assertRegex(whole, r"email +known@example.org +known@example.org +same")
        self.assertIn("PATCH /contacts/1\n{", whole)
        plan = re.search(r"fairlead map apply (\S+)", said)[1]
        self.assertIn("2 leads on their way", self.do("map", "apply", plan).out)
        self.server.wait_until(lambda: len(self.crm.contacts) == 2, 20, "both contacts")
        self.server.wait_until(lambda: self.crm.contacts["1"]["company"] == "New Ltd", 20,
                               "the change")
        self.server.wait_until(lambda: {d["state"] for d in self.server.get(
            "/v1/deliveries").json()["items"]} == {"at_rest"}, 20, "both at rest")
        self.assertIn("applied before", self.do("map", "apply", plan, code=1).err)
        stale = re.search(r"fairlead map apply (\S+)", whole)[1]
        refused = self.do("map", "apply", stale, code=1).err
        self.assertIn("the ground of this plan has changed", refused)
        self.assertIn(known + ": what the CRM has of the lead is not what it was", refused)
        nothing = self.do("map", "plan", "contacts", known)  # exit 0
        self.assertIn("1  nothing to write", nothing.out)
        self.assertNotIn("map apply", nothing.out)
        self.assertEqual(self.do("map", "plan", "contacts", known, "--json").json()["counts"],
                         {"create": 0, "update": 0, "none": 1, "refused": 0, "unknown": 0})

    def test_what_is_asked_wrongly(self):
        self.assertIn("whole number", self.do("map", "plan", "contacts", "--sample", "500",
                                              code=2).err)
        for wrong in (["X", "--sample", "5"], ["X", "--behind"], ["X", "--file", "-"],
                      ["--sample", "5", "--file", "-"]):
            self.assertIn("one of them", self.do("map", "plan", "contacts", *wrong, code=2).err)
        self.assertIn("--source", self.do("map", "plan", "contacts", "--file", "-", code=2).err)
        self.assertIn("No such file", self.do("map", "plan", "contacts", "--file", "/none",
                                              "--source", "x", code=1).err)
        big = self.do("map", "plan", "contacts", "--file", "-", "--source", "x",
                      stdin=b"email\n" * 800000, code=1)
        self.assertIn("larger than 4 MiB", big.err)
        self.assertIn("leads[0]", self.do("map", "plan", "contacts", "X", code=1).err)
        self.do("map", "apply", "X", code=1)
        self.do("map", "plan", "nobody", code=1)

    def test_what_the_sync_has_still_to_tell(self):
        lead = self.send(email="ada@example.org", company="Engines")
        said = self.do("map", "plan", "contacts", "--behind", code=2).out
        self.assertIn(lead, said)
        whole = self.do("sync", "plan", "contacts", "--json", code=2).json()
        self.assertEqual([row["lead_id"] for row in whole["leads"]], [lead])
        self.do("sync", "plan", "nobody", code=1)
        plan = re.search(r"fairlead map apply (\S+)", said)[1]
        self.do("map", "apply", plan)
        self.server.wait_until(
            lambda: "nothing to plan" in run("map", "plan", "contacts", "--behind", "--data",
                                             self.server.data).out, 20, "nothing left")

    def test_a_file_is_planned_and_not_imported(self):
        self.workspace["sources"].append({"name": "spreadsheet", "kind": "file"})
        self.change("policy", "fairlead")
        path = os.path.join(self.server.folder, "leads.csv")
        with open(path, "w") as file:
            file.write("E-Mail,Company\nknown@example.org,New Ltd\nnonsense,X\n"
                       "new@example.org,Y\n")
        self.crm.contacts["1"] = {"id": "1", "email": "known@example.org", "company": "Old"}
        said = self.do("map", "plan", "contacts", "--file", path, "--source", "spreadsheet",
                       code=2).out
        self.assertRegex(said, r"update +known@example.org  line 2  \(there: 1\)")
        self.assertRegex(said, r"company +Old +New Ltd +write")
        self.assertRegex(said, r"create +new@example.org  line 4\n")
        self.assertIn("3 rows of the file; 1 refused", said)
        self.assertNotIn("map apply", said)
        self.assertEqual(self.server.get("/v1/leads").json()["items"], [])
        with open(path, "rb") as file:
            piped = self.do("map", "plan", "contacts", "--file", "-", "--source", "spreadsheet",
                            stdin=file.read(), code=2).out
        self.assertEqual(piped, said)

    def test_control_characters_of_a_record_reach_no_terminal(self):
        self.crm.contacts["1"] = {"id": "1", "email": "known@example.org",
                                  "company": "Eve\u001b[31m\u202eLtd"}
        self.send(email="known@example.org", company="New")
        said = self.do("map", "plan", "contacts", "--requests", code=2).out
        self.assertNotIn("\u001b", said)
        self.assertNotIn("\u202e", said)
        self.assertRegex(said, r"company +Eve.\[31m.Ltd +New +write")


# The base's own tests run where it is.
del Commands

if __name__ == "__main__":
    unittest.main()
