"""Sends leads, kills the server again and again, and compares what the CRM was done to.

Nothing acknowledged may be lost, no effect may come twice or late, and no call may be made
while the CRM asked for time. crash_test.py runs it small, kill_loop.py as large as one likes.
"""
import http.client
import json
import os
import random
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
                                "e2e"))
from crm import MIXED, Crm  # noqa: E402
from server import Server, new_database  # noqa: E402
from workspace import workspace  # noqa: E402

# How a CRM can be made: whether it upserts, whether it honours idempotency keys, and how
# long after a write a search finds it.
CHARACTERS = {"upsert": (True, True, 0.0), "create": (False, True, 0.0),
              "forgetful": (False, False, 1.0)}


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


def run_and_kill(server, senders, kills, seed, longest=0.35):
    dice = random.Random(seed)
    for sender in senders:
        sender.start()
    for _ in range(kills):
        time.sleep(dice.uniform(0.02, longest))
        server.kill()
        server.start()


class Loop:
    """One run: `begin`, `run`, `problems`, `end`."""

    def __init__(self, character="create", batch=False, on_postgres=False, leads=240,
                 versions=2, kills=8, seed=7, concurrency=8):
        upsert, honours_keys, lag = CHARACTERS[character]
        self.batch, self.leads, self.versions = batch, leads, versions
        self.kills, self.concurrency = kills, concurrency
        self.crm = Crm(upsert, honours_keys, lag, MIXED, seed=seed)
        self.server = Server("--allow-networks", f"127.0.0.1/32:{self.crm.port}",
                             "--log-level", "warn",
                             store=new_database() if on_postgres else None)

    def end(self):
        self.server.end()
        self.crm.end()

    def run(self, drain_seconds=180):
        """Returns how long it took to send, and to drain after the last acknowledgement."""
        self.server.start()
        answer = self.server.apply(workspace(self.crm, self.batch, self.concurrency),
                                   prune=True)
        if answer.status != 200:
            raise AssertionError(answer.body)
        senders = [Sender(self.server, range(i, self.leads, 6), self.versions)
                   for i in range(6)]
        began = time.monotonic()
        run_and_kill(self.server, senders, self.kills, seed=3,
                     longest=0.35 if self.leads < 1000 else 1.5)
        for sender in senders:
            sender.join(600)
            if sender.is_alive():
                raise AssertionError("not all leads were acknowledged")
        sent = time.monotonic()
        self.server.wait_delivered(drain_seconds)
        return sent - began, time.monotonic() - sent

    def problems(self):
        """What was broken, one line each; empty when every promise was kept."""
        found, effects = [], {}
        queue = self.server.queue()
        if queue["dead"] or queue["uncertain"]:
            found.append(f"not delivered: {queue}")
        for effect, rid, data in self.crm.ledger:
            effects.setdefault(data["external_id"], []).append((effect, rid, data))
        for number in range(self.leads):
            if f"x{number}" not in effects:
                found.append(f"x{number} is lost")
        for external_id, seen in effects.items():
            found += self.problems_of(external_id, seen)
        if self.crm.broken_holds:
            found.append(f"{self.crm.broken_holds} times a Retry-After was not waited for")
        return found

    def problems_of(self, external_id, seen):
        versions = [data["ledger_seq"] for _, _, data in seen]
        if ([effect for effect, _, _ in seen].count("create") != 1 or
                len({rid for _, rid, _ in seen}) != 1):
            yield f"{external_id} has more than one record"
        if versions != sorted(set(versions)):
            yield f"{external_id}: an effect twice, or an old version late: {versions}"
        if versions[-1] != self.versions:
            yield f"{external_id}: the last version is lost"
        for _, _, data in seen:
            if data["ledger_nonce"] != f"{external_id[1:]}/{data['ledger_seq']}":
                yield f"{external_id}: versions were mixed"
