"""Two servers on one PostgreSQL: one falls silent past its lease and comes back."""
import os
import shutil
import signal
import sys
import threading
import time
import unittest

from server import POSTGRES, Server, new_database

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
                                "chaos"))
from crm import Crm  # noqa: E402
from workspace import workspace  # noqa: E402


class SlowCrm(Crm):
    """Answers its first write only when it is told to: after the effect."""

    def __init__(self):
        super().__init__(honours_keys=False)
        self.has_effect, self.may_answer = threading.Event(), threading.Event()

    def answer(self, handler, fault, status, answer):
        if not self.has_effect.is_set():
            self.has_effect.set()
            self.may_answer.wait(60)
        super().answer(handler, fault, status, answer)


@unittest.skipUnless(POSTGRES, "needs FAIRLEAD_TEST_POSTGRES")
class Failover(unittest.TestCase):
    def test_a_late_record_is_refused_and_nothing_is_doubled(self):
        crm = SlowCrm()
        flags = ["--allow-networks", f"127.0.0.1/32:{crm.port}", "--lease-time", "3s"]
        store = new_database()
        first, second = Server(*flags, store=store), Server(*flags, store=store)
        stopped = None
        try:
            first.start()
            self.assertEqual(first.apply(workspace(crm, False), prune=True).status, 200)
            os.mkdir(second.data, 0o700)
            shutil.copy(os.path.join(first.data, "master.key"), second.data)
            second.start()
            before = first.queue()
            sent = first.post("/v1/leads", {"email": "failover@example.org",
                                            "source": "chaos"})
            self.assertEqual(sent.status, 201, sent.body)
            self.assertTrue(crm.has_effect.wait(20), "nobody delivered")
            # Whoever claimed it sleeps past its lease; the other takes over and looks.
            lead = sent.json()["lead_id"]
            stopped = self.claimer(first, second)
            stopped.process.send_signal(signal.SIGSTOP)
            other = second if stopped is first else first
            other.wait_until(lambda: other.queue()["pending"] == before["pending"], 30,
                             "the other server's delivery")
            self.assertIn(lead, other.log())
            stopped.process.send_signal(signal.SIGCONT)
            crm.may_answer.set()
            stopped.wait_until(lambda: "event=settle.refused" in stopped.log(), 30,
                               "the refusal of the late record")
            self.assertEqual([effect for effect, _, _ in crm.ledger], ["create"])
            self.assertEqual(other.queue()["pending"], before["pending"])
        finally:
            if stopped:
                stopped.process.send_signal(signal.SIGCONT)
            first.end()
            second.end()
            crm.end()

    def claimer(self, first, second):
        """The server that holds the connection to the CRM."""
        end = time.monotonic() + 10
        while time.monotonic() < end:
            for server in (first, second):
                folder = f"/proc/{server.process.pid}/fd"
                inodes = {os.readlink(os.path.join(folder, fd))[8:-1]
                          for fd in os.listdir(folder)
                          if os.readlink(os.path.join(folder, fd)).startswith("socket:")}
                if inodes & self.sockets_to(first, second):
                    return server
            time.sleep(0.02)
        raise AssertionError("nobody speaks to the CRM")

    def sockets_to(self, *servers):
        port = f":{int(servers[0].args[1].rsplit(':', 1)[1]):04X}"
        with open("/proc/net/tcp") as table:
            rows = [line.split() for line in table][1:]
        return {row[9] for row in rows if row[2].endswith(port) and row[3] == "01"}


if __name__ == "__main__":
    unittest.main()
