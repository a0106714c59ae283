"""Syncs at run time: paused without losing anything, run when asked."""
import os
import shutil
import threading
import unittest

from command import run
from plain_crm import Connected, PlainCrm
from server import POSTGRES, Server, new_database


class Syncing(unittest.TestCase):
    """A server with one sync, to a plain CRM."""

    store = None

    def setUp(self):
        self.crm = PlainCrm()
        self.addCleanup(self.crm.end)
        self.server = Server("--allow-networks", self.crm.network(), store=self.store).start()
        self.addCleanup(self.server.end)
        self.apply()

    def apply(self, **sync):
        syncs = [{"mapping": "contacts", **sync}]
        answer = self.server.apply(self.crm.workspace(syncs=syncs), self.crm.secrets())
        self.assertEqual(answer.status, 200, answer.body)

    def send(self, *names, **more):
        for name in names:
            answer = self.server.post("/v1/leads", {
                "source": "portal", "email": f"{name}@example.org", **more})
            self.assertIn(answer.status, (200, 201), answer.body)

    def sync(self):
        return self.server.get("/v1/syncs/contacts").json()

    def do(self, verb, status=200, **body):
        answer = self.server.post(f"/v1/syncs/contacts/{verb}", body)
        self.assertEqual(answer.status, status, answer.body)
        return answer.json()

    def there(self):
        return sorted(c["email"].split("@")[0] for c in list(self.crm.contacts.values()))

    def wait_there(self, *names):
        self.server.wait_until(lambda: self.there() == sorted(names),
                               what=f"{names} in the CRM, not {self.there()}")

    def wait_paused(self, count):
        self.server.wait_until(
            lambda: [d["code"] for d in self.server.get("/v1/deliveries").json()["items"]
                     if d["state"] == "waiting"] == ["paused"] * count,
            what=f"{count} deliveries that wait for their sync")

    def wait_run(self):
        self.server.wait_until(lambda: self.sync()["run"]["is_done"], what="the end of the run")
        self.server.wait_delivered()


class Syncs(Syncing):
    def test_what_comes_while_it_is_paused_waits_and_is_sent(self):
        self.send("a")
        self.wait_there("a")
        self.server.wait_delivered()
        said = self.do("pause", reason="the CRM is being moved")
        self.assertEqual((said["state"], said["paused_by"], said["reason"], said["waiting"]),
                         ("paused", "person", "the CRM is being moved", 0))
        self.assertIn("nothing is lost", said["message"])
        asked = len(self.crm.requests)
        self.send("b", "c")
        self.send("a", company="Changed")
        self.wait_paused(3)
        self.assertEqual(self.sync()["waiting"], 3)
        self.assertEqual(self.server.queue()["pending"], 3)
        # Killed and started again, it is as it was.
        self.server.kill()
        self.server.start()
        self.send("d")
        self.wait_paused(4)
        self.assertEqual(len(self.crm.requests), asked)
        self.assertEqual(self.sync()["state"], "paused")
        said = self.do("resume")
        self.assertEqual((said["state"], said["paused_by"], said["message"]),
                         ("active", None, None))
        self.wait_there("a", "b", "c", "d")
        self.server.wait_delivered()
        self.assertIn("Changed", [c.get("company") for c in self.crm.contacts.values()])
        self.assertEqual(self.sync()["waiting"], 0)

    def test_what_was_under_way_comes_to_its_end(self):
        self.crm.gate.clear()
        self.send("a")
        self.server.wait_until(lambda: self.crm.requests, what="a call under way")
        self.send(*[f"x{i}" for i in range(40)])
        self.do("pause")
        self.crm.gate.set()
        self.server.wait_until(lambda: not [
            d for d in self.server.get("/v1/deliveries?limit=100").json()["items"]
            if d["state"] in ("due", "claimed")], what="nothing due")
        self.do("resume")
        self.wait_there("a", *[f"x{i}" for i in range(40)])
        self.server.wait_delivered()
        self.assertEqual(self.server.get("/v1/dead-letters").json()["items"], [])

    def test_a_pause_costs_no_try_and_leaves_the_unknown_unknown(self):
        go_on = threading.Event()
        self.addCleanup(go_on.set)
        self.crm.refuse = lambda fields: go_on.wait(20) and None
        self.send("a")
        self.server.wait_until(self.crm.written, what="a write under way")
        self.do("pause")
        self.crm.lose_replies = 1
        go_on.set()
        self.wait_paused(1)
        self.assertTrue(self.server.get("/v1/deliveries").json()["items"][0]["is_uncertain"])
        self.do("resume")
        self.server.wait_delivered()
        self.assertEqual(self.there(), ["a"])  # looked for, and not sent again

    def test_the_file_may_pause_it_too(self):
        self.apply(paused=True)
        self.send("a")
        self.wait_paused(1)
        self.assertEqual(self.sync()["paused_by"], "file")
        said = self.do("resume", 409)
        self.assertEqual(said["code"], "paused_by_file")
        self.assertIn('"paused: yes"', said["detail"])
        self.apply()
        self.wait_there("a")

    def test_what_waited_for_a_mapping_that_is_removed_comes_to_its_end(self):
        self.do("pause")
        self.send("a")
        self.wait_paused(1)
        workspace = self.crm.workspace()
        del workspace["mappings"], workspace["syncs"]
        answer = self.server.apply(workspace, prune=True)
        self.assertEqual(answer.status, 200, answer.body)
        self.server.wait_delivered()
        self.assertEqual([(d["state"], d["code"])
                          for d in self.server.get("/v1/deliveries").json()["items"]],
                         [("at_rest", "unmapped")])

    def test_a_manual_sync_sends_when_it_is_run(self):
        self.apply(mode="manual")
        self.send("a", "b")
        self.assertEqual(self.server.queue()["at_rest"], 2)
        self.assertEqual(self.crm.requests, [])
        self.do("run")
        self.wait_there("a", "b")
        self.wait_run()
        self.assertEqual(self.sync()["run"]["due"], 2)
        self.send("a", company="Changed")
        self.send("c")
        written = len(self.crm.written())
        self.do("run")
        self.wait_there("a", "b", "c")
        self.wait_run()
        self.assertEqual(self.sync()["run"]["due"], 2)  # b is as the CRM knows it
        self.assertEqual(len(self.crm.written()) - written, 2)

    def test_leads_from_before_the_sync_are_sent_when_it_is_run(self):
        answer = self.server.apply(self.crm.workspace(syncs=[]), prune=True)
        self.assertEqual(answer.status, 200, answer.body)
        names = [f"l{i}" for i in range(450)]  # more than one piece of a run
        for i in range(0, len(names), 150):
            answer = self.server.post("/v1/leads/batch", [
                {"source": "portal", "email": f"{n}@example.org"} for n in names[i:i + 150]])
            self.assertEqual(answer.status, 200)
        self.apply()
        self.send("new")
        self.wait_there("new")
        self.do("run")
        self.server.kill()  # wherever it is by now
        self.server.start()
        self.wait_there("new", *names)
        self.wait_run()
        self.assertEqual(len(self.crm.contacts), len(names) + 1)

    def test_what_waits_for_the_schedule_is_sent_when_it_is_run(self):
        self.apply(mode="batch")
        self.send("a")
        self.assertEqual(self.server.queue()["pending"], 1)
        self.do("run")
        self.wait_there("a")

    def test_what_sends_nothing_says_why(self):
        self.apply(mode="shadow")
        self.assertIn("shadow", self.do("run", 409)["detail"])
        self.apply(behaviour="none")
        self.assertIn("behaviour", self.do("run", 409)["detail"])
        self.apply()
        self.do("pause")
        self.assertIn("resume", self.do("run", 409)["detail"])
        self.assertEqual(self.server.get("/v1/syncs/nothing").status, 404)
        self.assertEqual(self.server.post("/v1/syncs/nothing/run").status, 404)

    def test_what_a_person_let_go_stays_so(self):
        self.crm.refuse = lambda fields: "no"
        self.send("a")
        letter = self.server.wait_until(
            lambda: self.server.get("/v1/dead-letters").json()["items"], what="a letter")[0]
        self.do("run")
        self.wait_run_done()
        self.assertEqual(len(self.server.get("/v1/dead-letters").json()["items"]), 1)
        self.server.post(f"/v1/dead-letters/{letter['id']}/discard", {"reason": "spam"})
        self.crm.refuse = None
        self.do("run")
        self.wait_run()
        self.assertEqual((self.there(), self.sync()["run"]["due"]), ([], 0))

    def wait_run_done(self):
        self.server.wait_until(lambda: self.sync()["run"]["is_done"], what="the end of the run")


@unittest.skipUnless(POSTGRES, "no PostgreSQL")
class SyncsPostgres(Syncs):
    def setUp(self):
        self.store = new_database()
        super().setUp()


@unittest.skipUnless(POSTGRES, "no PostgreSQL")
class TwoServers(Syncing):
    """Two on one database: what one is told holds at both, within a second."""

    def setUp(self):
        self.store = new_database()
        super().setUp()
        self.other = Server("--allow-networks", self.crm.network(), store=self.store)
        self.addCleanup(self.other.end)
        os.mkdir(self.other.data, 0o700)
        shutil.copy(os.path.join(self.server.data, "master.key"), self.other.data)
        self.other.start()
        self.admin = self.server.token()
        self.sent = 0

    def waiting(self, server):
        return [d for d in server.get("/v1/deliveries?limit=1000", token=self.admin)
                .json()["items"] if (d["state"], d["code"]) == ("waiting", "paused")]

    def send_one(self, server):
        """One more lead; the delivery that it has."""
        self.sent += 1
        answer = server.post("/v1/leads", {"source": "portal",
                                           "email": f"a{self.sent}@example.org"},
                             token=self.admin)
        self.assertEqual(answer.status, 201, answer.body)
        lead = answer.json()["lead_id"]
        state = lambda: server.get(f"/v1/deliveries?lead={lead}", token=self.admin).json()[
            "items"][0]["state"]
        server.wait_until(lambda: state() in ("waiting", "at_rest"),
                          what="a lead that is held, or sent")
        return state()

    def hold(self, server):
        """Leads until one is held: it is so within a second. Then all are."""
        server.wait_until(lambda: self.send_one(server) == "waiting", 20, "a lead that is held")
        asked = len(self.crm.requests)
        for _ in range(3):
            self.assertEqual(self.send_one(server), "waiting")
        self.assertEqual(len(self.crm.requests), asked)

    def wait_all_there(self, server):
        server.wait_until(lambda: not self.waiting(server) and
                          server.queue()["pending"] == 0, what="an empty queue")
        self.assertEqual(self.there(), sorted(f"a{n + 1}" for n in range(self.sent)))

    def test_a_pause_said_to_one_holds_at_the_other(self):
        self.assertEqual(self.send_one(self.other), "at_rest")
        self.do("pause", reason="the CRM is being moved")
        said = self.other.get("/v1/syncs/contacts", token=self.admin).json()
        self.assertEqual((said["state"], said["reason"]), ("paused", "the CRM is being moved"))
        self.server.stop()  # only the other is left to deliver
        self.hold(self.other)
        # And what it put to wait goes out when the one that comes back is told to resume.
        self.server.start()
        self.do("resume")
        self.other.stop()
        self.wait_all_there(self.server)

    def test_a_resume_said_to_one_lets_go_what_the_other_held(self):
        self.do("pause")
        self.hold(self.other)
        answer = self.other.post("/v1/syncs/contacts/resume", {}, token=self.admin)
        self.assertEqual(answer.status, 200, answer.body)
        self.wait_all_there(self.server)
        # The one that was told to pause delivers again too.
        self.other.stop()
        self.server.wait_until(lambda: self.send_one(self.server) == "at_rest", 20, "a lead sent")
        self.wait_all_there(self.server)


class Commands(Connected):
    def do(self, *args, code=0):
        result = run("sync", *args, "--data", self.server.data)
        self.assertEqual(result.code, code, result)
        return result

    def test_the_commands_say_what_waits(self):
        self.assertRegex(self.do("list").out, r"contacts +crm +contacts +real_time +capture +active")
        said = self.do("pause", "contacts", "--reason", "moving house").out
        self.assertIn("contacts is paused; 0 deliveries not at rest", said)
        self.assertIn("nothing is lost", said)
        self.send(email="a@example.org")
        self.assertIn("1 delivery not at rest", self.do("show", "contacts").out)
        self.assertRegex(self.do("list").out, r"paused .+ moving house")
        self.assertIn("resume it", self.do("run", "contacts", code=1).err)
        self.assertIn("contacts is active", self.do("resume", "contacts").out)
        self.server.wait_delivered()
        self.assertIn("contacts is active", self.do("run", "contacts").out)
        run("connection", "pause", "crm", "--data", self.server.data)
        self.assertIn("the connection crm is paused: nothing is sent",
                      self.do("show", "contacts").out)
        self.assertIn('no sync of a mapping "contcts"', self.do("pause", "contcts", code=1).err)


if __name__ == "__main__":
    unittest.main()
