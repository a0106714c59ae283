"""Salesforce's outbound messages: XML that comes until it is acknowledged, read by a parser
that shares nothing with us. Standard library only."""
import unittest
import xml.etree.ElementTree as ElementTree

from receiver import Receiver
from sandbox import Sandbox

SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"
OUT = "{http://soap.sforce.com/2005/09/outbound}"
SF = "{urn:sobject.enterprise.soap.sforce.com}"
DATA = "/salesforce/services/data/v66.0"


def answer(ack):
    return (f'<soapenv:Envelope xmlns:soapenv="{SOAP[1:-1]}"><soapenv:Body>'
            f'<notificationsResponse xmlns="{OUT[1:-1]}"><Ack>{ack}</Ack>'
            '</notificationsResponse></soapenv:Body></soapenv:Envelope>')


class OutboundMessages(unittest.TestCase):
    def setUp(self):
        self.sandbox = Sandbox("salesforce", "00D5g-sandbox-default")
        self.addCleanup(self.sandbox.end)
        self.receiver = Receiver(lambda request: (200, answer("true")))
        self.addCleanup(self.receiver.end)

    def listen(self, entity="Lead", fields="Id,Status,Company,FirstName"):
        return self.sandbox.add("OutboundMessage", {"EndpointUrl": self.receiver.url,
                                                    "Entity": entity, "Fields": fields})

    def lead(self, **more):
        return self.sandbox.ask("POST", DATA + "/sobjects/Lead",
                                {"LastName": "North", "Company": "N & <Sons>", **more})["id"]

    def step(self, ms):
        self.sandbox.ask("POST", "/_sandbox/clock", {"step_ms": ms})

    def deliveries(self, count, step=500):
        """The bodies that came, read, once there are so many."""
        for _ in range(1000):
            with self.receiver.lock:
                if len(self.receiver.got) >= count:
                    break
            self.step(step)
        got = self.receiver.wait(count)
        return [ElementTree.fromstring(one.body).find(f"{SOAP}Body/{OUT}notifications")
                for one in got]

    def test_a_message_names_the_org_and_the_record_as_it_is(self):
        action = self.listen()["id"]
        lead = self.lead(FirstName="Jo")
        [told] = self.deliveries(1)
        got = self.receiver.got[0]
        self.assertEqual(got.headers["Content-Type"], "text/xml; charset=utf-8")
        self.assertEqual(got.headers["SOAPAction"], '""')
        self.assertEqual(told.find(OUT + "OrganizationId").text[:3], "00D")
        self.assertEqual(len(told.find(OUT + "OrganizationId").text), 18)
        self.assertEqual(told.find(OUT + "ActionId").text, action)
        self.assertIsNone(told.find(OUT + "SessionId").text)
        [notification] = told.findall(OUT + "Notification")
        self.assertEqual(notification.find(OUT + "Id").text[:3], "04l")
        record = notification.find(OUT + "sObject")
        values = {child.tag.replace(SF, ""): child.text for child in record}
        self.assertEqual(values, {"Id": lead, "Status": "Open - Not Contacted",
                                  "Company": "N & <Sons>", "FirstName": "Jo"})

    def test_several_go_together_and_only_the_latest_is_told(self):
        self.listen(fields="Company,FirstName")
        lead = self.lead()
        self.sandbox.ask("PATCH", f"{DATA}/sobjects/Lead/{lead}", {"Company": "North Ltd"})
        [told] = self.deliveries(1)
        notifications = told.findall(OUT + "Notification")
        self.assertEqual(len({n.find(OUT + "Id").text for n in notifications}), 2)
        for notification in notifications:
            record = notification.find(OUT + "sObject")
            self.assertEqual(record.find(SF + "Company").text, "North Ltd")
            self.assertIsNone(record.find(SF + "FirstName"), "what is empty is left out")

    def test_it_comes_again_until_it_is_acknowledged(self):
        answers = [(500, ""), (200, "<html>thanks</html>"), (200, answer("false")),
                   (200, answer("true"))]
        self.receiver.answers = lambda request: answers[len(self.receiver.got) - 1]
        self.listen()
        self.lead()
        told = self.deliveries(4, step=60000)
        ids = {one.find(f"{OUT}Notification/{OUT}Id").text for one in told}
        self.assertEqual(len(ids), 1, "of one notification")
        for _ in range(3):
            self.step(7200000)
        self.assertEqual(len(self.receiver.got), 4)

    def test_a_hundred_are_in_one_message_at_most(self):
        self.listen()
        rows = [{"attributes": {"type": "Lead"}, "LastName": f"P{i}", "Company": "N"}
                for i in range(150)]
        self.sandbox.ask("POST", DATA + "/composite/sobjects", {"records": rows})
        told = self.deliveries(2)
        self.assertEqual(sorted(len(one.findall(OUT + "Notification")) for one in told),
                         [50, 100])

    def test_others_are_not_told(self):
        self.listen(entity="Contact")
        self.lead()
        self.step(1000)
        self.assertEqual(self.sandbox.ask("GET", "/_sandbox/webhooks")["webhooks"], [])


if __name__ == "__main__":
    unittest.main()
