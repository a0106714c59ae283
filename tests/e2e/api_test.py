"""Tokens, a source's own address, and the description of the API."""
import html.parser
import json
import unittest

from server import Server

WORKSPACE = {"version": 1, "sources": [
    {"name": "website", "kind": "form", "trust": "public", "address": "websiteaddress001",
     "form": {"origins": ["https://www.example.org"], "honeypot": "fax",
              "thank_you": "https://www.example.org/thanks"}},
    {"name": "partner", "kind": "api", "trust": "trusted", "address": "partneraddress001"}]}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Page(html.parser.HTMLParser):
    """What a page holds, and what it would have a browser load."""

    VOID = {"meta", "link", "br", "hr", "img", "input"}

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.links, self.loaded = [], set(), set(), []
        self.codes, self.doctype = set(), None

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag in ("script", "iframe", "object", "embed", "link") or "src" in attributes:
            self.loaded.append(tag)
        if "id" in attributes:
            self.ids.add(attributes["id"])
        if tag == "a":
            self.links.add(attributes["href"])
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, (self.open, tag)
        self.open.pop()

    def handle_data(self, data):
        if self.open and self.open[-1] == "code":
            self.codes.add(data)
        if self.open and self.open[-1] == "style" and ("url(" in data or "@import" in data):
            self.loaded.append("style")


class Api(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server().start()
        answer = cls.server.apply(WORKSPACE)
        assert answer.status == 200, answer.body

    @classmethod
    def tearDownClass(cls):
        cls.server.end()

    def test_a_token_does_what_its_scopes_say_until_it_is_revoked(self):
        made = self.server.post("/v1/tokens", {"name": "partner", "scopes": "ingest",
                                               "source": "partner"})
        self.assertEqual(made.status, 201, made.body)
        token, token_id = made.json()["token"], made.json()["id"]
        post = lambda path, body: self.server.post(path, body, token=token)
        self.assertEqual(post("/v1/leads", {"email": "t1@example.org"}).status, 201)
        self.assertEqual(post("/v1/leads", {"email": "t2@example.org", "source": "api"}).status,
                         403)
        self.assertEqual(post("/v1/apply", {"workspace": WORKSPACE}).status, 403)
        self.assertEqual(self.server.get("/v1/tokens", token=token).status, 403)
        listed = self.server.get("/v1/tokens").json()["items"]
        self.assertNotIn(token, json.dumps(listed))
        self.assertIn("partner", [t["name"] for t in listed])
        self.assertEqual(self.server.request("DELETE", f"/v1/tokens/{token_id}").status, 200)
        self.server.wait_until(
            lambda: post("/v1/leads", {"email": "t3@example.org"}).status == 401, 5,
            "the end of a revoked token")
        self.assertEqual(self.server.request("DELETE", f"/v1/tokens/{token_id}").status, 404)

    def test_a_wrong_token_wish_is_refused(self):
        for wish in ({"scopes": "read"}, {"name": "x", "scopes": "everything"},
                     {"name": "x", "scopes": "read", "source": "nowhere"},
                     {"name": "x", "scopes": "read", "expires_at": "2001-01-01T00:00:00Z"},
                     {"name": "x", "scopes": "read", "scope": "read"}):
            self.assertEqual(self.server.post("/v1/tokens", wish).status, 422, wish)

    def form(self, body, **headers):
        return self.server.post("/in/websiteaddress001", body, headers={**FORM, **headers},
                                token=None)

    def test_a_public_source_gives_one_answer_whatever_became_of_it(self):
        bodies = (b"email=form1%40example.org&name=Ada", b"email=form1%40example.org&name=Ada",
                  b"email=nonsense", b"email=bot%40example.org&fax=1")
        answers = [self.form(body) for body in bodies]
        self.assertEqual({(a.status, a.body) for a in answers}, {(202, b'{"result":"received"}')})

    def test_a_browser_is_sent_to_the_thank_you_page(self):
        answer = self.form(b"email=form2%40example.org", Accept="text/html,*/*")
        self.assertEqual(answer.status, 303)
        self.assertEqual(answer.headers["Location"], "https://www.example.org/thanks")

    def test_only_listed_origins_may_read_the_answer(self):
        for origin, allowed in (("https://www.example.org", True), ("https://evil.org", False)):
            answer = self.server.request("OPTIONS", "/in/websiteaddress001",
                                         headers={"Origin": origin}, token=None)
            self.assertEqual(answer.status, 204)
            self.assertEqual(answer.headers.get("Access-Control-Allow-Origin"),
                             origin if allowed else None)

    def test_a_trusted_source_gets_ids(self):
        answer = self.server.post("/in/partneraddress001", {"email": "p@example.org"},
                                  token=None)
        self.assertEqual(answer.status, 201, answer.body)
        self.assertEqual(answer.json()["result"], "created")

    def test_an_address_that_is_nobodys_is_not_found(self):
        self.assertEqual(self.server.post("/in/nobody", {"email": "a@example.org"},
                                          token=None).status, 404)
        self.assertEqual(self.server.post("/in/websiteaddress001", b"x", token=None, headers={
            "Content-Type": "application/pdf"}).status, 415)

    def test_the_page_for_people_names_every_route_and_loads_nothing(self):
        answer = self.server.get("/docs", token=None)
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.headers["Content-Type"], "text/html; charset=utf-8")
        self.assertIn("default-src 'none'", answer.headers["Content-Security-Policy"])
        page = Page()
        page.feed(answer.body.decode())
        page.close()
        self.assertEqual(page.open, [])
        self.assertEqual(page.loaded, [])
        api = self.server.get("/openapi.json", token=None).json()
        ids = {operation["operationId"] for path in api["paths"].values()
               for operation in path.values()}
        self.assertEqual(ids - page.ids, set())
        self.assertEqual(set(api["paths"]) - page.codes, set())
        self.assertEqual({link for link in page.links
                          if link != "/openapi.json" and link[1:] not in page.ids}, set())

    def test_the_description_names_what_the_router_has(self):
        api = self.server.get("/openapi.json", token=None).json()
        self.assertEqual(api["openapi"], "3.1.0")
        ids = [operation["operationId"] for path in api["paths"].values()
               for operation in path.values()]
        self.assertEqual(len(ids), len(set(ids)))
        for path, operations in api["paths"].items():
            for method, operation in operations.items():
                concrete = path.replace("{id}", "0" * 12 + "1").replace("{address}", "none")
                answer = self.server.request(method.upper(), concrete, token=None)
                self.assertNotEqual(answer.status, 405, path)
                if operation["security"]:
                    self.assertEqual(answer.status, 401, path)


if __name__ == "__main__":
    unittest.main()
