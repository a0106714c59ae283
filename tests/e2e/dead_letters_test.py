"""Dead letters: listed with their leads, explained, and what a person does with them."""
import json
import os
import unittest

from plain_crm import TOKEN, Connected, PlainCrm
from server import Server


class DeadLetters(Connected):
    def refuse_companies(self):
        self.crm.refuse = lambda fields: ("company is on no list"
                                          if fields.get("company") == "Acme" else None)

    def letters(self, query=""):
        answer = self.server.get("/v1/dead-letters" + query)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json()["items"]

    def one_letter(self, **lead):
        """Sends a lead that the CRM refuses, and waits for the letter."""
        self.refuse_companies()
        self.send(email="ada@example.org", company="Acme", **lead)
        self.server.wait_until(self.letters, what="a dead letter")
        return self.letters()[0]

    def act(self, letter, verb, body=None):
        return self.server.post(f"/v1/dead-letters/{letter['id']}/{verb}", body)

    def wait_rest(self, letter):
        def state():
            return self.server.get(f"/v1/deliveries/{letter['id']}").json()
        return self.server.wait_until(lambda: state()["state"] == "at_rest" and state(),
                                      what="the delivery at rest")

    def test_the_list_carries_what_is_known_of_the_lead(self):
        letter = self.one_letter(custom={"external_id": "r1-0000042"})
        self.assertEqual(letter["state"], "dead")
        self.assertEqual(letter["code"], "fix_data")
        self.assertEqual(letter["field"], "company")
        self.assertIn("on no list", letter["reason"])
        self.assertTrue(letter["instruction"])
        self.assertEqual(letter["lead"]["fields"]["email"], "ada@example.org")
        self.assertIn(b"r1-0000042", self.server.get("/v1/dead-letters?limit=1000").body)

    def test_one_is_explained_whole(self):
        letter = self.one_letter(first_name="Ada")
        whole = self.server.get(f"/v1/dead-letters/{letter['id']}").json()
        call = whole["last_call"]
        self.assertEqual((call["method"], call["status"]), ("POST", 422))
        self.assertEqual(json.loads(call["request"])["company"], "Acme")
        self.assertIn("on no list", call["answer"])
        mapped = {line["field"]: line for line in whole["mapped"]}
        self.assertEqual(mapped["first_name"]["wanted"], "Ada")
        self.assertEqual(mapped["company"]["from"], "company")
        self.assertEqual(whole["attempts"][0]["outcome"], "fix_data")
        self.assertNotIn("crm-token-for-tests", json.dumps(whole))

    def test_filters_and_pages(self):
        self.refuse_companies()
        for i in range(5):
            self.send(email=f"p{i}@example.org", company="Acme")
        self.server.wait_until(lambda: len(self.letters()) == 5, what="five dead letters")
        seen, cursor = [], ""
        while True:
            page = self.server.get("/v1/dead-letters?limit=2" + cursor).json()
            seen += [letter["id"] for letter in page["items"]]
            if not page["next_cursor"]:
                break
            cursor = "&cursor=" + page["next_cursor"]
        self.assertEqual(len(set(seen)), 5)
        self.assertEqual(len(self.letters("?connection=crm&code=fix_data")), 5)
        self.assertEqual(self.letters("?code=permanent"), [])
        for query, status in (("?connection=none", 404), ("?limit=0", 400), ("?limit=1001", 400),
                              ("?cursor=x", 400), ("?lead=x", 404)):
            self.assertEqual(self.server.get("/v1/dead-letters" + query).status, status, query)

    def test_retry_as_it_is_once_the_crm_takes_it(self):
        letter = self.one_letter()
        self.crm.refuse = None
        answer = self.act(letter, "retry")
        self.assertEqual(answer.status, 200, answer.body)
        self.wait_rest(letter)
        self.assertEqual(self.crm.contacts["1"]["company"], "Acme")
        self.assertEqual(self.letters(), [])
        self.assertEqual(self.act(letter, "retry").status, 409)
        self.assertEqual(self.server.queue()["dead"], 0)

    def test_fields_mend_this_write_only(self):
        letter = self.one_letter()
        answer = self.act(letter, "retry", {"fields": {"company": "Other"}})
        self.assertEqual(answer.status, 200, answer.body)
        delivered = self.wait_rest(letter)
        self.assertEqual(self.crm.contacts["1"]["company"], "Other")
        self.assertEqual(self.letters(), [])
        # The write is marked, the one before it is not; the lead is as it was.
        self.assertEqual([(a["outcome"], a["edited"]) for a in delivered["attempts"]],
                         [("delivered", ["company"]), ("fix_data", None)])
        self.assertIsNone(delivered["edit"])
        lead = letter["lead_id"]
        self.assertEqual(self.server.get(f"/v1/leads/{lead}").json()["fields"]["company"], "Acme")
        acts = [e for e in self.server.get("/v1/audit?limit=100").json()["items"]
                if e["action"] == "delivery.retried"]
        self.assertTrue(acts[0]["detail"]["edited"], acts)
        # And it is this write's only: the next one says what the lead has.
        self.crm.refuse = None
        self.send(email="ada@example.org", first_name="Ada", company="Later Ltd")
        self.server.wait_delivered(20)
        attempts = self.server.get(f"/v1/deliveries/{letter['id']}").json()["attempts"]
        self.assertEqual((attempts[0]["outcome"], attempts[0]["edited"]), ("delivered", None))
        self.assertEqual(self.crm.contacts["1"]["company"], "Later Ltd")

    def test_fields_are_held_against_the_schema(self):
        letter = self.one_letter()
        wrong = self.act(letter, "retry", {"fields": {"compani": "x", "company": "x" * 61}})
        self.assertEqual(wrong.status, 422)
        self.assertEqual([e["code"] for e in wrong.json()["errors"]],
                         ["unknown_field", "too_long"])
        self.assertEqual(len(self.letters()), 1)

    def test_lead_mends_the_lead(self):
        letter = self.one_letter()
        bad = self.act(letter, "retry", {"lead": {"phone": "12", "message": "x"}})
        self.assertEqual(bad.status, 422)
        self.assertEqual({e["field"] for e in bad.json()["errors"]}, {"phone", "message"})
        answer = self.act(letter, "retry", {"lead": {"company": "Better", "custom": {"n": 1}}})
        self.assertEqual(answer.status, 200, answer.body)
        self.wait_rest(letter)
        self.assertEqual(self.crm.contacts["1"]["company"], "Better")
        delivered = self.server.get(f"/v1/deliveries/{letter['id']}").json()
        self.assertEqual(delivered["told_version"], delivered["wanted_version"])
        self.assertGreater(delivered["told_version"], letter["wanted_version"])

    def test_discard_wants_a_reason_and_rests(self):
        letter = self.one_letter()
        self.assertEqual(self.act(letter, "discard", {}).status, 422)
        self.assertEqual(self.act(letter, "discard", {"reason": "x", "y": 1}).status, 422)
        self.assertEqual(self.act(letter, "discard", {"reason": "not wanted"}).status, 200)
        self.assertEqual(self.letters(), [])
        rest = self.server.get(f"/v1/deliveries/{letter['id']}").json()
        self.assertEqual((rest["state"], rest["code"]), ("at_rest", "discarded"))
        self.assertEqual(self.server.queue()["at_rest"], 1)

    def test_bulk_retry_takes_all_of_the_filter(self):
        self.refuse_companies()
        for i in range(3):
            self.send(email=f"b{i}@example.org", company="Acme")
        self.server.wait_until(lambda: len(self.letters()) == 3, what="three dead letters")
        self.crm.refuse = None
        self.assertEqual(self.server.post("/v1/dead-letters/retry?code=permanent").json(),
                         {"retried": 0})
        self.assertEqual(self.server.post("/v1/dead-letters/retry?code=fix_data").json(),
                         {"retried": 3})
        self.server.wait_delivered()
        self.assertEqual(len(self.crm.contacts), 3)

    def test_pointing_at_the_record_updates_it(self):
        self.crm.contacts["77"] = {"id": "77", "email": "old@example.org", "company": ""}
        letter = self.one_letter()
        self.crm.refuse = None
        answer = self.act(letter, "point", {"remote_id": "77"})
        self.assertEqual(answer.status, 200, answer.body)
        rest = self.wait_rest(letter)
        self.assertEqual(rest["link"]["remote_id"], "77")
        self.assertEqual(self.crm.contacts["77"]["company"], "Acme")
        self.assertEqual(list(self.crm.contacts), ["77"])

    def test_what_is_not_there_is_not_found(self):
        for path in ("/v1/dead-letters/0000000000000", "/v1/dead-letters/x",
                     "/v1/deliveries/01ZZZZZZZZZZZ", "/v1/calls/01ZZZZZZZZZZZ"):
            self.assertEqual(self.server.get(path).status, 404, path)
        for verb in ("retry", "send-again"):
            self.assertEqual(self.act({"id": "01ZZZZZZZZZZZ"}, verb).status, 404)

    def test_calls_are_listed_by_connection(self):
        self.send(email="c@example.org")
        self.server.wait_delivered()
        calls = self.server.get("/v1/calls?connection=crm").json()["items"]
        self.assertEqual([call["verb"] for call in calls], ["write", "find"])
        self.assertNotIn("request", calls[0])
        whole = self.server.get("/v1/calls/" + calls[0]["id"]).json()
        self.assertEqual(json.loads(whole["request"])["email"], "c@example.org")
        self.assertEqual(len(self.server.get("/v1/calls").json()["items"]), 2)

    def test_a_crm_that_echoes_the_credentials_spreads_them_nowhere(self):
        self.crm.refuse = lambda fields: f"refused: Authorization: Bearer {TOKEN}, sorry"
        self.send(email="echo@example.org")
        letter = self.server.wait_until(self.letters, what="a dead letter")[0]
        self.assertIn("refused", letter["reason"])
        self.assertIn("sorry", letter["reason"], "the rest is kept")
        calls = self.server.get("/v1/calls?connection=crm").json()["items"]
        shown = [self.server.get("/v1/calls/" + call["id"]).body for call in calls]
        shown.append(self.server.get(f"/v1/dead-letters/{letter['id']}").body)
        shown.append(json.dumps([letter, self.server.get("/v1/alerts").json()]).encode())
        shown.append(self.server.log().encode())
        self.server.stop()
        for name in os.listdir(self.server.data):
            if name != "admin.token":
                with open(os.path.join(self.server.data, name), "rb") as file:
                    shown.append(file.read())
        for text in shown:
            self.assertNotIn(TOKEN.encode(), text)

    def test_problems_name_the_request(self):
        answer = self.server.get("/v1/deliveries/01ZZZZZZZZZZZ")
        self.assertEqual(len(answer.json()["request_id"]), 13)
        self.assertEqual(answer.headers["Content-Type"], "application/problem+json")


class Uncertain(unittest.TestCase):
    """A CRM that cannot be searched: what was lost is a person's to decide."""

    def setUp(self):
        self.crm = PlainCrm()
        self.addCleanup(self.crm.end)
        self.server = Server("--allow-networks", self.crm.network()).start()
        self.addCleanup(self.server.end)
        workspace = self.crm.workspace()
        for verb in ("find", "read"):
            del workspace["connections"][0]["settings"][verb]
        answer = self.server.apply(workspace, self.crm.secrets())
        self.assertEqual(answer.status, 200, answer.body)
        self.crm.lose_replies = 1
        self.server.post("/v1/leads", {"source": "portal", "email": "lost@example.org",
                                       "custom": {"external_id": "u1-0000001"}})
        self.server.wait_until(self.letters, what="a parked delivery")

    def letters(self):
        return self.server.get("/v1/dead-letters").json()["items"]

    def act(self, verb, body=None):
        return self.server.post(f"/v1/dead-letters/{self.letters()[0]['id']}/{verb}", body)

    def test_parked_ones_are_listed_with_the_dead(self):
        letter = self.letters()[0]
        self.assertEqual((letter["state"], letter["is_uncertain"]), ("parked", True))
        self.assertEqual(letter["lead"]["fields"]["custom.external_id"], "u1-0000001")
        self.assertEqual(self.server.queue()["uncertain"], 1)

    def test_send_again_sends_without_looking(self):
        self.assertEqual(self.act("send-again").status, 200)
        self.server.wait_until(lambda: self.server.queue()["at_rest"] == 1)
        self.assertEqual(len(self.crm.contacts), 2)  # a person said so

    def test_it_is_there(self):
        self.assertEqual(self.act("point", {"remote_id": "1"}).status, 200)
        self.server.wait_until(lambda: self.server.queue()["at_rest"] == 1)
        self.assertEqual(len(self.crm.contacts), 1)


if __name__ == "__main__":
    unittest.main()
