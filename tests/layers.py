#!/usr/bin/env python3
"""Who may use whom: the table of folders in CONTRIBUTING.md, checked.

    layers.py [BUILD]       BUILD is a built folder (build/check)

The #include lines are read, and of each folder's static library the symbols: what it calls
must be in a folder that it may use, and no global name may be in two places. The linker sees
neither: it takes the first of two functions of one name, and the program as a whole is linked
with all of them. Each check is first shown something wrong, which it must find. Ends with
`N passed, N failed`.
"""
import collections
import glob
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SRC = os.path.join(ROOT, "src")
ALL = {"base", "text", "model", "mapping", "pipeline", "sources", "connectors", "channels",
       "http", "store", "accept", "deliver", "api", "cli", "serve"}
MAY = {
    "base": set(),
    "text": {"base"},
    "model": {"base"},
    "mapping": {"model", "text", "base"},
    "pipeline": {"model", "text", "base"},
    "sources": {"model", "text", "base"},
    "connectors": {"model", "base"},
    "channels": {"model", "base"},
    "http": {"base"},
    "store": {"model", "base"},
    "accept": {"pipeline", "sources", "store", "model", "text", "base"},
    "deliver": {"pipeline", "mapping", "connectors", "channels", "store", "http", "model",
                "base"},
    "api": {"accept", "deliver", "connectors", "mapping", "sources", "store", "http",
            "pipeline", "model", "text", "base"},
    "sandbox": {"http", "base"},
    "cli": {"http", "model", "base"},
    "serve": ALL | {"sandbox"},
    "bench": ALL | {"sandbox"},
}
LIBRARIES = {"microhttpd.h": {"http"}, "curl/": {"http"}, "sqlite3.h": {"store", "bench"},
             "libpq-fe.h": {"store"}, "phonenumbers/": {"text"}, "unicode/": {"text"}}

# More than one library is made of such a folder.
AREAS = {"serve_settings": "serve"}


# ---- What the files include

def includes(src):
    """What is wrong, a line each."""
    bad = []
    for folder, _, names in os.walk(src):
        area = os.path.relpath(folder, src).split(os.sep)[0]
        for name in sorted(names):
            if area in MAY and re.search(r"\.(c|h|cc)$", name):
                bad += includes_of(os.path.join(folder, name), area)
    return bad


def includes_of(path, area):
    bad = []
    with open(path, encoding="utf-8") as file:
        lines = file.read().splitlines()
    for number, line in enumerate(lines, 1):
        where = f"{os.path.relpath(path, ROOT)}:{number}"
        quoted = re.match(r'#\s*include\s+"([a-z_]+)/', line)
        if quoted and quoted[1] != area and quoted[1] not in MAY[area]:
            bad.append(f"{where}: {area} may not include {quoted[1]}")
        angled = re.match(r"#\s*include\s+<([^>]+)>", line)
        for library, users in LIBRARIES.items():
            if angled and angled[1].startswith(library) and area not in users:
                bad.append(f"{where}: only {', '.join(sorted(users))} may include "
                           f"<{angled[1]}>")
    return bad


# ---- What the libraries define and call

def symbols(build):
    """{library: ([(name, member)] defined, {name: member} called)} of the global ones."""
    found = {}
    for path in sorted(glob.glob(os.path.join(build, "src", "*", "lib*.a"))):
        out = subprocess.run(["nm", "-A", "-g", path], check=True, capture_output=True,
                             text=True).stdout
        defined, called = [], {}
        for line in out.splitlines():
            place, kind, name = re.fullmatch(r"(\S+?):(?:[0-9a-f]+)? +(\w) (.+)",
                                             line.split("@")[0]).groups()
            member = re.sub(r"^.*\.p/|\.o$", "", place)
            if kind == "U":
                called[name] = member
            elif kind.isupper() and kind not in "WV":  # weak: C++'s inline ones
                defined.append((name, member))
        found[os.path.basename(path)[3:-2]] = (defined, called)
    return found


def names_once(build):
    """What is wrong, a line each: a name that two files have, in one library or in two."""
    places = collections.defaultdict(list)
    for library, (defined, _) in symbols(build).items():
        for name, member in defined:
            places[name].append(f"{library}/{member}")
    return [f"{name} is defined in {' and in '.join(where)}"
            for name, where in sorted(places.items()) if len(where) > 1]


def calls(build):
    """What is wrong, a line each: a call into a folder that may not be used."""
    found = symbols(build)
    owner = {name: AREAS.get(library, library)
             for library, (defined, _) in found.items() for name, _ in defined}
    bad = []
    for library, (_, called) in found.items():
        area = AREAS.get(library, library)
        for name, member in sorted(called.items()):
            other = owner.get(name, area)
            if other != area and other not in MAY[area]:
                bad.append(f"{area}/{member} uses {name} of {other}, which {area} may not use")
    return bad


# ---- Each check can fail

def build_small(folder, files):
    """A built folder of {"library/file": C}. Returns it."""
    libraries = collections.defaultdict(list)
    for name, text in files.items():
        source = os.path.join(folder, "src", name + ".c")
        os.makedirs(os.path.dirname(source), exist_ok=True)
        with open(source, "w") as file:
            file.write(text)
        subprocess.run(["gcc", "-c", "-o", source[:-1] + "o", source], check=True)
        libraries[os.path.dirname(source)].append(source[:-1] + "o")
    for path, objects in libraries.items():
        library = os.path.join(path, f"lib{os.path.basename(path)}.a")
        subprocess.run(["ar", "rc", library, *objects], check=True)
    return folder


def found_by(check, files, *words):
    """Whether the check finds one thing, with these words, in such files."""
    with tempfile.TemporaryDirectory() as folder:
        build_small(folder, files)
        bad = check(os.path.join(folder, "src") if check is includes else folder)
    return len(bad) == (1 if words else 0) and all(word in bad[0] for word in words)


SELF = [
    ("one name in two libraries is found", names_once,
     {"text/a": "int twice(void) { return 1; }", "http/b": "int twice(void) { return 2; }"},
     ("twice", "text", "http")),
    ("one name in two files of a library is found", names_once,
     {"text/a": "int twice(void) { return 1; }", "text/b": "int twice(void) { return 2; }"},
     ("twice",)),
    ("static names may be the same", names_once,
     {"text/a": "static int x(void) { return 1; } int a(void) { return x(); }",
      "http/b": "static int x(void) { return 2; } int b(void) { return x(); }"}, ()),
    ("a sandbox that calls a connector is found", calls,
     {"connectors/a": "int shared(void) { return 1; }",
      "sandbox/b": "int shared(void); int b(void) { return shared(); }"},
     ("sandbox", "shared of connectors")),
    ("a connector that uses the sandbox's data is found", calls,
     {"sandbox/a": "int table[2] = { 1, 2 };",
      "connectors/b": "extern int table[]; int b(void) { return table[1]; }"},
     ("connectors", "table of sandbox")),
    ("what may be used is not", calls,
     {"base/a": "int shared(void) { return 1; }",
      "sandbox/b": "int shared(void); int b(void) { return shared(); }"}, ()),
    ("an include upwards is found", includes,
     {"base/a": '#if 0\n#include "store/store.h"\n#endif\n'}, ("base may not include store",)),
]


def main():
    build = sys.argv[1] if len(sys.argv) > 1 else os.path.join(ROOT, "build", "check")
    passed = failed = 0
    for what, check, files, words in SELF:
        good = found_by(check, files, *words)
        passed, failed = passed + good, failed + (not good)
        if not good:
            print(f"not so: {what}")
    if not symbols(build):
        print(f"{build}: has no libraries; build it first")
        failed += 1
    for bad in (includes(SRC), names_once(build), calls(build)):
        print("\n".join(bad), end="\n" if bad else "")
        passed, failed = passed + (not bad), failed + bool(bad)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
