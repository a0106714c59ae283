"""What happened to a lead becomes a note of its own: once each, in order, over kills."""
import unittest

import salesforce_test
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


TASKS = {"name": "tasks", "owner": "operations", "connection": "salesforce", "object": "Task",
         "depends_on": "leads", "activities": ["enquiry", "status", "qualification", "consent"],
         "fields": [{"from": "activity.kind", "to": "Subject"},
                    {"from": "activity.text", "to": "Description"},
                    {"from": "activity.at", "to": "ActivityDate",
                     "via": [{"date": {"zone": "UTC"}}]},
                    {"to": "Status", "default": "Completed"},
                    {"from": "remote_id.leads", "to": "WhoId"}]}


def add_task_key(sandbox):
    """The field for our key on tasks, as an administrator makes and grants it."""
    data = "/salesforce/services/data/v66.0"
    sandbox.ask("POST", data + "/tooling/sobjects/CustomField", {
        "FullName": "Activity.Fairlead_Id__c",
        "Metadata": {"label": "Fairlead Id", "type": "Text", "length": 64, "externalId": True}})
    grant_task_key(sandbox)


def grant_task_key(sandbox):
    data = "/salesforce/services/data/v66.0"
    one = sandbox.ask("GET", data + "/query?q=SELECT+Id+FROM+PermissionSet+LIMIT+1")
    sandbox.ask("POST", data + "/sobjects/FieldPermissions", {
        "ParentId": one["records"][0]["Id"], "SobjectType": "Task",
        "Field": "Task.Fairlead_Id__c", "PermissionsRead": True, "PermissionsEdit": True})


class AtSalesforce(unittest.TestCase):
    """What happened is logged as a task of the lead, or of the contact that it became."""

    def setUp(self):
        self.sandbox = Sandbox("salesforce", salesforce_test.TOKEN)
        self.addCleanup(self.sandbox.end)
        self.server = Server("--allow-networks", f"127.0.0.1/32:{self.sandbox.port}").start()
        self.addCleanup(self.server.end)
        self.config = salesforce_test.workspace(self.sandbox)
        self.config["mappings"].append(TASKS)
        self.config["syncs"].append({"mapping": "tasks"})

    def apply(self):
        answer = self.server.apply(self.config, {"salesforce": salesforce_test.CLIENT})
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json()["warnings"]

    def send(self, **lead):
        answer = self.server.post("/v1/leads", {"source": "site", "email": "ada@example.org",
                                                "last_name": "Lovelace", "company": "Engines",
                                                **lead})
        self.assertIn(answer.status, (200, 201), answer.body)
        self.lead = answer.json()["lead_id"]

    def change(self, **fields):
        answer = self.server.request("PATCH", "/v1/leads/" + self.lead, fields)
        self.assertEqual(answer.status, 200, answer.body)

    def delivery(self):
        items = self.server.get("/v1/deliveries?lead=" + self.lead).json()["items"]
        return {item["mapping"]: item for item in items}.get("tasks", {})

    def wait_told(self):
        self.server.wait_until(lambda: self.delivery().get("state") == "at_rest", 120, "rest")

    def tasks(self):
        made = [e["id"] for e in self.sandbox.ledger("created", "Task")]
        by_id = {t["id"]: t["values"] for t in self.sandbox.records("Task")}
        return [by_id[id] for id in made]

    def test_lost_answers_and_a_kill_leave_one_task_each(self):
        add_task_key(self.sandbox)
        self.assertEqual(self.apply(), [])
        self.sandbox.fault(fault="close", when="after", count=1, path="*/sobjects/Task/*")
        self.send(message="Do you deliver to Turin?")
        for status in ("new", "working"):
            self.change(status=status, qualification_status=status)
        self.server.wait_until(lambda: self.sandbox.ledger("created", "Task"), 20, "a task")
        self.server.kill()
        self.server.start()
        self.wait_told()
        tasks = self.tasks()
        self.assertEqual([(t["Subject"], t["Description"]) for t in tasks], [
            ("enquiry", "Do you deliver to Turin?"), ("status", "Status: new"),
            ("qualification", "Qualification: new"), ("status", "Status: new -> working"),
            ("qualification", "Qualification: new -> working")])
        lead = self.sandbox.record("Lead", "Email", "ada@example.org")
        self.assertEqual({t["WhoId"] for t in tasks}, {lead["id"]})
        self.assertEqual({t["Status"] for t in tasks}, {"Completed"})
        self.assertEqual(len({t["Fairlead_Id__c"] for t in tasks}), 5)
        self.assertEqual(self.server.get("/v1/dead-letters").json()["items"], [])

    def test_without_our_key_on_tasks_they_wait_and_leads_go(self):
        warning, = self.apply()
        self.assertEqual((warning["field"], warning["code"]),
                         ("mappings[1].object", "no_key_field"))
        self.send(message="asks")
        self.server.wait_until(lambda: self.delivery().get("code") == "no_key_field", 30,
                               "a task that waits")
        self.assertTrue(self.sandbox.record("Lead", "Email", "ada@example.org"))
        test = self.server.post("/v1/connections/salesforce/test", {"create_key": True}).json()
        self.assertEqual([o["created"] for o in test["objects"]], [False, True], test)
        grant_task_key(self.sandbox)
        self.server.post("/v1/connections/salesforce/test", {})
        self.wait_told()
        self.assertEqual([t["Description"] for t in self.tasks()], ["asks"])


if __name__ == "__main__":
    unittest.main()
