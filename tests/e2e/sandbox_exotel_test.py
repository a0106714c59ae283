"""What the sandbox's Exotel posts of a call over the wire, and asks for the applets of a flow."""
import base64
import email.parser
import email.policy
import http.server
import json
import threading
import time
import unittest
from http.client import HTTPConnection
from urllib.parse import parse_qsl, urlencode, urlsplit

from sandbox import Sandbox

KEY = "e807e15a11dbe0c4a3f6d9528b7c1e40:70ce5a11dbe0c4a3f6d9528b7c1e40f2"
V1 = "/exotel/v1/Accounts/sandbox1"
AGENT, ASHA = "+918030752400", "+919876543210"


class Ours(http.server.ThreadingHTTPServer):
    """Our side: keeps what it is asked and answers by the path."""
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.got = []
        self.answers = {}
        self.statuses = {}
        self.slow = {}  # seconds before it answers
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def at(self, path):
        return [one for one in self.got if one["path"] == path]


class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self):
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.got.append({"method": self.command, "path": parts.path,
                                "query": dict(parse_qsl(parts.query, keep_blank_values=True)),
                                "raw": parts.query, "headers": dict(self.headers),
                                "body": body})
        time.sleep(self.server.slow.get(parts.path, 0))
        kind, text = self.server.answers.get(parts.path, ("text/plain", ""))
        left = self.server.statuses.get(parts.path, [200])
        status = left.pop(0) if len(left) > 1 else left[0]
        try:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())
        except BrokenPipeError:
            pass  # whoever asked did not wait

    do_GET = do_POST = answer

    def log_message(self, *_):
        pass


def fields_of(post):
    """The fields of a multipart form."""
    parser = email.parser.BytesParser(policy=email.policy.HTTP)
    form = parser.parsebytes(b"Content-Type: " + post["headers"]["Content-Type"].encode() +
                             b"\r\n\r\n" + post["body"])
    return {part.get_param("name", header="content-disposition"): part.get_content().rstrip("\r\n")
            for part in form.iter_parts()}


class Exotel(unittest.TestCase):
    def setUp(self):
        self.sandbox = Sandbox("exotel", "")
        self.addCleanup(self.sandbox.end)
        self.ours = Ours()
        self.addCleanup(self.ours.server_close)
        self.addCleanup(self.ours.shutdown)

    def call(self, method, path, form=None):
        connection = HTTPConnection("127.0.0.1", self.sandbox.port, timeout=30)
        try:
            connection.request(
                method, V1 + path, urlencode(form) if form else None,
                {"Authorization": "Basic " + base64.b64encode(KEY.encode()).decode(),
                 "Content-Type": "application/x-www-form-urlencoded"})
            reply = connection.getresponse()
            return reply.status, json.loads(reply.read())
        finally:
            connection.close()

    def connect(self, **form):
        status, made = self.call("POST", "/Calls/connect.json",
                                 {"From": AGENT, "CallerId": "08047180000", **form})
        self.assertEqual(status, 200, made)
        return made["Call"]["Sid"]

    def start_flow(self, *applets, **form):
        flow = self.sandbox.add("Flows", {"name": "ours", "applets": list(applets)})
        return self.connect(From=ASHA, **form, Url="http://my.exotel.com/sandbox1/exoml/"
                                                   f"start_voice/{flow['id']}")

    def tell(self, address, script):
        self.sandbox.ask("POST", "/_sandbox/prospects", {"address": address, "script": script})

    def passing(self, is_true, step_ms=1000):
        """Lets the sandbox's time pass until something has come true."""
        end = time.monotonic() + 20
        while not (value := is_true()):
            self.assertLess(time.monotonic(), end, "it did not come true")
            self.sandbox.ask("POST", "/_sandbox/clock", {"step_ms": step_ms})
            time.sleep(0.01)
        return value

    def ended(self, sid):
        def look():
            call = self.call("GET", f"/Calls/{sid}.json?details=true")[1]["Call"]
            return call["EndTime"] and call
        return self.passing(look)

    # ---- Status callbacks

    def test_a_status_is_a_multipart_form(self):
        sid = self.connect(To=ASHA, StatusCallback=self.ours.url + "/status",
                           **{"StatusCallbackEvents[0]": "terminal", "CustomField": "att_17"})
        post, = self.passing(lambda: self.ours.at("/status"))
        fields = fields_of(post)
        self.assertEqual(post["method"], "POST")
        self.assertEqual(fields["CallSid"], sid)
        self.assertEqual(fields["EventType"], "terminal")
        self.assertEqual(fields["Status"], "completed")
        self.assertEqual(fields["CustomField"], "att_17")
        self.assertEqual(fields["ConversationDuration"], "30")
        self.assertEqual(fields["Legs[0][Status]"], "completed")
        self.assertEqual(fields["Legs[1][OnCallDuration]"], "30")
        self.assertEqual(fields["RecordingUrl"], "")
        self.assertFalse([name for name in post["headers"] if "ignature" in name])

    def test_a_status_is_json_when_asked(self):
        self.connect(To=ASHA, StatusCallback=self.ours.url + "/status",
                     StatusCallbackContentType="application/json",
                     **{"StatusCallbackEvents[0]": "terminal",
                        "StatusCallbackEvents[1]": "answered"})
        posts = self.passing(lambda: len(self.ours.at("/status")) == 2 and
                             self.ours.at("/status"))
        self.assertEqual(posts[0]["headers"]["Content-Type"], "application/json")
        events = {e["EventType"]: e for e in (json.loads(post["body"]) for post in posts)}
        self.assertEqual(set(events), {"answered", "terminal"})
        self.assertNotIn("CustomField", events["answered"])
        self.assertEqual(events["terminal"]["Legs"][1], {"OnCallDuration": 30,
                                                         "Status": "completed"})

    def test_a_status_that_is_not_taken_is_tried_twice_more(self):
        self.ours.statuses["/status"] = [500]
        self.connect(To=ASHA, StatusCallback=self.ours.url + "/status")
        self.passing(lambda: len(self.ours.at("/status")) == 3)
        hooks = lambda: self.sandbox.ask("GET", "/_sandbox/webhooks?vendor=exotel")["webhooks"]
        self.passing(lambda: [h["state"] for h in hooks()] == ["failed"], step_ms=60000)
        self.assertEqual(len(self.ours.at("/status")), 3)

    # ---- Events of legs (ExoML)

    def begin_leg(self):
        self.sandbox.ask("PATCH", self.sandbox.account + "/records/ExoPhones/1",
                         {"event_url": self.ours.url + "/events", "event_auth": "ours:s3cret"})
        return self.sandbox.add("Legs", {"contact_uri": ASHA, "exophone": "08047180000"})["id"]

    def events(self, count):
        posts = self.passing(lambda: len(self.ours.at("/events")) >= count and
                             self.ours.at("/events"))
        return [(post, json.loads(post["body"])) for post in posts]

    def test_an_event_names_itself_and_who_sends_it(self):
        leg = self.begin_leg()
        (post, event), = self.events(1)
        self.assertEqual(post["headers"]["Content-Type"], "application/json")
        self.assertEqual(post["headers"]["X-Exotel-Event-Sid"], event["event_sid"])
        self.assertIn("X-Exotel-Request-Id", post["headers"])
        self.assertEqual(post["headers"]["Authorization"],
                         "Basic " + base64.b64encode(b"ours:s3cret").decode())
        self.assertEqual((event["event_name"], event["data"]["leg_sid"]), ("leg_answered", leg))
        self.assertEqual(event["data"]["contact_uri"], ASHA)

    def test_an_event_that_is_not_taken_is_tried_three_times_in_all(self):
        for statuses, count in ([503, 429, 200], 3), ([500], 3), ([408, 204], 2), ([400], 1):
            self.ours.got.clear()
            self.ours.statuses["/events"] = list(statuses)
            self.begin_leg()
            self.events(count)
            hooks = lambda: self.sandbox.ask("GET", "/_sandbox/webhooks?vendor=exotel")["webhooks"]
            self.passing(lambda: hooks()[-1]["state"] in ("done", "failed"))
            self.assertEqual(len(self.ours.at("/events")), count, statuses)
            sids = {json.loads(post["body"])["event_sid"] for post in self.ours.at("/events")}
            self.assertEqual(len(sids), 1, "it is the same event")

    def test_an_event_must_be_taken_within_a_second(self):
        self.ours.slow["/events"] = 1.5
        self.begin_leg()
        self.passing(lambda: [h["attempts"] for h in self.sandbox.ask(
            "GET", "/_sandbox/webhooks?vendor=exotel")["webhooks"]] == [3])
        self.assertEqual(self.sandbox.ask("GET", "/_sandbox/webhooks?vendor=exotel")
                         ["webhooks"][0]["last_status"], 0)

    # ---- Applets

    def test_a_greeting_speaks_what_it_is_given_in_plain_text(self):
        self.ours.answers["/greet"] = ("text/plain", "Hello from Acme Homes")
        self.ours.answers["/html"] = ("text/html", "<p>Hello</p>")
        self.ended(self.start_flow({"applet": "greeting", "url": self.ours.url + "/greet"},
                                   {"applet": "greeting", "url": self.ours.url + "/html"}))
        asked, = self.ours.at("/greet")
        self.assertEqual(asked["method"], "GET")
        self.assertEqual(asked["body"], b"")
        self.assertEqual(len(self.sandbox.ledger("greeting_failed")), 1)

    def test_gather_is_programmed_and_passthru_gets_the_digits_in_quotes(self):
        self.tell(ASHA, "answers and presses 12#")
        self.ours.answers["/gather"] = ("application/json", json.dumps(
            {"gather_prompt": {"text": "Press one"}, "max_input_digits": 1,
             "finish_on_key": "#", "input_timeout": 6, "repeat_menu": 1,
             "repeat_gather_prompt": {"text": "Please press one"}}))
        call = self.ended(self.start_flow(
            {"applet": "gather", "url": self.ours.url + "/gather"},
            {"applet": "passthru", "url": self.ours.url + "/passthru?lead=17"},
            CustomField="att_17"))
        gather, = self.ours.at("/gather")
        self.assertEqual(gather["headers"]["Exotel-Version"], "1.0")
        self.assertEqual(gather["query"]["CallFrom"], "09876543210")
        self.assertEqual(gather["query"]["CallTo"], "08047180000")
        self.assertEqual(gather["query"]["Direction"], "outbound-dial")
        self.assertNotIn("digits", gather["query"])
        passthru, = self.ours.at("/passthru")
        self.assertNotIn("Exotel-Version", passthru["headers"])
        self.assertIn("digits=%221%22", passthru["raw"])
        self.assertEqual(passthru["query"]["lead"], "17")
        self.assertEqual(passthru["query"]["EndTime"], "1970-01-01 05:30:00")
        self.assertEqual(passthru["query"]["CallType"], "call-attempt")
        self.assertEqual(passthru["query"]["CustomField"], "att_17")
        self.assertNotIn("RecordingUrl", passthru["query"])
        self.assertEqual(call["Status"], "completed")

    def test_the_last_two_digits_say_what_is_pressed(self):
        self.sandbox.settings(switches={"by_digits": 1})
        self.ours.answers["/gather"] = ("application/json", '{"gather_prompt":{"text":"One?"}}')
        applets = ({"applet": "gather", "url": self.ours.url + "/gather"},
                   {"applet": "passthru", "url": self.ours.url + "/after"})
        for number, digits in ("00", '"1"'), ("01", '"2"'), ("02", None), ("06", None):
            self.ours.got.clear()
            flow = self.sandbox.add("Flows", {"name": "ours", "applets": list(applets)})
            call = self.ended(self.connect(
                From="+9198765432" + number, Url="http://my.exotel.com/sandbox1/exoml/"
                                                 f"start_voice/{flow['id']}"))
            self.assertEqual(call["Status"], "completed")
            self.assertEqual(self.ours.at("/after")[0]["query"].get("digits"), digits)

    def test_who_is_silent_is_asked_again_and_then_nothing_was_pressed(self):
        self.tell(ASHA, "answers, stays silent, stays silent")
        self.ours.answers["/gather"] = ("application/json", json.dumps(
            {"gather_prompt": {"text": "Press one"}, "repeat_menu": 1}))
        self.ended(self.start_flow({"applet": "gather", "url": self.ours.url + "/gather"},
                                   {"applet": "passthru", "url": self.ours.url + "/after"}))
        self.assertEqual(len(self.ours.at("/gather")), 1)
        self.assertNotIn("digits", self.ours.at("/after")[0]["query"])
        spent = self.sandbox.ask("GET", "/_sandbox/prospects")["prospects"][0]["spent"]
        self.assertEqual(spent, 2)

    def test_passthru_is_a_fork(self):
        self.ours.statuses = {"/fork": [302], "/broken": [500]}
        fork = {"applet": "passthru", "url": self.ours.url + "/fork",
                "exit_b": [{"applet": "passthru", "url": self.ours.url + "/b"}]}
        after = {"applet": "passthru", "url": self.ours.url + "/a"}
        self.ended(self.start_flow(fork, after))
        self.assertEqual((len(self.ours.at("/a")), len(self.ours.at("/b"))), (0, 1))
        self.ours.statuses = {"/fork": [200], "/broken": [500]}
        self.ended(self.start_flow(fork, after))
        self.assertEqual((len(self.ours.at("/a")), len(self.ours.at("/b"))), (1, 1))
        self.ended(self.start_flow({"applet": "passthru", "url": self.ours.url + "/broken"},
                                   after))
        self.assertEqual(len(self.ours.at("/a")), 1, "nobody said where to go on")
        self.assertEqual(len(self.sandbox.ledger("passthru_failed")), 1)

    def test_passthru_that_does_not_wait_minds_no_answer(self):
        self.ours.statuses["/later"] = [302]
        self.ended(self.start_flow({"applet": "passthru", "url": self.ours.url + "/later",
                                    "async": True},
                                   {"applet": "passthru", "url": self.ours.url + "/a"}))
        self.assertEqual((len(self.ours.at("/later")), len(self.ours.at("/a"))), (1, 1))

    def test_connect_rings_the_numbers_it_is_given(self):
        self.tell(AGENT, "is busy")
        self.ours.answers["/whom"] = ("text/plain", f"{AGENT}, 08030752401")
        call = self.ended(self.start_flow({"applet": "connect", "url": self.ours.url + "/whom"},
                                          {"applet": "passthru", "url": self.ours.url + "/after"}))
        after, = self.ours.at("/after")
        self.assertEqual(after["query"]["DialWhomNumber"], "08030752401")
        self.assertEqual(after["query"]["CallType"], "completed")
        self.assertEqual(after["query"]["DialCallDuration"], "30")
        self.assertEqual(call["Details"]["ConversationDuration"], 30)

    def test_connect_can_be_programmed(self):
        self.tell(AGENT, "never")
        self.ours.answers["/whom"] = ("application/json", json.dumps(
            {"fetch_after_attempt": True, "destination": {"numbers": [AGENT]},
             "max_ringing_duration": 10, "record": True, "max_conversation_duration": 5}))
        self.ended(self.start_flow({"applet": "connect", "url": self.ours.url + "/whom"},
                                   {"applet": "passthru", "url": self.ours.url + "/after"}))
        asked = self.ours.at("/whom")
        self.assertEqual(len(asked), 5, "after each attempt, five times at most")
        self.assertEqual(asked[0]["headers"]["Exotel-Version"], "1.0")
        self.assertEqual(asked[1]["query"]["CallType"], "incomplete")
        self.assertEqual(self.ours.at("/after")[0]["query"]["CallType"], "incomplete")
        self.tell(AGENT, "answers")
        call = self.ended(self.start_flow(
            {"applet": "connect", "url": self.ours.url + "/whom"},
            {"applet": "passthru", "url": self.ours.url + "/after"}))
        self.assertEqual(call["Details"]["ConversationDuration"], 5)
        self.assertIn("/recordings/", self.ours.at("/after")[1]["query"]["RecordingUrl"])

    def test_voicemail_leaves_a_recording(self):
        self.ended(self.start_flow({"applet": "voicemail"},
                                   {"applet": "passthru", "url": self.ours.url + "/after"},
                                   {"applet": "hangup"},
                                   {"applet": "passthru", "url": self.ours.url + "/never"}))
        after, = self.ours.at("/after")
        self.assertEqual(after["query"]["CallType"], "voicemail")
        self.assertIn("/recordings/sandbox1/", after["query"]["RecordingUrl"])
        self.assertFalse(self.ours.at("/never"))

    def test_who_hangs_up_ends_the_flow(self):
        self.tell(ASHA, "answers and hangs up")
        self.ours.answers["/gather"] = ("application/json", '{"gather_prompt":{"text":"One?"}}')
        self.ended(self.start_flow({"applet": "gather", "url": self.ours.url + "/gather"},
                                   {"applet": "passthru", "url": self.ours.url + "/after"}))
        self.assertFalse(self.ours.at("/after"))


if __name__ == "__main__":
    unittest.main()
