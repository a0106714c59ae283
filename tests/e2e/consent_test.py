"""What a person takes back: it counts for their keys, whoever brings them, outlives the lead,
is lifted only by who may speak for them, and refuses no lead."""
import json
import unittest
from urllib.parse import quote, urlencode

from command import run
from plain_crm import PlainCrm
from server import POSTGRES, Server, new_database


class Consent(unittest.TestCase):
    store = None

    def setUp(self):
        self.crm = PlainCrm()
        self.addCleanup(self.crm.end)
        self.server = Server("--allow-networks", self.crm.network(), store=self.store).start()
        self.addCleanup(self.server.end)
        workspace = self.crm.workspace(sources=[
            {"name": "portal", "kind": "api", "default_country": "DE"},
            {"name": "site", "kind": "form", "trust": "public",
             "address": "a1b2c3d4e5f6a7b8c9d0"},
            {"name": "fair", "kind": "file"}])
        answer = self.server.apply(workspace, self.crm.secrets())
        self.assertEqual(answer.status, 200, answer.body)

    def send(self, status=(200, 201), **lead):
        answer = self.server.post("/v1/leads", {"source": "portal", **lead})
        self.assertIn(answer.status, status, answer.body)
        return answer.json().get("lead_id")

    def post_form(self, **fields):
        answer = self.server.request(
            "POST", "/in/a1b2c3d4e5f6a7b8c9d0", urlencode(fields).encode(), token=None,
            headers={"Content-Type": "application/x-www-form-urlencoded"})
        self.assertEqual(answer.status, 202, answer.body)

    def suppressed(self, **query):
        name, value = next(iter(query.items()))
        answer = self.server.get(f"/v1/suppressions?{name}={quote(value)}")
        self.assertEqual(answer.status, 200, answer.body)
        return [(s["channel"], s["purpose"]) for s in answer.json()["items"]]

    def take_back(self, channel="email", purpose="marketing", **lead):
        return self.send(consent={"granted": False, "channel": channel, "purpose": purpose,
                                  "wording": "stop it please"}, **lead)

    def test_a_living_lead_takes_it_back(self):
        lead = self.send(email="ada@example.org", phone="030 901820")
        self.assertEqual(self.suppressed(lead=lead), [])
        self.assertEqual(self.take_back(email="ada@example.org"), lead)
        for query in ({"lead": lead}, {"email": "ADA@example.org"}, {"phone": "+4930901820"}):
            self.assertEqual(self.suppressed(**query), [("email", "marketing")], query)
        # why and timeline say so, in words too.
        why = self.server.get(f"/v1/leads/{lead}/why").json()
        self.assertEqual([(s["channel"], s["purpose"], s["reason"]) for s in why["suppressed"]],
                         [("email", "marketing", "withdrawn")])
        self.assertIn({"stage": "suppress", "code": "withdrawn",
                       "text": "email for marketing"}, why["decisions"][0]["notes"])
        told = run("lead", "why", lead, "--data", self.server.data).out
        self.assertIn("Not to be reached by email for marketing: withdrawn at", told)
        items = self.server.get(f"/v1/leads/{lead}/timeline").json()["items"]
        self.assertEqual([i["detail"] for i in items if i["kind"] == "audit"
                          and i["action"] == "suppression.added"],
                         [{"channel": "email", "purpose": "marketing"}])
        self.assertTrue([i for i in items if i["kind"] == "consent" and not i["is_granted"]])
        export = self.server.get(f"/v1/leads/{lead}/export").json()
        self.assertEqual(len(export["suppressed"]), 1)
        # Said again, nothing is new.
        self.take_back(email="ada@example.org", message="again")
        items = self.server.get(f"/v1/leads/{lead}/timeline").json()["items"]
        self.assertEqual(len([i for i in items if i.get("action") == "suppression.added"]), 1)

    def test_it_refuses_no_lead_and_stops_no_delivery(self):
        lead = self.take_back(channel="sms", email="ada@example.org", phone="030 901820")
        self.server.wait_delivered()
        self.assertEqual(len(self.crm.contacts), 1)
        # Whoever opted out of SMS may ask for a call.
        self.send(email="ada@example.org", message="call me please", company="Engines")
        self.server.wait_delivered()
        self.assertEqual([c["company"] for c in self.crm.contacts.values()], ["Engines"])
        notes = self.server.get(f"/v1/leads/{lead}/why").json()["decisions"][0]["notes"]
        self.assertIn({"stage": "suppress", "code": "sms",
                       "text": "no sms for marketing: withdrawn"}, notes)

    def test_another_lead_with_the_key_knows_of_it(self):
        self.take_back(email="ada@example.org", phone="030 901820")
        other = self.send(email="family@example.org", phone="+4930901820", first_name="Bert",
                          last_name="Other")
        notes = self.server.get(f"/v1/leads/{other}/why").json()["decisions"][0]["notes"]
        self.assertIn("no email for marketing: withdrawn",
                      [n["text"] for n in notes if n["stage"] == "suppress"])

    def test_a_key_that_is_gained_later_is_covered(self):
        lead = self.take_back(email="ada@example.org")
        self.assertEqual(self.suppressed(phone="+4930901820"), [])
        # By a source, and by a person's hand.
        self.assertEqual(self.send(email="ada@example.org", phone="030 901820"), lead)
        self.assertEqual(self.suppressed(phone="+4930901820"), [("email", "marketing")])
        answer = self.server.request("PATCH", f"/v1/leads/{lead}",
                                     {"email": "countess@example.org"})
        self.assertEqual(answer.status, 200, answer.body)
        self.assertEqual(self.suppressed(email="countess@example.org"),
                         [("email", "marketing")])
        items = self.server.get(f"/v1/leads/{lead}/timeline").json()["items"]
        self.assertEqual(len([i for i in items if i.get("action") == "suppression.added"]), 3)
        # A yes lifts it from all of them; a key that is gained after that is free.
        self.send(email="countess@example.org", consent={
            "granted": True, "channel": "email", "purpose": "marketing"})
        for query in ({"email": "ada@example.org"}, {"email": "countess@example.org"},
                      {"phone": "+4930901820"}):
            self.assertEqual(self.suppressed(**query), [], query)
        self.server.request("PATCH", f"/v1/leads/{lead}", {"phone": "+4930901899"})
        self.assertEqual(self.suppressed(phone="+4930901899"), [])

    def test_a_key_that_comes_with_the_yes_is_free(self):
        self.take_back(email="ada@example.org")
        self.send(email="ada@example.org", phone="030 901820", consent={
            "granted": True, "channel": "email", "purpose": "marketing"})
        self.assertEqual(self.suppressed(phone="+4930901820"), [])

    def test_keys_that_come_by_a_merge_are_covered(self):
        lead = self.take_back(email="ada@example.org")
        other = self.send(email="countess@example.org", phone="030 901820")
        answer = self.server.post(f"/v1/leads/{other}/merge", {"other": lead})
        self.assertEqual(answer.status, 200, answer.body)
        for query in ({"email": "countess@example.org"}, {"phone": "+4930901820"}):
            self.assertEqual(self.suppressed(**query), [("email", "marketing")], query)

    def test_keys_of_a_person_who_comes_back_are_covered(self):
        lead = self.take_back(email="ada@example.org")
        self.server.wait_delivered()
        self.assertEqual(self.server.post(f"/v1/leads/{lead}/erase", {}).status, 200)
        self.send(email="ada@example.org", phone="030 901820")
        self.assertEqual(self.suppressed(phone="+4930901820"), [("email", "marketing")])

    def test_what_another_took_back_who_shares_a_key_goes_no_further(self):
        ada = self.take_back(email="ada@example.org", phone="030 901820", first_name="Ada",
                             last_name="Lovelace")
        bert = self.send(email="bert@example.org", phone="030 901820", first_name="Bert",
                         last_name="Other")
        self.assertNotEqual(bert, ada)
        self.assertEqual(self.suppressed(lead=bert), [("email", "marketing")])
        self.assertEqual(self.suppressed(email="bert@example.org"), [])
        self.server.request("PATCH", f"/v1/leads/{bert}", {"email": "bert2@example.org"})
        self.assertEqual(self.suppressed(email="bert2@example.org"), [])
        # What Bert himself takes back does, though the key is shared.
        self.take_back(email="bert2@example.org", channel="sms")
        self.server.request("PATCH", f"/v1/leads/{bert}", {"email": "bert3@example.org"})
        self.assertEqual(self.suppressed(email="bert3@example.org"), [("sms", "marketing")])

    def test_it_outlives_the_lead(self):
        lead = self.take_back(email="ada@example.org")
        self.server.wait_delivered()
        self.assertEqual(self.server.post(f"/v1/leads/{lead}/erase", {}).status, 200)
        self.assertEqual(self.suppressed(email="ada@example.org"), [("email", "marketing")])
        again = self.send(email="ada@example.org")
        self.assertNotEqual(again, lead)
        self.assertEqual(self.suppressed(lead=again), [("email", "marketing")])

    def test_who_may_lift_it(self):
        agreed = {"granted": True, "channel": "email", "purpose": "marketing"}
        lead = self.take_back(email="ada@example.org")
        self.post_form(email="ada@example.org", consent="yes", consent_channel="email",
                       consent_purpose="marketing")
        self.assertEqual(self.suppressed(lead=lead), [("email", "marketing")])
        answer = self.server.post("/v1/imports?source=fair&name=fair.csv",
                                  b"email,consent,consent_channel,consent_purpose\n"
                                  b"ada@example.org,yes,email,marketing\n",
                                  headers={"Content-Type": "text/csv"})
        self.assertIn(answer.status, (200, 201, 202), answer.body)
        self.server.wait_until(
            lambda: self.server.get("/v1/imports").json()["items"][0]["state"] == "done",
            what="the end of the import")
        self.assertEqual(self.suppressed(lead=lead), [("email", "marketing")])
        # Another purpose, or an older yes, is no yes.
        self.send(email="ada@example.org", consent={**agreed, "purpose": "transactional"})
        self.send(email="ada@example.org", consent={**agreed, "at": "2020-01-01T00:00:00Z"})
        self.assertEqual(self.suppressed(lead=lead), [("email", "marketing")])
        self.send(email="ada@example.org", consent=agreed, message="I want it again")
        self.assertEqual(self.suppressed(lead=lead), [])
        items = self.server.get(f"/v1/leads/{lead}/timeline").json()["items"]
        self.assertEqual(len([i for i in items if i.get("action") == "suppression.lifted"]), 1)

    def test_a_new_lead_may_lift_what_outlived_another(self):
        agreed = {"granted": True, "channel": "email", "purpose": "marketing"}
        lead = self.take_back(email="ada@example.org")
        self.server.wait_delivered()
        self.assertEqual(self.server.post(f"/v1/leads/{lead}/erase", {}).status, 200)
        again = self.send(email="ada@example.org", consent=agreed)
        self.assertNotEqual(again, lead)
        self.assertEqual(self.suppressed(email="ada@example.org"), [])

    def test_a_new_lead_may_change_its_mind_in_one_request(self):
        said = [{"granted": False, "channel": "email", "purpose": "marketing",
                 "at": "2026-01-01T00:00:00Z"},
                {"granted": True, "channel": "email", "purpose": "marketing",
                 "at": "2026-01-02T00:00:00Z"}]
        agrees = self.send(email="ada@example.org", consent=said)
        self.assertEqual(self.suppressed(lead=agrees), [])
        # The earlier yes does not undo the later no, in whatever order they are said.
        said[0]["granted"], said[1]["granted"] = True, False
        refuses = self.send(email="bert@example.org", consent=said[::-1])
        self.assertEqual(self.suppressed(lead=refuses), [("email", "marketing")])

    def test_a_form_may_take_it_back(self):
        lead = self.send(email="ada@example.org")
        self.post_form(email="ada@example.org", consent="unsubscribed",
                       consent_channel="email", consent_purpose="marketing")
        self.assertEqual(self.suppressed(lead=lead), [("email", "marketing")])

    def test_what_is_asked_wrongly_is_said(self):
        answer = self.server.get("/v1/suppressions")
        self.assertEqual(answer.status, 422)
        self.assertIn("give lead, email or phone", answer.json()["detail"])
        self.assertEqual(self.server.get("/v1/suppressions?email=nobody").status, 422)
        self.assertEqual(self.server.get("/v1/suppressions?lead=38FWE2A400004").status, 404)

    def test_decisions_are_the_same_when_made_again(self):
        self.take_back(email="ada@example.org")
        self.send(email="ada@example.org", company="Engines")
        self.server.stop()
        result = run("replay", "--data", self.server.data,
                     *(["--store", self.store] if self.store else []))
        self.assertEqual(result.code, 0, result)
        self.server.start()


@unittest.skipUnless(POSTGRES, "no PostgreSQL")
class ConsentPostgres(Consent):
    def setUp(self):
        self.store = new_database()
        super().setUp()


if __name__ == "__main__":
    unittest.main()
