"""Every type word of describe, on the wire: a value that fits reaches the CRM in its form; one that
does not is in no request at all, is listed with what to do, and the other fields are written."""
import json
import os
import unittest

from plain_crm import PlainCrm
from server import Server

COLOURS = [{"value": v, "label": v.title()} for v in ("RED", "GREEN")]

# word: (the field's own members, what fits, as it arrives, what does not, and the code)
TYPES = {
    "text": ({"length": 12}, "twelve chars", "twelve chars", "thirteen-text", "too_long"),
    "textarea": ({"length": 12}, "a\nb", "a\nb", "one two three-area", "too_long"),
    "email": ({}, "ada@x.org", "ada@x.org", "ada at x.org", "not_email"),
    "phone": ({}, "+14155552671", "+14155552671", "call me maybe", "not_phone"),
    "url": ({}, "https://x.example/a", "https://x.example/a", "my own page", "not_url"),
    "integer": ({}, "5", 5, "five-integer", "not_number"),
    "number": ({"precision": 5, "scale": 2}, "123.45", 123.45, "1.23456", "too_many_decimals"),
    "boolean": ({}, True, True, "yes-boolean", "not_boolean"),
    "date": ({}, "2026-03-02", "2026-03-02", "2026-02-30", "not_date"),
    "datetime": ({}, "2026-03-02T14:44:07+05:30", "2026-03-02T14:44:07+05:30",
                 "2026-03-77", "not_datetime"),
    "time": ({}, "10:30", "10:30", "25:61", "not_time"),
    "picklist": ({"options": COLOURS}, "RED", "RED", "MAUVE", "not_in_list"),
    "multi_picklist": ({"options": COLOURS}, ["RED", "GREEN"], ["RED", "GREEN"],
                       ["RED", "PUCE"], "not_in_list"),
    "reference": ({}, "0055g00AAA", "0055g00AAA", "Ada Byron herself", "not_reference"),
    "any": ({"length": 12}, "anything", "anything", "anything-much-longer", "too_long"),
}


class Types(unittest.TestCase):
    def start(self, **members):
        """A CRM with one field of each type; `members` are of all of them."""
        self.crm = PlainCrm()
        self.addCleanup(self.crm.end)
        self.crm.names = ["email", *("f_" + word for word in TYPES)]
        connection = self.crm.connection()
        connection["settings"]["fields"] = [{"name": "email", "type": "text"}] + [
            {"name": "f_" + word, "type": word, **own, **members}
            for word, (own, *_) in TYPES.items()]
        lines = [{"from": "email", "to": "email"}] + [
            {"from": "custom." + word, "to": "f_" + word} for word in TYPES]
        workspace = self.crm.workspace(connections=[connection])
        workspace["mappings"][0]["fields"] = lines
        self.server = Server("--allow-networks", self.crm.network()).start()
        self.addCleanup(self.server.end)
        answer = self.server.apply(workspace, self.crm.secrets())
        self.assertEqual(answer.status, 200, answer.body)

    def send(self, email, values):
        answer = self.server.post("/v1/leads", {"source": "portal", "email": email,
                                                "custom": values})
        self.assertEqual(answer.status, 201, answer.body)
        self.server.wait_delivered(30)
        return self.server.get(f"/v1/deliveries?lead={answer.json()['lead_id']}").json()["items"][0]

    def sent(self):
        """What the CRM was told, without what was not given."""
        body = json.loads(self.crm.written()[-1][2])
        return {name: value for name, value in body.items() if value is not None}

    def test_a_value_that_fits_arrives_in_the_fields_own_form(self):
        self.start()
        delivery = self.send("fits@example.org", {w: t[1] for w, t in TYPES.items()})
        self.assertEqual((delivery["state"], delivery["held"]), ("at_rest", None))
        self.assertEqual(self.sent(), {"email": "fits@example.org",
                                       **{"f_" + w: t[2] for w, t in TYPES.items()}})

    def test_one_that_does_not_is_held_before_any_call_and_the_rest_is_written(self):
        self.start()
        for word, (_, fits, _, wrong, code) in TYPES.items():
            with self.subTest(word=word):
                values = {w: t[1] for w, t in TYPES.items()}
                values[word] = wrong
                delivery = self.send(f"{word}@example.org", values)
                self.assertEqual([(h["field"], h["code"]) for h in delivery["held"]],
                                 [("f_" + word, code)])
                self.assertTrue(delivery["held"][0]["instruction"])
                self.assertEqual(set(self.sent()),
                                 {"email", *("f_" + w for w in TYPES if w != word)})
                # In no request: neither looked for nor written.
                text = wrong if isinstance(wrong, str) else wrong[1]
                self.assertNotIn(text, json.dumps(self.crm.requests, ensure_ascii=False))

    def test_one_that_must_be_there_makes_a_dead_letter_and_nothing_is_written(self):
        """The same for fields that every new record must have."""
        self.start(required=True)
        for word, (_, _, _, wrong, code) in TYPES.items():
            with self.subTest(word=word):
                values = {w: t[1] for w, t in TYPES.items()}
                values[word] = wrong
                written = len(self.crm.written())
                delivery = self.send(f"{word}@example.org", values)
                self.assertEqual((delivery["state"], delivery["code"], delivery["field"]),
                                 ("dead", "fix_data", "f_" + word))
                self.assertEqual(len(self.crm.written()), written)
                self.assertIn(code, [h["code"] for h in delivery["held"]])

    def test_every_word_of_describe_is_here(self):
        docs = os.path.join(os.path.dirname(__file__), "..", "..", "docs")
        with open(os.path.join(docs, "connectors", "rest.md")) as page:
            words = page.read().split("types are `")[1].split("`")[0].split()
        self.assertEqual(list(TYPES), words)


if __name__ == "__main__":
    unittest.main()
