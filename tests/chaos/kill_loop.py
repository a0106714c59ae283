#!/usr/bin/env python3
"""Kills a server under load against a CRM that fails in every way, then counts.

    kill_loop.py [--leads N] [--versions N] [--kills N] [--characters upsert,create,forgetful]
                 [--stores sqlite,postgres] [--calls one,batch] [--concurrency N] [--drain S]

13 % of the CRM's answers are faults, before and after the effect. FAIRLEAD names the program;
PostgreSQL needs FAIRLEAD_TEST_POSTGRES, which tests/support/postgres.py gives. One line for
each run, and `N passed, N failed` at the end. See CONTRIBUTING.md.
"""
import argparse
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from loop import CHARACTERS, Loop  # noqa: E402


def run(args, character, store, calls):
    loop = Loop(character, calls == "batch", store == "postgres", args.leads, args.versions,
                args.kills, concurrency=args.concurrency)
    try:
        sent, drained = loop.run(args.drain)
        problems = loop.problems()
        print(f"{character} {store} {calls}: {args.leads} leads, {args.kills} kills, "
              f"{loop.crm.faults_made} faults, {loop.crm.calls} calls, sent in "
              f"{sent:.0f} s, drained in {drained:.0f} s: "
              f"{'; '.join(problems[:5]) or '0 lost, 0 doubled, 0 parked'}", flush=True)
    except AssertionError as why:
        problems = [why]
        print(f"{character} {store} {calls}: {str(why)[:2000]}", flush=True)
    finally:
        loop.end()
    return not problems


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leads", type=int, default=5000)
    parser.add_argument("--versions", type=int, default=1)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--characters", default=",".join(CHARACTERS))
    parser.add_argument("--stores", default="sqlite,postgres")
    parser.add_argument("--calls", default="batch,one")
    parser.add_argument("--concurrency", type=int, default=16)
    parser.add_argument("--drain", type=int, default=150)
    args = parser.parse_args()
    passed = failed = 0
    for store in args.stores.split(","):
        if store == "postgres" and not os.environ.get("FAIRLEAD_TEST_POSTGRES"):
            parser.error("postgres needs FAIRLEAD_TEST_POSTGRES: see tests/support/postgres.py")
        for calls in args.calls.split(","):
            for character in args.characters.split(","):
                if run(args, character, store, calls):
                    passed += 1
                else:
                    failed += 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
