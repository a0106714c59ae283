"""A CRM that asks to wait is waited for: exactly, by every call, over a kill."""
import http.server
import json
import threading
import time
import unittest

from server import Server

CONCURRENCY = 8


class BusyCrm:
    """Keeps every request open until it is told what to answer."""

    def __init__(self):
        self.arrived = threading.Condition()
        self.requests = []  # [when, who, answer or None]
        self.is_over = False
        crm = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                request = [time.monotonic(), body["email"], None]
                with crm.arrived:
                    crm.requests.append(request)
                    crm.arrived.notify_all()
                    crm.arrived.wait_for(lambda: request[2] or crm.is_over, 60)
                status, headers = request[2] or (500, {})
                data = json.dumps({"id": body["email"], "error": "busy"}).encode()
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                try:
                    self.wfile.write(data)
                except OSError:
                    pass

        class Quiet(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass

        self.server = Quiet(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def end(self):
        self.server.shutdown()
        self.server.server_close()

    def wait_for(self, count, seconds=20):
        with self.arrived:
            if not self.arrived.wait_for(lambda: len(self.requests) >= count, seconds):
                raise AssertionError(f"{len(self.requests)} requests, not {count}")

    def answer(self, index, status, **headers):
        """Returns when the answer was sent at the earliest."""
        with self.arrived:
            now = time.monotonic()
            self.requests[index][2] = (status, {k.replace("_", "-"): v
                                                for k, v in headers.items()})
            self.arrived.notify_all()
        return now

    def let_go(self):
        with self.arrived:
            self.is_over = True
            self.arrived.notify_all()


def workspace(crm):
    return {"version": 1, "people": [{"name": "Ada", "email": "ada@example.org"}],
            "sources": [{"name": "portal", "kind": "api"}],
            "connections": [{"name": "crm", "connector": "rest",
                             "limits": {"concurrency": CONCURRENCY},
                             "settings": {"base_url": f"http://127.0.0.1:{crm.port}",
                                          "auth": {"kind": "none"}, "index_lag_ms": 0,
                                          "create": {"path": "/contacts"}}}],
            "mappings": [{"name": "contacts", "owner": "Ada", "connection": "crm",
                          "object": "contacts", "fields": [{"from": "email", "to": "email"}]}],
            "syncs": [{"mapping": "contacts"}]}


class Holds(unittest.TestCase):
    def setUp(self):
        self.crm = BusyCrm()
        self.addCleanup(self.crm.end)
        self.server = Server("--allow-networks", f"127.0.0.1/32:{self.crm.port}").start()
        self.addCleanup(self.server.end)
        self.addCleanup(self.crm.let_go)
        answer = self.server.apply(workspace(self.crm))
        self.assertEqual(answer.status, 200, answer.body)
        for i in range(3 * CONCURRENCY):
            self.server.post("/v1/leads", {"email": f"h{i}@example.org", "source": "portal"})
        self.crm.wait_for(CONCURRENCY)

    def wait_for_calls(self, **wanted):
        """The server has read an answer, and has kept what it asked for, when it is listed."""
        def listed():
            calls = self.server.get("/v1/calls").json()["items"]
            return [c for c in calls if all(c[k] == v for k, v in wanted.items())]
        return self.server.wait_until(listed, what=f"calls with {wanted}")

    def test_none_is_sent_while_the_crm_asked_to_wait(self):
        told = self.crm.answer(0, 429, Retry_After="2")
        self.wait_for_calls(status=429)
        # Those under way come to their end, and each leaves a place that is free.
        for i in range(1, CONCURRENCY):
            self.crm.answer(i, 201)
        self.crm.wait_for(CONCURRENCY + 1)
        self.assertGreaterEqual(self.crm.requests[CONCURRENCY][0] - told, 1.998)
        self.crm.wait_for(2 * CONCURRENCY)  # then as many as before

    def test_many_limits_at_once_are_one_wait_and_no_failure(self):
        told = self.crm.answer(0, 429, Retry_After="3")
        self.wait_for_calls(status=429)
        for i in range(1, CONCURRENCY):
            self.crm.answer(i, 429, Retry_After="1")
        self.crm.wait_for(2 * CONCURRENCY, 10)  # a circuit would be open for 30 s
        self.assertGreaterEqual(self.crm.requests[CONCURRENCY][0] - told, 2.998)

    def test_pausing_and_resuming_goes_on_waiting(self):
        told = self.crm.answer(0, 429, Retry_After="4")
        self.wait_for_calls(status=429)
        for i in range(1, CONCURRENCY):
            self.crm.answer(i, 201)
        self.wait_for_calls(status=201)
        self.assertEqual(self.server.post("/v1/connections/crm/pause", {}).status, 200)
        # A server that starts knows of the pause; one that runs may not have seen it yet.
        self.server.kill()
        self.server.start()
        self.assertEqual(self.server.post("/v1/connections/crm/resume", {}).status, 200)
        self.crm.wait_for(CONCURRENCY + 1)
        self.assertGreaterEqual(self.crm.requests[CONCURRENCY][0] - told, 3.998)

    def test_a_restart_goes_on_waiting(self):
        told = self.crm.answer(0, 429, Retry_After="3")
        self.wait_for_calls(status=429)
        self.server.kill()
        self.server.start()
        self.crm.wait_for(CONCURRENCY + 1)
        self.assertGreaterEqual(self.crm.requests[CONCURRENCY][0] - told, 2.998)

    def test_a_denied_record_does_not_stop_the_others(self):
        self.crm.answer(0, 403)
        self.wait_for_calls(status=403)
        self.crm.wait_for(CONCURRENCY + 1)  # its place is taken by the next
        self.assertNotEqual(self.crm.requests[0][1], self.crm.requests[CONCURRENCY][1])

    def test_one_denial_after_the_other_stops_the_connection(self):
        for i in range(CONCURRENCY):
            self.crm.answer(i, 403)
        self.server.wait_until(lambda: "state=reauth" in self.server.log(), what="reauth")


if __name__ == "__main__":
    unittest.main()
