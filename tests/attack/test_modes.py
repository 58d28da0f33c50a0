"""E01 on machines that lack something: refused, or named; never a weaker cage in silence.

What this machine lacks (user-namespaces, landlock, cgroups) is found out here, by other means
than Bailey's; BAILEY_MISSING says it instead where tests/vm boots a machine for it. `Made`
takes things away here, as containers do: by the kernel, never by a switch of the product."""

import base64
import ctypes
import json
import os
import shutil
import subprocess
import unittest

import bench as bench_module
from bench import IS_ROOT, AttackCase
from situation import LOST
from witness import wait_until


def may_limit_memory():
    """Whether a cgroup of ours may be made beside or beneath this one, with memory held in it."""
    with open("/proc/self/cgroup", encoding="ascii") as file:
        lines = [line.strip().split(":", 2) for line in file]
    for _, controllers, path in lines:
        if controllers == "memory":
            return os.access("/sys/fs/cgroup/memory" + path, os.W_OK)
    place = "/sys/fs/cgroup" + next((path for _, names, path in lines if names == ""), "/")
    for folder in (os.path.dirname(place), place):
        try:
            with open(os.path.join(folder, "cgroup.subtree_control"), encoding="ascii") as file:
                if "memory" in file.read().split() and os.access(folder, os.W_OK):
                    return True
        except OSError:
            pass
    return False


def landlock_abi():
    return ctypes.CDLL(None).syscall(444, None, 0, 1)  # landlock_create_ruleset, VERSION


def found_missing():
    missing = set()
    if subprocess.run(["unshare", "--user", "true"], capture_output=True, check=False).returncode:
        missing.add("user-namespaces")
    if landlock_abi() < 1:
        missing.add("landlock")
    if not may_limit_memory():
        missing.add("cgroups")
    return missing


DECLARED = os.environ.get("BAILEY_MISSING")
MISSING = found_missing() if DECLARED is None else {word for word in DECLARED.split(",") if word}
GROUP_LIMITS = {"limit.memory", "limit.processes", "limit.cpus"}
NAMESPACES = {f"namespace.{kind}" for kind in
              ("user", "mount", "pid", "net", "ipc", "uts", "cgroup", "time")}
# What a policy accepts by name where this is missing.
LAYERS = {"user-namespaces": set(LOST), "landlock": {"landlock"}}
POLICY = """version: 1
name: any
levels: {{start: 30, max: 40}}
files:
  read: ["/usr/**", "/bin/**", "/lib/**", "/lib64/**", "/etc/**"]
  write: ["./**"]
environment: {{set: {{PATH: "/usr/bin:/bin", HOME: "/tmp"}}}}
commands: [{{id: any, decision: allow, argv: ["**"]}}]
degradations: [{}]
"""


def expected_missing():
    """What doctor should find missing."""
    found = set()
    if "user-namespaces" in MISSING:
        # Root may make the others without; the cage is made of a user namespace all the same.
        found |= {"namespace.user"} if IS_ROOT else NAMESPACES | {"proc"}
    if "landlock" in MISSING:
        found.add("landlock")
    if "cgroups" in MISSING:
        # An ordinary user's processes are counted for the cage's user namespace, if there is one.
        counted = not IS_ROOT and "user-namespaces" not in MISSING
        found |= GROUP_LIMITS - {"limit.processes"} if counted else GROUP_LIMITS
    return found


def abandoned_groups():
    """Cgroups of wardens that are not alive any more, wherever ours may lie."""
    found = []
    with open("/proc/self/cgroup", encoding="ascii") as file:
        lines = [line.strip().split(":", 2) for line in file]
    for _, controllers, path in lines:
        for controller in controllers.split(","):
            for place in (path, os.path.dirname(path)):
                folder = os.path.join("/sys/fs/cgroup", controller) + place
                names = os.listdir(folder) if os.path.isdir(folder) else ()
                found += [os.path.join(folder, name) for name in names
                          if name.startswith("bailey-") and not os.path.exists(f"/proc/{name[7:]}")]
    return found


class ModeCase(AttackCase):
    def setUp(self):
        super().setUp()
        # What a policy accepts is what is tested here.
        accepted, bench_module.ACCEPTED = bench_module.ACCEPTED, []
        self.addCleanup(setattr, bench_module, "ACCEPTED", accepted)

    def doctor(self):
        run = self.bench.bailey("doctor", "--json")
        return run, json.loads(run.out)

    def policy(self, *degradations):
        path = os.path.join(self.bench.top, "policy.yaml")
        return self.bench.write(path, POLICY.format(", ".join(degradations)))

    def touch(self, options=()):
        """A run that leaves a mark; says whether it ran."""
        mark = os.path.join(self.bench.workspace, "ran")
        run = self.bench.caged(["touch", mark], options)
        ran = os.path.exists(mark)
        if ran:
            os.unlink(mark)
        return run, ran

    def refused(self, options=(), reasons=("cage.layer_missing",)):
        run, ran = self.touch(options)
        self.assertFalse(ran, f"it ran\n{run}")
        self.assertEqual(run.code, 120, str(run))
        self.assertIn(self.reason(run), reasons, str(run))
        return run

    @staticmethod
    def reason(run):
        report = run.report
        return report["error"]["code"] if "error" in report else report["reason_code"]

    def limit(self, run, name):
        return next(entry for entry in run.report["evidence"]["limits"]
                    if entry.get("name", entry.get("kind")) == name)

    def layers(self, run):
        return {layer["name"]: layer["state"] for layer in run.report["evidence"]["layers"]}


class Doctor(ModeCase):
    def test_it_says_what_is_missing_what_is_lost_and_how_to_get_it(self):
        run, said = self.doctor()
        missing = {layer["name"]: layer for layer in said["layers"] if not layer["available"]}
        self.assertEqual(set(missing), expected_missing(), run.out)
        for name, layer in missing.items():
            self.assertFalse(layer["active"] or layer["proven"], name)
            for member in ("detail", "loss", "remedy"):
                self.assertNotEqual(layer[member], "", f"{name} has no {member}")
        whole = not MISSING - {"cgroups"}
        self.assertEqual(said["cage"], whole, run.out)
        self.assertEqual(run.code, 0 if whole else 1, run.out)

    def test_people_read_the_same(self):
        run = self.bench.bailey("doctor")
        for name in expected_missing():
            self.assertRegex(run.out, rf"missing +{name}\b")
        self.assertEqual("lost without it:" in run.out, bool(expected_missing()))


@unittest.skipUnless(MISSING & set(LAYERS), "no layer is missing here")
class MissingLayer(ModeCase):
    def test_no_profile_runs_without_it(self):
        for profile in ("balanced", "permissive"):
            with self.subTest(profile=profile):
                self.refused(["--profile", profile])
        self.assertEqual(self.bench.caged(["true"], ["--profile", "strict"]).code, 120)
        self.refused()

    def test_accepting_another_loss_is_not_accepting_this_one(self):
        others = [name for name in ("namespace.time", "landlock", "limits.polled")
                  if not any(name in LAYERS[word] for word in MISSING & set(LAYERS))]
        self.refused(["--policy", self.policy(*others)])
        self.refused(["--policy", self.policy()])

    def test_the_reason_says_the_layer_and_where_to_ask(self):
        run = self.refused()
        self.assertRegex(run.err, "namespace" if "user-namespaces" in MISSING else "landlock")
        self.assertIn("doctor", run.err)

    def test_accepted_by_name_it_runs_and_says_so_or_is_refused(self):
        names = sorted(set().union(*(LAYERS[word] for word in MISSING & set(LAYERS))))
        policy = self.policy("limits.polled", *names)
        receipt = os.path.join(self.bench.top, "r.json")
        run, ran = self.touch(["--policy", policy, "--receipt", receipt])
        if not ran:
            self.assertEqual(run.code, 120, str(run))
            # With user namespaces gone Landlock is the only wall, and has to be a new one.
            if "user-namespaces" not in MISSING or landlock_abi() >= 6:
                self.fail(f"its loss was accepted by name\n{run}")
            self.assertIn("Landlock", run.err)
            return
        self.assertEqual(run.code, 0, str(run))
        states = self.layers(run)
        weaker = {name for name, state in states.items() if state != "proven"}
        self.assertEqual(set(run.report["evidence"]["degradations"]), weaker)
        self.assertLessEqual(set(names), weaker)
        with open(receipt, encoding="utf-8") as file:
            leaf = base64.b64decode(json.load(file)["leaf"])
        recorded = json.loads(leaf[1:])["body"]["layers"]
        self.assertEqual({layer["name"]: layer["state"] for layer in recorded}, states)
        told = self.bench.call([self.bench.cage_command([])[0], "run", "--policy", policy, "--", "true"])
        for name in names:
            self.assertIn(f"without {name}", told.err)
        # What is left still hides what it hides.
        peek = self.bench.caged(["cat", self.bench.secret_file], ["--policy", policy])
        self.assertNotEqual(peek.code, 0, str(peek))
        self.assertNotIn(self.bench.secret, peek.out + peek.err)


@unittest.skipUnless(not MISSING - {"cgroups"}, "no cage can be raised here by default")
class Limits(ModeCase):
    ASKED = ["--memory", "64M", "--processes", "40", "--cpu-time", "30s"]

    def test_each_limit_says_who_holds_it(self):
        run, ran = self.touch(self.ASKED)
        self.assertTrue(ran, str(run))
        grouped = "cgroups" not in MISSING
        self.assertEqual(self.limit(run, "memory")["class"], "group" if grouped else "polled", str(run))
        processes = self.limit(run, "processes")
        self.assertEqual(processes["class"], "group" if grouped or not IS_ROOT else "polled", str(run))
        if grouped:
            self.assertIn("cgroup", processes["mechanism"])
            self.assertIn("cgroup", self.limit(run, "memory")["mechanism"])
            self.assertIn("cgroup", self.limit(run, "cpu_time")["mechanism"])
        else:
            self.assertNotIn("cgroup", processes["mechanism"] + self.limit(run, "memory")["mechanism"])
            text = self.bench.call([self.bench.cage_command([])[0], "run", *self.ASKED, "--", "true"]).err
            self.assertRegex(text, "looked at from time to time.*memory")

    def test_a_share_of_the_cpus_is_held_or_refused(self):
        if "cgroups" in MISSING:
            self.refused(["--cpus", "0.5"], ("cage.limit",))
            return
        run, ran = self.touch(["--cpus", "0.5"])
        self.assertTrue(ran, str(run))
        self.assertEqual(self.limit(run, "cpus")["class"], "group")

    def test_strict_takes_nothing_that_is_only_polled(self):
        run = self.bench.caged(["true"], ["--profile", "strict"])
        if "cgroups" in MISSING:
            self.assertEqual(run.code, 120, str(run))
            self.assertIn("cage.limit", run.err)
        else:
            self.assertEqual(run.code, 0, str(run))
            self.assertNotIn("polled", {entry["class"] for entry in run.report["evidence"]["limits"]})

    def test_many_runs_at_once_leave_no_group_behind(self):
        running = [self.bench.start(self.bench.cage_command(["sleep", "1"])) for _ in range(6)]
        for one in running:
            out, err = one.communicate(timeout=60)
            self.assertEqual(one.returncode, 0, (out, err))
        self.assertTrue(wait_until(lambda: abandoned_groups() == [], 3), abandoned_groups())


@unittest.skipIf(MISSING - {"cgroups"}, "this machine lacks it by itself: see MissingLayer")
class Made(ModeCase):
    """Machines that can be had here: what is started before bailey takes something away. Where
    that needs a user namespace, bailey runs as its root, as in a rootless container."""

    NAMESPACE = ["unshare", "--user", "--map-root-user"]

    def without(self, call):
        return [os.path.join(os.path.dirname(bench_module.VICTIM), "without"), call]

    def asks(self, prefix, options=()):
        """(doctor, doctor's words for people, a run that would leave a mark, whether it did)"""
        place = self.bench.own_bin()
        doctor = self.bench.call([*prefix, os.path.join(place, "bailey"), "doctor", "--json"])
        told = self.bench.call([*prefix, os.path.join(place, "bailey"), "doctor"])
        mark = os.path.join(self.bench.workspace, "ran")
        run = self.bench.call([*prefix, *self.bench.cage_command(["touch", mark], options, place)])
        ran = os.path.exists(mark)
        if ran:
            os.unlink(mark)
        return doctor, told, run, ran

    def refused_for(self, prefix, layer, words, options=()):
        """Nothing runs; the run, doctor and the table name the layer and how to get it."""
        doctor, told, run, ran = self.asks(prefix, options)
        self.assertFalse(ran, str(run))
        self.assertEqual(run.code, 120, str(run))
        self.assertEqual(self.reason(run), "cage.layer_missing", str(run))
        for word in words:
            self.assertIn(word, run.err)
        self.assertEqual(doctor.code, 1, str(doctor))
        said = json.loads(doctor.out)
        self.assertFalse(said["cage"])
        missing = {entry["name"]: entry for entry in said["layers"] if not entry["available"]}
        self.assertIn(layer, missing, str(doctor))
        for member in ("detail", "loss", "remedy"):
            self.assertNotEqual(missing[layer][member], "", member)
        self.assertIn("how to get it:", told.out)
        self.assertIn("A cage could not be raised", told.out)
        return run

    def test_no_user_namespaces(self):
        take = 'echo 0 > /proc/sys/user/max_user_namespaces; exec "$@"'
        self.refused_for([*self.NAMESPACE, "sh", "-c", take, "sh"], "namespace.user", ["namespace"])

    def one_wall(self, prefix):
        """A machine without user namespaces: refused by default and with any name missing; with
        all of them accepted it runs, says what it lacks, and still holds."""
        if landlock_abi() < 6:
            self.skipTest("Landlock is too old here to hold alone")
        accepted = ["--policy", self.policy("limits.polled", *LOST)]
        for one in LOST:
            policy = self.policy("limits.polled", *(name for name in LOST if name != one))
            _, _, run, ran = self.asks(prefix, ["--policy", policy])
            self.assertFalse(ran, str(run))
            self.assertEqual(self.reason(run), "cage.layer_missing", str(run))
            if one != "namespace.user":
                self.assertIn(f"not without {one}", run.err)
        self.policy("limits.polled", *LOST)
        doctor, told, run, ran = self.asks(prefix, accepted)
        self.assertTrue(ran, str(run))
        states = self.layers(run)
        self.assertEqual({name for name, state in states.items() if state != "proven"}, set(LOST))
        self.assertEqual(sorted(run.report["evidence"]["degradations"]), sorted(LOST))
        said = json.loads(doctor.out)
        self.assertFalse(said["cage"])
        self.assertTrue(said["without_namespaces"]["cage"], str(doctor))
        self.assertEqual(said["without_namespaces"]["degradations"], LOST)
        self.assertLessEqual({"landlock", "seccomp"}, set(said["without_namespaces"]["proven"]))
        self.assertIn(f"degradations: [{', '.join(LOST)}]", told.out)
        peek = self.bench.call([*prefix, *self.bench.cage_command(
            ["cat", self.bench.secret_file], accepted, self.bench.own_bin())])
        self.assertNotEqual(peek.code, 0, str(peek))
        self.assertNotIn(self.bench.secret, peek.out + peek.err)
        # Landlock is not to be accepted away where it is all there is.
        blind = [*prefix, *self.without("landlock_create_ruleset:95")]
        _, _, run, ran = self.asks(blind, ["--policy", self.policy("limits.polled", "landlock", *LOST)])
        self.assertFalse(ran, str(run))
        self.assertIn("needs Landlock ABI 6", run.err)

    def test_no_user_namespaces_and_all_of_it_accepted(self):
        take = 'echo 0 > /proc/sys/user/max_user_namespaces; exec "$@"'
        self.one_wall([*self.NAMESPACE, "--mount", "--pid", "--fork", "--mount-proc", "--kill-child",
                       "sh", "-c", take, "sh"])

    def test_a_container_that_refuses_them_and_all_of_it_accepted(self):
        self.one_wall([*self.NAMESPACE, "--mount", "--pid", "--fork", "--mount-proc", "--kill-child",
                       *self.without("namespaces")])

    def test_where_there_are_namespaces_accepting_their_loss_changes_nothing(self):
        run, ran = self.touch(["--policy", self.policy("limits.polled", *LOST)])
        self.assertTrue(ran, str(run))
        self.assertEqual(set(self.layers(run).values()), {"proven"})

    def test_a_container_that_refuses_namespaces(self):
        run = self.refused_for(self.without("unshare"), "namespace.user", ["namespaces", "EPERM"])
        self.assertIn("doctor", run.err)

    def test_a_container_whose_proc_is_partly_covered(self):
        cover = 'mount --bind /dev/null /proc/timer_list && exec "$@"'
        prefix = [*self.NAMESPACE, "--mount", "--pid", "--fork", "--mount-proc", "sh", "-c", cover, "sh"]
        if self.bench.call([*prefix, "true"]).code != 0:
            self.skipTest("no file of /proc can be covered here")
        self.refused_for(prefix, "proc", ["the layer proc is missing", "systempaths=unconfined"])

    def test_a_container_whose_proc_is_read_only(self):
        cover = 'mount --bind /proc /proc && mount -o remount,bind,ro /proc && exec "$@"'
        prefix = [*self.NAMESPACE, "--mount", "sh", "-c", cover, "sh"]
        if self.bench.call([*prefix, "true"]).code != 0:
            self.skipTest("/proc cannot be made read-only here")
        place = self.bench.own_bin()
        mark = os.path.join(self.bench.workspace, "ran")
        run = self.bench.call([*prefix, *self.bench.cage_command(["touch", mark], (), place)])
        self.assertFalse(os.path.exists(mark), str(run))
        self.assertEqual(run.code, 120, str(run))
        self.assertIn("/proc is read-only here", run.err)
        self.assertIn("systempaths=unconfined", run.err)

    def test_a_kernel_without_landlock(self):
        prefix = self.without("landlock_create_ruleset:95")
        self.refused_for(prefix, "landlock", ["the layer landlock is missing", "accept it by name"])
        _, _, run, ran = self.asks(prefix, ["--policy", self.policy("limits.polled", "landlock")])
        self.assertTrue(ran, str(run))
        states = self.layers(run)
        self.assertEqual({name for name, state in states.items() if state != "proven"}, {"landlock"})
        self.assertEqual(run.report["evidence"]["degradations"], ["landlock"])

    def test_a_kernel_without_filters(self):
        self.refused_for(self.without("seccomp:22"), "seccomp", ["the layer seccomp is missing"])

    def test_beneath_another_filter(self):
        # A container's own filter, which refuses something else: the cage stands whole.
        _, _, run, ran = self.asks(self.without("timerfd_create"))
        self.assertTrue(ran, str(run))
        self.assertEqual(set(self.layers(run).values()), {"proven"})

    def test_no_cgroups(self):
        prefix = [*self.NAMESPACE, "--mount", "sh", "-c",
                  'mount -t tmpfs none /sys/fs/cgroup && exec "$@"', "sh"]
        doctor, _, run, ran = self.asks(prefix, ["--memory", "64M"])
        self.assertTrue(ran, str(run))
        self.assertEqual(self.limit(run, "memory")["class"], "polled", str(run))
        self.assertEqual(set(self.layers(run).values()), {"proven"})
        missing = {layer["name"]: layer for layer in json.loads(doctor.out)["layers"]
                   if not layer["available"]}
        self.assertEqual(set(missing), GROUP_LIMITS, str(doctor))
        self.assertTrue(all(layer["loss"] and layer["remedy"] for layer in missing.values()))
        for options in (["--policy", self.policy(), "--memory", "64M"], ["--cpus", "0.5"]):
            _, _, run, ran = self.asks(prefix, options)
            self.assertFalse(ran, str(run))
            self.assertEqual(self.reason(run), "cage.limit", str(run))

    def test_inside_another_cage(self):
        for name in ("bailey", "bailey-warden"):
            shutil.copy(os.path.join(bench_module.BIN, name), self.bench.workspace)
        inner = self.bench.make("workspace/inner", 0o700)
        given = ["--env", f"BAILEY_HOME={inner}", "--env", f"HOME={inner}"]
        mark = os.path.join(self.bench.workspace, "ran")
        run = self.bench.caged(["./bailey", "run", "--json", "--", "touch", mark], given)
        self.assertFalse(os.path.exists(mark), str(run))
        self.assertEqual(run.code, 120, str(run))
        self.assertRegex(run.err, "openat2 is not to be had here: inside a cage|refuses new namespaces")
        doctor = self.bench.caged(["./bailey", "doctor", "--json"], given)
        self.assertEqual(doctor.code, 1, str(doctor))
        said = json.loads(doctor.out.splitlines()[0])
        missing = {layer["name"] for layer in said["layers"] if not layer["available"]}
        self.assertLessEqual(NAMESPACES, missing, str(doctor))


if __name__ == "__main__":
    unittest.main()
