"""Erasing and merging leads that are at a CRM, for real: what was said on the way is gone."""
import contextlib
import os
import sqlite3
import unittest

from plain_crm import Connected


class Delivered(Connected):
    def open(self):
        # Closed again: who holds the file open keeps the log from being cleared.
        return contextlib.closing(sqlite3.connect(
            f"file:{self.server.data}/fairlead.db?mode=ro", uri=True))

    def dump(self):
        with self.open() as db:
            return "\n".join(db.iterdump())

    def bodies(self):
        """Bytes are dumped as hexadecimal."""
        with self.open() as db:
            return repr(db.execute("SELECT url, request, answer FROM call").fetchall())

    def test_nothing_that_was_said_to_the_crm_is_left(self):
        lead = self.send(email="quagmire@example.org", company="Xylograph", first_name="Quag")
        self.server.wait_delivered()
        # Every call names somebody: the one that looked, too.
        calls = self.server.get("/v1/calls").json()["items"]
        self.assertGreater(len(calls), 1)
        self.assertIn("quagmire", self.bodies())
        self.crm.refuse = lambda fields: "no such company"
        self.send(email="quagmire@example.org", company="Xylograph Two")
        self.server.wait_until(lambda: self.server.get("/v1/dead-letters").json()["items"],
                               what="a dead letter")
        said = self.server.post(f"/v1/leads/{lead}/erase")
        self.assertEqual(said.status, 200, said.body)
        self.assertEqual([place["connection"] for place in said.json()["still_at"]],
                         [self.crm.workspace()["connections"][0]["name"]])
        left = self.dump() + self.bodies()
        for value in ("quagmire", "Xylograph", "Quag"):
            self.assertNotIn(value, left)
        self.assertEqual(self.server.get("/v1/dead-letters").json()["items"], [])
        queue = self.server.queue()
        self.assertEqual(queue["erased"], queue["received"])
        self.assertEqual((queue["pending"], queue["dead"], queue["at_rest"]), (0, 0, 0))
        self.server.stop()
        for name in os.listdir(self.server.data):
            with open(os.path.join(self.server.data, name), "rb") as file:
                self.assertFalse(b"quagmire" in file.read(), name)
        self.assertNotIn("quagmire", self.server.log())

    def test_a_merged_lead_is_told_to_the_record_that_stays(self):
        a = self.send(email="old@example.org", company="Old AG")
        b = self.send(email="young@example.org", company="Young AG")
        self.server.wait_delivered()
        delivery = lambda lead: self.server.get("/v1/deliveries/" + self.server.get(
            f"/v1/deliveries?lead={lead}").json()["items"][0]["id"]).json()
        records = [delivery(lead)["link"]["remote_id"] for lead in (a, b)]
        merge = self.server.post(f"/v1/leads/{b}/merge", {"other": a}).json()["merge_id"]
        self.server.wait_until(lambda: delivery(a)["told"]["company"] == "Young AG",
                               what="the merged value at the CRM")
        self.assertEqual(delivery(a)["link"]["remote_id"], records[0])
        self.assertEqual(self.crm.contacts[records[0]]["company"], "Young AG")
        self.assertEqual(self.server.post(f"/v1/merges/{merge}/undo").status, 200)
        self.server.wait_until(lambda: delivery(a)["told"]["company"] == "Old AG" and
                               delivery(b)["state"] == "at_rest", what="both as they were")
        for lead, record, company in zip((a, b), records, ("Old AG", "Young AG")):
            self.assertEqual(delivery(lead)["link"]["remote_id"], record)
            self.assertEqual(delivery(lead)["link"]["state"], "live")
            self.assertEqual(self.crm.contacts[record]["company"], company)
        self.assertEqual(len(self.crm.contacts), 2)


if __name__ == "__main__":
    unittest.main()
