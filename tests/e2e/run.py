#!/usr/bin/env python3
"""Runs the end-to-end tests: the real program, real sockets, real files.

    run.py [NAME...]     names of test files (leads), classes or tests (leads.Leads.test_x)

FAIRLEAD names the program. FAIRLEAD_TEST_POSTGRES, if set, is a PostgreSQL that may be
written to. Ends with `N passed, N failed, N skipped`.
"""
import glob
import os
import re
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)


class Result(unittest.TextTestResult):
    def __init__(self, *args, **more):
        super().__init__(*args, **more)
        self.passed = 0

    def addSuccess(self, test):
        super().addSuccess(test)
        self.passed += 1


def main():
    names = sys.argv[1:] or sorted(os.path.basename(path)[:-3] for path in
                                   glob.glob(os.path.join(HERE, "*_test.py")))
    names = [re.sub(r"^([a-z0-9_]+?)(_test)?(?=\.|$)", r"\1_test", name) for name in names]
    suite = unittest.defaultTestLoader.loadTestsFromNames(names)
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2,
                                     resultclass=Result).run(suite)
    failed = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)
    print(f"{result.passed} passed, {failed} failed, {len(result.skipped)} skipped")
    return 1 if failed or not result.passed else 0


if __name__ == "__main__":
    sys.exit(main())
