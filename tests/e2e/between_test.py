"""Killed between sending and the answer: what was sent is looked for, and is there once."""
import json
import os
import sys
import threading
import unittest

from server import POSTGRES, Server, new_database

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
                                "chaos"))
from crm import Crm  # noqa: E402
from workspace import workspace  # noqa: E402


class HeldCrm(Crm):
    """Holds one write, before or after its effect, until it is let go; never answers it.

    It honours no idempotency key: only looking tells what became of it.
    """

    def __init__(self):
        super().__init__(honours_keys=False)
        self.holds = None  # "before" or "after": what is done with the next write
        self.held, self.let_go = threading.Event(), threading.Event()
        self.held_body = self.held_path = None

    def keep(self, handler):
        self.holds = None
        self.held_path = handler.path
        self.held.set()
        self.let_go.wait(60)
        self.drop(handler, False)

    def write(self, handler):
        if self.holds == "before":
            self.held_body = json.loads(handler.rfile.read(int(
                handler.headers["Content-Length"])))
            self.keep(handler)
        super().write(handler)

    def answer(self, handler, fault, status, answer):
        if self.holds == "after":
            self.held_body = answer
            self.keep(handler)
        super().answer(handler, fault, status, answer)


class Between:
    """The same for each store: a mixin."""

    on_postgres = False

    def begin(self, batch=False):
        self.crm = HeldCrm()
        self.addCleanup(self.crm.end)
        self.server = Server("--allow-networks", f"127.0.0.1/32:{self.crm.port}",
                             store=new_database() if self.on_postgres else None).start()
        self.addCleanup(self.server.end)
        self.addCleanup(self.crm.let_go.set)
        answer = self.server.apply(workspace(self.crm, batch), prune=True)
        self.assertEqual(answer.status, 200, answer.body)

    def lead(self, number, version=1):
        return {"email": f"b{number}@example.org", "source": "chaos",
                "custom": {"external_id": f"b{number}", "ledger_seq": version,
                           "ledger_nonce": "n"}}

    def calls(self):
        return self.server.get("/v1/calls?limit=200").json()["items"]

    def kill_and_restart(self):
        self.assertTrue(self.crm.held.wait(20), "nothing was sent")
        self.calls_before = {call["id"] for call in self.calls()}
        self.server.kill()
        self.crm.let_go.set()
        self.server.start()
        self.server.wait_delivered()
        self.assertEqual(self.server.queue()["dead"] + self.server.queue()["uncertain"], 0)
        # Oldest first: what the second life asked, and what it said.
        new = [call for call in self.calls() if call["id"] not in self.calls_before]
        return [self.server.get("/v1/calls/" + call["id"]).json() for call in reversed(new)]

    def effects(self):
        return sorted((effect, data["external_id"], data["ledger_seq"])
                      for effect, _, data in self.crm.ledger)

    def check_create(self, moment):
        self.begin()
        self.crm.holds = moment
        self.server.post("/v1/leads", self.lead(1))
        calls = self.kill_and_restart()
        self.assertEqual(self.effects(), [("create", "b1", 1)])
        self.assertEqual(calls[0]["verb"], "find")
        self.assertIn("/contacts?email=b1%40example.org", calls[0]["url"])
        self.assertEqual([call["verb"] for call in calls[1:]],
                         ["write"] if moment == "before" else [])
        self.assertEqual("b1@example.org" in calls[0]["answer"], moment == "after")

    def test_create_before_its_effect(self):
        self.check_create("before")

    def test_create_after_its_effect(self):
        self.check_create("after")

    def check_update(self, moment):
        self.begin()
        self.server.post("/v1/leads", self.lead(1))
        self.server.wait_delivered()
        self.crm.holds = moment
        self.server.post("/v1/leads", self.lead(1, version=2))
        calls = self.kill_and_restart()
        self.assertEqual(self.effects(), [("create", "b1", 1), ("update", "b1", 2)])
        # Its id is known: the record itself is read instead of searched for.
        self.assertEqual((calls[0]["verb"], calls[0]["method"]), ("read", "GET"))
        self.assertTrue(calls[0]["url"].endswith("/contacts/rec1"), calls[0]["url"])
        self.assertEqual([call["verb"] for call in calls[1:]],
                         ["write"] if moment == "before" else [])

    def test_update_before_its_effect(self):
        self.check_update("before")

    def test_update_after_its_effect(self):
        self.check_update("after")

    def check_batch(self, moment):
        self.begin(batch=True)
        self.crm.holds = moment
        answer = self.server.post("/v1/leads/batch", [self.lead(i) for i in range(20)])
        self.assertEqual(answer.status, 200, answer.body)
        calls = self.kill_and_restart()
        self.assertTrue(self.crm.held_path.endswith("/contacts/batch"))
        sent = len(self.crm.held_body["inputs" if moment == "before" else "results"])
        self.assertGreater(sent, 1)
        self.assertEqual(self.effects(), [("create", f"b{i}", 1)
                                          for i in sorted(range(20), key=lambda i: f"b{i}")])
        looked = [call["url"].partition("email=")[2] for call in calls
                  if call["verb"] == "find"]
        self.assertGreaterEqual(len(set(looked)), sent)
        writes = [call for call in calls if call["verb"] == "write"]
        if moment == "after" and sent == 20:
            self.assertEqual(writes, [])

    def test_batch_before_its_effect(self):
        self.check_batch("before")

    def test_batch_after_its_effect(self):
        self.check_batch("after")


class OnSqlite(Between, unittest.TestCase):
    pass


@unittest.skipUnless(POSTGRES, "needs FAIRLEAD_TEST_POSTGRES")
class OnPostgres(Between, unittest.TestCase):
    on_postgres = True


if __name__ == "__main__":
    unittest.main()
