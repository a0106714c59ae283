"""Holds what the server asks for and answers to its own description, /openapi.json. Every request
that a test makes through server.py passes here; jsonschema does the comparing."""
import functools
import http.client
import json
import re
from urllib.parse import parse_qsl, urlsplit

from jsonschema import Draft202012Validator


class Broken(AssertionError):
    pass


def shape_of(value, words):
    """Alike for values that differ in nothing that a schema could say: once checked, they need
    not be again. `words` are the members whose texts are listed."""
    if isinstance(value, dict):
        return tuple(sorted((name, each if name in words and isinstance(each, str) else
                             shape_of(each, words)) for name, each in value.items()))
    if isinstance(value, list):
        return frozenset(shape_of(each, words) for each in value)
    return type(value).__name__


def members_with_enum(schema):
    if isinstance(schema, dict):
        for name, each in schema.get("properties", {}).items():
            if isinstance(each, dict) and "enum" in each:
                yield name
        for each in schema.values():
            yield from members_with_enum(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from members_with_enum(each)


def was_taken(answer, kind):
    """What was refused need not be as described; of a batch, each for itself."""
    if answer.status >= 300:
        return False
    value = json.loads(answer.body) if kind == "application/json" else None
    results = value.get("results", []) if isinstance(value, dict) else []
    return all(result["status"] < 300 for result in results)


class Contract:
    def __init__(self, api):
        self.api, self.seen = api, set()
        self.words = set(members_with_enum(api))
        self.routes = []
        for path, operations in api["paths"].items():
            pattern = re.compile(re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(path)))
            self.routes += [("{" in path, method.upper(), pattern, operation)
                            for method, operation in operations.items()]
        self.routes.sort(key=lambda route: route[0])  # /v1/leads/batch is no lead

    def operation(self, method, path):
        for _, known, pattern, operation in self.routes:
            if known == method and pattern.fullmatch(path):
                return operation
        return None

    @functools.lru_cache(maxsize=None)
    def validator(self, schema):
        return Draft202012Validator({**json.loads(schema),
                                     "components": self.api["components"]})

    def compare(self, what, schema, value):
        shape = what, shape_of(value, self.words)
        if shape in self.seen:
            return
        faults = sorted(self.validator(json.dumps(schema)).iter_errors(value),
                        key=lambda fault: len(fault.path))
        if faults:
            raise Broken(f"{what}: {faults[0].json_path}: {faults[0].message[:600]}")
        self.seen.add(shape)

    def check_request(self, operation, query, kind, body):
        what = f"{operation['operationId']}, the request"
        known = {p["name"] for p in operation["parameters"] if p["in"] == "query"}
        unknown = {name for name, _ in query} - known
        if unknown:
            raise Broken(f"{what}: the query's {', '.join(sorted(unknown))} is not described")
        if not body:
            return
        content = operation.get("requestBody", {}).get("content", {})
        if kind not in content and "*/*" not in content:
            raise Broken(f"{what}: a body of {kind} is not described")
        if kind == "application/json" and kind in content:
            self.compare(what, content[kind].get("schema", {}), json.loads(body))

    def check_answer(self, operation, status, kind, body):
        what = f"{operation['operationId']}, the answer {status}"
        answer = operation["responses"].get(str(status))
        if not answer and status >= 400:
            answer = operation["responses"]["default"]
        if not answer:
            raise Broken(f"{what} is not described")
        if kind not in answer.get("content", {}) and (body or "content" in answer):
            raise Broken(f"{what} is {kind or 'of no type'}, which is not described")
        if kind in ("application/json", "application/problem+json"):
            self.compare(what, answer["content"][kind].get("schema", {}), json.loads(body))

    def check(self, method, target, headers, body, answer):
        parts = urlsplit(target)
        operation = self.operation(method, parts.path)
        if not operation:
            return
        kind = answer.headers.get("Content-Type", "").partition(";")[0]
        self.check_answer(operation, answer.status, kind, answer.body)
        if was_taken(answer, kind):
            sent = {name.lower(): value for name, value in headers.items()}
            self.check_request(operation, parse_qsl(parts.query, keep_blank_values=True),
                               sent.get("content-type", "").partition(";")[0], body)


@functools.lru_cache(maxsize=None)
def of_program(program):
    """Of all servers of a program that tests start."""
    return []


def check(program, port, method, target, headers, body, answer):
    known = of_program(program)
    if not known:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            connection.request("GET", "/openapi.json")
            known.append(Contract(json.loads(connection.getresponse().read())))
        finally:
            connection.close()
    known[0].check(method, target, headers, body, answer)
