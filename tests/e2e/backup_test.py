"""Backups: taken under load, restored elsewhere, and delivering again without doubling."""
import collections
import os
import shutil
import sqlite3
import tempfile
import threading
import unittest

import server as servers
from command import run
from plain_crm import PlainCrm
from server import Server


class Backup(unittest.TestCase):
    def setUp(self):
        self.crm = PlainCrm()
        self.addCleanup(self.crm.end)
        self.folder = tempfile.mkdtemp(prefix="fairlead-backup-")
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.file = os.path.join(self.folder, "backup.db")
        self.server = Server("--allow-networks", self.crm.network()).start()
        self.addCleanup(self.server.end)

    def apply(self):
        answer = self.server.apply(self.crm.workspace(), self.crm.secrets())
        self.assertEqual(answer.status, 200, answer.body)

    def send(self, name):
        return self.server.post("/v1/leads", {"source": "portal",
                                              "email": f"{name}@example.org"}).status

    def backup(self, *args, code=0):
        result = run("backup", self.file, "--data", self.server.data, *args)
        self.assertEqual(result.code, code, result)
        return result

    def restore(self, *args, code=0, key=True):
        """Into a folder of its own, with the key of the first server beside it."""
        other = os.path.join(self.folder, "other")
        if key:
            args = ("--key", os.path.join(self.server.data, "master.key"), *args)
        result = run("restore", self.file, "--data", os.path.join(other, "data"), *args)
        self.assertEqual(result.code, code, result)
        return result

    def restored(self):
        other = Server("--allow-networks", self.crm.network(),
                       folder=os.path.join(self.folder, "other"))
        self.addCleanup(other.end)
        return other.start()


class UnderLoad(Backup):
    def test_nothing_is_lost_and_nothing_doubled(self):
        self.apply()
        answered, stop = [], threading.Event()

        def load(worker):
            number = 0
            while not stop.is_set():
                name = f"w{worker}-{number}"
                if self.send(name) == 201:
                    answered.append(name)
                number += 1

        threads = [threading.Thread(target=load, args=(i,)) for i in range(4)]
        for thread in threads:
            thread.start()
        self.server.wait_until(lambda: len(answered) > 300, what="300 leads")
        before = list(answered)
        self.crm.lose_replies = 3
        self.backup()
        # Its first life goes on: what the copy holds as waiting is delivered meanwhile.
        count = len(answered)
        self.server.wait_until(lambda: len(answered) > count + 100, what="100 leads more")
        stop.set()
        for thread in threads:
            thread.join()
        self.server.wait_delivered(120)
        self.server.stop()

        said = self.restore()
        self.assertIn("1 connection paused", said.out)
        other = self.restored()
        queue = other.queue()
        self.assertEqual(queue["received"], sum(queue.values()) - queue["received"])
        self.assertGreaterEqual(queue["received"], len(before))
        state = other.get("/v1/connections").json()["items"][0]
        self.assertEqual(state["state"], "paused")
        self.assertIn("restored", state["reason"])
        waiting = [d for d in other.get("/v1/deliveries?limit=1000").json()["items"]
                   if d["state"] != "at_rest"]
        self.assertEqual([d for d in waiting if not d["is_uncertain"]], [])
        kept = {lead for lead in before if other.get(
            f"/v1/leads?email={lead}%40example.org").json()["items"]}
        self.assertEqual(len(kept), len(before), "every lead answered before the backup")

        other.get("/v1/connections")
        self.assertEqual(run("connection", "resume", "crm", "--data", other.data).code, 0)
        other.wait_delivered(120)
        emails = collections.Counter(c["email"] for c in self.crm.contacts.values())
        self.assertEqual([e for e, n in emails.items() if n > 1], [])
        self.assertEqual(set(f"{name}@example.org" for name in answered) - set(emails), set())
        end = other.queue()
        self.assertEqual((end["dead"], end["uncertain"]), (0, 0), end)

    def test_the_key_and_no_secret_are_in_it(self):
        self.apply()
        self.backup()
        with open(self.file, "rb") as file:
            copy = file.read()
        with open(os.path.join(self.server.data, "master.key")) as file:
            key = file.read().split()[1]
        self.assertNotIn(bytes.fromhex(key), copy)
        self.assertNotIn(key.encode(), copy)
        self.assertNotIn(b"crm-token-for-tests", copy)
        self.assertEqual(os.stat(self.file).st_mode & 0o777, 0o600)
        self.assertEqual([n for n in os.listdir(self.server.data) if "backup" in n], [])
        self.assertEqual([n for n in os.listdir(self.folder)], ["backup.db"])

    def test_who_may_not_gets_none(self):
        token = self.server.post("/v1/tokens", {"name": "r", "scopes": "read"}).json()["token"]
        self.assertEqual(self.server.get("/v1/backup", token=token).status, 403)
        self.assertEqual(self.server.get("/v1/backup", token=None).status, 401)
        answer = self.server.post("/v1/backup")
        self.assertEqual(answer.body[:15], b"SQLite format 3")


class Stopped(Backup):
    def test_a_store_that_was_killed_is_copied_with_its_log(self):
        self.apply()
        for i in range(20):
            self.assertEqual(self.send(f"k{i}"), 201)
        self.server.kill()
        self.assertTrue(os.path.getsize(os.path.join(self.server.data, "fairlead.db-wal")))
        self.assertIn("backup.db", self.backup().out)
        self.restore()
        self.assertEqual(self.restored().queue()["received"], 20)

    def test_the_copy_of_a_stopped_store_is_the_store(self):
        self.apply()
        self.send("a")
        self.server.wait_delivered()
        self.server.stop()
        self.assertGreater(self.backup("--json").json()["bytes"], 4096)
        copy = sqlite3.connect(self.file)
        self.assertEqual(copy.execute("SELECT count(*) FROM lead").fetchone()[0], 1)
        copy.close()

    def test_a_file_that_is_there_is_not_replaced(self):
        with open(self.file, "w") as file:
            file.write("mine")
        for stopped in (False, True):
            if stopped:
                self.server.stop()
            self.assertIn("backup.db", self.backup(code=1).err)
        with open(self.file) as file:
            self.assertEqual(file.read(), "mine")


class Refused(Backup):
    def other(self, name=""):
        return os.path.join(self.folder, "other", "data", name)

    def test_without_or_with_a_wrong_key(self):
        self.backup()
        said = self.restore(code=1, key=False)
        self.assertIn("a backup never holds the master key", said.err)
        with open(os.path.join(self.folder, "wrong.key"), "w") as file:
            file.write("1 " + "ab" * 32 + "\n")
        os.chmod(file.name, 0o400)
        said = self.restore("--key", file.name, code=4, key=False)
        self.assertIn("the master key is not the one this store was made with", said.err)
        self.assertEqual(os.listdir(self.other()), [])
        self.restore()
        self.assertEqual(os.stat(self.other("master.key")).st_mode & 0o777, 0o400)

    def test_into_a_folder_that_is_in_use(self):
        self.backup()
        self.restore()
        said = self.restore(code=1)
        self.assertIn("holds a store already", said.err)

    def test_what_is_no_whole_backup(self):
        self.assertIn("No such file", self.restore(code=1).err)
        for content in (b"", b"not a database", b"SQLite format 3\0" + b"x" * 5000):
            with open(self.file, "wb") as file:
                file.write(content)
            said = self.restore(code=1)
            self.assertRegex(said.err, "no backup of a Fairlead store|cannot be read|damaged")
        os.unlink(self.file)
        sqlite3.connect(self.file).execute("CREATE TABLE t (a)").connection.close()
        self.assertIn("no backup of a Fairlead store", self.restore(code=1).err)
        os.unlink(self.file)
        for i in range(30):
            self.send(f"x{i}")
        self.backup()
        size = os.path.getsize(self.file)
        os.truncate(self.file, size // 2)
        self.assertRegex(self.restore(code=1).err, "damaged|cannot be read")
        self.assertFalse(os.path.exists(self.other("fairlead.db")))

    def test_a_backup_of_a_newer_program(self):
        self.backup()
        copy = sqlite3.connect(self.file)
        copy.execute("INSERT INTO schema_migration VALUES (999, 'later', 0)")
        copy.commit()
        copy.close()
        self.assertIn("schema 999", self.restore(code=1).err)

    def test_only_the_backup_is_read(self):
        self.backup()
        self.restore()
        self.assertEqual(sorted(os.listdir(self.folder)), ["backup.db", "other"])
        self.assertEqual(sorted(os.listdir(self.other())), ["fairlead.db", "master.key"])


@unittest.skipUnless(servers.POSTGRES, "FAIRLEAD_TEST_POSTGRES names no server")
class Postgres(unittest.TestCase):
    def test_the_hint_names_pg_dump(self):
        with Server(store=servers.new_database()) as server:
            result = run("backup", os.path.join(server.folder, "b.db"), "--data", server.data)
            self.assertEqual(result.code, 1, result)
            self.assertIn("pg_dump --format=custom", result.err)
            server.stop()
            result = run("backup", os.path.join(server.folder, "b.db"), "--data", server.data)
            self.assertEqual(result.code, 3, result)


if __name__ == "__main__":
    unittest.main()
