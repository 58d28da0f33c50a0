"""bailey learn: what is watched once becomes the narrowest policy, and no more."""

import json
import os
import stat
import unittest

from bench import AttackCase

CEILING = """version: 1
extends: builtin:balanced
files:
  read: ["{secrets}/**"]
degradations: [limits.polled, namespace.time, namespace.cgroup]
"""


class LearnCase(AttackCase):
    def setUp(self):
        super().setUp()
        self.rules = self.bench.make("rules")
        self.secrets = self.bench.make("secrets")
        self.ceiling = self.bench.write(os.path.join(self.rules, "ceiling.yaml"),
                                        CEILING.format(secrets=self.secrets), 0o600)
        self.learned = os.path.join(self.rules, "learned.yaml")
        self.bench.write(os.path.join(self.bench.workspace, "in.txt"), "hello\n")

    def learn(self, *command, options=()):
        return self.bench.bailey("learn", "--policy", self.ceiling, "--to", self.learned,
                                 *options, "--", *command)

    def run_learned(self, *command):
        return self.bench.bailey("run", "--json", "--policy", self.learned, "--", *command)

    def text(self):
        with open(self.learned, encoding="utf-8") as file:
            return file.read()


class Learning(LearnCase):
    def test_what_was_learned_runs_the_command_and_nothing_else(self):
        command = ("cp", "in.txt", "out.txt")
        run = self.learn(*command)
        self.assertEqual(run.code, 0, str(run))
        self.assertIn("bailey: written to", run.err)
        os.unlink(os.path.join(self.bench.workspace, "out.txt"))
        again = self.run_learned(*command)
        self.assertEqual(again.code, 0, str(again))
        self.assertTrue(os.path.exists(os.path.join(self.bench.workspace, "out.txt")))
        for other in (("cp", "in.txt", "other.txt"), ("ls",)):
            self.assertIn(self.run_learned(*other).code, (122, 127), other)
        self.assertFalse(os.path.exists(os.path.join(self.bench.workspace, "other.txt")))

    def test_it_lists_files_and_not_the_system(self):
        self.assertEqual(self.learn("cat", "in.txt").code, 0)
        text = self.text()
        self.assertIn("/cat\"", text)
        self.assertNotIn('"/usr/**"', text)
        self.assertNotIn("write:", text)  # nothing was written
        self.assertEqual(stat.S_IMODE(os.stat(self.learned).st_mode) & 0o022, 0)

    def test_a_program_that_starts_others_is_learned_with_them(self):
        command = ("sh", "-c", "cat in.txt | sort > sorted; ls > /dev/null")
        self.assertEqual(self.learn(*command).code, 0)
        again = self.run_learned(*command)
        self.assertEqual(again.code, 0, str(again))
        with open(os.path.join(self.bench.workspace, "sorted"), encoding="utf-8") as file:
            self.assertEqual(file.read(), "hello\n")

    @unittest.skipUnless(os.path.exists("/usr/bin/python3"), "there is no /usr/bin/python3")
    def test_an_interpreter_with_modules_is_learned(self):
        command = ("/usr/bin/python3", "-c", "import json, subprocess; print(json.dumps([1]))")
        for options in ((), ("--collapse",)):
            self.assertEqual(self.learn(*command, options=options).code, 0)
            again = self.run_learned(*command)
            self.assertEqual((again.code, again.out), (0, "[1]\n"), str(again))
            os.unlink(self.learned)

    def test_collapsed_lists_are_shorter_and_work(self):
        command = ("sh", "-c", "cat in.txt | sort | head | tail | wc -l; ls; cut -c1 in.txt")
        self.assertEqual(self.learn(*command).code, 0)
        long = len(self.text().splitlines())
        os.unlink(self.learned)
        self.assertEqual(self.learn(*command, options=("--collapse",)).code, 0)
        self.assertLess(len(self.text().splitlines()), long)
        self.assertEqual(self.run_learned(*command).code, 0)

    def test_merging_keeps_both_commands(self):
        self.assertEqual(self.learn("cat", "in.txt").code, 0)
        self.assertEqual(self.learn("head", "in.txt").code, 121)  # it is there already
        merged = self.bench.bailey("learn", "--policy", self.ceiling, "--merge", self.learned, "--",
                                   "head", "in.txt")
        self.assertEqual(merged.code, 0, str(merged))
        for command in ("cat", "head"):
            again = self.run_learned(command, "in.txt")
            self.assertEqual(again.code, 0, str(again))

    def test_a_dry_run_writes_nothing(self):
        run = self.learn("cat", "in.txt", options=("--dry-run",))
        self.assertEqual(run.code, 0, str(run))
        self.assertFalse(os.path.exists(self.learned))
        self.assertIn("version: 1", run.err)

    def test_without_a_name_it_goes_into_the_home(self):
        run = self.bench.bailey("learn", "--policy", self.ceiling, "--", "cat", "in.txt")
        self.assertEqual(run.code, 0, str(run))
        self.assertTrue(os.path.exists(os.path.join(self.bench.bailey_home, "learned", "cat.yaml")))


class Narrowness(LearnCase):
    def test_what_the_policy_hides_stays_hidden_and_is_told(self):
        outside = self.bench.write(os.path.join(self.bench.outside, "hidden.txt"), "x\n")
        run = self.learn("sh", "-c", f"cat {outside}; cat in.txt")
        self.assertEqual(run.code, 0, str(run))
        listed = [line for line in self.text().splitlines() if line.strip().startswith("- \"")]
        self.assertFalse([line for line in listed if "hidden.txt" in line])
        self.assertIn("refused while it was watched", self.text())

    def test_sensitive_places_are_left_to_a_person(self):
        place = os.path.join(self.secrets, "id_ed25519")
        self.bench.write(place, "key\n", 0o644)
        run = self.learn("cat", place)
        self.assertEqual(run.code, 0, str(run))
        self.assertIn("key", run.out)  # the policy it was watched under allows it
        listed = [line for line in self.text().splitlines() if line.strip().startswith("- \"")]
        self.assertFalse([line for line in listed if "id_ed25519" in line], self.text())
        self.assertIn("left out", self.text())

    def test_a_word_that_looks_like_a_secret_is_not_written(self):
        run = self.learn("echo", "--token=ghp_0123456789abcdefghijABCDEFGHIJ012345")
        self.assertEqual(run.code, 0, str(run))
        self.assertNotIn("ghp_0123456789", self.text())

    def test_a_command_that_is_denied_teaches_nothing(self):
        run = self.learn("sh", "script-of-nobody.sh")
        self.assertEqual(run.code, 122, str(run))
        self.assertFalse(os.path.exists(self.learned))

    def test_a_program_that_forks_without_end_is_ended_and_teaches_nothing(self):
        # Where only an rlimit holds the number, forks fail and the first process goes on.
        run = self.learn("sh", "-c", "f() { f | f & }; f; while :; do :; done",
                         options=("--processes", "32", "--time", "3s"))
        self.assertEqual(run.code, 124, str(run))
        self.assertFalse(os.path.exists(self.learned))

    def test_as_json(self):
        run = self.learn("cat", "in.txt", options=("--json",))
        self.assertEqual(run.code, 0, str(run))
        told = json.loads([line for line in run.err.splitlines() if line.startswith("{")][-1])
        self.assertEqual(told["written"], self.learned)
        self.assertEqual(told["policy"]["commands"][0]["argv"], ["cat", "in.txt"])
