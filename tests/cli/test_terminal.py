"""A real terminal: Ctrl-C, Ctrl-Z and fg, window size, and escapes that stay the program's."""

import os
import re
import signal
import time
import unittest

from bench import AttackCase
from terminal import Terminal


class TerminalCase(AttackCase):
    def on_terminal(self, command, options=("--interactive",), **more):
        return Terminal(self.bench, self.bench.cage_command(command, options), **more)


class AtATerminal(TerminalCase):
    def test_the_program_has_a_terminal_and_its_size(self):
        for options in (("--interactive",), ()):
            with self.subTest(options=options):
                terminal = self.on_terminal(["stty", "size"], options, rows=33, columns=111)
                self.assertEqual(terminal.end(), 0, terminal.text)
                self.assertIn("33 111", terminal.text)

    def test_a_new_size_is_passed_on_with_its_signal(self):
        terminal = self.on_terminal(["python3", "-c", (
            "import os,signal,time\n"
            "def w(*_): os.write(1, b'SIZE %d %d\\n' % tuple(os.get_terminal_size(0)))\n"
            "signal.signal(signal.SIGWINCH, w); print('UP', flush=True)\n"
            "end=time.time()+3\nwhile time.time()<end: time.sleep(0.1)\n")])
        self.assertTrue(terminal.expect("UP"), terminal.text)
        terminal.resize(50, 132)
        self.assertTrue(terminal.expect(r"SIZE 132 50", 5), terminal.text)
        terminal.end()

    def test_ctrl_c_interrupts_the_program_and_not_bailey(self):
        terminal = self.on_terminal(["python3", "-c", (
            "import time\n"
            "try: print('UP', flush=True); time.sleep(20)\nexcept KeyboardInterrupt: print('INTERRUPTED', flush=True); raise SystemExit(5)")])
        self.assertTrue(terminal.expect("UP"), terminal.text)
        terminal.type("\x03")
        code = terminal.end()
        self.assertIn("INTERRUPTED", terminal.text)
        self.assertEqual(code, 5, terminal.text)

    def test_ctrl_d_is_the_end_of_input(self):
        terminal = self.on_terminal(["cat"])
        terminal.type("hello\n")
        self.assertTrue(terminal.expect("hello.*hello", 5) or terminal.expect("(?s)hello.*hello", 5), terminal.text)
        terminal.type("\x04")
        self.assertEqual(terminal.end(), 0, terminal.text)

    def test_a_program_that_wants_raw_input_gets_it_and_leaves_the_terminal_as_it_was(self):
        terminal = Terminal(self.bench, ["bash", "--norc", "-i"])
        self.assertTrue(terminal.expect(r"\$ "))
        terminal.type("stty -a > before\n")
        self.bench.write(os.path.join(self.bench.workspace, "raw.py"),
                         "import tty,os\ntty.setraw(0)\nprint('RAW UP',end='',flush=True)\n"
                         "print('KEY',os.read(0,1),end='',flush=True)\n")
        command = " ".join(f"'{word}'" for word in self.bench.cage_command(
            ["python3", "raw.py"], ["--interactive"]))
        terminal.type(command + "\n")
        self.assertTrue(terminal.expect(r"RAW UP"), terminal.text)
        terminal.type("\x03")
        self.assertTrue(terminal.expect(r"KEY b'\\x03'"), terminal.text)
        time.sleep(0.5)
        terminal.type("\nstty -a > after; exit\n")
        terminal.end()
        with open(os.path.join(self.bench.workspace, "before"), encoding="ascii") as file:
            before = file.read()
        with open(os.path.join(self.bench.workspace, "after"), encoding="ascii") as file:
            self.assertEqual(file.read(), before)

    def test_the_terminal_is_as_it_was_when_bailey_is_killed_by_a_limit(self):
        terminal = Terminal(self.bench, ["bash", "--norc", "-i"])
        terminal.expect(r"\$ ")
        terminal.type("stty -a > before\n")
        command = " ".join(f"'{word}'" for word in self.bench.cage_command(
            ["python3", "-c", "import tty,time; tty.setraw(0); time.sleep(9)"], ["--interactive", "--time", "1s"]))
        terminal.type(command + "; echo CODE $?\n")
        self.assertTrue(terminal.expect(r"CODE 124"), terminal.text)
        terminal.type("stty -a > after; exit\n")
        terminal.end()
        with open(os.path.join(self.bench.workspace, "before"), encoding="ascii") as file:
            before = file.read()
        with open(os.path.join(self.bench.workspace, "after"), encoding="ascii") as file:
            self.assertEqual(file.read(), before)


class JobControl(TerminalCase):
    def shell(self):
        terminal = Terminal(self.bench, ["bash", "--norc", "-i"])
        self.assertTrue(terminal.expect(r"\$ "), terminal.text)
        return terminal

    COUNTER = ("import os,time,itertools\n"
               "for i in itertools.count():\n"
               " open('next','w').write(str(i)); os.rename('next','count'); time.sleep(0.05)\n"
               " if i == 120: break\n")

    def count(self):
        path = os.path.join(self.bench.workspace, "count")
        try:
            with open(path, encoding="ascii") as file:
                return int(file.read() or 0)
        except FileNotFoundError:
            return -1

    def test_ctrl_z_stops_the_cage_and_fg_goes_on(self):
        for options in ([], ["--interactive"]):
            with self.subTest(options=options):
                self.fresh()
                terminal = self.shell()
                command = " ".join(f"'{word}'" for word in self.bench.cage_command(
                    ["python3", "counter.py"], options))
                self.bench.write(os.path.join(self.bench.workspace, "counter.py"), self.COUNTER)
                terminal.type(command + "\n")
                end = time.monotonic() + 10
                while self.count() < 5 and time.monotonic() < end:
                    terminal.read(0.05)
                self.assertGreaterEqual(self.count(), 5, terminal.text)
                terminal.type("\x1a")
                self.assertTrue(terminal.expect(r"Stopped", 5), terminal.text)
                time.sleep(0.3)
                stopped_at = self.count()
                time.sleep(0.5)
                self.assertLessEqual(self.count(), stopped_at + 1, "the cage stands still as well")
                terminal.type("fg\n")
                end = time.monotonic() + 10
                while self.count() <= stopped_at + 3 and time.monotonic() < end:
                    terminal.read(0.05)
                self.assertGreater(self.count(), stopped_at + 3, "it goes on: " + terminal.text)
                terminal.type("\x03")
                time.sleep(0.5)
                terminal.type("exit\n")
                terminal.end()

    def test_in_the_background_it_does_not_take_the_terminal(self):
        terminal = self.shell()
        command = " ".join(f"'{word}'" for word in self.bench.cage_command(["sleep", "1"], ["--quiet"]))
        terminal.type(f"{command} > /dev/null 2>&1 & echo STARTED; wait; echo CODE $?\n")
        self.assertTrue(terminal.expect(r"CODE 0", 10), terminal.text)
        terminal.type("exit\n")
        terminal.end()


class Escapes(AttackCase):
    """What a program writes to a terminal is its own; Bailey's lines hold nothing of it."""

    NASTY = "\x1b]0;owned\x07\x1b[2J\x1b]52;c;b3duZWQ=\x07\x9b31m\u202e"

    def test_baileys_own_lines_are_clean(self):
        bench = self.bench
        bench.write(os.path.join(bench.workspace, self.NASTY), "#!/no/such\n", 0o755)
        for command in ([f"./{self.NASTY}"], [f"no-{self.NASTY}"], ["true", self.NASTY]):
            for options in ((), ("--json",)):
                run = bench.bailey("run", *options, "--", *command)
                self.assertNotRegex(run.err, "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", ascii(run.err))
        denied = bench.bailey("run", "--profile", "strict", "--", f"./{self.NASTY}")
        self.assertNotRegex(denied.err, "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]")
        for command in (("log", "tail"), ("log", "show", "0"), ("approve", "list")):
            shown = bench.bailey(*command)
            self.assertNotRegex(shown.out, "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]")

    def test_a_workspace_with_such_a_name(self):
        bench = self.bench
        odd = bench.make("odd " + self.NASTY.replace("/", ""))
        run = bench.bailey("run", "--workspace", odd, "--", "pwd")
        self.assertNotRegex(run.err, "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", ascii(run.err))

    def test_the_prompt_for_an_approval_is_clean(self):
        bench = self.bench
        policy = bench.write(os.path.join(bench.home, "p.yaml"), """version: 1
name: asking
files: {read: ["/usr/**", "/bin/**", "/lib/**", "/lib64/**", "/etc/**"], write: ["./**"]}
environment: {set: {PATH: "/usr/bin:/bin"}}
commands: [{id: asked, decision: ask, argv: [printf, "**"], reason: somebody should look}]
approvals: {by: self, timeout: 1h}
degradations: [limits.polled]
""")
        command = bench.cage_command(["printf", "%s", "A" + self.NASTY], ["--policy", policy])
        terminal = Terminal(bench, command)
        self.assertTrue(terminal.expect(r"\[y/N\]", 10), ascii(terminal.text))
        shown = terminal.text
        time.sleep(0.4)  # what is typed while the question is still being shown is no answer
        self.assertNotRegex(shown, "[\x00-\x06\x07\x08\x0e-\x1f\x7f-\x9f\u202e]", ascii(shown))
        terminal.type("\n")  # the default is no
        code = terminal.end()
        self.assertIn(code, (122, 123), ascii(terminal.text))

    def test_yes_at_the_terminal_lets_it_run(self):
        bench = self.bench
        policy = bench.write(os.path.join(bench.home, "p.yaml"), """version: 1
name: asking
files: {read: ["/usr/**", "/bin/**", "/lib/**", "/lib64/**", "/etc/**"], write: ["./**"]}
environment: {set: {PATH: "/usr/bin:/bin"}}
commands: [{id: asked, decision: ask, argv: [printf, "**"], reason: somebody should look}]
approvals: {by: self, timeout: 1h}
degradations: [limits.polled]
""")
        terminal = Terminal(bench, bench.cage_command(["printf", "IT-%s", "RAN"], ["--policy", policy]))
        self.assertTrue(terminal.expect(r"\[y/N\]", 10), terminal.text)
        time.sleep(0.4)
        terminal.type("y\n" if "yes" not in terminal.text.lower() else "yes\n")
        self.assertEqual(terminal.end(), 0, terminal.text)
        self.assertIn("IT-RAN", terminal.text)


if __name__ == "__main__":
    unittest.main()
