"""JSONTestSuite through every door that takes JSON: what is JSON is read, what is none is
refused, and nothing makes the server fail."""
import glob
import json
import os
import unittest

from server import Server

SUITE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "sources",
                     "jsontestsuite")
ADDRESS = "jsonsuiteaddress1"
WORKSPACE = {"version": 1, "sources": [
    {"name": "sender", "kind": "api", "trust": "trusted", "address": ADDRESS}]}

# JSON, but not what we take: a lead whose phone stands in it twice has no phone that counts,
# and NUL ends a text in too many places behind us.
REFUSED = {"y_object_duplicated_key.json": "duplicate",
           "y_object_duplicated_key_and_value.json": "duplicate",
           "y_object_escaped_null_in_key.json": "NUL byte",
           "y_string_null_escape.json": "\\u0000"}


def suite():
    for path in sorted(glob.glob(os.path.join(SUITE, "*.json"))):
        with open(path, "rb") as file:
            yield os.path.basename(path), file.read()


class JsonSuite(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server("--token-rate", "0", "--source-rate", "0").start()
        answer = cls.server.apply(WORKSPACE)
        assert answer.status == 200, answer.body
        cls.files = list(suite())
        assert len(cls.files) == 318

    @classmethod
    def tearDownClass(cls):
        cls.server.end()

    def post_all(self, path, content_type="application/json", token="admin"):
        """(name, body, answer) of each file. No answer is a failure of the server."""
        for name, body in self.files:
            answer = self.server.post(path, body, headers={"Content-Type": content_type},
                                      token=token)
            self.assertLess(answer.status, 500, f"{name}: {answer.body}")
            if answer.status >= 400:
                problem = answer.json()
                self.assertEqual(problem["status"], answer.status, name)
                self.assertTrue(problem["code"] and problem["detail"], name)
            yield name, body, answer
        self.assertIsNone(self.server.process.poll())
        self.assertEqual(self.server.get("/healthz", token=None).status, 200)

    def check(self, name, answer, count):
        """Counts by the suite's word. `answer` is one lead's."""
        shown = f"{name}: {answer.status} {answer.body[:300]}"
        word = name[0]
        if word == "n":
            self.assertIn(answer.status, (400, 413), shown)
            self.assertIn(answer.json()["code"], ("malformed", "too_large"), shown)
        elif name in REFUSED:
            self.assertEqual((answer.status, answer.json()["code"]), (400, "malformed"), shown)
            self.assertIn(REFUSED[name], answer.json()["detail"], shown)
        elif word == "y":
            # None of them is a lead: read, and refused for what it says.
            self.assertEqual((answer.status, answer.json()["code"]), (422, "invalid"), shown)
        count[word] = count.get(word, 0) + 1

    def test_one_lead(self):
        before, count = self.server.queue(), {}
        understood = 0
        for name, _, answer in self.post_all("/v1/leads"):
            self.check(name, answer, count)
            understood += answer.status == 422
        self.assertEqual(count, {"y": 95, "n": 188, "i": 35})
        after = self.server.queue()
        self.assertEqual((after["received"] - before["received"],
                          after["rejected"] - before["rejected"]), (understood, understood))

    def test_a_batch_as_an_array(self):
        arrays = 0
        for name, body, answer in self.post_all("/v1/leads/batch"):
            shown = f"{name}: {answer.status} {answer.body[:300]}"
            if name[0] == "n":
                self.assertIn(answer.status, (400, 413), shown)
            if name[0] != "y" or name in REFUSED:
                continue
            items = json.loads(body)
            if isinstance(items, list):
                self.assertEqual(answer.status, 200, shown)
                self.assertEqual([r["status"] for r in answer.json()["results"]],
                                 [422] * len(items), shown)
                arrays += 1
            else:
                self.assertEqual(answer.status, 400, shown)
                self.assertIn("array", answer.json()["detail"], shown)
        self.assertGreater(arrays, 60)

    def test_a_batch_as_lines(self):
        for name, body, answer in self.post_all("/v1/leads/batch", "application/x-ndjson"):
            if answer.status != 200:
                self.assertIn(answer.status, (400, 413), name)
                continue
            statuses = [json.loads(line)["status"] for line in answer.body.splitlines()]
            if name[0] == "n" and b"\n" not in body:
                self.assertTrue(set(statuses) <= {400, 413}, f"{name}: {statuses}")
            elif name[0] == "y" and b"\n" not in body and name not in REFUSED:
                self.assertEqual(statuses, [422], name)

    def test_a_source_address(self):
        for name, _, answer in self.post_all("/in/" + ADDRESS, token=None):
            if name[0] == "n":
                self.assertIn(answer.status, (400, 413), f"{name}: {answer.body}")
            self.assertGreaterEqual(answer.status, 400, name)


if __name__ == "__main__":
    unittest.main()
