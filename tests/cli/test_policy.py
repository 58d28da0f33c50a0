"""Policies from outside: parents beside a policy, and what a project may say."""

import base64
import json
import os
import unittest

from bench import IS_ROOT, AttackCase

BASE = """version: 1
extends: builtin:base
commands:
  - {id: cat, decision: allow, argv: ["cat", "**"]}
  - {id: sh, decision: allow, argv: ["sh", "-c", "echo x > .bailey/policy.yaml"]}
  - {id: touch, decision: allow, argv: ["touch", "**"]}
limits: {memory: 2G}
degradations: [limits.polled, namespace.time, namespace.cgroup]
"""


class PolicyCase(AttackCase):
    def setUp(self):
        super().setUp()
        self.rules = self.bench.make("rules")
        self.policy("base.yaml", BASE)
        self.team = self.policy("team.yaml", "version: 1\nname: team\nextends: base.yaml\n")

    def policy(self, name, text, mode=0o600):
        return self.bench.write(os.path.join(self.rules, name), text, mode)

    def project(self, text):
        self.bench.make("workspace/.bailey")
        return self.bench.write(os.path.join(self.bench.workspace, ".bailey/policy.yaml"), text)

    def run_with(self, *command, policy=None):
        return self.bench.bailey("run", "--json", "--policy", policy or self.team, "--", *command)

    def refused(self, run, part):
        self.assertEqual(run.code, 120, str(run))
        self.assertIn(part, run.err)
        self.assertFalse(os.path.exists(os.path.join(self.bench.workspace, "ran")))


class Parents(PolicyCase):
    def test_a_parent_beside_the_policy_counts(self):
        run = self.run_with("touch", "ran")
        self.assertEqual(run.code, 0, str(run))
        self.assertTrue(os.path.exists(os.path.join(self.bench.workspace, "ran")))
        self.assertEqual(self.run_with("ls").code, 122)

    def test_a_link_in_the_place_of_a_parent_is_refused(self):
        os.rename(os.path.join(self.rules, "base.yaml"), os.path.join(self.bench.outside, "base.yaml"))
        os.symlink(os.path.join(self.bench.outside, "base.yaml"), os.path.join(self.rules, "base.yaml"))
        self.refused(self.run_with("touch", "ran"), "base.yaml")

    def test_a_link_in_the_way_to_a_parent_is_refused(self):
        os.symlink(self.bench.outside, os.path.join(self.rules, "sub"))
        self.bench.write(os.path.join(self.bench.outside, "base.yaml"), BASE, 0o600)
        self.policy("team.yaml", "version: 1\nextends: sub/base.yaml\n")
        self.refused(self.run_with("touch", "ran"), "sub/base.yaml")

    def test_a_pipe_in_the_place_of_a_parent_is_refused_and_not_waited_for(self):
        os.unlink(os.path.join(self.rules, "base.yaml"))
        os.mkfifo(os.path.join(self.rules, "base.yaml"), 0o600)
        self.refused(self.run_with("touch", "ran"), "not a regular file")

    def test_a_policy_that_others_may_write_is_refused(self):
        for name in ("base.yaml", "team.yaml"):
            path = os.path.join(self.rules, name)
            for mode in (0o620, 0o602):
                os.chmod(path, mode)
                self.refused(self.run_with("touch", "ran"), "can be written by others")
            os.chmod(path, 0o644)
        self.assertEqual(self.run_with("touch", "ran").code, 0)

    @unittest.skipUnless(IS_ROOT, "only root gives files away")
    def test_a_policy_of_somebody_else_is_refused(self):
        for name in ("base.yaml", "team.yaml"):
            path = os.path.join(self.rules, name)
            os.chown(path, 65534, 65534)
            self.refused(self.run_with("touch", "ran"), "belongs to uid 65534")
            os.chown(path, 0, 0)

    def test_a_parent_inside_the_workspace_is_refused(self):
        self.bench.write(os.path.join(self.bench.workspace, "base.yaml"), BASE, 0o600)
        top = self.bench.write(os.path.join(self.bench.top, "team.yaml"),
                               "version: 1\nextends: workspace/base.yaml\n", 0o600)
        self.refused(self.run_with("touch", "ran", policy=top), "inside the workspace")

    def test_standard_input_has_built_in_parents_only(self):
        alone = self.policy("alone.yaml", "version: 1\nextends: builtin:strict\n")
        for path, code, part in ((self.team, 1, "no folder"), (alone, 0, "")):
            with open(path, "rb") as file:
                run = self.bench.bailey("policy", "check", "-", stdin=file)
            self.assertEqual(run.code, code, str(run))
            self.assertIn(part, run.err)

    def test_check_names_every_document(self):
        run = self.bench.bailey("policy", "check", self.team)
        self.assertEqual(run.code, 0, str(run))
        self.assertIn("extends base.yaml, sha256", run.out)
        self.assertIn("extends builtin:base, sha256", run.out)
        told = json.loads(self.bench.bailey("policy", "check", "--json", self.team).out)
        self.assertEqual([each["file"] for each in told["documents"]],
                         ["builtin:base", "base.yaml", self.team])

    def test_check_shows_a_circle(self):
        self.policy("base.yaml", "version: 1\nextends: team.yaml\n")
        run = self.bench.bailey("policy", "check", self.team)
        self.assertEqual(run.code, 1)
        self.assertIn("'base.yaml' -> 'team.yaml'", run.err)


class Project(PolicyCase):
    def leaf(self, receipt):
        with open(receipt, encoding="utf-8") as file:
            whole = json.load(file)
        leaf = whole["intent"]["leaf"] if "intent" in whole else whole["leaf"]
        return json.loads(base64.b64decode(leaf)[1:])

    def test_it_narrows_and_everybody_is_told(self):
        self.project("version: 1\ncommands: [{id: only, decision: allow, argv: [touch, ran]}]\n")
        receipt = os.path.join(self.bench.outside, "r.json")
        run = self.bench.bailey("run", "--policy", self.team, "--receipt", receipt, "--", "touch", "ran")
        self.assertEqual(run.code, 0, str(run))
        self.assertIn(".bailey/policy.yaml narrows your policy", run.err)
        policy = self.leaf(receipt)["body"]["policy"]
        self.assertRegex(policy["project"], "^[0-9a-f]{64}$")
        self.assertEqual(self.run_with("cat", "victim").code, 122)
        denied = self.run_with("touch", "other")
        self.assertEqual(denied.code, 122)
        self.assertIn("the project's policy narrows yours", denied.err)
        # The control: without it the same command runs, under another digest.
        os.unlink(os.path.join(self.bench.workspace, ".bailey/policy.yaml"))
        run = self.bench.bailey("run", "--policy", self.team, "--receipt", receipt, "--", "touch", "other")
        self.assertEqual(run.code, 0, str(run))
        other = self.leaf(receipt)["body"]["policy"]
        self.assertNotIn("project", other)
        self.assertNotEqual(other["digest"], policy["digest"])

    def test_it_never_widens(self):
        for text in ("files: {read: [\"~/.ssh/**\"]}", "limits: {memory: 4G}",
                     "commands: [{id: rm, decision: allow, argv: [rm, \"**\"]}]",
                     "environment: {set: {LD_PRELOAD: ./x.so}}", "environment: {pass: [SECRET]}"):
            with self.subTest(project=text):
                self.project("version: 1\n" + text + "\n")
                run = self.run_with("touch", "ran")
                self.refused(run, "widens what is final")
                self.assertIn(".bailey/policy.yaml:2:", run.err)

    def test_it_never_configures_the_gate(self):
        for text in ("levels: {start: 0}", "approvals: {by: self}", "extends: ../rules/base.yaml",
                     "final: true", "unknown: 1", "commands: 1", "network: none", "\x00", "a: [" * 30):
            with self.subTest(project=text):
                self.project("version: 1\n" + text + "\n")
                self.refused(self.run_with("touch", "ran"), "policy")

    def test_a_link_or_a_pipe_in_its_place_refuses_the_run(self):
        path = self.project("version: 1\n")
        os.unlink(path)
        os.symlink(self.team, path)
        self.refused(self.run_with("touch", "ran"), "the project's policy cannot be read")
        os.unlink(path)
        os.mkfifo(path)
        self.refused(self.run_with("touch", "ran"), "not a regular file")
        os.unlink(path)
        os.rmdir(os.path.dirname(path))
        os.symlink(self.rules, os.path.dirname(path))
        self.refused(self.run_with("touch", "ran"), "the project's policy cannot be read")

    def test_what_runs_in_it_cannot_write_it(self):
        path = self.project("version: 1\n")
        run = self.run_with("sh", "-c", "echo x > .bailey/policy.yaml")
        self.assertNotEqual(run.code, 0, str(run))
        with open(path, encoding="utf-8") as file:
            self.assertEqual(file.read(), "version: 1\n")
        # The control: the workspace around it is writable for the same policy.
        self.assertEqual(self.run_with("touch", "ran").code, 0)


if __name__ == "__main__":
    unittest.main()


class Planted(PolicyCase):
    """A program that an earlier part of the text makes is not the system's of that name."""

    TEXTS = ("cp /usr/bin/id ls; ./ls", "cp /usr/bin/id ls; sub/../ls",
             "cp /usr/bin/id ls; cd sub && ../ls", "cp /usr/bin/id ls; {workspace}/./ls",
             "cp /usr/bin/id /tmp/ls; /tmp/ls", "cp /usr/bin/id sub/ls; cd sub; ./ls",
             "cp /usr/bin/id ls; link/../ls", "cp /usr/bin/id ls; .//ls", "cp /usr/bin/id ls; ././ls")

    def test_it_is_denied_however_it_is_spelled(self):
        rules = """commands:
  - {id: ls, decision: allow, argv: ["ls", "**"]}
  - {id: cp, decision: allow, argv: ["cp", "**"]}
"""
        head, _, tail = BASE.partition("commands:\n")
        policy = self.policy("planted.yaml", head + rules + tail[tail.index("limits:"):])
        self.bench.make("workspace/sub")
        os.symlink("sub", os.path.join(self.bench.workspace, "link"))
        # The control: the same words by their plain names, and the system's own ls.
        control = self.run_with("bash", "-c", "cp /usr/bin/id x; ls x", policy=policy)
        self.assertEqual((control.code, control.out), (0, "x\n"), str(control))
        for text in self.TEXTS:
            text = text.format(workspace=self.bench.workspace)
            run = self.run_with("bash", "-c", text, policy=policy)
            self.assertEqual(run.code, 122, text + str(run))
            self.assertNotIn("uid=", run.out)
            self.assertFalse(os.path.exists(os.path.join(self.bench.workspace, "ls")), text)

    def test_a_variable_that_loads_code_does_not_come_with_the_command(self):
        script = self.bench.write(os.path.join(self.bench.workspace, "evil.sh"), "touch ran\n")
        for variable, code in (("CI=1", 0), (f"BASH_ENV={script}", 122), ("LD_PRELOAD=./x.so", 122)):
            run = self.bench.bailey("run", "--json", "--policy", self.team, "--env", variable, "--",
                                    "bash", "-c", "cat /dev/null")
            self.assertEqual(run.code, code, variable + str(run))
            self.assertFalse(os.path.exists(os.path.join(self.bench.workspace, "ran")), variable)
