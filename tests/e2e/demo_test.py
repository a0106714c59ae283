"""`fairlead demo` as who tries it for the first time: what it says is true, and what it
says to try works as it stands there."""
import json
import os
import re
import signal
import subprocess
import tempfile
import threading
import time
import unittest

from command import CLEAN, FAIRLEAD


class Demo(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def start(self, *flags):
        self.process = subprocess.Popen([FAIRLEAD, "demo", *flags], cwd=self.folder.name, env=CLEAN,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        text=True)
        self.addCleanup(self.process.stderr.close)
        self.addCleanup(self.process.stdout.close)
        self.addCleanup(self.process.kill)
        # Whoever says nothing for a minute is ended, and the lines with it.
        watch = threading.Timer(60, self.process.kill)
        watch.start()
        self.addCleanup(watch.cancel)
        lines = []
        for line in self.process.stdout:
            lines.append(line.rstrip("\n"))
            if line == "Ctrl-C ends it.\n":
                return "\n".join(lines)
        self.fail("\n".join(lines) + self.process.stderr.read())

    def end(self):
        self.process.send_signal(signal.SIGINT)
        self.assertEqual(self.process.wait(30), 0)

    def shell(self, script):
        done = subprocess.run(["bash", "-c", script], cwd=self.folder.name, env=CLEAN,
                              capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def tries(self, said):
        lines = re.search(r"in another terminal:\n\n(.*?)(\n\n|$)", said, re.S)[1]
        return re.split(r"\n  (?=\S)", lines.strip())

    def test_what_it_says_to_try_works(self):
        said = self.start()
        self.assertRegex(said, r"line  2  created")
        self.assertRegex(said, r"line  7  rejected   email: has no @")
        self.assertRegex(said, r"line  8  rejected   phone: a spreadsheet has made")
        self.assertIn("7 created, 1 merged into one that was known, 2 refused and kept", said)

        token, lead, contacts, fault = self.tries(said)
        taken = json.loads(self.shell(f"{token}\n{lead}"))
        self.assertEqual(taken["result"], "created")
        end = time.monotonic() + 30
        while '"ada@example.org"' not in (there := self.shell(contacts)):
            self.assertLess(time.monotonic(), end, there)
        self.assertEqual(json.loads(self.shell(fault))["fault"], "rate_limit")

        why = re.search(r"Why is a lead as it is\?\n\n  (.*)\n", said)[1]
        told = self.shell(why)
        self.assertIn("It made this lead: nobody with its keys was known.", told)
        self.assertIn("named a company (+10, rule company)", told)
        page = re.search(r"The sandbox CRM +(\S+)", said)[1]
        self.assertIn("<title>", self.shell(f"curl -sf {page}"))
        self.end()

    def test_it_goes_on_where_it_ended(self):
        self.start()
        self.end()
        self.assertTrue(os.path.exists(os.path.join(self.folder.name, "demo-data")))
        said = self.start()
        self.assertIn("The leads of the first start are still here", said)
        token, lead, _, _ = self.tries(said)
        self.assertEqual(json.loads(self.shell(f"{token}\n{lead}"))["result"], "created")
        self.end()
        said = self.start("--reset")
        self.assertIn("7 created, 1 merged", said)
        self.end()

    def test_no_other_folder_is_emptied(self):
        path = os.path.join(self.folder.name, "letters")
        os.mkdir(path)
        with open(os.path.join(path, "to-ada.txt"), "w") as file:
            file.write("Dear Ada")
        done = subprocess.run([FAIRLEAD, "demo", "--data", path, "--reset"], env=CLEAN,
                              capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 1)
        self.assertIn("is not the folder of a demo: nothing in it was removed", done.stderr)
        self.assertEqual(os.listdir(path), ["to-ada.txt"])


if __name__ == "__main__":
    unittest.main()
