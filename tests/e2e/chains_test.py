"""Contact, then deal, then note: each waits for the record before it, and names it."""
import json
import re
import threading
import unittest
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from hubspot_test import TOKEN
from hubspot_test import workspace as hubspot_workspace
from sandbox import Sandbox
from server import POSTGRES, Server, new_database


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def serve(self):
        crm = self.server.crm
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        url = urllib.parse.urlsplit(self.path)
        held = crm.holds if self.command == "POST" and url.path == crm.held_path else None
        if held == "before":
            return crm.hold(self)
        with crm.lock:
            status, value = self.act(crm, url, json.loads(body) if body else None)
        return crm.hold(self) if held else self.answer(status, value)

    def act(self, crm, url, fields):
        name, _, one = url.path.strip("/").partition("/")
        records = crm.records.setdefault(name, {})
        query = dict(urllib.parse.parse_qsl(url.query))
        crm.seen.append((self.command, name, one or query, fields))
        if self.command == "GET" and not one:
            return 200, {"items": [{"id": k, **r} for k, r in records.items()
                                   if all(r.get(n) == v for n, v in query.items())]}
        if self.command == "POST":
            if crm.refused and fields.get("title") == crm.refused:
                return 422, {"error": "this title is not taken"}
            one = f"{name}-{len(records) + 1}"
            records[one] = fields
            return 201, {"id": one, **fields}
        if one not in records:
            return 404, {"error": "no such record"}
        if self.command == "PATCH":
            records[one].update(fields)
        return 200, {"id": one, **records[one]}

    do_GET = do_POST = do_PATCH = serve


class ChainCrm:
    """A CRM of contacts, deals and notes; holds the next POST to `held_path` for ever."""

    def __init__(self):
        self.lock = threading.Lock()
        self.records, self.seen = {}, []
        self.refused = self.holds = self.held_path = None
        self.held, self.let_go = threading.Event(), threading.Event()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None
        self.server.crm = self
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def hold(self, handler):
        self.holds = None
        self.held.set()
        self.let_go.wait(60)
        handler.close_connection = True
        handler.connection.close()

    def end(self):
        self.let_go.set()
        self.server.shutdown()
        self.server.server_close()

    def created(self):
        return [name for command, name, _, _ in self.seen if command == "POST"]


def mapping(name, lines, depends_on=None):
    more = {"depends_on": depends_on} if depends_on else {}
    return {"name": name, "owner": "operations", "connection": "crm", "object": name, **more,
            "fields": [{"from": source, "to": target} for source, target in lines]}


def workspace(crm):
    # The notes first: the order of a file does not count.
    return {
        "version": 1,
        "people": [{"name": "operations", "email": "operations@example.org"}],
        "sources": [{"name": "site", "kind": "api", "trust": "trusted", "keys": ["email"],
                     "mandatory": ["email"]}],
        "connections": [
            {"name": "crm", "connector": "rest", "limits": {"retries": 0},
             "settings": {
                 "base_url": f"http://127.0.0.1:{crm.port}", "auth": {"kind": "none"},
                 "index_lag_ms": 0, "remote_key": "fairlead",
                 "more_objects": ["deals", "notes"],
                 "create": {"path": "/{object}", "error": "$.error"},
                 "update": {"path": "/{object}/{id}", "error": "$.error"},
                 "find": {"path": "/{object}?email={email}", "results": "$.items"},
                 "find_more": [{"path": "/{object}?fairlead={key}", "results": "$.items",
                                "key": "$.fairlead"}],
                 "read": {"path": "/{object}/{id}", "key": "$.fairlead"}}}],
        "mappings": [
            mapping("notes", [("remote_id.contacts", "contact"), ("remote_id.deals", "deal"),
                              ("custom.note", "text")], "deals"),
            mapping("deals", [("company", "title"), ("remote_id.contacts", "contact")],
                    "contacts"),
            mapping("contacts", [("email", "email"), ("first_name", "name"),
                                 ("title", "title")])],
        "syncs": [{"mapping": "notes"}, {"mapping": "deals"}, {"mapping": "contacts"}],
    }


class Chains:
    """The same for each store: a mixin."""

    on_postgres = False

    def setUp(self):
        self.crm = ChainCrm()
        self.addCleanup(self.crm.end)
        self.server = Server("--allow-networks", f"127.0.0.1/32:{self.crm.port}",
                             store=new_database() if self.on_postgres else None).start()
        self.addCleanup(self.server.end)
        answer = self.server.apply(workspace(self.crm))
        self.assertEqual(answer.status, 200, answer.body)

    def send(self, **lead):
        answer = self.server.post("/v1/leads", {
            "source": "site", "email": "ada@example.org", "first_name": "Ada",
            "company": "Engines", "custom": {"note": "asked for a demo"}, **lead})
        self.assertIn(answer.status, (200, 201), answer.body)
        self.lead = answer.json()["lead_id"]

    def deliveries(self):
        items = self.server.get("/v1/deliveries?lead=" + self.lead).json()["items"]
        return {item["mapping"]: item for item in items}

    def check_whole(self):
        """One of each, and each names those before it."""
        self.assertEqual(sorted(self.crm.created()), ["contacts", "deals", "notes"])
        deal, note = self.crm.records["deals"]["deals-1"], self.crm.records["notes"]["notes-1"]
        self.assertEqual((deal["title"], deal["contact"]), ("Engines", "contacts-1"))
        self.assertEqual((note["contact"], note["deal"]), ("contacts-1", "deals-1"))

    def test_each_is_made_after_the_one_it_names(self):
        self.send()
        self.server.wait_delivered()
        self.check_whole()
        self.assertEqual(self.crm.created(), ["contacts", "deals", "notes"])
        self.send(company="Analytical Engines")
        self.server.wait_delivered()
        self.assertEqual(self.crm.records["deals"]["deals-1"]["title"], "Analytical Engines")
        self.assertEqual(len(self.crm.created()), 3)

    def check_killed(self, path, moment):
        self.crm.held_path, self.crm.holds = path, moment
        self.send()
        self.assertTrue(self.crm.held.wait(20), "nothing was sent")
        self.server.kill()
        self.crm.let_go.set()
        self.server.start()
        self.server.wait_delivered()
        self.check_whole()
        self.assertEqual(self.server.queue()["dead"] + self.server.queue()["uncertain"], 0)

    def test_killed_between_contact_and_deal(self):
        for path in ("/contacts", "/deals", "/notes"):
            for moment in ("before", "after"):
                with self.subTest(path=path, moment=moment):
                    self.check_killed(path, moment)
                    self.doCleanups()
                    self.setUp()

    def test_who_waits_for_a_dead_letter_says_so_and_follows_it(self):
        self.crm.refused = "Baroness"
        self.send(title="Baroness")
        self.server.wait_until(lambda: self.server.queue()["dead"], 20, "a dead letter")
        rows = self.deliveries()
        self.assertEqual(rows["contacts"]["state"], "dead")
        for name in ("deals", "notes"):
            self.assertEqual((rows[name]["state"], rows[name]["code"]),
                             ("waiting", "parent_dead"))
            self.assertIn("this title is not taken", rows[name]["reason"])
            self.assertIn("contacts", rows[name]["instruction"])
        self.assertEqual(rows["deals"]["depends_on"], rows["contacts"]["id"])
        self.assertEqual(self.crm.records.get("deals"), None)
        answer = self.server.post(f"/v1/dead-letters/{rows['contacts']['id']}/retry",
                                  {"lead": {"title": "Countess"}})
        self.assertEqual(answer.status, 200, answer.body)
        self.server.wait_delivered()
        self.server.wait_until(lambda: self.deliveries()["notes"]["state"] == "at_rest", 20,
                               "the note")
        self.assertEqual(len(self.crm.records["notes"]), 1)
        self.assertEqual(self.server.queue()["dead"], 0)

    def test_discarding_the_first_lets_the_others_rest(self):
        self.crm.refused = "Baroness"
        self.send(title="Baroness")
        self.server.wait_until(lambda: self.server.queue()["dead"], 20, "a dead letter")
        answer = self.server.post(
            f"/v1/dead-letters/{self.deliveries()['contacts']['id']}/discard",
            {"reason": "not ours"})
        self.assertEqual(answer.status, 200, answer.body)
        self.server.wait_delivered()
        self.assertEqual({name: row["code"] for name, row in self.deliveries().items()},
                         {"contacts": "discarded", "deals": "parent_absent",
                          "notes": "parent_absent"})
        self.assertEqual(self.crm.created(), ["contacts"])

    def test_two_leads_that_were_one_keep_one_chain(self):
        self.send()
        self.server.wait_delivered()
        first = self.lead
        self.send(email="countess@example.org")
        self.server.wait_delivered()
        answer = self.server.post(f"/v1/leads/{first}/merge", {"other": self.lead})
        self.assertEqual(answer.status, 200, answer.body)
        self.lead = answer.json()["lead"]["id"]
        self.server.wait_until(lambda: {row["state"] for row in self.deliveries().values()}
                               == {"at_rest"}, 20, "rest")
        made = len(self.crm.created())
        self.send(email="countess@example.org", company="Together")
        self.server.wait_delivered()
        self.assertEqual(len(self.crm.created()), made)
        self.assertIn("Together", [r["title"] for r in self.crm.records["deals"].values()])

    def test_what_cannot_be_waited_for_is_refused(self):
        config = workspace(self.crm)
        config["mappings"][2]["depends_on"] = "notes"
        answer = self.server.apply(config)
        self.assertEqual(answer.status, 422, answer.body)
        self.assertIn("notes -> deals -> contacts -> notes", answer.body.decode())
        config = workspace(self.crm)
        config["mappings"][1]["depends_on"] = "contact"
        answer = self.server.apply(config)
        self.assertEqual(answer.status, 422)
        self.assertIn('did you mean \\"contacts\\"', answer.body.decode())


class OnSqlite(Chains, unittest.TestCase):
    pass


@unittest.skipUnless(POSTGRES, "needs FAIRLEAD_TEST_POSTGRES")
class OnPostgres(Chains, unittest.TestCase):
    on_postgres = True


class AtHubSpot(unittest.TestCase):
    """Contact, deal of the contact, note of both: associated, whatever comes between."""

    def setUp(self):
        self.sandbox = Sandbox("hubspot", TOKEN)
        self.addCleanup(self.sandbox.end)
        self.server = Server("--allow-networks", f"127.0.0.1/32:{self.sandbox.port}").start()
        self.addCleanup(self.server.end)
        config = hubspot_workspace(self.sandbox)
        config["mappings"] += [
            {"name": "deals", "owner": "operations", "connection": "hubspot",
             "object": "deals", "depends_on": "contacts",
             "fields": [{"from": "company", "to": "dealname"},
                        {"from": "remote_id.contacts", "to": "associations.contacts"}]},
            {"name": "notes", "owner": "operations", "connection": "hubspot",
             "object": "notes", "depends_on": "deals",
             "fields": [{"from": "message", "to": "hs_note_body"},
                        {"from": "created_at", "to": "hs_timestamp"},
                        {"from": "remote_id.deals", "to": "associations.deals"},
                        {"from": "remote_id.contacts", "to": "associations.contacts"}]}]
        config["syncs"] += [{"mapping": "deals"}, {"mapping": "notes"}]
        answer = self.server.apply(config, {"hubspot": {"secret": TOKEN}})
        self.assertEqual(answer.status, 200, answer.body)
        test = self.server.post("/v1/connections/hubspot/test", {"create_key": True}).json()
        self.assertEqual([o["created"] for o in test["objects"]], [True] * 3, test)

    def send(self, *names):
        answer = self.server.post("/v1/leads/batch", [
            {"source": "site", "email": f"{name}@example.org", "company": f"{name} Ltd",
             "message": f"{name} asks"} for name in names])
        self.assertEqual([r["status"] for r in answer.json()["results"]], [201] * len(names))

    def associated(self, kind, id, other):
        answer = self.sandbox.ask(
            "GET", f"/hubspot/crm/objects/2026-09/{kind}/{id}/associations/{other}")
        return [target["toObjectId"] for target in answer["results"]]

    def check_chains(self, *names):
        """One contact, deal and note each, associated with each other."""
        for kind in ("contacts", "deals", "notes"):
            self.assertEqual(len(self.sandbox.ledger("created", kind)), len(names), kind)
        for name in names:
            contact = self.sandbox.record("contacts", "email", f"{name}@example.org")
            deal = self.sandbox.record("deals", "dealname", f"{name} Ltd")
            note = self.sandbox.record("notes", "hs_note_body", f"{name} asks")
            self.assertEqual(self.associated("deals", deal["id"], "contacts"), [contact["id"]])
            self.assertEqual(self.associated("notes", note["id"], "contacts"), [contact["id"]])
            self.assertEqual(self.associated("notes", note["id"], "deals"), [deal["id"]])
        self.assertEqual(self.server.queue()["dead"] + self.server.queue()["uncertain"], 0)

    def test_all_of_a_batch_are_associated(self):
        names = [f"lead{n}" for n in range(30)]
        self.send(*names)
        self.server.wait_delivered(40)
        self.check_chains(*names)
        # In batches: a lead's chain costs no calls of its own.
        self.assertLess(len(self.sandbox.requests("/batch/")), 30)

    def check_killed(self, path, fault, deals):
        """Killed while this call of the deal's is on its way: "hang" has no effect, what is
        "slow" has it and is slow to answer."""
        self.sandbox.fault(fault=fault, ms=1500, count=1, path=path)
        self.send("ada")
        self.server.wait_until(lambda: self.deal_is_on_its_way() and
                               len(self.sandbox.ledger("created", "deals")) == deals, 20,
                               "the call")
        self.server.kill()
        self.server.start()
        self.server.wait_delivered(60)
        self.check_chains("ada")

    def deal_is_on_its_way(self):
        states = {d["mapping"]: d["state"]
                  for d in self.server.get("/v1/deliveries?limit=10").json()["items"]}
        return states.get("contacts") == "at_rest" and states.get("deals") == "claimed"

    def test_killed_between_contact_and_deal(self):
        self.check_killed("*/deals/batch/upsert", "hang", 0)

    def test_killed_when_the_deal_is_there_and_nobody_knows(self):
        self.check_killed("*/deals/batch/upsert", "slow", 1)

    def test_killed_between_deal_and_association(self):
        self.check_killed("*/associations/*/deals/contacts/*", "hang", 1)

    def test_lost_answers_double_nothing(self):
        for path in ("*/contacts/batch/upsert", "*/deals/batch/upsert",
                     "*/deals/contacts/batch/associate/default", "*/notes/batch/upsert",
                     "*/notes/deals/batch/associate/default"):
            self.sandbox.fault(fault="close", when="after", count=1, path=path)
        self.send("ada", "bob")
        self.server.wait_delivered(120)
        self.check_chains("ada", "bob")


if __name__ == "__main__":
    unittest.main()
