#!/usr/bin/env python3
"""Who may include whom: the table of folders in CONTRIBUTING.md, checked.

A folder is a static library linked only with what it may use; a header-only use would
slip through the linker, so the #include lines are read as well.
"""
import os
import re
import sys

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


def main():
    bad = 0
    for folder, _, names in os.walk(SRC):
        area = os.path.relpath(folder, SRC).split(os.sep)[0]
        if area not in MAY:
            continue
        for name in sorted(names):
            if not re.search(r"\.(c|h|cc)$", name):
                continue
            path = os.path.join(folder, name)
            text = open(path, encoding="utf-8").read()
            for number, line in enumerate(text.splitlines(), 1):
                quoted = re.match(r'#\s*include\s+"([a-z_]+)/', line)
                if quoted and quoted[1] != area and quoted[1] not in MAY[area]:
                    print(f"{os.path.relpath(path, ROOT)}:{number}: {area} may not include "
                          f"{quoted[1]}")
                    bad += 1
                angled = re.match(r"#\s*include\s+<([^>]+)>", line)
                for library, users in LIBRARIES.items():
                    if angled and angled[1].startswith(library) and area not in users:
                        print(f"{os.path.relpath(path, ROOT)}:{number}: only "
                              f"{', '.join(sorted(users))} may include <{angled[1]}>")
                        bad += 1
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
