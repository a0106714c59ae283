"""Runs commands of the program as a person does. Standard library only."""
import json
import os
import pty
import select
import subprocess
import time

import server

FAIRLEAD = os.path.abspath(server.FAIRLEAD)

# What the person's own environment holds must not decide a test.
CLEAN = {name: value for name, value in os.environ.items()
         if not name.startswith(("FAIRLEAD_", "XDG_", "LC_", "LANG"))}
CLEAN["LC_ALL"] = "C.UTF-8"


class Result:
    def __init__(self, done):
        self.code = done.returncode
        self.out = done.stdout.decode()
        self.err = done.stderr.decode()

    def json(self):
        return json.loads(self.out)

    def __str__(self):
        return f"exit {self.code}\n--- out\n{self.out}\n--- err\n{self.err}"


def run(*args, env=None, stdin=b"", seconds=60, cwd=None):
    """`env` values that are None are taken out of the environment."""
    variables = {**CLEAN, **(env or {})}
    variables = {name: value for name, value in variables.items() if value is not None}
    return Result(subprocess.run([FAIRLEAD, *args], input=stdin, env=variables, cwd=cwd,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                 timeout=seconds))


def run_on_terminal(*args, env=None, seconds=60, columns=80):
    """What a person at a terminal sees, both outputs together, and the exit code."""
    master, slave = pty.openpty()
    import fcntl
    import struct
    import termios
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen([FAIRLEAD, *args], stdin=slave, stdout=slave, stderr=slave,
                               env={**CLEAN, "TERM": "xterm", **(env or {})})
    os.close(slave)
    seen, end = b"", time.monotonic() + seconds
    while time.monotonic() < end:
        if select.select([master], [], [], 0.1)[0]:
            try:
                seen += os.read(master, 65536)
            except OSError:  # the other side has closed
                break
    os.close(master)
    return process.wait(10), seen.decode(errors="replace").replace("\r\n", "\n")
