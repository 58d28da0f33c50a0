"""What holds a cage without namespaces alone (spec/cage-without-namespaces.md). Runs where there is no
user namespace: `run_attacks.py --without-user-namespaces`, or a machine that lacks them."""

import os
import re
import shutil
import signal
import stat
import textwrap
import unittest

import bench as bench_module
from bench import AttackCase, accepted_losses
from witness import Sleeper, processes_with, tree_state, wait_until

# Says of each act whether it could be done: "got NAME", or "no NAME ERRNO".
TRIED = """
import ctypes, errno, fcntl, os, resource, signal, socket, struct, sys, time
libc = ctypes.CDLL(None, use_errno=True)
def call(name, *arguments):
    if getattr(libc, name)(*arguments) < 0: raise OSError(ctypes.get_errno(), name)
def system(number, *arguments):
    result = libc.syscall(number, *arguments)
    if result < 0: raise OSError(ctypes.get_errno(), str(number))
    return result
def tried(name, act):
    try: act(); print("got", name, flush=True)
    except OSError as error: print("no", name, errno.errorcode.get(error.errno, error.errno), flush=True)
"""


def outcomes(run):
    return {name: word for word, name in re.findall(r"^(got|no) (\S+)", run.out, re.M)}


@unittest.skipUnless(bench_module.BARE, "there are user namespaces here")
class BareCase(AttackCase):
    def python(self, code):
        return ["/usr/bin/python3", "-c", TRIED + textwrap.dedent(code)]

    def policy(self, files):
        return ["--policy", self.bench.write(os.path.join(self.bench.top, "bare.yaml"), f"""version: 1
name: bare
levels: {{start: 30, max: 40}}
files: {files}
environment: {{set: {{PATH: "/usr/bin:/bin", HOME: "/tmp", TMPDIR: "/tmp"}}}}
commands: [{{id: any, decision: allow, argv: ["**"]}}]
degradations: {accepted_losses()}
""")]

    SYSTEM = '"/usr/**", "/bin/**", "/lib/**", "/lib64/**", "/etc/**"'

    def refused(self, code, names, effect=None, options=(), excused=()):
        """Each act happens without a cage and none does in it; `effect(bench)` stays as it was."""
        control = self.bench.call(self.python(code(self.bench)))
        self.assertEqual({name: "got" for name in names},
                         {name: "got" if name in excused else outcomes(control).get(name)
                          for name in names}, str(control))
        bench = self.fresh()
        before = effect(bench) if effect else None
        given = options(bench) if callable(options) else options
        caged = bench.caged(self.python(code(bench)), given)
        self.assertEqual({name: "no" for name in names},
                         {name: outcomes(caged).get(name) for name in names}, str(caged))
        if effect:
            self.assertEqual(effect(bench), before, str(caged))
        return caged


class Told(BareCase):
    def test_people_read_that_one_wall_stands_and_what_there_is_not(self):
        run = self.bench.bailey("run", *self.policy(f"{{read: [{self.SYSTEM}], write: [\"./**\"]}}"),
                                "--", "true")
        self.assertEqual(run.code, 0, str(run))
        self.assertRegex(run.err, r"10 of 20 layers proven, one wall: without namespaces, a root and a"
                                  r" /proc of its own\n")


class ChangesByName(BareCase):
    """chmod and its kin, which Landlock does not judge and the warden does."""

    ACTS = """
        path, link = os.path.join({outside!r}, "a"), "link"
        os.symlink(path, link)
        fd = os.open(path, os.O_RDONLY)
        tried("chmod", lambda: os.chmod(path, 0o600))
        tried("chmod-link", lambda: os.chmod(link, 0o601))
        tried("fchmod", lambda: os.fchmod(fd, 0o602))
        tried("fchmodat2", lambda: system(452, fd, b"", 0o603, 0x1000))
        tried("chmod-relative", lambda: os.chmod(os.path.relpath(path), 0o604))
        tried("chmod-proc", lambda: os.chmod(f"/proc/self/fd/{{fd}}", 0o605))
        tried("utime", lambda: os.utime(path, (1, 1)))
        tried("futimens", lambda: os.utime(fd, (2, 2)))
        tried("utime-link", lambda: os.utime(link, (3, 3)))
        tried("xattr", lambda: os.setxattr(path, "user.x", b"1"))
        tried("fxattr", lambda: os.setxattr(fd, "user.y", b"1"))
        flags = struct.pack("l", 0x40)  # nodump: an owner may
        tried("flags", lambda: fcntl.ioctl(fd, 0x40086602, flags))
        tried("chown", lambda: os.chown(path, -1, -1))
    """
    NAMES = ("chmod", "chmod-link", "fchmod", "fchmodat2", "chmod-relative", "chmod-proc", "utime",
             "futimens", "utime-link", "xattr", "fxattr", "flags", "chown")

    def reading(self, bench):
        return self.policy(f'{{read: [{self.SYSTEM}, "{bench.outside}/**"], write: ["./**"]}}')

    def test_a_file_that_may_only_be_read_is_not_changed(self):
        self.refused(lambda bench: self.ACTS.format(outside=bench.outside), self.NAMES,
                     effect=lambda bench: tree_state(bench.outside), options=self.reading,
                     excused=("xattr", "fxattr", "flags", "fchmodat2"))

    def test_what_the_workspace_holds_is_changed_as_asked(self):
        code = """
            open("mine", "w").close(); os.mkdir("folder"); os.symlink("mine", "link")
            fd = os.open("mine", os.O_RDONLY)
            os.chmod("mine", 0o751); print(oct(os.stat("mine").st_mode & 0o7777))
            os.fchmod(fd, 0o640); print(oct(os.stat("mine").st_mode & 0o7777))
            os.chmod(os.path.abspath("link"), 0o604); print(oct(os.stat("mine").st_mode & 0o7777))
            os.chmod("folder", 0o1700); print(oct(os.stat("folder").st_mode & 0o7777))
            os.utime("mine", (5, 6)); print(int(os.stat("mine").st_mtime))
            os.utime("mine", ns=(7, 8_000_000_009)); print(os.stat("mine").st_mtime_ns)
            os.utime("link", (9, 9), follow_symlinks=False); print(int(os.lstat("link").st_mtime))
            os.utime(fd); print(abs(os.stat("mine").st_mtime - time.time()) < 60)
            os.chown("mine", -1, os.getgid()); os.fchown(fd, os.getuid(), -1)
            own = os.path.join(os.environ["TMPDIR"], "own"); open(own, "w").close(); os.chmod(own, 0o611)
            print(oct(os.stat(own).st_mode & 0o7777))
            tried("set-user-id", lambda: os.chmod("mine", 0o4755))
            tried("to-another", lambda: os.chown("mine", 12345, -1))
            tried("missing", lambda: os.chmod("nothing", 0o600))
            tried("bad-descriptor", lambda: os.fchmod(77, 0o600))
        """
        run = self.bench.caged(self.python(code))
        self.assertEqual(run.out.split("\n"), [
            "0o751", "0o640", "0o604", "0o1700", "6", "8000000009", "9", "True", "0o611",
            "no set-user-id EPERM", "no to-another EPERM", "no missing ENOENT", "no bad-descriptor EBADF",
            ""], str(run))

    def test_tools_that_set_modes_and_times_work(self):
        script = ("set -e; echo x > f; cp -p f g; install -m 755 f h; test -x h; tar cf t.tar f g h; "
                  "mkdir out; tar xpf t.tar -C out; test -x out/h; touch -d @5 f; sed -i s/x/y/ f; echo ALL")
        run = self.bench.caged(["sh", "-c", script])
        self.assertIn("ALL", run.out, str(run))
        self.assertEqual(run.report["events"], [], str(run))

    def test_a_compiler_makes_a_program_that_runs(self):
        if not shutil.which("gcc"):
            self.skipTest("no gcc here")
        self.bench.write(os.path.join(self.bench.workspace, "x.c"), "int main(void) { return 7; }\n")
        run = self.bench.caged(["sh", "-c", "gcc -o x x.c && ./x; echo CODE $?"])
        self.assertIn("CODE 7", run.out, str(run))

    def test_exchanging_what_a_name_leads_to_reaches_nothing_outside(self):
        bench = self.bench
        before = tree_state(bench.outside)
        run = bench.caged(self.python(f"""
            import threading
            outside, done = {os.path.join(bench.outside, "a")!r}, []
            open("mine", "w").close()
            def swap():
                while not done:
                    for target in ("mine", outside):
                        try: os.unlink("way")
                        except OSError: pass
                        os.symlink(target, "way")
            def overwrite(buffer, texts):
                while not done:
                    for text in texts: ctypes.memmove(buffer, text, len(text))
            texts = [os.path.abspath("mine").encode() + b"\\0", outside.encode() + b"\\0"]
            buffer = ctypes.create_string_buffer(max(texts, key=len), 4096)
            workers = [threading.Thread(target=swap), threading.Thread(target=overwrite, args=(buffer, texts))]
            for worker in workers: worker.start()
            worked = 0
            end = time.time() + 3
            while time.time() < end:
                worked += libc.chmod(b"way", 0o642) == 0
                worked += libc.chmod(buffer, 0o642) == 0
            done.append(1)
            for worker in workers: worker.join()
            print("WORKED", worked)
        """))
        worked = re.search(r"WORKED (\d+)", run.out)
        self.assertIsNotNone(worked, str(run))
        self.assertGreater(int(worked[1]), 50, "the inside was reached many times")
        self.assertEqual(tree_state(bench.outside), before)


class Carved(BareCase):
    """Places within a folder that is open, which Landlock cannot except."""

    def test_what_is_hidden_in_the_workspace_stays_closed_and_its_neighbours_open(self):
        bench = self.bench
        os.makedirs(os.path.join(bench.workspace, "deep/er/hidden"))
        for name in ("deep/er/hidden/key", "deep/er/open", "deep/beside", "top"):
            bench.write(os.path.join(bench.workspace, name), f"content of {name}\n")
        before = tree_state(os.path.join(bench.workspace, "deep/er/hidden"))
        options = self.policy(f'{{read: [{self.SYSTEM}], write: ["./**"], hide: ["{bench.workspace}/deep/er/hidden/**"]}}')
        run = bench.caged(self.python("""
            for path in ("deep/er/open", "deep/beside", "top"):
                print(open(path).read().strip()); open(path, "a").write("more\\n")
            for name, act in (
                    ("read", lambda: open("deep/er/hidden/key").read()),
                    ("write", lambda: open("deep/er/hidden/key", "a")),
                    ("create", lambda: open("deep/er/hidden/new", "w")),
                    ("list", lambda: os.listdir("deep/er/hidden")),
                    ("remove", lambda: os.unlink("deep/er/hidden/key")),
                    ("truncate", lambda: os.truncate("deep/er/hidden/key", 0)),
                    ("chmod", lambda: os.chmod("deep/er/hidden/key", 0o777)),
                    ("rename-in", lambda: os.rename("top", "deep/er/hidden/top")),
                    ("rename-out", lambda: os.rename("deep/er/hidden/key", "key")),
                    ("rename-itself", lambda: os.rename("deep/er/hidden", "seen")),
                    ("rename-parent", lambda: os.rename("deep/er", "seen")),
                    ("rename-grandparent", lambda: os.rename("deep", "seen")),
                    ("link", lambda: os.link("deep/er/hidden/key", "seen")),
                    ("exec", lambda: os.execv("deep/er/hidden/key", ["x"]))):
                tried(name, act)
        """), options)
        self.assertEqual(run.code, 0, str(run))
        for name in ("deep/er/open", "deep/beside", "top"):
            self.assertIn(f"content of {name}", run.out)
        self.assertEqual({name for name, word in outcomes(run).items() if word != "no"}, set(), str(run))
        self.assertEqual(len(outcomes(run)), 14, str(run))
        self.assertEqual(tree_state(os.path.join(bench.workspace, "deep/er/hidden")), before)
        self.assertNotIn("deep/er/hidden/key\n", run.out)

    def test_rules_of_the_project_are_read_and_not_written(self):
        bench = self.bench
        os.mkdir(os.path.join(bench.workspace, ".bailey"))
        os.mkdir(os.path.join(bench.workspace, "src"))
        bench.write(os.path.join(bench.workspace, ".bailey/policy.yaml"), "version: 1\n")
        before = tree_state(os.path.join(bench.workspace, ".bailey"))
        run = bench.caged(self.python("""
            print(open(".bailey/policy.yaml").read().strip(), os.listdir("."))
            open("src/new", "w").close()
            tried("write", lambda: open(".bailey/policy.yaml", "w"))
            tried("create", lambda: open(".bailey/other", "w"))
            tried("remove", lambda: os.unlink(".bailey/policy.yaml"))
            tried("move", lambda: os.rename(".bailey", "src/gone"))
            tried("chmod", lambda: os.chmod(".bailey/policy.yaml", 0o600))
        """))
        self.assertIn("version: 1", run.out, str(run))
        self.assertEqual(set(outcomes(run).values()), {"no"}, str(run))
        self.assertEqual(tree_state(os.path.join(bench.workspace, ".bailey")), before)
        self.assertTrue(os.path.exists(os.path.join(bench.workspace, "src/new")))


class OtherProcesses(BareCase):
    def test_nothing_about_them_is_changed(self):
        for caged in (False, True):
            with self.subTest(caged=caged):
                bench = self.fresh()
                sleeper = Sleeper(os.path.join(bench.top, "signals"))
                try:
                    code = f"""
                        pid = {sleeper.pid}
                        def owned():
                            ends = os.pipe()
                            fcntl.fcntl(ends[0], fcntl.F_SETOWN, pid)
                            fcntl.fcntl(ends[0], 10, signal.SIGUSR1)  # F_SETSIG
                            fcntl.fcntl(ends[0], fcntl.F_SETFL, os.O_ASYNC)
                            os.write(ends[1], b"x"); time.sleep(0.2)
                        tried("priority", lambda: os.setpriority(os.PRIO_PROCESS, pid, 5))
                        tried("limit", lambda: resource.prlimit(pid, resource.RLIMIT_NOFILE))
                        tried("affinity", lambda: os.sched_setaffinity(pid, {{0}}))
                        tried("scheduler", lambda: os.sched_setscheduler(pid, os.SCHED_BATCH, os.sched_param(0)))
                        tried("io-priority", lambda: system(251, 1, pid, (3 << 13)))
                        tried("pidfd", lambda: os.pidfd_open(pid))
                        if {caged}: tried("all-of-the-user", lambda: os.setpriority(os.PRIO_USER, 0, 19))
                        owned()
                        print("OVER")
                    """
                    command = self.python(code)
                    run = bench.caged(command) if caged else bench.call(command)
                    nice = os.getpriority(os.PRIO_PROCESS, sleeper.pid)
                    untouched = sleeper.untouched()
                finally:
                    sleeper.close()
                self.assertIn("OVER", run.out, str(run))
                words = set(outcomes(run).values())
                if caged:
                    self.assertEqual((words, nice, untouched), ({"no"}, 0, True), str(run))
                else:
                    self.assertEqual((words, nice, untouched), ({"got"}, 5, False), str(run))

    def test_nobody_takes_a_signal_from_it(self):
        code = """
            tried("parent", lambda: os.kill(os.getppid(), 0))
            reached = []
            for pid in range(1, os.getpid() + 64):
                try: os.kill(pid, 0)
                except OSError: continue
                if pid != os.getpid(): reached.append(pid)
            print("REACHED", len(reached))
        """
        control = self.bench.call(self.python(code))
        self.assertIn("got parent", control.out, str(control))
        self.assertNotIn("REACHED 0", control.out, str(control))
        run = self.bench.caged(self.python(code))
        self.assertEqual(run.out, "no parent EPERM\nREACHED 0\n", str(run))

    def test_its_init_cannot_be_stopped_or_killed(self):
        code = """
            for number in (signal.SIGSTOP, signal.SIGTERM, signal.SIGKILL):
                try: os.kill(os.getppid(), number)
                except OSError: pass
            time.sleep(0.3); print("OVER")
        """
        # The shell is its parent, and is not spared.
        control = self.bench.call(["sh", "-c", '"$@"; echo SURVIVED', "sh", *self.python(code)])
        self.assertNotIn("SURVIVED", control.out, str(control))
        run = self.bench.caged(self.python(code))
        self.assertEqual((run.out, run.code), ("OVER\n", 0), str(run))

    def test_its_own_settings_are_its_own(self):
        run = self.bench.caged(self.python("""
            os.nice(1); os.setpriority(os.PRIO_PROCESS, 0, 7); os.sched_setaffinity(0, {0})
            resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100)); print("OVER")
        """))
        self.assertIn("OVER", run.out, str(run))


class SharedWithTheMachine(BareCase):
    def test_nothing_is_shared_watched_or_served(self):
        # All but what needs an instance of its own are tried by name.
        self.refused(lambda bench: f"""
            path = {bench.outside!r}
            notify = libc.inotify_init1(0)
            tried("shm", lambda: call("shmget", 0, 4096, 0o600))
            tried("sem", lambda: call("semget", 0, 1, 0o600))
            tried("msg", lambda: call("msgget", 0, 0o600))
            def queue():
                name = b"/bailey-" + str(os.getpid()).encode()
                fd = system(240, name[1:], os.O_CREAT | os.O_RDWR, 0o600, None)
                system(241, name[1:]); os.close(fd)
            tried("mq", queue)
            tried("watch", lambda: call("inotify_add_watch", notify, path.encode(), 0xfff))
            tried("tcp", lambda: socket.socket(socket.AF_INET).listen())
            tried("udp", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            tried("netlink", lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW))
            def named():
                with socket.socketpair()[0] as end: end.bind("\\0bailey-" + str(os.getpid()))
            tried("name-a-pair", named)
        """, ("shm", "sem", "msg", "mq", "watch", "tcp", "udp", "netlink", "name-a-pair"),
            excused=("mq",))

    def test_pairs_and_pipes_still_work(self):
        run = self.bench.caged(self.python("""
            a, b = socket.socketpair(); a.send(b"x"); print(b.recv(1))
            import multiprocessing, subprocess
            print(subprocess.run(["sh", "-c", "cat <&0 | tr a b"], input=b"aa", capture_output=True).stdout)
        """))
        self.assertIn("b'x'\nb'bb'", run.out, str(run))


class Ends(BareCase):
    """However Bailey's own processes end, nothing goes on."""

    def setUp(self):
        super().setUp()
        # A warden that is killed leaves its folder behind, and is killed here.
        before = set(self.folders())
        self.addCleanup(lambda: [shutil.rmtree(path, True)
                                 for path in set(self.folders()) - before if os.access(path, os.W_OK)])

    @staticmethod
    def folders():
        return [f"/tmp/{name}" for name in os.listdir("/tmp") if re.fullmatch(r"bailey-\d+", name)]

    @staticmethod
    def children(pid):
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return [int(word) for word in file.read().split()]

    def init_of(self, bailey):
        return self.children(self.children(bailey)[0])[0]

    def family(self, bailey):
        """(warden, init, guard) of a run, by their place in the tree."""
        init = self.init_of(bailey)
        guard = next(pid for pid in self.children(init)
                     if os.path.basename(self.executable(pid)) != "victim")
        return self.children(bailey)[0], init, guard

    def start(self, bench, *arguments):
        started = bench.start(bench.cage_command([bench.victim, *arguments, f"mark={bench.token}"]))
        self.addCleanup(started.communicate)
        return started

    def test_whoever_of_them_is_killed(self):
        for which in ((0,), (1,), (2, 1), (0, 1), (0, 2), (1, 2)):
            with self.subTest(which=[("warden", "init", "guard")[one] for one in which]):
                bench = self.fresh()
                started = self.start(bench, "N16-spin", "seconds=20", "processes=3")
                self.assertTrue(wait_until(lambda: len(processes_with(bench.token)) >= 4, 10), "it runs")
                family = self.family(started.pid)
                for one in which:
                    os.kill(family[one], signal.SIGKILL)
                self.assertTrue(wait_until(lambda: not self.inside(bench), 5), self.inside(bench))
                out, err = started.communicate(timeout=20)
                self.assertNotEqual(started.returncode, 0, (out, err))
                self.assertTrue(wait_until(lambda: not any(map(self.lives, family)), 3), family)

    @staticmethod
    def lives(pid):
        try:
            with open(f"/proc/{pid}/stat", encoding="ascii") as file:
                return file.read().rpartition(")")[2].split()[0] != "Z"
        except OSError:
            return False

    def inside(self, bench):
        """The victim's processes: Bailey's own have the mark in their command line as well."""
        return [pid for pid in processes_with(bench.token)
                if os.path.basename(self.executable(pid)) == "victim"]

    @staticmethod
    def executable(pid):
        try:
            return os.readlink(f"/proc/{pid}/exe")
        except OSError:
            return ""

    def test_daemons_and_a_killed_init(self):
        bench = self.bench
        command = bench.victim_command("N13", beat="beat", seconds=15, mark=bench.token)
        # What slipped away does so while the first process waits.
        started = bench.start(bench.cage_command(
            ["sh", "-c", " ".join(f"'{word}'" for word in command) + "; sleep 15"]))
        self.addCleanup(started.communicate)
        self.assertTrue(wait_until(lambda: len(self.inside(bench)) >= 4, 10), "daemons run")
        os.kill(self.init_of(started.pid), signal.SIGKILL)
        self.assertTrue(wait_until(lambda: not self.inside(bench), 5), self.inside(bench))

    def test_somebody_elses_process_is_never_killed(self):
        sleeper = Sleeper(os.path.join(self.bench.top, "signals"))
        self.addCleanup(sleeper.close)
        for command, options in ((["true"], []), (["sleep", "9"], ["--time", "1s"]),
                                 ([self.bench.victim, "N13", "beat=beat", "seconds=2"], [])):
            self.bench.caged(command, options)
        self.assertTrue(sleeper.untouched())

    def test_its_folder_goes_with_it_whatever_is_in_it(self):
        run = self.bench.caged(self.python("""
            top = os.environ["TMPDIR"]; print(top)
            os.chdir(top)
            for i in range(3000): open(f"f{i}", "w").close()
            for i in range(400):
                os.mkdir("d" * 200); open("x", "w").close(); os.symlink("/", "s"); os.chdir("d" * 200)
            os.chdir(top); os.mkdir("shut"); open("shut/x", "w").close(); os.chmod("shut", 0)
            os.mkfifo("pipe"); os.chmod(top, 0)
        """))
        self.assertEqual(run.code, 0, str(run))
        folder = os.path.dirname(run.out.strip())
        self.assertRegex(folder, r"^/tmp/bailey-\d+$")
        self.assertFalse(os.path.exists(folder))

    def test_nobody_else_may_look_into_it(self):
        started = self.bench.start(self.bench.cage_command(["sh", "-c", "echo $TMPDIR; sleep 3"]))
        folder = os.path.dirname(started.stdout.readline().decode().strip())
        self.assertEqual(stat.S_IMODE(os.stat(folder).st_mode), 0o700)
        started.communicate(timeout=30)
        self.assertTrue(wait_until(lambda: not os.path.exists(folder), 2))


if __name__ == "__main__":
    unittest.main()
