"""Every route with every scope, and with ids that are another workspace's. Generated from
the description that the server gives of itself: a new route is tried without a line here."""
import json
import sqlite3
import unittest

from server import Server

from explain_test import WORKSPACE

SCOPES = ("ingest", "read", "admin")
ABSENT = "0000000000001"

# Who may do what, said independently of the table of routes: looking is `read`, changing is
# `admin`, and these are not as their method says.
INGEST = {"POST /v1/leads", "POST /v1/leads/batch", "POST /v1/imports",
          "POST /v1/imports/{id}/pieces"}
ONLY_ADMIN_LOOKS = {"GET /v1/tokens", "GET /v1/backup"}
PUBLIC = {"GET /healthz", "GET /readyz", "GET /metrics", "GET /openapi.json", "GET /docs",
          "GET /v1/stats/queue", "POST /in/{address}", "OPTIONS /in/{address}"}


def expected(operation):
    if operation in PUBLIC:
        return set()
    if operation in INGEST:
        return {"ingest", "admin"}
    if operation.startswith("GET ") and operation not in ONLY_ADMIN_LOOKS:
        return {"read", "admin"}
    return {"admin"}


class Routes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server().start()
        answer = cls.server.apply(WORKSPACE)
        assert answer.status == 200, answer.body
        cls.tokens = {scope: cls.server.post("/v1/tokens", {
            "name": scope, "scopes": scope}).json()["token"] for scope in SCOPES}

    @classmethod
    def tearDownClass(cls):
        cls.server.end()

    def operations(self):
        api = self.server.get("/openapi.json", token=None).json()
        for path, operations in sorted(api["paths"].items()):
            for method, operation in operations.items():
                yield method.upper(), path, operation

    def call(self, method, path, token, id=ABSENT):
        path = path.replace("{id}", id).replace("{address}", "nobody").replace("{name}", "nobody")
        body = {} if method in ("POST", "PATCH", "PUT") else None
        return self.server.request(method, path, body, token=token)

    def test_every_route_lets_in_whom_it_should(self):
        count = 0
        for method, path, operation in self.operations():
            name = f"{method} {path}"
            declared = set(operation["security"][0]["token"]) if operation["security"] else set()
            self.assertEqual(declared, expected(name), name)
            if not declared:
                self.assertNotIn(self.call(method, path, None).status, (401, 403), name)
                continue
            self.assertEqual(self.call(method, path, None).status, 401, name)
            self.assertEqual(self.call(method, path, "flk_nonsense").status, 401, name)
            for scope, token in self.tokens.items():
                status = self.call(method, path, token).status
                if scope in declared:
                    self.assertNotIn(status, (401, 403), (name, scope))
                    self.assertLess(status, 500, (name, scope))
                else:
                    self.assertEqual(status, 403, (name, scope))
                count += 1
        self.assertGreater(count, 100)

    def test_what_is_not_there_is_not_found(self):
        for method, path, _ in self.operations():
            if "{id}" in path:
                for id in (ABSENT, "nonsense", "%00", "9" * 30):
                    status = self.call(method, path, "admin", id).status
                    # A body that cannot be read is refused before anything is looked for.
                    self.assertIn(status, (400, 404, 422), (method, path, id))


# Tables whose ids stand in addresses, and a row of each by SQL.
FOREIGN = ["lead", "submission", "delivery", "call", "merge", "possible_duplicate", "conflict",
           "token", "import", "alert", "plan", "enquiry", "consent"]


class Foreign(unittest.TestCase):
    """Rows are moved to another workspace behind the server's back."""

    def test_a_foreign_id_is_answered_like_an_absent_one(self):
        server = Server().start()
        self.addCleanup(server.end)
        self.assertEqual(server.apply(WORKSPACE).status, 200)
        answer = server.post("/v1/leads", {"email": "foreign@example.org", "company": "Ours",
                                           "phone": "+4930901999"})
        lead = answer.json()["lead_id"]
        other = server.post("/v1/leads", {"email": "two@example.org"}).json()["lead_id"]
        server.post("/in/explainaddress01", b"email=foreign%40example.org&company=Theirs",
                    token=None, headers={"Content-Type": "application/x-www-form-urlencoded"})
        server.post(f"/v1/leads/{lead}/merge", {"other": other})
        self.assertEqual(server.get(f"/v1/leads/{lead}").status, 200)
        token = server.token()
        server.stop()
        ids = self.move(server)
        self.assertIn("lead", ids)
        self.assertIn("conflict", ids)
        self.assertIn("merge", ids)
        server.start()
        api = server.get("/openapi.json", token=None).json()
        tried = 0
        for path, operations in api["paths"].items():
            for method in operations:
                if "{id}" not in path:
                    continue
                absent = self.call(server, method, path, ABSENT, token)
                for table, id in ids.items():
                    foreign = self.call(server, method, path, id, token)
                    self.assertEqual(foreign, absent, (method, path, table))
                    tried += 1
        self.assertGreater(tried, 100)
        for path in ("leads", "submissions", "enquiries", "conflicts?state=all",
                     "duplicates?state=all", "merges", "consents", "deliveries", "calls"):
            self.assertEqual(server.get("/v1/" + path).json()["items"], [], path)

    def call(self, server, method, path, id, token):
        # A body that would do something, were the id one's own.
        body = None if method in ("get", "delete") else self.body_of(path)
        answer = server.request(method.upper(), path.replace("{id}", id), body, token=token)
        said = json.loads(answer.body)
        said.pop("request_id", None)
        return answer.status, said

    @staticmethod
    def body_of(path):
        return {"resolve": {"take": "ours"}, "decide": {"decision": "same"},
                "merge": {"other": ABSENT}, "discard": {"reason": "x"},
                "point": {"remote_id": "1"}, "{id}": {"company": "x"}}.get(
                    path.rsplit("/", 1)[1], {})

    @staticmethod
    def move(server):
        letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
        shown = lambda n: "".join(letters[n >> 5 * i & 31] for i in range(12, -1, -1))
        ids = {}
        with sqlite3.connect(f"{server.data}/fairlead.db") as db:
            for table in FOREIGN:
                row = db.execute(f"SELECT id FROM {table} WHERE workspace = 1 "
                                 "ORDER BY id").fetchone()
                if row and table != "token":
                    ids[table] = shown(row[0])
                    db.execute(f"UPDATE {table} SET workspace = 2")
        db.close()
        return ids


if __name__ == "__main__":
    unittest.main()
