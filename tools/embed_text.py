#!/usr/bin/env python3
"""Turns a text file into a C constant: embed_text.py NAME HEADER INPUT OUTPUT."""
import sys

name, header, source, target = sys.argv[1:]
with open(source, encoding="utf-8") as file:
    lines = file.read().replace("\\", "\\\\").replace('"', '\\"').replace("?", "\\?").split("\n")
with open(target, "w", encoding="utf-8") as file:
    file.write('#include "%s"\n\nconst char %s[] =\n' % (header, name))
    file.write("\n".join('\t"%s\\n"' % line for line in lines if line) + ";\n")
