"""/metrics as Prometheus reads it: clean under promtool at rest, under leads, deliveries and
faults, and with figures that are so."""
import re
import shutil
import subprocess
import unittest

from plain_crm import PlainCrm
from server import POSTGRES, Server, new_database

PROMTOOL = shutil.which("promtool")


class Metrics(unittest.TestCase):
    def setUp(self):
        self.crm = PlainCrm()
        self.addCleanup(self.crm.end)
        self.server = Server("--allow-networks", self.crm.network(),
                             store=self.new_store()).start()
        self.addCleanup(self.server.end)

    def new_store(self):
        return None

    def scrape(self):
        """{name with labels: value}, after promtool has found nothing to say."""
        answer = self.server.get("/metrics", token=None)
        self.assertEqual((answer.status, answer.headers["Content-Type"]),
                         (200, "text/plain; version=0.0.4; charset=utf-8"))
        self.assertIsNotNone(PROMTOOL, "promtool is missing: tools/deps.sh check installs it")
        done = subprocess.run([PROMTOOL, "check", "metrics"], input=answer.body,
                              capture_output=True)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, b"", b""))
        values = {}
        for line in answer.body.decode().splitlines():
            if not line.startswith("#"):
                name, value = re.fullmatch(r"(\S+) (\S+)", line).groups()
                self.assertNotIn(name, values)
                values[name.removeprefix("fairlead_")] = float(value)
        return values

    def send(self, email, status=201, **more):
        answer = self.server.post("/v1/leads", {"source": "portal", "email": email, **more})
        self.assertEqual(answer.status, status, answer.body)

    def outcome(self, word):
        return self.scrape()[f'attempts_total{{outcome="{word}"}}']

    def wait(self, word, count):
        self.server.wait_until(lambda: self.outcome(word) >= count, what=f"{count} {word}")

    def test_clean_and_right_over_leads_deliveries_and_faults(self):
        first = self.scrape()
        self.assertEqual((first["submissions_total"], first["calls_total"]), (0, 0))
        self.assertEqual(self.server.apply(self.crm.workspace(), self.crm.secrets()).status, 200)
        for i in range(5):
            self.send(f"good{i}@example.org")
        self.send("nonsense", 422)
        self.server.wait_delivered()
        self.wait("delivered", 5)
        self.check_states(at_rest=5, rejected=1)

        self.crm.refuse = lambda fields: "no such company" if fields.get("company") else None
        self.send("refused@example.org", company="Acme")
        self.wait("fix_data", 1)
        self.check_states(at_rest=5, rejected=1, dead=1)

        self.crm.can_find, self.crm.lose_replies = False, 1
        self.send("lost@example.org")
        self.wait("uncertain", 1)
        self.crm.can_find = True

        self.crm.is_down = True
        for i in range(6):
            self.send(f"down{i}@example.org")
        self.server.wait_until(lambda: self.scrape()["circuits_open"] == 1,
                               what="an open circuit")
        last = self.scrape()
        self.assertGreaterEqual(last['submissions{state="pending"}'], 6)
        self.assertEqual(last["submissions_total"], sum(
            value for name, value in last.items() if name.startswith("submissions{")))
        self.assertGreaterEqual(last["calls_total"], len(self.crm.requests))
        for name, value in last.items():
            if "_total" in name:
                self.assertGreaterEqual(value, first.get(name, 0), "a counter went back")
        self.assertGreater(last["store_units_total"], first["store_units_total"])
        self.assertGreater(last["http_requests_total"], first["http_requests_total"])

    def check_states(self, **states):
        now = self.scrape()
        shown = {name[len('submissions{state="'):-2]: value for name, value in now.items()
                 if name.startswith("submissions{")}
        self.assertEqual({n: v for n, v in shown.items() if v}, states)
        queue = self.server.queue()
        self.assertEqual(shown, {name: queue[name] for name in shown})

    def test_no_person_and_no_name_stands_in_it(self):
        self.assertEqual(self.server.apply(self.crm.workspace(), self.crm.secrets()).status, 200)
        self.send("scraped@example.org", first_name="Zebulon")
        self.server.wait_delivered()
        text = self.server.get("/metrics", token=None).body.decode()
        for word in ("scraped", "Zebulon", "Ada Lovelace", self.server.token()):
            self.assertNotIn(word, text)


@unittest.skipUnless(POSTGRES, "needs FAIRLEAD_TEST_POSTGRES")
class MetricsOnPostgres(Metrics):
    def new_store(self):
        return new_database()


if __name__ == "__main__":
    unittest.main()
