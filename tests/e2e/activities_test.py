"""What happened to a lead becomes a note of its own: once each, in order, over kills."""
import unittest

from chains_test import ChainCrm, mapping
from chains_test import workspace as chain_workspace
from hubspot_test import TOKEN
from hubspot_test import workspace as hubspot_workspace
from sandbox import Sandbox
from server import POSTGRES, Server, new_database

NOTE = [("remote_id.contacts", "contact"), ("activity.text", "text"), ("activity.kind", "kind"),
        ("activity.before", "before"), ("activity.after", "after")]


def workspace(crm, has_key=True):
    config = chain_workspace(crm)
    notes = mapping("notes", NOTE, "contacts")
    notes["activities"] = ["enquiry", "status", "consent"]
    config["mappings"] = [notes, config["mappings"][2]]
    config["syncs"] = [{"mapping": "contacts"}, {"mapping": "notes"}]
    if not has_key:
        del config["connections"][0]["settings"]["find_more"]
    return config


class Activities:
    """The same for each store: a mixin."""

    on_postgres = False

    def begin(self, **more):
        self.crm = ChainCrm()
        self.addCleanup(self.crm.end)
        self.server = Server("--allow-networks", f"127.0.0.1/32:{self.crm.port}",
                             store=new_database() if self.on_postgres else None).start()
        self.addCleanup(self.server.end)
        answer = self.server.apply(workspace(self.crm, **more))
        self.assertEqual(answer.status, 200, answer.body)

    def send(self, **lead):
        answer = self.server.post("/v1/leads", {
            "source": "site", "email": "ada@example.org", "first_name": "Ada", **lead})
        self.assertIn(answer.status, (200, 201), answer.body)
        self.lead = answer.json()["lead_id"]

    def change(self, **fields):
        answer = self.server.request("PATCH", "/v1/leads/" + self.lead, fields)
        self.assertEqual(answer.status, 200, answer.body)

    def delivery(self, name="notes"):
        items = self.server.get("/v1/deliveries?lead=" + self.lead).json()["items"]
        return {item["mapping"]: item for item in items}[name]

    def wait_told(self):
        self.server.wait_until(lambda: self.delivery()["state"] == "at_rest" and
                               self.delivery("contacts")["state"] == "at_rest", 30, "rest")

    def notes(self):
        return [n["text"] for n in self.crm.records.get("notes", {}).values()]

    def test_each_is_a_note_of_its_own(self):
        self.begin()
        self.send(message="Do you deliver to Turin?", consent=[
            {"channel": "email", "purpose": "marketing", "granted": True}])
        self.change(status="new")
        self.change(status="working", company="Engines")
        self.change(company="Analytical Engines")
        self.change(status="new")
        self.wait_told()
        self.assertEqual(self.notes(), [
            "Do you deliver to Turin?", "Consent given: email, marketing", "Status: new",
            "Status: new -> working", "Status: working -> new"])
        note = self.crm.records["notes"]["notes-4"]
        self.assertEqual((note["kind"], note["before"], note["after"], note["contact"]),
                         ("status", "new", "working", "contacts-1"))
        keys = [n["fairlead"] for n in self.crm.records["notes"].values()]
        self.assertEqual(len(set(keys)), 5)
        self.assertTrue(all(self.lead in key for key in keys))
        # The same once more is not a second enquiry, and no note.
        self.send(message="Do you deliver to Turin?")
        self.wait_told()
        self.assertEqual(len(self.notes()), 5)

    def wait_waiting(self):
        self.server.wait_until(lambda: self.delivery()["code"] == "paused", 30, "a pause")

    def test_a_paused_sync_forgets_no_fact_and_a_run_repeats_none(self):
        self.begin()
        self.send(message="asks")
        self.wait_told()
        answer = self.server.post("/v1/syncs/notes/pause", {})
        self.assertEqual(answer.status, 200, answer.body)
        for status in ("new", "working", "lost"):
            self.change(status=status)
        self.wait_waiting()
        self.assertEqual(self.notes(), ["asks"])
        self.server.post("/v1/syncs/notes/resume", {})
        self.wait_told()
        told = ["asks", "Status: new", "Status: new -> working", "Status: working -> lost"]
        self.assertEqual(self.notes(), told)
        for name in ("notes", "contacts"):
            self.assertEqual(self.server.post(f"/v1/syncs/{name}/run", {}).status, 200)
            run = self.server.wait_until(
                lambda: self.server.get(f"/v1/syncs/{name}").json()["run"]["is_done"] and
                self.server.get(f"/v1/syncs/{name}").json()["run"], 30, "the end of the run")
            self.assertEqual(run["due"], 0)
        self.wait_told()
        self.assertEqual(self.notes(), told)

    def check_killed(self, moment):
        self.begin()
        self.send(message="asks")
        self.wait_told()
        self.crm.held_path, self.crm.holds = "/notes", moment
        for status in ("new", "working", "lost"):
            self.change(status=status)
        self.assertTrue(self.crm.held.wait(20), "nothing was sent")
        self.server.kill()
        self.crm.let_go.set()
        self.server.start()
        self.wait_told()
        self.assertEqual(self.notes(), ["asks", "Status: new", "Status: new -> working",
                                        "Status: working -> lost"])
        # Looked for by its key, and by nothing else, before it was sent again.
        looked = [query for command, name, query, _ in self.crm.seen
                  if (command, name) == ("GET", "notes")]
        self.assertEqual([list(query) for query in looked], [["fairlead"]])

    def test_killed_before_the_effect(self):
        self.check_killed("before")

    def test_killed_after_the_effect(self):
        self.check_killed("after")

    def test_without_a_key_to_look_by_a_person_is_asked(self):
        self.begin(has_key=False)
        self.send(message="asks")
        self.wait_told()
        self.crm.held_path, self.crm.holds = "/notes", "after"
        self.change(status="new")
        self.change(status="working")
        self.assertTrue(self.crm.held.wait(20), "nothing was sent")
        self.crm.let_go.set()
        self.server.wait_until(lambda: self.delivery()["state"] == "parked", 20, "parked")
        self.assertEqual(self.notes(), ["asks", "Status: new"])
        # It is there: the person says so, and the next is told.
        answer = self.server.post(f"/v1/dead-letters/{self.delivery()['id']}/point",
                                  {"remote_id": "notes-2"})
        self.assertEqual(answer.status, 200, answer.body)
        self.wait_told()
        self.assertEqual(self.notes(), ["asks", "Status: new", "Status: new -> working"])

    def test_refused_ones_are_mended_and_those_behind_follow(self):
        self.begin()
        self.send(message="asks")
        self.wait_told()
        answer = self.server.apply({**workspace(self.crm), "mappings": [
            workspace(self.crm)["mappings"][1],
            {**workspace(self.crm)["mappings"][0],
             "fields": [{"from": a, "to": b} for a, b in NOTE] +
                       [{"from": "activity.after", "to": "title"}]}]})
        self.assertEqual(answer.status, 200, answer.body)
        self.crm.refused = "new"
        self.change(status="new")
        self.change(status="working")
        self.server.wait_until(lambda: self.delivery()["state"] == "dead", 20, "dead")
        self.assertEqual(len(self.notes()), 1)
        letter = self.server.get("/v1/dead-letters/" + self.delivery()["id"]).json()
        mapped = {line["field"]: line["wanted"] for line in letter["mapped"]}
        self.assertEqual((mapped["text"], mapped["title"], mapped["contact"]),
                         ("Status: new", "new", "contacts-1"))
        answer = self.server.post(f"/v1/dead-letters/{self.delivery()['id']}/retry",
                                  {"fields": {"title": "New"}})
        self.assertEqual(answer.status, 200, answer.body)
        self.wait_told()
        self.assertEqual([(n["text"], n.get("title"))
                          for n in self.crm.records["notes"].values()],
                         [("asks", None), ("Status: new", "New"),
                          ("Status: new -> working", "working")])


class OnSqlite(Activities, unittest.TestCase):
    pass


@unittest.skipUnless(POSTGRES, "needs FAIRLEAD_TEST_POSTGRES")
class OnPostgres(Activities, unittest.TestCase):
    on_postgres = True


class AtHubSpot(unittest.TestCase):
    def setUp(self):
        self.sandbox = Sandbox("hubspot", TOKEN)
        self.addCleanup(self.sandbox.end)
        self.server = Server("--allow-networks", f"127.0.0.1/32:{self.sandbox.port}").start()
        self.addCleanup(self.server.end)
        config = hubspot_workspace(self.sandbox)
        config["mappings"].append(
            {"name": "notes", "owner": "operations", "connection": "hubspot",
             "object": "notes", "depends_on": "contacts",
             "activities": ["enquiry", "status", "qualification", "consent"],
             "fields": [{"from": "activity.text", "to": "hs_note_body"},
                        {"from": "activity.at", "to": "hs_timestamp"},
                        {"from": "remote_id.contacts", "to": "associations.contacts"}]})
        config["syncs"].append({"mapping": "notes"})
        answer = self.server.apply(config, {"hubspot": {"secret": TOKEN}})
        self.assertEqual(answer.status, 200, answer.body)
        test = self.server.post("/v1/connections/hubspot/test", {"create_key": True}).json()
        self.assertEqual([o["created"] for o in test["objects"]], [True] * 2, test)

    def delivery(self):
        items = self.server.get("/v1/deliveries?lead=" + self.lead).json()["items"]
        return {item["mapping"]: item for item in items}.get("notes", {})

    def test_lost_answers_and_a_kill_leave_one_note_each(self):
        self.sandbox.fault(fault="close", when="after", count=1, path="*/notes/batch/upsert")
        self.sandbox.fault(fault="close", when="after", count=1,
                           path="*/notes/contacts/batch/associate/default")
        answer = self.server.post("/v1/leads", {"source": "site", "email": "ada@example.org",
                                                "message": "Do you deliver to Turin?"})
        self.lead = answer.json()["lead_id"]
        for status in ("new", "working"):
            answer = self.server.request("PATCH", "/v1/leads/" + self.lead,
                                         {"status": status, "qualification_status": status})
            self.assertEqual(answer.status, 200, answer.body)
        self.server.wait_until(lambda: self.sandbox.ledger("created", "notes"), 20, "a note")
        self.server.kill()
        self.server.start()
        self.server.wait_until(lambda: self.delivery().get("state") == "at_rest", 120, "rest")
        notes = sorted(self.sandbox.records("notes"), key=lambda note: int(note["id"]))
        self.assertEqual([n["values"]["hs_note_body"] for n in notes], [
            "Do you deliver to Turin?", "Status: new", "Qualification: new",
            "Status: new -> working", "Qualification: new -> working"])
        contact = self.sandbox.record("contacts", "email", "ada@example.org")
        for note in notes:
            answer = self.sandbox.ask("GET", "/hubspot/crm/objects/2026-09/notes/" + note["id"] +
                                      "/associations/contacts")
            self.assertEqual([t["toObjectId"] for t in answer["results"]], [contact["id"]])


if __name__ == "__main__":
    unittest.main()
