"""What people read, word for word: golden/ holds it, `run_cli.py --write-golden` renews it."""

import os
import re
import unittest

import bench as bench_module
from bench import AttackCase

HERE = os.path.dirname(os.path.abspath(__file__))
COMMANDS = ["run", "init", "policy check", "policy show", "policy explain", "policy test", "policy diff",
            "policy suggest", "level show", "level set", "level reset", "kill on",
            "kill off", "kill status", "approve list", "approve show", "approve grant", "approve deny", "doctor",
            "log tail", "log search", "log show", "log verify", "log fsck", "log prove", "log checkpoint",
            "log export", "log prune", "log metrics", "log witness", "log re-anchor", "witness serve", "key generate", "key list", "key show",
            "key rotate", "key revoke", "key archive", "key export", "key import", "key recover", "version"]


class Golden(AttackCase):
    def same(self, name, text):
        path = os.path.join(HERE, "golden", name + ".txt")
        if getattr(bench_module, "WRITE_GOLDEN", False):
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            return
        with open(path, encoding="utf-8") as file:
            self.assertEqual(text, file.read(), f"golden/{name}.txt")

    def steady(self, text):
        """Without what differs from run to run: places, times, digests, counts."""
        text = text.replace(self.bench.top, "TOP")
        text = re.sub(r"\b[0-9a-f]{16,}\b", "HEX", text)
        text = re.sub(r"\b\d+(\.\d+)? ?(ms|s|us)\b", "TIME", text)
        text = re.sub(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?", "WHEN", text)
        text = re.sub(r"used .*", "used ...", text)
        text = re.sub(r"\b(\d+) of \1 layers", "ALL layers", text)
        # Which limits a group holds depends on who runs this.
        text = re.sub(r"bailey: .*(checked at intervals|looked at from time to time).*\n", "", text)
        return text

    def test_help_of_every_command(self):
        for command in COMMANDS:
            with self.subTest(command=command):
                run = self.bench.bailey(*command.split(), "--help")
                self.assertEqual(run.code, 0, str(run))
                self.assertIn("Example", run.out, "each help has an example")
                self.same("help-" + command.replace(" ", "-"), run.out)

    def test_the_overview_names_them_all(self):
        run = self.bench.bailey("--help")
        self.assertEqual(run.code, 0)
        for command in COMMANDS:
            self.assertIn(f"  {command} ", run.out)
        self.same("help", run.out)

    def test_reports_of_runs(self):
        b = self.bench
        self.assertEqual(b.bailey("init").code, 0)
        cases = {"ran": ["run", "--", "true"], "failed": ["run", "--", "false"],
                 "missing": ["run", "--", "no-such-program"],
                 "denied": ["run", "--profile", "strict", "--", "id"],
                 "shell": ["run", "--", "sh", "-c", "true | sh"],
                 "limit": ["run", "--time", "1s", "--", "sleep", "9"],
                 "hidden": ["run", "--", "cat", b.secret_file],
                 "usage": ["run", "--memory", "lots", "--", "true"],
                 "workspace": ["run", "--workspace", "/", "--", "true"]}
        for name, arguments in cases.items():
            with self.subTest(case=name):
                run = b.bailey(*arguments)
                self.same("report-" + name, self.steady(f"code {run.code}\n{run.err}"))


if __name__ == "__main__":
    unittest.main()
