"""The sandbox steered by commands: each verb of `fairlead sandbox`, as a person types it."""
import unittest

from command import run
from sandbox_control_test import HubSpot


class Steer(unittest.TestCase):
    def setUp(self):
        self.sandbox = HubSpot()
        self.addCleanup(self.sandbox.end)

    def do(self, *args, code=0):
        done = run("sandbox", *args,
                   env={"FAIRLEAD_SANDBOX": f"http://127.0.0.1:{self.sandbox.port}"})
        self.assertEqual(done.code, code, done)
        return done

    def json(self, *args):
        return self.do(*args, "--json").json()

    def test_accounts_come_and_go(self):
        self.assertRegex(self.do("accounts").out, r"hubspot +default +\d")
        self.assertEqual([a["name"] for a in self.json("accounts", "hubspot")["accounts"]],
                         ["default"])
        added = self.do("add", "hubspot/second").out
        token = next(line.split()[1] for line in added.splitlines() if "private_app" in line)
        self.assertEqual(self.sandbox.create("ada@example.org", token)[0], 201)
        self.assertIn(token, self.do("account", "hubspot/second").out)
        self.assertIn("1 contacts", self.do("account", "hubspot/second").out)
        self.do("reset", "hubspot/second")
        self.assertEqual(self.json("records", "hubspot/second", "contacts")["records"], [])
        self.do("drop", "hubspot/second")
        gone = self.do("account", "hubspot/second", code=1)
        self.assertIn('no account "second" of "hubspot"', gone.err)

    def test_people_are_seeded_and_everything_is_as_new_again(self):
        self.assertIn("10 records", self.do("seed", "hubspot", "--count", "5", "--seed", "7").out)
        first = self.json("records", "hubspot", "contacts")["records"]
        self.assertEqual(len(first), 5)
        self.do("reset")
        self.assertIn("no records", self.do("records", "hubspot", "contacts").out)
        self.do("seed", "hubspot", "--count", "5", "--seed", "7")
        again = self.json("records", "hubspot", "contacts")["records"]
        self.assertEqual([r["values"] for r in again], [r["values"] for r in first])

    def test_records_are_changed_as_a_user_of_the_crm_does(self):
        made = self.json("create", "hubspot", "contacts", "email=ada@example.org",
                         "firstname=Ada=x", "annualrevenue:=12")
        self.assertEqual(made["values"]["firstname"], "Ada=x")
        self.do("edit", "hubspot", "contacts", made["id"], "city=York")
        shown = self.do("records", "hubspot", "contacts", made["id"]).out
        self.assertRegex(shown, r"city +York")
        self.assertIn("before request", shown)
        self.assertRegex(self.do("records", "hubspot").out, r"contacts +1 ")
        self.assertIn("city=York", self.do("records", "hubspot", "contacts").out)
        self.do("delete", "hubspot", "contacts", made["id"])
        self.assertEqual(self.json("records", "hubspot", "contacts")["records"], [])
        gone = self.json("records", "hubspot", "contacts", "--state", "all")["records"]
        self.assertEqual([r["state"] for r in gone], ["deleted"])
        for wrong in ("city", "=York", "city:=York"):
            self.assertIn(wrong.split(":=")[-1],
                          self.do("create", "hubspot", "contacts", wrong, code=2).err)

    def test_what_it_saw_is_told(self):
        self.assertIn("nothing was changed yet", self.do("ledger").out)
        self.assertIn("nothing was asked yet", self.do("requests").out)
        self.sandbox.create("ada@example.org")
        self.sandbox.create("ada@example.org")
        self.assertRegex(self.do("ledger", "--verb", "created").out, r"contacts +created +\d+")
        self.assertNotIn("contacts", self.do("ledger", "--object", "deals").out)
        self.assertRegex(self.do("summary").out, r"contacts\.created +1\n")
        seen = self.do("requests", "--limit", "1").out
        self.assertIn("409", seen)
        self.assertIn("2 requests, 1 201, 1 409", seen)
        self.assertIn("no webhooks", self.do("webhooks").out)

    def test_trouble_is_made_and_ended(self):
        made = self.json("fault", "rate_limit", "--vendor", "hubspot", "--path", "*/contacts",
                         "--count", "2", "--skip", "1")
        self.assertEqual((made["count"], made["skip"], made["path"]), (2, 1, "*/contacts"))
        got = [self.sandbox.create(f"n{i}@example.org")[0] for i in range(4)]
        self.assertEqual(got, [201, 429, 429, 201])
        self.assertRegex(self.do("faults").out, r"rate_limit +before +hubspot .* 2 +2\n")
        self.do("fault", "status", "--status", "503", "--probability", "0.5")
        self.do("heal", str(made["id"]))
        self.assertEqual([f["fault"] for f in self.json("faults")["faults"]], ["status"])
        self.do("heal")
        self.assertIn("all is well", self.do("faults").out)
        self.assertIn("fault: none of", self.do("fault", "coffee", code=1).err)
        self.assertIn("no such fault", self.do("heal", "77", code=1).err)

    def test_settings_and_tokens_are_changed(self):
        changed = self.json("settings", "hubspot", "search_lag_ms=60000",
                            "limit.ten_seconds=1", "refresh_rotates=1")
        self.assertEqual(changed["search_lag_ms"], 60000)
        self.assertEqual(changed["limits"]["ten_seconds"]["max"], 1)
        self.assertEqual(changed["switches"]["refresh_rotates"]["value"], 1)
        self.assertEqual([self.sandbox.create(f"n{i}@example.org")[0] for i in range(2)],
                         [201, 429])
        self.assertRegex(self.do("settings", "hubspot").out, r"limit\.ten_seconds +1 ")
        self.assertIn("no such switch", self.do("settings", "hubspot", "x=1", code=1).err)
        self.do("settings", "hubspot", "limit.ten_seconds=0")
        self.assertIn("1 token changed",
                      self.do("tokens", "hubspot", "--revoke", self.sandbox.token).out)
        self.assertEqual(self.sandbox.create("late@example.org")[0], 401)

    def test_an_administrator_changes_the_schema(self):
        self.assertRegex(self.do("schema", "hubspot", "contacts").out, r"city +City +text")
        self.do("schema", "hubspot", "contacts", "city", "rename", "town")
        self.do("schema", "hubspot", "contacts", "town", "length", "4")
        self.do("schema", "hubspot", "contacts", "hs_lead_status", "options", '["WON"]')
        self.do("schema", "hubspot", "contacts", "floor", "add", "number")
        fields = {f["name"]: f for f in self.json("schema", "hubspot", "contacts")["fields"]}
        self.assertNotIn("city", fields)
        self.assertEqual(fields["town"]["max_len"], 4)
        self.assertEqual(fields["hs_lead_status"]["options"], ["WON"])
        self.assertEqual(fields["floor"]["type"], "number")
        wrong = self.do("schema", "hubspot", "contacts", "town", "length", "long", code=1)
        self.assertIn("to: characters", wrong.err)
        self.do("schema", "hubspot", "contacts", "town", "length", code=2)

    def test_time_is_stepped(self):
        before = self.json("clock")
        after = self.json("clock", "--step", "30m")
        self.assertEqual(after["ahead_ms"] - before["ahead_ms"], 30 * 60 * 1000)
        self.assertIs(self.json("clock", "--freeze")["frozen"], True)
        self.assertIn("standing still", self.do("clock").out)
        self.assertIs(self.json("clock", "--run")["frozen"], False)
        self.assertIn("does not go back", self.do("clock", "--set", "2020-01-01T00:00:00Z",
                                                  code=1).err)
        self.assertIn("no time like 30m", self.do("clock", "--step", "30", code=2).err)

    def test_people_are_told_what_to_do(self):
        self.do("prospect", "+919876543210", "answers on the second ring and presses 1")
        self.assertIn("presses 1", self.do("prospects").out)
        self.assertIn("script", self.do("prospect", "+1", "dances", code=1).err)
        self.do("forget", "+919876543210")
        self.assertEqual(self.json("prospects")["prospects"], [])
        self.assertIn('no "+2"', self.do("inbound", "twilio", "+1", "+2", "hi", code=1).err)

    def test_where_there_is_none_it_says_how_to_start_one(self):
        done = run("sandbox", "accounts", "--sandbox", "http://127.0.0.1:1")
        self.assertEqual(done.code, 3)
        self.assertIn("start one with: fairlead sandbox", done.err)
        wrong = run("sandbox", "acounts")
        self.assertEqual(wrong.code, 2)
        self.assertIn('did you mean "accounts"', wrong.err)
        self.assertIn("lists what steers one", run("sandbox", "--help").out)
        self.assertIn("sandbox heal", run("sandbox", "help").out)


if __name__ == "__main__":
    unittest.main()
