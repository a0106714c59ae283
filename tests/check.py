#!/usr/bin/env python3
"""Runs every suite and counts: `make check`.

    check.py [--only NAME[,NAME...]] [--list]

Builds as it goes, under build/. Each suite prints one line; the log of one that failed is
shown. Ends with `N passed, N failed` and, if all passed, exit status 0. Needs nothing but
what tools/deps.sh installs, and leaves no process behind.
"""
import argparse
import concurrent.futures
import os
import re
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
PYTHON = "/usr/bin/python3"
POSTGRES = [PYTHON, os.path.join(HERE, "support", "postgres.py")]
GCC = {"CC": "gcc", "CXX": "g++"}
CLANG = {"CC": "clang-14", "CXX": "clang++-14"}


class Failed(Exception):
    """A step that did not get as far as counting."""


def run(command, log, env=None, seconds=2400):
    with open(log, "ab") as out:
        done = subprocess.run(command, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT,
                              stdin=subprocess.DEVNULL, timeout=seconds,
                              env={**os.environ, **(env or {})})
    return done.returncode


def build(name, options, env, log):
    folder = os.path.join(ROOT, "build", name)
    if not os.path.exists(os.path.join(folder, "build.ninja")):
        shutil.rmtree(folder, ignore_errors=True)
        if run(["meson", "setup", folder, "-Dwerror=true", *options], log, env):
            raise Failed("meson setup")
    if run(["ninja", "-C", folder], log, env):
        raise Failed("the build")
    return folder


def count_junit(folder):
    """Passed, failed and skipped of meson's last run, subtests included."""
    passed = failed = skipped = 0
    tree = ElementTree.parse(os.path.join(folder, "meson-logs", "testlog.junit.xml"))
    for case in tree.iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
        elif case.find("skipped") is not None:
            skipped += 1
        else:
            passed += 1
    return passed, failed, skipped


def meson_test(folder, suites, log, prefix=(), env=None):
    junit = os.path.join(folder, "meson-logs", "testlog.junit.xml")
    if os.path.exists(junit):
        os.remove(junit)
    command = [*prefix, "meson", "test", "-C", folder, "--no-rebuild", "--print-errorlogs",
               "--num-processes", "2"]
    for suite in suites:
        command += ["--suite", suite]
    status = run(command, log, env)
    if not os.path.exists(junit):
        raise Failed("meson test")
    passed, failed, skipped = count_junit(folder)
    if status and not failed:
        failed = 1
    return passed, failed, skipped


def count_lines(log):
    """The last `N passed, N failed` that a suite of its own printed."""
    found = re.findall(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?",
                       open(log, errors="replace").read(), re.M)
    if not found:
        raise Failed("the suite ended without counting")
    return tuple(int(n or 0) for n in found[-1])


# ---- The suites ----

def unit(log):
    folder = build("check", [], GCC, log)
    return meson_test(folder, [], log, POSTGRES)


def clang(log):
    build("clang", [], CLANG, log)
    return 1, 0, 0  # that it compiles without a warning


def sanitized(log):
    folder = build("asan", ["-Db_sanitize=address,undefined", "-Doptimization=1"], GCC, log)
    return meson_test(folder, [], log, POSTGRES)


def threads(log):
    folder = build("tsan", ["-Db_sanitize=thread", "-Doptimization=1"], GCC, log)
    return meson_test(folder, ["http", "store", "deliver", "sandbox"], log,
                      env={"TSAN_OPTIONS": "halt_on_error=1"})


def fuzz(log):
    folder = build("fuzz", ["-Dfuzz=true", "-Db_lundef=false",
                            "-Db_sanitize=address,undefined"], CLANG, log)
    return meson_test(folder, ["fuzz"], log)


def layers(log):
    folder = build("check", [], GCC, log)
    run([PYTHON, os.path.join(HERE, "layers.py"), folder], log)
    return count_lines(log)


def script(path, prefix=()):
    def suite(log):
        folder = build("check", [], GCC, log)
        run([*prefix, path], log, {"FAIRLEAD": os.path.join(folder, "fairlead")})
        return count_lines(log)
    return suite


E2E_PARTS = 2  # side by side: they wait more than they work


def e2e(log):
    folder = build("check", [], GCC, log)
    logs = [f"{log}.{part + 1}" for part in range(E2E_PARTS)]
    for part in logs:
        open(part, "w").close()
    with concurrent.futures.ThreadPoolExecutor(E2E_PARTS) as pool:
        runs = [pool.submit(run, [*POSTGRES, PYTHON, os.path.join(HERE, "e2e", "run.py"),
                                  "--part", f"{i + 1}/{E2E_PARTS}"], part,
                            {"FAIRLEAD": os.path.join(folder, "fairlead")})
                for i, part in enumerate(logs)]
        statuses = [done.result() for done in runs]
    counts = [count_lines(part) for part in logs]
    # What failed comes last: the end of a log is what is shown.
    for part in sorted(logs, key=lambda part: count_lines(part)[1]):
        with open(log, "a") as out:
            out.write(open(part, errors="replace").read())
    total = tuple(map(sum, zip(*counts)))
    if any(statuses) and not total[1]:
        raise Failed("a part of the suite")
    return total


SUITES = [
    ("unit", unit), ("layers", layers), ("e2e", e2e),
    ("judges", script(os.path.join(HERE, "judges", "run.sh"))),
    ("asan", sanitized), ("tsan", threads), ("clang", clang), ("fuzz", fuzz),
]


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", help="suites by name, comma between")
    parser.add_argument("--list", action="store_true")
    args = parser.parse_args()
    if args.list:
        print(" ".join(name for name, _ in SUITES))
        return 0
    wanted = args.only.split(",") if args.only else [name for name, _ in SUITES]
    os.makedirs(os.path.join(ROOT, "build", "logs"), exist_ok=True)
    total = [0, 0, 0]
    for name, suite in SUITES:
        if name not in wanted:
            continue
        log = os.path.join(ROOT, "build", "logs", name + ".log")
        open(log, "w").close()
        began = time.monotonic()
        try:
            counts = suite(log)
        except (Failed, subprocess.TimeoutExpired, OSError) as why:
            counts = (0, 1, 0)
            with open(log, "a") as out:
                out.write(f"\n{name}: {why} failed\n")
        total = [a + b for a, b in zip(total, counts)]
        print(f"{name}: {counts[0]} passed, {counts[1]} failed, {counts[2]} skipped, "
              f"{time.monotonic() - began:.0f} s", flush=True)
        if counts[1]:
            print("\n".join(open(log, errors="replace").read().splitlines()[-120:]))
    line = f"{total[0]} passed, {total[1]} failed"
    print(line + (f", {total[2]} skipped" if total[2] else ""), flush=True)
    return 1 if total[1] or not total[0] else 0


if __name__ == "__main__":
    sys.exit(main())
