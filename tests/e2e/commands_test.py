"""The commands that look after a running server: tokens, dead letters, deliveries, alerts,
connections, export."""
import json
import os
import tempfile
import unittest

from command import run
from plain_crm import Connected
from server import Server


class Commands(Connected):
    def do(self, *args, code=0, **more):
        result = run(*args, "--data", self.server.data, **more)
        self.assertEqual(result.code, code, result)
        return result

    def a_letter(self, **lead):
        self.crm.refuse = lambda fields: ("company is on no list"
                                          if fields.get("company") == "Acme" else None)
        lead = self.send(email="ada@example.org", company="Acme", **lead)
        self.server.wait_until(
            lambda: self.server.get("/v1/dead-letters").json()["items"], what="a dead letter")
        return lead, self.do("dead-letter", "list", "--json").json()["items"][0]["id"]


class Tokens(Commands):
    def test_a_token_is_printed_once_and_alone(self):
        made = self.do("token", "create", "--name", "website", "--scope", "ingest")
        self.assertRegex(made.out, r"\Aflk_\S+\n\Z")
        self.assertEqual(made.err, "")
        token = made.out.strip()
        sent = self.server.post("/v1/leads", {"email": "a@example.org"}, token=token)
        self.assertEqual(sent.status, 201, sent.body)
        self.assertEqual(self.server.get("/v1/tokens", token=token).status, 403)
        listed = self.do("token", "list")
        self.assertNotIn(token, listed.out)
        self.assertRegex(listed.out, r"website +ingest")
        item = [t for t in self.do("token", "list", "--json").json()["items"]
                if t["name"] == "website"][0]
        self.do("token", "revoke", item["id"])
        self.server.wait_until(
            lambda: self.server.post("/v1/leads", {"email": "b@example.org"},
                                     token=token).status == 401, 5, "a dead token")

    def test_what_is_missing_or_wrong_is_said(self):
        self.assertIn("--name", self.do("token", "create", code=2).err)
        self.assertIn("--scope", self.do("token", "create", "--name", "x", code=2).err)
        wrong = self.do("token", "create", "--name", "x", "--scope", "everything", code=1)
        self.assertIn("scopes: want ingest, read and admin", wrong.err)
        self.assertIn("source", self.do("token", "create", "--name", "x", "--scope", "ingest",
                                        "--source", "nobody", code=1).err)
        self.do("token", "revoke", "38FWE2A400004", code=1)


class DeadLetters(Commands):
    def test_one_is_listed_shown_and_mended(self):
        lead, letter = self.a_letter(first_name="Ada")
        listed = self.do("dead-letter", "list")
        self.assertIn(letter, listed.out)
        self.assertIn("company: company is on no list", listed.out)
        self.assertIn("Ada", listed.out)
        shown = self.do("dead-letter", "show", letter)
        self.assertIn("to do", shown.out)
        self.assertIn('"Acme"', shown.out)
        self.assertIn("fix_data", shown.out)
        self.assertNotIn("crm-token-for-tests", shown.out)
        done = self.do("dead-letter", "retry", letter, "--lead-field", "company=Analytical")
        self.assertIn("will be tried again", done.out)
        self.server.wait_until(lambda: self.crm.contacts, what="the contact")
        self.assertEqual(self.crm.contacts["1"]["company"], "Analytical")
        self.server.wait_delivered()
        self.assertIn("nothing needs you", self.do("dead-letter", "list").out)
        self.assertIn("at_rest", self.do("delivery", "list", "--lead", lead).out)
        self.assertIn("there as     1", self.do("delivery", "show", letter).out)

    def test_this_write_only_is_marked_in_what_was_tried(self):
        _, letter = self.a_letter()
        self.do("dead-letter", "retry", letter, "--field", "company=Other")
        self.server.wait_delivered()
        self.assertIn("company as given by hand, for this write only",
                      self.do("delivery", "show", letter).out)

    def test_this_write_only(self):
        _, letter = self.a_letter()
        self.do("dead-letter", "retry", letter, "--field", "company=Other", "--field",
                'last_name:="Byron"')
        self.server.wait_until(lambda: self.crm.contacts, what="the contact")
        self.assertEqual(self.crm.contacts["1"]["company"], "Other")
        self.assertEqual(self.crm.contacts["1"]["last_name"], "Byron")

    def test_discard_wants_a_reason(self):
        _, letter = self.a_letter()
        self.assertIn("--reason", self.do("dead-letter", "discard", letter, code=2).err)
        self.do("dead-letter", "discard", letter, "--reason", "not a customer")
        self.assertEqual(self.server.queue()["dead"], 0)
        gone = self.do("dead-letter", "retry", letter, code=1)
        self.assertIn("at_rest, not a dead letter", gone.err)

    def test_point_and_send_again_and_a_filter(self):
        _, letter = self.a_letter()
        self.crm.contacts["77"] = {"id": "77", "email": "old@example.org",
                                   "company": ""}
        self.crm.refuse = None
        self.do("dead-letter", "point", letter, "77")
        self.server.wait_until(lambda: self.crm.contacts["77"].get("company") == "Acme",
                               what="the update")
        self.crm.refuse = lambda fields: "no"
        for i in range(3):
            self.send(email=f"p{i}@example.org")
        self.server.wait_until(lambda: self.server.queue()["dead"] == 3, what="three letters")
        self.assertIn("which?", self.do("dead-letter", "retry", code=2).err)
        self.crm.refuse = None
        one = self.do("dead-letter", "list", "--json", "--limit", "1").json()["items"][0]["id"]
        self.do("dead-letter", "send-again", one)
        self.server.wait_until(lambda: self.server.queue()["dead"] == 2, what="two letters")
        self.assertIn("2 dead letters will be tried again",
                      self.do("dead-letter", "retry", "--connection", "crm").out)
        self.server.wait_until(lambda: self.server.queue()["dead"] == 0, what="no letter")

    def test_nonsense_is_refused_before_the_server_is_asked(self):
        for args in (["retry", "X", "--field", "=1"], ["retry", "X", "--field", "a:=["],
                     ["retry", "--field", "a=1"], ["retry", "X", "--every"]):
            self.do("dead-letter", *args, code=2)
        self.do("dead-letter", "show", "38FWE2A400004", code=1)


class Connections(Commands):
    def test_pause_holds_everything_and_resume_lets_it_go(self):
        self.do("connection", "pause", "crm", "--reason", "the CRM moves")
        self.assertRegex(self.do("connection", "list").out, r"crm +rest +paused +the CRM moves")
        self.send(email="ada@example.org")
        # Delivering is a matter of milliseconds; the worker looks once a second.
        held = self.server.get("/v1/deliveries").json()["items"][0]
        self.assertEqual(held["state"], "due")
        self.server.get("/v1/connections/crm")
        self.assertEqual(self.crm.written(), [])
        self.do("connection", "resume", "crm")
        self.server.wait_delivered()
        self.assertEqual(len(self.crm.written()), 1)
        self.assertIn('no connection "other"', self.do("connection", "pause", "other", code=1).err)

    def test_a_refused_token_is_an_alert(self):
        secrets = {"crm": {"secret": "wrong"}}
        self.assertEqual(self.server.apply(self.crm.workspace(), secrets).status, 200)
        self.send(email="ada@example.org")
        alerts = self.server.wait_until(
            lambda: self.server.get("/v1/alerts").json()["items"], what="an alert")
        self.assertEqual((alerts[0]["kind"], alerts[0]["connection"]), ("reauth", "crm"))
        self.assertRegex(self.do("alert", "list").out, r"reauth +crm")
        self.assertEqual(self.do("alert", "list", "--json").json()["items"][0]["count"], 1)
        self.assertEqual(self.do("connection", "list", "--json").json()["items"][0]["state"],
                         "reauth")


class Export(Commands):
    def test_what_is_exported_applies_as_it_is(self):
        self.maxDiff = None
        text = self.do("export").out
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = os.path.join(folder.name, "w.yaml")
        with open(path, "w") as out:
            out.write(text)
        plan = self.do("apply", "-f", path, "--plan", "--prune", "--keep-secrets")
        self.assertIn("nothing changes", plan.out)
        with Server() as fresh:
            applied = run("apply", "-f", path, "--keep-secrets", "--data", fresh.data)
            self.assertEqual(applied.code, 0, applied)
            self.assertEqual(run("export", "--data", fresh.data).out, text)
        whole = self.do("export", "--json").json()
        self.assertEqual(whole["connections"][0]["name"], "crm")
        self.assertNotIn("crm-token-for-tests", text + json.dumps(whole))


if __name__ == "__main__":
    unittest.main()
