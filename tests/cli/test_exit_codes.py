"""Exit codes, signals and streams of `bailey run` (product.md, "Command line")."""

import json
import os
import signal
import subprocess
import time
import unittest

from bench import IS_ROOT, AttackCase
from witness import processes_with, wait_until


NOBODY = 65534


class ExitCodes(AttackCase):
    def test_the_programs_own_code_passes_through(self):
        for code in (0, 1, 2, 3, 42, 119, 120, 124, 127, 255):
            with self.subTest(code=code):
                run = self.bench.caged(["python3", "-c", f"import sys; sys.exit({code})"])
                self.assertEqual(run.code, code, str(run))
                # Who spoke is in the report, also where the numbers are the same.
                self.assertEqual(run.report["end"], "ran")
                self.assertEqual(run.report["status"], "done")
                self.assertEqual(run.report["evidence"]["exit_code"], code)

    def test_a_program_that_dies_of_a_signal(self):
        for number in (signal.SIGTERM, signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT, signal.SIGPIPE):
            with self.subTest(signal=number.name):
                run = self.bench.caged(["python3", "-c",
                                        f"import os,signal; signal.signal(signal.SIGPIPE, signal.SIG_DFL)\n"
                                        f"os.kill(os.getpid(), {int(number)})"])
                self.assertEqual(run.code, 128 + number, str(run))
                self.assertEqual(run.report["evidence"]["signal"], number)

    def test_usage(self):
        for arguments in ([], ["--", ], ["--no-such"], ["--memory", "lots", "--", "true"],
                          ["--level", "35", "--", "true"], ["--profile", "lax", "--", "true"],
                          ["--time", "-1s", "--", "true"], ["--time", "0", "--", "true"],
                          ["--processes", "0", "--", "true"], ["--cpus", "0", "--", "true"],
                          ["--env", "=x", "--", "true"], ["--env", "NO_SUCH_VARIABLE", "--", "true"],
                          ["--memory", "1M", "--memory", "2M", "--", "true"],
                          ["--net", "host", "--", "true"], ["--memory", "99999999999999999999G", "--", "true"]):
            with self.subTest(arguments=arguments):
                run = self.bench.bailey("run", *arguments)
                self.assertEqual(run.code, 121, str(run))
                self.assertTrue(run.err.startswith("bailey: "), run.err)

    def test_denied(self):
        run = self.bench.caged(["id"], ["--profile", "strict"])
        self.assertEqual(run.code, 122, str(run))
        denial = run.report["denial"]
        for member in ("decision", "reason_code", "user_message", "remediation_hint",
                       "technical_context", "tags", "correlation_id"):
            self.assertIn(member, denial)
        for member in ("current_autonomy_level", "required_level", "operation", "resource", "session_id",
                       "phase", "enforcement_mode", "terminal", "retryable"):
            if "level" not in member:
                self.assertIn(member, denial["technical_context"])
        self.assertEqual(denial["decision"], "deny")

    def test_an_unjudged_shell_needs_level_40(self):
        self.assertEqual(self.bench.caged(["sh", "-c", "true"]).code, 0)  # its text can be judged
        run = self.bench.caged(["sh", "-c", "$A true"])
        self.assertEqual(run.code, 122, str(run))
        context = run.report["denial"]["technical_context"]
        self.assertEqual((context["current_autonomy_level"], context["required_level"]), (30, 40))

    def test_levels_below_30_run_nothing(self):
        for level in ("0", "10", "20"):
            run = self.bench.caged(["true"], ["--level", level])
            self.assertEqual(run.code, 122, str(run))
        self.assertEqual(self.bench.caged(["true"], ["--level", "40"]).report["level"], 30,
                         "--level only lowers")

    def test_needs_approval(self):
        policy = self.bench.write(os.path.join(self.bench.home, "p.yaml"), ASKING)
        run = self.bench.caged(["id"], ["--policy", policy])
        self.assertEqual(run.code, 123, str(run))
        ask = run.report["ask"]
        listed = self.bench.bailey("approve", "list")
        self.assertIn(ask[:8], listed.out, str(listed))
        text = self.bench.bailey("run", "--policy", policy, "--", "id")
        self.assertEqual(text.code, 123)
        self.assertIn("bailey approve", text.err)

    def test_limits(self):
        self.assertEqual(self.bench.caged(["sleep", "9"], ["--time", "300ms"]).code, 124)
        run = self.bench.caged(["sleep", "9"], ["--time", "300ms"])
        self.assertEqual(run.report["status"], "limit")

    def test_halted(self):
        self.assertEqual(self.bench.bailey("init").code, 0)
        self.assertEqual(self.bench.bailey("kill", "on", "--reason", "a test").code, 0)
        run = self.bench.caged(["true"])
        self.assertEqual(run.code, 125, str(run))
        self.assertEqual(self.bench.bailey("kill", "status").code in (0, 6), True)
        self.assertEqual(self.bench.bailey("kill", "off", "--reason", "over").code, 0)
        self.assertEqual(self.bench.caged(["true"]).code, 0)

    def test_the_kill_switch_ends_what_runs_within_a_second(self):
        bench = self.bench
        running = bench.start(bench.cage_command(["sleep", "30.25"]))
        self.assertTrue(wait_until(lambda: processes_with("30.25"), 10))
        time.sleep(0.3)
        begin = time.monotonic()
        self.assertEqual(bench.bailey("kill", "on", "--reason", "a test").code, 0)
        out, err = running.communicate(timeout=10)
        self.assertLess(time.monotonic() - begin, 1.5)
        self.assertEqual(running.returncode, 125, (out, err))
        sleeps = [pid for pid in processes_with("30.25") if pid != running.pid]
        self.assertEqual(sleeps, [])

    def test_the_switch_by_file_and_by_environment(self):
        bench = self.bench
        self.assertEqual(bench.bailey("init").code, 0)
        for value, code in (("on", 0), ("true", 0), ("1", 0), ("yes", 0), ("off", 125), ("0", 125),
                            ("", 125), ("nonsense", 125)):
            with self.subTest(BAILEY_ENABLE=value):
                run = bench.caged(["true"], env={"BAILEY_ENABLE": value})
                self.assertEqual(run.code, code, str(run))
                if code == 125:  # sticky until somebody lifts it
                    self.assertEqual(bench.caged(["true"]).code, 125, "seen once, it stays")
                    self.assertEqual(bench.bailey("kill", "off", "--reason", "x").code, 0)
        switch = os.path.join(bench.bailey_home, "KILL_SWITCH")
        kinds = {"file": lambda: bench.write(switch, ""), "directory": lambda: os.mkdir(switch),
                 "dangling": lambda: os.symlink("/nonexistent", switch)}
        for name, make in kinds.items():
            with self.subTest(kind=name):
                make()
                self.assertEqual(bench.caged(["true"]).code, 125)
                (os.rmdir if name == "directory" else os.unlink)(switch)
                self.assertEqual(bench.caged(["true"]).code, 125, "seen once, it stays")
                self.assertEqual(bench.bailey("kill", "off", "--reason", "x").code, 0)
                self.assertEqual(bench.caged(["true"]).code, 0)

    def test_not_executable_and_missing(self):
        bench = self.bench
        plain = bench.write(os.path.join(bench.workspace, "plain"), "no program\n")
        self.assertEqual(bench.caged(["./plain"]).code, 126)
        self.assertEqual(bench.caged([bench.workspace]).code, 126)
        self.assertEqual(bench.caged(["no-such-program"]).code, 127)
        self.assertEqual(bench.caged(["./no-such"]).code, 127)
        self.assertEqual(bench.caged([""]).code in (121, 127), True)
        os.chmod(plain, 0o755)
        junk = bench.caged(["./plain"])
        self.assertEqual(junk.code, 126, str(junk))
        bench.write(os.path.join(bench.workspace, "script"), "#!/no/such/interpreter\n", 0o755)
        # 122: whatever would read it, nobody has judged what it says.
        self.assertIn(bench.caged(["./script"]).code, (122, 126, 127))


ASKING = """version: 1
name: asking
levels: {start: 30, max: 30}
files: {read: ["/usr/**", "/bin/**", "/lib/**", "/lib64/**", "/etc/**"], write: ["./**"]}
environment: {set: {PATH: "/usr/bin:/bin"}}
commands: [{id: asked, decision: ask, argv: [id, "**"], reason: somebody should look}]
approvals: {by: self, timeout: 1h}
degradations: [limits.polled]
"""


class Approvals(AttackCase):
    def test_a_granted_ask_runs_once_and_only_as_asked(self):
        if not IS_ROOT:
            self.skipTest("somebody else must answer, and an ordinary user is nobody else")
        bench = self.bench
        policy = bench.write(os.path.join(bench.top, "p.yaml"), ASKING.replace("by: self", "by: other"))
        os.chmod(bench.top, 0o755)
        for place in (bench.home, bench.workspace, bench.victim):
            os.chown(place, NOBODY, NOBODY)

        def as_nobody(*command):
            return bench.call(["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--",
                               *bench.cage_command(list(command), ["--policy", policy])])
        first = as_nobody("id", "-u")
        self.assertEqual(first.code, 123, str(first))
        granted = bench.bailey("approve", "grant", first.report["ask"], "--reason", "fine")
        self.assertEqual(granted.code, 0, str(granted))
        other = as_nobody("id", "-g")
        self.assertEqual(other.code, 123, "another action is another ask")
        again = as_nobody("id", "-u")
        self.assertEqual(again.code, 0, str(again))
        third = as_nobody("id", "-u")
        self.assertEqual(third.code, 123, "an answer is used once")

    def test_a_yes_to_oneself_is_given_at_a_terminal_only(self):
        bench = self.bench
        policy = bench.write(os.path.join(bench.home, "p.yaml"), ASKING)
        first = bench.caged(["id"], ["--policy", policy])
        granted = bench.bailey("approve", "grant", first.report["ask"])
        self.assertNotEqual(granted.code, 0, str(granted))
        self.assertEqual(bench.caged(["id"], ["--policy", policy]).code, 123)

    def test_a_denied_ask_stays_denied(self):
        bench = self.bench
        policy = bench.write(os.path.join(bench.home, "p.yaml"), ASKING)
        first = bench.caged(["id"], ["--policy", policy])
        denied = bench.bailey("approve", "deny", first.report["ask"])
        self.assertEqual(denied.code, 0, str(denied))
        run = bench.caged(["id"], ["--policy", policy])
        self.assertIn(run.code, (122, 123), str(run))
        self.assertEqual(run.out, "")

    def test_somebody_else_must_answer_where_the_policy_says_so(self):
        bench = self.bench
        policy = bench.write(os.path.join(bench.home, "p.yaml"), ASKING.replace("by: self", "by: other"))
        first = bench.caged(["id"], ["--policy", policy])
        self.assertEqual(first.code, 123, str(first))
        granted = bench.bailey("approve", "grant", first.report["ask"])
        self.assertNotEqual(granted.code, 0, "the same user is not somebody else")
        self.assertEqual(bench.caged(["id"], ["--policy", policy]).code, 123)


class Streams(AttackCase):
    def run_raw(self, command, options=(), **more):
        return subprocess.run(self.bench.cage_command(command, options), env=self.bench.environment(),
                              cwd=self.bench.workspace, capture_output=True, timeout=60, check=False, **more)

    def test_input_is_handed_on_byte_for_byte_with_its_end(self):
        data = os.urandom(3 << 20)
        run = self.run_raw(["cat"], input=data)
        self.assertEqual(run.returncode, 0)
        self.assertEqual(run.stdout, data)

    def test_no_input_at_all(self):
        run = self.run_raw(["wc", "-c"], stdin=subprocess.DEVNULL)
        self.assertEqual(run.stdout.strip(), b"0")

    def test_closed_standard_streams(self):
        for stream in ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
            with self.subTest(closed=stream):
                command = " ".join(f"'{word}'" for word in self.bench.cage_command(["true"]))
                run = subprocess.run(["bash", "-c", f"{command} {stream}"], env=self.bench.environment(),
                                     cwd=self.bench.workspace, capture_output=True, timeout=60, check=False)
                self.assertEqual(run.returncode, 0, run.stderr)

    def test_the_two_outputs_stay_apart(self):
        run = self.run_raw(["python3", "-c", "import sys; print('to out'); print('to err', file=sys.stderr)"])
        self.assertEqual(run.stdout, b"to out\n")
        self.assertIn(b"to err\n", run.stderr)
        self.assertNotIn(b"to err", run.stdout)

    def test_a_reader_that_has_had_enough(self):
        big = os.path.join(self.bench.workspace, "big")
        with open(big, "wb") as file:
            file.write(b"line\n" * 2_000_000)
        command = " ".join(f"'{word}'" for word in self.bench.cage_command(["cat"]))
        run = subprocess.run(["bash", "-c", f"set -o pipefail; {command} < big | head -n 1; echo ${{PIPESTATUS[0]}}"],
                             env=self.bench.environment(), cwd=self.bench.workspace, capture_output=True,
                             timeout=60, check=False)
        lines = run.stdout.split()
        self.assertEqual(lines[0], b"line")
        self.assertIn(lines[1], (b"141", b"1", b"0"), run.stderr)

    def test_a_reader_that_has_had_enough_ends_a_program_that_never_would(self):
        command = " ".join(f"'{word}'" for word in self.bench.cage_command(["yes"]))
        run = subprocess.run(["bash", "-c", f"{command} | head -n 1"], env=self.bench.environment(),
                             cwd=self.bench.workspace, capture_output=True, timeout=30, check=False)
        self.assertEqual(run.stdout, b"y\n")

    def test_much_output_arrives_whole(self):
        run = self.run_raw([self.bench.victim, "output", "mib=200"])
        self.assertEqual(run.returncode, 0, run.stderr[-300:])
        self.assertEqual(len(run.stdout.replace(b"OVER\n", b"")), 200 << 20)

    def test_a_report_is_one_json_object_on_standard_error(self):
        self.assertEqual(self.bench.bailey("init").code, 0)
        run = self.bench.caged(["true"])
        lines = [line for line in run.err.splitlines() if line]
        self.assertEqual(len(lines), 1, run.err)
        report = json.loads(lines[0])
        self.assertEqual(report["v"], 1)
        for member in ("end", "exit_code", "session_id", "level", "policy", "status", "reason_code",
                       "evidence", "notes", "receipt"):
            self.assertIn(member, report)
        for member in ("exit_code", "signal", "duration_ns", "layers", "limits", "streams",
                       "leftover_processes", "degradations"):
            self.assertIn(member, report["evidence"])
        for limit in report["evidence"]["limits"]:
            self.assertIn(limit["class"], ("group", "process", "polled", "warden"))
            self.assertEqual(limit["requested"], limit["effective"], limit)


class Signals(AttackCase):
    PROGRAM = ("import signal,sys,time\n"
               "def note(n,_):\n open('got','w').write(str(n)); sys.exit(7)\n"
               "for n in (1,2,3,15,10,12): signal.signal(n, note)\n"
               "open('up','w').close()\n"
               "time.sleep(20)\n")

    def test_they_are_passed_on_to_the_program(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2):
            with self.subTest(signal=number.name):
                bench = self.fresh()
                running = bench.start(bench.cage_command(["python3", "-c", self.PROGRAM]))
                self.assertTrue(wait_until(lambda: os.path.exists(os.path.join(bench.workspace, "up")), 10))
                running.send_signal(number)
                out, err = running.communicate(timeout=15)
                self.assertEqual(running.returncode, 7, (out, err))
                with open(os.path.join(bench.workspace, "got"), encoding="ascii") as file:
                    self.assertEqual(file.read(), str(int(number)))

    def test_a_program_that_does_not_mind_dies_of_them(self):
        bench = self.bench
        running = bench.start(bench.cage_command(["sleep", "20.5"]))
        wait_until(lambda: len(processes_with("20.5")) > 1, 10)
        time.sleep(0.3)
        running.terminate()
        running.communicate(timeout=10)
        self.assertEqual(running.returncode, 128 + signal.SIGTERM)


if __name__ == "__main__":
    unittest.main()
