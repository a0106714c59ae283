"""A CRM for tests that writes down every effect and fails on demand, before or after it.

Speaks what docs/examples/ledger-crm.yaml configures: POST /contacts (create, or upsert by
e-mail), PATCH and GET /contacts/ID, GET /contacts?email=, POST /contacts/batch. Faults come
with a probability and are decided by a seed, at most `faults_per_key` for one record.
Standard library only; loopback; ends with its owner.
"""
import json
import random
import socket
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

BEFORE = ("429", "500", "503", "reset_before", "html")
AFTER = ("502_after", "reset_after", "close_after", "truncate", "garbage")


class Crm:
    def __init__(self, upsert=False, honours_keys=True, search_lag=0.0, faults=None, seed=1):
        self.upsert, self.honours_keys, self.search_lag = upsert, honours_keys, search_lag
        self.faults, self.random = faults or {}, random.Random(seed)
        self.faults_per_key, self.faulted, self.faults_made = 4, {}, 0
        self.lock = threading.Lock()
        self.records, self.by_email, self.keys = {}, {}, {}
        self.ledger = []      # (effect, id, the record as written)
        self.broken_holds = 0  # see heed()
        self.calls = 0
        crm = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            held_until = 0.0  # what this connection was told

            def do_GET(self):
                crm.heed(self)
                crm.read(self)

            def do_POST(self):
                crm.heed(self)
                crm.write(self)

            do_PATCH = do_POST

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 256

            def handle_error(self, *_):
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def end(self):
        self.server.shutdown()
        self.server.server_close()

    # ---- answers ----

    @staticmethod
    def send(handler, status, body, raw=None, headers=None, declared=None):
        data = raw if raw is not None else json.dumps(body).encode()
        handler.send_response(status)
        kind = "text/html" if raw and raw.startswith(b"<") else "application/json"
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(declared or len(data)))
        for name, value in (headers or {}).items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(data)

    @staticmethod
    def drop(handler, reset):
        handler.close_connection = True
        if reset:
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                          struct.pack("ii", 1, 0))
        # The handler's files share the socket: end it for all of them.
        try:
            handler.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        handler.connection.close()
        raise ConnectionResetError

    def heed(self, handler):
        """Counts a request that came before its client was to come again.

        Whoever uses a connection again has read the last answer on it, so a request here
        within the time that a 429 on this connection asked for is a broken promise, however
        slow the machine. What comes on other connections may have been under way, and a
        process that was killed may not have read the answer: they prove nothing. Whole
        milliseconds are what Fairlead counts in.
        """
        is_early = time.monotonic() < handler.held_until - 0.002
        with self.lock:
            self.calls += 1
            self.broken_holds += is_early

    def choose(self, keys):
        """The fault of a call that writes these records, or None."""
        dice, total = self.random.random(), 0.0
        for name, share in self.faults.items():
            total += share
            if dice < total:
                if any(self.faulted.get(key, 0) >= self.faults_per_key for key in keys):
                    return None
                for key in keys:
                    self.faulted[key] = self.faulted.get(key, 0) + 1
                self.faults_made += 1
                return name
        return None

    # ---- reading ----

    def read(self, handler):
        parts = urlsplit(handler.path)
        with self.lock:
            if parts.query:
                email = (parse_qs(parts.query).get("email") or [""])[0].lower()
                seen = [self.records[i] for i in self.by_email.get(email, [])
                        if time.monotonic() - self.records[i]["born"] >= self.search_lag]
                answer = {"results": [{"id": r["id"], "data": r["data"]} for r in seen]}
                status = 200
            else:
                record = self.records.get(unquote(parts.path.rsplit("/", 1)[1]))
                status = 200 if record else 404
                answer = ({k: record[k] for k in ("id", "rev", "data")} if record
                          else {"error": "no such record"})
        self.send(handler, status, answer)

    # ---- writing ----

    def apply(self, data, key, rid=None):
        """The effect, under the lock: its status and answer."""
        if key and self.honours_keys and key in self.keys:
            return self.keys[key]
        email = str(data.get("email", "")).lower()
        if rid is None and self.upsert and self.by_email.get(email):
            rid = self.by_email[email][0]
        if rid is None:
            if "@" not in email:
                return 422, {"error": "email is missing"}
            rid = f"rec{len(self.records) + 1}"
            self.records[rid] = {"id": rid, "rev": 1, "data": data, "born": time.monotonic()}
            self.by_email.setdefault(email, []).append(rid)
            effect, status = "create", 201
        elif rid not in self.records:
            return 404, {"error": "no such record"}
        else:
            self.records[rid]["rev"] += 1
            self.records[rid]["data"] = data
            effect, status = "update", 200
        self.ledger.append((effect, rid, data))
        answer = status, {"id": rid, "revision": self.records[rid]["rev"]}
        if key:
            self.keys[key] = answer
        return answer

    def batch(self, handler, body, key):
        results = []
        for index, item in enumerate(body["inputs"]):
            item = dict(item)
            own = item.pop("idempotency_key", None) or (key and f"{key}#{index}")
            status, answer = self.apply(item, own)
            results.append({"index": index, "status": status, **answer})
        return 207, {"results": results}

    def write(self, handler):
        length = int(handler.headers.get("Content-Length") or 0)
        body = json.loads(handler.rfile.read(length))
        key = handler.headers.get("Idempotency-Key")
        tail = unquote(urlsplit(handler.path).path.rsplit("/contacts", 1)[1].strip("/"))
        items = body["inputs"] if tail == "batch" else [body]
        with self.lock:
            fault = self.choose([item.get("email") or tail for item in items])
            if fault == "429":
                handler.held_until = time.monotonic() + 1
            status, answer = 0, {}
            if fault not in BEFORE:
                if tail == "batch":
                    status, answer = self.batch(handler, body, key)
                else:
                    status, answer = self.apply(body, key, tail or None)
        self.answer(handler, fault, status, answer)

    def answer(self, handler, fault, status, answer):
        if fault in ("429", "500", "503"):
            wait = {"Retry-After": "1"} if fault == "429" else {}
            self.send(handler, int(fault), {"error": "injected"}, headers=wait)
        elif fault == "502_after":
            self.send(handler, 502, {"error": "injected"})
        elif fault in ("reset_before", "reset_after", "close_after"):
            self.drop(handler, fault != "close_after")
        elif fault == "html":
            self.send(handler, 200, None, raw=b"<html>down for maintenance</html>")
        elif fault == "garbage":
            self.send(handler, status, None, raw=b'{"id": "\xff')
        elif fault == "truncate":
            data = json.dumps(answer).encode()
            self.send(handler, status, None, raw=data[:len(data) // 2], declared=len(data))
            self.drop(handler, False)
        else:
            self.send(handler, status, answer)


MIXED = {"429": .015, "500": .015, "503": .01, "reset_before": .015, "html": .01,
         "502_after": .02, "reset_after": .02, "close_after": .01, "truncate": .01,
         "garbage": .005}
