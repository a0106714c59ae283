"""Leads on their way to a CRM of nobody's: the `rest` connector against the sandbox's plain
CRM, create, update and find, a lost answer, a limit, a refusal; and the Lead Update endpoint."""
import unittest

from sandbox import Sandbox
from server import Server

TOKEN = "plain-crm-token"
AUTHS = {
    1: ({"kind": "bearer"}, {"secret": TOKEN}),
    2: ({"kind": "basic", "user": "fairlead"}, {"secret": "plain-crm-password"}),
    3: ({"kind": "header", "header": "X-Api-Key"}, {"secret": "plain-crm-api-key"}),
    4: ({"kind": "hmac", "header": "X-Signature-256"}, {"secret": "plain-crm-signing-key"}),
    0: ({"kind": "client_credentials"}, {"client_id": "fairlead-sandbox-app",
                                         "client_secret": "fairlead-sandbox-secret"}),
}
FIELDS = ["enquiry_id", "fairlead_id", "email", "phone", "first_name", "company"]


def leads(base_url, auth):
    """A connection that writes leads."""
    return {"name": "crm", "connector": "rest",
            "settings": {
                "base_url": base_url, "object": "leads", "auth": auth, "idempotency_header": "Idempotency-Key",
                "index_lag_ms": 0, "remote_key": "fairlead_id",
                "create": {"path": "/leads", "error": "$.error", "field": "$.field"},
                "update": {"path": "/leads/{id}", "error": "$.error", "field": "$.field"},
                "find": {"path": "/leads?fairlead_id={key}", "results": "$.items"},
                "find_more": [{"path": "/leads?email={email}", "results": "$.items"}],
                "read": {"path": "/leads/{id}"},
                "check": {"path": "/me"},
                "fields": [{"name": name, "type": "text", "length": 200,
                            "key": name == "fairlead_id"} for name in FIELDS]},
            "limits": {"retries": 3, "first_ms": 50}}


def updates(base_url):
    """A connection that tells what a qualification came to, and makes nothing."""
    names = ["enquiry_id", "status", "channel", "attempt", "notes", "budget"]
    return {"name": "updates", "connector": "rest",
            "settings": {
                "base_url": base_url, "object": "leads", "auth": {"kind": "bearer"},
                "index_lag_ms": 0,
                "find": {"path": "/leads?enquiry_id={enquiry_id}", "results": "$.items"},
                "update": {"method": "POST", "path": "/lead-updates",
                           "error": "$.error", "field": "$.field",
                           "body": {"enquiry_id": "{enquiry_id}", "status": "{status}",
                                    "channel": "{channel}", "attempt": "{attempt}",
                                    "notes": "{notes}", "budget": "{budget}"}},
                "fields": [{"name": name, "type": "text", "length": 200} for name in names]},
            "limits": {"retries": 0}}


class Plain(unittest.TestCase):
    def setUp(self):
        self.sandbox = Sandbox("plain", TOKEN)
        self.addCleanup(self.sandbox.end)
        self.server = Server("--allow-networks", f"127.0.0.1/32:{self.sandbox.port}").start()
        self.addCleanup(self.server.end)

    def apply(self, connection, lines, secret=None):
        workspace = {
            "version": 1,
            "people": [{"name": "Ada Lovelace", "email": "ada@example.org"}],
            "sources": [{"name": "portal", "kind": "api", "trust": "trusted",
                         "default_country": "IN"}],
            "connections": [connection],
            "mappings": [{"name": "leads", "owner": "Ada Lovelace",
                          "connection": connection["name"], "object": "leads",
                          "fields": [{"from": a, "to": b} for a, b in lines]}],
            "syncs": [{"mapping": "leads"}]}
        answer = self.server.apply(workspace,
                                   {connection["name"]: secret or {"secret": TOKEN}})
        self.assertEqual(answer.status, 200, answer.body)

    def connect(self, auth=1):
        if auth != 1:
            self.set(switches={"auth": auth})
        settings, secret = AUTHS[auth]
        connection = leads(self.sandbox.url, settings)
        if auth == 0:
            connection["settings"]["token_url"] = self.sandbox.url + "/oauth/token"
        self.apply(connection,
                   [(name, name) for name in FIELDS if name != "fairlead_id"], secret)

    def set(self, **settings):
        self.sandbox.ask("PATCH", self.sandbox.account + "/settings", settings)

    def fault(self, **fault):
        self.sandbox.ask("POST", "/_sandbox/faults", {"vendor": "plain", **fault})

    def send(self, **lead):
        answer = self.server.post("/v1/leads", {"source": "portal", **lead})
        self.assertIn(answer.status, (200, 201), answer.body)

    def there(self, email):
        return self.sandbox.ask("GET", f"/plain/leads?email={email}")["items"]

    def ann(self, **more):
        self.send(email="ann@acme.example", first_name="Ann", enquiry_id="E-1", **more)


class Leads(Plain):
    def test_a_lead_is_made_once_and_updated(self):
        self.connect()
        self.ann()
        self.server.wait_delivered()
        self.ann(company="Acme")
        self.server.wait_delivered()
        (lead,) = self.there("ann@acme.example")
        self.assertEqual((lead["first_name"], lead["company"], lead["enquiry_id"]),
                         ("Ann", "Acme", "E-1"))
        self.assertTrue(lead["fairlead_id"])
        self.assertEqual([e["verb"] for e in self.sandbox.ledger(object="leads")],
                         ["created", "updated"])

    def test_every_kind_of_credentials(self):
        for auth in AUTHS:
            with self.subTest(AUTHS[auth][0]["kind"]):
                self.connect(auth)
                self.send(email=f"a{auth}@acme.example")
                self.server.wait_delivered()
        written = [r for r in self.sandbox.requests("/leads") if r["method"] == "POST"]
        self.assertEqual([r["status"] for r in written], [201] * len(AUTHS))
        self.assertEqual(len(self.sandbox.ledger("created", "leads")), len(AUTHS))

    def test_who_is_there_already_is_found(self):
        self.sandbox.ask("POST", "/plain/leads", {"email": "ann@acme.example"})
        self.connect()
        self.ann()
        self.server.wait_delivered()
        (lead,) = self.there("ann@acme.example")
        self.assertEqual(lead["first_name"], "Ann")

    def test_a_lost_answer_makes_no_second_lead(self):
        self.connect()
        self.fault(fault="close", when="after", method="POST", path="/leads", count=1)
        self.ann()
        self.server.wait_delivered()
        self.assertEqual(len(self.there("ann@acme.example")), 1)
        self.assertEqual(len(self.sandbox.ledger("created", "leads")), 1)

    def test_a_limit_is_waited_for(self):
        self.connect()
        self.fault(fault="rate_limit", method="POST", path="/leads", count=1)
        self.ann()
        self.server.wait_delivered()
        self.assertEqual(len(self.there("ann@acme.example")), 1)
        self.assertEqual([r["status"] for r in self.sandbox.requests()
                          if r["method"] == "POST" and r["target"].endswith("/leads")],
                         [429, 201])

    def test_a_refusal_names_field_and_reason(self):
        self.connect()
        self.sandbox.ask("POST", self.sandbox.account + "/schema/leads",
                         {"field": "company", "change": "length", "to": 4})
        self.ann(company="Acme Ltd")

        def letters():
            return self.server.get("/v1/dead-letters").json()["items"]
        self.server.wait_until(letters, what="a dead letter")
        (letter,) = letters()
        self.assertEqual((letter["code"], letter["field"], letter["reason"]),
                         ("fix_data", "company", "company: is too long"))


class LeadUpdates(Plain):
    LINES = [("enquiry_id", "enquiry_id"), ("custom.outcome", "status"),
             ("custom.channel", "channel"), ("custom.attempt", "attempt"),
             ("message", "notes"), ("custom.budget", "budget")]

    def setUp(self):
        super().setUp()
        self.sandbox.ask("POST", self.sandbox.account + "/schema/leads",
                         {"field": "budget", "change": "add", "to": "text"})

    def history(self, enquiry="E-1"):
        return self.sandbox.ask("GET", f"/plain/lead-updates?enquiry_id={enquiry}")["items"]

    def tell(self, outcome, **custom):
        self.send(email="ann@acme.example", enquiry_id="E-1", message="2 bhk",
                  custom={"outcome": outcome, "channel": "WhatsApp",
                          "attempt": "2nd Attempt - WhatsApp", **custom})

    def test_what_an_enquiry_came_to_is_told_and_makes_nothing(self):
        self.sandbox.ask("POST", "/plain/leads", {"enquiry_id": "E-1",
                                                  "email": "ann@acme.example"})
        self.apply(updates(self.sandbox.url), self.LINES)
        self.tell("No Response", budget="50 L")
        self.server.wait_until(self.history, what="a lead update")
        (told,) = self.history()
        self.assertEqual((told["status"], told["channel"], told["attempt"], told["notes"]),
                         ("No Response", "WhatsApp", "2nd Attempt - WhatsApp", "2 bhk"))
        (lead,) = self.there("ann@acme.example")
        self.assertEqual((lead["status"], lead["budget"]), ("No Response", "50 L"))
        self.assertEqual(len(self.sandbox.ledger("created", "leads")), 1)

    def test_a_status_that_is_none_waits_for_a_person(self):
        self.sandbox.ask("POST", "/plain/leads", {"enquiry_id": "E-1",
                                                  "email": "ann@acme.example"})
        self.apply(updates(self.sandbox.url), self.LINES)
        self.tell("maybe")

        def letters():
            return self.server.get("/v1/dead-letters").json()["items"]
        self.server.wait_until(letters, what="a dead letter")
        self.assertEqual(letters()[0]["field"], "status")
        self.assertEqual(self.history(), [])


if __name__ == "__main__":
    unittest.main()
