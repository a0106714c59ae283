"""What was sent is what is there: odd values through the API, an imported file and a form,
read again by the API, as a search result, and as an export. Compared as bytes."""
import csv
import io
import json
import os
import re
import unittest
from urllib.parse import urlencode

import command
from server import POSTGRES, Server, new_database

DATA = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "sources")
SPECTRUM = ["comma_in_quotes", "empty", "empty_crlf", "escaped_quotes", "json",
            "location_coordinates", "newlines", "newlines_crlf", "quotes_and_newlines", "simple",
            "simple_crlf", "utf8"]
BLANKS = " \t\n\v\f\r"
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def read_json(*path):
    with open(os.path.join(DATA, *path), encoding="utf-8") as file:
        return json.load(file)


def expected(name):
    """The rows that the suite says a file has."""
    rows = read_json("csv-spectrum", "json", name + ".json")
    if name == "location_coordinates":  # as published: one object, and another file's phone
        rows = [{**rows, "Contact Phone Number": "2095257564"}]
    return rows


def with_email(content):
    """The file with an e-mail address before each record, all else as it was."""
    out, record, in_quotes, at_begin = [], 0, False, True
    for byte in content.split(b"\n"):
        if at_begin:
            out.append(b"E-Mail," if record == 0 else b"row%d@example.org," % record)
        in_quotes ^= byte.count(b'"') % 2 == 1
        at_begin = not in_quotes
        record += at_begin
        out.append(byte + b"\n")
    whole = b"".join(out)[:-1]
    # What follows the last line end is no record.
    return re.sub(rb"(\n)row\d+@example\.org,$", rb"\1", whole)


class Base(unittest.TestCase):
    def setUp(self):
        self.server = Server("--log-level", "warn", "--token-rate", "0", "--peer-rate", "0",
                             "--source-rate", "0", store=self.new_store()).start()

    def new_store(self):
        return None

    def tearDown(self):
        self.server.end()

    def get(self, path):
        answer = self.server.get(path)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json()

    def import_file(self, content, source):
        answer = self.server.post("/v1/imports?source=" + source, content,
                                  headers={"Content-Type": "text/csv"}, timeout=300)
        self.assertEqual(answer.status, 200, answer.body[:2000])
        return answer.json()

    def leads(self):
        """All leads by their address."""
        found, cursor = {}, ""
        while cursor is not None:
            page = self.get("/v1/leads?limit=1000" + cursor)
            found.update({row["fields"]["email"]: row for row in page["items"]})
            cursor = page["next_cursor"] and "&cursor=" + page["next_cursor"]
        return found

    def read_everywhere(self, row, field):
        """The value of a listed lead's field, which must be the same wherever it is read."""
        values = [row["fields"].get(field), self.get("/v1/leads/" + row["id"])["fields"].get(field),
                  self.get(f"/v1/leads/{row['id']}/export")["lead"]["fields"].get(field)]
        self.assertEqual(values, values[:1] * 3)
        return values[0]

    def exported(self, lead):
        done = command.run("lead", "export", lead, "--data", self.server.data)
        self.assertEqual(done.code, 0, done)
        return done.json()


class NaughtyStrings(Base):
    """Blanks around a value are taken off, and what stands for nothing is no value; all else
    comes back byte for byte, or its control characters are refused in words."""

    def setUp(self):
        super().setUp()
        self.strings = read_json("naughty-strings.json")
        self.assertEqual(len(self.strings), 485)
        self.assertEqual(self.server.apply({"version": 1, "sources": [
            {"name": "sheet", "kind": "file"},
            {"name": "page", "kind": "form", "address": "roundtripaddress1"}]}).status, 200)

    def check(self, row, text):
        """Returns whether the value is there. Compares what is."""
        value = self.read_everywhere(row, "custom.x")
        if value is None:
            return False
        self.assertEqual(value.encode(), text.strip(BLANKS).encode())
        return True

    def test_through_the_api(self):
        kept = ignored = refused = 0
        for i, text in enumerate(self.strings):
            lead = {"email": f"n{i}@example.org", "custom": {"x": text}}
            if len(text) <= 200:  # what a company's name may have
                lead["company"] = text
            body = json.dumps(lead, ensure_ascii=i % 2 == 0).encode()
            answer = self.server.post("/v1/leads", body,
                                      headers={"Content-Type": "application/json"})
            if CONTROL.search(text):
                self.assertEqual(answer.status, 422, text)
                said = {e["field"]: e for e in answer.json()["errors"]}
                self.assertEqual(set(said), {"company", "custom.x"})
                for error in said.values():
                    self.assertEqual(error["code"], "not_text")
                    self.assertRegex(error["message"], r"control character U\+00[01][0-9A-F]")
                    self.assertTrue(error["instruction"])
                refused += 1
                row = self.get("/v1/submissions?state=rejected&limit=1")["items"][0]
                raw = self.get("/v1/submissions/" + row["id"])["raw"]
                self.assertEqual(raw.encode(), body, "what was refused is kept as it came")
                continue
            self.assertEqual(answer.status, 201, f"{text!r}: {answer.body}")
            lead = self.get("/v1/leads/" + answer.json()["lead_id"])
            if self.check(lead, text):
                kept += 1
                if len(text) <= 200:
                    self.assertEqual(lead["fields"]["company"], lead["fields"]["custom.x"])
            else:
                ignored += 1
                self.assertTrue(not text.strip(BLANKS) or "placeholder_ignored" in
                                {w["code"] for w in answer.json()["warnings"]}, text)
        self.assertEqual((kept + ignored + refused, refused), (485, 3))
        self.assertLess(ignored, 30)
        print(f"naughty strings by the API: {kept} kept byte for byte, {ignored} stand for "
              f"nothing, {refused} refused")

    def test_through_an_imported_file(self):
        out = io.StringIO(newline="")
        writer = csv.writer(out)
        writer.writerow(["email", "x"])
        writer.writerows([f"n{i}@example.org", text] for i, text in enumerate(self.strings))
        done = self.import_file(out.getvalue().encode(), "sheet")
        self.assertEqual((done["rows"], done["created"], done["failed"]), (485, 485, 0))
        leads = self.leads()
        self.assertEqual(len(leads), 485, "a value that cannot be kept costs no lead")
        missing = [text for i, text in enumerate(self.strings)
                   if not self.check(leads[f"n{i}@example.org"], text)]
        odd = [text for text in missing if CONTROL.search(text)]
        self.assertEqual(len(odd), 3)
        self.assertLess(len(missing), 30)
        for i, text in enumerate(self.strings):
            if not CONTROL.search(text):
                continue
            lead = leads[f"n{i}@example.org"]["id"]
            kept = self.get("/v1/submissions?lead=" + lead)["items"][0]
            kept = self.get("/v1/submissions/" + kept["id"])
            self.assertIn(text, kept["raw"])
            self.assertIn("not_text", json.dumps(kept["decision"]))
        print(f"naughty strings by a file: {485 - len(missing)} kept byte for byte, "
              f"{len(missing) - 3} stand for nothing, 3 left out of their rows")

    def test_through_a_form(self):
        for i, text in enumerate(self.strings):
            answer = self.server.post(
                "/in/roundtripaddress1",
                urlencode({"email": f"n{i}@example.org", "x": text}).encode(), token=None,
                headers={"Content-Type": "application/x-www-form-urlencoded"})
            self.assertEqual(answer.status, 202, text)
        leads = self.leads()
        self.assertEqual(len(leads), 485)
        missing = sum(not self.check(leads[f"n{i}@example.org"], text)
                      for i, text in enumerate(self.strings))
        self.assertLess(missing, 30)

    def test_the_command_exports_them(self):
        for i, text in enumerate(self.strings):
            if i % 4:  # each is a start of the program
                continue
            answer = self.server.post("/v1/leads", {"email": f"n{i}@example.org",
                                                    "custom": {"x": text}})
            if answer.status == 422:
                continue
            lead = answer.json()["lead_id"]
            exported = self.exported(lead)
            self.assertEqual(exported["lead"]["fields"].get("custom.x"),
                             self.get("/v1/leads/" + lead)["fields"].get("custom.x"))
            self.assertEqual(json.loads(exported["submissions"][0]["raw"])["custom"]["x"], text)


class CsvSpectrum(Base):
    def test_every_file_is_what_the_suite_says(self):
        count = 0
        for name in SPECTRUM:
            with self.subTest(name):
                count += self.check(name)
        self.assertEqual(count, sum(len(expected(name)) for name in SPECTRUM))

    def check(self, name):
        with open(os.path.join(DATA, "csv-spectrum", "csvs", name + ".csv"), "rb") as file:
            content = with_email(file.read())
        rows = expected(name)
        headers = list(rows[0])
        source = {"name": name, "kind": "file",
                  "map": {header: f"custom.c{i}" for i, header in enumerate(headers)}}
        self.assertEqual(self.server.apply({"version": 1, "sources": [source]}).status, 200)
        # Each file's people are others.
        content = content.replace(b"@example.org", b"@%s.example.org"
                                  % name.replace("_", "-").encode())
        done = self.import_file(content, name)
        self.assertEqual((done["rows"], done["created"], done["failed"]),
                         (len(rows), len(rows), 0), content)
        leads = self.leads()
        for number, row in enumerate(rows, 1):
            lead = leads[f"row{number}@{name.replace('_', '-')}.example.org"]
            exported = self.exported(lead["id"])["lead"]["fields"]
            for i, header in enumerate(headers):
                value = self.read_everywhere(lead, f"custom.c{i}")
                wanted = row[header] or None  # an empty cell is no value
                self.assertEqual(value, wanted, f"{name}: row {number}: {header}")
                self.assertEqual(exported.get(f"custom.c{i}"), wanted)
        return len(rows)


@unittest.skipUnless(POSTGRES, "needs FAIRLEAD_TEST_POSTGRES")
class NaughtyStringsOnPostgres(NaughtyStrings):
    def new_store(self):
        return new_database()


@unittest.skipUnless(POSTGRES, "needs FAIRLEAD_TEST_POSTGRES")
class CsvSpectrumOnPostgres(CsvSpectrum):
    def new_store(self):
        return new_database()


if __name__ == "__main__":
    unittest.main()
