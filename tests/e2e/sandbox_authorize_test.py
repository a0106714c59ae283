"""A person lets an app in: each vendor's authorize page, in a browser; and what the sandbox
says of what it does not imitate."""
import base64
import hashlib
import http.client
import http.server
import json
import threading
import unittest
from urllib.parse import parse_qs, urlencode, urlsplit

import browser
from hubspot_test import TOKEN
from sandbox import Sandbox

APP = ("fairlead-sandbox-app", "fairlead-sandbox-secret")
CONSUMER = ("fairlead-sandbox-consumer-key", "fairlead-sandbox-consumer-secret")

# vendor, its app, authorize, token, a call that needs a token
VENDORS = [
    ("hubspot", APP, "/hubspot/oauth/authorize", "/hubspot/oauth/2026-09/token",
     "/hubspot/crm/objects/2026-09/contacts"),
    ("salesforce", CONSUMER, "/salesforce/services/oauth2/authorize",
     "/salesforce/services/oauth2/token", "/salesforce/services/data/v67.0/limits"),
    ("pipedrive", APP, "/pipedrive/oauth/authorize", "/pipedrive/oauth/token",
     "/pipedrive/api/v2/persons"),
    ("zoho", ("1000.FAIRLEADSANDBOX", APP[1]), "/zoho/oauth/v2/auth", "/zoho/oauth/v2/token",
     "/zoho/crm/v8/settings/modules"),
]


class Landing:
    """Where the app waits for the person to come back."""

    def __init__(self):
        landing = self
        self.came = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                if self.path.startswith("/back"):
                    landing.came.append(parse_qs(urlsplit(self.path).query))
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"<title>Back</title>You are back at the app.")

            def log_message(self, *args):
                pass

        self.server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.uri = f"http://127.0.0.1:{self.server.server_port}/back"

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@unittest.skipUnless(browser.is_there(), "needs chromium")
class Authorize(unittest.TestCase):
    def setUp(self):
        self.sandbox = Sandbox("hubspot", TOKEN)
        self.addCleanup(self.sandbox.end)
        self.landing = Landing()
        self.addCleanup(self.landing.close)
        self.browser = browser.Browser()
        self.addCleanup(self.browser.close)

    def send(self, method, path, body="", headers=()):
        connection = http.client.HTTPConnection("127.0.0.1", self.sandbox.port, timeout=30)
        try:
            connection.request(method, path, body, dict(headers))
            reply = connection.getresponse()
            return reply.status, json.loads(reply.read() or b"null")
        finally:
            connection.close()

    def open(self, path, app, **more):
        query = {"client_id": app[0], "redirect_uri": self.landing.uri,
                 "response_type": "code", "state": "x&y=1", **more}
        self.browser.open(f"http://127.0.0.1:{self.sandbox.port}{path}?{urlencode(query)}")

    def click(self, words):
        self.browser.run(f"[...document.querySelectorAll('button')]"
                         f".find(b => b.innerText == {json.dumps(words)}).click()")
        self.browser.until("document.title == 'Back'")
        return self.landing.came.pop()

    def exchange(self, path, app, code, **more):
        return self.send("POST", path, urlencode({
            "grant_type": "authorization_code", "code": code, "client_id": app[0],
            "client_secret": app[1], "redirect_uri": self.landing.uri, **more}),
            {"Content-Type": "application/x-www-form-urlencoded", "Authorization":
             "Basic " + base64.b64encode(":".join(app).encode()).decode()})

    def test_a_person_approves_and_the_app_gets_in(self):
        for vendor, app, authorize, token, call in VENDORS:
            with self.subTest(vendor):
                self.open(authorize, app)
                self.assertIn(app[0], self.browser.run("document.body.innerText"))
                back = self.click("Approve")
                self.assertEqual(back["state"], ["x&y=1"])
                status, granted = self.exchange(token, app, back["code"][0])
                self.assertEqual(status, 200, granted)
                scheme = "Zoho-oauthtoken " if vendor == "zoho" else "Bearer "
                status, answer = self.send("GET", call, headers={
                    "Authorization": scheme + granted["access_token"]})
                self.assertIn(status, (200, 204), answer)
                again, _ = self.exchange(token, app, back["code"][0])
                if vendor != "zoho":  # it says so in a 200
                    self.assertEqual(again // 100, 4, "a code is good once")

    def test_a_person_denies(self):
        for vendor, app, authorize, _, _ in VENDORS:
            with self.subTest(vendor):
                self.open(authorize, app)
                back = self.click("Deny")
                self.assertEqual((back["error"], back["state"]), (["access_denied"], ["x&y=1"]))

    def test_the_person_chooses_the_account(self):
        self.sandbox.ask("POST", "/_sandbox/accounts", {"vendor": "hubspot", "name": "second"})
        self.open("/hubspot/oauth/authorize", APP)
        self.browser.run("document.querySelector('select').value = 'second'")
        back = self.click("Approve")
        _, granted = self.exchange("/hubspot/oauth/2026-09/token", APP, back["code"][0])
        self.send("POST", "/hubspot/crm/objects/2026-09/contacts",
                  '{"properties": {"email": "ada@example.org"}}',
                  {"Authorization": "Bearer " + granted["access_token"],
                   "Content-Type": "application/json"})
        self.assertEqual(self.sandbox.records("contacts"), [])
        second = self.sandbox.ask("GET", "/_sandbox/accounts/hubspot/second/records/contacts")
        self.assertEqual(len(second["records"]), 1)

    def test_a_code_with_a_challenge_wants_its_verifier(self):
        verifier = "v" * 50
        challenge = base64.urlsafe_b64encode(
            hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        for given, wanted in ((None, 400), ("w" * 50, 400), (verifier, 200)):
            self.open("/hubspot/oauth/authorize", APP, code_challenge=challenge,
                      code_challenge_method="S256")
            back = self.click("Approve")
            more = {"code_verifier": given} if given else {}
            status, answer = self.exchange("/hubspot/oauth/2026-09/token", APP,
                                           back["code"][0], **more)
            self.assertEqual(status, wanted, answer)

    def test_who_asks_wrongly_sees_why_and_is_sent_nowhere(self):
        self.open("/hubspot/oauth/authorize", ("nobody", ""))
        self.assertIn("client_id is not that of an app",
                      self.browser.run("document.body.innerText"))
        self.browser.open(f"http://127.0.0.1:{self.sandbox.port}/hubspot/oauth/authorize?"
                          + urlencode({"client_id": APP[0], "redirect_uri": "javascript:x"}))
        self.assertIn("redirect_uri is not the app's",
                      self.browser.run("document.body.innerText"))
        self.assertEqual(self.landing.came, [])


class NotImitated(unittest.TestCase):
    def test_the_log_says_what_was_asked_for(self):
        sandbox = Sandbox("hubspot", TOKEN)
        self.addCleanup(sandbox.end)
        connection = http.client.HTTPConnection("127.0.0.1", sandbox.port, timeout=30)
        connection.request("GET", "/hubspot/cms/v3/blogs/posts?secret=1",
                           headers={"Authorization": "Bearer " + TOKEN})
        reply = connection.getresponse()
        body = reply.read().decode()
        connection.close()
        self.assertEqual(reply.status, 501, body)
        self.assertIn("does not imitate", body)
        sandbox.said.seek(0)
        lines = [line for line in sandbox.said.read().decode().splitlines()
                 if "sandbox.not_imitated" in line]
        self.assertEqual(len(lines), 1)
        self.assertIn("vendor=hubspot", lines[0])
        self.assertNotIn("secret", lines[0])


if __name__ == "__main__":
    unittest.main()
