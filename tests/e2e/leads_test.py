"""POST /v1/leads and /v1/leads/batch: what is answered, and what is on disk."""
import unittest

from server import Server


class Leads(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server().start()

    @classmethod
    def tearDownClass(cls):
        cls.server.end()

    def send(self, lead, **headers):
        return self.server.post("/v1/leads", lead, headers=headers)

    def test_a_new_lead_is_created(self):
        answer = self.send({"email": "new@example.org", "first_name": "Ada"})
        self.assertEqual(answer.status, 201)
        self.assertEqual(answer.json()["result"], "created")
        self.assertEqual(len(answer.json()["lead_id"]), 13)

    def test_a_known_lead_is_updated_and_then_unchanged(self):
        first = self.send({"email": "known@example.org"}).json()
        second = self.send({"email": "KNOWN@example.org", "company": "Acme"}).json()
        third = self.send({"email": "known@example.org", "company": "Acme",
                           "phone": "+919876543210"}).json()
        self.assertEqual([second["result"], third["result"]], ["updated", "updated"])
        self.assertEqual({first["lead_id"]}, {second["lead_id"], third["lead_id"]})
        again = self.send({"phone": "098765 43210", "country": "IN"})
        self.assertEqual(again.json()["lead_id"], first["lead_id"])

    def test_the_same_key_gives_the_same_answer(self):
        lead = {"email": "key@example.org"}
        first = self.send(lead, **{"Idempotency-Key": "abc"})
        second = self.send(lead, **{"Idempotency-Key": '"abc"'})
        self.assertEqual((first.status, first.body), (second.status, second.body))
        self.assertEqual(second.headers.get("Idempotent-Replayed"), "true")
        self.assertIsNone(first.headers.get("Idempotent-Replayed"))

    def test_without_a_key_the_same_values_within_a_minute_count_once(self):
        received = self.server.queue()["received"]
        first = self.send({"email": "nokey@example.org", "city": "Pune"})
        again = self.send({"city": " Pune ", "email": "nokey@example.org "})
        self.assertEqual((first.status, first.body), (again.status, again.body))
        self.assertEqual(again.headers.get("Idempotent-Replayed"), "true")
        self.assertEqual(self.server.queue()["received"], received + 1)
        other = self.send({"email": "nokey@example.org", "city": "Bonn"})
        self.assertEqual((other.status, other.json()["result"]), (200, "updated"))
        self.assertIsNone(other.headers.get("Idempotent-Replayed"))

    def test_values_that_come_back_after_others_are_no_repetition(self):
        for city in ("Pune", "Bonn", "Pune"):
            answer = self.send({"email": "mover@example.org", "city": city})
            self.assertIsNone(answer.headers.get("Idempotent-Replayed"))
        lead = self.server.get(f"/v1/leads/{answer.json()['lead_id']}").json()
        self.assertEqual(lead["fields"]["city"], "Pune")
        again = self.send({"email": "mover@example.org", "city": "Pune"})
        self.assertEqual(again.headers.get("Idempotent-Replayed"), "true")

    def test_the_same_values_after_an_erasure_are_a_new_person(self):
        first = self.send({"email": "forget@example.org"}).json()["lead_id"]
        self.assertEqual(self.server.post(f"/v1/leads/{first}/erase").status, 200)
        again = self.send({"email": "forget@example.org"})
        self.assertEqual((again.status, again.json()["result"]), (201, "created"))
        self.assertNotEqual(again.json()["lead_id"], first)

    def test_the_same_key_with_another_body_is_refused(self):
        self.send({"email": "other1@example.org"}, **{"Idempotency-Key": "reused"})
        answer = self.send({"email": "other2@example.org"}, **{"Idempotency-Key": "reused"})
        self.assertEqual(answer.status, 422)
        self.assertEqual(answer.json()["code"], "idempotency_key_reused")

    def test_every_failing_field_is_listed(self):
        answer = self.send({"email": "no-at-sign", "fone": "1", "occurred_at": "yesterday"})
        self.assertEqual(answer.status, 422)
        fields = {error["field"] for error in answer.json()["errors"]}
        self.assertLessEqual({"email", "fone", "occurred_at"}, fields)
        self.assertIn("phone", str(answer.json()["errors"]))
        for error in answer.json()["errors"]:
            self.assertTrue(error["code"] and error["message"] and error["instruction"])

    def test_what_is_wrong_with_the_request_has_a_status(self):
        post = self.server.post
        json_type = {"Content-Type": "application/json"}
        self.assertEqual(post("/v1/leads", b"{", headers=json_type).status, 400)
        self.assertEqual(post("/v1/leads", b"[]", headers=json_type).status, 422)
        self.assertEqual(post("/v1/leads", b"{}", headers={"Content-Type": "text/csv"}).status,
                         415)
        self.assertEqual(post("/v1/leads", b" " * 70000, headers=json_type).status, 413)
        self.assertEqual(post("/v1/leads", {"email": "a@example.org"}, token=None).status, 401)
        self.assertEqual(post("/v1/leads", {"email": "a@example.org"}, token="flk_no").status,
                         401)
        self.assertEqual(self.server.get("/v1/nothing").status, 404)
        self.assertEqual(self.server.request("DELETE", "/v1/leads").status, 405)
        self.assertEqual(post("/v1/leads", {"email": "a@example.org", "source": "no"}).status,
                         422)

    def test_equal_people_of_a_batch_are_one_lead(self):
        answer = self.server.post("/v1/leads/batch", [
            {"email": "b1@example.org"}, {"email": "b2@example.org"},
            {"email": "b1@example.org", "company": "Acme"}, {"email": "bad"}])
        results = answer.json()["results"]
        self.assertEqual([r["status"] for r in results], [201, 201, 200, 422])
        self.assertEqual(results[0]["lead_id"], results[2]["lead_id"])
        self.assertEqual([r["index"] for r in results], [0, 1, 2, 3])

    def test_a_bad_line_of_ndjson_fails_alone(self):
        body = b'{"email":"n1@example.org"}\n{"email":\n\n{"email":"n2@example.org"}\n'
        answer = self.server.post("/v1/leads/batch", body,
                                  headers={"Content-Type": "application/x-ndjson"})
        self.assertEqual(answer.status, 200)
        statuses = [__import__("json").loads(line)["status"]
                    for line in answer.body.splitlines()]
        self.assertEqual(statuses, [201, 400, 201])

    def test_a_bad_array_is_refused_whole(self):
        before = self.server.queue()["received"]
        answer = self.server.post("/v1/leads/batch", b'[{"email":"x@example.org"},{]',
                                  headers={"Content-Type": "application/json"})
        self.assertEqual(answer.status, 400)
        self.assertEqual(self.server.queue()["received"], before)

    def test_the_queue_adds_up(self):
        queue = self.server.queue()
        self.assertEqual(queue["received"], sum(
            queue[name] for name in ("at_rest", "pending", "dead", "uncertain", "rejected",
                                     "erased")))

    def test_no_person_stands_in_the_log(self):
        self.send({"email": "secret.person@example.org", "first_name": "Zebediah",
                   "phone": "+14155552671"})
        for word in ("secret.person", "Zebediah", "4155552671", self.server.token()):
            self.assertNotIn(word, self.server.log())


if __name__ == "__main__":
    unittest.main()
