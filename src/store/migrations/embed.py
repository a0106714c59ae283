#!/usr/bin/env python3
"""Turns the numbered SQL files given after the output file into a C table."""
import os
import sys


def literal(text):
    lines = text.replace("\\", "\\\\").replace('"', '\\"').split("\n")
    return "\n".join('\t"%s\\n"' % line for line in lines if line)


def main(out, paths):
    entries, numbers = [], set()
    for path in sorted(paths):
        name = os.path.splitext(os.path.basename(path))[0]
        if name[:4] in numbers:
            sys.exit(f"{path}: there are two migrations {name[:4]}")
        numbers.add(name[:4])
        with open(path, encoding="utf-8") as file:
            entries.append('{ %d, "%s",\n%s },' % (int(name[:4]), name, literal(file.read())))
    with open(out, "w", encoding="utf-8") as file:
        file.write('/* Made from the files of migrations/ by embed.py. */\n#include "store/internal.h"\n\n'
                   "const struct migration store_migrations[] = {\n%s\n};\n"
                   "const size_t store_nmigrations = %d;\n" % ("\n".join(entries), len(entries)))


main(sys.argv[1], sys.argv[2:])
