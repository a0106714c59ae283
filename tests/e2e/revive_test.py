"""A dead letter revives by itself when what it died of changes: the lead, the mapping; and
stays when it does not help."""
import unittest

from plain_crm import Connected


class Revive(Connected):
    def letters(self):
        return self.server.get("/v1/dead-letters").json()["items"]

    def die(self, company="Bad", **lead):
        """A lead that the CRM refuses for its company."""
        self.crm.refuse = lambda fields: ("is on no list"
                                          if fields.get("company", "Good") == "Bad" else None)
        lead = self.send(email="ada@example.org", company=company, **lead)
        self.server.wait_until(self.letters, what="a dead letter")
        return lead

    def wait_there(self, **values):
        self.server.wait_delivered()
        self.assertEqual(self.letters(), [])
        contact = next(iter(self.crm.contacts.values()))
        self.assertEqual({k: contact.get(k) for k in values}, values)
        self.assertEqual(len(self.crm.contacts), 1)

    def test_when_the_lead_comes_again_with_other_values(self):
        self.die()
        self.send(email="ada@example.org", company="Good")
        self.wait_there(company="Good")

    def test_when_a_person_mends_the_lead(self):
        lead = self.die()
        answer = self.server.request("PATCH", f"/v1/leads/{lead}", {"company": "Good"})
        self.assertEqual(answer.status, 200, answer.body)
        self.wait_there(company="Good")

    def test_when_the_lead_changed_while_it_was_on_its_way(self):
        self.crm.refuse = lambda fields: self.hold(fields)
        self.held = []
        self.send(email="ada@example.org", company="Bad")
        self.server.wait_until(lambda: self.held, what="a write under way")
        self.wait_there(company="Good")
        self.assertEqual(len(self.crm.written()), 2)

    def hold(self, fields):
        """Refuses the first write, and has the lead mended before it says so."""
        if self.held:
            return None
        self.held.append(fields)
        answer = self.server.post("/v1/leads", {"source": "portal", "email": "ada@example.org",
                                                "company": "Good"})
        self.assertEqual(answer.status, 200, answer.body)
        return "is on no list"

    def test_when_the_mapping_changes(self):
        self.die()
        workspace = self.crm.workspace()
        lines = workspace["mappings"][0]["fields"]
        for line in lines:
            if line["to"] == "company":
                line["via"] = [{"upper": {}}]
        answer = self.server.apply(workspace, self.crm.secrets())
        self.assertEqual(answer.status, 200, answer.body)
        self.wait_there(company="BAD")

    def test_it_is_tried_once_with_what_is_new_and_stays(self):
        self.die()
        self.send(email="ada@example.org", company="Bad", message="hello?")
        self.server.wait_until(lambda: len(self.crm.written()) == 2 and self.letters(),
                               what="the letter after a second try")
        self.assertEqual(len(self.letters()), 1)
        self.assertEqual(self.crm.contacts, {})
        # Nothing new was said: nothing is sent.
        self.send(email="ada@example.org", company="Bad")
        self.assertEqual((len(self.crm.written()), len(self.letters())), (2, 1))


if __name__ == "__main__":
    unittest.main()
