"""Who goes first when there is more to deliver than a CRM takes: lanes, and connections that
do not wait for one another."""
import unittest

from plain_crm import PlainCrm
from server import POSTGRES, Server, new_database


class Lanes(unittest.TestCase):
    def setUp(self):
        self.crm, self.other = PlainCrm(), PlainCrm()
        self.addCleanup(self.crm.end)
        self.addCleanup(self.other.end)
        self.server = Server("--allow-networks",
                             f"{self.crm.network()},{self.other.network()}",
                             store=self.new_store()).start()
        self.addCleanup(self.server.end)

    def new_store(self):
        return None

    def apply(self, workspace, secrets):
        answer = self.server.apply(workspace, secrets)
        self.assertEqual(answer.status, 200, answer.body)

    def send(self, email, source):
        answer = self.server.post("/v1/leads", {"source": source, "email": email})
        self.assertEqual(answer.status, 201, answer.body)

    def test_a_late_hot_lead_overtakes_a_file_and_the_file_goes_on(self):
        connection = self.crm.connection(limits={"concurrency": 1, "retries": 0})
        self.apply(self.crm.workspace(
            settings={"wait_for_lookup": False}, connections=[connection],
            sources=[{"name": lane, "kind": "api", "lane": lane}
                     for lane in ("hot", "normal", "bulk")]), self.crm.secrets())
        paused = self.server.post("/v1/connections/crm/pause", {"reason": "to pile up"})
        self.assertEqual(paused.status, 200)
        for lane, count in (("bulk", 40), ("normal", 5), ("hot", 30)):
            for i in range(count):
                self.send(f"{lane}{i}@example.org", lane)
        self.server.post("/v1/connections/crm/resume")
        self.server.wait_delivered(60)
        order = [c["email"] for c in self.crm.contacts.values()]
        self.assertEqual(len(order), 75)
        place = {lane: [i for i, email in enumerate(order) if email.startswith(lane)]
                 for lane in ("hot", "normal", "bulk")}
        # Of twenty turns twelve are hot, five normal and three bulk; what no normal one
        # uses is hot. So the bulk of before waits, and goes on.
        self.assertLess(place["hot"][-1], 45, place)
        self.assertLess(place["normal"][-1], 25, place)
        early = sum(i < 20 for i in place["bulk"])
        self.assertIn(early, (2, 3, 4), place)

    def test_a_dead_crm_costs_the_others_nothing(self):
        both = self.crm.workspace(settings={"wait_for_lookup": False})
        both["connections"].append(self.other.connection("other"))
        both["mappings"].append({**both["mappings"][0], "name": "others",
                                 "connection": "other"})
        both["syncs"].append({"mapping": "others"})
        self.apply(both, {**self.crm.secrets(), "other": self.crm.secrets()["crm"]})
        self.crm.gate.clear()  # takes requests and answers none
        for i in range(50):
            self.send(f"n{i}@example.org", "portal")
        self.server.wait_until(lambda: len(self.other.contacts) == 50, 15,
                               "all leads at the CRM that lives")
        self.assertEqual(self.crm.contacts, {})
        self.assertEqual(self.server.queue()["pending"], 50, "they wait for the other one")
        self.crm.gate.set()
        self.server.wait_delivered(60)
        self.assertEqual(len(self.crm.contacts), 50)


@unittest.skipUnless(POSTGRES, "needs FAIRLEAD_TEST_POSTGRES")
class LanesOnPostgres(Lanes):
    def new_store(self):
        return new_database()


if __name__ == "__main__":
    unittest.main()
