"""The bench on which attacks are tried: a home, a workspace, an outside, and two ways
to run the same victim: as it is (the control) and in Bailey's cage."""

import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import tempfile
import unittest

BIN = ""
VICTIM = ""
ACCEPTED = []  # layers whose loss the default policy accepts for these tests
BARE = False  # everything here runs without user namespaces (situation.py)
PROBE = re.compile(r"^PROBE (\S+) (HAPPENED|DENIED|UNTRIED) (.*)$", re.M)
IS_ROOT = os.geteuid() == 0
# How much slower than a real one an emulated machine may be (tests/vm says it); 1 elsewhere.
SLOWNESS = int(os.environ.get("BAILEY_SLOWNESS", "1"))


def accepted_losses():
    """For a test's own policy: as YAML, what the default one accepts, and ACCEPTED."""
    return "[" + ", ".join(["limits.polled", *ACCEPTED]) + "]"


def weaker(states):
    """The layers that are not proven and whose loss nobody accepted."""
    return {name for name, state in states.items() if state != "proven"} - set(ACCEPTED)


def bare_excuse(*patterns):
    """For controls that need a namespace, or a capability over the machine, where neither is to
    be had: root is root of its own namespace there."""
    return {pattern: "needs a namespace or a capability, which the kernel refuses here"
            for pattern in patterns} if BARE else {}


class Run:
    """What came of one run: exit code, streams, and the attempts that the victim reported."""

    def __init__(self, code, out, err):
        self.code = code
        self.out = out.decode(errors="replace")
        self.err = err.decode(errors="replace")
        self.probes = {name: (word, why) for name, word, why in PROBE.findall(self.out)}
        self.over = re.search(r"^OVER$", self.out, re.M) is not None

    @property
    def report(self):
        """The JSON object that --json leaves on standard error."""
        for line in reversed(self.err.splitlines()):
            if line.startswith("{"):
                return json.loads(line)
        raise AssertionError(f"no report in: {self.err!r}")

    def __str__(self):
        return f"code {self.code}\n--- out\n{self.out[-3000:]}\n--- err\n{self.err[-3000:]}"


class Bench:
    """A fresh place for one attack. Everything is below one temporary directory."""

    def __init__(self, where=None):
        self.top = os.path.realpath(tempfile.mkdtemp(prefix="bailey-attack.", dir=where))
        self.home = self.make("home", 0o700)
        self.bailey_home = os.path.join(self.home, "bailey")
        self.workspace = self.make("workspace")
        self.outside = self.make("outside")
        for name in "abc":
            self.write(os.path.join(self.outside, name), "as it was\n")
        self.secret = "secret-" + secrets.token_hex(16)
        self.secret_file = os.path.join(self.make("home/.ssh", 0o700), "id_ed25519")
        self.write(self.secret_file, self.secret + "\n", 0o600)
        self.token = "token-" + secrets.token_hex(8)
        self.victim = os.path.join(self.workspace, "victim")
        shutil.copy(VICTIM, self.victim)

    def make(self, name, mode=0o755):
        path = os.path.join(self.top, name)
        os.makedirs(path, mode, exist_ok=True)
        return path

    @staticmethod
    def write(path, text, mode=0o644):
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, mode)
        return path

    def close(self):
        subprocess.run(["chmod", "-R", "u+rwX", self.top], check=False, stderr=subprocess.DEVNULL)
        # Deeper than PATH_MAX is possible here; rm walks by directory descriptor.
        subprocess.run(["rm", "-rf", self.top], check=False)

    def environment(self, extra=None):
        keep = {name: os.environ[name] for name in ("PATH", "LANG", "TERM") if name in os.environ}
        return {**keep, "HOME": self.home, "BAILEY_HOME": self.bailey_home, **(extra or {})}

    def start(self, argv, **options):
        options.setdefault("stdin", subprocess.DEVNULL)
        options.setdefault("cwd", self.workspace)
        options["env"] = self.environment(options.pop("env", None))
        return subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                start_new_session=True, **options)

    def call(self, argv, timeout=60, **options):
        process = self.start(argv, **options)
        timeout *= SLOWNESS
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)  # it leads a session of its own
            out, err = process.communicate()
            raise AssertionError(f"no end after {timeout} s: {argv}\n{out[-2000:]!r}\n{err[-2000:]!r}")
        return Run(process.returncode, out, err)

    def bailey(self, *arguments, **options):
        return self.call([os.path.join(BIN, "bailey"), *arguments], **options)

    def verify(self, *arguments, **options):
        return self.call([os.path.join(BIN, "bailey-verify"), *arguments], **options)

    def cage_command(self, command, options=(), bin_dir=None):
        judged = ["--policy", self.accepting(ACCEPTED)] if (
            ACCEPTED and not {"--policy", "--profile"} & set(options)) else []
        return [os.path.join(bin_dir or BIN, "bailey"), "run", "--json", *judged, *options, "--",
                *command]

    def accepting(self, layers):
        """The default policy, but that it accepts the loss of these layers."""
        path = os.path.join(self.top, "accepting.yaml")
        if not os.path.exists(path):
            text = self.bailey("policy", "show", "--profile", "balanced").out
            own = "degradations: [limits.polled]"
            assert own in text, text
            self.write(path, text.replace(own, own[:-1] + "".join(", " + name for name in layers) + "]"))
        return path

    def own_bin(self):
        """Bailey's programs, owned by whoever runs the test: in a user namespace whose only
        mapped user that is, everybody else's programs belong to nobody."""
        place = self.make("bin")
        for name in ("bailey", "bailey-warden"):
            shutil.copy(os.path.join(BIN, name), place)
        return place

    def caged(self, command, options=(), **more):
        return self.call(self.cage_command(command, options), **more)

    def victim_command(self, row, **arguments):
        return [self.victim, row, *(f"{name}={value}" for name, value in arguments.items())]


class AttackCase(unittest.TestCase):
    """One attack: the victim without a cage, then in it, each on a bench of its own."""

    maxDiff = 4000

    def setUp(self):
        self.bench = Bench()
        self.addCleanup(lambda: self.bench.close())

    def fresh(self):
        """A new bench: what the control did must not be mistaken for the cage's work."""
        self.bench.close()
        self.bench = Bench()
        return self.bench

    def control_probes(self, run, without=None):
        """Every attempt happens without a cage, but those that `without` names (a pattern
        with the reason). Gives the names of those that did."""
        without = without or {}
        self.assertTrue(run.over, f"the control did not reach its end: {run}")
        happened = []
        for name, (word, why) in run.probes.items():
            if word == "HAPPENED":
                happened.append(name)
                continue
            excuse = next((text for pattern, text in without.items() if re.fullmatch(pattern, name)), None)
            self.assertIsNotNone(excuse, f"without a cage '{name}' was {word} ({why}): no control")
        return happened

    def skip_without_control(self, without):
        """To be called last: what the cage refused shows nothing when nobody could do it."""
        self.skipTest("refused in the cage, but no attempt can succeed here without one either: " +
                      "; ".join(sorted(set((without or {}).values()))))

    def caged_probes(self, run, control, allowed=None):
        """In the cage every attempt of the control is refused, but those in `allowed`
        (a pattern with the reason why it is harmless)."""
        allowed = allowed or {}
        self.assertTrue(run.over, f"the victim did not reach its end in the cage: {run}")
        self.assertEqual(run.code, 0, str(run))
        if control is not None:
            self.assertEqual(set(run.probes), set(control.probes), "the cage and the control tried the same")
        wrong = {name: found for name, found in run.probes.items()
                 if found[0] != "DENIED" and not any(re.fullmatch(pattern, name) for pattern in allowed)}
        self.assertEqual(wrong, {}, f"in the cage these were not refused\n{run}")

    def attack(self, row, arguments, *, without=None, allowed=None, options=(), effect=None, **more):
        """The whole of it. `arguments(bench)` gives the victim's; `effect(bench)` gives a
        value that an attack changes and that must stay the same in the cage."""
        bench = self.bench
        values = arguments(bench)
        before = effect(bench) if effect else None
        control = bench.call(bench.victim_command(row, **values), **more)
        happened = self.control_probes(control, without)
        if effect:
            self.assertNotEqual(effect(bench), before, "the control had an effect that the witness sees")
        bench = self.fresh()
        values = arguments(bench)
        before = effect(bench) if effect else None
        caged = bench.caged(bench.victim_command(row, **values), options, **more)
        self.caged_probes(caged, control, allowed)
        if effect:
            self.assertEqual(effect(bench), before, f"the witness saw the attack succeed\n{caged}")
        if not happened:
            self.skip_without_control(without)
        return caged
