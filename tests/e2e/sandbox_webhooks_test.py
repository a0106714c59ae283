"""What the sandbox posts to an address of ours, and what it makes of the answers. Standard
library only."""
import base64
import hashlib
import hmac
import http.client
import json
import os
import tempfile
import unittest
from urllib.parse import parse_qs, urlsplit

from receiver import Receiver
from sandbox import Sandbox
from server import Server, until

SAID = '{"Status":"Success","StatusReason":""}'


class Close(unittest.TestCase):
    def call(self, method, path, body=None):
        key = self.sandbox.ask("GET", self.sandbox.account)["credentials"]["api_key"]
        connection = http.client.HTTPConnection("127.0.0.1", self.sandbox.port, timeout=30)
        connection.request(method, "/close/api/v1" + path, json.dumps(body or {}), {
            "Content-Type": "application/json",
            "Authorization": "Basic " + base64.b64encode(f"{key}:".encode()).decode()})
        reply = connection.getresponse()
        answer = json.loads(reply.read())
        connection.close()
        self.assertLess(reply.status, 300, answer)
        return answer

    def start(self, *more):
        self.sandbox = Sandbox("close", "", *more)
        self.addCleanup(self.sandbox.end)

    def subscribe(self, receiver):
        self.addCleanup(receiver.end)
        return "/webhook/{id}/".format(**self.call("POST", "/webhook/", {
            "url": receiver.url, "events": [{"object_type": "lead", "action": "created"}]}))

    def test_a_pause_after_three_days_of_failures_outlives_a_restart(self):
        receiver = Receiver(lambda request: (500, ""))
        with tempfile.TemporaryDirectory() as folder:
            journal = ("--journal", os.path.join(folder, "journal"))
            self.start(*journal)
            hook = self.subscribe(receiver)
            self.call("POST", "/lead/", {"name": "Acme"})
            receiver.wait(1)
            until(lambda: self.sandbox.ask("GET", "/_sandbox/webhooks?vendor=close")
                  ["webhooks"][0]["attempts"] == 1)
            self.sandbox.ask("POST", "/_sandbox/clock", {"step_ms": 3 * 24 * 3600 * 1000})
            until(lambda: self.call("GET", hook)["status"] == "paused")
            self.sandbox.end()
            self.start(*journal)
            self.assertEqual(self.call("GET", hook)["status"], "paused")
            self.assertEqual(self.call("PUT", hook, {"status": "active"})["status"], "active")


class Copper(unittest.TestCase):
    def test_it_tells_once_with_the_headers_and_secrets_that_it_was_given(self):
        sandbox, receiver = Sandbox("copper", ""), Receiver(lambda request: (500, ""))
        self.addCleanup(sandbox.end)
        self.addCleanup(receiver.end)
        sandbox.settings(switches={"webhooks_by_http": 1})
        keys = sandbox.ask("GET", sandbox.account)["credentials"]

        def call(path, body):
            connection = http.client.HTTPConnection("127.0.0.1", sandbox.port, timeout=30)
            connection.request("POST", "/copper/developer_api/v1" + path, json.dumps(body),
                               {"Content-Type": "application/json",
                                "X-PW-AccessToken": keys["api_key"],
                                "X-PW-Application": "developer_api",
                                "X-PW-UserEmail": keys["user_email"]})
            reply = connection.getresponse()
            self.assertEqual(reply.status, 200)
            answer = json.loads(reply.read())
            connection.close()
            return answer

        hook = call("/webhooks", {"target": receiver.url, "type": "lead", "event": "new",
                                  "secret": {"fl_secret": "s3cr3t"},
                                  "headers": {"X-Fairlead": "s3cr3t"}})
        leads = call("/leads/bulk_create", {"leads": [{"name": "Ann"}, {"name": "Bob"}]})
        told, = receiver.wait(1)
        self.assertEqual(told.headers["X-Fairlead"], "s3cr3t")
        body = told.json()
        self.assertTrue(body.pop("timestamp"))
        self.assertEqual(body, {"ids": [lead["id"] for lead in leads], "type": "lead",
                                "event": "new", "subscription_id": hook["id"],
                                "fl_secret": "s3cr3t"})
        state = until(lambda: [hook for hook in sandbox.ask(
            "GET", "/_sandbox/webhooks?vendor=copper")["webhooks"]
            if hook["state"] != "sending"])
        self.assertEqual([(hook["state"], hook["attempts"]) for hook in state],
                         [("failed", 1)])


class Freshsales(unittest.TestCase):
    """Not subscriptions: actions of workflows, which an administrator writes."""

    def setUp(self):
        self.sandbox = Sandbox("freshsales", "")
        self.addCleanup(self.sandbox.end)
        self.receiver = Receiver()
        self.addCleanup(self.receiver.end)

    def workflow(self, **more):
        self.sandbox.ask("POST", self.sandbox.account + "/records/workflows", {
            "url": self.receiver.url, "module": "contacts", "event": "created",
            "headers": {"X-Fairlead": "s3cr3t"}, **more})

    def create(self):
        key = self.sandbox.ask("GET", self.sandbox.account)["credentials"]["api_key"]
        connection = http.client.HTTPConnection("127.0.0.1", self.sandbox.port, timeout=30)
        connection.request("POST", "/freshsales/crm/sales/api/contacts",
                           json.dumps({"contact": {"first_name": "Ann Lee",
                                                   "email": "ann@acme.test"}}),
                           {"Content-Type": "application/json",
                            "Authorization": "Token token=" + key})
        self.assertEqual(connection.getresponse().status, 201)
        connection.close()

    def test_it_posts_what_the_customer_wrote_and_only_once(self):
        self.receiver.answers = lambda request: (500, "")
        self.workflow(body='{"fairlead":"freshsales.v1","email":"{{contact.email}}"}')
        self.create()
        told, = self.receiver.wait(1)
        self.assertEqual(told.headers["X-Fairlead"], "s3cr3t")
        self.assertEqual(told.headers["Content-Type"], "application/json")
        self.assertEqual(told.json(), {"fairlead": "freshsales.v1", "email": "ann@acme.test"})
        state = until(lambda: [hook for hook in self.sandbox.ask(
            "GET", "/_sandbox/webhooks?vendor=freshsales")["webhooks"]
            if hook["state"] != "sending"])
        self.assertEqual([(hook["state"], hook["attempts"]) for hook in state],
                         [("failed", 1)])

    def test_it_asks_with_the_fields_behind_the_address(self):
        self.workflow(method="GET", fields=["first_name", "email"])
        self.create()
        told, = self.receiver.wait(1)
        self.assertEqual((told.method, told.body), ("GET", ""))
        self.assertEqual(parse_qs(urlsplit(told.path).query),
                         {"first_name": ["Ann Lee"], "email": ["ann@acme.test"]})

    def test_it_posts_a_form(self):
        self.workflow(encoding="form", fields=["first_name"])
        self.create()
        told, = self.receiver.wait(1)
        self.assertEqual(told.headers["Content-Type"], "application/x-www-form-urlencoded")
        self.assertEqual(told.body, "first_name=Ann%20Lee")


class LeadSquared(unittest.TestCase):
    def setUp(self):
        self.sandbox = Sandbox("leadsquared", "")
        self.addCleanup(self.sandbox.end)
        self.receiver = Receiver(lambda request: (200, SAID))
        self.addCleanup(self.receiver.end)
        self.sandbox.ask("PATCH", self.sandbox.account + "/settings",
                         {"switches": {"webhooks_by_http": 1}})

    def test_it_is_told_after_a_restart_too(self):
        with tempfile.TemporaryDirectory() as folder:
            journal = ("--journal", os.path.join(folder, "journal"))
            self.sandbox.end()
            self.sandbox = Sandbox("leadsquared", "", *journal)
            self.addCleanup(self.sandbox.end)
            self.sandbox.ask("PATCH", self.sandbox.account + "/settings",
                             {"switches": {"webhooks_by_http": 1}})
            self.subscribe()
            until(lambda: "verified" in self.verbs())
            self.sandbox.end()
            self.sandbox = Sandbox("leadsquared", "", *journal)
            self.addCleanup(self.sandbox.end)
            self.create("Ann")
            self.assertEqual(self.receiver.wait(3)[2].json()["FirstName"], "Ann")

    def call(self, path, body):
        keys = self.sandbox.ask("GET", self.sandbox.account)["credentials"]
        connection = http.client.HTTPConnection("127.0.0.1", self.sandbox.port, timeout=30)
        connection.request("POST", "/leadsquared/v2/" + path, json.dumps(body),
                           {"Content-Type": "application/json",
                            "x-LSQ-AccessKey": keys["access_key"],
                            "x-LSQ-SecretKey": keys["secret_key"]})
        reply = connection.getresponse()
        text = reply.read()
        connection.close()
        self.assertEqual(reply.status, 200, text)
        return json.loads(text)

    def subscribe(self, event=3):
        return self.call("Webhook.svc/Create",
                         {"Description": "Fairlead", "URL": self.receiver.url,
                          "Method": "POST", "ContentType": "application/json",
                          "WebhookEvent": str(event),
                          "CustomHeaders": [{"Key": "x-fairlead", "Value": "s3cr3t"}]}
                         )["Message"]["Id"]

    def create(self, name):
        self.call("LeadManagement.svc/Lead.Create",
                  [{"Attribute": "FirstName", "Value": name}])

    def verbs(self):
        return [entry["verb"] for entry in self.sandbox.ledger(object="webhook")]

    def test_an_address_is_asked_and_tested_before_it_is_told(self):
        hook = self.subscribe()
        until(lambda: "verified" in self.verbs())
        self.create("Ann")
        head, test, told = self.receiver.wait(3)
        self.assertEqual([head.method, test.method, test.body], ["HEAD", "POST", ""])
        self.assertEqual(told.path,
                         f"/in?entityType=webhook&entityId={hook}&eventType=3")
        self.assertEqual(told.headers["x-fairlead"], "s3cr3t")
        self.assertEqual(told.json()["FirstName"], "Ann")
        until(lambda: "taken" in self.verbs())

    def test_an_address_that_does_not_answer_as_it_must_is_not_told(self):
        self.receiver.answers = lambda request: (200, "")
        self.subscribe()
        until(lambda: "unverified" in self.verbs())
        self.create("Ann")
        self.assertEqual(self.sandbox.ask("GET", "/_sandbox/webhooks?vendor=leadsquared")
                         ["webhooks"][-1]["state"], "done")
        self.assertEqual(len(self.receiver.got), 2)

    def test_three_attempts_and_no_more(self):
        self.subscribe()
        until(lambda: "verified" in self.verbs())
        self.receiver.answers = lambda request: (500, "")
        self.create("Ann")
        for attempt in range(3):
            self.receiver.wait(3 + attempt)
            until(lambda: self.verbs().count("failed") == attempt + 1)
            self.sandbox.ask("POST", "/_sandbox/clock", {"step_ms": 3600000})
        last = self.sandbox.ask("GET", "/_sandbox/webhooks?vendor=leadsquared")["webhooks"][-1]
        self.assertEqual((last["state"], last["attempts"]), ("failed", 3))

    def test_nothing_but_200_will_do(self):
        self.subscribe()
        until(lambda: "verified" in self.verbs())
        self.receiver.answers = lambda request: (204, "")
        self.create("Ann")
        until(lambda: "failed" in self.verbs())
        self.sandbox.ask("POST", "/_sandbox/clock", {"step_ms": 3600000})
        self.receiver.wait(4)

    def test_failures_in_a_row_disable_it(self):
        self.sandbox.ask("PATCH", self.sandbox.account + "/settings",
                         {"switches": {"webhook_failures_max": 1}})
        hook = self.subscribe()
        until(lambda: "verified" in self.verbs())
        self.receiver.answers = lambda request: (500, "")
        self.create("Ann")
        for attempt in range(3):
            until(lambda: self.verbs().count("failed") == attempt + 1)
            self.sandbox.ask("POST", "/_sandbox/clock", {"step_ms": 3600000})
        until(lambda: "disabled" in self.verbs())
        values = self.sandbox.ask("GET", f"{self.sandbox.account}/records/webhooks/{hook}")
        self.assertIs(values["values"]["IsActive"], False)

    def test_an_answer_that_says_error_is_not_sent_again(self):
        self.subscribe()
        until(lambda: "verified" in self.verbs())
        self.receiver.answers = lambda request: (200, '{"Status":"Error","StatusReason":"no"}')
        self.create("Ann")
        until(lambda: "refused" in self.verbs())
        self.sandbox.ask("POST", "/_sandbox/clock", {"step_ms": 3600000})
        self.assertEqual(len(self.receiver.got), 3)

    def test_activities_of_a_minute_come_as_an_array_one_as_an_object(self):
        self.subscribe(2)
        until(lambda: "verified" in self.verbs())
        for names in (["one"], ["two", "three"]):
            for name in names:
                self.call("ProspectActivity.svc/Create",
                          {"EmailAddress": f"{name}@acme.test", "ActivityEvent": 201})
            self.sandbox.ask("POST", "/_sandbox/clock", {"step_ms": 60000})
            until(lambda: self.verbs().count("taken") == len(names))
        one, two = [got.json() for got in self.receiver.wait(4)[2:]]
        self.assertEqual(one["ActivityEvent"], "201")
        self.assertEqual([a["ActivityEventName"] for a in two], ["Form submitted"] * 2)


class Meta(unittest.TestCase):
    FORM_FIELDS = [{"name": "email", "values": ["ada@example.org"]}]

    def ask(self, path, **values):
        return self.sandbox.ask("POST", f"/meta/v26.0/{path}", values)

    def start(self, journal):
        self.sandbox = Sandbox("meta", "EAAsandboxPageTokenDefault", "--journal", journal)
        self.addCleanup(self.sandbox.end)
        return self.sandbox.ask("GET", self.sandbox.account)["credentials"]

    def test_a_subscription_outlives_a_restart(self):
        def answer(request):
            asked = parse_qs(urlsplit(request.path).query)
            return 200, asked.get("hub.challenge", [""])[0]
        receiver = Receiver(answer)
        self.addCleanup(receiver.end)
        with tempfile.TemporaryDirectory() as folder:
            journal = os.path.join(folder, "journal")
            known = self.start(journal)
            self.ask(f"{known['app_id']}/subscriptions", object="page", fields="leadgen",
                     callback_url=receiver.url, verify_token="verify-me")
            self.ask(f"{known['page_ids'][0]}/subscribed_apps", subscribed_fields="leadgen")
            until(lambda: self.sandbox.ledger("verified", "subscription"))
            self.sandbox.end()
            self.start(journal)
            self.sandbox.ask("POST", self.sandbox.account + "/records/leads",
                             {"form_id": known["form_ids"][0], "field_data": self.FORM_FIELDS})
            self.assertEqual(receiver.wait(2)[1].json()["object"], "page")


class Posting(unittest.TestCase):
    """One that posts leads by itself, at an address of ours."""

    vendor = None

    def setUp(self):
        self.sandbox = Sandbox(self.vendor, "")
        self.addCleanup(self.sandbox.end)
        self.receiver = Receiver()
        self.addCleanup(self.receiver.end)

    def set(self, **switches):
        self.sandbox.ask("PATCH", self.sandbox.account + "/settings", {"switches": switches})

    def edit(self, kind, record, **values):
        self.sandbox.ask("PATCH", f"{self.sandbox.account}/records/{kind}/{record}", values)

    def credentials(self):
        return self.sandbox.ask("GET", self.sandbox.account)["credentials"]

    def lead(self, **values):
        return self.sandbox.ask("POST", self.sandbox.account + "/records/leads", values)["id"]

    def verbs(self):
        return [entry["verb"] for entry in self.sandbox.ledger(object="post")]

    def step(self):
        self.sandbox.ask("POST", "/_sandbox/clock", {"step_ms": 24 * 3600 * 1000})


class Google(Posting):
    vendor = "google"

    def setUp(self):
        super().setUp()
        self.edit("forms", self.credentials()["form_ids"][0], webhook_url=self.receiver.url)

    def test_a_lead_is_posted_with_the_key_in_its_body(self):
        lead = self.lead(gcl_id="EAIaIQob")
        (got,) = self.receiver.wait(1)
        self.assertEqual((got.method, got.headers["Content-Type"]),
                         ("POST", "application/json"))
        self.assertEqual(got.json()["lead_id"], lead)
        self.assertEqual(got.json()["google_key"], "google-sandbox-key")
        until(lambda: self.verbs() == ["taken"])

    def test_what_is_refused_is_shown_and_not_sent_again(self):
        self.receiver.answers = lambda request: (400, '{"message":"wrong key"}')
        lead = self.lead(is_test=True)
        until(lambda: self.verbs() == ["refused"])
        values = self.sandbox.ask("GET", f"{self.sandbox.account}/records/leads/{lead}")
        self.assertEqual(values["values"]["webhook_status"], 400)
        self.assertEqual(values["values"]["webhook_message"], "wrong key")
        self.step()
        self.assertEqual(len(self.receiver.got), 1)

    def test_what_fails_is_sent_again_the_same(self):
        self.receiver.answers = lambda request: (503, "") if len(self.receiver.got) < 3 \
            else (200, "{}")
        self.lead()
        for attempt in range(2):
            until(lambda: self.verbs().count("failed") == attempt + 1)
            self.step()
        until(lambda: "taken" in self.verbs())
        self.assertEqual(len({got.body for got in self.receiver.got}), 1)

    def test_it_may_also_give_up_at_once(self):
        self.set(retries=0)
        self.receiver.answers = lambda request: (503, "")
        self.lead()
        until(lambda: self.verbs() == ["failed"])
        self.step()
        self.assertEqual(self.sandbox.ask("GET", "/_sandbox/webhooks?vendor=google")
                         ["webhooks"][0]["state"], "failed")


class Aggregator(Posting):
    vendor = "aggregator"

    def feed(self, **values):
        self.edit("feeds", self.credentials()["feed_id"],
                  **{"url": self.receiver.url, **values})

    def test_everything_is_in_the_query_of_a_get(self):
        self.feed(shape="justdial", method="GET")
        self.lead(name="Asha Rao & co", phone="+919845012345")
        (got,) = self.receiver.wait(1)
        query = parse_qs(urlsplit(got.path).query, keep_blank_values=True)
        self.assertEqual((got.method, got.body), ("GET", ""))
        self.assertEqual(query["name"], ["Asha Rao & co"])
        self.assertEqual(query["mobile"], ["9845012345"])
        self.assertEqual(query["email"], [""])

    def test_it_comes_again_until_the_word_is_said(self):
        self.feed(shape="portal", success="RECEIVED")
        self.receiver.answers = lambda request: (200, '{"result":"received"}') \
            if len(self.receiver.got) < 2 else (200, "RECEIVED\n")
        self.lead(name="Asha")
        until(lambda: self.verbs() == ["failed"])
        self.step()
        until(lambda: self.verbs() == ["failed", "taken"])

    def test_our_api_takes_a_feed_each_lead_once(self):
        server = Server().start()
        self.addCleanup(server.end)
        self.set(webhook_repeat=1)
        self.feed(shape="api", url=f"http://127.0.0.1:{server.port}/v1/leads",
                  token=server.token())
        self.lead(name="Asha Rao", phone="+919845012345", email="asha@example.org",
                  product="2 BHK")
        until(lambda: self.verbs().count("taken") == 2)
        (lead,) = server.get("/v1/leads?email=asha%40example.org").json()["items"]
        whole = server.get("/v1/leads/" + lead["id"]).json()
        self.assertIn("2 BHK", json.dumps(whole))
        self.assertEqual(server.queue()["received"], 1)

    def test_a_form_source_takes_a_portal_by_its_map(self):
        server = Server().start()
        self.addCleanup(server.end)
        answer = server.apply({"version": 1, "sources": [
            {"name": "portal", "kind": "form", "trust": "trusted", "default_country": "IN",
             "address": "aggregatorportal1", "time_zone": "Asia/Kolkata",
             "map": {"mobile": "phone", "project": "custom.project", "remarks": "message",
                     "enquiry_date": "occurred_at"}}]})
        self.assertEqual(answer.status, 200, answer.body)
        self.feed(shape="portal", url=f"http://127.0.0.1:{server.port}/in/aggregatorportal1")
        self.lead(name="Asha Rao", phone="+919845012345", product="2 BHK")
        until(lambda: "taken" in self.verbs())
        (lead,) = server.get("/v1/leads?phone=%2B919845012345").json()["items"]
        self.assertIn("2 BHK", json.dumps(server.get("/v1/leads/" + lead["id"]).json()))


class Enrichment(unittest.TestCase):
    def test_a_late_answer_is_posted_and_signed(self):
        key = "enrichment-sandbox-key"
        sandbox, receiver = Sandbox("enrichment", key), Receiver()
        self.addCleanup(sandbox.end)
        self.addCleanup(receiver.end)
        asked = sandbox.ask("POST", "/enrichment/v1/lookups",
                            {"email": "slowly@acme.test", "callback_url": receiver.url})
        self.assertEqual(asked["status"], "pending")
        sandbox.ask("POST", "/_sandbox/clock", {"step_ms": 5000})
        (got,) = receiver.wait(1)
        self.assertEqual(got.json()["id"], asked["id"])
        self.assertEqual(got.headers["X-Signature-256"], "sha256=" + hmac.new(
            key.encode(), got.body.encode(), hashlib.sha256).hexdigest())


if __name__ == "__main__":
    unittest.main()
