"""S01-S05, S07-S11, S16: the surface of system calls and what may be executed."""

import os
import pty
import re
import select
import shutil
import time
import unittest

from bench import AttackCase, accepted_losses, bare_excuse

ENTRY_REFUSED = {"EPERM", "ENOSYS", "EACCES"}
# family, type, protocol: what a cage without network may open. Of netlink only the routes,
# of the cage's own empty network: programs list their interfaces with it.
AF_INET, AF_INET6, AF_NETLINK = 2, 10, 16
ALLOWED_SOCKETS = {(family, kind, protocol)
                   for family in (AF_INET, AF_INET6)
                   for kind, protocol in ((1, 0), (1, 6), (2, 0), (2, 17))}
ALLOWED_SOCKETS |= {(AF_NETLINK, 2, 0), (AF_NETLINK, 3, 0)}


class S01_IoUring(AttackCase):
    def test_no_ring_can_be_made_entered_or_changed(self):
        run = self.attack("S01", lambda bench: {})
        self.assertLessEqual({why for _, why in run.probes.values()}, {"EPERM", "ENOSYS", "signal 31"})


class S02_ForeignCalls(AttackCase):
    def test_other_gates_of_the_kernel_are_shut(self):
        run = self.attack("S02", lambda bench: {}, without={
            "x32-.*": "this kernel has no x32", "int80-.*": "this kernel has no 32-bit calls"})
        for name, (_, why) in run.probes.items():
            if name.startswith("int80"):
                self.assertEqual(why, "signal 31", f"{name}: a foreign architecture is killed")


class S03_UnknownCalls(AttackCase):
    def test_a_number_that_no_table_has_is_refused(self):
        run = self.bench.caged([self.bench.victim, "S03"])
        self.caged_probes(run, None)  # no control: they exist nowhere


class S04_HighBits(AttackCase):
    def test_the_unused_half_of_an_argument_changes_nothing(self):
        self.attack("S04", lambda bench: {}, without={
            "tiocsti.*": "dev.tty.legacy_tiocsti is 0", **bare_excuse("clone.*", "unshare.*")})


class S05_Terminal(AttackCase):
    """The caller has a terminal; what is typed into it would reach the caller's shell."""

    def on_a_terminal(self, bench, command):
        pid, leader = pty.fork()
        if pid == 0:
            try:
                os.chdir(bench.workspace)
                os.execve(command[0], command, bench.environment())
            finally:
                os._exit(99)
        out = b""
        end = time.monotonic() + 30
        while time.monotonic() < end:
            ready, _, _ = select.select([leader], [], [], 1.0)
            if not ready:
                continue
            try:
                got = os.read(leader, 65536)
            except OSError:
                break
            if not got:
                break
            out += got
        _, status = os.waitpid(pid, 0)
        os.close(leader)
        return os.waitstatus_to_exitcode(status), out.decode(errors="replace").replace("\r\n", "\n")

    def probes(self, text):
        found = {}
        # What was typed is echoed, so a line may begin with it.
        for name, word, why in re.findall(r"PROBE (\S+) (HAPPENED|DENIED|UNTRIED) (.*)$", text, re.M):
            found[name] = (word, why)
        return found

    def test_nothing_can_be_typed_with_or_without_a_terminal_of_its_own(self):
        legacy = "/proc/sys/dev/tty/legacy_tiocsti"
        if os.path.exists(legacy) and open(legacy, encoding="ascii").read().strip() == "0":
            self.skipTest("dev.tty.legacy_tiocsti is 0: nobody can type into a terminal here")
        bench = self.bench
        _, text = self.on_a_terminal(bench, [bench.victim, "S05"])
        control = self.probes(text)
        self.assertEqual(control["tiocsti"][0], "HAPPENED", text)
        self.assertEqual(control["given-tiocsti"][0], "HAPPENED", text)
        for options in ([], ["--interactive"]):
            with self.subTest(options=options):
                code, text = self.on_a_terminal(bench, bench.cage_command([bench.victim, "S05"], options))
                caged = self.probes(text)
                self.assertTrue({"tiocsti", "tioclinux", "tiocsetd"} <= set(caged), text)
                self.assertEqual({n: f for n, f in caged.items() if f[0] != "DENIED"
                                  and "tiocvhangup" not in n}, {}, text)
                self.assertEqual(code, 0, text)

    def test_a_bare_dev_tty_is_not_the_callers(self):
        bench = self.bench
        script = bench.write(os.path.join(bench.workspace, "say.py"),
                             "import os\nfd=os.open('/dev/tty',os.O_RDWR)\nos.write(fd,b'REACHED THE TERMINAL')\n")
        code, text = self.on_a_terminal(bench, ["/usr/bin/python3", script])
        self.assertIn("REACHED THE TERMINAL", text)
        # Without a terminal of its own: one stream that is none is enough.
        command = " ".join(f"'{word}'" for word in bench.cage_command(["python3", "say.py"]))
        code, text = self.on_a_terminal(bench, ["/bin/sh", "-c", f"{command} < /dev/null"])
        self.assertNotIn("REACHED THE TERMINAL", text)
        self.assertNotEqual(code, 0, text)


class S07_PrivilegedCalls(AttackCase):
    def test_the_filter_answers_not_the_kernel(self):
        # Without a cage, root gets past the door of each (and fails over its arguments).
        self.attack("S07", lambda bench: {}, without={
            "lookup-dcookie|nfsservctl": "gone from this kernel",
            "memfd-secret": "switched off here",
            ".*": "needs a capability"})


class S08_Sockets(AttackCase):
    def test_only_the_listed_kinds_open(self):
        def kinds(run):
            return {tuple(int(part) for part in line.split()[1:])
                    for line in run.out.splitlines() if line.startswith("SOCKET ")}
        control = kinds(self.bench.call([self.bench.victim, "S08"]))
        self.assertGreater(len(control), 20)
        self.assertTrue({1, 2, 16} <= {family for family, _, _ in control})
        run = self.bench.caged([self.bench.victim, "S08"])
        self.assertTrue(run.over, str(run))
        self.assertEqual(kinds(run) - ALLOWED_SOCKETS, set())
        self.assertIn("PAIR 1", run.out, "pairs are needed by ordinary programs")

    def test_crypto_sockets_are_refused_by_the_filter_and_not_for_want_of_a_module(self):
        run = self.bench.caged([self.bench.victim, "S08"])
        self.assertIn(run.probes["alg"][1], {"EPERM", "EACCES"}, str(run))


class S10_S11_FormsOfExec(AttackCase):
    def test_however_it_was_started_it_is_in_the_same_cage(self):
        # Executing from memory is not refused (compilers and runtimes do it); what is
        # started so is held by the same cage: the victim's own N01 is what runs.
        run = self.bench.caged([self.bench.victim, "S10"])
        self.assertEqual(run.probes.get("memfd", ("",))[0], "HAPPENED", str(run))
        inner = {name: found for name, found in run.probes.items() if name.startswith("unshare")}
        self.assertTrue(inner)
        self.assertEqual({found[0] for found in inner.values()}, {"DENIED"}, str(run))

    def test_a_copy_a_rename_and_a_link_of_a_denied_program_get_no_further(self):
        bench = self.bench
        policy = bench.write(os.path.join(bench.home, "policy.yaml"), """version: 1
name: no-id
files: {read: ["/usr/**", "/bin/**", "/lib/**", "/lib64/**", "/etc/**"], write: ["./**"]}
environment: {set: {PATH: "/usr/bin:/bin"}}
commands:
  - {id: no-id, decision: deny, argv: [id, "**"]}
  - {id: rest, decision: allow, argv: ["/usr/bin/*", "**"]}
degradations: """ + accepted_losses() + "\n")
        os.symlink("/usr/bin/id", os.path.join(bench.workspace, "link"))
        shutil.copy("/usr/bin/id", os.path.join(bench.workspace, "copy"))
        allowed = bench.caged(["/usr/bin/true"], ["--policy", policy])
        self.assertEqual(allowed.code, 0, str(allowed))
        for spelling in (["id"], ["/usr/bin/id"], ["./link"], ["./copy"], ["/usr/bin/../bin/id"],
                         ["/bin/id"], ["//usr/bin/id"]):
            with self.subTest(spelling=spelling):
                run = bench.caged(spelling, ["--policy", policy])
                self.assertEqual(run.code, 122, str(run))
                self.assertEqual(run.out, "")


if __name__ == "__main__":
    unittest.main()
