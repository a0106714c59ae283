"""The commands: what they print, what they refuse and how, what they end with."""
import os
import re
import subprocess
import tempfile
import unittest

from command import run
from server import Server

EXAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/examples")

WORKSPACE = """\
version: 1
people:
  - {name: Ada, email: ada@example.org}
pools:
  - {name: all, people: [Ada]}
sources:
  - name: website
    kind: form
    keys: [email, phone]
score:
  - {name: callable, when: {field: phone, op: exists}, points: 10, reason: can be called}
routes:
  - {name: everybody, pool: all}
"""


class Alone(unittest.TestCase):
    """Without a server."""

    def test_version_is_said(self):
        self.assertRegex(run("version").out, r"^fairlead \d+\.\d+\.\d+\n$")
        self.assertEqual(run("--version").out, run("version").out)
        self.assertIn("version", run("version", "--json").json())

    def test_every_command_and_verb_has_help_with_its_own_name(self):
        overview = run("help")
        self.assertEqual(overview.code, 0)
        names = re.findall(r"^  ([a-z-]+) ", overview.out, re.M)
        self.assertGreater(len(names), 3)
        for name in names:
            page = run(name, "--help")
            self.assertEqual((name, page.code), (name, 0), page)
            self.assertIn(f"usage: fairlead {name}", page.out)
            for verb in re.findall(rf"^  {name} ([a-z-]+) ", page.out, re.M):
                page = run(name, verb, "--help")
                self.assertEqual((name, verb, page.code), (name, verb, 0))
                self.assertIn(f"usage: fairlead {name} {verb}", page.out)
                self.assertEqual(run("help", name, verb).out, page.out)
                for line in page.out.splitlines():
                    self.assertLessEqual(len(line), 100, (name, verb))

    def test_without_a_command_the_overview_goes_to_standard_error(self):
        result = run()
        self.assertEqual((result.code, result.out), (2, ""))
        self.assertIn("usage: fairlead COMMAND", result.err)

    def test_what_was_meant_is_named(self):
        for args, message in (
                (["aply"], 'fairlead: there is no command "aply"; did you mean "apply"?'),
                (["apply", "--plann"],
                 "fairlead apply: there is no flag --plann; did you mean --plan?"),
                (["zzz"], 'fairlead: there is no command "zzz"; see fairlead help'),
                (["apply", "-x"], "fairlead apply: there is no flag -x; see --help"),
                (["apply", "-f"], "fairlead apply: -f needs a value: -f FILE"),
                (["apply", "--plan=1"], "fairlead apply: --plan takes no value"),
                (["version", "now"], 'fairlead version: "now" is one too many: want no '
                                     "arguments; see --help"),
                (["apply"], "fairlead apply: which file? give -f workspace.yaml"),
                (["completions"], "fairlead completions: want bash|zsh; see --help")):
            result = run(*args)
            self.assertEqual((result.code, result.out, result.err), (2, "", message + "\n"))

    def test_completions_complete(self):
        script = run("completions", "bash").out
        for line, wanted in (("fairlead app", ["apply"]),
                             ("fairlead apply --pl", ["--plan"]),
                             ("fairlead serve --behind", ["--behind-proxy"])):
            words = line.split(" ")
            code = (f"{script}\nCOMP_WORDS=({' '.join(words)})\n"
                    f"COMP_CWORD={len(words) - 1}\n_fairlead\n"
                    'printf "%s\\n" "${COMPREPLY[@]}"\n')
            done = subprocess.run(["bash", "-c", code], stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE)
            self.assertEqual(done.stdout.decode().split(), wanted, done.stderr)

    def test_no_server_is_told_with_what_to_do(self):
        with tempfile.TemporaryDirectory() as folder:
            file = os.path.join(folder, "w.yaml")
            with open(file, "w") as out:
                out.write(WORKSPACE)
            result = run("apply", "-f", file, "--data", folder)
            self.assertEqual(result.code, 3)
            self.assertIn(f"no server runs on {folder}; start one with: fairlead serve "
                          f"--data {folder}", result.err)
            with open(os.path.join(folder, "address"), "w") as out:
                out.write("http://127.0.0.1:1\n")
            with open(os.path.join(folder, "admin.token"), "w") as out:
                out.write("flk_x\n")
            result = run("apply", "-f", file, "--data", folder)
            self.assertEqual(result.code, 3)
            self.assertIn("no server answers at http://127.0.0.1:1", result.err)
            self.assertIn("fairlead serve --data", result.err)

    def test_a_token_is_asked_for(self):
        with tempfile.TemporaryDirectory() as folder:
            file = os.path.join(folder, "w.yaml")
            with open(file, "w") as out:
                out.write(WORKSPACE)
            result = run("apply", "-f", file, "--url", "http://127.0.0.1:1")
            self.assertEqual((result.code, result.err),
                             (4, "fairlead apply: which token? give --token-file FILE, or set "
                                 "FAIRLEAD_TOKEN\n"))
            result = run("apply", "-f", file, "--url", "127.0.0.1:1")
            self.assertEqual(result.code, 2)
            self.assertIn("is not an address like https://", result.err)

    def test_a_token_is_not_sent_in_the_clear_to_the_world(self):
        result = run("apply", "-f", "/dev/null", "--url", "http://192.0.2.1",
                     env={"FAIRLEAD_TOKEN": "flk_x"})
        self.assertNotEqual(result.code, 0)
        with tempfile.TemporaryDirectory() as folder:
            file = os.path.join(folder, "w.yaml")
            with open(file, "w") as out:
                out.write(WORKSPACE)
            result = run("apply", "-f", file, "--url", "http://192.0.2.1",
                         env={"FAIRLEAD_TOKEN": "flk_x"})
        self.assertEqual(result.code, 3)
        self.assertIn("plain http: address 192.0.2.1 port 80 is not allowed", result.err)


class Applied(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server().start()
        cls.folder = cls.server.folder

    @classmethod
    def tearDownClass(cls):
        cls.server.end()

    def file(self, text, name="workspace.yaml"):
        path = os.path.join(self.folder, name)
        with open(path, "w") as out:
            out.write(text)
        return path

    def do(self, *args, **more):
        return run(*args, "--data", self.server.data, **more)

    def test_a_plan_changes_nothing_and_exits_2(self):
        text = WORKSPACE.replace("website", "planned")
        plan = self.do("apply", "-f", self.file(text), "--plan")
        self.assertEqual(plan.code, 2, plan)
        self.assertIn("+ source planned\n", plan.out)
        self.assertIn("    keys: [email, phone]\n", plan.out)
        self.assertRegex(plan.out, r"\d items? would change; to do it, leave out --plan\n")
        again = self.do("apply", "-f", self.file(text), "--plan")
        self.assertEqual((again.code, again.out), (2, plan.out))

    def test_the_shipped_examples_can_be_applied(self):
        for name in ("workspace.yaml", "ledger-crm.yaml"):
            with open(os.path.join(EXAMPLES, name)) as file:
                text = file.read()
            text = re.sub(r"\{(env: [A-Z_]+|file: /etc/[^}]+)\}",
                          "{file: %s}" % self.file("whsec_" + "YWJj" * 11, "secret"), text)
            # No CRM of anybody's is asked.
            text = text.replace("    connector: hubspot\n", "    connector: hubspot\n"
                                "    settings: {base_url: 'http://127.0.0.1:1'}\n")
            server = Server().start()
            self.addCleanup(server.end)
            path = self.file(text, "example.yaml")
            plan = run("apply", "-f", path, "--plan", "--data", server.data)
            self.assertEqual((plan.code, plan.err), (2, ""), name)
            done = run("apply", "-f", path, "--data", server.data)
            self.assertEqual(done.code, 0, f"{name}: {done}")

    def test_applying_twice_changes_nothing(self):
        text = WORKSPACE.replace("website", "twice")
        first = self.do("apply", "-f", self.file(text))
        self.assertEqual(first.code, 0, first)
        self.assertIn("+ source twice\n", first.out)
        second = self.do("apply", "-f", self.file(text))
        self.assertEqual((second.code, second.out),
                         (0, "nothing changes: the workspace is already as the file says\n"))
        plan = self.do("apply", "-f", self.file(text), "--plan", "--json")
        self.assertEqual((plan.code, plan.json()), (0, {"changes": [], "warnings": []}))

    def test_a_change_is_shown_place_by_place(self):
        self.do("apply", "-f", self.file(WORKSPACE.replace("website", "shown")))
        text = WORKSPACE.replace("website", "shown").replace("[email, phone]", "[phone]") \
            .replace("kind: form", "kind: form\n    label: Web")
        plan = self.do("apply", "-f", self.file(text), "--plan")
        self.assertEqual(plan.code, 2)
        self.assertIn("~ source shown\n    ~ keys: [email, phone] -> [phone]\n"
                      "    + label: Web\n", plan.out)

    def test_prune_removes_what_is_not_in_the_file(self):
        with Server() as server:
            path = self.file(WORKSPACE)
            self.assertEqual(run("apply", "-f", path, "--data", server.data).code, 0)
            path = self.file("version: 1\n", "empty.yaml")
            plan = run("apply", "-f", path, "--plan", "--data", server.data)
            self.assertEqual(plan.code, 0, plan)
            plan = run("apply", "-f", path, "--plan", "--prune", "--data", server.data)
            self.assertEqual(plan.code, 2, plan)
            self.assertIn("- source website\n", plan.out)
            done = run("apply", "-f", path, "--prune", "--data", server.data)
            self.assertEqual(done.code, 0, done)
            plan = run("apply", "-f", self.file(WORKSPACE), "--plan", "--data", server.data)
            self.assertIn("+ source website\n", plan.out)

    def test_everything_wrong_is_said_with_its_place(self):
        path = self.file("version: 1\nsources:\n  - name: website\n    kind: from\n"
                         "    keys: [email, fone]\n")
        result = self.do("apply", "-f", path)
        self.assertEqual((result.code, result.out), (1, ""))
        self.assertIn(f"{path}:4:5: sources[0] website: kind: ", result.err)
        self.assertIn(f'{path}:5:19: sources[0] website: keys[1]: unknown field "fone"; did you '
                      'mean "phone"?', result.err)
        self.assertIn(f"{path} has 2 problems; nothing was changed", result.err)

    def test_what_the_server_finds_has_its_place_too(self):
        path = self.file("version: 1\nroutes:\n  - name: nobody\n    pool: nowhere\n")
        result = self.do("apply", "-f", path)
        self.assertEqual(result.code, 1)
        self.assertRegex(result.err, re.escape(path) + r":[34]:\d+: routes\[0\] nobody: ")
        self.assertIn("nothing was changed", result.err)
        path = self.file("version: 1\nconnections:\n  - name: crm\n    connector: hubspt\n")
        result = self.do("apply", "-f", path)
        self.assertEqual(result.code, 1)
        self.assertRegex(result.err, re.escape(path) + r":[34]:\d+: connections\[0\] crm: ")
        self.assertIn('did you mean "hubspot"?', result.err)

    def test_broken_yaml_has_line_and_column(self):
        path = self.file("version: 1\nsources: [\n")
        result = self.do("apply", "-f", path)
        self.assertEqual(result.code, 1)
        self.assertRegex(result.err, re.escape(path) + r":\d+:\d+: ")
        result = self.do("apply", "-f", path + ".none")
        self.assertEqual(result.code, 1)
        self.assertIn("No such file", result.err)

    CONNECTION = ("version: 1\nconnections:\n  - name: crm\n    connector: hubspot\n"
                  "    secret: {%s}\n")

    def test_a_secret_that_is_not_there_is_named_with_its_place(self):
        path = self.file(self.CONNECTION % "env: NO_SUCH_TOKEN")
        result = self.do("apply", "-f", path)
        self.assertEqual(result.code, 1)
        self.assertIn(f"{path}:5:5: connections[0] crm: secret: the environment has no "
                      "NO_SUCH_TOKEN; nothing was changed", result.err)
        self.assertEqual(self.do("apply", "-f", path, "--plan").code, 2)
        path = self.file(self.CONNECTION % "file: gone/token")
        result = self.do("apply", "-f", path)
        self.assertIn("gone/token: No such file", result.err)

    def test_a_secret_of_another_name_is_refused_with_its_place(self):
        path = self.file(self.CONNECTION % "token: {env: A_TOKEN}")
        result = self.do("apply", "-f", path, env={"A_TOKEN": "secret-of-the-environment"})
        self.assertEqual(result.code, 1)
        self.assertIn('connections[0] crm: secret: unknown "token"; one of secret', result.err)
        self.assertRegex(result.err, re.escape(path) + r":\d+:\d+: ")
        self.assertNotIn("secret-of", result.out + result.err + self.server.log())

    def test_secrets_are_read_here_and_shown_nowhere(self):
        with open(os.path.join(self.folder, "token.txt"), "w") as out:
            out.write("secret-of-a-file\n")
        for how, env in (("env: A_TOKEN", {"A_TOKEN": "secret-of-the-environment"}),
                         ("file: token.txt", {})):
            path = self.file(self.CONNECTION % how)
            result = self.do("apply", "-f", path, env=env, cwd="/")
            self.assertEqual(result.code, 0, result)
            self.assertNotIn("secret-of", result.out + result.err + self.server.log())

    def test_a_wrong_token_is_denied(self):
        token = os.path.join(self.folder, "wrong.token")
        with open(token, "w") as out:
            out.write("flk_wrong\n")
        result = run("apply", "-f", self.file(WORKSPACE), "--url",
                     f"http://127.0.0.1:{self.server.port}", "--token-file", token)
        self.assertEqual(result.code, 4)
        self.assertIn(f"the server does not know this token (from {token})", result.err)

    def test_the_environment_names_server_and_token(self):
        url = f"http://127.0.0.1:{self.server.port}/"
        result = run("apply", "-f", self.file(WORKSPACE), "--plan",
                     env={"FAIRLEAD_URL": url, "FAIRLEAD_TOKEN": self.server.token()})
        self.assertIn(result.code, (0, 2), result)
        result = run("apply", "-f", self.file(WORKSPACE), "--plan",
                     env={"FAIRLEAD_DATA": self.server.data})
        self.assertIn(result.code, (0, 2), result)

    def test_something_that_is_no_fairlead_server_is_recognised(self):
        import http.server
        import threading

        class Other(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(500)
                self.end_headers()
                self.wfile.write(b"<html>oops")

            def log_message(self, *_):
                pass

        other = http.server.HTTPServer(("127.0.0.1", 0), Other)
        threading.Thread(target=other.serve_forever, daemon=True).start()
        try:
            result = run("apply", "-f", self.file(WORKSPACE), "--url",
                         f"http://127.0.0.1:{other.server_port}",
                         env={"FAIRLEAD_TOKEN": "flk_x"})
        finally:
            other.shutdown()
            other.server_close()
        self.assertEqual(result.code, 1)
        self.assertIn("answered 500 Internal Server Error, but not like a Fairlead server",
                      result.err)


if __name__ == "__main__":
    unittest.main()
