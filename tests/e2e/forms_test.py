"""POST /in/{address}: what web forms and simple senders post, what they are answered, and
what is kept of it. docs/workspace.md says what a form source may be told."""
import json
import unittest
from urllib.parse import urlencode

from server import POSTGRES, Server, new_database

PAGE = "https://www.example.org"
WORKSPACE = {"version": 1, "sources": [
    {"name": "website", "kind": "form", "address": "formswebsite00001", "default_country": "GB",
     "map": {"your-wish": "custom.wish"},
     "form": {"origins": [PAGE], "honeypot": "fax", "thank_you": PAGE + "/thanks"}},
    {"name": "strict", "kind": "form", "address": "formsstrict000001",
     "mandatory": ["name", "phone"], "form": {"origins": [PAGE]}},
    {"name": "inside", "kind": "form", "trust": "trusted", "address": "formsinside000001",
     "mandatory": ["name"], "form": {"origins": [PAGE], "thank_you": PAGE + "/inside"}},
    {"name": "once", "kind": "form", "address": "formsonce00000001",
     "behaviour": "create_only"}]}
URLENCODED = "application/x-www-form-urlencoded"
RECEIVED = b'{"result":"received"}'
BODY_MAX = 64 << 10
FIELDS_MAX = 300


def multipart(*parts, boundary="frontier"):
    """The body and its content type; a part is (what stands behind form-data;, content)."""
    body = b"".join(b"--%s\r\nContent-Disposition: form-data; %s\r\n\r\n%s\r\n"
                    % (boundary.encode(), head.encode(), content) for head, content in parts)
    return (body + f"--{boundary}--\r\n".encode(),
            f"multipart/form-data; boundary={boundary}")


def form_of(fields):
    return urlencode(fields).encode(), URLENCODED


def parts_of(fields):
    return multipart(*[(f'name="{name}"', text.encode()) for name, text in fields.items()])


class Base(unittest.TestCase):
    args = ("--peer-rate", "0")

    @classmethod
    def setUpClass(cls):
        cls.server = Server(*cls.args, store=cls.new_store()).start()
        answer = cls.server.apply(WORKSPACE)
        assert answer.status == 200, answer.body

    @classmethod
    def new_store(cls):
        return None

    @classmethod
    def tearDownClass(cls):
        cls.server.end()

    def post(self, body, content_type=URLENCODED, source="website", **headers):
        address = next(s["address"] for s in WORKSPACE["sources"] if s["name"] == source)
        if content_type:
            headers["Content-Type"] = content_type
        return self.server.post("/in/" + address, body, token=None,
                                headers={n.replace("_", "-"): v for n, v in headers.items()})

    def get(self, path):
        answer = self.server.get(path)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json()

    def lead(self, email):
        """The one lead of this address, or None."""
        items = self.get("/v1/leads?email=" + email.replace("@", "%40"))["items"]
        self.assertLessEqual(len(items), 1)
        return items[0] if items else None

    def newest(self, query=""):
        row = self.get("/v1/submissions?limit=1" + query)["items"][0]
        return {**row, **self.get("/v1/submissions/" + row["id"])}

    def received(self):
        return self.server.queue()["received"]


class Forms(Base):
    def test_every_way_to_post_gives_the_same_lead(self):
        ways = {"url": form_of, "parts": parts_of,
                "json": lambda f: (json.dumps(f).encode(), "application/json"),
                "beacon": lambda f: (json.dumps(f).encode(),
                                     "text/plain;charset=UTF-8")}
        for way, write in ways.items():
            with self.subTest(way):
                email = f"{way}@example.org"
                body, content_type = write({
                    "your-name": "Zoë Ångström", "Your Email": email.upper(),
                    "tel": f"020 7946 0{len(way)}5{ord(way[0]) % 10}", "your-wish": "a & b = c",
                    "Which flat size?": "2 bhk + \"balcony\"", "comments": "Hello\r\nthere"})
                answer = self.post(body, content_type)
                self.assertEqual((answer.status, answer.body), (202, RECEIVED))
                fields = self.lead(email)["fields"]
                self.assertEqual((fields["first_name"], fields["last_name"]),
                                 ("Zoë", "Ångström"))
                self.assertTrue(fields["phone"].startswith("+44207946"), fields)
                self.assertEqual((fields["custom.wish"], fields["custom.which_flat_size"]),
                                 ("a & b = c", "2 bhk + \"balcony\""))
                kept = self.newest()
                self.assertEqual((kept["source"], kept["result"]), ("website", "created"))
                self.assertEqual(kept["raw"].encode(), body, "kept as it came")
                enquiry = self.get("/v1/enquiries?lead=" + self.lead(email)["id"])["items"]
                self.assertEqual([e["message"] for e in enquiry], ["Hello\r\nthere"])

    def test_the_charset_is_the_pages(self):
        for body, content_type in (
                (b"email=latin1%40example.org&last_name=Zo%EB", URLENCODED + "; charset=latin1"),
                (b"email=latin2%40example.org&last_name=Zo%EB&_charset_=windows-1252",
                 URLENCODED)):
            self.assertEqual(self.post(body, content_type).status, 202)
            self.assertEqual(self.lead(body[6:12].decode() + "@example.org")
                             ["fields"]["last_name"], "Zoë")

    def test_several_values_of_one_name_are_all_kept(self):
        self.post(b"email=several%40example.org&interest[]=roof&interest[]=wall")
        self.assertEqual(self.lead("several@example.org")["fields"]["custom.interest"],
                         ["roof", "wall"])

    def test_files_are_refused_and_an_unused_file_input_is_not_one(self):
        unused, content_type = multipart(('name="email"', b"nofile@example.org"),
                                         ('name="cv"; filename=""', b""))
        self.assertEqual(self.post(unused, content_type).status, 202)
        self.assertIsNotNone(self.lead("nofile@example.org"))
        used, content_type = multipart(('name="email"', b"file@example.org"),
                                       ('name="cv"; filename="cv.pdf"', b"%PDF-1.4 \0\xff"))
        answer = self.post(used, content_type)
        self.assertEqual((answer.status, answer.json()["code"]), (400, "malformed"))
        self.assertIn("field cv: files are not taken", answer.json()["detail"])
        self.assertIn("send a link", answer.json()["detail"])
        self.assertIsNone(self.lead("file@example.org"))

    def test_a_double_click_is_one_enquiry(self):
        answers = [self.post(b"email=twice%40example.org&city=Pune") for _ in range(2)]
        self.assertEqual({a.status for a in answers}, {202})
        lead = self.lead("twice@example.org")
        self.assertEqual(len(self.get("/v1/enquiries?lead=" + lead["id"])["items"]), 1)
        self.assertEqual(len(self.get("/v1/submissions?lead=" + lead["id"])["items"]), 1)

    def test_a_form_never_joins_two_leads(self):
        send = lambda lead: self.server.post("/v1/leads", lead).json()["lead_id"]
        mail = send({"email": "apart@example.org", "last_name": "Byron"})
        phone = send({"phone": "+442079460321", "last_name": "Quux"})
        self.post(b"email=apart%40example.org&tel=%2B442079460321&city=York")
        self.assertEqual(self.lead("apart@example.org")["fields"]["city"], "York")
        other = self.get("/v1/leads/" + phone)
        self.assertEqual((other["id"], other["fields"]["phone"]), (phone, "+442079460321"))
        self.assertNotIn("city", other["fields"])
        self.assertEqual(self.get("/v1/merges?lead=" + mail)["items"], [])
        doubts = self.get("/v1/duplicates?lead=" + mail)["items"]
        self.assertEqual(len(doubts), 1, "a person decides")

    # ---- Robots

    def test_a_robot_is_answered_like_everybody_and_kept_apart(self):
        for email, write in (("bot1@example.org", form_of), ("bot2@example.org", parts_of)):
            body, content_type = write({"email": email, "fax": "buy"})
            before = self.server.queue()
            answer = self.post(body, content_type)
            self.assertEqual((answer.status, answer.body), (202, RECEIVED))
            self.assertIsNone(self.lead(email))
            kept = self.newest("&state=rejected")
            self.assertEqual((kept["result"], kept["errors"][0]["code"]),
                             ("rejected", "honeypot"))
            self.assertEqual(kept["raw"].encode(), body)
            after = self.server.queue()
            self.assertEqual(after["rejected"] - before["rejected"], 1)
        body, content_type = form_of({"email": "human@example.org", "fax": ""})
        self.post(body, content_type)
        lead = self.lead("human@example.org")
        self.assertNotIn("custom.fax", lead["fields"], "the trap is no field")

    # ---- Redirect or JSON

    def test_only_browsers_are_sent_on_and_only_to_the_configured_page(self):
        steered = b"email=page%40example.org&redirect=https%3A%2F%2Fevil.org&_next=//evil.org"
        page = self.post(steered, Accept="text/html,application/xhtml+xml,*/*;q=0.8",
                         Referer="https://evil.org/")
        self.assertEqual((page.status, page.headers["Location"], page.body),
                         (303, PAGE + "/thanks", b""))
        self.assertIsNotNone(self.lead("page@example.org"))
        for accept in ("application/json", "*/*"):
            script = self.post(b"email=script%40example.org", Accept=accept)
            self.assertEqual((script.status, script.body), (202, RECEIVED))
            self.assertNotIn("Location", script.headers)
        without = self.post(b"name=Ada&phone=%2B14155552671", source="strict",
                            Accept="text/html")
        self.assertEqual((without.status, without.body), (202, RECEIVED),
                         "it has no page to go to")

    def test_the_redirect_does_not_tell_a_robot_or_a_refusal_either(self):
        for body in (b"email=bot3%40example.org&fax=1", b"email=nonsense"):
            page = self.post(body, Accept="text/html")
            self.assertEqual((page.status, page.headers["Location"]), (303, PAGE + "/thanks"))

    def test_a_trusted_form_hears_what_became_of_it_and_browsers_go_on(self):
        good = self.post(b"name=Ada+L&email=inside%40example.org", source="inside")
        self.assertEqual((good.status, good.json()["result"]), (201, "created"))
        bad = self.post(b"email=inside2%40example.org", source="inside", Accept="text/html")
        self.assertEqual((bad.status, bad.headers["Content-Type"]),
                         (422, "application/problem+json"))
        self.assertEqual([e["field"] for e in bad.json()["errors"]], ["name"])
        page = self.post(b"name=Ada+L&email=inside3%40example.org", source="inside",
                         Accept="text/html")
        self.assertEqual((page.status, page.headers.get("Location")), (303, PAGE + "/inside"))

    # ---- Cross-origin

    def ask(self, source="website", **headers):
        address = next(s["address"] for s in WORKSPACE["sources"] if s["name"] == source)
        return self.server.request("OPTIONS", "/in/" + address, token=None, headers={
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type", **headers})

    def test_a_listed_page_may_post_with_a_script(self):
        asked = self.ask(Origin=PAGE)
        allowed = {n: v for n, v in asked.headers.items()
                   if n.startswith("Access-Control") or n == "Vary"}
        self.assertEqual(asked.status, 204)
        self.assertEqual(allowed, {
            "Access-Control-Allow-Origin": PAGE, "Access-Control-Allow-Methods": "POST",
            "Access-Control-Allow-Headers": "content-type", "Access-Control-Max-Age": "600",
            "Vary": "Origin"})
        answer = self.post(b"email=cors%40example.org", Origin=PAGE)
        self.assertEqual((answer.status, answer.headers["Access-Control-Allow-Origin"],
                          answer.headers["Vary"]), (202, PAGE, "Origin"))

    def test_no_other_page_may_read_an_answer(self):
        for origin in ("https://evil.org", "null", PAGE + ".evil.org", "http://www.example.org",
                       PAGE + "/", PAGE.upper(), "*", ""):
            for answer in (self.ask(Origin=origin), self.post(b"email=no", Origin=origin)):
                named = [n for n in answer.headers if n.startswith("Access-Control")]
                self.assertEqual(named, [], origin)
                self.assertEqual(answer.headers["Vary"], "Origin", "caches keep them apart")
        bare = self.post(b"email=bare%40example.org")
        self.assertNotIn("Access-Control-Allow-Origin", bare.headers)
        self.assertNotIn("Access-Control-Allow-Origin",
                         self.ask("once", Origin=PAGE).headers, "it lists none")

    def test_a_listed_page_may_read_every_answer(self):
        for source, body, content_type, status in (
                ("website", b"{", "application/json", 400),
                ("website", b"x", "application/pdf", 415),
                ("website", b"&".join(b"a%d=1" % i for i in range(FIELDS_MAX + 1)),
                 URLENCODED, 413),
                ("inside", b"email=x%40example.org", URLENCODED, 422),
                ("inside", b"name=A&email=readable%40example.org", URLENCODED, 201)):
            answer = self.post(body, content_type, source, Origin=PAGE)
            self.assertEqual(answer.status, status, answer.body)
            self.assertEqual(answer.headers.get("Access-Control-Allow-Origin"), PAGE,
                             f"{source} {status}")

    # ---- What is refused

    def test_what_is_refused_is_kept_and_listed_with_its_reasons(self):
        for source, body, result, words in (
                ("strict", b"name=Ada&email=strict%40example.org", "rejected",
                 [("phone", "required")]),
                ("strict", b"", "rejected", [("name", "required"), ("phone", "required")]),
                ("website", b"name=Nobody", "rejected", [("email", "identity_required")]),
                ("website", b"email=nonsense&tel=12", "rejected",
                 [("email", "email_invalid"), ("phone", "phone_invalid")])):
            before = self.server.queue()
            answer = self.post(body, source=source)
            self.assertEqual((answer.status, answer.body), (202, RECEIVED))
            kept = self.newest("&state=rejected")
            self.assertEqual((kept["source"], kept["result"], kept["raw"].encode()),
                             (source, result, body))
            said = [(e["field"], e["code"]) for e in kept["errors"]]
            for word in words:
                self.assertIn(word, said, body)
            self.assertTrue(all(e["message"] and e["instruction"] for e in kept["errors"]))
            after = self.server.queue()
            self.assertEqual((after["received"] - before["received"],
                              after["rejected"] - before["rejected"]), (1, 1))

    def test_what_a_rule_ignores_is_kept_and_listed(self):
        self.assertEqual(self.post(b"email=old%40example.org", source="once").status, 202)
        again = self.post(b"email=old%40example.org&city=Bonn", source="once")
        self.assertEqual((again.status, again.body), (202, RECEIVED))
        kept = self.newest("&state=rejected")
        self.assertEqual((kept["result"], kept["reason"], kept["raw"]),
                         ("ignored", "create_only", "email=old%40example.org&city=Bonn"))

    def test_what_cannot_be_read_says_why_and_nothing_is_taken(self):
        open_part, content_type = multipart(('name="email"', b"a@example.org"))
        edges = b"&".join(b"a%d=1" % i for i in range(FIELDS_MAX + 1))
        before = self.received()
        for body, type, status, code, words in (
                (b"{", "application/json", 400, "malformed", "line 1"),
                (b"[]", "application/json", 400, "malformed", "one JSON object"),
                (b"email=a", "text/plain", 400, "malformed", "line 1"),
                (b"email=%FF%40example.org", URLENCODED, 400, "malformed", "field email"),
                (b"email=a%00b", URLENCODED, 400, "malformed", "field email"),
                (b"email=a", URLENCODED + "; charset=nonsense", 400, "malformed", "utf-8"),
                (open_part[:-14], content_type, 400, "malformed", "cut off"),
                (open_part, "multipart/form-data", 400, "malformed", "boundary"),
                (open_part, content_type + "x", 400, "malformed", "boundary"),
                (edges, URLENCODED, 413, "too_large", "300 fields"),
                (b'{"a":' * 200 + b"1" + b"}" * 200, "application/json", 413, "too_large",
                 "nested deeper"),
                (b"x", "application/pdf", 415, "content_type", "urlencoded"),
                (b"x", None, 415, "content_type", "urlencoded")):
            answer = self.post(body, type)
            shown = f"{type} {body[:40]}: {answer.status} {answer.body}"
            self.assertEqual(answer.status, status, shown)
            self.assertEqual(answer.headers["Content-Type"], "application/problem+json")
            problem = answer.json()
            self.assertEqual((problem["code"], problem["status"]), (code, status), shown)
            self.assertIn(words, problem["detail"], shown)
        self.assertEqual(self.received(), before)

    def test_the_largest_post_is_taken_and_one_byte_more_is_not(self):
        head = b"email=large%40example.org&x="
        full = head + b"&x=".join([b"y" * 9000] * 7)
        full += b"&z=" + b"z" * (BODY_MAX - len(full) - 3)
        self.assertEqual(len(full), BODY_MAX)
        before = self.received()
        over = self.post(full + b"z")
        self.assertEqual((over.status, over.json()["code"]), (413, "too_large"))
        self.assertEqual(self.received(), before)
        self.assertEqual(self.post(full).status, 202)
        self.assertEqual(len(self.lead("large@example.org")["fields"]["custom.x"]), 7)
        self.assertEqual(self.newest()["raw"].encode(), full)

    def test_an_address_answers_posts_only(self):
        self.assertEqual(self.server.get("/in/formswebsite00001", token=None).status, 405)
        for address in ("formswebsite00002", "FORMSWEBSITE00001", "formswebsite0000",
                        "formswebsite00001x", "%00", "website"):
            answer = self.server.post("/in/" + address, b"email=a%40example.org", token=None,
                                      headers={"Content-Type": URLENCODED})
            self.assertEqual(answer.status, 404, address)

    def test_no_person_of_a_form_stands_in_the_log(self):
        self.post(b"email=hidden.person%40example.org&name=Zebulon+Quux&tel=020+7946+0777")
        self.post(b"name=Zebulon+Quux", source="strict")
        self.post(b"email=hidden.person%FF", source="strict")
        for word in ("hidden.person", "Zebulon", "79460777", "7946 0777", "formsstrict"):
            self.assertNotIn(word, self.server.log())


@unittest.skipUnless(POSTGRES, "needs FAIRLEAD_TEST_POSTGRES")
class FormsOnPostgres(Forms):
    @classmethod
    def new_store(cls):
        return new_database()


class Killed(Base):
    def test_what_a_form_was_told_is_there_after_a_kill(self):
        for i in range(20):
            body = b"email=k%d%%40example.org" % i if i % 2 else b"name=Nobody+%d" % i
            self.assertEqual(self.post(body).status, 202)
        self.server.kill()
        self.server.start()
        self.assertTrue(all(self.lead(f"k{i}@example.org") for i in range(1, 20, 2)))
        refused = self.get("/v1/submissions?state=rejected&limit=50")["items"]
        self.assertEqual(len(refused), 10)
        self.assertEqual(self.received(), 20)


class Rates(Base):
    args = ("--peer-rate", "3")

    def test_one_address_cannot_flood_a_public_form(self):
        answers = []
        while len(answers) < 500 and (not answers or answers[-1].status != 429):
            answers.append(self.post(b"email=f%d%%40example.org" % len(answers)))
        last = answers.pop()
        self.assertEqual(last.status, 429)
        self.assertGreaterEqual(int(last.headers["Retry-After"]), 1)
        self.assertEqual({a.status for a in answers}, {202})
        self.assertEqual(self.received(), len(answers), "what was refused was not taken")
        trusted = [self.post(b"name=A&email=t%d%%40example.org" % i, source="inside").status
                   for i in range(20)]
        self.assertEqual(set(trusted), {201}, "only public sources are held to it")


if __name__ == "__main__":
    unittest.main()
