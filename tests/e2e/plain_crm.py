"""A small CRM for tests of the API: contacts by id, found by e-mail, on a free port.

What it shall refuse or lose is set from outside:

    crm.refuse = lambda fields: "too long" if len(fields.get("company", "")) > 5 else None
    crm.lose_replies = 1   # the next writes take effect and are not answered
"""
import json
import re
import threading
import unittest
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from server import Server

TOKEN = "crm-token-for-tests"
NAMES = ["email", "phone", "first_name", "last_name", "company", "reference", "score"]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def lose(self):
        self.close_connection = True
        self.connection.close()

    def serve(self):
        crm = self.server.crm
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        with crm.lock:
            crm.requests.append((self.command, self.path, body.decode()))
        crm.gate.wait(20)
        if self.headers.get("Authorization") != "Bearer " + crm.token:
            return self.answer(401, {"error": "who are you?"})
        if crm.is_down:
            return self.answer(503, {"error": "down"})
        status, value = self.act(crm, json.loads(body) if body else None)
        if self.command != "GET" and crm.lose_replies:
            crm.lose_replies -= 1
            return self.lose()
        return self.answer(status, value)

    def act(self, crm, fields):
        url = urllib.parse.urlsplit(self.path)
        one = re.fullmatch(r"/contacts/(\d+)", url.path)
        with crm.lock:
            if self.command == "GET" and url.path == "/contacts":
                if not crm.can_find:
                    return 500, {"error": "the search is broken"}
                email = urllib.parse.parse_qs(url.query).get("email", [""])[0]
                return 200, {"items": [crm.shown(r) for r in crm.contacts.values()
                                       if r.get("email") == email]}
            if self.command == "GET" and one:
                found = crm.contacts.get(one[1])
                return (200, crm.shown(found)) if found else (404, {"error": "no such contact"})
            why = crm.refuse(fields) if crm.refuse else None
            if why:
                return 422, {"error": why, "field": crm.refused_field}
            if self.command == "POST" and url.path == "/contacts":
                key = str(len(crm.contacts) + 1)
                crm.contacts[key] = {"id": key, **fields}
                return 201, crm.contacts[key]
            if self.command == "PATCH" and one and one[1] in crm.contacts:
                crm.contacts[one[1]].update(fields)
                return 200, crm.contacts[one[1]]
        return 404, {"error": "no such contact"}

    do_GET = do_POST = do_PATCH = serve


class PlainCrm:
    def __init__(self):
        self.lock = threading.Lock()
        self.gate = threading.Event()  # cleared: requests hang until it is set
        self.gate.set()
        self.contacts, self.requests = {}, []
        self.token = TOKEN             # that it takes
        self.names = NAMES  # of the fields that it has
        self.refuse, self.refused_field = None, "company"
        self.lose_replies, self.is_down, self.can_find = 0, False, True
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None  # a client that is gone by now
        self.server.crm = self
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,),
                                       daemon=True)
        self.thread.start()

    def shown(self, contact):
        return {**dict.fromkeys(self.names), **contact}

    def end(self):
        self.gate.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def network(self):
        """For the server's --allow-networks."""
        return f"127.0.0.1/32:{self.port}"

    def written(self):
        return [r for r in self.requests if r[0] != "GET"]

    def connection(self, name="crm", **more):
        return {"name": name, "connector": "rest",
                "settings": {
                    "base_url": f"http://127.0.0.1:{self.port}", "auth": {"kind": "bearer"},
                    "index_lag_ms": 0,
                    "create": {"path": "/contacts", "error": "$.error", "field": "$.field"},
                    "update": {"path": "/contacts/{id}", "error": "$.error",
                               "field": "$.field"},
                    "find": {"path": "/contacts?email={email}", "results": "$.items"},
                    "read": {"path": "/contacts/{id}"},
                    "fields": [{"name": name, "type": "text", "length": 60}
                               for name in NAMES]},
                "limits": {"retries": 0}, **more}

    def workspace(self, **more):
        """A workspace whose leads go here; `more` replaces sections."""
        lines = [{"from": name, "to": name} for name in NAMES[:5]]
        lines.append({"from": "custom.external_id", "to": "reference"})
        return {"version": 1,
                "people": [{"name": "Ada Lovelace", "email": "ada@example.org"}],
                "sources": [{"name": "portal", "kind": "api", "default_country": "IN"}],
                "connections": [self.connection()],
                "mappings": [{"name": "contacts", "owner": "Ada Lovelace",
                              "connection": "crm", "object": "contacts", "fields": lines}],
                "syncs": [{"mapping": "contacts"}], **more}

    def secrets(self):
        return {"crm": {"secret": TOKEN}}


class Connected(unittest.TestCase):
    """A server whose leads go to such a CRM."""

    store = None  # of the server; None: its own file

    def setUp(self):
        self.crm = PlainCrm()
        self.addCleanup(self.crm.end)
        self.server = Server("--allow-networks", self.crm.network(), store=self.store).start()
        self.addCleanup(self.server.end)
        answer = self.server.apply(self.crm.workspace(), self.crm.secrets())
        self.assertEqual(answer.status, 200, answer.body)

    def send(self, **lead):
        answer = self.server.post("/v1/leads", {"source": "portal", **lead})
        self.assertIn(answer.status, (200, 201), answer.body)
        return answer.json()["lead_id"]
