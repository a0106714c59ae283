"""A server that cannot or will not take more: what it answers, and that it recovers."""
import concurrent.futures
import shutil
import subprocess
import tempfile
import unittest

from server import POSTGRES, Server, new_database


class Pressure(unittest.TestCase):
    def start(self, *args):
        server = Server(*args, store=self.new_store()).start()
        self.addCleanup(server.end)
        return server

    def new_store(self):
        return None

    def send_until(self, server, status, send):
        """How many were taken before this answer came, and the answer."""
        for taken in range(2000):
            answer = send(taken)
            if answer.status == status:
                return taken, answer
            self.assertIn(answer.status, (200, 201, 202), answer.body)
        raise AssertionError(f"{status} did not come")

    def test_without_room_on_the_disk_leads_are_for_later(self):
        if shutil.disk_usage(tempfile.gettempdir()).free >= 1 << 40:
            self.skipTest("this disk is too large to be called full")
        server = self.start("--free-disk", "1024GiB")
        for path, body in (("/v1/leads", {"email": "a@example.org"}),
                           ("/v1/leads/batch", [{"email": "a@example.org"}])):
            answer = server.post(path, body)
            self.assertEqual((answer.status, answer.json()["code"]), (503, "not_accepting"))
            self.assertGreaterEqual(int(answer.headers["Retry-After"]), 1)
        self.assertEqual(server.queue()["received"], 0)
        self.assertEqual(server.get("/healthz", token=None).status, 200, "it lives")
        self.assertEqual(server.get("/readyz", token=None).status, 503, "and takes nothing")
        self.assertEqual(server.get("/v1/leads").json()["items"], [], "and can be read")

    def test_a_server_that_takes_leads_is_ready(self):
        server = self.start()
        self.assertEqual(server.get("/readyz", token=None).status, 200)

    def test_a_token_has_its_rate_and_others_have_theirs(self):
        server = self.start("--token-rate", "20")
        other = server.post("/v1/tokens", {"name": "other", "scopes": "ingest"}).json()["token"]
        taken, answer = self.send_until(server, 429, lambda i: server.post(
            "/v1/leads", {"email": f"t{i}@example.org"}))
        self.assertEqual(answer.json()["code"], "rate_limited")
        self.assertGreaterEqual(int(answer.headers["Retry-After"]), 1)
        self.assertGreaterEqual(taken, 10)
        self.assertEqual(server.queue()["received"], taken)
        self.assertEqual(server.post("/v1/leads", {"email": "o@example.org"},
                                     token=other).status, 201)
        server.wait_until(lambda: server.post(
            "/v1/leads", {"email": "later@example.org"}).status in (200, 201), 5, "a new second")

    def test_a_source_has_its_rate(self):
        server = self.start("--source-rate", "20", "--peer-rate", "0")
        server.apply({"version": 1, "sources": [
            {"name": name, "kind": "form", "address": f"pressure{name}00001"}
            for name in ("one", "two")]})
        post = lambda name, i: server.post(
            f"/in/pressure{name}00001", b"email=s%d%%40example.org" % i, token=None,
            headers={"Content-Type": "application/x-www-form-urlencoded"})
        taken, answer = self.send_until(server, 429, lambda i: post("one", i))
        self.assertGreaterEqual(int(answer.headers["Retry-After"]), 1)
        self.assertEqual(server.queue()["received"], taken)
        self.assertEqual(post("two", 9999).status, 202)

    def test_one_key_sent_many_times_at_once_has_one_answer(self):
        server = self.start()
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            for key in range(10):
                answers = list(pool.map(lambda _: server.post(
                    "/v1/leads", {"email": f"k{key}@example.org"},
                    headers={"Idempotency-Key": f"at-once-{key}"}), range(16)))
                self.assertEqual({(a.status, a.body) for a in answers},
                                 {(201, answers[0].body)})
                replayed = [a.headers.get("Idempotent-Replayed") for a in answers]
                self.assertEqual(replayed.count(None), 1, "one of them was the first")
        self.assertEqual(server.queue()["received"], 10)


@unittest.skipUnless(POSTGRES, "needs FAIRLEAD_TEST_POSTGRES")
class PressureOnPostgres(Pressure):
    test_without_room_on_the_disk_leads_are_for_later = None  # the disk is the database's

    def new_store(self):
        return new_database()

    def test_a_store_that_hangs_keeps_nobody_waiting(self):
        server = self.start()
        # Whoever types this holds up the committer, as a disk does that hangs.
        other = subprocess.Popen(["psql", "-Aqt", "-d", server.store], text=True,
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(other.stdout.close)
        other.stdin.write("BEGIN; LOCK TABLE submission; SELECT 'locked';\n")
        other.stdin.flush()
        self.assertEqual(other.stdout.readline(), "locked\n")
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            begun = pool.submit(server.post, "/v1/leads", {"email": "begun@example.org"})
            server.wait_until(lambda: self.waits_for_a_lock(server), 20, "a unit that hangs")
            late = server.post("/v1/leads", {"email": "late@example.org"})
            self.assertEqual((late.status, late.json()["code"]), (503, "not_kept"))
            self.assertGreaterEqual(int(late.headers["Retry-After"]), 1)
            self.assertFalse(begun.done(), "what has begun is not refused")
            other.communicate("ROLLBACK;\n")
            self.assertEqual(begun.result().status, 201)
        self.assertEqual(server.queue()["received"], 1)
        self.assertEqual(server.post("/v1/leads", {"email": "late@example.org"}).status, 201)

    def waits_for_a_lock(self, server):
        done = subprocess.run(
            ["psql", "-At", "-d", server.store, "-c", "SELECT count(*) FROM pg_stat_activity "
             "WHERE datname = current_database() AND wait_event_type = 'Lock'"],
            capture_output=True, text=True, timeout=30)
        return int(done.stdout)


if __name__ == "__main__":
    unittest.main()
