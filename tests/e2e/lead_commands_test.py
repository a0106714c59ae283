"""`fairlead lead`, `conflict`, `duplicate` and `audit`, as a person types them."""
import json
import shutil
import sqlite3
import unittest

from command import run
from server import Server

from explain_test import WORKSPACE


class LeadCommands(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server().start()
        answer = cls.server.apply(WORKSPACE)
        assert answer.status == 200, answer.body

    @classmethod
    def tearDownClass(cls):
        cls.server.end()

    def run_ok(self, *args, code=0):
        done = run(*args, "--data", self.server.data)
        self.assertEqual(done.code, code, done)
        return done

    def send(self, **fields):
        answer = self.server.post("/v1/leads", fields)
        self.assertIn(answer.status, (200, 201), answer.body)
        return answer.json()["lead_id"]

    def test_why_is_told_in_sentences(self):
        lead = self.send(email="why@example.org", first_name="Wanda",
                         custom={"product": "solar"})
        self.send(email="why@example.org", company="Acme GmbH", source="partner")
        out = self.run_ok("lead", "why", lead).out
        self.assertIn("It scores 30 points: asks for solar (+30, rule solar).", out)
        self.assertRegex(out, r"It went to (rita|sam) by the route everybody: next in turn of the\s+"
                              "pool inside.")
        self.assertIn("The person was known by email why@example.org.", out)
        self.assertIn("company was set to", out)
        whole = self.run_ok("lead", "why", lead, "--json").json()
        self.assertEqual(len(whole["decisions"]), 2)

    def test_a_lead_is_found_and_shown(self):
        lead = self.send(email="show@example.org", first_name="Sho", company="Acme",
                         source="partner")
        out = self.run_ok("lead", "list", "--email", "SHOW@example.org").out
        self.assertIn(lead, out)
        shown = self.run_ok("lead", "show", lead).out
        self.assertRegex(shown, r"company +Acme +source partner")
        self.assertEqual(self.run_ok("lead", "list", "--email", "show@example.org",
                                     "--json").json()["items"][0]["id"], lead)
        missing = self.run_ok("lead", "show", "0000000000001", code=1)
        self.assertIn("no such lead", missing.err)

    def two(self, name, phone):
        a = self.send(email=f"{name}.a@example.org", phone=phone, first_name="Anna",
                      last_name="Meier")
        b = self.send(email=f"{name}.b@example.org", phone=phone, first_name="Bertram",
                      last_name="Schulz")
        return a, b

    def test_duplicates_are_decided_and_merges_undone(self):
        a, b = self.two("cli", "+4930901777")
        row = self.run_ok("duplicate", "list", "--lead", b, "--json").json()["items"][0]
        self.assertIn("Bertram Schulz", self.run_ok("duplicate", "list").out)
        done = self.run_ok("duplicate", "decide", row["id"], "same").out
        self.assertEqual(self.run_ok("lead", "show", b, "--json").json()["id"], a)
        self.run_ok("lead", "unmerge", done.split()[-1])
        self.assertEqual(self.run_ok("lead", "show", b, "--json").json()["id"], b)
        merged = self.run_ok("lead", "merge", a, b).out
        self.assertIn(f"both ids are lead {a}", merged)
        self.run_ok("lead", "merge", a, b, code=1)

    def test_a_conflict_is_listed_and_resolved(self):
        lead = self.send(email="cc@example.org", company="Ours Ltd")
        self.server.post("/in/explainaddress01", b"email=cc%40example.org&company=Theirs",
                         token=None,
                         headers={"Content-Type": "application/x-www-form-urlencoded"})
        row = self.run_ok("conflict", "list", "--lead", lead, "--json").json()["items"][0]
        self.assertRegex(self.run_ok("conflict", "list").out, "Ours Ltd +Theirs +website")
        self.run_ok("conflict", "resolve", row["id"], "neither", code=1)
        self.run_ok("conflict", "resolve", row["id"], "theirs")
        shown = self.run_ok("lead", "show", lead, "--json").json()
        self.assertEqual(shown["fields"]["company"], "Theirs")

    def test_an_export_that_is_not_all_says_so(self):
        leads = [{"email": "busy@example.org", "city": f"Town {i}"}
                 for i in range(501)]
        answer = self.server.post("/v1/leads/batch", leads)
        self.assertEqual(answer.status, 200, answer.body)
        lead = answer.json()["results"][0]["lead_id"]
        done = run("lead", "export", lead, "--data", self.server.data)
        self.assertEqual(done.code, 1)
        self.assertIn("this is not all", done.err)
        self.assertTrue(done.json()["is_cut"])
        self.assertEqual(len(done.json()["submissions"]), 500)

    def test_export_and_erase(self):
        lead = self.send(email="gone@example.org", last_name="Gone", message="hello there")
        export = self.run_ok("lead", "export", lead).json()
        self.assertFalse(export["is_cut"])
        self.assertEqual(export["enquiries"][0]["message"], "hello there")
        asked = self.run_ok("lead", "erase", lead, code=1)
        self.assertIn("--yes", asked.err)
        self.assertEqual(self.run_ok("lead", "show", lead, "--json").json()["is_erased"], False)
        self.run_ok("lead", "erase", lead, "--yes")
        self.assertIn("erased", self.run_ok("lead", "why", lead).out)
        self.assertIn("erased", self.run_ok("lead", "show", lead).out)

    def test_audit_is_exported_and_intact(self):
        self.send(email="chain@example.org")
        self.assertIn("intact", self.run_ok("audit", "verify").out)
        lines = self.run_ok("audit", "export").out.splitlines()
        seqs = [json.loads(line)["seq"] for line in lines]
        self.assertEqual(seqs, list(range(len(seqs), 0, -1)))


class Meddled(unittest.TestCase):
    """Somebody with the file and a shell; the server is stopped."""

    def setUp(self):
        self.server = Server().start()
        for i in range(6):
            self.server.post("/v1/leads", {"email": f"m{i}@example.org"})
        self.server.stop()

    def tearDown(self):
        self.server.end()

    def meddle(self, *statements):
        with sqlite3.connect(f"{self.server.data}/fairlead.db") as db:
            for statement in statements:
                db.execute(statement)
        db.close()

    def verify(self, *more):
        return run("audit", "verify", "--data", self.server.data, *more)

    def assert_found(self, words):
        done = self.verify()
        self.assertEqual(done.code, 1, done)
        self.assertIn("NOT INTACT", done.out)
        self.assertIn(words, done.out)
        reports = self.verify("--json")
        self.assertEqual(reports.code, 1)
        self.assertFalse(reports.json()[0]["is_intact"])
        # The running server says the same.
        self.server.start()
        self.assertFalse(self.server.get("/v1/audit/verify").json()["is_intact"])

    def test_an_untouched_store_is_intact(self):
        done = self.verify()
        self.assertEqual(done.code, 0, done)
        self.assertRegex(done.out, r"workspace default: .* intact: \d+ entries")

    def test_an_edited_entry_is_found(self):
        self.meddle("UPDATE audit SET action = 'lead.edited' WHERE seq = 4")
        self.assert_found("entry 4")

    def test_a_deleted_entry_is_found(self):
        self.meddle("DELETE FROM audit WHERE seq = 4")
        self.assert_found("4")

    def test_swapped_entries_are_found(self):
        self.meddle("UPDATE audit SET seq = 1000 WHERE seq = 4",
                    "UPDATE audit SET seq = 4 WHERE seq = 5",
                    "UPDATE audit SET seq = 5 WHERE seq = 1000")
        self.assert_found("entry 4")

    def test_a_cut_tail_is_found_by_the_signed_head(self):
        shutil.copy(f"{self.server.data}/audit.heads", f"{self.server.folder}/heads")
        with sqlite3.connect(f"{self.server.data}/fairlead.db") as db:
            last = db.execute("SELECT max(seq) FROM audit").fetchone()[0]
            mac = db.execute("SELECT mac FROM audit WHERE seq = ?", (last - 1,)).fetchone()[0]
            db.execute("DELETE FROM audit WHERE seq = ?", (last,))
            db.execute("UPDATE workspace SET audit_seq = ?, audit_head = ?", (last - 1, mac))
        db.close()
        done = self.verify("--heads", f"{self.server.folder}/heads")
        self.assertEqual(done.code, 1, done)
        self.assertIn("NOT INTACT", done.out)


if __name__ == "__main__":
    unittest.main()
