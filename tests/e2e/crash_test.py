"""Yes means on disk, and nothing is doubled: SIGKILL at random moments."""
import http.client
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
import unittest

from server import FAIRLEAD, POSTGRES, Server, new_database

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
                                "chaos"))
from crm import MIXED, Crm  # noqa: E402
from workspace import workspace  # noqa: E402


class Sender(threading.Thread):
    """Sends numbered leads over and over until each is acknowledged."""

    def __init__(self, server, numbers, versions=1):
        super().__init__(daemon=True)
        self.server, self.numbers, self.versions = server, numbers, versions
        self.acknowledged = {}  # number: (version, lead id)
        self.is_stopped = False
        self.token = server.token()

    def send(self, number, version):
        body = json.dumps({"email": f"n{number}@example.org", "first_name": "N",
                           "source": "chaos",
                           "custom": {"external_id": f"x{number}", "ledger_seq": version,
                                      "ledger_nonce": f"{number}/{version}"}})
        headers = {"Authorization": "Bearer " + self.token, "Content-Type": "application/json",
                   "Idempotency-Key": f"{number}-{version}"}
        while not self.is_stopped:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.server.port,
                                                        timeout=10)
                connection.request("POST", "/v1/leads", body, headers)
                reply = connection.getresponse()
                answer = json.loads(reply.read())
                connection.close()
                if reply.status in (200, 201):
                    self.acknowledged[number] = (version, answer["lead_id"])
                    return
                if reply.status < 500:
                    raise AssertionError(f"refused: {reply.status} {answer}")
            except (OSError, http.client.HTTPException, ValueError):
                pass
            time.sleep(0.005)

    def run(self):
        for number in self.numbers:
            for version in range(1, self.versions + 1):
                if self.is_stopped:
                    return
                self.send(number, version)


def run_and_kill(server, senders, kills, seed):
    dice = random.Random(seed)
    for sender in senders:
        sender.start()
    for _ in range(kills):
        time.sleep(dice.uniform(0.02, 0.35))
        server.kill()
        server.start()


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

    upsert = honours_keys = batch = False
    search_lag = 0.0
    on_postgres = False
    leads, versions, kills = 240, 2, 8

    def setUp(self):
        self.crm = Crm(self.upsert, self.honours_keys, self.search_lag, MIXED, seed=7)
        self.server = Server("--allow-networks", f"127.0.0.1/32:{self.crm.port}",
                             "--log-level", "warn",
                             store=new_database() if self.on_postgres else None)

    def tearDown(self):
        self.server.end()
        self.crm.end()

    def test_nothing_is_lost_and_nothing_is_doubled(self):
        server, crm = self.server, self.crm
        server.start()
        answer = server.apply(workspace(crm, self.batch), prune=True)
        self.assertEqual(answer.status, 200, answer.body)
        senders = [Sender(server, range(i, self.leads, 6), self.versions) for i in range(6)]
        run_and_kill(server, senders, self.kills, seed=3)
        for sender in senders:
            sender.join(120)
            self.assertFalse(sender.is_alive())
        server.wait_delivered(180)
        queue = server.queue()
        self.assertEqual((queue["dead"], queue["uncertain"]), (0, 0), queue)
        self.judge()

    def judge(self):
        effects = {}
        for effect, rid, data in self.crm.ledger:
            effects.setdefault(data["external_id"], []).append((effect, rid, data))
        self.assertEqual(len(effects), self.leads)
        for external_id, seen in effects.items():
            versions = [data["ledger_seq"] for _, _, data in seen]
            self.assertEqual([e for e, _, _ in seen].count("create"), 1,
                             f"{external_id} was created more than once")
            self.assertEqual(len({rid for _, rid, _ in seen}), 1)
            self.assertEqual(versions, sorted(set(versions)),
                             f"{external_id}: an effect twice, or an old version late")
            self.assertEqual(versions[-1], self.versions, f"{external_id}: the last is lost")
            for _, _, data in seen:
                self.assertEqual(data["ledger_nonce"],
                                 f"{external_id[1:]}/{data['ledger_seq']}")
        self.assertEqual(self.crm.broken_holds, 0, "a Retry-After was not waited for")


class UpsertingCrm(Delivered, unittest.TestCase):
    upsert = honours_keys = True


class CreatingCrm(Delivered, unittest.TestCase):
    honours_keys = True


class ForgetfulCrm(Delivered, unittest.TestCase):
    search_lag = 1.0


class BatchingCrm(Delivered, unittest.TestCase):
    honours_keys = batch = True


@unittest.skipUnless(POSTGRES, "needs FAIRLEAD_TEST_POSTGRES")
class ForgetfulCrmOnPostgres(Delivered, unittest.TestCase):
    search_lag = 0.5
    on_postgres = True
    leads, kills = 120, 4


if __name__ == "__main__":
    unittest.main()
