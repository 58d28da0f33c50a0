"""What leaves the ledger: JSON Lines, CSV, in-toto bundles, evidence, and that none of it misleads."""

import csv
import io
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

from bench import AttackCase

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "second_verifier"))
import attestations  # noqa: E402
import rules  # noqa: E402

# Moves the cursor, breaks the line, turns text around, begins a formula.
HOSTILE = "=cmd()\r\n\x1b[2J\x1b]0;owned\x07\u202e\u2066x\u2028"
DANGEROUS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


class Export(AttackCase):
    def setUp(self):
        super().setUp()
        self.ok("init")

    def ok(self, *arguments, **options):
        run = self.bench.bailey(*arguments, **options)
        self.assertEqual(run.code, 0, f"{arguments}: {run}")
        return run

    def runs(self, count):
        for _ in range(count):
            self.assertEqual(self.bench.caged(["true"]).code, 0)

    def keys(self):
        return [self.ok("key", "export", role).out.strip() for role in ("ledger", "receipts")]

    def evidence(self, *arguments):
        folder = pathlib.Path(self.bench.top) / f"evidence-{len(os.listdir(self.bench.top))}"
        self.ok("log", "export", "--format", "evidence", "--out", str(folder), *arguments)
        return folder

    def check(self, folder, keys):
        """The folder's own script: python and openssl only."""
        return subprocess.run([sys.executable, "-B", folder / "check.py", *keys], capture_output=True, text=True,
                              timeout=60, check=False)

    def test_ranges_and_sessions(self):
        self.runs(3)
        lines = [json.loads(line) for line in self.ok("log", "export").out.splitlines()]
        self.assertEqual([line["leaf"]["index"] for line in lines], list(range(6)))
        some = self.ok("log", "export", "--from", "2", "--to", "4").out.splitlines()
        self.assertEqual([json.loads(line)["leaf"]["index"] for line in some], [2, 3, 4])
        session = lines[2]["leaf"]["body"]["caller"]["session"]
        own = self.ok("log", "export", "--session", session).out.splitlines()
        self.assertEqual([json.loads(line)["leaf"]["index"] for line in own], [2, 3])
        self.assertEqual(self.ok("log", "export", "--from", "99").out, "")
        path = os.path.join(self.bench.top, "out.jsonl")
        self.assertEqual(self.ok("log", "export", "--out", path).out, "")
        self.assertEqual(pathlib.Path(path).read_text(encoding="utf-8"), self.ok("log", "export").out)

    def test_wrong_questions_are_usage(self):
        for arguments in (["--to", "file.jsonl"], ["--from", "3", "--to", "2"], ["--format", "xml"], ["--from", "x"],
                          ["--format", "evidence"], ["--format", "evidence", "--out", "-"]):
            run = self.bench.bailey("log", "export", *arguments)
            self.assertEqual(run.code, 2, f"{arguments}: {run}")
        self.assertIn("--out", self.bench.bailey("log", "export", "--to", "file.jsonl").err)

    def test_csv_is_read_back_and_is_no_formula(self):
        self.ok("kill", "on", "--reason", HOSTILE)
        self.assertEqual(self.bench.caged(["true"]).code, 125)
        text = self.ok("log", "export", "--format", "csv").out
        rows = list(csv.DictReader(io.StringIO(text, newline="")))
        self.assertEqual([row["index"] for row in rows], [str(i) for i in range(len(rows))])
        reason = rows[0]["reason"]
        self.assertTrue(reason.startswith("'=cmd()"), reason)
        self.assertIn("\\x1b", reason)
        self.assertEqual(rows[1]["type"], "refusal")
        self.assertEqual(rows[1]["reason_code"], "kill.active")
        for cell in (cell for row in rows for cell in row.values()):
            self.assertNotRegex(cell, DANGEROUS)
            self.assertFalse(cell[:1] in "=+-@" and cell != "", cell)

    def test_no_log_command_shows_what_a_program_wants_shown(self):
        name = "a\nb\x1b[31m\u202eevil"
        workspace = os.path.join(self.bench.top, "w" + HOSTILE.replace("/", ""))
        os.mkdir(workspace)
        shutil.copy("/usr/bin/true", os.path.join(workspace, name))
        run = self.bench.call(self.bench.cage_command(["./" + name]), cwd=workspace)
        self.assertEqual(run.code, 0, str(run))
        self.ok("kill", "on", "--reason", HOSTILE)
        self.ok("kill", "off", "--reason", HOSTILE)
        # The control: the ledger has the name as it is.
        leaf = json.loads(self.ok("log", "show", "0", "--json").out)["leaf"]
        self.assertIn("\x1b", leaf["body"]["action"]["resource"])
        self.assertIn("\n", leaf["body"]["action"]["program"])
        for command in (["tail"], ["tail", "--json"], ["show", "0"], ["show", "0", "--json"], ["show", "2"], ["verify"],
                        ["verify", "--json"], ["prove", "0"], ["checkpoint"], ["search"], ["search", "--json"], ["fsck"], ["metrics"], ["export"], ["export", "--format", "csv"],
                        ["export", "--format", "intoto"]):
            shown = self.ok("log", *command)
            text = (shown.out + shown.err).replace("\r\n", "\n")
            self.assertNotRegex(text, DANGEROUS, f"log {command}")
            if command in (["tail"], ["export"], ["tail", "--json"]):
                self.assertEqual(len(shown.out.splitlines()), 4, f"log {command}")

    def test_an_ending_says_what_was_not_looked_at(self):
        self.runs(1)
        body = json.loads(self.ok("log", "show", "1", "--json").out)["leaf"]["body"]
        self.assertEqual((body["files_read"], body["files_written"]), ("not_observed", "not_observed"))

    def test_a_bundle_is_what_a_second_verifier_says(self):
        self.runs(2)
        self.assertNotEqual(self.bench.caged(["bash", "-c", "curl x | sh"]).code, 0)
        keys = self.keys()
        path = pathlib.Path(self.bench.top) / "actions.intoto.jsonl"
        self.ok("log", "export", "--format", "intoto", "--out", str(path))
        lines = path.read_bytes().splitlines()
        actions, sessions, ignored = attestations.check_bundle(lines, keys)
        self.assertEqual(([index for index, _ in actions], sessions, ignored), ([1, 3, 4], 3, 0))
        with self.assertRaises(rules.Refused):
            attestations.check_bundle(lines[1:], keys)
        # openssl says so too of one signature.
        kind, payload, signatures = attestations.parse_envelope(lines[0])
        (path.parent / "pae").write_bytes(attestations.pae(kind, payload))
        (path.parent / "sig").write_bytes(signatures[0][1])
        (path.parent / "pem").write_text(self.ok("key", "export", "receipts", "--format", "pem").out)
        verify = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "pem", "-rawin", "-in", "pae", "-sigfile", "sig"]
        self.assertEqual(subprocess.run(verify, cwd=path.parent, capture_output=True, check=False).returncode, 0)
        (path.parent / "pae").write_bytes(attestations.pae(kind, payload + b" "))
        self.assertNotEqual(subprocess.run(verify, cwd=path.parent, capture_output=True, check=False).returncode, 0)

    def test_the_readme_works_as_it_is_written(self):
        self.runs(3)
        keys = self.keys()
        folder = self.evidence()
        readme = (folder / "README.md").read_text(encoding="utf-8")
        commands = [line[4:] for line in readme.splitlines() if line.startswith("    ")]
        self.assertGreaterEqual(len(commands), 8)
        for command in commands:
            self.assertRegex(command, "^(bailey-verify|head|python3|sha256sum|export|openssl)")
        script = "\n".join(["set -euo pipefail", *commands])
        script = script.replace("LEDGER_VKEY", f"'{keys[0]}'").replace("RECEIPTS_VKEY", f"'{keys[1]}'")
        import bench  # the folder of the programs is known when the tests run
        path = f"{bench.BIN}:{os.environ['PATH']}"
        run = subprocess.run(["bash", "-c", script], cwd=folder, env={**os.environ, "PATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
                             capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        self.assertIn("good: 6 receipts", run.stdout)
        self.assertIn("Signature Verified Successfully", run.stdout)

    def test_one_flipped_bit_anywhere_is_found(self):
        self.runs(1)
        keys = self.keys()
        folder = self.evidence()
        self.assertEqual(attestations.check_evidence(folder, keys)["receipts"], 2)
        run = self.check(folder, keys)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        for file in sorted(file for file in folder.rglob("*") if file.is_file()):
            good = file.read_bytes()
            manifest = file.name == "manifest.dsse.json"
            for i in sorted({0, len(good) // 3, len(good) // 2, len(good) - 2, len(good) - 1}
                            | (set(range(0, len(good), 97)) if manifest else set())):
                bad = bytearray(good)
                bad[i] ^= 1 << i % 8
                file.write_bytes(bad)
                with self.assertRaises((rules.Refused, OSError, ValueError), msg=f"{file} byte {i}"):
                    attestations.check_evidence(folder, keys)
                if file.name != "check.py" and (not manifest or i % 5 == 0):
                    self.assertNotEqual(self.check(folder, keys).returncode, 0, f"{file} byte {i}")
            file.write_bytes(good)
        (folder / "log" / "more").write_text("x")
        self.assertNotEqual(self.check(folder, keys).returncode, 0)
        (folder / "log" / "more").unlink()
        self.assertEqual(self.check(folder, keys).returncode, 0)
        # Keys in the folder are not whose they say: only the ones brought count.
        self.assertNotEqual(self.check(folder, [keys[0], keys[0]]).returncode, 0)

    def test_a_selection_gives_nothing_else_away(self):
        self.runs(3)
        keys = self.keys()
        lines = [json.loads(line)["leaf"] for line in self.ok("log", "export").out.splitlines()]
        session = lines[2]["body"]["caller"]["session"]
        folder = self.evidence("--session", session)
        report = attestations.check_evidence(folder, keys)
        self.assertEqual((report["receipts"], report["whole"]), (2, False))
        self.assertEqual(self.check(folder, keys).returncode, 0)
        everything = b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())
        for receipt in (folder / "receipts/0000.jsonl").read_text().splitlines():
            everything += rules.from_base64(json.loads(receipt)["leaf"])
        self.assertIn(session.encode(), everything)
        for other in (lines[0], lines[4]):
            self.assertNotIn(other["body"]["caller"]["session"].encode(), everything)
            self.assertNotIn(other["nonce"].encode(), everything)
        again = self.bench.bailey("log", "export", "--format", "evidence", "--out", str(folder))
        self.assertEqual(again.code, 1)
        self.assertIn("not empty", again.err)


if __name__ == "__main__":
    unittest.main()
