"""A new lead's owner waits until the CRM was asked whose the person is, and no longer."""
import json
import os
import sqlite3
import subprocess
import time
import unittest

from plain_crm import NAMES, PlainCrm
from server import FAIRLEAD, POSTGRES, Server, new_database


def workspace(crm, **settings):
    crm.names = NAMES + ["owner_id"]
    config = crm.workspace(
        people=[{"name": "Ann", "email": "ann@example.org", "users": {"crm": 51}},
                {"name": "Bob", "email": "bob@example.org", "users": {"crm": "u52"}}],
        pools=[{"name": "field", "people": ["Ann", "Bob"]}],
        routes=[{"name": "everybody", "pool": "field"}],
        settings={"enquiry_window_days": 30, **settings})
    config["connections"][0]["settings"]["fields"] = [
        {"name": name, "type": "text", "length": 60} for name in crm.names]
    config["connections"][0]["unset"] = {"owner": ["queue"]}
    config["mappings"][0]["owner"] = "Ann"
    config["mappings"][0]["fields"].append({"from": "owner", "to": "owner_id"})
    return config


class Gates(unittest.TestCase):
    store = None

    def setUp(self):
        self.crm = PlainCrm()
        self.server = Server("--allow-networks", self.crm.network(), "--log-level", "warn",
                             store=self.new_store()).start()

    def new_store(self):
        return None

    def tearDown(self):
        self.server.end()
        self.crm.end()

    def apply(self, **settings):
        answer = self.server.apply(workspace(self.crm, **settings), self.crm.secrets())
        self.assertEqual(answer.status, 200, answer.body)

    def send(self, email):
        answer = self.server.post("/v1/leads", {"email": email, "source": "portal"})
        self.assertEqual(answer.status, 201, answer.body)

    def replay(self):
        self.assertEqual(self.server.stop(), 0)
        store = ["--store", self.server.store] if self.server.store else []
        done = subprocess.run([FAIRLEAD, "replay", "--data", self.server.data, *store],
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout[-2000:] + done.stderr[-2000:])
        return done.stdout

    def test_who_is_not_there_gets_the_next_of_the_pool_in_one_write(self):
        self.apply()
        for name in ("a", "b", "c"):
            self.send(f"{name}@example.org")
            self.server.wait_delivered()
        self.assertEqual([c["owner_id"] for c in self.crm.contacts.values()],
                         ["51", "u52", "51"])
        self.assertEqual([method for method, _, _ in self.crm.written()], ["POST"] * 3)
        self.assertIn("6 decisions are the same again", self.replay())

    def test_who_has_an_owner_there_keeps_it_and_no_turn_is_spent(self):
        self.crm.contacts = {"1": {"id": "1", "email": "a@example.org", "owner_id": "u52"},
                             "2": {"id": "2", "email": "b@example.org", "owner_id": "stranger"},
                             "3": {"id": "3", "email": "c@example.org", "owner_id": "queue"},
                             "4": {"id": "4", "email": "d@example.org"}}
        self.apply()
        for name in "abcd":
            self.send(f"{name}@example.org")
            self.server.wait_delivered()
        self.assertEqual([c.get("owner_id") for c in self.crm.contacts.values()],
                         ["u52", "stranger", "51", "u52"])
        self.replay()

    def test_all_crms_are_asked_before_anybody_is_picked(self):
        other = PlainCrm()
        try:
            other.contacts = {"9": {"id": "9", "email": "a@example.org", "owner_id": "b7"}}
            config = workspace(self.crm)
            connection = {**config["connections"][0], "name": "other"}
            connection["settings"] = {**connection["settings"],
                                      "base_url": f"http://127.0.0.1:{other.port}"}
            config["connections"].append(connection)
            config["mappings"].append({**config["mappings"][0], "name": "others",
                                       "connection": "other",
                                       # one connection owns the owner; this one says it
                                       "fields": [{"from": "email", "to": "email"},
                                                  {"from": "owner", "to": "owner_id",
                                                   "policy": "fill_if_empty"}]})
            config["syncs"].append({"mapping": "others"})
            config["people"][1]["users"]["other"] = "b7"
            self.server.stop()
            self.server.args[1] += "," + other.network()
            self.server.start()
            answer = self.server.apply(config, {**self.crm.secrets(),
                                                "other": self.crm.secrets()["crm"]})
            self.assertEqual(answer.status, 200, answer.body)
            other.gate.clear()
            self.send("a@example.org")
            self.server.wait_until(lambda: self.crm.contacts and other.requests,
                                   what="both look-ups")
            other.gate.set()
            self.server.wait_delivered()
            self.server.wait_until(
                lambda: self.crm.contacts["1"].get("owner_id") == "u52", what="Bob")
            self.assertEqual(len(other.written()), 0, other.written())
            self.replay()
        finally:
            other.end()

    def test_it_does_not_wait_when_told_not_to(self):
        self.apply(wait_for_lookup="no")
        self.send("a@example.org")
        self.server.wait_delivered()
        self.assertEqual(self.crm.contacts["1"]["owner_id"], "51")
        self.assertIn("1 decisions are the same again", self.replay())

    def test_a_crm_that_says_nothing_holds_nobody_up_for_long(self):
        self.apply()
        self.crm.gate.clear()  # its answers hang
        self.send("a@example.org")
        self.server.wait_until(lambda: self.crm.requests, what="the look-up")
        # Its time goes on while nobody runs, and falls due at the next start.
        self.server.kill()
        self.server.start()
        began = time.monotonic()
        self.wait_for_owner()
        self.assertLess(time.monotonic() - began, 15)
        self.crm.gate.set()
        self.server.wait_delivered()
        self.assertEqual([c["owner_id"] for c in self.crm.contacts.values()], ["51"])
        self.assertIn("2 decisions are the same again", self.replay())

    def wait_for_owner(self):
        def has_owner():
            rows = self.rows("SELECT doc FROM lead")
            return "owner" in json.loads(rows[0][0])["f"]
        self.server.wait_until(has_owner, what="an owner")

    def rows(self, sql):
        database = sqlite3.connect(os.path.join(self.server.data, "fairlead.db"))
        try:
            return database.execute(sql).fetchall()
        finally:
            database.close()


@unittest.skipUnless(POSTGRES, "needs FAIRLEAD_TEST_POSTGRES")
class GatesOnPostgres(Gates):
    def new_store(self):
        return new_database()

    def rows(self, sql):
        done = subprocess.run(["psql", "-At", "-d", self.server.store, "-c", sql],
                              capture_output=True, text=True, check=True)
        return [(line,) for line in done.stdout.splitlines()]


if __name__ == "__main__":
    unittest.main()
