"""The other commands: what they say, and with which code."""

import json
import os
import unittest

from bench import AttackCase


class Commands(AttackCase):
    def ok(self, *arguments):
        run = self.bench.bailey(*arguments)
        self.assertEqual(run.code, 0, f"{arguments}: {run}")
        return run

    def test_a_whole_walk(self):
        self.ok("init")
        self.ok("init")  # again, harmless
        self.ok("policy", "check")
        self.ok("level", "show")
        self.ok("kill", "status")
        self.ok("approve", "list")
        self.ok("key", "list")
        self.assertEqual(self.bench.caged(["true"]).code, 0)
        self.ok("log", "tail")
        self.ok("log", "show", "0")
        self.ok("log", "verify")
        self.ok("log", "checkpoint")
        self.ok("log", "prove", "0")
        exported = self.ok("log", "export")
        for line in exported.out.splitlines():
            json.loads(line)
        self.ok("version")

    def test_json_is_json(self):
        self.ok("init")
        self.assertEqual(self.bench.caged(["true"]).code, 0)
        for arguments in (["level", "show"], ["kill", "status"], ["approve", "list"], ["key", "list"],
                          ["log", "tail"], ["log", "show", "0"], ["log", "verify"], ["version"],
                          ["policy", "check"], ["doctor"]):
            with self.subTest(command=arguments):
                run = self.bench.bailey(*arguments, "--json")
                self.assertEqual(run.code, 0, str(run))
                for line in run.out.strip().splitlines():
                    json.loads(line)
                self.assertTrue(run.out.strip())

    def test_usage_is_2_and_unknown_things_are_named(self):
        for arguments in ([], ["no-such"], ["log"], ["log", "no-such"], ["log", "show"], ["log", "show", "x"],
                          ["level", "set", "35"], ["kill", "maybe"], ["key", "export", "no-such"],
                          ["policy", "check", "a", "b"], ["version", "--no-such"]):
            with self.subTest(arguments=arguments):
                run = self.bench.bailey(*arguments)
                self.assertEqual(run.code, 2, str(run))
                self.assertEqual(run.out, "")
                self.assertTrue(run.err)

    def test_policy_check_says_where(self):
        cases = {
            "unknown key": ("version: 1\nname: x\ncommandz: []\n", "line 3, column 1"),
            "duplicate": ("version: 1\nname: x\nname: y\n", "line 3, column 1"),
            "wrong type": ("version: 1\nname: [x]\n", "line 2, column"),
            "bomb": ("a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\n", ""),
            "json": ('{"version": 1, "name": "x", "nope": 1}', "line 1, column"),
        }
        for name, (text, place) in cases.items():
            with self.subTest(case=name):
                path = self.bench.write(os.path.join(self.bench.top, "p.yaml"), text)
                run = self.bench.bailey("policy", "check", path)
                self.assertNotEqual(run.code, 0, str(run))
                self.assertIn(place, run.out + run.err, str(run))

    def test_ten_megabytes_of_rules(self):
        rules = "".join(f"  - {{id: r{i}, decision: allow, argv: [tool{i}, '**']}}\n" for i in range(200_000))
        path = self.bench.write(os.path.join(self.bench.top, "p.yaml"), "version: 1\nname: x\ncommands:\n" + rules)
        run = self.bench.bailey("policy", "check", path, timeout=20)
        self.assertNotEqual(run.code, 0)
        self.assertLess(len(run.err), 4000)

    def test_a_lone_double_star_draws_a_warning(self):
        path = self.bench.write(os.path.join(self.bench.top, "p.yaml"),
                                "version: 1\nname: x\ncommands: [{id: a, decision: allow, argv: ['**']}]\n")
        run = self.bench.bailey("policy", "check", path)
        self.assertEqual(run.code, 0, str(run))
        self.assertIn("warning", (run.out + run.err).lower())

    def test_levels_only_between_the_bounds(self):
        self.ok("init")
        self.ok("level", "set", "40", "--for", "1h", "--reason", "a test")
        self.assertEqual(self.bench.caged(["sh", "-c", "true"]).code, 0)
        self.ok("level", "set", "10")
        self.assertEqual(self.bench.caged(["true"]).code, 122)
        self.ok("level", "reset")
        self.assertEqual(self.bench.caged(["true"]).code, 0)

    def test_doctor_names_every_layer(self):
        run = self.bench.bailey("doctor")
        self.assertIn(run.code, (0, 1), str(run))
        for layer in ("namespace", "landlock", "seccomp"):
            self.assertIn(layer, run.out.lower())

    def test_while_halted_reading_works(self):
        self.ok("init")
        self.ok("kill", "on", "--reason", "a test")
        for arguments in (["log", "tail"], ["log", "verify"], ["doctor"], ["kill", "status"], ["approve", "list"],
                          ["policy", "check"], ["level", "show"]):
            run = self.bench.bailey(*arguments)
            self.assertIn(run.code, (0, 6), f"{arguments}: {run}")
        self.assertEqual(self.bench.bailey("level", "set", "40").code, 6)
        self.ok("kill", "on")  # again


if __name__ == "__main__":
    unittest.main()
