"""Starts the sandbox for a test, steers it, and ends it. Standard library only."""
import http.client
import json
import re
import subprocess
import tempfile
import time
from urllib.parse import urlencode

from server import FAIRLEAD


class Sandbox:
    """One vendor's imitation, the account "default" of it. `flags` are the command's."""

    def __init__(self, vendor, token, *flags):
        self.vendor, self.token = vendor, token
        self.account = f"/_sandbox/accounts/{vendor}/default"
        self.said = tempfile.TemporaryFile()
        self.process = subprocess.Popen([FAIRLEAD, "sandbox", "--listen", "127.0.0.1:0",
                                         *flags],
                                        stdout=self.said, stderr=subprocess.STDOUT)
        end = time.monotonic() + 30
        self.port = None
        while not self.port and time.monotonic() < end and self.process.poll() is None:
            self.said.seek(0)
            found = re.search(rb"http://127\.0\.0\.1:(\d+)", self.said.read())
            self.port = int(found[1]) if found else None
            time.sleep(0 if found else 0.01)
        if not self.port:
            self.end()
            raise AssertionError("the sandbox did not start")

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/{self.vendor}"

    def ask(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"Authorization": "Bearer " + self.token,
                   "Content-Type": "application/json"}
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None,
                               headers)
            reply = connection.getresponse()
            text = reply.read()
        finally:
            connection.close()
        if reply.status >= 300:
            raise AssertionError(f"{method} {path}: {reply.status} {text}")
        return json.loads(text) if text else None

    def ledger(self, verb=None, object=None):
        query = {"vendor": self.vendor, "limit": 1000, "object": object, "verb": verb}
        query = urlencode({k: v for k, v in query.items() if v is not None})
        return self.ask("GET", "/_sandbox/ledger?" + query)["entries"]

    def requests(self, part=""):
        """What was asked, oldest first, whose target has `part`."""
        items = self.ask("GET", f"/_sandbox/requests?vendor={self.vendor}&limit=1000")
        return [i for i in reversed(items["requests"]) if part in i["target"]]

    def records(self, object):
        return self.ask("GET", f"{self.account}/records/{object}?limit=1000")["records"]

    def record(self, object, field, value):
        found = [r for r in self.records(object) if r["values"].get(field) == value]
        if len(found) != 1:
            raise AssertionError(f"{len(found)} {object} with {field} {value}")
        return found[0]

    def add(self, object, values):
        """What a person of the CRM adds."""
        return self.ask("POST", f"{self.account}/records/{object}", values)

    def edit(self, object, id, values):
        return self.ask("PATCH", f"{self.account}/records/{object}/{id}", values)

    def settings(self, **changes):
        return self.ask("PATCH", self.account + "/settings", changes)

    def fault(self, **fault):
        return self.ask("POST", "/_sandbox/faults", {"vendor": self.vendor, **fault})

    def expire_tokens(self):
        return self.ask("POST", self.account + "/tokens", {"expire": "*"})

    def end(self):
        self.process.terminate()
        self.process.wait(30)
        self.said.close()
