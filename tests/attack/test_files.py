"""F01-F05, F11-F15, F19, F20, F25: files that are not the workspace's."""

import os
import shutil
import socket
import subprocess
import unittest

import bench as bench_module
from bench import IS_ROOT, AttackCase, accepted_losses, bare_excuse
from witness import Sleeper, tree_state


def outside(bench):
    return tree_state(bench.outside)


def to_outside(bench):
    return {"dir": bench.outside}


class F01_WriteOutside(AttackCase):
    def test_every_spelling_of_the_path_is_refused(self):
        self.attack("F01", to_outside, effect=outside)

    def test_also_when_the_outside_is_beside_bailey_in_a_folder_that_is_no_home(self):
        # Not below /tmp, which the cage replaces as a whole.
        for place in ("/var/tmp", "/srv", "/opt", "/home"):
            if not os.access(place, os.W_OK):
                continue
            with self.subTest(place=place):
                import tempfile
                there = tempfile.mkdtemp(prefix="bailey-attack.", dir=place)
                try:
                    for name in "abc":
                        self.bench.write(os.path.join(there, name), "as it was\n")
                    before = tree_state(there)
                    caged = self.bench.caged(self.bench.victim_command("F01", dir=there))
                    self.caged_probes(caged, None)
                    self.assertEqual(tree_state(there), before)
                    control = self.bench.call(self.bench.victim_command("F01", dir=there))
                    # A folder that may be another file system: renames across fail anywhere.
                    self.control_probes(control, {"rename-out": "another file system"})
                    self.assertNotEqual(tree_state(there), before)
                finally:
                    shutil.rmtree(there, ignore_errors=True)

    def test_a_workspace_that_is_read_only_is_not_written_either(self):
        before = tree_state(self.bench.workspace)
        run = self.bench.caged(self.bench.victim_command("F01", dir=self.bench.workspace), ["--read-only"])
        self.assertTrue(run.over, str(run))
        self.assertEqual([name for name, found in run.probes.items() if found[0] != "DENIED"], [], str(run))
        self.assertEqual(tree_state(self.bench.workspace), before)


class F02_LinkToOutside(AttackCase):
    def test_writing_through_a_link_is_refused(self):
        self.attack("F02", to_outside, effect=outside)


class F03_SwappedUnderATrustedHand(AttackCase):
    """Bailey itself writes one thing that a path of the workspace may name: the receipt."""

    # Until it is told to stop, by the end of its input; it starts no program, so that it
    # swaps some ten thousand times while Bailey runs once.
    SWAP = ("import os,select,sys\n"
            "print('swapping', flush=True)\n"
            "def away():\n try: os.unlink('r.json')\n except OSError: pass\n"
            "def link():\n try: os.symlink(sys.argv[1], 'r.json')\n except OSError: pass\n"
            "while not select.select([0], [], [], 0)[0]:\n"
            " away(); link(); away()\n"
            " try: open('r.json', 'x').close()\n except OSError: pass\n"
            "away(); link()\n")

    def test_a_receipt_is_not_written_through_a_link_that_the_program_planted(self):
        bench = self.bench
        target = os.path.join(bench.outside, "a")
        before = outside(bench)
        script = bench.write(os.path.join(bench.workspace, "swap.sh"), f"ln -sfn '{target}' r.json\n", 0o755)
        policy = self.policy_for_script(script)
        bench.caged(["sh", "swap.sh"], ["--policy", policy, "--receipt", os.path.join(bench.workspace, "r.json")])
        self.assertTrue(os.path.islink(os.path.join(bench.workspace, "r.json")) or
                        os.path.isfile(os.path.join(bench.workspace, "r.json")), "the program planted its link")
        self.assertEqual(outside(bench), before, "the receipt went through the link")

    def test_nor_through_one_that_is_swapped_all_the_time(self):
        bench = self.bench
        target = os.path.join(bench.outside, "a")
        before = outside(bench)
        policy = self.policy_for_script(bench.write(os.path.join(bench.workspace, "swap.sh"), "", 0o755))
        for _ in range(10):
            swapping = bench.start(["python3", "-c", self.SWAP, target], stdin=subprocess.PIPE)
            swapping.stdout.readline()
            bench.caged(["true"], ["--policy", policy, "--receipt", os.path.join(bench.workspace, "r.json")])
            _, err = swapping.communicate()
            self.assertEqual((swapping.returncode, err), (0, b""))
        self.assertTrue(os.path.islink(os.path.join(bench.workspace, "r.json")), "it was swapped")
        self.assertEqual(outside(bench), before)

    def policy_for_script(self, script):
        return self.bench.write(os.path.join(self.bench.home, "policy.yaml"), f"""version: 1
name: swap
levels: {{start: 30, max: 30}}
files:
  read: ["/usr/**", "/bin/**", "/lib/**", "/lib64/**", "/etc/**"]
  write: ["./**"]
environment: {{set: {{PATH: "/usr/bin:/bin"}}}}
commands:
  - {{id: swap, decision: allow, argv: [sh, {os.path.basename(script)}]}}
  - {{id: "true", decision: allow, argv: ["true"]}}
degradations: {accepted_losses()}
""")


class F04_HardLink(AttackCase):
    def test_a_hard_link_leads_to_its_inode_only_where_the_workspace_may_be_written(self):
        def link(bench):
            os.link(os.path.join(bench.outside, "a"), os.path.join(bench.workspace, "linked"))
            return {"name": "linked"}
        # Directly written workspaces (the default until sessions) share inodes with the
        # host; the manual says so. What can be promised is that --read-only holds it.
        self.attack("F04", link, options=["--read-only"],
                    effect=lambda bench: tree_state(bench.outside)["a"][4])

    def test_the_report_says_that_the_workspace_is_written_directly(self):
        run = self.bench.caged(["true"])
        self.assertIn("direct", " ".join(run.report["notes"]).lower())


class F05_LinkAnInodeIn(AttackCase):
    def test_no_outside_inode_gets_a_name_in_the_workspace(self):
        self.attack("F05", to_outside, effect=outside,
                    without={"empty-path": "linking by descriptor alone needs a capability"})


class F11_ReadASecret(AttackCase):
    def secrets_seen(self, run):
        found = []
        for where, _, names in os.walk(self.bench.workspace):
            for name in names:
                with open(os.path.join(where, name), "rb") as file:
                    if self.bench.secret.encode() in file.read():
                        found.append(name)
        return self.bench.secret in run.out, found

    def test_no_way_of_reading_it_works(self):
        for caged in (False, True):
            with self.subTest(caged=caged):
                bench = self.fresh()
                fd = os.open(bench.secret_file, os.O_RDONLY)
                try:
                    command = bench.victim_command("F11", secret=bench.secret_file, fd=fd)
                    if caged:
                        run = bench.caged(command, pass_fds=[fd])
                    else:
                        run = bench.call(command, pass_fds=[fd])
                finally:
                    os.close(fd)
                if caged:
                    self.caged_probes(run, control)
                    self.assertEqual(self.secrets_seen(run), (False, []), str(run))
                else:
                    # The copies by descriptor start where the first read left off.
                    self.control_probes(run, {"copy-range": "across file systems",
                                              "inherited-read": "", "proc-fd": ""})
                    said, written = self.secrets_seen(run)
                    self.assertTrue(said and written, str(run))
                    control = run

    def test_what_the_system_keeps_secret_is_hidden_too(self):
        if not IS_ROOT:
            self.skipTest("/etc/shadow is closed to an ordinary user without a cage")
        control = self.bench.call(["cat", "/etc/shadow"])
        self.assertEqual(control.code, 0, str(control))
        caged = self.bench.caged(["cat", "/etc/shadow"])
        self.assertNotEqual(caged.code, 0, str(caged))
        self.assertNotIn("root:", caged.out)

    def test_the_home_and_run_and_other_peoples_folders_are_not_there(self):
        for path in (self.bench.home, "/home", "/root", "/run", "/var", "/srv", "/mnt", "/sys/fs"):
            with self.subTest(path=path):
                if not os.path.isdir(path) or not os.access(path, os.R_OK) or not os.listdir(path):
                    continue
                run = self.bench.caged(["ls", "-A", path])
                self.assertTrue(run.code != 0 or run.out.strip() == "" or
                                set(run.out.split()) <= {"tmp", "lock"}, str(run))


class F12_OtherProcesses(AttackCase):
    def test_nothing_of_them_is_in_proc(self):
        for caged in (False, True):
            with self.subTest(caged=caged):
                bench = self.fresh()
                sleeper = Sleeper(os.path.join(bench.top, "signals"))
                try:
                    command = bench.victim_command("F12", pid=sleeper.pid, secret=bench.secret_file)
                    run = bench.caged(command) if caged else bench.call(command)
                finally:
                    sleeper.close()
                if caged:
                    self.caged_probes(run, control)
                    self.assertNotIn(sleeper.secret, run.out)
                    self.assertNotIn(bench.secret, run.out)
                else:
                    self.control_probes(run, {"init-root": "the machine's init is closed to this user"})
                    self.assertIn(sleeper.secret, run.out)
                    control = run


class F13_FileHandles(AttackCase):
    def test_no_handle_is_given_or_taken(self):
        self.attack("F13", lambda bench: {"secret": bench.secret_file},
                    without=bare_excuse("open") if IS_ROOT else {"open": "needs a capability"})


class F14_NamelessFile(AttackCase):
    def test_it_cannot_be_linked_outside(self):
        self.attack("F14", to_outside, effect=outside)


class F15_Devices(AttackCase):
    def test_no_device_can_be_made_or_opened(self):
        self.attack("F15", lambda bench: {}, without={
            "open-.*": "not on this machine, or not for this user",
            "mknod-block": "closed by this machine's device group",
            **(bare_excuse("mknod-.*") if IS_ROOT else {"mknod-.*": "needs a capability"})})

    def test_dev_holds_the_harmless_ones_only(self):
        run = self.bench.caged(["ls", "-A", "/dev"])
        if bench_module.BARE:  # the machine's own, of which single nodes are open
            self.assertEqual((run.code, run.out), (2, ""), str(run))
            return
        self.assertEqual(run.code, 0, str(run))
        self.assertLessEqual(set(run.out.split()), {
            "null", "zero", "full", "random", "urandom", "tty", "ptmx", "pts", "shm", "fd",
            "stdin", "stdout", "stderr", "console", "mqueue"})


class F17_MarksOnFiles(AttackCase):
    # A file capability (cap_setuid, permitted and effective), an attribute of the
    # administrator's, and the flags that keep an owner from changing a file.
    TRY = """import fcntl, os, struct
open("marked", "w").close()
def tried(name, act):
    try: act(); print("got", name)
    except OSError as e: print("no", name, e.errno)
def flag(bits):
    fd = os.open("marked", os.O_RDONLY)
    try: fcntl.ioctl(fd, 0x40086602, struct.pack("l", bits))
    finally: os.close(fd)
capability = struct.pack("<IIIII", 0x02000001, 1 << 7, 0, 0, 0)
tried("capability", lambda: os.setxattr("marked", "security.capability", capability))
tried("trusted", lambda: os.setxattr("marked", "trusted.mark", b"x"))
tried("immutable", lambda: flag(0x10))
tried("append-only", lambda: flag(0x20))
flag(0) if os.geteuid() == 0 else None
"""
    NAMES = ("capability", "trusted", "immutable", "append-only")

    def test_no_file_is_marked_for_the_host(self):
        bench = self.bench
        control = bench.call(["python3", "-c", self.TRY])
        happened = [name for name in self.NAMES if f"got {name}\n" in control.out]
        if IS_ROOT:
            self.assertIn("capability", happened, str(control))
        caged = self.fresh().caged(["python3", "-c", self.TRY.replace("flag(0) if", "0 if")])
        self.assertEqual([line.split()[:2] for line in caged.out.splitlines()][:4],
                         [["no", name] for name in self.NAMES], str(caged))
        if not happened:
            self.skip_without_control({"": "needs a capability"})


class F19_KernelFiles(AttackCase):
    def test_no_setting_of_the_kernel_can_be_written(self):
        # Opening for writing is enough to show it; nothing is written.
        self.attack("F19", lambda bench: {}, without={
            "(read|write):.*": "not on this machine, or not for this user"},
            allowed={"read:/proc/(kallsyms|timer_list|vmallocinfo|keys|config.gz)":
                     "holds nothing secret to whoever has no capability"})


class F20_LeftOpen(AttackCase):
    def test_no_descriptor_leads_outside(self):
        for caged in (False, True):
            with self.subTest(caged=caged):
                bench = self.fresh()
                before = outside(bench)
                directory = os.open(bench.outside, os.O_RDONLY | os.O_DIRECTORY)
                waiting = os.open(os.path.join(bench.outside, "b"), os.O_WRONLY | os.O_APPEND)
                ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
                try:
                    socket.send_fds(ours, [b"x"], [waiting])
                    command = bench.victim_command("F20", dirfd=directory)
                    options = {"pass_fds": [directory], "stdin": theirs.fileno()}
                    run = bench.caged(command, **options) if caged else bench.call(command, **options)
                finally:
                    for fd in (directory, waiting):
                        os.close(fd)
                    ours.close()
                    theirs.close()
                if caged:
                    self.caged_probes(run, control)
                    self.assertEqual(outside(bench), before, str(run))
                else:
                    self.control_probes(run)
                    self.assertNotEqual(outside(bench), before)
                    control = run


class F24_WatchesAndLocks(AttackCase):
    TRY = """import ctypes, fcntl, os, sys
libc = ctypes.CDLL(None)
folder, file = sys.argv[1], os.path.join(sys.argv[1], "a")
notify = libc.inotify_init1(0)
def tried(name, act):
    try: act(); print("got", name)
    except OSError: print("no", name)
def watch(path):
    if libc.inotify_add_watch(notify, path.encode(), 0xfff) < 0: raise OSError
def hold(how):
    fd = os.open(file, os.O_RDONLY)
    how(fd)
tried("watch-folder", lambda: watch(folder))
tried("watch-file", lambda: watch(file))
tried("lock", lambda: hold(lambda fd: fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)))
tried("lease", lambda: hold(lambda fd: fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_RDLCK)))
"""

    def test_nothing_outside_can_be_watched_locked_or_leased(self):
        bench = self.bench
        command = ["python3", "-c", self.TRY, bench.outside]
        names = ("watch-folder", "watch-file", "lock", "lease")
        control = bench.call(command)
        self.assertEqual(control.out.split("\n")[:4], [f"got {name}" for name in names], str(control))
        caged = bench.caged(command)
        self.assertEqual(caged.out.split("\n")[:4], [f"no {name}" for name in names], str(caged))


class F25_DanglingLink(AttackCase):
    def test_nothing_is_made_at_the_other_end(self):
        self.attack("F25", to_outside, effect=lambda bench: sorted(os.listdir(bench.outside)))


class E03_OwnFiles(AttackCase):
    """Bailey's home, also where the workspace contains it."""

    def own_files(self):
        made = self.bench.bailey("init")
        self.assertEqual(made.code, 0, str(made))
        files = []
        for where, _, names in os.walk(self.bench.bailey_home):
            files += [os.path.join(where, name) for name in sorted(names)]
        self.assertTrue(files)
        return files

    def check(self, workspace):
        files = self.own_files()
        victim = os.path.join(workspace, "victim")
        if not os.path.exists(victim):
            shutil.copy(self.bench.victim, victim)
        # Under their own names: what a link leads to is another path, and may be in view.
        files = [os.path.realpath(path) for path in files]
        command = [victim, "E03", "paths=" + ":".join(files)]
        keys = {path: state for path, state in tree_state(self.bench.bailey_home).items() if "key" in path}
        self.assertTrue(keys)
        run = self.bench.caged(command, ["--workspace", workspace], cwd=workspace)
        self.caged_probes(run, None)
        self.assertEqual({path: state for path, state in tree_state(self.bench.bailey_home).items()
                          if "key" in path}, keys)
        verified = self.bench.bailey("log", "verify")
        self.assertEqual(verified.code, 0, str(verified))
        control = subprocess.run(command, cwd=workspace, capture_output=True, check=True)
        self.assertIn(b"LOOT own", control.stdout)
        self.assertEqual([path for path in files if os.path.exists(path)], [], "the control removed them all")

    def test_they_are_out_of_reach(self):
        self.check(self.bench.workspace)

    def test_also_when_the_workspace_is_the_home_that_holds_them(self):
        self.check(self.bench.home)

    def test_also_by_way_of_a_bailey_home_that_is_named_through_a_link(self):
        real = self.bench.make("workspace/state", 0o700)
        link = os.path.join(self.bench.top, "link")
        os.symlink(real, link)
        self.bench.bailey_home = link
        self.check(self.bench.workspace)


if __name__ == "__main__":
    unittest.main()
