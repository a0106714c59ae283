"""The sandbox's page for people, as a browser shows it."""
import html
import re
import shutil
import subprocess
import tempfile
import unittest

from hubspot_test import TOKEN
from sandbox import Sandbox

BROWSER = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
           "--no-first-run", "--disable-background-networking", "--disable-component-update",
           "--disable-sync", "--virtual-time-budget=5000", "--dump-dom"]


@unittest.skipUnless(shutil.which("chromium"), "needs chromium")
class Page(unittest.TestCase):
    def setUp(self):
        self.sandbox = Sandbox("hubspot", TOKEN)

    def tearDown(self):
        self.sandbox.end()

    def look(self, place=""):
        """What stands on the page once its scripts have run."""
        with tempfile.TemporaryDirectory() as profile:
            done = subprocess.run(
                [*BROWSER, "--user-data-dir=" + profile,
                 f"http://127.0.0.1:{self.sandbox.port}/_sandbox/ui{place}"],
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=60)
        body = done.stdout.decode().split("<script>")[0]
        return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body)))

    def test_it_shows_accounts_and_records(self):
        self.sandbox.ask("POST", "/_sandbox/accounts/hubspot/default/seed",
                         {"count": 3, "seed": 5})
        people = self.sandbox.ask(
            "GET", "/_sandbox/accounts/hubspot/default/records/contacts")["records"]
        page = self.look()
        self.assertIn("HubSpot, default", page)
        self.assertIn("contacts 3", page)
        for person in people:
            self.assertIn(person["values"]["email"], page)

    def test_it_shows_what_happened_and_what_was_asked(self):
        self.sandbox.ask("POST", "/hubspot/crm/objects/2026-09/contacts",
                         {"properties": {"email": "ada@example.org"}})
        self.assertRegex(self.look("#hubspot/default/ledger"), r"created contacts \d+ 1 ")
        self.assertIn("POST /hubspot/crm/objects/2026-09/contacts",
                      self.look("#hubspot/default/requests"))

    def test_what_records_hold_is_text_to_it(self):
        self.sandbox.ask("POST", "/hubspot/crm/objects/2026-09/contacts",
                         {"properties": {"email": "ada@example.org",
                                         "firstname": "<img src=x onerror=alert(1)>"}})
        self.assertIn("<img src=x onerror=alert(1)>", self.look("#hubspot/default/contacts"))

    def test_it_tells_how_to_connect(self):
        self.assertIn("pat-na1-sandbox-default", self.look("#hubspot/default/credentials"))


if __name__ == "__main__":
    unittest.main()
