"""Every value of a status is told, once and in order, whatever comes between."""
import os
import random
import sys
import unittest

from between_test import HeldCrm
from hubspot_test import TOKEN, add_key
from hubspot_test import workspace as hubspot_workspace
from sandbox import Sandbox
from server import POSTGRES, Server, new_database

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
                                "chaos"))
from crm import Crm, MIXED  # noqa: E402
from workspace import workspace  # noqa: E402

STATUSES = ["NEW", "OPEN", "IN_PROGRESS", "OPEN", "CONNECTED", "IN_PROGRESS", "UNQUALIFIED"]


def every_value(config, name):
    """The line of `name` in the workspace's mapping tells every value."""
    for line in config["mappings"][0]["fields"]:
        if line["from"] == name:
            line.update(every_value=True)
    return config


class EveryValue:
    """The same for each store: a mixin. `ledger_seq` is told each, `company` is not."""

    on_postgres = False

    def begin(self, crm):
        self.crm = crm
        self.addCleanup(crm.end)
        self.server = Server("--allow-networks", f"127.0.0.1/32:{crm.port}",
                             store=new_database() if self.on_postgres else None).start()
        self.addCleanup(self.server.end)
        answer = self.server.apply(every_value(workspace(crm, batch=False),
                                               "custom.ledger_seq"))
        self.assertEqual(answer.status, 200, answer.body)

    def send(self, who, value, company=None):
        answer = self.server.post("/v1/leads", {
            "email": f"{who}@example.org", "source": "chaos", "company": company,
            "custom": {"external_id": who, "ledger_seq": value, "ledger_nonce": "n"}})
        self.assertIn(answer.status, (200, 201), answer.body)

    def heard(self, who):
        return [data["ledger_seq"] for _, _, data in self.crm.ledger
                if data["external_id"] == who]

    def check_killed(self, moment):
        """The first value is on its way when three more come, and the server is killed."""
        self.begin(HeldCrm())
        self.addCleanup(self.crm.let_go.set)
        self.crm.holds = moment
        for value in range(1, 5):
            self.send("a", value, f"Company {value}")
            if value == 1:
                self.assertTrue(self.crm.held.wait(20), "nothing was sent")
        self.server.kill()
        self.crm.let_go.set()
        self.server.start()
        self.server.wait_delivered()
        self.assertEqual(self.heard("a"), [1, 2, 3, 4])
        companies = [data["company"] for _, _, data in self.crm.ledger]
        self.assertEqual(companies[-1], "Company 4")
        self.assertNotIn("Company 2", companies)
        self.assertNotIn("Company 3", companies)

    def test_killed_before_the_effect(self):
        self.check_killed("before")

    def test_killed_after_the_effect(self):
        self.check_killed("after")

    def test_faults_and_kills_lose_and_double_none(self):
        """Twelve leads change eight times each, under faults, and the server is killed."""
        self.begin(Crm(honours_keys=False, faults=MIXED, seed=7))
        self.crm.faults_per_key = 6
        dice, sent = random.Random(7), {f"w{n}": 0 for n in range(12)}
        while any(count < 8 for count in sent.values()):
            who = dice.choice([name for name, count in sent.items() if count < 8])
            sent[who] += 1
            self.send(who, sent[who])
            if dice.random() < 0.08:
                self.server.kill()
                self.server.start()
        self.server.wait_delivered(120)
        self.assertEqual(self.server.queue()["dead"] + self.server.queue()["uncertain"], 0)
        for who in sent:
            self.assertEqual(self.heard(who), list(range(1, 9)), who)


class OnSqlite(EveryValue, unittest.TestCase):
    pass


@unittest.skipUnless(POSTGRES, "needs FAIRLEAD_TEST_POSTGRES")
class OnPostgres(EveryValue, unittest.TestCase):
    on_postgres = True


class Statuses(unittest.TestCase):
    """A person changes the status faster than a slow HubSpot takes it."""

    def setUp(self):
        self.sandbox = Sandbox("hubspot", TOKEN)
        self.addCleanup(self.sandbox.end)
        add_key(self.sandbox)
        self.server = Server("--allow-networks", f"127.0.0.1/32:{self.sandbox.port}").start()
        self.addCleanup(self.server.end)
        config = hubspot_workspace(self.sandbox)
        config["mappings"][0]["fields"].append({"from": "status", "to": "hs_lead_status"})
        answer = self.server.apply(config, {"hubspot": {"secret": TOKEN}})
        self.assertEqual(answer.status, 200, answer.body)

    def change(self, **fields):
        answer = self.server.request("PATCH", "/v1/leads/" + self.lead, fields)
        self.assertEqual(answer.status, 200, answer.body)

    def history(self):
        """The statuses that the contact had, oldest first."""
        contact = self.sandbox.ask(
            "GET", "/hubspot/crm/objects/2026-09/contacts/ada@example.org?idProperty=email"
                   "&propertiesWithHistory=hs_lead_status")
        return [v["value"] for v in
                reversed(contact["propertiesWithHistory"]["hs_lead_status"])]

    def delivery(self):
        return self.server.get("/v1/deliveries?lead=" + self.lead).json()["items"][0]

    def test_each_status_reaches_the_contact_in_order(self):
        answer = self.server.post("/v1/leads", {"source": "site", "email": "ada@example.org"})
        self.lead = answer.json()["lead_id"]
        self.server.wait_delivered(25)
        self.sandbox.fault(fault="slow", ms=400, probability=1, path="*/batch/update")
        for number, status in enumerate(STATUSES):
            self.change(status=status, company=f"Company {number}")
        # The second is under way when the server is killed.
        self.server.wait_until(lambda: self.delivery()["told_version"] >= 2, 20,
                               "the first status")
        self.assertGreater(self.delivery()["earlier_version"], 0)
        self.server.kill()
        self.server.start()
        self.server.wait_until(lambda: self.delivery()["state"] == "at_rest", 60, "rest")
        self.assertEqual(self.history(), STATUSES)
        self.assertEqual(self.delivery()["earlier_version"], 0)
        # Of the companies the latest was told, not all of them.
        written = len(self.sandbox.ledger("updated", "contacts"))
        self.assertEqual(written, len(STATUSES))


if __name__ == "__main__":
    unittest.main()
