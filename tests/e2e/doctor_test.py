"""`fairlead doctor`: is all well, and if not, what is to be done."""
import os
import unittest

from command import run
from plain_crm import Connected
from server import Server


class Doctor(Connected):
    def ask(self, *flags, code=0):
        result = run("doctor", "--data", self.server.data, *flags)
        self.assertEqual(result.code, code, result)
        return result

    def test_a_server_without_connections_is_well_too(self):
        with Server() as bare:
            done = run("doctor", "--data", bare.data)
        self.assertEqual(done.code, 0, done)
        self.assertIn("no connections: leads are taken and stay here", done.out)

    def test_all_is_well(self):
        lines = self.ask().out.splitlines()
        self.assertEqual(lines[:3], ["✓ the server runs and takes leads",
                                     "✓ connection crm: the CRM answers as it should",
                                     "✓ no delivery needs a person, 0 on the way"])
        self.assertRegex(lines[3], r"✓ the record of changes is intact, \d+ entries")
        checks = self.ask("--json").json()
        self.assertTrue(checks["is_well"])
        self.assertEqual({c["mark"] for c in checks["checks"]}, {"good"})

    def test_a_crm_that_is_down_is_a_failure_and_says_so(self):
        self.crm.token = "another"
        out = self.ask(code=1).out
        self.assertRegex(out, "✗ connection crm: .*(credentials|401)")
        self.assertFalse(self.ask("--json", code=1).json()["is_well"])

    def test_what_waits_for_a_person_is_said_and_is_no_failure(self):
        self.crm.refuse = lambda _: "company is on no list"
        self.send(email="ada@example.org")
        self.server.wait_until(lambda: self.server.queue()["dead"], what="a dead letter")
        self.assertIn("! deliveries that need a person: 1: fairlead dead-letter list",
                      self.ask().out)
        self.assertEqual(run("connection", "pause", "crm", "--data", self.server.data).code, 0)
        self.assertIn("! connection crm is paused: fairlead connection resume crm",
                      self.ask().out)

    def test_a_stopped_store_is_opened_and_looked_at(self):
        self.server.stop()
        out = self.ask().out
        self.assertIn(f"! no server runs on {self.server.data}: fairlead serve --data", out)
        self.assertIn("✓ the store opens, and the master key is its own", out)
        self.assertRegex(out, r"✓ the record of changes is intact, \d+ entries")
        key = os.path.join(self.server.data, "master.key")
        os.rename(key, key + ".away")
        self.assertRegex(self.ask(code=1).out, "✗ the store does not open: .*master.key")
        os.rename(key + ".away", key)
        done = run("doctor", "--data", self.server.folder)
        self.assertEqual(done.code, 3, done)
        self.assertIn("no server runs on", done.err)


if __name__ == "__main__":
    unittest.main()
