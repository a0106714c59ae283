"""/openapi.json says of every route what it takes and answers; that it is true is checked with
every request of every test (contract.py). Here: that it says all, and that lies are found."""
import copy
import json
import unittest

from contract import Broken, Contract
from jsonschema import Draft202012Validator
from server import Answer, Server


def schemas_in(value):
    if isinstance(value, dict):
        for name, each in value.items():
            if name == "schema":
                yield each
            else:
                yield from schemas_in(each)
    elif isinstance(value, list):
        for each in value:
            yield from schemas_in(each)


class Description(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with Server() as server:
            cls.api = server.get("/openapi.json", token=None).json()
            cls.lead = server.post("/v1/leads", {"email": "ada@example.org"}).json()
            cls.whole = server.get("/v1/leads/" + cls.lead["lead_id"])

    def operations(self):
        for operations in self.api["paths"].values():
            yield from operations.values()

    def test_every_route_says_what_it_takes_and_answers(self):
        for operation in self.operations():
            answers = {status: answer for status, answer in operation["responses"].items()
                       if status != "default"}
            self.assertTrue(answers, operation["operationId"])
            for status, answer in answers.items():
                self.assertRegex(status, "^[23][0-9][0-9]$", operation["operationId"])
                if not answer.get("content"):
                    self.assertIn(status, ("204", "303"), operation["operationId"])
            for kind, content in operation.get("requestBody", {}).get("content", {}).items():
                if kind == "application/json":
                    self.assertTrue(content["schema"], operation["operationId"])

    def test_its_schemas_are_schemas(self):
        every = [*schemas_in(self.api["paths"]), *self.api["components"]["schemas"].values()]
        self.assertGreater(len(every), 150)
        for schema in every:
            Draft202012Validator.check_schema(schema)

    def test_objects_are_closed_or_say_that_they_are_open(self):
        """A member that nobody described would be found."""
        open_ones = [name for name, schema in self.api["components"]["schemas"].items()
                     if schema.get("type") == "object" and
                     schema.get("additionalProperties") is not False]
        self.assertEqual(sorted(open_ones), ["ConsentGiven", "LeadSent", "TimelineItem"])

    def check(self, change=None, status=200, path=None, body=None, query=""):
        answer = self.whole.json()
        if change:
            change(answer)
        Contract(copy.deepcopy(self.api)).check(
            "GET", (path or "/v1/leads/" + self.lead["lead_id"]) + query,
            {"Content-Type": "application/json"}, body,
            Answer(status, {"Content-Type": "application/json"}, json.dumps(answer).encode()))

    def test_what_is_said_of_a_lead_is_true(self):
        self.check()

    def test_lies_are_found(self):
        lies = {"a member more": lambda lead: lead.update(colour="red"),
                "a member less": lambda lead: lead.pop("version"),
                "another type": lambda lead: lead.update(version="1"),
                "no id": lambda lead: lead.update(id="51"),
                "deeper down": lambda lead: lead["identities"][0].update(state="new")}
        for name, lie in lies.items():
            with self.subTest(name), self.assertRaises(Broken):
                self.check(lie)
        for name, more in {"a status": {"status": 201}, "a query": {"query": "?colour=red"},
                           "a body": {"body": b"{}"},
                           "another route's": {"path": "/v1/deliveries/" +
                                               self.lead["lead_id"]}}.items():
            with self.subTest(name), self.assertRaises(Broken):
                self.check(**more)


if __name__ == "__main__":
    unittest.main()
