#!/usr/bin/env python3
"""A second opinion on vendors of the sandbox that no client library judges: every operation of
a machine-readable description of their API (OpenAPI) is asked for, and the answer held against
what the description says of it.

    tests/second_opinion.py --specs DIR [--vendor copper]

DIR holds copper/*.yml, freshsales/*.yml and leadsquared/*.yml; none is shipped here, since they
are not ours. FAIRLEAD names the program. Needs python3-yaml.

A null is taken where the description does not name it: these seldom do, and all three vendors
answer with nulls. Told are operations by what came: as described, described otherwise (each with where), refused,
not imitated (501). Such descriptions are third parties' best effort: where one and the fact
sheet of a vendor disagree, the sheet is right, and the difference is listed in EXPECTED with its
reason. Exit status 1 when there is a difference that is not listed there, or one that is listed
and was not met.
"""
import argparse
import collections
import glob
import http.client
import json
import os
import re
import sys
from urllib.parse import urlencode

import yaml

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "e2e"))
from sandbox import Sandbox  # noqa: E402

Vendor = collections.namedtuple("Vendor", "base headers bodies queries ids places expected",
                                defaults=({}, {}))

COPPER = Vendor(
    base="/copper/developer_api/v1",
    headers={"X-PW-AccessToken": "0b5e55ed0b5e55ed0b5e55ed0b5e55ed",
             "X-PW-Application": "developer_api", "X-PW-UserEmail": "rep@acme.example"},
    bodies={
        "POST /people": {"name": "Ada Lovelace",
                         "emails": [{"email": "ada@example.org", "category": "work"}]},
        "PUT /people/{id}": {"name": "Ada King"},
        "POST /companies": {"name": "Acme"},
        "PUT /companies/{id}": {"name": "Acme Ltd"},
        "POST /leads": {"name": "Bob Babbage",
                        "email": {"email": "bob@example.org", "category": "work"}},
        "PUT /leads/{id}": {"name": "Bob C. Babbage"},
        "POST /leads/{id}/convert": {"details": {"person": {"name": "Bob"}}},
        "POST /opportunities": {"name": "A sale", "primary_contact_id": "{/people}"},
        "PUT /opportunities/{id}": {"name": "A bigger sale"},
        "POST /tasks": {"name": "Call back"},
        "PUT /tasks/{id}": {"name": "Call back soon"},
        "POST /activities": {"type": {"category": "user", "id": 0}, "details": "Called",
                             "parent": {"type": "person", "id": "{/people}"}},
        "POST /webhooks": {"target": "https://example.org/hook", "type": "lead",
                           "event": "update"},
    },
    queries={},
    # Which answer's id stands in a path below it.
    ids={"/people": "id", "/companies": "id", "/leads": "id", "/opportunities": "id",
         "/tasks": "id", "/webhooks": "id"})

FRESHSALES = Vendor(
    base="/freshsales/crm/sales/api",
    headers={"Authorization": "Token token=sandboxFreshsalesKey01"},
    bodies={
        "POST /contacts": {"contact": {"first_name": "Ada", "email": "ada@example.org"}},
        "PUT /contacts/{id}": {"contact": {"city": "York"}},
        "POST /contacts/upsert": {"unique_identifier": {"emails": "ada@example.org"},
                                  "contact": {"city": "Leeds"}},
        "POST /contacts/bulk_upsert": {"contacts": [
            {"emails": "bob@example.org", "data": {"first_name": "Bob"}}]},
        "POST /contacts/bulk_destroy": {"ids": [1]},
        "POST /appointments": {"appointment": {
            "title": "Demo", "from_date": "2026-12-24T10:00:00Z",
            "end_date": "2026-12-24T11:00:00Z", "targetable_id": "{/contacts}",
            "targetable_type": "Contact"}},
        "PUT /appointments/{id}": {"appointment": {"title": "A longer demo"}},
        "POST /phone_calls": {"phone_call": {"note": "Called", "targetable_id": "{/contacts}",
                                             "targetable_type": "Contact"}},
        "POST /lists": {"list": {"name": "Fair"}},
        "POST /sales_accounts": {"sales_account": {"name": "Acme"}},
        "PUT /sales_accounts/{id}": {"sales_account": {"name": "Acme Ltd"}},
        "POST /deals": {"deal": {"name": "A sale", "amount": 5}},
        "PUT /deals/{id}": {"deal": {"name": "A bigger sale"}},
        "POST /tasks": {"task": {"title": "Call back", "due_date": "2026-12-24",
                                 "owner_id": "{owner}", "targetable_id": "{/contacts}",
                                 "targetable_type": "Contact"}},
        "PUT /tasks/{id}": {"task": {"title": "Call back soon"}},
        "POST /notes": {"note": {"description": "Called", "targetable_id": "{/contacts}",
                                 "targetable_type": "Contact"}},
        "PUT /notes/{id}": {"note": {"description": "Called twice"}},
        "POST /sales_activities": {"sales_activity": {
            "title": "Demo", "sales_activity_type_id": "{activity}",
            "targetable_id": "{/contacts}", "targetable_type": "Contact",
            "start_date": "2026-12-24T10:00:00Z", "end_date": "2026-12-24T11:00:00Z",
            "owner_id": "{owner}"}},
    },
    queries={"GET /search": {"q": "ada", "include": "contact"},
             "GET /tasks": {"filter": "open"}},
    ids={"/contacts": "contact.id", "/sales_accounts": "sales_account.id", "/deals": "deal.id",
         "/tasks": "task.id", "/notes": "note.id", "/appointments": "appointment.id",
         "/contacts/bulk_upsert": "job_id"},
    places={"/job_statuses": "/contacts/bulk_upsert", "/contacts/view": "view",
            "/sales_accounts/view": "view", "/deals/view": "view"},
    expected={"GET /search: answer is list, not object": "the sheet: an array",
              **{f"DELETE /{kind}/{{id}}: status 200, not 204": "the sheet names no status"
                 for kind in ("contacts", "sales_accounts", "deals", "tasks", "notes",
                              "appointments")}})

LEADSQUARED = Vendor(
    base="/leadsquared/v2",
    headers={},
    bodies={
        "POST /LeadManagement.svc/Lead.Create": [
            {"Attribute": "EmailAddress", "Value": "ada@example.org"},
            {"Attribute": "FirstName", "Value": "Ada"}],
        "POST /ProspectActivity.svc/Create": {
            "RelatedProspectId": "{/LeadManagement.svc/Lead.Create}", "ActivityEvent": 201,
            "ActivityNote": "Called"},
    },
    queries={"GET /LeadManagement.svc/Leads.GetById":
             {"id": "{/LeadManagement.svc/Lead.Create}"},
             "GET /LeadManagement.svc/Leads.GetByQuickSearch": {"key": "ada"}},
    ids={"/LeadManagement.svc/Lead.Create": "Message.Id"},
    expected={
        f"GET /LeadManagement.svc/Leads.{call}: answer[].{field} is str, not number":
        "the sheet: all values are texts"
        for call in ("GetById", "GetByQuickSearch") for field in ("Score", "EngagementScore")})

VENDORS = {"copper": COPPER, "freshsales": FRESHSALES, "leadsquared": LEADSQUARED}

TYPES = {"object": dict, "array": list, "string": str, "boolean": bool,
         "integer": int, "number": (int, float)}


class Spec:
    def __init__(self, folder):
        files = [f for f in sorted(glob.glob(os.path.join(folder, "*openapi.yml")))]
        if not files:
            raise SystemExit(f"{folder}: no *openapi.yml")
        with open(files[0]) as file:
            self.whole = yaml.safe_load(file)

    def follow(self, node):
        while isinstance(node, dict) and "$ref" in node:
            at = self.whole
            for part in node["$ref"].lstrip("#/").split("/"):
                at = at[part]
            node = at
        return node

    def operations(self):
        for path, item in self.whole["paths"].items():
            for method in ("post", "get", "put", "delete"):
                if method in item:
                    yield method.upper(), path, item[method]

    def differences(self, schema, value, where="answer"):
        schema = self.follow(schema)
        kinds = schema.get("type")
        kinds = kinds if isinstance(kinds, list) else [kinds] if kinds else []
        if value is None:
            return
        if kinds and not any(isinstance(value, TYPES[kind]) and
                             (kind == "boolean" or not isinstance(value, bool))
                             for kind in kinds if kind in TYPES):
            yield f"{where} is {type(value).__name__}, not {'/'.join(kinds)}"
            return
        if "enum" in schema and value not in schema["enum"]:
            yield f"{where} is {value!r}, none of {schema['enum']}"
        if isinstance(value, dict):
            for name in schema.get("required", []):
                if name not in value:
                    yield f"{where}.{name} is missing"
            for name, below in schema.get("properties", {}).items():
                if name in value:
                    yield from self.differences(below, value[name], f"{where}.{name}")
        if isinstance(value, list) and "items" in schema:
            for item in value[:3]:
                yield from self.differences(schema["items"], item, f"{where}[]")


class Client:
    def __init__(self, name, vendor):
        self.vendor = vendor
        self.sandbox = Sandbox(name, "")
        self.sandbox.settings(switches={}, search_lag_ms=0)
        self.known = {}
        if name == "leadsquared":
            account = self.sandbox.ask("GET", self.sandbox.account)["credentials"]
            self.keys = {"accessKey": account["access_key"],
                         "secretKey": account["secret_key"]}
        else:
            self.keys = {}
        if name == "freshsales":
            owners = self.send("GET", "/selector/owners", None)[1]["users"]
            types = self.send("GET", "/selector/sales_activity_types", None)[1]
            views = self.send("GET", "/contacts/filters", None)[1]["filters"]
            self.known.update(owner=owners[0]["id"], view=views[0]["id"],
                              activity=types["sales_activity_types"][0]["id"])

    def filled(self, value):
        """Ids of earlier answers in place of their names."""
        if isinstance(value, dict):
            return {name: self.filled(below) for name, below in value.items()}
        if isinstance(value, list):
            return [self.filled(below) for below in value]
        found = re.fullmatch(r"\{(.+)\}", value) if isinstance(value, str) else None
        return self.known.get(found[1], value) if found else value

    def send(self, method, path, body, query=None):
        query = {**self.keys, **self.filled(query or {})}
        connection = http.client.HTTPConnection("127.0.0.1", self.sandbox.port, timeout=30)
        target = self.vendor.base + path + ("?" + urlencode(query) if query else "")
        connection.request(method, target, json.dumps(self.filled(body)) if body else None,
                           {"Content-Type": "application/json", **self.vendor.headers})
        reply = connection.getresponse()
        text = reply.read()
        connection.close()
        try:
            return reply.status, json.loads(text) if text else None
        except json.JSONDecodeError:
            return reply.status, text.decode(errors="replace")

    def learn(self, path, answer):
        at = answer
        for part in self.vendor.ids.get(path, "").split("."):
            at = at.get(part) if isinstance(at, dict) else None
        if at is not None:
            self.known[path] = at

    def call(self, method, path):
        key = f"{method} {path}"
        parent = path.split("/{")[0]
        parent = self.vendor.places.get(parent, parent)
        if path.endswith("/convert"):  # of a lead that is still there
            self.learn(parent, self.send("POST", parent, self.vendor.bodies["POST " + parent])[1])
        real = re.sub(r"\{[^}]+\}", lambda _: str(self.known.get(parent, 1)), path)
        status, answer = self.send(method, real, self.vendor.bodies.get(key),
                                   self.vendor.queries.get(key))
        if method == "POST" and status < 300:
            self.learn(path, answer)
        return status, answer


def in_order(spec):
    """What makes records first, what removes them last."""
    rank = {"POST": 0, "GET": 1, "PUT": 2, "DELETE": 4}
    return sorted(spec.operations(), key=lambda o: (
        5 if "convert" in o[1] else rank[o[0]], "search" in o[1], o[1].count("{")))


def judge(name, folder):
    vendor, spec = VENDORS[name], Spec(folder)
    client, tally, unmet = Client(name, vendor), collections.Counter(), dict(vendor.expected)
    bad = 0
    try:
        for method, path, operation in in_order(spec):
            status, answer = client.call(method, path)
            described = operation["responses"]
            wrong = []
            if status == 501:
                verdict = "not imitated"
            elif status >= 400:
                verdict = "refused"
                wrong = [f"{status} {json.dumps(answer)[:120]}"]
            else:
                if str(status) not in described:
                    wrong.append(f"status {status}, not {'/'.join(described)}")
                for response in described.values():
                    schema = spec.follow(response).get("content", {}).get(
                        "application/json", {}).get("schema")
                    if schema and answer is not None:
                        wrong += spec.differences(schema, answer)
                    break
                verdict = "otherwise" if wrong else "as described"
            tally[verdict] += 1
            for line in wrong:
                reason = unmet.pop(f"{method} {path}: {line}", None)
                bad += reason is None
                print(f"{name} {method} {path}: {line}" + (f" ({reason})" if reason else ""))
    finally:
        client.sandbox.end()
    for line in unmet:
        print(f"{name}: expected and not met: {line}")
    print(f"{name}: " + ", ".join(f"{count} {verdict}" for verdict, count in tally.items()))
    return bad + len(unmet)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--specs", required=True)
    parser.add_argument("--vendor", choices=sorted(VENDORS))
    given = parser.parse_args()
    names = [given.vendor] if given.vendor else sorted(VENDORS)
    return 1 if sum(judge(name, os.path.join(given.specs, name)) for name in names) else 0


if __name__ == "__main__":
    sys.exit(main())
