"""Alerts by webhook: one per cause, however many records wait; signed; tried again; closed."""
import base64
import hashlib
import hmac
import json
import os
import tempfile
import threading
import time
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from command import run
from plain_crm import PlainCrm
from server import POSTGRES, Server, new_database

TOLERANCE = 300  # s, of the specification


def new_secret():
    return "whsec_" + base64.b64encode(os.urandom(32)).decode()


def is_signed(headers, body, secret, now=None):
    """Standard Webhooks 1.0.0 as a receiver reads it: nothing of ours but what was sent."""
    try:
        id, sent_at = headers["webhook-id"], headers["webhook-timestamp"]
        signatures = headers["webhook-signature"].split()
    except (KeyError, AttributeError):
        return False
    if abs((now or time.time()) - int(sent_at)) > TOLERANCE:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    mac = hmac.new(key, f"{id}.{sent_at}.".encode() + body, hashlib.sha256).digest()
    wanted = "v1," + base64.b64encode(mac).decode()
    return any(hmac.compare_digest(wanted, given) for given in signatures)


class Hook:
    """Takes alerts, and answers as told, 204 when nothing is left to tell."""

    def __init__(self):
        self.taken = []      # [webhook-id, body]
        self.raw = []        # [headers, bytes]
        self.statuses = []
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.raw.append((dict(self.headers.items()), body))
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


class Hooked(unittest.TestCase):
    def begin(self, alert_after="1s", store=None, **settings):
        self.crm, self.hook = PlainCrm(), Hook()
        self.addCleanup(self.crm.end)
        self.addCleanup(self.hook.end)
        self.server = Server("--allow-networks",
                             f"{self.crm.network()},127.0.0.1/32:{self.hook.port}",
                             "--alert-after", alert_after, store=store).start()
        self.addCleanup(self.server.end)
        self.workspace = self.crm.workspace(
            settings={"webhook": f"http://127.0.0.1:{self.hook.port}/alerts", **settings})
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


class Alerts(Hooked):
    def test_a_silent_crm_is_told_of_once(self):
        self.begin()
        self.crm.is_down = True
        self.send(20)
        self.wait_state("sent")
        self.assertEqual([body["type"] for _, body in self.hook.taken], ["alert.circuit_open"])
        self.assertNotIn("example.org", json.dumps(self.hook.taken))
        self.assertIsNone(self.hook.taken[0][1]["data"]["notify"])
        self.assertEqual(len(self.alerts()), 1)
        self.assertRegex(self.alerts()[0]["detail"], "does not answer as it should: .+")

    def test_it_names_whom_the_connection_wants_told(self):
        self.begin(alert_after="900s")
        self.workspace["people"].append({"name": "Op", "email": "op@acme.test"})
        self.workspace["connections"][0]["notify"] = "Op"
        self.server.apply(self.workspace, {"crm": {"secret": "wrong"}})
        self.send(1)
        self.wait_state("sent")
        self.assertEqual(self.hook.taken[0][1]["data"]["notify"],
                         {"name": "Op", "email": "op@acme.test"})
        self.assertEqual(self.alerts()[0]["notify"], "Op")

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

    def test_an_address_that_is_gone_is_not_tried_again(self):
        self.begin()
        self.hook.statuses = [410]
        self.crm.is_down = True
        self.send(1)
        self.wait_state("failed")
        self.assertEqual(len(self.hook.taken), 1)


class Removed(Hooked):
    """Alerts of a connection that was removed are closed, and say why."""

    store = None

    def remove(self):
        bare = {**self.workspace, "connections": [], "mappings": [], "syncs": []}
        answer = self.server.apply(bare, prune=True)
        self.assertEqual(answer.status, 200, answer.body)

    def test_what_was_open_is_closed_with_the_reason(self):
        self.begin(store=self.store)
        self.crm.is_down = True
        self.send(3)
        self.wait_state("sent")
        said = self.alerts()[0]["detail"]
        self.remove()
        alert, = self.alerts()
        self.assertEqual((alert["state"], alert["detail"]),
                         ("closed", f"the connection crm was removed; before: {said}"))
        # The same name again is another connection: its alerts are its own.
        self.server.apply(self.workspace, self.crm.secrets())
        for i in range(5):
            self.server.post("/v1/leads", {"source": "portal", "email": f"b{i}@example.org"})
        self.server.wait_until(lambda: [a["state"] for a in self.alerts()] == ["sent", "closed"],
                               what="an alert of the other")
        self.assertEqual(len(self.hook.taken), 2)

    def test_what_was_to_be_sent_comes_to_rest_and_is_counted_so(self):
        self.begin(store=self.store)
        self.crm.refuse = lambda fields: "on no list" if fields["email"][1] == "0" else None
        self.send(1)
        self.server.wait_until(lambda: self.server.queue()["dead"] == 1, what="a dead letter")
        self.crm.is_down = True
        for i in range(1, 4):
            self.server.post("/v1/leads", {"source": "portal", "email": f"a{i}@example.org"})
        self.wait_state("sent")
        self.assertEqual(self.server.queue()["pending"], 3)
        self.remove()
        self.server.kill()  # whoever starts next finds it too
        self.server.start()
        self.server.wait_until(lambda: self.server.queue()["at_rest"] == 4, what="rest")
        queue = self.server.queue()
        self.assertEqual((queue["pending"], queue["dead"], queue["received"]), (0, 0, 4))
        self.assertEqual({(d["state"], d["code"], d["reason"]) for d in
                          self.server.get("/v1/deliveries").json()["items"]},
                         {("at_rest", "unmapped", "its connection was removed")})
        self.assertEqual(self.server.get("/v1/dead-letters").json()["items"], [])

    def test_what_a_last_call_raises_is_closed_too(self):
        self.begin(store=self.store)
        self.crm.gate.clear()
        self.send(1)
        self.server.wait_until(lambda: self.crm.requests, what="a call")
        self.remove()
        self.crm.token = "another"  # the answer refuses the credentials
        self.crm.gate.set()
        self.server.wait_until(lambda: "state=reauth" in self.server.log(), what="the refusal")
        self.server.wait_until(lambda: [a["state"] for a in self.alerts()] == ["closed"],
                               what="a closed alert")
        self.assertIn("the connection crm was removed", self.alerts()[0]["detail"])


@unittest.skipUnless(POSTGRES, "no PostgreSQL")
class RemovedPostgres(Removed):
    def setUp(self):
        self.store = new_database()


class DeadLetters(Hooked):
    """The alert that deliveries need a person: one for each connection and code."""

    store = None

    def begin(self):
        super().begin(store=self.store)
        self.crm.refuse = lambda fields: (
            "is on no list" if fields.get("company", "").startswith("Bad") else None)

    def post(self, i, company):
        answer = self.server.post("/v1/leads", {
            "source": "portal", "email": f"d{i}@example.org", "company": company})
        self.assertEqual(answer.status, 201, answer.body)
        return answer.json()["lead_id"]

    def dead(self):
        return self.server.get("/v1/dead-letters?limit=1000").json()["items"]

    def wait_count(self, count, state="closed"):
        self.server.wait_until(
            lambda: [a for a in self.alerts() if (a["count"], a["state"]) == (count, state)],
            what=f"an alert of {count} dead letters that is {state}")

    def test_many_of_one_cause_are_told_of_once_with_their_count(self):
        self.begin()
        leads = [self.post(i, f"Bad {i}") for i in range(12)]
        self.server.wait_until(lambda: len(self.dead()) == 12, what="12 dead letters")
        self.wait_count(12, "sent")
        self.assertEqual(len(self.alerts()), 1)
        body = self.hook.taken[0][1]
        self.assertEqual((len(self.hook.taken), body["type"], body["data"]["count"],
                          body["data"]["connection"]), (1, "alert.dead_letters", 12, "crm"))
        self.assertIn("fix_data", body["data"]["detail"])
        for secret in ("example.org", "Bad"):
            self.assertNotIn(secret, json.dumps(self.hook.taken))
        # One goes by hand, one by the lead, one with its lead, the rest in bulk.
        letter = self.dead()[0]
        self.server.post(f"/v1/dead-letters/{letter['id']}/discard", {"reason": "a joke"})
        self.wait_count(11, "sent")
        other = next(lead for lead in leads if lead != letter["lead_id"])
        self.server.request("PATCH", f"/v1/leads/{other}", {"company": "Good"})
        self.wait_count(10, "sent")
        third = next(d for d in self.dead())
        self.server.post(f"/v1/leads/{third['lead_id']}/erase", {})
        self.wait_count(9, "sent")
        self.crm.refuse = None
        answer = self.server.post("/v1/dead-letters/retry?connection=crm")
        self.assertEqual(answer.json(), {"retried": 9})
        self.wait_count(0, "closed")
        self.server.wait_delivered()
        self.assertEqual(len(self.hook.taken), 1)

    def test_what_is_mended_at_once_is_not_told_of(self):
        self.begin()
        lead = self.post(1, "Bad")
        self.wait_count(1, "waiting")
        self.server.request("PATCH", f"/v1/leads/{lead}", {"company": "Good"})
        self.wait_count(0, "closed")
        self.server.wait_delivered()
        self.assertEqual(self.hook.taken, [])

    def test_two_that_are_merged_count_once(self):
        self.begin()
        one, other = self.post(1, "Bad 1"), self.post(2, "Bad 2")
        self.server.wait_until(lambda: len(self.dead()) == 2, what="2 dead letters")
        answer = self.server.post(f"/v1/leads/{one}/merge", {"other": other})
        self.assertEqual(answer.status, 200, answer.body)
        self.server.wait_until(lambda: self.alerts()[0]["count"] == len(self.dead()) == 1,
                               what="one dead letter, and an alert of one")


@unittest.skipUnless(POSTGRES, "no PostgreSQL")
class DeadLettersPostgres(DeadLetters):
    def setUp(self):
        self.store = new_database()


class Signed(Hooked):
    """Signatures, checked by a receiver that knows the specification and the secret alone."""

    def begin(self, **more):
        self.secret = new_secret()
        super().begin(**more)
        self.signed = {**self.workspace["settings"], "webhook_secret": {"env": "HOOK"}}
        self.workspace = {**self.workspace, "settings": self.signed}
        answer = self.apply(self.secret)
        self.assertEqual(answer.status, 200, answer.body)

    def apply(self, secret, **more):
        return self.server.apply(self.workspace, self.crm.secrets(), webhook_secret=secret,
                                 **more)

    def one_alert(self):
        """One more alert: refused credentials are told of at once."""
        count = len(self.hook.raw)
        self.crm.token = "another"
        self.send(1)
        self.server.wait_until(lambda: len(self.hook.raw) > count, what="an alert")
        return self.hook.raw[count]

    def test_only_what_we_sent_and_now_is_taken_for_ours(self):
        self.begin()
        headers, body = self.one_alert()
        self.assertEqual(headers["User-Agent"], "Fairlead-Webhooks/1")
        self.assertNotIn(".", headers["webhook-id"])
        self.assertTrue(is_signed(headers, body, self.secret))
        # Edited, under another id or time, by another's secret, replayed: refused.
        self.assertFalse(is_signed(headers, body.replace(b"reauth", b"closed"), self.secret))
        self.assertFalse(is_signed(headers, body + b" ", self.secret))
        self.assertFalse(is_signed({**headers, "webhook-id": "other"}, body, self.secret))
        later = str(int(headers["webhook-timestamp"]) + 1)
        self.assertFalse(is_signed({**headers, "webhook-timestamp": later}, body, self.secret))
        self.assertFalse(is_signed(headers, body, new_secret()))
        self.assertFalse(is_signed(headers, body, self.secret,
                                   now=time.time() + TOLERANCE + 60))

    def test_a_second_try_has_the_same_id_and_its_own_time(self):
        self.begin()
        self.hook.statuses = [503]
        self.one_alert()
        self.server.wait_until(lambda: len(self.hook.raw) == 2, what="a second try")
        first, second = (headers for headers, _ in self.hook.raw)
        self.assertEqual(first["webhook-id"], second["webhook-id"])
        self.assertGreater(int(second["webhook-timestamp"]), int(first["webhook-timestamp"]))
        self.assertTrue(is_signed(*self.hook.raw[1], self.secret))

    def test_for_a_day_both_the_new_and_the_old_secret_verify(self):
        self.begin()
        old, new = self.secret, new_secret()
        self.assertEqual(self.apply(new).status, 200)
        self.assertEqual(self.apply(new).status, 200)  # once more: nothing changes
        headers, body = self.one_alert()
        self.assertEqual(len(headers["webhook-signature"].split()), 2)
        self.assertTrue(is_signed(headers, body, new))
        self.assertTrue(is_signed(headers, body, old))

    def test_a_bad_secret_is_refused_and_shown_nowhere(self):
        self.begin()
        for bad in ("hunter2-hunter2-hunter2", "whsec_c2hvcnQ="):
            answer = self.apply(bad)
            self.assertEqual(answer.status, 422)
            self.assertIn("openssl rand", answer.json()["detail"])
            self.assertNotIn(bad[6:], answer.body.decode())
        self.one_alert()
        for path in ("/v1/config", "/v1/alerts", "/v1/audit?limit=1000", "/v1/calls"):
            self.assertNotIn(self.secret[6:], self.server.get(path).body.decode())
        self.assertEqual(self.server.get("/v1/config").json()["workspace"]["settings"],
                         self.signed)
        self.assertNotIn(self.secret[6:], self.server.log())

    def test_the_command_reads_it_from_where_the_file_says(self):
        self.begin()
        self.secret = new_secret()
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "workspace.yaml")
            with open(path, "w") as file:
                file.write(f"version: 1\nsettings:\n  webhook: {self.signed['webhook']}\n"
                           "  webhook_secret: {env: HOOK}\n")
            flags = ("apply", "-f", path, "--data", self.server.data)
            result = run(*flags)
            self.assertEqual(result.code, 1, result)
            self.assertIn("workspace.yaml:4:3: settings: webhook_secret: the environment has "
                          "no HOOK", result.err)
            result = run(*flags, env={"HOOK": self.secret})
            self.assertEqual(result.code, 0, result)
        self.assertTrue(is_signed(*self.one_alert(), self.secret))

    def test_a_secret_goes_to_no_other_address(self):
        self.begin()
        other = Hook()
        self.addCleanup(other.end)
        self.workspace["settings"] = {**self.signed,
                                      "webhook": f"http://localhost:{other.port}/alerts"}
        answer = self.server.apply(self.workspace, self.crm.secrets())
        self.assertEqual(answer.status, 200, answer.body)
        self.crm.token = "another"
        self.send(1)
        self.server.wait_until(lambda: "alert.unsigned" in self.server.log(),
                               what="an alert that nobody can sign")
        self.assertEqual((self.hook.raw, other.raw), ([], []))


if __name__ == "__main__":
    unittest.main()
