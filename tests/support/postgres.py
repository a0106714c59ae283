#!/usr/bin/env python3
"""Runs a command beside a throw-away PostgreSQL, and ends it afterwards.

    postgres.py [--fsync] COMMAND [ARGUMENT...]

The server listens on a socket in a folder of its own and on no port. The command finds
its address in FAIRLEAD_TEST_POSTGRES; the exit status is the command's. As root the
server runs as `nobody`, because it refuses to be root. With --fsync it really syncs, for
tests that kill it. Needs Debian's postgresql-15 and nothing running of it. When there is
no PostgreSQL the command runs without the variable, and says so.
"""
import ctypes
import glob
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time

START_SECONDS = 30
STOP_SECONDS = 20
PR_SET_PDEATHSIG = 1


def find_binaries():
    folders = glob.glob("/usr/lib/postgresql/*/bin")
    folders.sort(key=lambda path: int(path.split("/")[4]))
    return folders[-1] if folders else None


def become(user):
    """What the child does before it is the server: another user, and no orphan."""
    libc = ctypes.CDLL(None)

    def call():
        if user:
            os.setgroups([])
            os.setgid(user.pw_gid)
            os.setuid(user.pw_uid)
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGQUIT)

    return call


class Server:
    def __init__(self, binaries, is_synced):
        self.binaries = binaries
        self.user = pwd.getpwnam("nobody") if os.getuid() == 0 else None
        self.folder = tempfile.mkdtemp(prefix="fairlead-postgres-")
        self.sync = "on" if is_synced else "off"
        self.process = None
        if self.user:
            os.chown(self.folder, self.user.pw_uid, self.user.pw_gid)

    def program(self, name):
        return os.path.join(self.binaries, name)

    def log(self):
        return os.path.join(self.folder, "log")

    def uri(self):
        return "postgresql://fairlead@/fairlead?host=" + self.folder

    def run(self, *command):
        with open(self.log(), "ab") as log:
            subprocess.run(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                           cwd=self.folder, check=True, preexec_fn=become(self.user))

    def is_ready(self):
        return subprocess.run([self.program("pg_isready"), "-q", "-h", self.folder],
                              check=False).returncode == 0

    def start(self):
        data = os.path.join(self.folder, "data")
        self.run(self.program("initdb"), "-D", data, "-U", "fairlead", "-A", "trust",
                 "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        settings = {"listen_addresses": "", "unix_socket_directories": self.folder,
                    "fsync": self.sync, "full_page_writes": self.sync,
                    "max_connections": "200", "shared_buffers": "128MB"}
        command = [self.program("postgres"), "-D", data]
        for name, value in settings.items():
            command += ["-c", name + "=" + value]
        with open(self.log(), "ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log,
                                            stdin=subprocess.DEVNULL, cwd=self.folder,
                                            preexec_fn=become(self.user))
        deadline = time.monotonic() + START_SECONDS
        while not self.is_ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the server did not start")
            time.sleep(0.05)
        self.run(self.program("createdb"), "-h", self.folder, "-U", "fairlead", "fairlead")

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGQUIT)
                self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def show_log(self):
        try:
            with open(self.log(), encoding="utf-8", errors="replace") as log:
                sys.stderr.writelines(log.readlines()[-40:])
        except OSError:
            pass


def run_command(command, uri):
    environment = dict(os.environ)
    if uri:
        environment["FAIRLEAD_TEST_POSTGRES"] = uri
    process = subprocess.Popen(command, env=environment)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda got, _: process.send_signal(got))
    return process.wait()


def main(arguments):
    is_synced = arguments[:1] == ["--fsync"]
    command = arguments[1:] if is_synced else arguments
    if not command:
        print(__doc__, file=sys.stderr)
        return 2
    binaries = find_binaries()
    if not binaries:
        print("postgres.py: no PostgreSQL here: its tests are skipped", file=sys.stderr)
        return run_command(command, None)
    server = Server(binaries, is_synced)
    try:
        server.start()
    except (RuntimeError, subprocess.CalledProcessError) as error:
        print("postgres.py: %s" % error, file=sys.stderr)
        server.show_log()
        server.stop()
        return 1
    try:
        return run_command(command, server.uri())
    finally:
        server.stop()


if __name__ == "__main__":
    status = main(sys.argv[1:])
    sys.exit(status if status >= 0 else 128 - status)
