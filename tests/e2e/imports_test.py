"""Files of leads: by the command and by the API, interrupted, planned, and with rows that
are refused."""
import csv
import io
import json
import os
import random
import sqlite3
import subprocess
import sys
import threading
import time
import unittest

from server import FAIRLEAD, POSTGRES, Server, new_database

WORKSPACE = {"version": 1, "sources": [
    {"name": "sheet", "kind": "file", "default_country": "IN", "keys": ["email", "phone"]},
    {"name": "web", "kind": "api"}]}
MESSY = """Full Name;E-Mail Address;Mobile No.;Which flat size?
Asha Rao;asha@example.in;098765 43210;2 bhk
"Rao, Asha";ASHA@example.in;+91 98765-43210;"3; with
a view"
Bad Phone;;12;
;;;
Formula;=cmd()@example;;x
Zoë;zoe@example.org;;
"""


def people(count, seed=1):
    """Rows with people who come again, as (name, email, phone, city)."""
    dice = random.Random(seed)
    rows = []
    for i in range(count):
        who = dice.randrange(i + 1) if i and dice.random() < 0.2 else i
        rows.append((f"First{who} Last{who}", f"p{who}@example.org",
                     f"+4930{2000000 + who}", dice.choice(["Pune", "Bonn", ""])))
    return rows


def as_csv(rows):
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["name", "email", "phone", "city"])
    writer.writerows(rows)
    return out.getvalue().encode()


class Base(unittest.TestCase):
    args = ("--log-level", "warn")

    def setUp(self):
        self.server = Server(*self.args, store=self.new_store()).start()
        self.assertEqual(self.server.apply(WORKSPACE).status, 200)

    def new_store(self):
        return None

    def tearDown(self):
        self.server.end()

    def file(self, content, name="leads.csv"):
        path = os.path.join(self.server.folder, name)
        with open(path, "wb") as out:
            out.write(content)
        return path

    def run_command(self, *args, stdin=None):
        return subprocess.run([FAIRLEAD, *args, "--data", self.server.data], input=stdin,
                              capture_output=True)

    def send(self, content, query="source=sheet", status=200):
        answer = self.server.request("POST", "/v1/imports?" + query, content,
                                     headers={"Content-Type": "text/csv"}, timeout=300)
        self.assertEqual(answer.status, status, answer.body[:2000])
        return answer.json()

    def leads(self):
        """What the store holds of each lead, without what differs from run to run."""
        found = []
        for doc, version in self.rows("SELECT doc, version FROM lead"):
            doc = json.loads(doc)
            found.append((sorted((n, v[0]) for n, v in doc["f"].items()),
                          sorted((k[0], k[1], k[2]) for k in doc["k"]), version))
        return sorted(found)

    def rows(self, sql):
        database = sqlite3.connect(os.path.join(self.server.data, "fairlead.db"))
        try:
            return database.execute(sql).fetchall()
        finally:
            database.close()


class Imports(Base):
    def test_a_messy_file_is_taken_row_by_row(self):
        answer = self.send(MESSY.encode(), "source=sheet&name=messy.csv")
        self.assertEqual([answer[name] for name in ("state", "rows", "created", "updated",
                                                    "unchanged", "failed")],
                         ["done", 6, 2, 0, 1, 2])
        self.assertEqual(answer["file"]["delimiter"], ";")
        self.assertEqual({p["line"] for p in answer["problems"]}, {5, 7})
        columns = {c["header"]: c.get("target") for c in answer["file"]["columns"]}
        self.assertEqual(columns["Which flat size?"], "custom.which_flat_size")

    def test_refused_rows_are_a_file_that_can_be_corrected(self):
        done = self.send(MESSY.encode())
        text = self.server.get(f"/v1/imports/{done['id']}/errors").body.decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(text)))
        self.assertEqual(rows[0], ["Full Name", "E-Mail Address", "Mobile No.",
                                   "Which flat size?", "not_taken_because"])
        self.assertEqual([row[0] for row in rows[1:]], ["Bad Phone", "Formula"])
        self.assertTrue(rows[2][1].startswith("'="), "a formula must not run")
        self.assertIn("phone", rows[1][4].lower())
        corrected = text.replace('"12"', "+919876500000").replace("'=cmd()@example",
                                                                  "f@example.org")
        again = self.send(corrected.encode())
        self.assertEqual((again["created"], again["failed"]), (2, 0), again)
        columns = {c["header"]: c.get("target") for c in again["file"]["columns"]}
        self.assertIsNone(columns["not_taken_because"], "the reason is no value of the lead")

    def test_a_row_that_is_refused_again_has_one_reason(self):
        done = self.send(MESSY.encode())
        text = self.server.get(f"/v1/imports/{done['id']}/errors").body.decode("utf-8-sig")
        again = self.send(text.replace('"12"', '"13"').encode())
        text = self.server.get(f"/v1/imports/{again['id']}/errors").body.decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(text)))
        self.assertEqual(rows[0][4:], ["not_taken_because"])
        self.assertEqual({len(row) for row in rows}, {5})

    def test_what_is_no_such_file_is_refused_with_what_to_do(self):
        for content, query, status, word in (
                (b"", "source=sheet", 422, "empty"),
                (b"x,y\n1,2\n", "source=sheet", 422, "email"),
                (MESSY.encode(), "", 422, "source"),
                (MESSY.encode(), "source=nobody", 422, "nobody"),
                (MESSY.encode(), "source=web", 422, "kind"),
                (MESSY.encode(), "source=sheet&sha256=12", 400, "sha256")):
            answer = self.send(content, query, status)
            self.assertIn(word, answer["detail"], query)

    def test_the_same_file_again_is_asked_about(self):
        first = self.send(MESSY.encode())
        answer = self.send(MESSY.encode(), status=409)
        self.assertEqual(answer["code"], "imported_before")
        self.assertIn(first["id"], answer["detail"])
        again = self.send(MESSY.encode(), "source=sheet&again=true")
        self.assertEqual((again["created"], again["unchanged"]), (0, 3))

    def test_a_plan_says_what_would_become_of_the_rows_and_writes_nothing(self):
        planned = self.send(MESSY.encode(), "source=sheet&plan=true")
        self.assertEqual(planned["state"], "planned")
        self.assertEqual(self.rows("SELECT COUNT(*) FROM lead"), [(0,)])
        self.assertEqual(self.rows("SELECT COUNT(*) FROM import"), [(0,)])
        done = self.send(MESSY.encode())
        for answer in (planned, done):
            answer["known"] = answer["updated"] + answer["unchanged"]
        self.assertEqual([planned[n] for n in ("rows", "created", "known", "failed")],
                         [done[n] for n in ("rows", "created", "known", "failed")])

    def test_pieces_come_in_order_and_may_be_cut_anywhere(self):
        content = as_csv(people(500))
        cuts = sorted(random.Random(5).sample(range(1, len(content)), 7)) + [len(content)]
        answer = self.send(content[:cuts[0]], "source=sheet&more=true", 202)
        path = f"/v1/imports/{answer['continue']}/pieces"
        wrong = self.server.request("POST", path + "?offset=1", b"x")
        self.assertEqual((wrong.status, wrong.json()["code"]), (409, "wrong_offset"))
        for begin, end in zip(cuts, cuts[1:]):
            last = "&last=true" if end == len(content) else ""
            piece = self.server.request("POST", f"{path}?offset={begin}{last}",
                                        content[begin:end])
            self.assertEqual(piece.status, 200 if last else 202, piece.body)
        self.assertEqual(piece.json()["rows"], 500)
        self.assertEqual(self.server.request("POST", path + "?offset=0", b"x").status, 404)
        kept = self.server.get(f"/v1/imports/{answer['id']}").json()
        self.assertEqual((kept["state"], kept["rows"], kept["failed"]), ("done", 500, 0))
        self.assertEqual(kept["created"] + kept["updated"] + kept["unchanged"], 500)

    def test_a_file_without_times_fills_and_does_not_overwrite(self):
        self.server.post("/v1/leads", {"email": "p0@example.org", "city": "Ghent",
                                       "source": "web"})
        done = self.send(b"email,city,company\np0@example.org,Bonn,Acme\n")
        self.assertEqual(done["updated"], 1)
        [(values, _, _)] = self.leads()
        self.assertEqual((dict(values)["city"], dict(values)["company"]), ("Ghent", "Acme"))


class Commands(Base):
    def test_a_file_is_imported_with_what_became_of_it(self):
        done = self.run_command("import", self.file(MESSY.encode()), "--source", "sheet")
        out = done.stdout.decode()
        self.assertEqual(done.returncode, 1, out + done.stderr.decode())
        self.assertIn("2  new leads", out)
        self.assertIn("line 5: ", out)
        listed = self.run_command("imports", "list", "--json").stdout
        import_id = json.loads(listed)["items"][0]["id"]
        self.assertIn(f"fairlead imports errors {import_id}", out)
        errors = self.run_command("imports", "errors", import_id).stdout.decode("utf-8-sig")
        self.assertEqual(len(list(csv.reader(io.StringIO(errors)))), 3)

    def test_a_plan_exits_2_and_writes_nothing(self):
        path = self.file(MESSY.encode())
        planned = self.run_command("import", path, "--source", "sheet", "--plan")
        self.assertEqual(planned.returncode, 2, planned.stderr)
        self.assertIn("would be new leads", planned.stdout.decode())
        self.assertIn("custom.which_flat_size", planned.stdout.decode())
        self.assertEqual(self.rows("SELECT COUNT(*) FROM lead"), [(0,)])

    def test_standard_input_is_read(self):
        done = self.run_command("import", "-", "--source", "sheet", "--json",
                                stdin=as_csv(people(20)))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["rows"], 20)

    def test_what_is_wrong_is_said(self):
        for args, code, word in (
                (("/nowhere.csv", "--source", "sheet"), 1, "No such file"),
                ((self.file(b"", "empty.csv"), "--source", "sheet"), 1, "empty"),
                ((self.file(MESSY.encode()),), 2, "--source NAME"),
                ((self.file(MESSY.encode()), "--source", "web"), 1, "kind")):
            done = self.run_command("import", *args)
            self.assertEqual(done.returncode, code, done.stderr)
            self.assertIn(word, done.stderr.decode())


class Interrupted(Base):
    """SIGKILL at random points; what is there in the end is what an import that nobody
    interrupted leaves. FAIRLEAD_TEST_ROWS makes the file larger (docs/import.md)."""

    count = int(os.environ.get("FAIRLEAD_TEST_ROWS", "40000"))
    kills = 10

    def test_ten_kills_make_no_difference(self):
        path = self.file(as_csv(people(self.count)))
        whole = Server("--log-level", "warn", store=self.new_store()).start()
        try:
            whole.apply(WORKSPACE)
            began = time.monotonic()
            done = subprocess.run([FAIRLEAD, "import", path, "--source", "sheet", "--json",
                                   "--data", whole.data], capture_output=True)
            took = time.monotonic() - began
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(whole.stop(), 0)
            mine, self.server = self.server, whole
            expected = self.leads()
            self.server = mine
        finally:
            whole.end()
        self.interrupt(path, took)
        kept = self.server.get("/v1/imports").json()["items"]
        self.assertEqual(len(kept), 1, "it went on, it did not begin anew")
        whole_answer = json.loads(done.stdout)
        for name in ("state", "rows", "created", "updated", "unchanged", "failed"):
            self.assertEqual(kept[0][name], whole_answer[name], name)
        self.assertEqual(self.server.stop(), 0)
        self.assertEqual(self.leads(), expected)
        print(f"import: {self.count} rows in {took:.1f} s, killed {self.kills} times, the same")
        sys.stdout.flush()

    def interrupt(self, path, took):
        dice = random.Random(11)
        stood = set()
        for _ in range(self.kills):
            importing = subprocess.Popen(
                [FAIRLEAD, "import", path, "--source", "sheet", "--data", self.server.data],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(dice.uniform(0.05, 0.05 + 2 * took / self.kills))
            self.server.kill()
            importing.wait(60)
            self.server.start()
            stood |= {item["rows"] for item in self.server.get("/v1/imports").json()["items"]}
        stood -= {0, self.count}
        self.assertGreater(len(stood), 1, "nothing was interrupted half-way")
        done = self.run_command("import", path, "--source", "sheet")
        if b"imported into this source before" in done.stderr:
            return  # the last interruption came after its end
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_two_at_once_take_no_row_twice(self):
        path = self.file(as_csv(people(2000)))
        results = []
        both = [threading.Thread(target=lambda: results.append(
            self.run_command("import", path, "--source", "sheet"))) for _ in range(2)]
        for one in both:
            one.start()
        for one in both:
            one.join()
        self.assertIn(0, [done.returncode for done in results],
                      [done.stderr for done in results])
        kept = self.server.get("/v1/imports").json()["items"][0]
        self.assertEqual(kept["rows"], 2000)
        self.assertEqual(kept["created"] + kept["updated"] + kept["unchanged"], 2000)


@unittest.skipUnless(POSTGRES, "needs FAIRLEAD_TEST_POSTGRES")
class InterruptedOnPostgres(Interrupted):
    count, kills = 8000, 4

    def new_store(self):
        return new_database()

    def rows(self, sql):
        done = subprocess.run(["psql", "-At", "-F", "\t", "-d", self.server.store, "-c", sql],
                              capture_output=True, text=True, check=True)
        return [tuple(line.split("\t")) for line in done.stdout.splitlines()]


if __name__ == "__main__":
    unittest.main()
