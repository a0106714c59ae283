"""Yes means on disk, and nothing is doubled: SIGKILL at random moments."""
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import unittest

from server import FAIRLEAD, POSTGRES, Server

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
                                "chaos"))
from loop import Loop, Sender, run_and_kill  # noqa: E402


class Acknowledged(unittest.TestCase):
    def test_every_acknowledged_lead_survives_fifty_kills(self):
        server = Server("--log-level", "warn").start()
        try:
            answer = server.apply({"version": 1, "sources": [{"name": "chaos", "kind": "api"}]})
            self.assertEqual(answer.status, 200, answer.body)
            senders = [Sender(server, range(i, 10 ** 6, 8)) for i in range(8)]
            run_and_kill(server, senders, 50, seed=1)
            for sender in senders:
                sender.is_stopped = True
            for sender in senders:
                sender.join(30)
            acknowledged = {n: lead for s in senders for n, (_, lead) in s.acknowledged.items()}
            self.assertGreater(len(acknowledged), 500)
            self.assertEqual(server.stop(), 0, server.log()[-2000:])
            database = sqlite3.connect(os.path.join(server.data, "fairlead.db"))
            rows = database.execute("SELECT doc FROM lead").fetchall()
            found = [json.loads(doc)["f"]["custom.external_id"][0] for doc, in rows]
            self.assertEqual(len(found), len(set(found)), "a lead is there twice")
            self.assertEqual({f"x{n}" for n in acknowledged} - set(found), set())
            done = subprocess.run([FAIRLEAD, "replay", "--data", server.data],
                                  capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stdout[-2000:] + done.stderr[-2000:])
        finally:
            server.end()


@unittest.skipUnless(shutil.which("strace"), "needs strace")
class Syncs(unittest.TestCase):
    def test_acknowledgements_wait_for_syncs_and_share_them(self):
        server = Server("--log-level", "warn")
        trace = os.path.join(server.folder, "syncs")
        try:
            server.start(wrapper=["strace", "-D", "-f", "-qq", "-o", trace, "-e",
                                  "trace=fsync,fdatasync"])
            server.apply({"version": 1, "sources": [{"name": "chaos", "kind": "api"}]})
            with open(trace) as file:
                before = sum(1 for _ in file)
            one = Sender(server, range(100))
            one.run()
            with open(trace) as file:
                alone = sum(1 for _ in file) - before
            senders = [Sender(server, range(1000 + i * 125, 1125 + i * 125)) for i in range(8)]
            for sender in senders:
                sender.start()
            for sender in senders:
                sender.join(120)
            with open(trace) as file:
                shared = sum(1 for _ in file) - before - alone
            print(f"syncs: {alone} for 100 leads one after another, {shared} for 1,000 leads "
                  "on 8 connections")
            self.assertGreaterEqual(alone, 100)
            self.assertLess(shared, 1000)
            self.assertGreater(shared, 0)
        finally:
            server.end()


class Delivered:
    """What a CRM must see, whatever its character: a mixin, run for each below."""

    character = "create"
    more = {}

    def test_nothing_is_lost_and_nothing_is_doubled(self):
        loop = Loop(self.character, **self.more)
        self.addCleanup(loop.end)
        loop.run()
        self.assertEqual(loop.problems(), [])


class UpsertingCrm(Delivered, unittest.TestCase):
    character = "upsert"


class CreatingCrm(Delivered, unittest.TestCase):
    pass


class ForgetfulCrm(Delivered, unittest.TestCase):
    character = "forgetful"


class BatchingCrm(Delivered, unittest.TestCase):
    more = {"batch": True}


@unittest.skipUnless(POSTGRES, "needs FAIRLEAD_TEST_POSTGRES")
class ForgetfulCrmOnPostgres(Delivered, unittest.TestCase):
    character = "forgetful"
    more = {"on_postgres": True, "leads": 120, "kills": 4}


if __name__ == "__main__":
    unittest.main()
