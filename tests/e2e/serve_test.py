"""The server as a process: where it says it is, its log, how it starts and stops."""
import json
import os
import re
import signal
import socket
import stat
import subprocess
import tempfile
import threading
import unittest

from command import run
from server import FAIRLEAD, Server

LOGFMT = re.compile(r"ts=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z level=(debug|info|warn|error) "
                    r"event=[a-z_]+\.[a-z_]+( [a-z_]+=[A-Za-z0-9_.:/+?-]+)*")


class Notified:
    """What a service manager is told."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.socket.settimeout(30)

    def next(self):
        return self.socket.recv(4096).decode().split("\n")

    def close(self):
        self.socket.close()


class Place(unittest.TestCase):
    def test_the_address_stands_in_the_data_folder_while_it_runs(self):
        server = Server().start()
        path = os.path.join(server.data, "address")
        try:
            with open(path) as file:
                self.assertEqual(file.read(), f"http://127.0.0.1:{server.port}\n")
            self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
            server.kill()
            self.assertTrue(os.path.exists(path))
            server.port = None
            server.start()
            with open(path) as file:
                self.assertEqual(file.read(), f"http://127.0.0.1:{server.port}\n")
            self.assertEqual(server.stop(), 0)
            self.assertFalse(os.path.exists(path))
        finally:
            server.end()

    def test_files_are_for_their_owner_alone(self):
        old = os.umask(0)
        try:
            with Server() as server:
                modes = {name: stat.S_IMODE(os.stat(os.path.join(server.data, name)).st_mode)
                         for name in os.listdir(server.data)}
                self.assertEqual(stat.S_IMODE(os.stat(server.data).st_mode), 0o700)
        finally:
            os.umask(old)
        self.assertEqual(modes.pop("master.key"), 0o400)
        self.assertLessEqual({"admin.token", "address", "fairlead.db"}, set(modes))
        self.assertEqual(set(modes.values()), {0o600}, modes)

    def test_a_second_server_on_the_same_folder_is_refused(self):
        with Server() as server:
            done = subprocess.run([FAIRLEAD, "serve", "--data", server.data, "--listen",
                                   "127.0.0.1:0"], stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, timeout=30)
            self.assertEqual(done.returncode, 1)
            self.assertIn(f"another server runs in {server.data}; stop it, or give --data",
                          done.stderr.decode())
            self.assertTrue(os.path.exists(os.path.join(server.data, "address")))
            self.assertEqual(server.get("/healthz").status, 200)


class UnitFile(unittest.TestCase):
    EXAMPLE = os.path.join(os.path.dirname(__file__), "../../docs/examples/fairlead.service")

    def test_systemd_understands_the_unit_file(self):
        with open(self.EXAMPLE) as file:
            text = file.read()
        start = re.search(r"^ExecStart=(\S+) (.*)$", text, re.M)
        for flag in re.findall(r"--[\w-]+", start[2]):
            self.assertIn(f"  {flag} ", run("serve", "--help").out)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "fairlead.service")
            for wrong, said in ((False, ""), (True, "Unknown key 'Restrat'")):
                with open(path, "w") as file:
                    file.write(text.replace(start[1], os.path.abspath(FAIRLEAD))
                               .replace("Restart=", "Restrat=" if wrong else "Restart="))
                done = subprocess.run(["systemd-analyze", "verify", path],
                                      capture_output=True, text=True, timeout=60)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertIn(said, done.stderr)
                self.assertEqual(bool(said), "fairlead.service" in done.stderr, done.stderr)


class Managed(unittest.TestCase):
    """By systemd or its like."""

    def setUp(self):
        self.server = Server()
        self.notified = Notified(self.server.folder)
        self.server.env["NOTIFY_SOCKET"] = self.notified.path

    def tearDown(self):
        self.notified.close()
        self.server.end()

    def test_it_says_when_it_is_ready_and_when_it_stops(self):
        self.server.start()
        ready = self.notified.next()
        self.assertEqual(ready[0], "READY=1")
        self.assertIn(f"http://127.0.0.1:{self.server.port}", ready[1])
        self.assertEqual(self.server.get("/healthz").status, 200)
        self.server.process.terminate()
        self.assertEqual(self.notified.next()[0], "STOPPING=1")
        self.assertEqual(self.server.process.wait(30), 0)

    def test_requests_under_way_are_answered_when_it_is_told_to_stop(self):
        self.server.start()
        self.notified.next()
        body = json.dumps({"email": "drained@example.org"}).encode()
        head = (f"POST /v1/leads HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                f"Authorization: Bearer {self.server.token()}\r\n"
                f"Content-Length: {len(body)}\r\n\r\n").encode()
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=30) as peer:
            peer.sendall(head + body[:10])
            # Only when it has our headers is the request under way.
            self.server.wait_until(lambda: self.read_of(peer) == 0, 10, "an empty send queue")
            self.server.get("/healthz")
            self.server.process.terminate()
            self.assertEqual(self.notified.next()[0], "STOPPING=1")
            self.assertTrue(self.refuses_new())
            peer.sendall(body[10:])
            answer = b""
            while chunk := peer.recv(65536):
                answer += chunk
        self.assertTrue(answer.startswith(b"HTTP/1.1 201 "), answer)
        self.assertEqual(self.server.process.wait(30), 0)
        self.server.start()
        found = self.server.get("/v1/leads?email=drained%40example.org").json()["items"]
        self.assertEqual(len(found), 1, "the lead was answered 201 but is not there")

    @staticmethod
    def read_of(peer):
        import fcntl
        import struct
        import termios
        return struct.unpack("i", fcntl.ioctl(peer, termios.TIOCOUTQ, b"\0\0\0\0"))[0]

    def refuses_new(self):
        def refused():
            try:
                socket.create_connection(("127.0.0.1", self.server.port), timeout=5).close()
                return False
            except OSError:
                return True
        return self.server.wait_until(refused, 10, "a refused connection")

    def test_a_second_signal_ends_it_at_once(self):
        self.server.start()
        self.notified.next()
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=30) as peer:
            peer.sendall(b"POST /v1/leads HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n"
                         b"Authorization: Bearer " + self.server.token().encode() + b"\r\n\r\n{")
            self.server.wait_until(lambda: self.read_of(peer) == 0, 10, "an empty send queue")
            self.server.get("/healthz")
            self.server.process.terminate()
            self.assertEqual(self.notified.next()[0], "STOPPING=1")
            self.assertIsNone(self.server.process.poll())
            self.server.process.terminate()
            self.assertEqual(self.server.process.wait(10), -signal.SIGTERM)

    def test_it_takes_a_socket_that_listens_already(self):
        listening = socket.socket()
        listening.bind(("127.0.0.1", 0))
        listening.listen(8)
        port = listening.getsockname()[1]
        # What systemd does between fork and exec: descriptor 3, and whose it is.
        code = ("import os, sys\nfd = int(sys.argv[1])\n"
                "os.dup2(fd, 3) if fd != 3 else os.set_inheritable(3, True)\n"
                "os.environ['LISTEN_FDS'] = '1'\nos.environ['LISTEN_PID'] = str(os.getpid())\n"
                "os.execv(sys.argv[2], sys.argv[2:])\n")
        process = subprocess.Popen(
            ["/usr/bin/python3", "-c", code, str(listening.fileno()), FAIRLEAD, "serve",
             "--data", self.server.data, "--listen", "127.0.0.1:1"],
            pass_fds=[listening.fileno()], env={**os.environ, **self.server.env},
            stdout=subprocess.DEVNULL, stderr=open(self.server.log_path, "ab"))
        try:
            # Who came before it started waits in the queue, and is answered.
            with socket.create_connection(("127.0.0.1", port), timeout=30) as peer:
                peer.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                self.assertEqual(self.notified.next()[0], "READY=1")
                self.assertTrue(peer.recv(4096).startswith(b"HTTP/1.1 200 "))
            with open(os.path.join(self.server.data, "address")) as file:
                self.assertEqual(file.read(), f"http://127.0.0.1:{port}\n")
        finally:
            process.terminate()
            self.assertEqual(process.wait(30), 0)
            listening.close()


class Log(unittest.TestCase):
    LEAD = {"email": "zebediah.quill@example.org", "first_name": "Zebediah",
            "last_name": "Quill", "phone": "+14155552671", "message": "free text here"}

    def lines_of(self, *args):
        server = Server("--log-level", "debug", *args).start()
        try:
            server.post("/v1/leads", self.LEAD, headers={"Idempotency-Key": "Zebediah's key"})
            server.post("/v1/leads", {**self.LEAD, "phone": "not a phone number"})
            server.post("/v1/leads", b"{broken", headers={"Content-Type": "application/json"})
            server.apply({"version": 1, "sources": [{"name": "web", "kind": "nonsense"}]})
            server.apply({"version": 1, "sources": [{"name": "web", "kind": "form"}]})
            server.get("/v1/leads/Zebediah", headers={"X-Free": "Zebediah was here"})
            server.get("/no/such/zebediah?email=zebediah.quill@example.org")
            token = server.token()
            self.assertEqual(server.stop(), 0)
            text = server.log()
        finally:
            server.end()
        self.assertIn("server.started", text)
        for word in ("zebediah", "quill", "4155552671", "free text", token.lower()):
            self.assertNotIn(word, text.lower())
        return text.splitlines()

    def test_a_line_is_fields_and_nothing_else(self):
        for line in self.lines_of():
            self.assertTrue(LOGFMT.fullmatch(line), line)

    def test_as_json_it_holds_words_and_numbers_only(self):
        for line in self.lines_of("--log-format", "json"):
            fields = json.loads(line)
            self.assertLessEqual({"ts", "level", "event"}, set(fields), line)
            for name, value in fields.items():
                self.assertRegex(name, r"^[a-z_]+$")
                if isinstance(value, str):
                    self.assertRegex(value, r"^[A-Za-z0-9_.:/+?-]{1,64}$")
                else:
                    self.assertIsInstance(value, int)


if __name__ == "__main__":
    unittest.main()
