"""The sandbox's mail server under real clients (Python's smtplib, curl), and what people send
back, taken by a server of our own and read by Python's mail parser."""
import email
import email.message
import email.policy
import http.client
import http.server
import os
import shutil
import smtplib
import socket
import socketserver
import ssl
import subprocess
import tempfile
import threading
import time
import unittest

from sandbox import Sandbox

ASHA = "asha@example.in"
BOTH = ("--smtp-listen", "127.0.0.1:0", "--smtps-listen", "127.0.0.1:0")


class Ours(socketserver.ThreadingTCPServer):
    """A mail server of few words: keeps envelopes and messages. `refusals` are answers to the
    next messages."""
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Talk)
        self.url = f"smtp://127.0.0.1:{self.server_address[1]}"
        self.got, self.refusals = [], []
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Talk(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        sender, to = None, []
        self.say("220 ours")
        for line in self.rfile:
            word = line[:4].upper()
            if word == b"MAIL":
                sender, to = line.split(b":", 1)[1].strip().decode(), []
            if word == b"RCPT":
                to.append(line.split(b":", 1)[1].strip().decode())
            if word != b"DATA":
                self.say("221 bye" if word == b"QUIT" else "250 ok")
                continue
            self.say("354 go on")
            body = b""
            for line in self.rfile:
                if line == b".\r\n":
                    break
                body += line[1:] if line.startswith(b".") else line
            if self.server.refusals:
                self.say(self.server.refusals.pop(0))
                continue
            self.server.got.append((sender, to, body))
            self.say("250 ok")


class Web(http.server.ThreadingHTTPServer):
    """Where links and webhooks lead."""
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Page)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.got = []
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Page(http.server.BaseHTTPRequestHandler):
    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.got.append((self.command, self.path, dict(self.headers), body))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST = answer

    def log_message(self, *_):
        pass


def letter(text="Hello\n", to=ASHA, **headers):
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    message["From"] = "Acme Homes <hello@acme.example>"
    message["To"] = to
    message["Subject"] = "Did you ask about Sea View?"
    message["Message-ID"] = "<att17.x9@fairlead.example>"
    message["Reply-To"] = "r+att17.h4sh@in.fairlead.example"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message


class Mail(unittest.TestCase):
    flags = ()

    def setUp(self):
        self.sandbox = Sandbox("smtp", "", *BOTH, *self.flags)
        self.addCleanup(lambda: self.sandbox.process.poll() is None and self.sandbox.end())
        self.credentials = self.sandbox.ask("GET", self.sandbox.account)["credentials"]
        self.user = self.credentials["user"], self.credentials["password"]
        self.tls = ssl.create_default_context(cadata=self.credentials["certificate"])

    def connect(self):
        client = smtplib.SMTP("localhost", self.credentials["port"], timeout=30)
        self.addCleanup(client.close)
        client.starttls(context=self.tls)
        client.login(*self.user)
        return client

    def tell(self, script, address=ASHA):
        self.sandbox.ask("POST", "/_sandbox/prospects", {"address": address, "script": script})

    def step(self, ms=10000):
        self.sandbox.ask("POST", "/_sandbox/clock", {"step_ms": ms})

    def passing(self, is_true, step_ms=1000):
        end = time.monotonic() + 20
        while not (value := is_true()):
            self.assertLess(time.monotonic(), end, "it did not come true")
            self.step(step_ms)
            time.sleep(0.01)
        return value

    def messages(self, kind=None):
        """Oldest first."""
        return [r["values"] for r in reversed(self.sandbox.records("messages"))
                if not kind or r["values"]["kind"] == kind]


class Clients(Mail):
    def test_smtplib_sends_by_starttls_and_by_tls(self):
        client = self.connect()
        for name in ("size", "8bitmime", "smtputf8", "dsn", "pipelining",
                     "enhancedstatuscodes"):
            self.assertTrue(client.has_extn(name), name)
        self.assertEqual(client.send_message(letter(".dots\n..and more\nGrüße\n")), {})
        client.quit()
        with smtplib.SMTP_SSL("localhost", self.credentials["tls_port"], context=self.tls,
                              timeout=30) as client:
            client.login(*self.user)
            client.send_message(letter())
        first, second = self.messages()
        parsed = email.message_from_bytes(first["raw"].encode(), policy=email.policy.default)
        self.assertEqual(parsed.get_content().splitlines(), [".dots", "..and more", "Grüße"])
        self.assertEqual(first["subject"], "Did you ask about Sea View?")
        self.assertTrue(first["tls"] and second["tls"])
        self.assertEqual([r["address"] for r in first["recipients"]], [ASHA])

    def test_every_mechanism_of_smtplib(self):
        for mechanism in ("auth_plain", "auth_login"):
            client = smtplib.SMTP("localhost", self.credentials["port"], timeout=30)
            client.starttls(context=self.tls)
            client.ehlo()
            client.user, client.password = self.user
            name = mechanism.replace("auth_", "").upper()
            self.assertEqual(client.auth(name, getattr(client, mechanism))[0], 235)
            client.quit()
        client = smtplib.SMTP("localhost", self.credentials["port"], timeout=30)
        client.starttls(context=self.tls)
        with self.assertRaises(smtplib.SMTPAuthenticationError) as refused:
            client.login(self.user[0], "wrong")
        self.assertEqual(refused.exception.smtp_code, 535)
        client.close()

    def test_auth_in_clear_is_refused(self):
        client = smtplib.SMTP("localhost", self.credentials["port"], timeout=30)
        self.addCleanup(client.close)
        client.ehlo()
        self.assertFalse(client.has_extn("auth"))
        self.assertEqual(client.docmd("AUTH", "PLAIN AGEAYg=="),
                         (538, b"5.7.11 Encryption is required: STARTTLS first"))
        self.assertEqual(client.docmd("MAIL", "FROM:<a@b>")[0], 530)
        self.sandbox.settings(switches={"tls_required": 0})
        client.ehlo()
        client.login(*self.user)
        self.assertEqual(client.send_message(letter()), {})
        self.assertFalse(self.messages()[0]["tls"])

    def test_who_does_not_trust_the_certificate_is_not_made_to(self):
        client = smtplib.SMTP("localhost", self.credentials["port"], timeout=30)
        self.addCleanup(client.close)
        with self.assertRaises(ssl.SSLCertVerificationError):
            client.starttls(context=ssl.create_default_context())

    def test_smtputf8_and_dsn_parameters(self):
        client = self.connect()
        client.sendmail("b+att17@bounce.example", "grüße@example.in", letter().as_bytes(),
                        mail_options=["SMTPUTF8", "BODY=8BITMIME", "RET=HDRS", "ENVID=att17"],
                        rcpt_options=["NOTIFY=NEVER"])
        message, = self.messages()
        self.assertEqual(message["recipients"][0]["address"], "grüße@example.in")
        self.assertEqual((message["ret"], message["envid"]), ("HDRS", "att17"))

    def test_a_large_message_and_a_hundred_on_one_connection(self):
        client = self.connect()
        text = "".join(f"{i:06} {'x' * 60}\n" for i in range(30000))
        client.send_message(letter(text))
        self.assertEqual(self.messages()[0]["size"], len(letter(text).as_bytes()))
        for _ in range(99):
            client.send_message(letter())
        self.assertEqual(len(self.messages()), 100)
        self.sandbox.settings(switches={"size_max": 100000})
        client.ehlo()
        with self.assertRaises(smtplib.SMTPSenderRefused) as refused:
            client.send_message(letter(text))
        self.assertEqual(refused.exception.smtp_code, 552)

    @unittest.skipUnless(shutil.which("curl"), "there is no curl")
    def test_curl_sends_too(self):
        with tempfile.TemporaryDirectory() as folder:
            authority, message = os.path.join(folder, "ca.pem"), os.path.join(folder, "m.eml")
            with open(authority, "w") as file:
                file.write(self.credentials["certificate"])
            with open(message, "wb") as file:
                file.write(letter(".dot\n").as_bytes())
            for url, more in ((f"smtp://localhost:{self.credentials['port']}", ["--ssl-reqd"]),
                              (f"smtps://localhost:{self.credentials['tls_port']}", [])):
                done = subprocess.run(
                    ["curl", "-sS", "--max-time", "30", "--cacert", authority, *more, url,
                     "--user", ":".join(self.user), "--mail-from", "b+att17@bounce.example",
                     "--mail-rcpt", ASHA, "--mail-rcpt", "ravi@example.in",
                     "--upload-file", message], capture_output=True, text=True)
                self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([len(m["recipients"]) for m in self.messages()], [2, 2])
        self.assertEqual(self.messages()[1]["text"], ".dot\r\n")


class Wire(Mail):
    def raw(self):
        client = socket.create_connection(("127.0.0.1", self.credentials["port"]), 10)
        self.addCleanup(client.close)
        return client, client.makefile("rb")

    def test_what_comes_before_the_handshake_is_dropped(self):
        """Whoever sits between must not put commands before the client's (CVE-2011-0411)."""
        client, lines = self.raw()
        client.sendall(b"EHLO x\r\nSTARTTLS\r\nNOOP injected\r\n")
        while not lines.readline().startswith(b"220 2"):
            pass
        secure = self.tls.wrap_socket(client, server_hostname="localhost")
        secure.sendall(b"EHLO y\r\n")
        said = b""
        while b"250 ENH" not in said:
            said += secure.recv(4096)
        self.assertTrue(said.startswith(b"250-mx.sandbox.example greets you"), said)
        secure.close()

    def test_bytes_may_come_one_by_one(self):
        client, lines = self.raw()
        lines.readline()
        for byte in b"NOOP\r\n":
            client.sendall(bytes([byte]))
            time.sleep(0.002)
        self.assertEqual(lines.readline(), b"250 2.0.0 Ok\r\n")

    def test_many_errors_end_the_talk_and_the_last_word_arrives(self):
        client, lines = self.raw()
        client.sendall(b"WHAT\r\n" * 5000)
        said = lines.read()
        self.assertTrue(said.endswith(b"421 4.7.0 Too many errors\r\n"), said[-80:])
        self.assertEqual(said.count(b"\n"), 21)

    def test_no_tls_on_the_tls_port(self):
        client = socket.create_connection(("127.0.0.1", self.credentials["tls_port"]), 10)
        client.sendall(b"EHLO x\r\n" * 50)
        client.settimeout(10)
        try:
            self.assertNotIn(b"220", client.recv(4096))
        except ConnectionResetError:
            pass
        client.close()

    def test_connections_are_bounded_and_come_in_turn(self):
        held = [socket.create_connection(("127.0.0.1", self.credentials["port"]), 10)
                for _ in range(256)]
        for one in held:
            self.assertTrue(one.recv(100).startswith(b"220 "))
        late = socket.create_connection(("127.0.0.1", self.credentials["port"]), 10)
        late.settimeout(0.3)
        with self.assertRaises(TimeoutError):
            late.recv(100)
        held.pop().close()
        late.settimeout(10)
        self.assertTrue(late.recv(100).startswith(b"220 "))
        for one in held + [late]:
            one.close()

    # ---- Faults

    def test_a_connection_can_be_reset_closed_or_refused(self):
        for fault in ("reset", "close"):
            self.sandbox.fault(fault=fault, method="CONNECT", count=1)
            try:
                self.assertEqual(self.raw()[1].readline(), b"")
            except ConnectionResetError:
                self.assertEqual(fault, "reset")
        self.sandbox.fault(fault="status", status=554, method="CONNECT", count=1)
        client, lines = self.raw()
        self.assertEqual(lines.readline(), b"554 5.7.1 Rejected as spam\r\n")
        self.assertEqual(lines.readline(), b"")
        self.sandbox.fault(fault="html", method="CONNECT", count=1)
        client, lines = self.raw()
        self.assertTrue(lines.read().startswith(b"<html>"))

    def test_answers_can_be_slow_drip_or_be_cut(self):
        client = self.connect()
        self.sandbox.fault(fault="slow", method="MAIL", ms=400, count=1)
        began = time.monotonic()
        self.assertEqual(client.mail("a@b.example")[0], 250)
        self.assertGreaterEqual(time.monotonic() - began, 0.4)
        self.sandbox.fault(fault="drip", method="RCPT", ms=400, count=1)
        began = time.monotonic()
        self.assertEqual(client.rcpt(ASHA)[0], 250)
        self.assertGreaterEqual(time.monotonic() - began, 0.3)
        self.sandbox.fault(fault="truncated", method="RCPT", count=1)
        client.send(f"RCPT TO:<{ASHA}>\r\n")
        self.assertEqual(client.sock.recv(100), b"250 2.1.5 Ok\r\n"[:7])
        self.assertEqual(client.sock.recv(100), b"")

    def test_a_fault_strikes_its_own_answer_and_none_before_it(self):
        self.sandbox.settings(switches={"auth_required": 0})
        for fault, end in (("truncated", b"250 2.1."), ("hang", b"")):
            client, lines = self.raw()
            self.sandbox.fault(fault=fault, method="RCPT", ms=200, count=1)
            client.sendall(b"EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nNOOP\r\n")
            said = lines.read()
            self.assertTrue(said.endswith(b"250 2.1.0 Ok\r\n" + end[:7]), said)

    def test_an_answer_may_never_come(self):
        client = self.connect()
        self.sandbox.fault(fault="hang", method="MAIL", ms=300, count=1)
        began = time.monotonic()
        with self.assertRaises(smtplib.SMTPServerDisconnected):
            client.mail("a@b.example")
        self.assertGreaterEqual(time.monotonic() - began, 0.3)

    def test_a_connection_can_drop_in_the_middle_of_a_message(self):
        client = self.connect()
        self.sandbox.fault(fault="truncated", method="DATA", count=1)
        with self.assertRaises((smtplib.SMTPServerDisconnected, OSError)):
            client.send_message(letter("x\n" * 200000))
        self.assertEqual(self.messages(), [])
        self.connect().send_message(letter())
        self.assertEqual(len(self.messages()), 1)

    def test_a_connection_can_drop_after_the_dot(self):
        """Delivery is unknown then: who sends again under the same Message-ID shows twice."""
        client = self.connect()
        self.sandbox.fault(fault="close", when="after", method="MESSAGE", count=1)
        with self.assertRaises(smtplib.SMTPServerDisconnected):
            client.send_message(letter())
        self.connect().send_message(letter())
        self.assertEqual(len(self.messages()), 2)
        summary = self.sandbox.ask("GET", "/_sandbox/ledger/summary?vendor=smtp")
        self.assertIn("att17.x9@fairlead.example", str(summary))


class Back(Mail):
    def setUp(self):
        super().setUp()
        self.ours, self.web = Ours(), Web()
        for server in (self.ours, self.web):
            self.addCleanup(server.server_close)
            self.addCleanup(server.shutdown)
        self.sandbox.add("inbound", {"address": "*", "deliver_to": self.ours.url})

    def send(self, message=None, sender="b+att17.h4sh@bounce.fairlead.example", rcpt=(),
             options=()):
        self.connect().sendmail(sender, ASHA, (message or letter()).as_bytes(),
                                mail_options=list(options), rcpt_options=list(rcpt))

    def arrived(self, count=1):
        got = self.passing(lambda: len(self.ours.got) >= count and self.ours.got)
        self.assertEqual(len(got), count)
        sender, to, body = got[-1]
        return sender, to, email.message_from_bytes(body, policy=email.policy.default)

    def test_a_reply_is_a_message_of_the_thread(self):
        self.tell("reads, replies Ja bitte after 5 minutes")
        self.send(letter("2 BHK?\n", References="<a@b> <c@d>"))
        sender, to, reply = self.arrived()
        self.assertEqual((sender, to), (f"<{ASHA}>", ["<r+att17.h4sh@in.fairlead.example>"]))
        self.assertEqual(reply["From"], ASHA)
        self.assertEqual(reply["Subject"], "Re: Did you ask about Sea View?")
        self.assertEqual(reply["In-Reply-To"], "<att17.x9@fairlead.example>")
        self.assertEqual(reply["References"].split(),
                         ["<a@b>", "<c@d>", "<att17.x9@fairlead.example>"])
        self.assertIsNone(reply["Auto-Submitted"])
        self.assertTrue(reply["Message-ID"] and reply["Date"])
        lines = reply.get_content().splitlines()
        self.assertEqual(lines[0], "Ja bitte")
        self.assertIn("> 2 BHK?", lines)
        self.passing(lambda: self.messages("reply")[0]["status"] == "delivered")

    def test_a_bounce_is_a_report_for_machines(self):
        self.sandbox.settings(switches={"bounces_later": 1})
        self.tell("is unknown")
        self.send(options=["ENVID=att17"], rcpt=["ORCPT=rfc822;asha@example.in"])
        sender, to, bounce = self.arrived()
        self.assertEqual((sender, to), ("<>", ["<b+att17.h4sh@bounce.fairlead.example>"]))
        self.assertEqual(bounce.get_content_type(), "multipart/report")
        self.assertEqual(bounce.get_param("report-type"), "delivery-status")
        self.assertEqual(bounce["Auto-Submitted"], "auto-replied")
        words, status, returned = bounce.iter_parts()
        self.assertEqual(words.get_content_type(), "text/plain")
        per_message, per_recipient = status.get_payload()
        self.assertEqual(per_message["Original-Envelope-Id"], "att17")
        self.assertEqual(per_message["Reporting-MTA"], "dns; mx.sandbox.example")
        self.assertEqual(per_recipient["Final-Recipient"], "rfc822; asha@example.in")
        self.assertEqual(per_recipient["Original-Recipient"], "rfc822;asha@example.in")
        self.assertEqual((per_recipient["Action"], per_recipient["Status"]),
                         ("failed", "5.1.1"))
        self.assertIn("550 5.1.1", per_recipient["Diagnostic-Code"])
        self.assertEqual(returned.get_content_type(), "message/rfc822")
        self.assertEqual(returned.get_content()["Message-ID"], "<att17.x9@fairlead.example>")

    def test_a_bounce_returns_the_headers_only_when_asked(self):
        self.sandbox.settings(switches={"bounces_later": 1})
        self.tell("is full")
        self.send(options=["RET=HDRS"])
        *_, returned = self.arrived()[2].iter_parts()
        self.assertEqual(returned.get_content_type(), "text/rfc822-headers")
        self.assertIn("att17.x9", returned.get_content())
        self.assertNotIn("Hello", returned.get_content())

    def test_a_complaint_is_a_feedback_report(self):
        self.tell("complains")
        self.send()
        _, to, report = self.arrived()
        self.assertEqual(report.get_param("report-type"), "feedback-report")
        _, feedback, returned = report.iter_parts()
        self.assertEqual(feedback.get_content_type(), "message/feedback-report")
        self.assertIn("Feedback-Type: abuse", feedback.as_string())
        self.assertEqual(returned.get_content()["Subject"], "Did you ask about Sea View?")

    def test_who_is_away_answers_by_machine(self):
        self.tell("is away, replies never")
        self.send()
        sender, to, answer = self.arrived()
        self.assertEqual((sender, to), ("<>", ["<b+att17.h4sh@bounce.fairlead.example>"]))
        self.assertEqual(answer["Auto-Submitted"], "auto-replied")
        self.assertTrue(answer["Subject"].startswith("Out of office: "))

    def test_opting_out_takes_the_one_click(self):
        self.tell("opts out")
        self.send(letter(List_Unsubscribe=f"<{self.web.url}/u/tok>, <mailto:u@in.example>",
                         List_Unsubscribe_Post="List-Unsubscribe=One-Click"))
        got = self.passing(lambda: self.web.got)
        method, path, headers, body = got[0]
        self.assertEqual((method, path, body), ("POST", "/u/tok", b"List-Unsubscribe=One-Click"))
        self.assertEqual(headers["Content-Type"], "application/x-www-form-urlencoded")
        self.assertFalse(self.ours.got)

    def test_opting_out_by_mail_or_by_words(self):
        self.tell("opts out")
        self.send(letter(List_Unsubscribe=f"<{self.web.url}/u/tok>, "
                                          "<mailto:u%2Btok@in.example?subject=leave%20me>"))
        _, to, message = self.arrived()
        self.assertEqual((to, message["Subject"]), (["<u+tok@in.example>"], "leave me"))
        self.assertFalse(self.web.got, "without the Post header a link is for people")
        self.tell("opts out")
        self.send()
        _, to, message = self.arrived(2)
        self.assertEqual(to, ["<r+att17.h4sh@in.fairlead.example>"])
        self.assertTrue(message.get_content().startswith("STOP"))

    def test_links_are_opened_by_people_and_by_filters(self):
        text = f"Yes: {self.web.url}/yes?t=1\nNo: {self.web.url}/no\n"
        self.tell("taps 2, taps yes, taps 9")
        self.send(letter(text))
        self.passing(lambda: [g[:2] for g in self.web.got] == [("GET", "/no")])
        self.send(letter(text))
        self.passing(lambda: [g[1] for g in self.web.got] == ["/no", "/yes?t=1"])
        self.send(letter(text))
        self.passing(lambda: self.sandbox.ledger("no_such_link"))
        self.tell("is scanned")
        self.send(letter(text))
        self.passing(lambda: sorted(g[1] for g in self.web.got[2:]) == ["/no", "/yes?t=1"])

    def test_somebody_writes_by_themselves(self):
        self.sandbox.ask("POST", self.sandbox.account + "/inbound",
                         {"from": ASHA, "to": "sales@acme.example", "text": "Is it sold?"})
        sender, to, message = self.arrived()
        self.assertEqual(to, ["<sales@acme.example>"])
        self.assertEqual(message.get_content().strip(), "Is it sold?")
        with self.assertRaises(AssertionError) as refused:
            self.sandbox.ask("POST", self.sandbox.account + "/inbound",
                             {"from": "a@b\r\nBcc: x@y", "to": "s@acme.example", "text": "x"})
        self.assertIn("404", str(refused.exception)[:80])

    def test_mail_goes_to_the_nearest_place(self):
        self.sandbox.add("inbound", {"address": "*@in.fairlead.example",
                                     "deliver_to": self.web.url + "/mail"})
        self.tell("replies yes")
        self.send()
        got = self.passing(lambda: self.web.got)
        method, path, headers, body = got[0]
        self.assertEqual((method, path), ("POST", "/mail"))
        self.assertEqual(headers["Content-Type"], "message/rfc822")
        self.assertEqual(headers["Envelope-To"], "<r+att17.h4sh@in.fairlead.example>")
        self.assertEqual(email.message_from_bytes(body)["From"], ASHA)
        self.assertFalse(self.ours.got)

    def test_what_is_not_taken_is_tried_again(self):
        self.ours.refusals = ["451 4.3.0 later", "421 4.3.2 later"]
        self.tell("replies yes")
        self.send()
        self.arrived()
        attempts = self.sandbox.ask("GET", "/_sandbox/webhooks?vendor=smtp")["webhooks"][0]
        self.assertEqual((attempts["attempts"], attempts["last_status"]), (3, 250))

    def test_without_a_place_it_is_kept(self):
        self.sandbox.ask("POST", self.sandbox.account + "/reset")
        self.tell("replies yes")
        self.send()
        self.step()
        reply, = self.messages("reply")
        self.assertEqual(reply["status"], "kept")


class Journal(Mail):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.flags = ("--journal", os.path.join(folder.name, "journal"))
        super().setUp()

    def test_the_mailbox_outlives_a_kill(self):
        self.tell("reads, replies yes")
        self.connect().send_message(letter("Grüße\n"))
        self.step()
        before = self.messages()
        self.assertEqual([m["kind"] for m in before], ["received", "reply"])
        self.sandbox.process.kill()
        self.sandbox.process.wait()
        self.sandbox = Sandbox("smtp", "", *BOTH, *self.flags)
        self.addCleanup(self.sandbox.end)
        self.assertEqual(self.messages(), before)


class Quiet(unittest.TestCase):
    def test_nothing_listens_for_mail_unless_asked(self):
        sandbox = Sandbox("smtp", "")
        self.addCleanup(sandbox.end)
        credentials = sandbox.ask("GET", sandbox.account)["credentials"]
        self.assertNotIn("port", credentials)
        sandbox.said.seek(0)
        self.assertNotIn(b"smtp", sandbox.said.read())


if __name__ == "__main__":
    unittest.main()
