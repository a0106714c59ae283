"""The sandbox's control: more accounts, faults by chance, other schemas, and a journal."""
import datetime
import http.client
import json
import os
import re
import signal
import tempfile
import time
import unittest

from hubspot_test import TOKEN
from sandbox import Sandbox

CONTACTS = "/hubspot/crm/v3/objects/contacts"


class HubSpot(Sandbox):
    """As a client of the vendor sees it."""

    def __init__(self, *flags):
        super().__init__("hubspot", TOKEN, *flags)

    def call(self, method, path, body=None, token=None):
        """(status, body)."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None,
                               {"Authorization": "Bearer " + (token or self.token),
                                "Content-Type": "application/json"})
            reply = connection.getresponse()
            return reply.status, json.loads(reply.read() or b"null")
        finally:
            connection.close()

    def create(self, email, token=None):
        return self.call("POST", CONTACTS, {"properties": {"email": email}}, token)


class Control(unittest.TestCase):
    def start(self, *flags):
        sandbox = HubSpot(*flags)
        self.addCleanup(lambda: sandbox.process.poll() is None and sandbox.end())
        return sandbox

    def test_accounts_are_apart(self):
        sandbox = self.start()
        made = sandbox.ask("POST", "/_sandbox/accounts", {"vendor": "hubspot", "name": "second"})
        shown = json.dumps(sandbox.ask("GET", "/_sandbox/accounts/hubspot/second"))
        other = re.search(r"pat-na1-sandbox-[0-9a-f-]+", shown)
        self.assertTrue(other, (made, shown))
        self.assertEqual(sandbox.create("one@example.org")[0], 201)
        self.assertEqual(sandbox.create("one@example.org", other[0])[0], 201, "no conflict")
        self.assertEqual(sandbox.create("two@example.org", other[0])[0], 201)
        self.assertEqual(len(sandbox.records("contacts")), 1)
        sandbox.ask("POST", "/_sandbox/accounts/hubspot/second/reset")
        self.assertEqual(len(sandbox.records("contacts")), 1, "the reset was the other's")
        self.assertEqual(sandbox.call("GET", CONTACTS, token=other[0])[1]["results"], [])

    def test_requests_are_counted_by_status_however_many_there_were(self):
        sandbox = self.start()
        sandbox.ask("POST", "/_sandbox/faults", {"fault": "rate_limit", "count": 3})
        for i in range(5):
            sandbox.create(f"lead{i}@example.org")
        sandbox.ask("POST", "/_sandbox/faults", {"fault": "close", "when": "after", "count": 1})
        with self.assertRaises((ConnectionError, http.client.HTTPException)):
            sandbox.create("lost@example.org")
        seen = sandbox.ask("GET", "/_sandbox/requests?limit=1")
        self.assertEqual(len(seen["requests"]), 1)
        # the last one was done, and would have been told so
        self.assertEqual(seen["by_status"], {"201": 3, "429": 3})

    def statuses(self, seed):
        sandbox = self.start("--seed", str(seed))
        sandbox.fault(fault="status", status=503, probability=0.3)
        return [sandbox.create(f"n{i}@example.org")[0] for i in range(60)]

    def test_faults_by_chance_are_the_same_with_the_same_seed(self):
        first = self.statuses(5)
        self.assertEqual(set(first), {201, 503})
        self.assertGreater(first.count(503), 6)
        self.assertLess(first.count(503), 35)
        self.assertEqual(self.statuses(5), first)
        self.assertNotEqual(self.statuses(6), first)

    def test_a_fault_strikes_what_it_matches_and_as_often_as_it_says(self):
        sandbox = self.start()
        sandbox.fault(fault="status", status=502, path="*/contacts/batch/*", count=2)
        read = lambda: sandbox.call("POST", CONTACTS + "/batch/read",
                                    {"inputs": [{"id": "1"}], "properties": []})[0]
        self.assertEqual(sandbox.create("free@example.org")[0], 201)
        self.assertEqual([read(), read()], [502, 502])
        self.assertNotIn(read(), (502,))

    def test_a_slow_answer_comes_late_and_whole(self):
        sandbox = self.start()
        sandbox.fault(fault="slow", ms=400, count=1)
        began = time.monotonic()
        self.assertEqual(sandbox.create("slow@example.org")[0], 201)
        self.assertGreaterEqual(time.monotonic() - began, 0.4)

    def lost(self, sandbox, **fault):
        """What a client sees of one create under the fault, and what became of it."""
        before = len(sandbox.records("contacts"))
        sandbox.fault(count=1, **fault)
        try:
            seen = sandbox.create(f"lost{before}@example.org")[0]
        except json.JSONDecodeError:
            seen = "no JSON"
        except http.client.IncompleteRead:
            seen = "incomplete"
        except (ConnectionError, http.client.HTTPException):
            seen = "broken"
        return seen, len(sandbox.records("contacts")) - before

    def test_every_fault_before_and_after_the_effect(self):
        sandbox = self.start()
        for fault, expected in [
                ({"fault": "reset"}, ("broken", 0)),
                ({"fault": "reset", "when": "after"}, ("broken", 1)),
                ({"fault": "close"}, ("broken", 0)),
                ({"fault": "close", "when": "after"}, ("broken", 1)),
                ({"fault": "hang", "ms": 200}, ("broken", 0)),
                ({"fault": "hang", "ms": 200, "when": "after"}, ("broken", 1)),
                ({"fault": "status", "status": 500}, (500, 0)),
                ({"fault": "status", "status": 504, "when": "after"}, (504, 1)),
                ({"fault": "truncated"}, ("incomplete", 1)),
                ({"fault": "drip", "ms": 300}, (201, 1)),
                ({"fault": "html"}, ("no JSON", 0)),
                ({"fault": "html", "when": "after"}, ("no JSON", 1)),
                ({"fault": "rate_limit"}, (429, 0)),
                ({"fault": "forbidden"}, (403, 0)),
                ({"fault": "locked"}, (423, 0))]:
            with self.subTest(**fault):
                self.assertEqual(self.lost(sandbox, **fault), expected)

    def test_a_token_is_called_expired_once_and_revoked_for_good(self):
        for fault, then in (("expired_token", 201), ("revoked_token", 401)):
            sandbox = self.start()
            self.assertEqual(self.lost(sandbox, fault=fault), (401, 0))
            self.assertEqual(sandbox.create("again@example.org")[0], then)

    def test_one_record_of_a_batch_is_bad(self):
        sandbox = self.start()
        sandbox.fault(fault="bad_record", index=1, count=1)
        inputs = [{"properties": {"email": f"b{i}@example.org"}, "objectWriteTraceId": str(i)}
                  for i in range(3)]
        status, answer = sandbox.call("POST", CONTACTS + "/batch/create", {"inputs": inputs})
        self.assertEqual(status, 207)
        self.assertEqual(len(answer["results"]), 2)
        self.assertEqual(answer["errors"][0]["context"]["objectWriteTraceId"], ["1"])

    def test_its_clock_may_be_ahead(self):
        sandbox = self.start()
        plain = sandbox.create("now@example.org")[1]["createdAt"]
        sandbox.settings(clock_skew_ms=3600 * 1000)
        ahead = sandbox.create("ahead@example.org")[1]["createdAt"]
        read = lambda text: datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
        apart = (read(ahead) - read(plain)).total_seconds()
        self.assertTrue(3600 <= apart < 3660, apart)

    def test_a_search_lags(self):
        sandbox = self.start()
        sandbox.settings(search_lag_ms=60000)
        sandbox.create("late@example.org")
        find = lambda: sandbox.call("POST", CONTACTS + "/search", {"filterGroups": [{"filters": [
            {"propertyName": "email", "operator": "EQ", "value": "late@example.org"}]}]})[1]
        self.assertEqual(find()["total"], 0)
        sandbox.ask("POST", "/_sandbox/clock", {"step_ms": 60001})
        self.assertEqual(find()["total"], 1)

    def test_each_change_of_the_schema_bites(self):
        sandbox = self.start()
        write = lambda **values: sandbox.call(
            "POST", CONTACTS, {"properties": {"email": f"s{time.monotonic_ns()}@example.org",
                                              **values}})[0]
        for field, good, change, to, then in [
                ("city", "York", "retype", "number", 400),
                ("state", "Yorkshire", "length", 4, 400),
                ("zip", "YO1", "read_only", True, 400),
                ("jobtitle", "CTO", "archived", True, 400)]:
            with self.subTest(change=change):
                self.assertEqual(write(**{field: good}), 201)
                sandbox.ask("POST", "/_sandbox/accounts/hubspot/default/schema/contacts",
                            {"field": field, "change": change, "to": to})
                self.assertEqual(write(**{field: good}), then)
        self.assertEqual(write(), 201)
        sandbox.ask("POST", "/_sandbox/accounts/hubspot/default/schema/contacts",
                    {"field": "lastname", "change": "required", "to": True})
        self.assertEqual((write(), write(lastname="L")), (400, 201))

    def test_an_administrator_changes_the_schema(self):
        sandbox = self.start()
        change = lambda **how: sandbox.ask(
            "POST", "/_sandbox/accounts/hubspot/default/schema/contacts", how)
        write = lambda **values: sandbox.call(
            "POST", CONTACTS, {"properties": {"email": f"s{time.monotonic_ns()}@example.org",
                                              **values}})[0]
        self.assertEqual(write(city="York"), 201)
        change(field="city", change="rename", to="town")
        self.assertEqual((write(city="York"), write(town="York")), (400, 201))
        self.assertEqual(write(hs_lead_status="NEW"), 201)
        change(field="hs_lead_status", change="options", to=["WON"])
        self.assertEqual((write(hs_lead_status="NEW"), write(hs_lead_status="WON")), (400, 201))

    def test_the_journal_outlives_a_kill(self):
        with tempfile.TemporaryDirectory() as folder:
            journal = os.path.join(folder, "journal")
            sandbox = self.start("--journal", journal)
            made = [sandbox.create(f"j{i}@example.org")[1]["id"] for i in range(20)]
            sandbox.call("PATCH", f"{CONTACTS}/{made[0]}", {"properties": {"city": "York"}})
            sandbox.call("DELETE", f"{CONTACTS}/{made[1]}")
            before = sandbox.records("contacts"), sandbox.ledger()
            sandbox.process.send_signal(signal.SIGKILL)
            sandbox.process.wait()
            again = self.start("--journal", journal)
            self.assertEqual(again.records("contacts"), before[0])
            self.assertEqual(again.ledger(), before[1])
            self.assertEqual(again.create("j0@example.org")[0], 409, "it is still taken")
            status, fresh = again.create("fresh@example.org")
            self.assertEqual(status, 201)
            self.assertNotIn(fresh["id"], made)


if __name__ == "__main__":
    unittest.main()
