"""An address that the sandbox posts to: what came, and what is answered. Standard library
only.

    receiver.answers = lambda request: (503, "") if len(receiver.got) < 2 else (200, "{}")
"""
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Got:
    def __init__(self, handler, body):
        self.method, self.path, self.headers = handler.command, handler.path, handler.headers
        self.body = body

    def json(self):
        return json.loads(self.body)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def serve(self):
        receiver = self.server.receiver
        got = Got(self, self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode())
        with receiver.lock:
            receiver.got.append(got)
            status, text = receiver.answers(got)
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            try:
                self.wfile.write(body)
            except BrokenPipeError:
                pass  # whoever asked is gone

    do_GET = do_POST = do_HEAD = serve


class Receiver:
    def __init__(self, answers=lambda request: (200, "{}")):
        self.lock = threading.Lock()
        self.got, self.answers = [], answers
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.receiver = self
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/in"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,),
                                       daemon=True)
        self.thread.start()

    def end(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def wait(self, count, seconds=20):
        """What came, once there are so many."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with self.lock:
                if len(self.got) >= count:
                    return list(self.got)
            time.sleep(0.01)
        raise AssertionError(f"{len(self.got)} requests came, not {count}")
