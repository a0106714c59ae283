"""Alerts by webhook: one per cause, however many records wait; tried again; closed."""
import json
import threading
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from plain_crm import PlainCrm
from server import Server


class Hook:
    """Takes alerts, and answers as told, 204 when nothing is left to tell."""

    def __init__(self):
        self.taken = []      # [webhook-id, body]
        self.statuses = []
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.taken.append((self.headers["webhook-id"], json.loads(body)))
                self.send_response(hook.statuses.pop(0) if hook.statuses else 204)
                self.send_header("Content-Length", "0")
                self.end_headers()

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def end(self):
        self.server.shutdown()
        self.server.server_close()


class Alerts(unittest.TestCase):
    def begin(self, alert_after="1s"):
        self.crm, self.hook = PlainCrm(), Hook()
        self.addCleanup(self.crm.end)
        self.addCleanup(self.hook.end)
        self.server = Server("--allow-networks",
                             f"{self.crm.network()},127.0.0.1/32:{self.hook.port}",
                             "--alert-after", alert_after).start()
        self.addCleanup(self.server.end)
        self.workspace = self.crm.workspace(
            settings={"webhook": f"http://127.0.0.1:{self.hook.port}/alerts"})
        answer = self.server.apply(self.workspace, self.crm.secrets())
        self.assertEqual(answer.status, 200, answer.body)

    def send(self, count):
        for i in range(count):
            self.server.post("/v1/leads", {"source": "portal", "email": f"a{i}@example.org"})

    def alerts(self):
        return self.server.get("/v1/alerts").json()["items"]

    def wait_state(self, state):
        self.server.wait_until(lambda: [a for a in self.alerts() if a["state"] == state],
                               what=f"an alert that is {state}")

    def test_a_silent_crm_is_told_of_once(self):
        self.begin()
        self.crm.is_down = True
        self.send(20)
        self.wait_state("sent")
        self.assertEqual([body["type"] for _, body in self.hook.taken], ["alert.circuit_open"])
        self.assertNotIn("example.org", json.dumps(self.hook.taken))
        self.assertEqual(len(self.alerts()), 1)
        self.assertRegex(self.alerts()[0]["detail"], "does not answer as it should: .+")

    def test_a_crm_that_is_back_in_time_is_not_told_of(self):
        self.begin(alert_after="900s")
        self.crm.is_down = True
        self.send(20)
        self.wait_state("waiting")
        self.crm.is_down = False
        self.wait_state("closed")  # the probe comes after 30 s
        self.server.wait_delivered()
        self.assertEqual(self.hook.taken, [])

    def test_refused_credentials_are_told_of_at_once_and_again_when_they_come_again(self):
        self.begin(alert_after="900s")
        self.server.apply(self.workspace, {"crm": {"secret": "wrong"}})
        self.send(20)
        self.wait_state("sent")
        self.server.apply(self.workspace, self.crm.secrets())
        self.wait_state("closed")  # the probe comes after 30 s
        self.server.wait_delivered()
        self.crm.token = "another"
        self.server.post("/v1/leads", {"source": "portal", "email": "late@example.org"})
        self.server.wait_until(lambda: len(self.hook.taken) == 2, what="a second alert")
        self.assertEqual([body["type"] for _, body in self.hook.taken], ["alert.reauth"] * 2)
        self.assertEqual(len({name for name, _ in self.hook.taken}), 2)

    def test_an_alert_that_is_not_taken_is_sent_again(self):
        self.begin()
        self.hook.statuses = [500]
        self.crm.is_down = True
        self.send(20)
        self.wait_state("sent")
        self.assertEqual(len(self.hook.taken), 2)
        self.assertEqual(len({name for name, _ in self.hook.taken}), 1)


if __name__ == "__main__":
    unittest.main()
