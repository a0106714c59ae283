#!/usr/bin/env python3
"""Turns openapi.json, what routes take and answer, into a C table: openapi_embed.py OUT IN.

Refuses a reference to a schema that is not there, and a schema that nothing refers to.
"""
import json
import sys

WIDTH = 96  # bytes of a line of C


def literal(value):
    """JSON as C text, in lines; NULL for nothing."""
    if value is None:
        return "NULL"
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    lines = [text[at:at + WIDTH] for at in range(0, len(text), WIDTH)]
    return "\n".join('\t"%s"' % line.replace("\\", "\\\\").replace('"', '\\"')
                     for line in lines)


def references(value):
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"].rsplit("/", 1)[1]
        for each in value.values():
            yield from references(each)
    elif isinstance(value, list):
        for each in value:
            yield from references(each)


def reach(schemas, names):
    seen, left = set(), set(names)
    while left:
        name = left.pop()
        if name not in schemas:
            sys.exit(f"openapi.json: there is no schema {name}")
        seen.add(name)
        left |= set(references(schemas[name])) - seen
    return seen


def main(out, path):
    with open(path, encoding="utf-8") as file:
        api = json.load(file)
    schemas = api["schemas"]
    unused = set(schemas) - reach(schemas, [*references(api["operations"]), "Problem"])
    if unused:
        sys.exit(f"openapi.json: nothing refers to {', '.join(sorted(unused))}")
    rows = "".join('{ "%s",\n%s,\n%s,\n%s },\n' % (
        name, literal(part.get("query")), literal(part.get("body")), literal(part["answers"]))
        for name, part in api["operations"].items())
    with open(out, "w", encoding="utf-8") as file:
        file.write("/* Made from openapi.json by openapi_embed.py. */\n"
                   '#include "api/openapi_parts.h"\n\n'
                   "const struct described api_described[] = {\n%s{ NULL },\n};\n\n"
                   "const char api_schemas[] =\n%s;\n" % (rows, literal(schemas)))


main(sys.argv[1], sys.argv[2])
