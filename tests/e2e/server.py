"""Starts the real program for a test, speaks to it, and ends it. Standard library only."""
import glob
import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from urllib.parse import urlsplit, urlunsplit

import contract

FAIRLEAD = os.environ.get("FAIRLEAD", "build/check/fairlead")
START_SECONDS = 30


POSTGRES = os.environ.get("FAIRLEAD_TEST_POSTGRES")


def new_database():
    """A database of its own on the test's PostgreSQL: each store has its own keys."""
    name = "e2e_" + uuid.uuid4().hex[:12]
    psql(POSTGRES, f"CREATE DATABASE {name}")
    parts = urlsplit(POSTGRES)
    return urlunsplit((parts.scheme, parts.netloc, "/" + name, parts.query, ""))


def psql(store, sql):
    """The rows of a database's answer, as lists of texts."""
    program = shutil.which("psql") or sorted(glob.glob("/usr/lib/postgresql/*/bin/psql"))[-1]
    done = subprocess.run([program, "-qAt", "-F", "\x1f", "-d", store, "-c", sql], check=True,
                          stdout=subprocess.PIPE, text=True)
    return [line.split("\x1f") for line in done.stdout.splitlines()]


def until(condition, seconds=20, what="the condition"):
    """The value of condition(), once it has one."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.01)
    raise AssertionError(f"{what} did not come true in {seconds} s")


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)


class Server:
    """`fairlead serve` in a folder of its own, on a port that is free."""

    def __init__(self, *args, store=None, env=None, folder=None):
        self.folder = folder or tempfile.mkdtemp(prefix="fairlead-test-")
        self.owns_folder = folder is None
        self.data = os.path.join(self.folder, "data")
        self.args, self.env, self.store = list(args), env or {}, store
        self.process = self.port = None
        self.log_path = os.path.join(self.folder, "log")

    def start(self, wrapper=()):
        command = [*wrapper, FAIRLEAD, "serve", "--data", self.data, "--listen",
                   f"127.0.0.1:{self.port or 0}", *self.args]
        if self.store:
            command += ["--store", self.store]
        said = os.path.join(self.folder, "said")
        self.process = subprocess.Popen(command, stderr=open(self.log_path, "ab"),
                                        stdout=open(said, "wb"),
                                        env={**os.environ, **self.env})
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            with open(said, "rb") as file:
                found = re.search(rb"listens on http://[^ ]*:(\d+),", file.read())
            if found:
                self.port = int(found[1])
                return self
            if self.process.poll() is not None:
                break
            time.sleep(0.01)
        raise AssertionError("the server did not start:\n" + self.log())

    def log(self):
        with open(self.log_path, errors="replace") as log:
            return log.read()

    def token(self):
        with open(os.path.join(self.data, "admin.token")) as file:
            return file.read().strip()

    def request(self, method, path, body=None, headers=None, token="admin", timeout=60):
        """`body` may be bytes, or anything that is sent as JSON."""
        sent = dict(headers or {})
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        if token:
            sent["Authorization"] = "Bearer " + (self.token() if token == "admin" else token)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, body, sent)
            reply = connection.getresponse()
            answer = Answer(reply.status, dict(reply.getheaders()), reply.read())
        finally:
            connection.close()
        contract.check(FAIRLEAD, self.port, method, path, sent, body, answer)
        return answer

    def get(self, path, **more):
        return self.request("GET", path, **more)

    def post(self, path, body=None, **more):
        return self.request("POST", path, body, **more)

    def apply(self, workspace, secrets=None, **more):
        return self.post("/v1/apply", {"workspace": workspace, "secrets": secrets or {}, **more})

    def queue(self):
        return self.get("/v1/stats/queue", token=None).json()

    def wait_until(self, condition, seconds=60, what="the condition"):
        try:
            return until(condition, seconds, what)
        except AssertionError as error:
            raise AssertionError(f"{error}:\n" + self.log()[-4000:]) from None

    def wait_delivered(self, seconds=60):
        self.wait_until(lambda: self.queue()["pending"] == 0, seconds, "an empty queue")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise AssertionError("the server did not stop:\n" + self.log()[-4000:])
        return self.process.returncode if self.process else None

    def end(self):
        try:
            self.stop()
        finally:
            if self.owns_folder:
                shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.end()
