"""Access tokens that are fetched, run out and are renewed: the real server against the
sandbox's imitations of both vendors."""
import json
import unittest

import hubspot_test
import salesforce_test
from sandbox import Sandbox
from server import Server

HUBSPOT = {"client_id": "fairlead-sandbox-app", "client_secret": "fairlead-sandbox-secret",
           "refresh_token": "refresh-sandbox-default"}


class Case(unittest.TestCase):
    """What both vendors have in common; a vendor says the rest."""

    def setUp(self):
        self.sandbox = self.make_sandbox()
        self.addCleanup(self.sandbox.end)
        self.server = Server("--allow-networks", f"127.0.0.1/32:{self.sandbox.port}")
        self.addCleanup(self.server.end)
        self.server.start()

    def apply(self, secrets=None, **connection):
        workspace = self.workspace()
        workspace["connections"][0].update(connection)
        answer = self.server.apply(workspace, {self.sandbox.vendor: secrets or self.secrets})
        self.assertEqual(answer.status, 200, answer.body)

    def send(self, first, count):
        answer = self.server.post("/v1/leads/batch", [
            {"source": "site", "email": f"n{n}@example.org", "first_name": "New",
             "last_name": f"N{n}", "company": "Acme"} for n in range(first, first + count)])
        self.assertEqual({r["status"] for r in answer.json()["results"]}, {201})

    def token_calls(self):
        return [r for r in self.sandbox.requests("/token") if r["method"] == "POST"]

    def created(self):
        return len(self.sandbox.ledger("created", self.object))

    def state(self):
        return self.server.get("/v1/connections/" + self.sandbox.vendor).json()

    def open_alerts(self):
        return [a for a in self.server.get("/v1/alerts").json()["items"]
                if a["state"] != "closed"]

    def delivers(self, first, count):
        self.send(first, count)
        self.server.wait_delivered(40)
        self.assertEqual(self.server.get("/v1/dead-letters").json()["items"], [])
        self.assertEqual(self.created(), first + count)

    def call_log(self):
        items, cursor = [], ""
        while True:
            page = self.server.get("/v1/calls?limit=100" + cursor).json()
            items += [self.server.get("/v1/calls/" + item["id"]).json()
                      for item in page["items"]]
            if not page["next_cursor"]:
                return items
            cursor = "&cursor=" + page["next_cursor"]


class Renewing:
    """Tests of every vendor and grant."""

    def test_a_token_that_runs_out_on_the_way_is_renewed_once(self):
        self.apply(limits={"concurrency": 8, "retries": 8, "first_ms": 50})
        self.delivers(0, 5)
        before = len(self.token_calls())
        self.assertEqual(before, 1)
        self.sandbox.expire_tokens()
        for first in range(5, 205, 20):
            self.send(first, 20)
        self.server.wait_delivered(40)
        self.assertEqual(self.created(), 205)
        self.assertEqual(len(self.token_calls()) - before, 1)
        self.assertEqual(self.state()["state"], "active")
        deliveries = self.server.get("/v1/deliveries?limit=500").json()["items"]
        self.assertEqual({d["tries"] for d in deliveries}, {0})

    def test_neither_secrets_nor_token_calls_are_in_the_call_log(self):
        self.apply()
        self.delivers(0, 5)
        self.sandbox.expire_tokens()
        self.delivers(5, 5)
        calls = self.call_log()
        self.assertTrue(calls)
        self.assertEqual([c["url"] for c in calls if "/token" in c["url"]], [])
        text = json.dumps(calls) + self.server.log() + json.dumps(
            self.server.get("/v1/config").json())
        secrets = list(self.secrets.values())
        secrets += [t for t in self.tokens() if t]
        for secret in secrets:
            self.assertNotIn(secret, text)

    def test_a_restart_needs_no_new_token(self):
        self.apply()
        self.delivers(0, 1)
        self.server.stop()
        self.server.start()
        self.delivers(1, 1)
        self.assertEqual(len(self.token_calls()), 1)

    def test_a_refusal_asks_a_person_once_and_mended_secrets_go_on(self):
        self.apply({**self.secrets, "client_secret": "wrong"})
        self.send(0, 3)
        self.server.wait_until(lambda: self.state()["state"] == "reauth", 20, "reauth")
        self.assertEqual([a["kind"] for a in self.open_alerts()], ["reauth"])
        self.assertEqual(self.server.get("/v1/dead-letters").json()["items"], [])
        self.apply()
        self.server.wait_delivered(30)
        self.assertEqual(self.created(), 3)
        self.assertEqual(self.open_alerts(), [])

    def test_secrets_do_not_follow_a_changed_address(self):
        self.apply()
        self.delivers(0, 1)
        other = self.make_sandbox()
        self.addCleanup(other.end)
        before = len(other.requests())
        self.server.stop()
        self.server.args = ["--allow-networks", "127.0.0.1/32"]
        self.server.start()
        workspace = self.workspace()
        workspace["connections"][0]["settings"]["base_url"] = other.url
        answer = self.server.apply(workspace)
        self.assertEqual(answer.status, 200, answer.body)
        self.send(1, 1)
        self.server.wait_until(lambda: self.state()["state"] == "reauth", 20, "reauth")
        self.assertEqual(len(other.requests()), before)


class Rotating:
    """Tests of refresh tokens that are replaced by each use."""

    def test_a_rotated_refresh_token_is_kept_and_used(self):
        self.sandbox.settings(switches={"refresh_rotates": 1})
        self.apply()
        self.delivers(0, 1)
        self.sandbox.expire_tokens()
        self.delivers(1, 1)
        self.server.stop()
        self.server.start()
        self.sandbox.expire_tokens()
        self.delivers(2, 1)
        used = [r["body"].split("refresh_token=", 1)[-1].split("&")[0]
                for r in self.token_calls()]
        self.assertEqual([r["status"] for r in self.token_calls()], [200, 200, 200])
        self.assertEqual(len(set(used)), 3)

    def test_a_rotated_token_outlives_an_unrelated_change(self):
        self.sandbox.settings(switches={"refresh_rotates": 1})
        self.apply()
        self.delivers(0, 1)
        workspace = self.workspace()
        workspace["connections"][0]["limits"] = {"retries": 7}
        self.assertEqual(self.server.apply(workspace).status, 200)
        self.sandbox.expire_tokens()
        self.delivers(1, 1)


class OfHubSpot(Renewing, Rotating, Case):
    object, secrets = "contacts", HUBSPOT

    def make_sandbox(self):
        sandbox = Sandbox("hubspot", hubspot_test.TOKEN)
        hubspot_test.add_key(sandbox)
        return sandbox

    def workspace(self):
        workspace = hubspot_test.workspace(self.sandbox)
        del workspace["connections"][0]["secret"]
        workspace["connections"][0]["auth"] = "oauth2"
        return workspace

    def tokens(self):
        return ["Bearer "]


class OfSalesforce:
    object = "Lead"

    def make_sandbox(self):
        return Sandbox("salesforce", salesforce_test.TOKEN)

    def workspace(self):
        return salesforce_test.workspace(self.sandbox, self.auth)

    def tokens(self):
        return ["Bearer ", "00D5g"]


class OfSalesforceWithClientCredentials(Renewing, OfSalesforce, Case):
    auth, secrets = "client_credentials", salesforce_test.CLIENT


class OfSalesforceWithRefreshToken(Renewing, Rotating, OfSalesforce, Case):
    auth, secrets = "oauth2", salesforce_test.REFRESH

    def test_a_refresh_that_is_being_processed_is_tried_again(self):
        self.sandbox.settings(switches={"refresh_busy_ms": 3000})
        self.apply()
        self.delivers(0, 1)
        self.sandbox.expire_tokens()
        self.send(1, 1)
        self.server.wait_until(
            lambda: [r for r in self.token_calls() if r["status"] == 400], 20, "a clash")
        self.server.wait_delivered(60)
        self.assertNotEqual(self.state()["state"], "reauth")
        self.assertEqual(self.open_alerts(), [])
        self.assertEqual(self.created(), 2)

    def test_a_dead_refresh_token_asks_a_person(self):
        self.apply()
        self.delivers(0, 1)
        self.sandbox.ask("POST", self.sandbox.account + "/tokens",
                         {"revoke": self.secrets["refresh_token"]})
        self.sandbox.expire_tokens()
        self.send(1, 1)
        self.server.wait_until(lambda: self.state()["state"] == "reauth", 20, "reauth")
        self.assertEqual(self.server.get("/v1/dead-letters").json()["items"], [])

    def test_a_session_that_is_barred_is_not_renewed_for_ever(self):
        self.apply()
        self.delivers(0, 1)
        self.sandbox.settings(switches={"session_barred": 1})
        before = len(self.token_calls())
        self.send(1, 5)
        self.server.wait_until(lambda: self.state()["state"] == "reauth", 20, "reauth")
        self.assertLessEqual(len(self.token_calls()) - before, 1)
        self.assertEqual(self.server.get("/v1/dead-letters").json()["items"], [])


if __name__ == "__main__":
    unittest.main()
