#!/usr/bin/env python3
"""Runs the end-to-end tests: the real program, real sockets, real files.

    run.py [--part N/M] [NAME...]
                         names of test files (leads), classes or tests (leads.Leads.test_x);
                         of M runs side by side this is the Nth

FAIRLEAD names the program. FAIRLEAD_TEST_POSTGRES, if set, is a PostgreSQL that may be
written to. Ends with the slowest tests and `N passed, N failed, N skipped`.
"""
import argparse
import glob
import os
import re
import sys
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)


class Result(unittest.TextTestResult):
    def __init__(self, *args, **more):
        super().__init__(*args, **more)
        self.passed, self.took = 0, []

    def startTest(self, test):
        self.began = time.monotonic()
        super().startTest(test)

    def stopTest(self, test):
        super().stopTest(test)
        self.took.append((time.monotonic() - self.began, test.id()))

    def addSuccess(self, test):
        super().addSuccess(test)
        self.passed += 1


def classes_of(suite):
    """The tests of each class: they share what setUpClass made."""
    for test in suite:
        if not isinstance(test, unittest.TestSuite):
            yield suite
            return
        yield from classes_of(test)


def part_of(suite, part):
    """Every Mth class, from the Nth on."""
    number, count = (int(n) for n in part.split("/"))
    return unittest.TestSuite(list(classes_of(suite))[number - 1::count])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--part", default="1/1")
    parser.add_argument("names", nargs="*")
    given = parser.parse_args()
    names = given.names or sorted(os.path.basename(path)[:-3] for path in
                                  glob.glob(os.path.join(HERE, "*_test.py")))
    names = [re.sub(r"^([a-z0-9_]+?)(_test)?(?=\.|$)", r"\1_test", name) for name in names]
    suite = part_of(unittest.defaultTestLoader.loadTestsFromNames(names), given.part)
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2,
                                     resultclass=Result).run(suite)
    failed = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)
    for seconds, test in sorted(result.took, reverse=True)[:10]:
        print(f"{seconds:7.1f} s {test}")
    print(f"{result.passed} passed, {failed} failed, {len(result.skipped)} skipped")
    return 1 if failed or not result.passed else 0


if __name__ == "__main__":
    sys.exit(main())
