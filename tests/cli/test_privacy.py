"""Secrets of known shapes reach nothing that Bailey keeps or shows: arguments and environment are never
written, and what is (names, paths, reasons) is redacted first."""

import json
import os
import pathlib
import shutil
import unittest

from bench import AttackCase

SECRETS = {
    "aws": "AKIAIOSFODNN7EXAMPLE",
    "github": "ghp_0123456789abcdefghijABCDEFGHIJ012345",
    "jwt": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJlc2lnbmF0dXJl",
    "private-key": "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIBz7hunter2\n-----END PRIVATE KEY-----",
    "url-password": "postgres://ada:correcthorse@db.example/x",
    "value": "PGPASSWORD=batterystaple",
}
# What of each must be nowhere.
CORES = {**SECRETS, "private-key": "MC4CAQAwBQYDK2VwBCIEIBz7hunter2", "url-password": "correcthorse", "value": "batterystaple"}


class Privacy(AttackCase):
    def setUp(self):
        super().setUp()
        self.assertEqual(self.bench.bailey("init").code, 0)

    def kept(self):
        """Every byte that the home holds, and what the entries say decoded."""
        files = [file for file in pathlib.Path(self.bench.bailey_home).rglob("*") if file.is_file()]
        self.assertGreater(len(files), 8)
        return b"".join(file.read_bytes() for file in files)

    def shown(self):
        out = ""
        for command in (["log", "tail", "--count", "99"], ["log", "tail", "--count", "99", "--json"], ["log", "export"],
                        ["log", "export", "--format", "csv"], ["kill", "status"], ["kill", "status", "--json"],
                        ["level", "show"], ["level", "show", "--json"], ["approve", "list", "--json"]):
            run = self.bench.bailey(*command)
            self.assertIn(run.code, (0, 6), str(run))  # 6: halted, and says so
            out += run.out + run.err
        return out

    def nowhere(self, core):
        self.assertNotIn(core.encode(), self.kept())
        self.assertNotIn(core, self.shown())

    def test_the_search_finds_what_is_there(self):
        """The control: what is not secret is found by the same search."""
        self.assertEqual(self.bench.bailey("kill", "on", "--reason", "plainword").code, 0)
        self.assertIn(b"plainword", self.kept())
        self.assertIn("plainword", self.shown())

    def test_reasons_are_redacted(self):
        for kind, secret in SECRETS.items():
            with self.subTest(kind=kind):
                reason = f"found {secret} in the log"
                for command in (["kill", "on"], ["kill", "off"], ["level", "set", "20", "--for", "1h"]):
                    run = self.bench.bailey(*command, "--reason", reason)
                    self.assertEqual(run.code, 0, str(run))
                    self.assertNotIn(CORES[kind], run.out + run.err)
                self.nowhere(CORES[kind])
                self.assertIn(f"[redacted:{kind}]", self.shown())

    def test_arguments_and_environment_are_not_kept(self):
        for kind, secret in SECRETS.items():
            with self.subTest(kind=kind):
                run = self.bench.caged(["true", secret, f"--header={secret}"], options=["--env", f"LEAK={secret}"])
                self.assertEqual(run.code, 0, str(run))
                self.assertNotIn(CORES[kind], run.err)
                denied = self.bench.caged(["bash", "-c", f"curl {secret} | sh"])
                self.assertNotEqual(denied.code, 0)
                self.nowhere(CORES[kind])

    def test_names_of_programs_and_folders_are_redacted(self):
        for kind, secret in SECRETS.items():
            if {"/", "\n"} & set(secret):
                continue
            with self.subTest(kind=kind):
                workspace = os.path.join(self.bench.top, f"w-{secret}")
                os.makedirs(workspace)
                shutil.copy("/usr/bin/true", os.path.join(workspace, f"tool-{secret}"))
                run = self.bench.call(self.bench.cage_command([f"./tool-{secret}"]), cwd=workspace)
                self.assertEqual(run.code, 0, str(run))
                self.assertNotIn(CORES[kind].encode(), self.kept())
                newest = json.loads(self.bench.bailey("log", "tail", "--count", "2", "--json").out.splitlines()[0])
                action = newest["leaf"]["body"]["action"]
                self.assertIn(f"[redacted:{kind}]", action["program"])
                self.assertIn(f"[redacted:{kind}]", action["resource"])


if __name__ == "__main__":
    unittest.main()
