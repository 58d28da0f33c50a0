"""tools/assurance check finds what docs/assurance.md must not be silent about."""

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
ELSEWHERE = ("tests/crash/test_bytes.py", "tests/cli/test_exit_codes.py", "src/merkle/verify_log_test.cc",
             "src/consent/consent_test.cc", "src/ledger/ledger_test.cc")


class Check(unittest.TestCase):
    def setUp(self):
        top = tempfile.TemporaryDirectory()
        self.addCleanup(top.cleanup)
        self.top = pathlib.Path(top.name)
        for name in ("tests/attack", "tools/assurance", "docs/assurance.md", *ELSEWHERE):
            source, target = ROOT / name, self.top / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, target)

    def call(self, *words):
        return subprocess.run([sys.executable, "-B", self.top / "tools/assurance", *words],
                              capture_output=True, text=True, check=False)

    def edit(self, name, old, new):
        path = self.top / name
        text = path.read_text(encoding="utf-8")
        self.assertIn(old, text)
        path.write_text(text.replace(old, new), encoding="utf-8")

    def finds(self, words):
        done = self.call("check")
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn(words, done.stdout)

    def test_the_tree_as_it_is_has_none(self):
        done = self.call("check")
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)

    def test_a_test_that_is_gone(self):
        self.edit("tests/attack/test_files.py", "class F02_LinkToOutside", "class F02_Other")
        self.finds("F02: there is no test test_files.F02_LinkToOutside")

    def test_a_test_of_another_suite_that_is_gone(self):
        self.edit("src/consent/consent_test.cc", "AnApprovalIsUsedUpOnce", "Other")
        self.finds("E06: there is no test")

    def test_a_row_that_is_missing(self):
        self.edit("tests/attack/checklist.py", '("N13"', '("N31"')
        self.finds("the checklist lacks or repeats ['N13', 'N31']")

    def test_an_attack_on_a_layer_that_is_gone(self):
        self.edit("tests/attack/test_network.py", "def test_no_address_is_reached", "def test_other")
        self.finds("layer namespace.net: there is no test")

    def test_a_page_that_was_changed_by_hand(self):
        self.edit("docs/assurance.md", "| F01 |", "| F01  |")
        self.finds("docs/assurance.md is not what")

    def test_a_failure_that_is_recorded_changes_the_page(self):
        results = self.top / "r.jsonl"
        results.write_text(json.dumps({"id": "test_files.F01_WriteOutside."
                                       "test_every_spelling_of_the_path_is_refused",
                                       "outcome": "failed", "why": "x"}) + "\n", encoding="utf-8")
        self.assertEqual(self.call("record", "here", "user", str(results)).returncode, 0)
        self.finds("docs/assurance.md is not what")
        self.assertEqual(self.call("write").returncode, 0)
        self.assertEqual(self.call("check").returncode, 0)
        page = (self.top / "docs/assurance.md").read_text(encoding="utf-8")
        row = next(line for line in page.splitlines() if line.startswith("| F01 |"))
        self.assertIn("root held, user lost", row)


if __name__ == "__main__":
    unittest.main()
