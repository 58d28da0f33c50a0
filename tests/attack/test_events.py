"""What a cage refused is told: at the end, in --json, and in the ledger while it runs (S12, S13)."""

import os
import subprocess
import sys
import textwrap
import time
import unittest

import bench as bench_module
from bench import SLOWNESS, AttackCase

NO_SOCKET = "without namespaces no socket can be made that could be connected or bound"

PTRACE = """
    import ctypes, sys
    libc = ctypes.CDLL(None, use_errno=True)
    print("TRACED", libc.ptrace(0, 0, 0, 0), ctypes.get_errno(), flush=True)
"""

# Installs a listener of its own over whatever it starts, as another supervisor would.
SUPERVISOR = """
    import ctypes, os, struct, subprocess, sys
    libc = ctypes.CDLL(None, use_errno=True)
    allow = struct.pack("HBBI", 0x06, 0, 0, 0x7fff0000)
    code = ctypes.create_string_buffer(allow)
    program = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", 1, ctypes.addressof(code)))
    assert libc.prctl(38, 1, 0, 0, 0) == 0
    listener = libc.syscall(317, 1, 8, program)
    assert listener >= 0, ctypes.get_errno()
    done = subprocess.run(sys.argv[1:])
    os.close(listener)
    sys.exit(done.returncode)
"""


class EventCase(AttackCase):
    def python(self, code, options=(), **more):
        return self.bench.caged(["/usr/bin/python3", "-c", textwrap.dedent(code)], options, **more)

    def events(self, run, **wanted):
        found = [event for event in run.report["events"]
                 if all(event[name] == value for name, value in wanted.items())]
        return found

    def counts(self, run):
        return {name: value for name, value in run.report["evidence"]["details"]["events"].items()}

    def leaves(self):
        listing = self.bench.bailey("log", "tail", "--count", "200")
        return listing.out


class Told(EventCase):
    def test_a_denied_call_is_told_with_its_program_and_recorded_before_the_end(self):
        control = self.bench.call(["/usr/bin/python3", "-c", textwrap.dedent(PTRACE)])
        self.assertIn("TRACED 0", control.out, "without a cage it happens")
        self.fresh()
        run = self.python(PTRACE)
        self.assertIn("TRACED -1 1", run.out, str(run))
        told = self.events(run, kind="syscall", act="ptrace", errno="EPERM", layer="seccomp")
        self.assertEqual(len(told), 1, str(run))
        self.assertEqual(told[0]["program"], "python3")
        digest = subprocess.run(["sha256sum", os.path.realpath("/usr/bin/python3")],
                                capture_output=True, text=True, check=True).stdout.split()[0]
        self.assertEqual(told[0]["program_digest"], digest)
        kinds = [line.split()[3] for line in self.leaves().splitlines() if line[:1].isdigit()]
        self.assertEqual(kinds[-3:], ["intent", "events", "outcome"], self.leaves())
        self.assertEqual(self.bench.bailey("log", "verify").code, 0)

    @unittest.skipIf(bench_module.BARE, NO_SOCKET)
    def test_connects_and_binds_outside_the_cage_are_told_and_those_inside_are_not(self):
        run = self.python("""
            import socket
            for place in ("192.0.2.7", "127.0.0.1"):
                try: socket.create_connection((place, 4431), 1)
                except OSError as error: print(place, error)
            for place in ("192.0.2.8", "127.0.0.1"):
                try: socket.socket().bind((place, 4432))
                except OSError as error: print(place, error)
        """)
        self.assertEqual([event["object"] for event in self.events(run, kind="connect")],
                         ["192.0.2.7:4431"], str(run))
        self.assertEqual([event["object"] for event in self.events(run, kind="bind")],
                         ["192.0.2.8:4432"], str(run))
        self.assertTrue(all(event["claimed"] for event in run.report["events"]))

    def test_a_program_that_may_not_be_executed_is_told_and_a_search_of_path_is_not(self):
        run = self.python("""
            import os, subprocess
            place = os.environ["TMPDIR"] + "/closed"
            open(place, "w").write("x")
            print(place)
            for program in (place, "no-such-program"):
                try: subprocess.run([program])
                except OSError as error: print(error)
        """)
        self.assertEqual([event["object"] for event in self.events(run, kind="exec")],
                         run.out.splitlines()[:1], str(run))

    def test_what_libraries_try_and_do_without_is_no_event(self):
        run = self.python("""
            import socket, threading
            try: socket.socket(socket.AF_UNIX)
            except OSError as error: print(error)
            thread = threading.Thread(target=print); thread.start(); thread.join()
        """)
        self.assertEqual(run.report["events"], [], str(run))
        self.assertEqual(self.counts(run)["listener"], "own")

    def test_the_closing_lines_say_what_was_blocked(self):
        command = self.bench.cage_command(["/usr/bin/python3", "-c", textwrap.dedent(PTRACE)])
        run = self.bench.call([word for word in command if word != "--json"])
        self.assertIn("blocked: ptrace by python3 (seccomp, EPERM)", run.err)

    def test_the_ledger_holds_no_object_in_the_clear(self):
        planted = os.path.join(self.bench.workspace, self.bench.token)
        run = self.python(f"""
            import os
            open({planted!r}, "w").write("x")
            try: os.execv({planted!r}, ["x"])
            except OSError: pass
        """)
        self.assertEqual([event["object"] for event in self.events(run, kind="exec")], [planted])
        found = subprocess.run(["grep", "-rlaF", self.bench.token, self.bench.bailey_home],
                               capture_output=True, text=True, check=False)
        self.assertEqual(found.stdout, "")


class Observed(EventCase):
    LOOK = """
        for path, how in (("/etc/shadow", "r"), (SECRET, "r"), ("/etc/new-file", "w"),
                          ("/no/such/file", "r"), ("/etc/hostname", "r"), ("made-here", "w")):
            try: open(path, how).close()
            except OSError as error: print(error)
    """

    def look(self, options):
        code = textwrap.dedent(self.LOOK).replace("SECRET", repr(self.bench.secret_file))
        return self.bench.caged(["/usr/bin/python3", "-c", code], options)

    def test_files_that_were_hidden_or_could_not_be_opened_are_told(self):
        run = self.look(["--observe"])
        told = {event["object"]: event["errno"] for event in self.events(run, kind="open")}
        self.assertEqual(told.get("/etc/shadow"), "EACCES", str(run))
        self.assertEqual(told.get(self.bench.secret_file),
                         "EACCES" if bench_module.BARE else "ENOENT", str(run))
        # The mount is read-only, and for an ordinary user the folder is closed besides.
        self.assertIn(told.get("/etc/new-file"), ("EROFS", "EACCES"), str(run))
        for path in ("/no/such/file", "/etc/hostname", "made-here"):
            self.assertNotIn(path, told, str(run))
        self.assertTrue(self.counts(run)["files"])
        rules = {event["object"]: event.get("rule", "") for event in self.events(run, kind="open")}
        self.assertIn("files.hide '/etc/shadow*' at builtin:base:", rules["/etc/shadow"])
        self.assertEqual(rules[self.bench.secret_file], "every cage has its own")  # it lies in /tmp

    def test_observing_opens_no_door(self):
        code = """
            import os
            for mode in (0o4755, 0o2755, 0o6755):
                try: os.close(os.open("setid", os.O_CREAT | os.O_WRONLY, mode)); print("MADE")
                except OSError as error: print("REFUSED", error.errno)
        """
        for options in ([], ["--observe"]):
            run = self.python(code, options)
            self.assertNotIn("MADE", run.out, str(run))
            self.assertEqual(run.out.count("REFUSED 1"), 3, str(run))

    def test_without_it_the_report_says_that_files_are_not_seen(self):
        run = self.look([])
        self.assertEqual(self.events(run, kind="open"), [])
        self.assertTrue(any("hidden" in each for each in self.counts(run)["unseen"]))

    def test_beneath_another_listener_it_is_refused(self):
        command = self.bench.cage_command(["/usr/bin/true"], ["--observe"])
        run = self.bench.call([sys.executable, "-c", textwrap.dedent(SUPERVISOR), *command])
        self.assertEqual(run.code, 120, str(run))
        self.assertIn("cage.unobservable", run.err)


class Kept(EventCase):
    def test_a_signer_that_is_killed_has_left_the_events_in_the_ledger(self):
        code = textwrap.dedent(PTRACE) + "import time; time.sleep(60)"
        running = self.bench.start(self.bench.cage_command(["/usr/bin/python3", "-c", code]))
        self.assertTrue(running.stdout.readline().startswith(b"TRACED -1"))
        time.sleep(1.5)  # longer than a batch waits
        running.kill()
        running.communicate()
        kinds = [line.split()[3] for line in self.leaves().splitlines() if line[:1].isdigit()]
        self.assertEqual(kinds[:2], ["intent", "events"], self.leaves())


class Bounded(EventCase):
    def test_a_flood_is_refused_counted_and_over_soon(self):
        started = time.monotonic()
        run = self.python("""
            import ctypes
            libc = ctypes.CDLL(None, use_errno=True)
            print("ALLOWED", sum(libc.ptrace(0, 0, 0, 0) == 0 for _ in range(20000)))
        """)
        self.assertIn("ALLOWED 0", run.out, str(run))
        counts = self.counts(run)
        self.assertEqual((counts["kept"], counts["repeated"], counts["dropped"]),
                         ("1", "19999", "0"), str(run))
        self.assertLess(time.monotonic() - started, 30 * SLOWNESS)

    @unittest.skipIf(bench_module.BARE, NO_SOCKET)
    def test_beyond_the_bound_they_are_counted(self):
        run = self.python("""
            import socket
            for port in range(1000, 1300):
                try: socket.create_connection(("192.0.2.7", port), 1)
                except OSError: pass
        """)
        counts = self.counts(run)
        self.assertEqual((counts["kept"], counts["repeated"], counts["dropped"]),
                         ("256", "0", "44"), str(run))
        self.assertEqual(len(run.report["events"]), 256)

    def test_callers_that_die_while_they_wait_leave_nothing_behind(self):
        run = self.python("""
            import ctypes, os, signal, time
            libc = ctypes.CDLL(None)
            for _ in range(40):
                child = os.fork()
                if child == 0:
                    while True: libc.ptrace(0, 0, 0, 0)
                time.sleep(0.002)
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
            print("ALIVE")
        """)
        self.assertIn("ALIVE", run.out, str(run))
        self.assertEqual(run.code, 0, str(run))

    def test_a_flood_does_not_keep_the_clock_from_ending_the_run(self):
        started = time.monotonic()
        run = self.python("""
            import ctypes, os
            libc = ctypes.CDLL(None)
            for _ in range(8): os.fork()
            while True: libc.ptrace(0, 0, 0, 0)
        """, ["--time", "1s"])
        self.assertEqual(run.code, 124, str(run))
        self.assertLess(time.monotonic() - started, 10 * SLOWNESS)


class Deaf(EventCase):
    def test_beneath_another_listener_the_cage_stands_and_says_what_it_cannot_see(self):
        command = self.bench.cage_command(["/usr/bin/python3", "-c", textwrap.dedent(PTRACE)])
        run = self.bench.call([sys.executable, "-c", textwrap.dedent(SUPERVISOR), *command])
        self.assertEqual(run.code, 0, str(run))
        self.assertIn("TRACED -1 1", run.out, "the filter answers by itself")
        self.assertEqual(run.report["events"], [])
        counts = self.counts(run)
        self.assertEqual(counts["listener"], "none")
        self.assertIn("another supervisor", counts["why"])
        self.assertTrue(any("denied system calls" in each for each in counts["unseen"]))
        layers = {layer["name"]: layer["state"] for layer in run.report["evidence"]["layers"]}
        self.assertEqual(layers["seccomp"], "proven")

    def test_a_program_cannot_become_a_listener_itself(self):
        code = textwrap.dedent(SUPERVISOR).replace("assert listener >= 0, ctypes.get_errno()",
                                                   "print('LISTENER', listener); sys.exit(0)")
        control = self.bench.call(["/usr/bin/python3", "-c", code])
        self.assertRegex(control.out, r"LISTENER \d+")
        self.fresh()
        run = self.python(code)
        self.assertIn("LISTENER -1", run.out, str(run))
        self.assertEqual(len(self.events(run, kind="syscall", act="seccomp")), 1)
