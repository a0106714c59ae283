"""A sandbox with a journal that is killed and started again: what receivers of its posts had
answered, and what it still had to post. Standard library only."""
import http.client
import json
import os
import signal
import subprocess
import tempfile
import threading
import unittest
from base64 import b64encode
from urllib.parse import parse_qs, urlencode

from receiver import Receiver
from sandbox import Sandbox
from server import FAIRLEAD, until

HOUR = 3600_000


def basic(user, password):
    return {"Authorization": "Basic " + b64encode(f"{user}:{password}".encode()).decode()}


class Restarting(unittest.TestCase):
    vendor, token = None, ""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.journal = os.path.join(folder.name, "journal")
        self.receiver = Receiver()
        self.addCleanup(self.receiver.end)
        self.start()

    def start(self):
        self.sandbox = Sandbox(self.vendor, self.token, "--journal", self.journal)
        self.addCleanup(self.sandbox.end)

    def kill(self):
        self.sandbox.process.send_signal(signal.SIGKILL)
        self.sandbox.process.wait()

    def restart(self):
        self.kill()
        self.start()

    def call(self, method, path, body=None):
        """A dictionary is sent as JSON, a text as a form."""
        is_form = isinstance(body, str)
        connection = http.client.HTTPConnection("127.0.0.1", self.sandbox.port, timeout=30)
        connection.request(method, f"/{self.vendor}{path}",
                           body if is_form or body is None else json.dumps(body),
                           {"Content-Type": "application/x-www-form-urlencoded" if is_form
                            else "application/json", **self.credentials()})
        reply = connection.getresponse()
        text = reply.read()
        connection.close()
        self.assertLess(reply.status, 300, text)
        return json.loads(text)

    def step(self, ms):
        self.sandbox.ask("POST", "/_sandbox/clock", {"step_ms": ms})

    def deliveries(self):
        return self.sandbox.ask("GET", f"/_sandbox/webhooks?vendor={self.vendor}")["webhooks"]

    def settled(self, attempts):
        """All deliveries, once each was attempted so often."""
        return until(lambda: (all(d["attempts"] >= attempts for d in self.deliveries()) and
                              self.deliveries()))


class Pipedrive(Restarting):
    vendor = "pipedrive"

    def credentials(self):
        return {"x-api-token": "5a4db0c5a4db0c5a4db0c5a4db0c5a4db0c5a4db"}

    def setUp(self):
        super().setUp()
        self.sandbox.settings(switches={"webhooks_by_http": 1}, limits={"burst": 1000})
        self.call("POST", "/api/v1/webhooks",
                  {"subscription_url": self.receiver.url, "event_action": "create",
                   "event_object": "person", "name": "Fairlead", "version": "2.0"})

    def add(self, name):
        self.call("POST", "/api/v2/persons", {"name": name})

    def test_a_ban_is_not_forgotten(self):
        self.receiver.answers = lambda request: (500, "")
        for i in range(10):
            self.add(f"P{i}")
        self.settled(1)
        self.restart()
        count = len(self.deliveries())
        self.add("Banned")
        self.assertEqual(len(self.deliveries()), count, "nothing is queued under a ban")
        self.step(HOUR // 2 + 1000)
        self.add("After")
        self.assertEqual(len(self.deliveries()), count + 1)

    def test_what_was_not_taken_is_tried_again_and_what_was_taken_is_not(self):
        self.add("Taken")
        self.receiver.wait(1)
        self.settled(1)
        self.receiver.answers = lambda request: (503, "")
        self.add("Busy")
        self.receiver.wait(2)
        self.settled(1)
        before = self.deliveries()
        self.restart()
        self.assertEqual(self.deliveries(), before)
        self.receiver.answers = lambda request: (200, "")
        self.step(4000)
        third = self.receiver.wait(3)[2].json()
        self.assertEqual((third["data"]["name"], third["meta"]["attempt"]), ("Busy", 2))
        until(lambda: self.deliveries()[-1]["state"] == "done")
        self.assertEqual(len(self.receiver.got), 3)


class HubSpot(Restarting):
    vendor, token = "hubspot", "pat-na1-sandbox-default"

    def test_an_open_batch_is_sent_as_it_was(self):
        app = "/hubspot/webhooks/v3/54321/"
        key = "?hapikey=fairlead-sandbox-hapikey"
        self.sandbox.settings(switches={"webhooks_by_http": 1})
        self.sandbox.ask("PUT", f"{app}settings{key}",
                         {"targetUrl": self.receiver.url,
                          "throttling": {"maxConcurrentRequests": 10}})
        self.sandbox.ask("POST", f"{app}subscriptions{key}",
                         {"eventType": "contact.creation", "active": True})
        self.sandbox.ask("POST", "/_sandbox/clock", {"freeze": True})
        for i in range(3):
            self.sandbox.ask("POST", "/hubspot/crm/v3/objects/contacts",
                             {"properties": {"email": f"a{i}@example.org"}})
        self.restart()
        self.assertEqual(self.receiver.got, [])
        self.step(1000)
        self.assertEqual(len(self.receiver.wait(1)[0].json()), 3)


class Close(Restarting):
    vendor = "close"

    def credentials(self):
        return basic("api_SandboxCloseKeyOfTheDefault01", "")

    def test_a_subscription_stays_paused(self):
        self.receiver.answers = lambda request: (500, "")
        hook = self.call("POST", "/api/v1/webhook/", {
            "url": self.receiver.url, "events": [{"object_type": "lead", "action": "created"}]})
        self.call("POST", "/api/v1/lead/", {"name": "North"})
        self.step(10_000)
        self.settled(1)
        self.step(73 * HOUR)
        status = lambda: self.call("GET", f"/api/v1/webhook/{hook['id']}/")["status"]
        until(lambda: status() == "paused")
        self.restart()
        self.assertEqual(status(), "paused")


class Twilio(Restarting):
    vendor = "twilio"

    def credentials(self):
        known = self.sandbox.ask("GET", self.sandbox.account)["credentials"]
        self.calls = f"/2010-04-01/Accounts/{known['account_sid']}/Calls"
        return basic(known["account_sid"], known["auth_token"])

    def test_a_call_goes_on_where_it_was(self):
        asked, go_on = threading.Event(), threading.Event()
        gather = '<Response><Gather numDigits="1"><Say>Now?</Say></Gather></Response>'

        def answer(request):
            if "Digits" in parse_qs(request.body):
                asked.set()
                go_on.wait(20)
                return 200, "<Response><Hangup/></Response>"
            return 200, gather
        self.receiver.answers = answer
        self.addCleanup(go_on.set)
        self.sandbox.ask("POST", "/_sandbox/prospects",
                         {"address": "+919876543210",
                          "script": "answers on the first ring and presses 1"})
        self.credentials()
        sid = self.call("POST", self.calls + ".json",
                        urlencode({"To": "+919876543210", "From": "+15005550006",
                                   "Url": self.receiver.url}))["sid"]
        self.step(60_000)
        until(lambda: len(self.receiver.got) >= 1)
        until(lambda: self.deliveries()[0]["state"] == "done")
        self.step(60_000)
        self.assertTrue(asked.wait(20), "the digit is told")
        self.kill()
        go_on.set()
        self.start()
        self.receiver.wait(3)
        until(lambda: self.deliveries()[1]["state"] == "done")
        self.step(60_000)
        until(lambda: self.call("GET", f"{self.calls}/{sid}.json")["status"] == "completed")


class Exotel(Restarting):
    vendor = "exotel"

    def credentials(self):
        known = self.sandbox.ask("GET", self.sandbox.account)["credentials"]
        return basic(known["api_key"], known["api_token"])

    def test_a_flow_goes_on_where_it_was(self):
        asked, go_on = threading.Event(), threading.Event()

        def answer(request):
            if "/gather" in request.path:
                return 200, json.dumps({"gather_prompt": {"text": "Now?"}})
            asked.set()
            go_on.wait(20)
            return 200, ""
        self.receiver.answers = answer
        self.addCleanup(go_on.set)
        self.sandbox.ask("POST", "/_sandbox/prospects",
                         {"address": "+919876543210", "script": "answers and presses 1"})
        flow = self.sandbox.add("Flows", {"name": "ours", "applets": [
            {"applet": "gather", "url": self.receiver.url + "/gather"},
            {"applet": "passthru", "url": self.receiver.url + "/pressed"}]})
        sid = self.call("POST", "/v1/Accounts/sandbox1/Calls/connect.json", urlencode({
            "From": "+919876543210", "CallerId": "08047180000",
            "Url": f"http://my.exotel.com/sandbox1/exoml/start_voice/{flow['id']}"}))["Call"]["Sid"]
        self.step(30_000)
        until(lambda: len(self.receiver.got) == 1 and self.deliveries()[0]["state"] == "done")
        self.step(30_000)
        self.assertTrue(asked.wait(20), "what was pressed is told")
        self.kill()
        go_on.set()
        self.start()
        again = self.receiver.wait(3)[2]
        self.assertIn("digits=%221%22", again.path, "it is told again: nobody had taken it")
        until(lambda: self.deliveries()[1]["state"] == "done")
        self.step(60_000)
        until(lambda: self.call("GET", f"/v1/Accounts/sandbox1/Calls/{sid}.json")
              ["Call"]["Status"] == "completed")


class Lines(unittest.TestCase):
    """What stands in a journal that nobody wrote as it should be."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.journal = os.path.join(folder.name, "journal")

    def write(self, **line):
        with open(self.journal, "w", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def test_an_answer_that_is_not_whole_is_named(self):
        for line in ({"answered": 1, "at": 5}, {"answered": 0, "at": 5, "status": 1, "type": ""}):
            self.write(**line)
            ended = subprocess.run([FAIRLEAD, "sandbox", "--listen", "127.0.0.1:0", "--journal",
                                    self.journal], capture_output=True, text=True, timeout=30)
            self.assertNotEqual(ended.returncode, 0)
            self.assertIn("journal line 1: answered, status, type: not all there",
                          ended.stdout + ended.stderr)

    def test_an_answer_to_nothing_is_passed_over(self):
        self.write(answered=9, at=1700000000000, status=200, type="", body="")
        sandbox = Sandbox("pipedrive", "", "--journal", self.journal)
        self.addCleanup(sandbox.end)
        self.assertEqual(sandbox.ask("GET", "/_sandbox/webhooks")["webhooks"], [])


if __name__ == "__main__":
    unittest.main()
