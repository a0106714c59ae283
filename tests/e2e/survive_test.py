"""What a server knows of retries and circuits survives its death: nothing is tried sooner, or
more often, because it was started again."""
import time
import unittest
from datetime import datetime

from plain_crm import PlainCrm
from server import POSTGRES, Server, new_database


def seconds(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


class Survive(unittest.TestCase):
    store = None

    def begin(self, **limits):
        self.crm = PlainCrm()
        self.addCleanup(self.crm.end)
        self.server = Server("--allow-networks", self.crm.network(), store=self.store).start()
        self.addCleanup(self.server.end)
        connection = self.crm.connection(limits=limits)
        connection["settings"]["outcomes"] = [{"status": 422, "outcome": "retry"}]
        answer = self.server.apply(self.crm.workspace(connections=[connection]),
                                   self.crm.secrets())
        self.assertEqual(answer.status, 200, answer.body)

    def send(self, *names):
        for name in names:
            answer = self.server.post("/v1/leads", {"source": "portal",
                                                    "email": f"{name}@example.org"})
            self.assertEqual(answer.status, 201, answer.body)

    def deliveries(self):
        return self.server.get("/v1/deliveries").json()["items"]

    def connection(self):
        return self.server.get("/v1/connections/crm").json()

    def start_again(self):
        self.server.kill()
        self.server.start()

    def wait_tries(self, tries):
        self.server.wait_until(
            lambda: [d["tries"] for d in self.deliveries()] == [tries]
            and self.deliveries()[0]["state"] in ("due", "dead"), what=f"{tries} tries")
        return self.deliveries()[0]

    def test_a_retry_keeps_its_time_and_its_count(self):
        self.begin(retries=2, first_ms=3000)
        self.crm.refuse = lambda fields: "not now"
        self.send("ada")
        first = self.wait_tries(1)
        self.start_again()
        again = self.wait_tries(1)
        self.assertEqual((again["due_at"], again["id"]), (first["due_at"], first["id"]))
        self.assertEqual(len(self.crm.written()), 1)
        self.server.wait_until(lambda: len(self.crm.written()) == 2, what="the second try")
        self.assertGreaterEqual(time.time(), seconds(first["due_at"]) - 0.05)
        second = self.wait_tries(2)
        # The wait grows from where it was: six times as long, a fifth more or less.
        wait = seconds(second["due_at"]) - time.time()
        self.assertGreater(wait, 10)
        self.assertLess(wait, 22)
        self.start_again()
        self.assertEqual(self.wait_tries(2)["due_at"], second["due_at"])
        self.server.wait_until(lambda: self.deliveries()[0]["state"] == "dead",
                               what="the end of the tries")
        self.assertEqual(len(self.crm.written()), 3)
        self.assertEqual(self.deliveries()[0]["code"], "retries")
        self.start_again()
        self.assertEqual(self.deliveries()[0]["state"], "dead")
        self.assertEqual(len(self.crm.written()), 3)

    def test_an_open_circuit_stays_open_until_its_time(self):
        self.begin(retries=0)
        self.crm.is_down = True
        self.send(*[f"lead{i}" for i in range(8)])
        self.server.wait_until(lambda: self.connection()["state"] == "open",
                               what="an open circuit")
        before = self.connection()
        self.start_again()
        asked = len(self.crm.requests)
        after = self.connection()
        self.assertEqual([after[k] for k in ("state", "failures", "opened_at", "next_try_at")],
                         [before[k] for k in ("state", "failures", "opened_at", "next_try_at")])
        self.crm.is_down = False
        self.server.wait_until(lambda: len(self.crm.requests) > asked, what="the probe")
        self.assertGreaterEqual(time.time(), seconds(before["next_try_at"]) - 0.05)
        self.server.wait_delivered()
        self.assertEqual(self.connection()["state"], "active")
        self.assertEqual(len(self.crm.contacts), 8)
        self.assertEqual([d["tries"] for d in self.deliveries()], [0] * 8)


@unittest.skipUnless(POSTGRES, "no PostgreSQL")
class SurvivePostgres(Survive):
    def setUp(self):
        self.store = new_database()


if __name__ == "__main__":
    unittest.main()
