"""A live grant: a running program wants a file, a person at the terminal is asked (spec/live-grants.md)."""

import json
import os
import re
import signal
import subprocess
import textwrap
import threading
import time

import bench
from bench import AttackCase
from terminal import Terminal

QUESTION = r"Allow it for this run\? \[y/N\] "
CONTROL = "[\x00-\x06\x07\x08\x0e-\x1f\x7f-\x9f\u202e\u2028\u200b]"

PRELUDE = """
import ctypes, os, sys, threading, time
libc = ctypes.CDLL(None, use_errno=True)
def say(*words): print(*words, flush=True)
def show(path, name="GOT"):
    try:
        with open(path) as file: say(name, file.read().strip())
    except OSError as error: say("NO", error.errno)
"""


class GrantCase(AttackCase):
    def policy(self, asks=None, by="self", timeout="1h", more=""):
        if asks is None:
            asks = f'[{{id: shelf, path: "{self.bench.outside}/**", reason: what the team keeps}}]'
        return self.bench.write(os.path.join(self.bench.home, "asking.yaml"), f"""version: 1
name: asking
files:
  read: ["/usr/**", "/bin/**", "/lib/**", "/lib64/**", "/etc/**"]
  write: ["./**"]
  ask: {asks}
{textwrap.indent(textwrap.dedent(more), "  ")}
environment: {{set: {{PATH: "/usr/bin:/bin"}}}}
commands: [{{id: any, decision: allow, argv: ["**"]}}]
approvals: {{by: {by}, timeout: {timeout}}}
degradations: {bench.accepted_losses()}
""")

    def command(self, code, options=(), policy=None):
        path = self.bench.write(os.path.join(self.bench.workspace, "wants.py"),
                                PRELUDE + textwrap.dedent(code))
        return self.bench.cage_command(["/usr/bin/python3", path],
                                       ("--policy", policy or self.policy(), *options))

    def ask(self, code, options=(), policy=None):
        return Terminal(self.bench, self.command(code, options, policy))

    def await_question(self, terminal, number=1, seconds=20):
        end = time.monotonic() + seconds * bench.SLOWNESS
        while self.questions(terminal) < number and time.monotonic() < end and terminal.read():
            pass
        self.assertGreaterEqual(self.questions(terminal), number, ascii(terminal.text))

    @staticmethod
    def questions(terminal):
        return len(re.findall(QUESTION, terminal.text))

    def report(self, terminal):
        for line in reversed(terminal.text.replace("\r", "").splitlines()):
            at = line.find('{"end"')
            at = line.find("{") if at < 0 else at
            if at >= 0 and '"reason_code"' in line:
                return json.loads(line[at:])
        raise AssertionError(f"no report in {ascii(terminal.text)}")

    def grants(self, terminal):
        return self.report(terminal)["grants"]["list"]

    def leaves(self):
        run = self.bench.bailey("log", "tail", "--count", "1000", "--json")
        return [json.loads(line) for line in run.out.splitlines() if line.startswith("{")]


class Asked(GrantCase):
    def test_yes_gives_the_file_and_the_ledger_tells_it(self):
        shelf = self.bench.outside
        secret = self.bench.write(os.path.join(shelf, "wanted"), "SHELF-" + self.bench.token)
        # The control: without asking the cage shows nothing of it.
        silent = self.bench.caged(["/usr/bin/python3", "-c", f"print(open({secret!r}).read())"])
        self.assertNotIn(self.bench.token, silent.out)
        terminal = self.ask(f"show({secret!r}); show({secret!r}); show({secret!r} + '-not-there')")
        self.await_question(terminal)
        self.assertIn(f"read {secret} for python3", terminal.text)
        self.assertIn("rule 'shelf'", terminal.text)
        self.assertIn("what the team keeps", terminal.text)
        terminal.type("y\n")
        self.assertEqual(terminal.end(), 0, terminal.text)
        self.assertEqual(terminal.text.count(f"GOT SHELF-{self.bench.token}"), 2, terminal.text)
        self.assertEqual(self.questions(terminal), 1, "the second open asks nobody")
        self.assertIn("NO 2", terminal.text)
        [grant] = self.grants(terminal)
        self.assertEqual((grant["decision"], grant["rule"], grant["uses"], grant["path"], grant["file"]),
                         ("granted", "shelf", "2", secret, secret))
        self.assertEqual(self.bench.bailey("log", "verify").code, 0)
        leaves = self.leaves()
        types = [leaf["leaf"]["type"] for leaf in leaves]
        run = types.index("intent", 2)  # after the control's two
        self.assertEqual(types[run:run + 4], ["intent", "answer", "intent", "outcome"], types)
        whole = leaves[run]
        asked, given = leaves[run + 2], leaves[run + 3]
        self.assertEqual(asked["leaf"]["parent"], whole["leaf_hash"])
        self.assertEqual(asked["leaf"]["body"]["action"]["kind"], "file.read")
        self.assertEqual(given["leaf"]["body"]["streams"][0]["bytes"], str(len("SHELF-" + self.bench.token)))
        ending = leaves[-1]["leaf"]["body"]
        self.assertEqual([(each["decision"], each["rule"], each["uses"]) for each in ending["grants"]],
                         [("granted", "shelf", "2")])
        self.assertRegex(ending["grants"][0]["path"], "^[0-9a-f]{64}$")
        self.assertNotIn(secret, json.dumps([leaf["leaf"] for leaf in leaves]), "paths stay out of the log")
        self.assertNotIn(self.bench.token, json.dumps(leaves))

    def test_everything_but_yes_is_no(self):
        for answer, errno in (("n\n", 2), ("\n", 2), ("yess\n", 2), ("\x04", 2), ("Y es\n", 2)):
            with self.subTest(answer=answer):
                self.fresh()
                wanted = os.path.join(self.bench.outside, "a")
                terminal = self.ask(f"show({wanted!r}); show({wanted!r})")
                self.await_question(terminal)
                terminal.type(answer)
                self.assertEqual(terminal.end(), 0, terminal.text)
                self.assertEqual(terminal.text.count(f"NO {errno}"), 2, "no is remembered: " + terminal.text)
                self.assertEqual(self.questions(terminal), 1)
                [grant] = self.grants(terminal)
                self.assertEqual((grant["decision"], grant["reason_code"]), ("denied", "approval.denied"))

    def test_no_answer_is_no_when_the_time_is_over(self):
        wanted = os.path.join(self.bench.outside, "a")
        terminal = self.ask(f"show({wanted!r})", policy=self.policy(timeout="2s"))
        self.await_question(terminal)
        self.assertEqual(terminal.end(20), 0, terminal.text)
        self.assertIn("no answer", terminal.text)
        self.assertIn("NO 2", terminal.text)

    def test_a_file_in_the_workspace_is_masked_until_it_is_given(self):
        asks = "[{id: env, path: .env}]"
        self.bench.write(os.path.join(self.bench.workspace, ".env"), "KEY=" + self.bench.token)
        code = "show('.env'); show('./x/../.env')"
        terminal = self.ask(code, policy=self.policy(asks))
        self.await_question(terminal)
        terminal.type("yes\n")
        self.assertEqual(terminal.end(), 0, terminal.text)
        self.assertEqual(terminal.text.count("GOT KEY=" + self.bench.token), 2, terminal.text)
        self.fresh()
        self.bench.write(os.path.join(self.bench.workspace, ".env"), "KEY=" + self.bench.token)
        terminal = self.ask(code, policy=self.policy(asks))
        self.await_question(terminal)
        terminal.type("n\n")
        self.assertEqual(terminal.end(), 0, terminal.text)
        self.assertIn("NO 13", terminal.text)

    def test_two_threads_ask_one_after_the_other(self):
        code = f"""
            threads = [threading.Thread(target=show, args=({self.bench.outside!r} + "/" + name, name))
                       for name in "ab"]
            for thread in threads: thread.start()
            for thread in threads: thread.join()
        """
        terminal = self.ask(code)
        self.await_question(terminal, 1)
        time.sleep(0.5)
        terminal.read(0.1)
        self.assertEqual(self.questions(terminal), 1, "one question stands at a time")
        first = re.search(r"outside/([ab]) for", terminal.text).group(1)
        terminal.type("y\n")
        self.await_question(terminal, 2)
        terminal.type("n\n")
        self.assertEqual(terminal.end(), 0, terminal.text)
        self.assertIn(f"{first} as it was", terminal.text)
        self.assertIn("NO 2", terminal.text)

    def test_a_program_with_a_raw_terminal_has_it_back_after_the_question(self):
        wanted = os.path.join(self.bench.outside, "a")
        code = f"""
            import tty
            tty.setraw(0)
            os.write(1, b"RAW-UP\\r\\n")
            os.read(0, 1)
            try: os.write(1, b"GOT " + open({wanted!r}, "rb").read().strip() + b"\\r\\n")
            except OSError: os.write(1, b"NO\\r\\n")
            os.write(1, b"KEY " + repr(os.read(0, 1)).encode() + b"\\r\\n")
        """
        terminal = self.ask(code, ("--interactive",))
        self.assertTrue(terminal.expect("RAW-UP", 15), terminal.text)
        terminal.type("x")
        self.await_question(terminal)
        terminal.type("y\n")
        self.assertTrue(terminal.expect("GOT as it was", 10), terminal.text)
        time.sleep(0.5)
        terminal.type("\x03")
        self.assertTrue(terminal.expect(r"KEY b'\\x03'", 10), terminal.text)
        self.assertEqual(terminal.end(), 0, terminal.text)

    def test_output_to_a_pipe_and_questions_to_the_terminal(self):
        wanted = os.path.join(self.bench.outside, "a")
        words = " ".join(f"'{word}'" for word in self.command(f"show({wanted!r})"))
        terminal = Terminal(self.bench, ["bash", "--norc", "-c", f"{words} | sed s/GOT/PIPED/"])
        self.await_question(terminal)
        terminal.type("y\n")
        self.assertEqual(terminal.end(), 0, terminal.text)
        self.assertIn("PIPED as it was", terminal.text)


class NotAsked(GrantCase):
    """Where nobody can be asked, or nothing may be: no question, no file, and the report says why."""

    def refused(self, policy, wanted, reason, code=None, errno=2):
        terminal = self.ask(code or f"show({wanted!r})", policy=policy)
        self.assertEqual(terminal.end(), 0, terminal.text)
        self.assertNotRegex(terminal.text, QUESTION)
        self.assertIn(f"NO {errno}", terminal.text)
        self.assertEqual([grant["reason_code"] for grant in self.grants(terminal)], reason)
        self.assertNotIn("as it was", terminal.text)

    def test_without_a_terminal(self):
        wanted = os.path.join(self.bench.outside, "a")
        run = self.bench.call(self.command(f"show({wanted!r})"))
        self.assertEqual(run.code, 0, str(run))
        self.assertIn("NO 2", run.out)
        self.assertEqual([(each["path"], each["reason_code"]) for each in run.report["grants"]["list"]],
                         [(wanted, "grant.no_terminal")])
        text = self.bench.call([word for word in self.command(f"show({wanted!r})") if word != "--json"])
        self.assertIn(f"not given: {wanted}", text.err)
        self.assertIn("needs a terminal", text.err)

    def test_with_a_terminal_that_is_not_standard_input(self):
        wanted = os.path.join(self.bench.outside, "a")
        words = " ".join(f"'{word}'" for word in self.command(f"show({wanted!r})"))
        terminal = Terminal(self.bench, ["bash", "--norc", "-c", f"{words} < /dev/null"])
        self.assertEqual(terminal.end(), 0, terminal.text)
        self.assertNotRegex(terminal.text, QUESTION)
        self.assertIn("grant.no_terminal", terminal.text)

    def test_when_somebody_else_has_to_answer(self):
        self.refused(self.policy(by="other"), os.path.join(self.bench.outside, "a"), ["grant.other"])

    def test_what_hide_names(self):
        wanted = os.path.join(self.bench.outside, "a")
        self.refused(self.policy(more=f'hide: ["{wanted}"]'), wanted, ["grant.hidden"])

    def test_baileys_own_home(self):
        self.bench.bailey("init")
        key = os.path.join(self.bench.bailey_home, "policy.yaml")
        self.assertTrue(os.path.exists(key), "the control: it is there")
        policy = self.policy(f'[{{id: own, path: "{self.bench.bailey_home}/**"}}]')
        terminal = self.ask(f"show({key!r})", policy=policy)
        self.assertEqual(terminal.end(), 0, terminal.text)
        self.assertNotRegex(terminal.text, QUESTION)
        self.assertIn("NO 2", terminal.text)
        self.assertIn("of which nothing is given", terminal.text)
        # Nor when the rule names what it lies in.
        policy = self.policy(f'[{{id: own, path: "{self.bench.home}/**"}}]')
        self.refused(policy, key, ["grant.hidden"])

    def test_a_link_out_of_what_may_be_asked_for(self):
        link = os.path.join(self.bench.outside, "link")
        os.symlink(self.bench.secret_file, link)
        with open(link, encoding="ascii") as file:
            self.assertIn(self.bench.secret, file.read(), "the control: the link leads there")
        self.refused(self.policy(), link, ["grant.not_asked"])

    def test_what_is_no_regular_file(self):
        shelf = self.bench.outside
        os.mkfifo(os.path.join(shelf, "fifo"))
        os.mkdir(os.path.join(shelf, "folder"))
        os.symlink("/dev/zero", os.path.join(shelf, "zero"))
        os.symlink("/proc/self/environ", os.path.join(shelf, "environ"))
        code = f"""
            for name in ("fifo", "folder", "zero", "environ"):
                try:
                    fd = os.open({shelf!r} + "/" + name, os.O_RDONLY | os.O_NONBLOCK); say("OPENED", name)
                except OSError as error: say("NO", error.errno, name)
        """
        terminal = self.ask(code)
        self.assertEqual(terminal.end(), 0, terminal.text)
        self.assertNotRegex(terminal.text, QUESTION)
        self.assertNotIn("OPENED", terminal.text)
        self.assertEqual(len(re.findall(r"NO 2 ", terminal.text)), 4, terminal.text)

    def test_for_anything_but_reading(self):
        wanted = os.path.join(self.bench.outside, "a")
        code = f"""
            for flags in (os.O_WRONLY, os.O_RDWR, os.O_RDONLY | os.O_TRUNC, os.O_WRONLY | os.O_CREAT,
                          os.O_RDONLY | os.O_CREAT, os.O_PATH, os.O_DIRECTORY):
                try: os.open({wanted!r}, flags); say("OPENED", flags)
                except OSError as error: say("REFUSED", error.errno)
        """
        terminal = self.ask(code)
        self.assertEqual(terminal.end(), 0, terminal.text)
        self.assertNotRegex(terminal.text, QUESTION)
        self.assertNotIn("OPENED", terminal.text)
        self.assertEqual(terminal.text.count("REFUSED 2"), 7, terminal.text)


class Deceived(GrantCase):
    """Programs that want another file than the one that the person is shown, or their yes."""

    def test_the_path_is_changed_while_the_question_stands(self):
        bench = self.bench
        shown = bench.write(os.path.join(bench.outside, "shown"), "SHOWN")
        other = bench.write(os.path.join(bench.outside, "other"), "OTHER")
        code = f"""
            shown, other = {shown!r}.encode(), {other!r}.encode()
            path = ctypes.create_string_buffer(shown, 4096)
            def change():
                while not os.path.exists("now"): time.sleep(0.02)
                ctypes.memmove(path, other + b"\\0", len(other) + 1)
                say("CHANGED")
            threading.Thread(target=change, daemon=True).start()
            fd = libc.open(path, 0)
            say("READ", os.read(fd, 100).decode() if fd >= 0 else ctypes.get_errno())
        """
        for answer, expected in (("y\n", "READ SHOWN"), ("n\n", "READ 2")):
            with self.subTest(answer=answer):
                now = os.path.join(bench.workspace, "now")
                if os.path.exists(now):
                    os.unlink(now)
                terminal = self.ask(code)
                self.await_question(terminal)
                bench.write(now, "")
                time.sleep(0.5)
                terminal.type(answer)
                self.assertEqual(terminal.end(), 0, terminal.text)
                self.assertIn("CHANGED", terminal.text)
                self.assertIn(expected, terminal.text)
                self.assertNotIn("OTHER", terminal.text)

    def test_the_file_is_swapped_while_the_question_stands(self):
        bench = self.bench
        for how in ("link", "file"):
            with self.subTest(how=how):
                wanted = bench.write(os.path.join(bench.outside, "wanted"), "SHOWN")
                terminal = self.ask(f"show({wanted!r})")
                self.await_question(terminal)
                swap = os.path.join(bench.outside, "swap")
                if how == "link":
                    os.symlink(bench.secret_file, swap)
                else:
                    bench.write(swap, bench.secret)
                os.rename(swap, wanted)
                with open(wanted, encoding="ascii") as file:
                    self.assertIn(bench.secret, file.read(), "the control: the name leads elsewhere now")
                terminal.type("y\n")
                self.assertEqual(terminal.end(), 0, terminal.text)
                self.assertIn("GOT SHOWN", terminal.text)
                self.assertNotIn(bench.secret, terminal.text)
                os.unlink(wanted)

    def test_nothing_of_the_program_reaches_the_question(self):
        wanted = os.path.join(self.bench.outside, "a")
        code = f"""
            sys.stdout.write("\\x1b[?1049h\\x1b]0;half a title"); sys.stdout.flush()
            def paint():
                while True: os.write(1, b"PAINT\\r\\n"); time.sleep(0.01)
            threading.Thread(target=paint, daemon=True).start()
            time.sleep(0.3)
            show({wanted!r})
        """
        for options in ((), ("--interactive",)):
            with self.subTest(options=options):
                terminal = self.ask(code, options)
                self.await_question(terminal)
                time.sleep(1)
                while terminal.read(0.05) and "PAINT" not in terminal.text.split("bailey asks;")[1]:
                    if terminal.text.endswith("[y/N] "):
                        break
                asked = terminal.text.split("bailey asks;")[1]
                self.assertNotIn("PAINT", asked, ascii(asked))
                before = terminal.text.split("bailey asks;")[0]
                self.assertIn("\x18\x1b\\", before[before.rindex("PAINT"):], "half a sequence is cancelled")
                self.assertIn("\x1b[?1049l", before[before.rindex("PAINT"):], "the other screen is left")
                terminal.type("n\n")
                self.assertEqual(terminal.end(), 0, ascii(terminal.text))
                self.assertIn("PAINT", terminal.text.split("[y/N] ")[1], "what was held is not lost")

    def test_what_was_typed_before_is_no_answer(self):
        wanted = os.path.join(self.bench.outside, "a")
        terminal = self.ask(f"say('UP'); time.sleep(0.5); show({wanted!r}); say('LINE', input())")
        self.assertTrue(terminal.expect("UP", 15), terminal.text)
        stop = threading.Event()

        def type_on():
            while not stop.is_set():
                terminal.type("y\n")
                time.sleep(0.1)

        typist = threading.Thread(target=type_on)
        typist.start()
        self.assertTrue(terminal.expect("bailey asks;", 15), terminal.text)
        time.sleep(1.5)  # under the three seconds after which the question is put all the same
        stop.set()
        typist.join()
        self.await_question(terminal)
        time.sleep(0.5)
        terminal.read(0.2)
        self.assertNotIn("GOT", terminal.text)
        terminal.type("n\n")
        self.assertTrue(terminal.expect("NO 2", 10), terminal.text)
        terminal.type("z\n")
        self.assertEqual(terminal.end(), 0, terminal.text)

    def test_names_that_would_rewrite_the_question(self):
        nasty = "n\x1b[2J\x1b]0;owned\x07\nbailey asks;\u202e\u2028 harmless"
        wanted = self.bench.write(os.path.join(self.bench.outside, nasty), "NASTY")
        code = f"""
            libc.prctl(15, b"\\x1b[8m\\n\\xe2\\x80\\xae", 0, 0, 0)
            show({wanted!r})
        """
        terminal = self.ask(code)
        self.await_question(terminal)
        asked = terminal.text[terminal.text.index("bailey asks;"):]
        self.assertNotRegex(asked, CONTROL, ascii(asked))
        self.assertEqual(len(re.findall(r"(?m)^bailey asks;", terminal.text)), 1, ascii(terminal.text))
        terminal.type("y\n")
        self.assertEqual(terminal.end(), 0, ascii(terminal.text))
        self.assertIn("GOT NASTY", terminal.text)
        self.assertNotRegex(terminal.text[terminal.text.rindex("GOT NASTY"):], CONTROL)

    def test_a_copy_gives_nothing_of_the_file_itself(self):
        bench = self.bench
        wanted = bench.write(os.path.join(bench.outside, "a"), "as it was\n", 0o644)
        script = bench.write(os.path.join(bench.outside, "program"), "#!/bin/sh\necho RAN\n", 0o755)
        before = os.stat(wanted)
        code = f"""
            def tried(what, act):
                try: act(); say("DID", what)
                except OSError as error: say("REFUSED", what, error.errno)
            fd = os.open({wanted!r}, os.O_RDONLY)
            tried("reopen", lambda: os.write(os.open(f"/proc/self/fd/{{fd}}", os.O_RDWR), b"X"))
            tried("truncate", lambda: os.truncate(f"/proc/self/fd/{{fd}}", 0))
            tried("write", lambda: os.write(fd, b"X"))
            tried("chmod of the copy", lambda: os.fchmod(fd, 0))
            tried("times of the copy", lambda: os.utime(fd, (1, 1)))
            run = os.open({script!r}, os.O_RDONLY)
            tried("exec", lambda: os.execve(run, ["x"], {{}}))
            tried("exec by name", lambda: os.execve(f"/proc/self/fd/{{run}}", ["x"], {{}}))
            import mmap
            say("MAPPED", mmap.mmap(fd, 0, flags=mmap.MAP_SHARED, prot=mmap.PROT_READ)[:2])
        """
        terminal = self.ask(code)
        self.await_question(terminal, 1)
        terminal.type("y\n")
        self.await_question(terminal, 2)
        terminal.type("y\n")
        self.assertEqual(terminal.end(), 0, terminal.text)
        for act in ("reopen", "truncate", "write", "exec", "exec by name"):
            self.assertIn(f"REFUSED {act}", terminal.text)
        self.assertIn("MAPPED b'as'", terminal.text)
        self.assertNotIn("RAN", terminal.text.replace("RAN\\n", ""))
        after = os.stat(wanted)
        self.assertEqual((before.st_mode, before.st_mtime_ns, before.st_ctime_ns, before.st_size),
                         (after.st_mode, after.st_mtime_ns, after.st_ctime_ns, after.st_size))
        with open(wanted, encoding="ascii") as file:
            self.assertEqual(file.read(), "as it was\n")


class Stormed(GrantCase):
    def test_a_thousand_wishes_are_sixteen_questions(self):
        shelf = self.bench.outside
        for number in range(1000):
            self.bench.write(os.path.join(shelf, f"f{number}"), "x")
        code = f"""
            no = 0
            for number in range(1000):
                try: open({shelf!r} + f"/f{{number}}"); say("OPENED")
                except OSError: no += 1
            say("REFUSED", no)
        """
        terminal = self.ask(code)
        for number in range(1, 17):
            self.await_question(terminal, number)
            terminal.type("n\n")
        self.assertEqual(terminal.end(60), 0, ascii(terminal.text[-2000:]))
        self.assertEqual(self.questions(terminal), 16)
        self.assertIn("REFUSED 1000", terminal.text)
        grants = self.report(terminal)["grants"]
        self.assertEqual(len(grants["list"]) + int(grants["uncounted"]), 1000)
        self.assertEqual(len([each for each in grants["list"] if each["reason_code"] == "grant.too_many"]), 48)

    def test_more_threads_than_may_wait(self):
        shelf = self.bench.outside
        for number in range(60):
            self.bench.write(os.path.join(shelf, f"f{number}"), "x")
        code = f"""
            def one(number):
                try: open({shelf!r} + f"/f{{number}}"); done.append("yes")
                except OSError: done.append("no")
            done = []
            threads = [threading.Thread(target=one, args=(n,)) for n in range(60)]
            for thread in threads: thread.start()
            for thread in threads: thread.join()
            say("DONE", len(done), done.count("yes"))
        """
        terminal = self.ask(code)
        self.await_question(terminal)
        terminal.type("y\n")
        answered = 1
        end = time.monotonic() + 40 * bench.SLOWNESS
        while "DONE" not in terminal.text and time.monotonic() < end and terminal.read():
            if self.questions(terminal) > answered:
                answered += 1
                terminal.type("n\n")
        self.assertEqual(terminal.end(), 0, terminal.text)
        self.assertIn("DONE 60 1", terminal.text)


class Ended(GrantCase):
    """What ends the run, or the caller, ends the question, and the terminal is as it was."""

    def shell(self):
        terminal = Terminal(self.bench, ["bash", "--norc", "-i"])
        self.assertTrue(terminal.expect(r"\$ "), terminal.text)
        terminal.type("stty -a > before\n")
        return terminal

    def start(self, options=(), code=None):
        terminal = self.shell()
        wanted = os.path.join(self.bench.outside, "a")
        words = " ".join(f"'{word}'" for word in self.command(code or f"show({wanted!r})", options))
        terminal.type(words + "; echo CODE $?\n")
        self.await_question(terminal)
        return terminal

    def finish(self, terminal, code, seconds=20):
        self.assertTrue(terminal.expect(rf"CODE {code}", seconds * bench.SLOWNESS), ascii(terminal.text))
        terminal.type("stty -a > after; exit\n")
        terminal.end()
        texts = []
        for name in ("before", "after"):
            with open(os.path.join(self.bench.workspace, name), encoding="ascii") as file:
                texts.append(file.read())
        self.assertEqual(texts[0], texts[1], "the terminal's settings")
        self.assertNotIn("GOT", terminal.text)
        self.assertEqual(self.bench.bailey("log", "verify").code, 0)

    def test_the_limit_on_wall_time_goes_on(self):
        for options in ((), ("--interactive",)):
            with self.subTest(options=options):
                self.fresh()
                self.finish(self.start(("--time", "3s", *options)), 124)

    def test_the_kill_switch(self):
        terminal = self.start()
        self.assertEqual(self.bench.bailey("kill", "on", "--reason", "test").code, 0)
        self.finish(terminal, 125)

    def test_ctrl_c_is_no_and_reaches_the_program(self):
        wanted = os.path.join(self.bench.outside, "a")
        terminal = self.start(code=f"""
            try: show({wanted!r}); time.sleep(5)
            except KeyboardInterrupt: say("INTERRUPTED"); sys.exit(5)
        """)
        terminal.type("\x03")
        self.finish(terminal, 5)
        self.assertIn("INTERRUPTED", terminal.text)

    def test_the_caller_is_killed(self):
        wanted = os.path.join(self.bench.outside, "a")
        terminal = self.start(code=f"""
            child = os.fork()
            if child == 0: show({wanted!r}); os._exit(0)
            time.sleep(2.5)
            os.kill(child, 9); os.waitpid(child, 0)
            time.sleep(1); say("PARENT GOES ON")
        """)
        self.assertTrue(terminal.expect("nobody waits for it any more", 15), ascii(terminal.text))
        self.assertTrue(terminal.expect("PARENT GOES ON", 15), ascii(terminal.text))
        self.finish(terminal, 0)

    def test_the_whole_program_ends_while_a_thread_waits(self):
        wanted = os.path.join(self.bench.outside, "a")
        terminal = self.start(code=f"""
            threading.Thread(target=show, args=({wanted!r},), daemon=True).start()
            time.sleep(2.5); say("LAST WORDS"); os._exit(7)
        """)
        self.finish(terminal, 7)
        self.assertIn("LAST WORDS", terminal.text)

    def test_the_warden_is_killed(self):
        terminal = self.start()
        found = subprocess.run(["pgrep", "-f", "bailey-warden", "-s", str(os.getsid(terminal.pid))],
                               capture_output=True, text=True, check=False).stdout.split()
        self.assertEqual(len(found), 1, "the warden of this session")
        os.kill(int(found[0]), signal.SIGKILL)
        self.finish(terminal, 120)
