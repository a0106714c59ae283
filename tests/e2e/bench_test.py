"""The benchmark itself: that it measures, and that what it measures was done right."""
import json
import subprocess
import unittest

from server import FAIRLEAD


def bench(*arguments):
    return subprocess.run([FAIRLEAD, "bench", "--quick", "--seconds", "1", "--leads", "200",
                           "--rows", "500",
                           *arguments], capture_output=True, text=True, timeout=180)


class Bench(unittest.TestCase):
    def test_every_part_measures_something_and_nothing_is_lost(self):
        done = bench("--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        report = json.loads(done.stdout)
        self.assertIs(report["is_good"], True)
        self.assertEqual([run for run in report["runs"] if run["not_2xx"]], [])
        figures = {figure["figure"]: figure["value"] for figure in report["figures"]}
        for name in ("accept.per_s", "accept.of_prototype", "deliver.sustained_per_s",
                     "deliver.lone_ms", "calls.hubspot_linked", "calls.salesforce_unlinked",
                     "start.waiting_ms", "start.idle_mib", "import.rows_per_s",
                     "import.peak_mib", "sandbox.batch_per_core",
                     "sandbox.single_per_core"):
            self.assertGreater(figures[name], 0, name)
        # the sandbox is no bottleneck, whichever CRM it is
        for vendor in ("salesforce", "dynamics", "zoho", "pipedrive", "copper", "freshsales",
                       "close", "leadsquared", "plain"):
            self.assertGreater(figures[f"sandbox.{vendor}.single_per_core"], 0, vendor)
        for vendor in ("salesforce", "dynamics", "zoho", "copper", "leadsquared", "plain"):
            self.assertGreater(figures[f"sandbox.{vendor}.batch_per_core"], 0, vendor)
        # calls are counted, not timed: the same on any machine
        self.assertLessEqual(figures["calls.hubspot_linked"], 12)
        self.assertLessEqual(figures["calls.hubspot_unlinked"], 24)
        self.assertLessEqual(figures["calls.salesforce_linked"], 7)
        self.assertLessEqual(figures["calls.salesforce_unlinked"], 16)

    def test_one_part_is_chosen_and_a_wrong_name_is_refused(self):
        done = bench("--only", "start", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        figures = [f["figure"] for f in json.loads(done.stdout)["figures"]]
        self.assertTrue(figures and all(name.startswith("start.") for name in figures))
        wrong = bench("--only", "start,coffee")
        self.assertEqual(wrong.returncode, 2)
        self.assertIn('"coffee"', wrong.stderr)


if __name__ == "__main__":
    unittest.main()
