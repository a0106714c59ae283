"""Plans: what would be written, said by the code that writes; applied exactly, or refused when
the ground has changed."""
import json
import re
import sqlite3
import threading
import time
import unittest
from contextlib import closing

import activities_test
import chains_test
import hubspot_test
import salesforce_test
from plain_crm import Connected
from sandbox import Sandbox
from server import POSTGRES, Server, new_database, psql

ABSENT = "0000000000001"


class Planning:
    """What the tests below share: self.server and self.mapping are there."""

    mapping = "contacts"
    store = None

    def plan(self, status=200, **body):
        answer = self.server.post(f"/v1/mappings/{self.mapping}/plan", body)
        self.assertEqual(answer.status, status, answer.body)
        return answer.json()

    def apply_plan(self, plan, status=200):
        answer = self.server.post(f"/v1/plans/{plan['id']}/apply")
        self.assertEqual(answer.status, status, answer.body)
        return answer.json()

    def lines(self, plan, at=0):
        return {row["field"]: row for row in plan["leads"][at]["rows"]}

    def deliver(self, plan):
        """Applies it and waits for all of it."""
        answer = self.apply_plan(plan)
        self.wait_rest(plan)
        return answer

    def wait_rest(self, plan):
        leads = [lead["lead_id"] for lead in plan["leads"]
                 if lead["action"] in ("create", "update")]
        states = lambda lead: [d["state"] for d in self.server.get(
            f"/v1/deliveries?lead={lead}").json()["items"]]
        for lead in leads:
            self.server.wait_until(lambda: states(lead) == ["at_rest"], 30,
                                   f"lead {lead} at rest")

    def actions(self, plan):
        return [lead["action"] for lead in plan["leads"]]


class AtAnyCrm(Planning, Connected):
    """With a plain CRM, where people edit as they like."""

    def setUp(self):
        super().setUp()
        self.configure("manual")

    def workspace(self, mode="manual", **more):
        workspace = self.crm.workspace(syncs=[{"mapping": "contacts", "mode": mode, **more}])
        workspace["mappings"][0]["fields"][4]["policy"] = "fairlead"
        return workspace

    def configure(self, *args, **more):
        answer = self.server.apply(self.workspace(*args, **more), self.crm.secrets())
        self.assertEqual(answer.status, 200, answer.body)

    def add(self, **fields):
        key = str(len(self.crm.contacts) + 1)
        self.crm.contacts[key] = {"id": key, **fields}
        return key

    def test_a_plan_says_field_by_field_what_would_be_and_writes_nothing(self):
        self.add(email="known@example.org", first_name="Ada", company="Old Ltd")
        known = self.send(email="known@example.org", first_name="Ada", company="New Ltd")
        fresh = self.send(email="new@example.org", first_name="Bob")
        plan = self.plan(leads=[known, fresh])
        self.assertEqual(self.actions(plan), ["update", "create"])
        self.assertEqual([lead["lead_id"] for lead in plan["leads"]], [known, fresh])
        self.assertEqual(plan["counts"], {"create": 1, "update": 1, "none": 0, "refused": 0,
                                          "unknown": 0})
        self.assertEqual((plan["mapping"], plan["connection"]), ("contacts", "crm"))
        lines = self.lines(plan)
        self.assertEqual((lines["company"]["current"], lines["company"]["wanted"],
                          lines["company"]["state"]), ("Old Ltd", "New Ltd", "write"))
        self.assertEqual(lines["first_name"]["state"], "same")
        self.assertEqual(lines["last_name"]["state"], "nothing")
        self.assertEqual(plan["leads"][0]["remote_id"], "1")
        self.assertEqual(self.lines(plan, 1)["email"]["wanted"], "new@example.org")
        self.assertEqual(plan["leads"][1]["lead"]["fields"]["first_name"], "Bob")
        self.assertEqual(self.crm.written(), [])
        self.assertEqual(self.server.get("/v1/calls").json()["items"], [])
        # It is planned and not kept: only what it stands on is.
        kept = self.server.get(f"/v1/plans/{plan['id']}").json()
        self.assertEqual([lead["lead_id"] for lead in kept["leads"]], [known, fresh])
        self.assertIsNone(kept["applied_at"])
        self.assertEqual(kept["expires_at"], plan["expires_at"])

    def test_applying_writes_those_leads_and_no_others_whatever_the_mode(self):
        for mode in ("manual", "shadow"):
            with self.subTest(mode=mode):
                self.configure(mode)
                self.crm.requests.clear()
                one = self.send(email=f"one-{mode}@example.org")
                self.send(email=f"two-{mode}@example.org")
                plan = self.plan(leads=[one])
                self.assertEqual(self.deliver(plan)["deliveries"], 1)
                self.assertEqual([json.loads(r[2])["email"] for r in self.crm.written()],
                                 [f"one-{mode}@example.org"])
                self.assertTrue(self.server.get(f"/v1/plans/{plan['id']}").json()["applied_at"])
                again = self.apply_plan(plan, 409)
                self.assertEqual(again["code"], "plan_applied")

    def test_what_is_there_by_now_is_planned_as_nothing(self):
        lead = self.send(email="ada@example.org", first_name="Ada")
        self.deliver(self.plan(leads=[lead]))
        plan = self.plan(leads=[lead])
        self.assertEqual(self.actions(plan), ["none"])
        self.assertEqual(plan["requests"], [])
        self.assertEqual(self.apply_plan(plan)["deliveries"], 0)

    def test_a_lead_that_changed_is_409_and_names_it(self):
        lead = self.send(email="ada@example.org")
        plan = self.plan(leads=[lead])
        self.send(email="ada@example.org", company="Engines")
        refused = self.apply_plan(plan, 409)
        self.assertEqual((refused["code"], refused["errors"][0]["field"]), ("lead_changed", lead))
        self.assertEqual(refused["status"], 409)
        self.assertEqual(self.crm.written(), [])

    def test_a_record_that_changed_is_409_also_where_it_was_delivered_before(self):
        lead = self.send(email="ada@example.org", company="Engines")
        self.deliver(self.plan(leads=[lead]))
        self.send(email="ada@example.org", company="Better Engines")
        plan = self.plan(leads=[lead])
        self.assertEqual(self.lines(plan)["company"]["current"], "Engines")
        self.crm.contacts["1"]["company"] = "Edited there"
        written = len(self.crm.written())
        refused = self.apply_plan(plan, 409)
        self.assertEqual((refused["code"], refused["errors"][0]["field"]),
                         ("record_changed", lead))
        self.assertEqual(len(self.crm.written()), written)
        # Planned again it is as it is now.
        plan = self.plan(leads=[lead])
        self.assertEqual(self.lines(plan)["company"]["current"], "Edited there")

    def test_every_lead_that_changed_is_named(self):
        leads = [self.send(email=f"p{n}@example.org") for n in range(4)]
        plan = self.plan(leads=leads)
        for n in (1, 3):
            self.add(email=f"p{n}@example.org")
        refused = self.apply_plan(plan, 409)
        self.assertEqual([(e["field"], e["code"]) for e in refused["errors"]],
                         [(leads[1], "record_changed"), (leads[3], "record_changed")])

    def test_what_was_not_to_be_written_may_change(self):
        for _ in range(2):
            self.add(email="twice@example.org")
        twice, fresh = (self.send(email=f"{n}@example.org") for n in ("twice", "new"))
        plan = self.plan(leads=[twice, fresh])
        self.assertEqual(self.actions(plan), ["refused", "create"])
        self.assertEqual(plan["leads"][0]["code"], "several_matches")
        del self.crm.contacts["2"]  # somebody merged them
        self.assertEqual(self.deliver(plan)["deliveries"], 1)
        self.assertEqual([json.loads(r[2])["email"] for r in self.crm.written()],
                         ["new@example.org"])

    def test_a_record_that_appeared_is_409(self):
        lead = self.send(email="ada@example.org")
        plan = self.plan(leads=[lead])
        self.add(email="ada@example.org")
        self.assertEqual(self.apply_plan(plan, 409)["code"], "record_changed")

    def test_a_field_that_the_mapping_does_not_name_changes_nothing(self):
        key = self.add(email="ada@example.org")
        lead = self.send(email="ada@example.org", company="Engines")
        plan = self.plan(leads=[lead])
        self.crm.contacts[key]["score"] = "77"
        self.deliver(plan)
        self.assertEqual(self.crm.contacts[key]["company"], "Engines")

    def test_a_mapping_that_changed_is_409(self):
        lead = self.send(email="ada@example.org", company="Engines")
        plan = self.plan(leads=[lead])
        workspace = self.workspace()
        workspace["mappings"][0]["fields"][4]["via"] = ["upper"]
        self.assertEqual(self.server.apply(workspace).status, 200)
        self.assertEqual(self.apply_plan(plan, 409)["code"], "mapping_changed")
        self.assertEqual(self.lines(self.plan(leads=[lead]))["company"]["wanted"], "ENGINES")

    def test_a_schema_that_changed_is_409(self):
        lead = self.send(email="ada@example.org", company="Engines")
        plan = self.plan(leads=[lead])
        workspace = self.workspace()
        for field in workspace["connections"][0]["settings"]["fields"]:
            field["length"] = 50
        self.assertEqual(self.server.apply(workspace, self.crm.secrets()).status, 200)
        schema = self.server.get("/v1/connections/crm/schema?refresh=true")
        self.assertEqual(schema.status, 200, schema.body)
        self.assertEqual(self.apply_plan(plan, 409)["code"], "schema_changed")

    def test_a_value_that_does_not_fit_is_held_or_refuses_the_lead(self):
        lead = self.send(email="ada@example.org", company="x" * 70)
        plan = self.plan(leads=[lead])
        line = self.lines(plan)["company"]
        self.assertEqual((line["state"], line["code"]), ("held", "too_long"))
        self.assertIn("truncate", line["instruction"])
        self.assertNotIn("company", json.loads(plan["requests"][0]["body"]))

    def test_behaviours_are_planned_as_they_deliver(self):
        self.add(email="known@example.org")
        known = self.send(email="known@example.org", company="A")
        fresh = self.send(email="new@example.org", company="A")
        for behaviour, actions in (("create_only", ["none", "create"]),
                                   ("update_only", ["update", "none"]),
                                   ("none", ["none", "none"])):
            self.configure(behaviour=behaviour)
            plan = self.plan(leads=[known, fresh])
            self.assertEqual(self.actions(plan), actions, behaviour)
            for lead in plan["leads"]:
                if lead["action"] == "none":
                    self.assertTrue(lead["reason"])

    def test_a_mapping_is_planned_before_any_sync_and_applied_only_with_one(self):
        workspace = {**self.workspace(), "syncs": []}
        answer = self.server.apply(workspace, self.crm.secrets(), prune=True)
        self.assertEqual(answer.status, 200, answer.body)
        lead = self.send(email="ada@example.org")
        plan = self.plan(leads=[lead])
        self.assertEqual(self.actions(plan), ["create"])
        refused = self.apply_plan(plan, 409)
        self.assertIn("mode: manual", refused["detail"])
        self.configure("manual")
        # The lead came when nothing wanted it: it has no delivery yet.
        self.assertEqual(self.deliver(plan)["deliveries"], 1)
        self.assertEqual(self.crm.contacts["1"]["email"], "ada@example.org")

    def test_a_dead_letter_is_planned_with_what_it_has_by_now_and_revived(self):
        self.configure("real_time")
        self.crm.refuse = lambda fields: "no" if fields.get("company") == "Acme" else None
        lead = self.send(email="ada@example.org", company="Acme")
        self.server.wait_until(lambda: self.server.queue()["dead"] == 1, 20, "a dead letter")
        plan = self.plan(leads=[lead])
        self.assertEqual(self.actions(plan), ["create"])
        self.crm.refuse = None
        self.deliver(plan)
        self.assertEqual(self.server.queue()["dead"], 0)
        self.assertEqual(self.crm.contacts["1"]["company"], "Acme")

    def test_an_unknown_outcome_is_not_planned_over(self):
        lead = self.send(email="ada@example.org")
        before = self.plan(leads=[lead])
        self.configure("real_time")
        asked = len(self.crm.requests)
        self.crm.gate.clear()
        self.assertEqual(lead, self.send(email="ada@example.org", company="Engines"))
        plan = None
        try:
            self.server.wait_until(lambda: self.crm.requests[asked:], 20, "a call that hangs")
            delivery = self.server.get(f"/v1/deliveries?lead={lead}").json()["items"][0]
            self.assertEqual(delivery["state"], "claimed")
            plan = self.plan(leads=[lead])
            refused = self.apply_plan(before, 409)
        finally:
            self.crm.gate.set()
        self.assertEqual((refused["code"], refused["errors"][0]["field"]), ("under_way", lead))
        self.assertEqual(self.actions(plan), ["unknown"])
        self.assertEqual(plan["leads"][0]["code"], "under_way")
        self.server.wait_delivered(30)
        self.assertEqual(len(self.crm.contacts), 1)

    def test_a_crm_that_does_not_answer_makes_it_unknown_not_guessed(self):
        self.crm.can_find = False
        lead = self.send(email="ada@example.org")
        plan = self.plan(leads=[lead])
        self.assertEqual(self.actions(plan), ["unknown"])
        self.assertEqual(self.apply_plan(plan)["deliveries"], 0)
        self.assertEqual(self.crm.written(), [])

    def test_a_paused_connection_is_not_asked(self):
        lead = self.send(email="ada@example.org")
        plan = self.plan(leads=[lead])
        self.server.post("/v1/connections/crm/pause")
        self.server.wait_until(
            lambda: self.server.post("/v1/mappings/contacts/plan",
                                     {"leads": [lead]}).status == 409, 10, "a refusal")
        asked = len(self.crm.requests)
        self.assertIn("paused", self.plan(409, leads=[lead])["detail"])
        self.assertEqual(self.apply_plan(plan, 409)["code"], "conflict")
        self.assertEqual(len(self.crm.requests), asked)

    def test_one_plan_at_a_time_for_a_connection_and_none_for_ever(self):
        self.server.stop()
        self.server.args += ["--lease-time", "6s"]  # a call may take a sixth, a plan half
        self.server.start()
        lead = self.send(email="ada@example.org")
        self.crm.gate.clear()  # it takes requests and never answers
        first = []
        thread = threading.Thread(target=lambda: first.append(self.plan(leads=[lead])))
        begun = time.monotonic()
        thread.start()
        self.server.wait_until(lambda: self.crm.requests, 20, "a search that hangs")
        second = self.server.post("/v1/mappings/contacts/plan", {"leads": [lead]})
        self.assertEqual(second.status, 503, second.body)
        self.assertIn("Retry-After", second.headers)
        self.assertIn("another plan", second.json()["detail"])
        thread.join(30)
        self.assertFalse(thread.is_alive())
        self.assertLess(time.monotonic() - begun, 12)
        self.assertEqual(self.actions(first[0]), ["unknown"])
        self.assertTrue(first[0]["leads"][0]["reason"])

    def test_the_latest_are_a_sample(self):
        ids = [self.send(email=f"p{n}@example.org") for n in range(12)]
        self.assertEqual([lead["lead_id"] for lead in self.plan(sample=3)["leads"]],
                         ids[:-4:-1])
        self.assertEqual(len(self.plan()["leads"]), 10)

    def test_what_is_asked_wrongly_is_said(self):
        for body in ({"leads": []}, {"leads": "x"}, {"leads": [ABSENT] * 101}, {"sample": 0},
                     {"sample": 101}, {"sample": "x"}, {"leads": [ABSENT], "sample": 1},
                     {"leed": []}, {"leads": [ABSENT, 5, "nonsense"]}):
            answer = self.server.post("/v1/mappings/contacts/plan", body)
            self.assertEqual(answer.status, 422, (body, answer.body))
        self.assertEqual([e["field"] for e in answer.json()["errors"]],
                         ["leads[0]", "leads[1]", "leads[2]"])
        self.assertEqual(self.server.post("/v1/mappings/none/plan", {}).status, 404)
        self.assertEqual(self.server.get(f"/v1/plans/{ABSENT}").status, 404)
        self.assertEqual(self.crm.requests, [])

    def test_a_lead_twice_or_merged_is_planned_once_and_an_erased_one_not(self):
        one = self.send(email="one@example.org")
        two = self.send(email="two@example.org")
        self.assertEqual(self.server.post(f"/v1/leads/{one}/merge", {"other": two}).status, 200)
        self.assertEqual([lead["lead_id"] for lead in self.plan(leads=[two, one, one])["leads"]],
                         [one])
        plan = self.plan(leads=[one])
        self.assertEqual(self.server.post(f"/v1/leads/{one}/erase").status, 200)
        self.assertEqual(self.server.get(f"/v1/plans/{plan['id']}").status, 404)
        self.assertEqual(self.server.post(f"/v1/plans/{plan['id']}/apply").status, 404)
        self.assertEqual(self.actions(self.plan(leads=[one])), ["none"])

    def kept_plan(self):
        """The one plan as it stands in the store: its document, and what it stands on."""
        if self.store:
            row, = psql(self.store, "SELECT doc, convert_from(ground, 'UTF8') FROM plan")
            return row
        with closing(sqlite3.connect(f"{self.server.data}/fairlead.db")) as db:
            row, = db.execute("SELECT doc, CAST(ground AS TEXT) FROM plan")
        return row

    def test_the_plan_holds_no_value_and_is_in_the_audit(self):
        lead = self.send(email="quagmire@example.org", company="Quagmire Ltd")
        plan = self.plan(leads=[lead])
        self.deliver(plan)
        doc, ground = self.kept_plan()
        self.assertGreater(len(doc), 60)
        for kept in (doc, ground, self.server.get(f"/v1/plans/{plan['id']}").body.decode()):
            self.assertNotIn("uagmire", kept)
        actions = [e["action"] for e in self.server.get("/v1/audit?limit=50").json()["items"]]
        for action in ("plan.made", "plan.applied", "delivery.planned"):
            self.assertIn(action, actions)
        self.assertTrue(self.server.get("/v1/audit/verify").json()["is_intact"])


class OfASync(Planning, Connected):
    """What a sync has still to tell, and records that belong to others."""

    def workspace(self, mode="manual"):
        workspace = self.crm.workspace(syncs=[{"mapping": "contacts", "mode": mode}])
        for line in workspace["mappings"][0]["fields"]:
            line["policy"] = "fairlead"
        return workspace

    def apply(self, workspace):
        answer = self.server.apply(workspace, self.crm.secrets())
        self.assertEqual(answer.status, 200, answer.body)

    def plan_sync(self, status=200, name="contacts"):
        answer = self.server.post(f"/v1/syncs/{name}/plan")
        self.assertEqual(answer.status, status, answer.body)
        return answer.json()

    def test_only_what_the_crm_does_not_know_is_planned(self):
        self.apply(self.workspace("real_time"))
        known = self.send(email="known@example.org")
        self.server.wait_delivered(20)
        self.assertEqual(self.plan_sync()["leads"], [])
        self.apply(self.workspace("manual"))
        one, two = (self.send(email=f"{n}@example.org") for n in ("one", "two"))
        plan = self.plan_sync()
        self.assertEqual([lead["lead_id"] for lead in plan["leads"]], [two, one])
        self.assertEqual(plan["counts"]["create"], 2)
        self.send(email="known@example.org", company="Engines")
        plan = self.plan_sync()
        self.assertEqual([(lead["lead_id"], lead["action"]) for lead in plan["leads"]],
                         [(two, "create"), (one, "create"), (known, "update")])
        self.deliver(plan)
        self.assertEqual(self.plan_sync()["leads"], [])
        self.plan_sync(404, "nobody")


class OfAChain(Planning, unittest.TestCase):
    """A deal names its contact: it is planned when that one is there."""

    def setUp(self):
        self.crm = chains_test.ChainCrm()
        self.addCleanup(self.crm.end)
        self.server = Server("--allow-networks", f"127.0.0.1/32:{self.crm.port}",
                             store=self.store).start()
        self.addCleanup(self.server.end)
        self.configure("contacts", "deals", "notes")

    def configure(self, *names):
        workspace = chains_test.workspace(self.crm)
        workspace["syncs"] = [{"mapping": name, "mode": "manual"} for name in names]
        answer = self.server.apply(workspace, prune=True)
        self.assertEqual(answer.status, 200, answer.body)

    def check(self, lead):
        self.mapping = "deals"
        plan = self.plan(leads=[lead])
        self.assertEqual((plan["leads"][0]["action"], plan["leads"][0]["code"]),
                         ("none", "parent_absent"))
        self.assertEqual(self.apply_plan(plan)["deliveries"], 0)
        self.mapping = "contacts"
        self.apply_plan(self.plan(leads=[lead]))
        self.server.wait_until(lambda: self.crm.records.get("contacts"), 20, "the contact")
        self.mapping = "deals"

        def planned():
            plan = self.plan(leads=[lead])
            return plan if plan["leads"][0]["action"] == "create" else None
        plan = self.server.wait_until(planned, 20, "the contact's link")
        line, = [r for r in plan["leads"][0]["rows"] if r["field"] == "contact"]
        self.assertEqual(line["wanted"], "contacts-1")
        self.apply_plan(plan)
        self.server.wait_until(lambda: self.crm.records.get("deals"), 20, "the deal")
        deal = self.crm.records["deals"]["deals-1"]
        self.assertEqual((deal["title"], deal["contact"]), ("Engines", "contacts-1"))

    def send(self):
        answer = self.server.post("/v1/leads", {"source": "site", "email": "ada@example.org",
                                                "company": "Engines"})
        return answer.json()["lead_id"]

    def test_it_waits_for_its_contact_in_a_plan_too(self):
        self.check(self.send())

    def test_also_when_there_was_no_sync_for_it_yet(self):
        self.configure("contacts")
        lead = self.send()
        self.configure("contacts", "deals")
        self.check(lead)


class OfAFile(Planning, Connected):
    """Leads of a file are planned as an import would leave them, and nothing is stored."""

    def setUp(self):
        super().setUp()
        workspace = self.crm.workspace(
            sources=[{"name": "portal", "kind": "api", "default_country": "IN"},
                     {"name": "spreadsheet", "kind": "file", "default_country": "DE"}],
            syncs=[{"mapping": "contacts", "mode": "manual"}])
        for line in workspace["mappings"][0]["fields"]:
            line["policy"] = "fairlead"
        self.assertEqual(self.server.apply(workspace, self.crm.secrets()).status, 200)

    def plan_file(self, content, query="?source=spreadsheet", status=200):
        answer = self.server.post("/v1/mappings/contacts/plan" + query, content,
                                  headers={"Content-Type": "text/csv; charset=utf-8"})
        self.assertEqual(answer.status, status, answer.body)
        return answer.json()

    def test_new_and_known_people_and_rows_that_are_refused(self):
        known = self.send(email="known@example.org", first_name="Ada", company="Old Ltd")
        self.crm.contacts["1"] = {"id": "1", "email": "known@example.org", "company": "Old Ltd"}
        plan = self.plan_file(
            "E-Mail;Vorname;Firma;Telefon\n"
            "known@example.org;Ada;;030 901820\n"
            "neu@example.org;Zoë;Müller & Söhne;\n"
            "keine;X;Y;\n"
            "neu@example.org;Zoë;Müller & Söhne;\n".encode("cp1252"))
        self.assertEqual([(lead["line"], lead["action"], lead["lead_id"])
                          for lead in plan["leads"]],
                         [(2, "update", known), (3, "create", None)])
        self.assertIsNone(plan["id"])
        self.assertEqual((plan["rows"], plan["failed"]), (4, 1))
        # Merged with what is known of the person, prepared as the source says.
        self.assertEqual(self.lines(plan)["phone"]["wanted"], "+4930901820")
        self.assertEqual(self.lines(plan)["company"]["state"], "same")
        self.assertEqual(self.lines(plan, 1)["company"]["wanted"], "Müller & Söhne")
        self.assertEqual(json.loads(plan["requests"][1]["body"])["first_name"], "Zoë")
        self.assertEqual(len(self.server.get("/v1/leads").json()["items"]), 1)
        self.assertEqual(self.server.get("/v1/imports").json()["items"], [])
        self.assertIsNone(self.server.get(f"/v1/leads/{known}").json()["fields"].get("phone"))
        self.assertEqual(self.crm.written(), [])

    def test_importing_the_file_then_writes_what_was_planned(self):
        file = ("email,first_name,company\n" + "".join(
            f"p{n}@example.org,P{n},Acme {n}\n" for n in range(5))).encode()
        planned = [json.loads(r["body"]) for r in self.plan_file(file)["requests"]]
        answer = self.server.post("/v1/imports?source=spreadsheet", file,
                                  headers={"Content-Type": "text/csv"})
        self.assertEqual(answer.json()["created"], 5, answer.body)
        leads = [lead["id"] for lead in self.server.get("/v1/leads").json()["items"]]
        self.deliver(self.plan(leads=leads))
        by_email = lambda bodies: sorted(bodies, key=lambda body: body["email"])
        self.assertEqual(by_email([json.loads(r[2]) for r in self.crm.written()]),
                         by_email(planned))

    def test_the_first_hundred_are_planned_and_all_are_counted(self):
        file = "email\n" + "".join(f"p{n}@example.org\n" for n in range(250))
        plan = self.plan_file(file.encode())
        self.assertEqual((len(plan["leads"]), plan["rows"]), (100, 250))
        self.assertEqual(plan["counts"]["create"], 100)

    def test_what_is_asked_wrongly_is_said(self):
        self.assertEqual(self.plan_file(b"email\na@example.org\n", "", 422)["code"], "no_source")
        self.assertEqual(self.plan_file(b"email\na@example.org\n", "?source=portal",
                                        422)["code"], "wrong_kind")
        self.assertEqual(self.plan_file(b"x,y\n1,2\n", status=422)["code"], "unreadable_file")
        self.assertEqual(self.plan_file(b"email\n")["leads"], [])


class ByteForByte(Planning):
    """A plan, turned into requests, is what applying it sends: method, address and body of every
    write, each a whole batch."""

    def wire(self):
        """[(method, target, body)] of the writes that were seen."""
        raise NotImplementedError

    def planned_wire(self, plan):
        return [(r["method"], r["url"], r["body"]) for r in plan["requests"]]

    def compare(self, leads, actions):
        plan = self.plan(leads=leads)
        self.assertEqual(sorted(set(self.actions(plan))), sorted(actions))
        before = len(self.wire())
        self.assertEqual(self.deliver(plan)["deliveries"],
                         sum(plan["counts"][a] for a in ("create", "update")))
        self.assertEqual(self.server.get("/v1/dead-letters").json()["items"], [])
        sent = self.wire()[before:]
        # Calls of one plan go side by side: their order is not said.
        self.assertEqual(sorted(self.as_sent(r) for r in self.planned_wire(plan)), sorted(sent))
        self.assertGreater(len(sent), 0)
        return plan

    def as_sent(self, request):
        method, url, body = request
        return method, re.sub(r"^http://[^/]*", "", self.base + url), body


class RestByteForByte(ByteForByte, Connected):
    base = ""

    def setUp(self):
        super().setUp()
        workspace = self.crm.workspace(syncs=[{"mapping": "contacts", "mode": "manual"}])
        for line in workspace["mappings"][0]["fields"]:
            line["policy"] = "fairlead"
        answer = self.server.apply(workspace, self.crm.secrets())
        self.assertEqual(answer.status, 200, answer.body)

    def wire(self):
        return list(self.crm.written())

    def test_creates_updates_and_both(self):
        for n in range(3):
            key = str(n + 1)
            self.crm.contacts[key] = {"id": key, "email": f"k{n}@example.org", "company": "Old"}
        known = [self.send(email=f"k{n}@example.org", company="Zoë's \"Müller\" & Co")
                 for n in range(3)]
        fresh = [self.send(email=f"n{n}@example.org", first_name="N") for n in range(4)]
        self.compare(known + fresh, ["create", "update"])
        for n in range(3):
            self.send(email=f"n{n}@example.org", company="Later Ltd")
        self.compare(known + fresh, ["none", "update"])


class InSandbox(ByteForByte):
    def connect(self, vendor, token, workspace, secrets, mode="manual"):
        self.sandbox = Sandbox(vendor, token)
        self.addCleanup(self.sandbox.end)
        self.server = Server("--allow-networks", f"127.0.0.1/32:{self.sandbox.port}",
                             store=self.store).start()
        self.addCleanup(self.server.end)
        self.workspace = workspace(self.sandbox)
        self.workspace["syncs"][0]["mode"] = mode
        answer = self.server.apply(self.workspace, secrets)
        self.assertEqual(answer.status, 200, answer.body)
        self.base = self.sandbox.url

    def send(self, *leads):
        answer = self.server.post("/v1/leads/batch", [{"source": "site", **l} for l in leads])
        return [result["lead_id"] for result in answer.json()["results"]]

    def wire(self):
        return [(r["method"], r["target"], r["body"]) for r in self.sandbox.requests()
                if self.is_write(r)]


class HubSpotByteForByte(InSandbox, unittest.TestCase):
    @staticmethod
    def is_write(request):
        return request["method"] == "POST" and any(
            request["target"].endswith(end)
            for end in ("/batch/upsert", "/batch/update", "/batch/create"))

    def setUp(self):
        self.connect("hubspot", hubspot_test.TOKEN, hubspot_test.workspace,
                     {"hubspot": {"secret": hubspot_test.TOKEN}})
        hubspot_test.add_key(self.sandbox)

    def test_a_batch_of_creates_and_one_of_updates(self):
        for n in range(5):
            self.sandbox.add("contacts", {"email": f"k{n}@example.org", "company": "Old"})
        known = self.send(*[{"email": f"k{n}@example.org", "company": f"Zoë & Söhne {n}"}
                            for n in range(5)])
        fresh = self.send(*[{"email": f"n{n}@example.org", "first_name": f"N{n}"}
                            for n in range(5)])
        plan = self.compare(known + fresh, ["create", "update"])
        self.assertEqual(len(plan["requests"]), 2)
        self.send(*[{"email": f"n{n}@example.org", "company": "Later"} for n in range(3)])
        self.compare(known + fresh, ["none", "update"])

    def test_without_our_key_there_it_is_refused_with_what_to_do(self):
        sandbox = Sandbox("hubspot", hubspot_test.TOKEN)
        self.addCleanup(sandbox.end)
        server = Server("--allow-networks", f"127.0.0.1/32:{sandbox.port}").start()
        self.addCleanup(server.end)
        workspace = hubspot_test.workspace(sandbox)
        self.assertEqual(server.apply(workspace, {"hubspot": {"secret": hubspot_test.TOKEN}})
                         .status, 200)
        lead = server.post("/v1/leads", {"source": "site", "email": "a@example.org"}).json()
        answer = server.post("/v1/mappings/contacts/plan", {"leads": [lead["lead_id"]]})
        self.assertEqual(answer.status, 409, answer.body)
        self.assertIn("fairlead_lead_id", answer.json()["detail"])


class SalesforceByteForByte(InSandbox, unittest.TestCase):
    mapping = "leads"

    @staticmethod
    def is_write(request):
        return request["method"] in ("POST", "PATCH") and (
            "/sobjects" in request["target"]) and "/query" not in request["target"]

    def setUp(self):
        self.connect("salesforce", salesforce_test.TOKEN, salesforce_test.workspace,
                     {"salesforce": salesforce_test.CLIENT})

    def test_a_collection_of_creates_and_one_of_updates(self):
        for n in range(5):
            self.sandbox.add("Lead", {"LastName": "K", "Company": "Old",
                                      "Email": f"k{n}@example.org"})
        known = self.send(*[{"email": f"k{n}@example.org", "last_name": "K",
                             "company": f"Zoë & Söhne {n}"} for n in range(5)])
        fresh = self.send(*[{"email": f"n{n}@example.org", "last_name": f"N{n}",
                             "company": "New"} for n in range(5)])
        plan = self.compare(known + fresh, ["create", "update"])
        self.assertEqual(len(plan["requests"]), 2)


class SalesforceTasksByteForByte(InSandbox, unittest.TestCase):
    """A task of the lead: planned when the lead is there, by the code that writes it."""

    mapping = "tasks"
    is_write = staticmethod(SalesforceByteForByte.is_write)

    def setUp(self):
        self.connect("salesforce", salesforce_test.TOKEN, salesforce_test.workspace,
                     {"salesforce": salesforce_test.CLIENT}, mode="real_time")
        activities_test.add_task_key(self.sandbox)
        self.workspace["mappings"].append({
            "name": "tasks", "owner": "operations", "connection": "salesforce",
            "object": "Task", "depends_on": "leads",
            "fields": [{"from": "message", "to": "Description"},
                       {"to": "Subject", "default": "Call back"},
                       {"from": "remote_id.leads", "to": "WhoId"}]})
        self.workspace["syncs"].append({"mapping": "tasks", "mode": "manual"})
        answer = self.server.apply(self.workspace)
        self.assertEqual(answer.status, 200, answer.body)

    def wait_rest(self, plan):
        self.server.wait_delivered(30)

    def test_a_task_for_each_lead(self):
        leads = self.send(*[{"email": f"t{n}@example.org", "last_name": f"T{n}",
                             "company": "New", "message": f"Zoë asks {n}"} for n in range(4)])
        self.server.wait_delivered()
        plan = self.compare(leads, ["create"])
        self.assertEqual(len(plan["requests"]), 1)
        tasks = self.sandbox.records("Task")
        self.assertEqual(sorted(t["values"]["Description"] for t in tasks),
                         [f"Zoë asks {n}" for n in range(4)])
        who = {r["id"] for r in self.sandbox.records("Lead")}
        self.assertEqual({t["values"]["WhoId"] for t in tasks}, who)


class OnPostgres:
    """The same on PostgreSQL."""

    def setUp(self):
        self.store = new_database()
        super().setUp()


def on_postgres(tests):
    name = tests.__name__ + "Postgres"
    made = type(name, (OnPostgres, tests), {"__doc__": tests.__doc__, "__module__": __name__})
    globals()[name] = unittest.skipUnless(POSTGRES, "no PostgreSQL")(made)


for each in (AtAnyCrm, OfASync, OfAChain, OfAFile, RestByteForByte, HubSpotByteForByte,
             SalesforceByteForByte, SalesforceTasksByteForByte):
    on_postgres(each)
del each


if __name__ == "__main__":
    unittest.main()
