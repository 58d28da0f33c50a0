"""E01-E03, E05, E07, E08, E10, E13, E14: what Bailey itself does when it is attacked."""

import base64
import ctypes
import json
import os
import resource
import secrets
import shutil
import subprocess
import time
import unittest
import urllib.parse

from bench import IS_ROOT, AttackCase, accepted_losses
from witness import processes_with, tree_state, wait_until
import bench as bench_module

ANY = """version: 1
name: any
levels: {start: 30, max: 40}
files:
  read: ["/usr/**", "/bin/**", "/lib/**", "/lib64/**", "/etc/**"]
  write: ["./**"]
environment: {pass: [PLANTED], set: {PATH: "/usr/bin:/bin", HOME: "/tmp"}}
commands: [{id: any, decision: allow, argv: ["**"]}]
degradations: """ + accepted_losses() + "\n"


class E01_BrokenSetup(AttackCase):
    """The kernel itself takes something away; Bailey must refuse, never run weaker."""

    def refused(self, argv, bin_dir=None, **options):
        mark = os.path.join(self.bench.workspace, "ran")
        run = self.bench.call(argv + self.bench.cage_command(["touch", mark], bin_dir=bin_dir), **options)
        self.assertFalse(os.path.exists(mark), f"it ran\n{run}")
        self.assertNotEqual(run.code, 0, str(run))
        return run

    def setUp(self):
        super().setUp()
        self.assertEqual(self.bench.caged(["true"]).code, 0, "it works when nothing is taken away")

    def test_without_user_namespaces_it_refuses_and_says_so(self):
        take = "echo 0 > /proc/sys/user/max_user_namespaces"
        check = self.bench.call(["unshare", "--user", "--map-root-user", "sh", "-c",
                                 take + "; unshare -U true"])
        if check.code == 0 or bench_module.BARE:
            self.skipTest("user.max_user_namespaces cannot be lowered here, or is 0 already")
        namespace = ["unshare", "--user", "--map-root-user", "sh", "-c"]
        run = self.refused([*namespace, take + '; exec "$@"', "sh"], self.bench.own_bin())
        self.assertEqual(run.code, 120, str(run))
        self.assertIn("namespace", run.err.lower())

    def test_inside_another_cage_it_refuses(self):
        # The outer cage's filter refuses what the inner one needs. Bailey's programs are
        # copied into the workspace, because the outer cage hides where they come from.
        for name in ("bailey", "bailey-warden"):
            source = os.path.join(bench_module.BIN, name)
            if os.path.exists(source):
                shutil.copy(source, os.path.join(self.bench.workspace, name))
        inner_home = self.bench.make("workspace/inner", 0o700)
        mark = os.path.join(self.bench.workspace, "ran")
        run = self.bench.caged(["./bailey", "run", "--", "touch", mark],
                               ["--env", f"BAILEY_HOME={inner_home}", "--env", f"HOME={inner_home}"])
        self.assertFalse(os.path.exists(mark), str(run))
        self.assertNotEqual(run.code, 0, str(run))

    def test_with_a_lone_system_call_refused_it_refuses(self):
        calls = ("unshare", "clone", "clone3", "mount", "mount_setattr", "open_tree", "move_mount",
                 "fsopen", "fsconfig", "fsmount", "pivot_root", "seccomp", "landlock_create_ruleset",
                 "landlock_add_rule", "landlock_restrict_self", "pidfd_open", "close_range", "capset",
                 "openat2", "sethostname", "prlimit64", "memfd_create", "umount2", "setsid",
                 "fdatasync:5", "fsync:5", "unshare:38", "landlock_create_ruleset:38", "seccomp:38",
                 "close_range:38", "open_tree:38", "unshare:28", "clone:11", "openat2:24", "fsmount:12")
        for call in calls:
            with self.subTest(call=call):
                wrapper = [os.path.join(os.path.dirname(bench_module.VICTIM), "without"), call]
                if not os.path.exists(wrapper[0]):
                    self.fail(f"{wrapper[0]} is missing")
                control = self.bench.call(wrapper + ["true"])
                self.assertEqual(control.code, 0, str(control))
                mark = os.path.join(self.bench.workspace, "ran")
                run = self.bench.call(wrapper + self.bench.cage_command(["touch", mark]))
                if run.code == 0:
                    # Not needed on this path: then every layer must still be proven.
                    states = {layer["name"]: layer["state"] for layer in run.report["evidence"]["layers"]}
                    os.unlink(mark)
                    self.assertEqual(bench_module.weaker(states), set(), f"{call}: {states}")
                else:
                    self.assertFalse(os.path.exists(mark), f"{call}\n{run}")

    def limited(self, which, soft):
        def apply():
            resource.setrlimit(which, (soft, soft))
        return apply

    def test_with_too_few_descriptors_it_refuses_or_works_whole(self):
        for files in (3, 4, 6, 8, 12, 16):
            with self.subTest(files=files):
                mark = os.path.join(self.bench.workspace, f"ran-{files}")
                run = self.bench.call(self.bench.cage_command(["touch", mark]),
                                      preexec_fn=self.limited(resource.RLIMIT_NOFILE, files))
                if run.code == 0:
                    states = {layer["name"]: layer["state"] for layer in run.report["evidence"]["layers"]}
                    self.assertEqual(bench_module.weaker(states), set(), str(run))
                else:
                    self.assertFalse(os.path.exists(mark), str(run))

    def test_with_too_little_memory_it_refuses_or_works_whole(self):
        for mib in (4, 8, 16, 24, 48):
            with self.subTest(mib=mib):
                mark = os.path.join(self.bench.workspace, f"ran-{mib}")
                run = self.bench.call(self.bench.cage_command(["touch", mark]),
                                      preexec_fn=self.limited(resource.RLIMIT_AS, mib << 20))
                if run.code == 0:
                    states = {layer["name"]: layer["state"] for layer in run.report["evidence"]["layers"]}
                    self.assertEqual(bench_module.weaker(states), set(), str(run))
                else:
                    self.assertFalse(os.path.exists(mark), str(run))

    def test_with_no_process_to_spare_it_refuses(self):
        if IS_ROOT:
            self.skipTest("root is not held by the limit of processes")
        self.refused([], preexec_fn=self.limited(resource.RLIMIT_NPROC, 1))


class E02_Proof(AttackCase):
    def test_every_layer_is_proven_and_the_receipt_says_so(self):
        receipt = os.path.join(self.bench.top, "r.json")
        run = self.bench.caged(["true"], ["--receipt", receipt])
        self.assertEqual(run.code, 0, str(run))
        layers = {layer["name"]: layer["state"] for layer in run.report["evidence"]["layers"]}
        self.assertEqual(bench_module.weaker(layers), set())
        self.assertEqual({name for name, state in layers.items() if state != "proven"},
                         set(run.report["evidence"]["degradations"]))
        names = " ".join(layers).lower()
        for needed in ("user", "mount", "pid", "net", "ipc", "uts", "landlock", "seccomp", "capabilities",
                       "no_new_privs"):
            self.assertIn(needed, names.replace("mnt", "mount"))
        with open(receipt, encoding="utf-8") as file:
            leaf = base64.b64decode(json.load(file)["leaf"])
        recorded = json.loads(leaf[1:])["body"]["layers"]
        self.assertEqual({layer["name"]: layer["state"] for layer in recorded}, layers)


class E05_KilledSupervisor(AttackCase):
    def test_what_was_running_is_recorded_as_interrupted(self):
        bench = self.bench
        running = bench.start(bench.cage_command(["sleep", "30"]))
        self.assertTrue(wait_until(lambda: bench.bailey("log", "tail", "--json").out.strip() != "", 10))
        time.sleep(0.5)
        running.kill()
        running.communicate()
        after = bench.caged(["true"])
        self.assertEqual(after.code, 0, str(after))
        tail = bench.bailey("log", "tail", "--json")
        self.assertIn("interrupted", tail.out, str(tail))
        self.assertEqual(bench.bailey("log", "verify").code, 0)

    def test_at_any_moment(self):
        bench = self.bench
        self.assertEqual(bench.bailey("init").code, 0)
        for delay in (0.0, 0.001, 0.002, 0.004, 0.006, 0.008, 0.012, 0.02, 0.03, 0.05):
            mark = bench.token + str(delay)
            running = bench.start(bench.cage_command(["sleep", "5", mark][:2]))
            time.sleep(delay)
            running.kill()
            running.communicate()
        verified = bench.bailey("log", "verify")
        self.assertEqual(verified.code, 0, str(verified))
        self.assertEqual(bench.caged(["true"]).code, 0)


class E07_DeceptiveArguments(AttackCase):
    NASTY = ["\x1b]0;owned\x07", "\x1b[2J", "line\nbreak", "\u202eevil", "a\u200bb", "\x9b31m"]

    def test_they_arrive_byte_for_byte_and_are_shown_escaped(self):
        bench = self.bench
        for nasty in [text.encode() for text in self.NASTY] + [b"\xff\xfe bad utf-8"]:
            with self.subTest(argument=nasty):
                run = bench.call(bench.cage_command(["printf", "%s"]) + [nasty])
                self.assertEqual(run.code, 0, str(run))
                raw = subprocess.run(bench.cage_command(["printf", "%s"]) + [nasty], env=bench.environment(),
                                     cwd=bench.workspace, capture_output=True, check=True)
                self.assertEqual(raw.stdout, nasty)
                for shown in (bench.bailey("log", "tail"), bench.bailey("log", "tail", "--json")):
                    self.assertEqual(shown.code, 0)
                    self.assertNotRegex(shown.out, "[\x00-\x08\x0b-\x1f\x7f\x80-\x9f\u202e\u200b]")

    def test_as_the_programs_name(self):
        bench = self.bench
        for nasty in (b"./\x1b]0;owned\x07", b"./a\nb", "./\u202egpj.exe".encode(), b"./\xff"):
            with self.subTest(name=nasty):
                path = os.path.join(bench.workspace.encode(), nasty[2:])
                shutil.copy("/usr/bin/true", path)
                done = subprocess.run([*bench.cage_command([])[:-1], "--", nasty], env=bench.environment(),
                                      cwd=bench.workspace, capture_output=True, check=False)
                self.assertNotRegex(done.stderr.decode(errors="replace"), "[\x00-\x08\x0b-\x1f\x7f\u202e]")
                missing = subprocess.run([*bench.cage_command([])[:-1], "--", nasty + b"-missing"],
                                         env=bench.environment(), cwd=bench.workspace,
                                         capture_output=True, check=False)
                self.assertEqual(missing.returncode, 127, missing.stderr)
                self.assertNotRegex(missing.stderr.decode(errors="replace"), "[\x00-\x08\x0b-\x1f\x7f]")
                # Data may hold any letter; what people read may not.
                told = bench.call([os.path.join(bench_module.BIN, "bailey"), "run", "--", nasty + b"-missing"])
                self.assertEqual(told.code, 127, str(told))
                self.assertNotRegex(told.err, "[\x00-\x08\x0b-\x1f\x7f\u202e]")

    def test_very_long_ones(self):
        run = self.bench.caged(["printf", "%s", "x" * (127 << 10)])
        self.assertEqual(run.code, 0, run.err[-500:])
        self.assertEqual(len(run.out), 127 << 10)
        many = self.bench.caged(["true", *(["y" * 1000] * 900)])
        self.assertEqual(many.code, 0, many.err[-500:])
        self.assertEqual(self.bench.bailey("log", "verify").code, 0)


class E08_Secrets(AttackCase):
    """Secrets planted at random are nowhere below the home afterwards, in no form."""

    @staticmethod
    def forms(secret):
        raw = secret.encode()
        forms = {raw, raw[:len(raw) // 2], raw[len(raw) // 2:], raw[4:20], raw.hex().encode(),
                 raw[::-1], urllib.parse.quote(secret).encode()}
        for shift in range(3):
            # The part of the base64 text that does not depend on what stands around it.
            text = base64.b64encode(b"\0" * shift + raw)
            forms.add(text[4:-4])
            forms.add(base64.urlsafe_b64encode(b"\0" * shift + raw)[4:-4])
        return forms

    def found(self, directory, secrets_by_name):
        hits = []
        for where, folders, names in os.walk(directory):
            for name in names + folders:
                path = os.path.join(where, name)
                content = b""
                if os.path.isfile(path) and not os.path.islink(path):
                    with open(path, "rb") as file:
                        content = file.read()
                for kind, secret in secrets_by_name.items():
                    for form in self.forms(secret):
                        if form in content or form in os.fsencode(name):
                            hits.append((kind, os.path.relpath(path, directory), form[:12]))
        return hits

    def test_no_secret_reaches_the_home(self):
        bench = self.bench
        policy = bench.write(os.path.join(bench.top, "policy.yaml"), ANY)
        secret = {kind: secrets.token_urlsafe(24) for kind in (
            "argument", "flag", "environment", "passed", "output", "error", "input", "split", "denied", "file")}
        both = base64.b64encode(secret["output"].encode()).decode()
        script = (f"import sys,os,time\nprint('{secret['output']}'); print('{both}'); "
                  f"print('{secret['output'].encode().hex()}')\n"
                  f"print('{secret['error']}', file=sys.stderr)\n"
                  f"s='{secret['split']}'\n"
                  "for c in s: sys.stdout.write(c); sys.stdout.flush(); time.sleep(0.002)\n"
                  "print(os.environ.get('PLANTED'), sys.stdin.read())\n")
        bench.write(os.path.join(bench.workspace, f"{secret['file']}.py"), script)
        receipt = os.path.join(bench.bailey_home, "kept-receipt.json")
        self.assertEqual(bench.bailey("init").code, 0)
        read_end, write_end = os.pipe()
        os.write(write_end, secret["input"].encode())
        os.close(write_end)
        run = bench.caged(
            ["python3", f"{secret['file']}.py", secret["argument"], f"--token={secret['flag']}",
             "Authorization: Bearer " + secret["argument"]],
            ["--policy", policy, "--env", f"GIVEN={secret['environment']}", "--env", "PLANTED",
             "--receipt", receipt],
            env={"PLANTED": secret["passed"]}, stdin=read_end)
        os.close(read_end)
        self.assertEqual(run.code, 0, str(run))
        for kind in ("output", "error", "split", "input", "passed"):
            self.assertIn(secret[kind], run.out + run.err, "the program itself had it")
        denied = bench.caged(["no-such-program", secret["denied"]], ["--policy", policy])
        self.assertEqual(denied.code, 127, str(denied))
        # Asks, denials and errors are written down as well.
        strict = bench.caged(["curl", secret["denied"]], ["--profile", "strict"])
        self.assertNotEqual(strict.code, 0, str(strict))
        self.assertEqual(bench.bailey("log", "checkpoint").code, 0)
        self.assertEqual(self.found(bench.bailey_home, secret), [])
        # The search itself finds what is there.
        planted = os.path.join(bench.bailey_home, "planted")
        bench.write(planted, base64.b64encode(b"xx" + secret["argument"].encode()).decode())
        self.assertNotEqual(self.found(bench.bailey_home, secret), [])
        os.unlink(planted)

    def test_nor_the_command_line_of_a_process_of_baileys(self):
        bench = self.bench
        secret = secrets.token_urlsafe(24)
        running = bench.start(bench.cage_command(["sleep", "3"], ["--env", "GIVEN"]), env={"GIVEN": secret})
        self.addCleanup(running.communicate)
        wait_until(lambda: processes_with("sleep"), 5)
        self.assertEqual(processes_with(secret), [])


class E10_NothingShared(AttackCase):
    def test_two_cages_see_nothing_of_each_other(self):
        if bench_module.BARE:
            self.skipTest("lost without namespaces: /tmp, /dev/shm, loopback and processes of its own")
        bench = self.bench
        other_workspace = bench.make("other")
        first = bench.start(bench.cage_command(
            ["python3", "-c", "import socket,os,time\n"
             "open('/tmp/left','w').write('x'); open('/dev/shm/left','w').write('x')\n"
             "s=socket.socket(); s.bind(('127.0.0.1',40404)); s.listen()\n"
             "open('ready','w').close(); time.sleep(4)"]))
        self.addCleanup(first.communicate)
        self.assertTrue(wait_until(lambda: os.path.exists(os.path.join(bench.workspace, "ready")), 10))
        probe = ("import os,socket\nprint(sorted(os.listdir('/tmp')), sorted(os.listdir('/dev/shm')), "
                 "len([p for p in os.listdir('/proc') if p.isdigit()]))\n"
                 "s=socket.socket()\ntry:\n s.connect(('127.0.0.1',40404)); print('REACHED')\n"
                 "except OSError as e: print('refused')")
        second = bench.caged(["python3", "-c", probe], ["--workspace", other_workspace])
        self.assertEqual(second.code, 0, str(second))
        self.assertIn("refused", second.out)
        self.assertNotIn("left", second.out)
        self.assertLessEqual(int(second.out.split("]")[-1].split()[0]), 3, second.out)

    def test_nothing_is_left_for_the_next_one(self):
        bench = self.bench
        bench.caged(["sh", "-c", "echo x > /tmp/left; echo x > /dev/shm/left"])
        bench.caged(["touch", "/tmp/left", "/dev/shm/left"])
        if bench_module.BARE:  # these are the machine's, and closed; its own folder goes
            first = bench.caged(["sh", "-c", "mkdir -p $TMPDIR/a/b && echo x > $TMPDIR/a/b/left && "
                                 "chmod 0 $TMPDIR/a && echo $TMPDIR"])
            self.assertEqual(first.code, 0, str(first))
            self.assertRegex(first.out, r"^/tmp/bailey-\d+/tmp$")
            self.assertFalse(os.path.exists(os.path.dirname(first.out.strip())), str(first))
            self.assertFalse(os.path.exists("/tmp/left") or os.path.exists("/dev/shm/left"))
            return
        run = bench.caged(["ls", "-A", "/tmp", "/dev/shm"])
        self.assertEqual(run.code, 0, str(run))
        self.assertNotIn("left", run.out)


    def test_memory_and_queues_of_the_host_are_not_there(self):
        # By key, as strangers find each other: shmget, msgget and semget of what exists.
        libc = ctypes.CDLL(None)
        key = secrets.randbelow(1 << 30) + 1
        made = {"shm": libc.shmget(key, 4096, 0o1666), "msg": libc.msgget(key, 0o1666),
                "sem": libc.semget(key, 1, 0o1666)}
        remove = {"shm": libc.shmctl, "msg": libc.msgctl}
        for kind, number in made.items():
            self.assertGreaterEqual(number, 0, kind)
            if kind == "sem":
                self.addCleanup(libc.semctl, number, 0, 0)
            else:
                self.addCleanup(remove[kind], number, 0, None)
        probe = ["python3", "-c", f"import ctypes\nlibc = ctypes.CDLL(None)\n"
                 f"print([libc.shmget({key}, 0, 0) >= 0, libc.msgget({key}, 0) >= 0, "
                 f"libc.semget({key}, 0, 0) >= 0])"]
        control = self.bench.call(probe)
        self.assertIn("[True, True, True]", control.out, str(control))
        run = self.bench.caged(probe)
        self.assertIn("[False, False, False]", run.out, str(run))

    def test_the_host_is_not_named(self):
        # Its name, its uptime, and where in its cgroups the run lies.
        if bench_module.BARE:
            self.skipTest("lost without namespaces: namespace.uts, namespace.time, namespace.cgroup")
        probe = ["python3", "-c", "import os, json, time\nprint(json.dumps({'name': os.uname().nodename, "
                 "'up': time.clock_gettime(time.CLOCK_BOOTTIME), "
                 "'uptime': float(open('/proc/uptime').read().split()[0]), "
                 "'groups': [line.split(':', 2)[2].strip() for line in open('/proc/self/cgroup')]}))"]
        control = self.bench.call(probe)
        outside = json.loads(control.out)
        self.assertEqual(outside["name"], os.uname().nodename)
        run = self.bench.caged(probe, ["--memory", "256M"])
        self.assertEqual(run.code, 0, str(run))
        inside = json.loads(run.out.splitlines()[0])
        self.assertEqual(inside["name"], "bailey")
        self.assertEqual(set(inside["groups"]), {"/"} if inside["groups"] else set())
        if outside["up"] > 600:  # a machine that just came up has nothing to hide
            self.assertLess(inside["up"], 300)
            self.assertLess(inside["uptime"], 300)


class E12_Flood(AttackCase):
    def test_a_flood_of_refused_acts_costs_bailey_nothing(self):
        bench = self.bench
        run = bench.caged(["python3", "-c", "import os\nfor i in range(20000):\n"
                           " try: os.open('/etc/x%d' % i, os.O_WRONLY | os.O_CREAT)\n"
                           " except OSError: pass\nprint('over')"], ["--time", "30s"])
        self.assertEqual(run.code, 0, str(run))
        size = sum(os.path.getsize(os.path.join(where, name))
                   for where, _, names in os.walk(bench.bailey_home) for name in names)
        self.assertLess(size, 64 << 20)


class E13_Clock(AttackCase):
    def test_entries_keep_their_order_whatever_the_wall_clock_says(self):
        self.skipTest("setting this machine's clock would disturb others; the ledger's unit tests "
                      "set an injected clock back")


class E14_PolicyFromInside(AttackCase):
    def test_a_workspace_widens_nothing(self):
        bench = self.bench
        folder = bench.make("workspace/.bailey")
        wide = ANY.replace('"/etc/**"]', f'"/etc/**", "{bench.home}/**"]')
        bench.write(os.path.join(folder, "policy.yaml"), wide)
        run = bench.caged(["cat", bench.secret_file])
        self.assertNotEqual(run.code, 0, str(run))
        self.assertNotIn(bench.secret, run.out)
        run = bench.caged(["cat", bench.secret_file], ["--profile", "strict"])
        self.assertNotIn(bench.secret, run.out)

    def test_a_policy_file_inside_the_workspace_is_refused_or_out_of_reach(self):
        bench = self.bench
        inside = bench.write(os.path.join(bench.workspace, "policy.yaml"), ANY)
        before = tree_state(bench.workspace)["policy.yaml"]
        run = bench.caged([bench.victim, "E03", "paths=" + inside], ["--policy", inside])
        if run.code != 0:
            self.assertIn(run.code, (120, 121, 122), str(run))
            return
        self.assertEqual(tree_state(bench.workspace).get("policy.yaml"), before,
                         "a program rewrote the policy that judges it")

    def test_bailey_home_inside_the_environment_of_the_cage_is_not_believed(self):
        run = self.bench.caged(["env"])
        self.assertEqual(run.code, 0, str(run))
        self.assertNotIn(self.bench.home, run.out)
        names = {line.split("=")[0] for line in run.out.splitlines() if "=" in line}
        self.assertLessEqual(names, {"PATH", "HOME", "TERM", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "COLORTERM",
                                     "NO_COLOR", "USER", "LOGNAME", "SHELL", "PWD", "TMPDIR", "SHLVL", "_"})


if __name__ == "__main__":
    unittest.main()
