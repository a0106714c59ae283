"""A browser that a test looks at and clicks in: Chromium by its debugging pipe. Standard
library only."""
import json
import os
import shutil
import subprocess
import tempfile
import time

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--remote-debugging-pipe"]


def is_there():
    return shutil.which("chromium") is not None


class Browser:
    def __init__(self, seconds=60):
        self.end = time.monotonic() + seconds
        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        # It reads commands from its descriptor 3 and answers on 4.
        theirs_in, self.to = os.pipe()
        self.answers, theirs_out = os.pipe()
        script = f"exec 3<&{theirs_in} 4>&{theirs_out}; exec chromium \"$@\""
        self.process = subprocess.Popen(
            ["bash", "-c", script, "bash", *FLAGS, "--user-data-dir=" + self.profile.name],
            pass_fds=(theirs_in, theirs_out), stderr=subprocess.DEVNULL)
        os.close(theirs_in)
        os.close(theirs_out)
        self.rest, self.number, self.session = b"", 0, None

    def close(self):
        os.close(self.to)
        os.close(self.answers)
        self.process.terminate()
        self.process.wait(30)
        self.profile.cleanup()

    def ask(self, method, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.to, json.dumps(message).encode() + b"\0")
        while time.monotonic() < self.end:
            while b"\0" not in self.rest:
                part = os.read(self.answers, 65536)
                if not part:
                    raise AssertionError("the browser went away")
                self.rest += part
            text, self.rest = self.rest.split(b"\0", 1)
            answer = json.loads(text)
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise AssertionError(f"{method}: {answer['error']}")
                return answer["result"]
        raise AssertionError(f"{method}: no answer")

    def open(self, url):
        target = self.ask("Target.createTarget", url=url)["targetId"]
        self.session = self.ask("Target.attachToTarget", targetId=target,
                                flatten=True)["sessionId"]
        self.until("document.readyState == 'complete' && location.href != 'about:blank'")

    def run(self, script):
        """The value of a piece of JavaScript on the page."""
        done = self.ask("Runtime.evaluate", expression=script, returnByValue=True)
        if "exceptionDetails" in done:
            raise AssertionError(f"{script}: {done['exceptionDetails']}")
        return done["result"].get("value")

    def until(self, script):
        while time.monotonic() < self.end:
            if self.run(script):
                return
            time.sleep(0.02)
        raise AssertionError(f"never so: {script}; at {self.run('location.href')}: "
                             f"{self.run('document.body.innerText')}")
