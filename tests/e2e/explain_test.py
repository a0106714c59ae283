"""What people do with leads: find, explain, edit, merge, export, erase."""
import json
import sqlite3
import unittest

import server
from plain_crm import Connected
from server import Server

WORKSPACE = {
    "version": 1,
    "people": [{"name": "rita", "email": "rita@example.com"},
               {"name": "sam", "email": "sam@example.com"}],
    "sources": [{"name": "partner", "kind": "api", "trust": "trusted"},
                {"name": "website", "kind": "form", "trust": "public",
                 "address": "explainaddress01"},
                {"name": "once", "kind": "api", "trust": "trusted", "behaviour": "create_only"}],
    "score": [{"name": "solar", "when": [{"field": "custom.product", "op": "is",
                                          "value": "solar"}],
               "points": 30, "reason": "asks for solar"}],
    "routes": [{"name": "everybody", "pool": "inside"}],
    "pools": [{"name": "inside", "people": ["rita", "sam"]}],
}


class Explain(unittest.TestCase):
    store = None

    @classmethod
    def setUpClass(cls):
        cls.server = Server(store=cls.new_store()).start()
        answer = cls.server.apply(WORKSPACE)
        assert answer.status == 200, answer.body

    @classmethod
    def new_store(cls):
        return None

    @classmethod
    def tearDownClass(cls):
        cls.server.end()

    def send(self, status=None, headers=None, **fields):
        answer = self.server.post("/v1/leads", fields, headers=headers)
        if status:
            self.assertEqual(answer.status, status, answer.body)
        return answer.json()

    def get(self, path, status=200):
        answer = self.server.get(path)
        self.assertEqual(answer.status, status, answer.body)
        return answer.json()

    def post(self, path, body=None, status=200):
        answer = self.server.post(path, body)
        self.assertEqual(answer.status, status, answer.body)
        return answer.json()

    def patch(self, lead, body, status=200):
        answer = self.server.request("PATCH", f"/v1/leads/{lead}", body)
        self.assertEqual(answer.status, status, answer.body)
        return answer.json()

    # ---- Finding and showing

    def test_leads_are_found_by_key_source_and_time(self):
        a = self.send(201, email="Find.One@example.org", source="partner")["lead_id"]
        b = self.send(201, phone="+49 30 901820", first_name="Fi")["lead_id"]
        ids = lambda query: [row["id"] for row in self.get("/v1/leads?" + query)["items"]]
        self.assertEqual(ids("email=find.one@example.org"), [a])
        self.assertEqual(ids("phone=%2B4930901820"), [b])
        self.assertEqual(ids("email=nobody@example.org"), [])
        self.assertIn(a, ids("source=partner"))
        self.assertNotIn(b, ids("source=partner"))
        self.assertEqual(ids("email=find.one@example.org&source=website"), [])
        self.assertIn(b, ids("since=2020-01-01T00:00:00Z"))
        self.assertEqual(ids("since=2100-01-01T00:00:00Z"), [])
        self.get("/v1/leads?source=nowhere", 404)
        self.get("/v1/leads?since=yesterday", 422)
        self.get("/v1/leads?email=nonsense", 422)

    def test_a_list_goes_on_where_it_ended(self):
        sent = [self.send(201, email=f"page{i}@example.org")["lead_id"] for i in range(5)]
        seen, path = [], "/v1/leads?limit=2"
        while path:
            page = self.get(path)
            seen += [row["id"] for row in page["items"]]
            cursor = page["next_cursor"]
            path = f"/v1/leads?limit=2&cursor={cursor}" if cursor else None
        self.assertEqual(len(seen), len(set(seen)))
        self.assertEqual([i for i in seen if i in sent], sent[::-1])

    def test_a_lead_says_where_each_value_came_from(self):
        lead = self.send(201, email="from@example.org", company="Acme",
                         source="partner")["lead_id"]
        shown = self.get(f"/v1/leads/{lead}")
        self.assertEqual(shown["fields"]["company"], "Acme")
        self.assertEqual(shown["provenance"]["company"]["writer_name"], "partner")
        self.assertEqual(shown["identities"][0]["key"], "from@example.org")

    # ---- Editing

    def test_a_person_edits_in_the_normal_form(self):
        lead = self.send(201, email="edit@example.org", country="DE")["lead_id"]
        after = self.patch(lead, {"phone": "030 901821", "custom": {"budget": 5}})
        self.assertEqual(after["version"], 2)
        self.assertEqual(after["fields"]["phone"], "+4930901821")
        self.assertEqual(after["provenance"]["phone"]["writer"], "person")
        self.assertEqual(self.patch(lead, {"phone": "+4930901821"})["version"], 2)
        self.assertEqual([row["id"] for row in
                          self.get("/v1/leads?phone=%2B4930901821")["items"]], [lead])
        refused = self.patch(lead, {"phone": "12", "owner": "nobody"}, 422)
        self.assertEqual(sorted(e["field"] for e in refused["errors"]), ["owner", "phone"])
        self.patch("0000000000001", {"company": "x"}, 404)
        self.patch(lead, {"email": None, "phone": None}, 422)
        entry = self.get(f"/v1/leads/{lead}/timeline")["items"][0]
        self.assertEqual((entry["kind"], entry["action"]), ("audit", "lead.edited"))

    # ---- Why

    def test_why_names_rule_reason_route_and_key(self):
        first = self.send(201, email="why@example.org", first_name="Wy",
                          custom={"product": "solar"})
        lead = first["lead_id"]
        self.send(200, email="why@example.org", company="New GmbH", source="partner")
        why = self.get(f"/v1/leads/{lead}/why")
        second, made = why["decisions"][0], why["decisions"][-1]
        self.assertEqual(made["result"], "created")
        self.assertEqual(made["factors"], [{"name": "solar", "points": 30,
                                            "reason": "asks for solar"}])
        self.assertEqual(made["route"]["name"], "everybody")
        self.assertIn(made["route"]["owner"], ("rita", "sam"))
        self.assertEqual(second["match"], {"kind": "email", "key": "why@example.org"})
        self.assertEqual([c["field"] for c in second["changes"] if c["change"] == "set"],
                         ["company"])
        self.assertEqual(why["policies"]["company"]["policy"], "newest")
        self.get("/v1/leads/0000000000001/why", 404)

    # ---- Submissions

    def test_what_was_refused_is_listed_with_its_reason(self):
        self.send(422, email="not an address")
        self.send(201, email="once@example.org")
        self.send(200, email="once@example.org", source="once")
        rows = self.get("/v1/submissions?state=rejected&limit=10")["items"]
        self.assertEqual(rows[0]["result"], "ignored")
        self.assertEqual(rows[0]["reason"], "create_only")
        self.assertEqual(rows[1]["result"], "rejected")
        self.assertEqual(rows[1]["errors"][0]["field"], "email")
        whole = self.get("/v1/submissions/" + rows[1]["id"])
        self.assertEqual(json.loads(whole["raw"])["email"], "not an address")
        self.get("/v1/submissions?state=odd", 422)

    def test_what_is_ignored_twice_in_a_row_is_listed_once(self):
        lead = self.send(201, email="twice@example.org")["lead_id"]
        first = self.send(200, email="twice@example.org", source="once")
        self.assertEqual((first["result"], first["lead_id"]), ("ignored", lead))
        self.assertEqual(self.send(200, email="twice@example.org", source="once"), first)
        other = self.send(200, email="twice@example.org", city="Bonn", source="once")
        rows = self.get("/v1/submissions?state=rejected&limit=2")["items"]
        self.assertEqual([row["id"] for row in rows], [other["id"], first["id"]])

    # ---- Conflicts

    def form(self, body):
        answer = self.server.post("/in/explainaddress01", body, token=None, headers={
            "Content-Type": "application/x-www-form-urlencoded"})
        self.assertEqual(answer.status, 202, answer.body)

    def conflict(self, email, body):
        lead = self.send(201, email=email, company="Ours Ltd")["lead_id"]
        self.form(body)
        rows = self.get(f"/v1/conflicts?lead={lead}")["items"]
        self.assertEqual(len(rows), 1, rows)
        return lead, rows[0]

    def test_a_conflict_is_decided_by_a_person(self):
        lead, row = self.conflict("conf1@example.org",
                                  b"email=conf1%40example.org&company=Theirs+Ltd")
        self.assertEqual((row["ours"], row["theirs"], row["writer_name"]),
                         ("Ours Ltd", "Theirs Ltd", "website"))
        self.post(f"/v1/conflicts/{row['id']}/resolve", {"take": "both"}, 422)
        version = self.get(f"/v1/leads/{lead}")["version"]
        self.post(f"/v1/conflicts/{row['id']}/resolve", {"take": "theirs"})
        shown = self.get(f"/v1/leads/{lead}")
        self.assertEqual((shown["fields"]["company"], shown["version"]),
                         ("Theirs Ltd", version + 1))
        self.post(f"/v1/conflicts/{row['id']}/resolve", {"take": "ours"}, 409)
        self.assertEqual(self.get(f"/v1/conflicts?lead={lead}")["items"], [])
        self.post("/v1/conflicts/0000000000001/resolve", {"take": "theirs"}, 404)

    def test_ours_leaves_the_lead_as_it_is(self):
        lead, row = self.conflict("conf2@example.org",
                                  b"email=conf2%40example.org&company=Theirs+Ltd")
        before = self.get(f"/v1/leads/{lead}")
        self.post(f"/v1/conflicts/{row['id']}/resolve", {"take": "ours"})
        self.assertEqual(self.get(f"/v1/leads/{lead}"), before)
        self.assertEqual(self.get(f"/v1/conflicts?state=ours&lead={lead}")["items"][0]["id"],
                         row["id"])

    # ---- Merging

    def two(self, name):
        """Two leads with a doubt between them: one phone, two persons."""
        phone = "+4930" + str(9018000 + sum(map(ord, name)))
        a = self.send(201, email=f"{name}.a@example.org", phone=phone, first_name="Anna",
                      last_name="Meier", company="Old AG", consent={"channel": "email", "granted": True,
                                                         "wording": "yes please"})["lead_id"]
        b = self.send(201, email=f"{name}.b@example.org", phone=phone, first_name="Bertram",
                      last_name="Schulz", title="CEO")["lead_id"]
        self.assertNotEqual(a, b)
        return a, b

    def test_a_possible_duplicate_is_merged_and_taken_apart_again(self):
        a, b = self.two("dup")
        before = self.get(f"/v1/leads/{a}"), self.get(f"/v1/leads/{b}")
        row = self.get(f"/v1/duplicates?lead={b}")["items"][0]
        self.assertEqual(row["reason"], "phone_only")
        self.assertEqual({row["lead"]["id"], row["other"]["id"]}, {a, b})
        merged = self.post(f"/v1/duplicates/{row['id']}/decide", {"decision": "same"})
        self.post(f"/v1/duplicates/{row['id']}/decide", {"decision": "apart"}, 409)
        one = self.get(f"/v1/leads/{b}")
        self.assertEqual(one["id"], a)
        self.assertEqual(one["fields"]["title"], "CEO")
        self.assertEqual(one["fields"]["email"], "dup.b@example.org")
        states = {i["key"]: i["state"] for i in one["identities"]}
        self.assertEqual(states["dup.a@example.org"], "former")
        self.assertEqual(states["dup.b@example.org"], "current")
        self.assertEqual(len(self.get(f"/v1/enquiries?lead={a}")["items"]), 2)
        self.assertEqual(len(self.get(f"/v1/leads/{a}/why")["decisions"]), 2)
        self.assertEqual(self.send(200, email="dup.b@example.org", city="Bonn")["lead_id"], a)
        self.post(f"/v1/leads/{a}/merge", {"other": b}, 409)
        self.assertEqual(self.get(f"/v1/merges?lead={b}")["items"][0]["id"],
                         merged["merge_id"])

        self.post(f"/v1/merges/{merged['merge_id']}/undo")
        self.post(f"/v1/merges/{merged['merge_id']}/undo", status=409)
        for old in before:
            new = self.get(f"/v1/leads/{old['id']}")
            self.assertEqual(new["id"], old["id"])
            new["fields"].pop("city", None)
            self.assertEqual(new["fields"], old["fields"])
            self.assertEqual(new["identities"], old["identities"])
        self.assertEqual(self.send(200, email="dup.b@example.org")["lead_id"], b)
        self.assertEqual(self.send(200, email="dup.a@example.org")["lead_id"], a)
        self.assertEqual(self.get(f"/v1/duplicates?lead={a}")["items"], [])

    def test_leads_kept_apart_stay_two(self):
        a, b = self.two("apart")
        row = self.get(f"/v1/duplicates?lead={a}")["items"][0]
        self.post(f"/v1/duplicates/{row['id']}/decide", {"decision": "apart"})
        self.assertEqual(self.get(f"/v1/leads/{b}")["id"], b)
        self.assertEqual(self.get(f"/v1/duplicates?lead={a}&state=apart")["items"][0]["id"],
                         row["id"])

    def test_the_most_restrictive_consent_counts_after_a_merge(self):
        a = self.send(201, email="cons.a@example.org", consent={
            "channel": "email", "granted": False, "at": "2026-01-01T00:00:00Z"})["lead_id"]
        b = self.send(201, email="cons.b@example.org", consent={
            "channel": "email", "granted": True, "at": "2026-02-01T00:00:00Z"})["lead_id"]
        merge = self.post(f"/v1/leads/{b}/merge", {"other": a})["merge_id"]
        rows = self.get(f"/v1/consents?lead={a}")["items"]
        latest = max(rows, key=lambda row: row["at"])
        self.assertEqual((len(rows), latest["is_granted"]), (3, False))
        self.post(f"/v1/merges/{merge}/undo")
        self.assertEqual([r["is_granted"] for r in
                          self.get(f"/v1/consents?lead={b}")["items"]], [True])

    # ---- Erasing

    def dump(self):
        with sqlite3.connect(f"file:{self.server.data}/fairlead.db?mode=ro", uri=True) as db:
            return "\n".join(db.iterdump())

    def test_an_erased_lead_is_forgotten_everywhere(self):
        marks = ["Quagmire", "erase.me@example.org", "erase.me.too@example.org", "Xylograph",
                 "my secret message", "wording of consent", "+4930901899", "901899"]
        key = {"Idempotency-Key": "erase-1"}
        body = dict(email="erase.me@example.org", last_name="Quagmire", phone="030 901899",
                    country="DE", company="Xylograph AG", message="my secret message",
                    consent={"channel": "sms", "granted": False, "wording": "wording of consent"})
        lead = self.send(201, headers=key, **body)["lead_id"]
        other = self.send(201, email="erase.me.too@example.org",
                          last_name="Quagmire")["lead_id"]
        neighbour = self.send(201, email="innocent@example.org", first_name="Ines",
                              last_name="Other", phone="+49 (30) 901899")["lead_id"]
        self.patch(neighbour, {"phone": None})
        self.send(200, email="erase.me@example.org", company="Xylograph Two", source="once")
        self.send(422, email="erase.me@example.org", emial="Xylograph")
        self.form(b"email=erase.me%40example.org&company=Xylograph+Form")
        self.post(f"/v1/leads/{lead}/merge", {"other": other})
        export = self.get(f"/v1/leads/{other}/export")
        self.assertEqual(export["lead"]["fields"]["last_name"], "Quagmire")
        self.assertIn("my secret message", json.dumps(export["submissions"]))
        self.assertIn("wording of consent", json.dumps(export["consents"]))
        self.assertIn("erase.me.too@example.org", json.dumps(export["merged_leads"]))
        before = self.server.queue()

        said = self.post(f"/v1/leads/{other}/erase")
        self.assertEqual((said["lead_id"], said["is_erased"]), (lead, True))
        self.post(f"/v1/leads/{lead}/erase", status=409)
        shown = self.get(f"/v1/leads/{lead}")
        self.assertEqual((shown["is_erased"], shown["fields"]), (True, {}))
        self.assertEqual(self.get(f"/v1/leads/{other}")["is_erased"], True)
        replayed = self.server.post("/v1/leads", body, headers=key)
        self.assertEqual(replayed.status, 410, replayed.body)
        self.assertTrue(self.get("/v1/audit/verify")["is_intact"])
        after = self.server.queue()
        self.assertEqual(sum(v for k, v in after.items() if k != "received"),
                         after["received"])
        self.assertGreater(after["erased"], before["erased"])

        # The neighbour's own submission said the number: it is the neighbour's to forget.
        self.post(f"/v1/leads/{neighbour}/erase")
        dump = self.dump_of_all()
        for mark in marks:
            self.assertNotIn(mark, dump)
        again = self.send(201, email="erase.me@example.org")
        self.assertNotEqual(again["lead_id"], lead)
        why = self.get(f"/v1/leads/{again['lead_id']}/why")["decisions"][0]
        self.assertIn("no sms for qualification: withdrawn", [n["text"] for n in why["notes"]])

    def dump_of_all(self):
        return self.dump()


    # ---- Audit

    def test_audit_lists_who_did_what(self):
        lead = self.send(201, email="audit@example.org")["lead_id"]
        self.patch(lead, {"company": "Audited"})
        row = self.get("/v1/audit?limit=1")["items"][0]
        self.assertEqual((row["action"], row["object_id"], row["actor"]),
                         ("lead.edited", lead, "token"))
        self.assertNotIn("Audited", json.dumps(row))
        report = self.get("/v1/audit/verify")
        self.assertEqual((report["is_intact"], report["what"]), (True, None))
        self.assertGreater(report["entries"], 1)


@unittest.skipUnless(server.POSTGRES, "FAIRLEAD_TEST_POSTGRES is not set")
class ExplainOnPostgres(Explain):
    @classmethod
    def new_store(cls):
        cls.uri = server.new_database()
        return cls.uri

    def dump_of_all(self):
        import glob
        import shutil
        import subprocess
        pg_dump = shutil.which("pg_dump") or sorted(
            glob.glob("/usr/lib/postgresql/*/bin/pg_dump"))[-1]
        return subprocess.run([pg_dump, "--data-only", "--inserts", self.uri], check=True,
                              capture_output=True, text=True).stdout


class Timeline(Connected):
    """Every kind of what /timeline tells, of one lead whose life had it all."""

    def test_every_kind_stands_in_it(self):
        workspace = self.crm.workspace(sources=[
            {"name": "portal", "kind": "api", "default_country": "IN"},
            {"name": "site", "kind": "form", "trust": "public",
             "address": "timelineaddress1"}])
        answer = self.server.apply(workspace, self.crm.secrets())
        self.assertEqual(answer.status, 200, answer.body)
        lead = self.send(email="ada@example.org", phone="+919876500001", first_name="Asha",
                         last_name="Rao", company="Engines",
                         consent={"granted": True, "channel": "email"})
        self.server.wait_delivered()
        # A public source differs: a conflict. Another person on the phone: a duplicate.
        self.server.request("POST", "/in/timelineaddress1",
                            b"email=ada@example.org&company=Other",
                            headers={"Content-Type": "application/x-www-form-urlencoded"},
                            token=None)
        other = self.send(phone="+919876500001", email="vikram@example.org",
                          first_name="Vikram", last_name="Rao")
        answer = self.server.request("PATCH", f"/v1/leads/{lead}", {"city": "Pune"})
        self.assertEqual(answer.status, 200, answer.body)
        merged = self.send(email="asha@example.org", first_name="Asha", last_name="Rao")
        self.server.wait_delivered()  # what is being sent is not merged
        answer = self.server.post(f"/v1/leads/{lead}/merge", {"other": merged})
        self.assertEqual(answer.status, 200, answer.body)
        self.server.wait_delivered()
        items = self.server.get(f"/v1/leads/{lead}/timeline").json()["items"]
        self.assertEqual({i["kind"] for i in items},
                         {"submission", "delivery", "attempt", "merge", "consent", "conflict",
                          "duplicate", "audit"})
        of = {}
        for item in items:
            of.setdefault(item["kind"], []).append(item)
        self.assertEqual(len(of["submission"]), 3)  # its own two, and the merged lead's
        self.assertIn(other, json.dumps(of["duplicate"]))
        self.assertEqual(of["conflict"][0]["field"], "company")
        self.assertIn("delivered", {a["attempt"]["outcome"] for a in of["attempt"]})
        self.assertIn("lead.edited", {a["action"] for a in of["audit"]})
        self.assertEqual({i["connection"] for i in of["delivery"]}, {"crm"})


if __name__ == "__main__":
    unittest.main()
