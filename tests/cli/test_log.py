"""`bailey log`: follow, search, fsck and verification, with the files as witnesses."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import time

import bench
from bench import AttackCase


class LogCase(AttackCase):
    def setUp(self):
        super().setUp()
        self.ok("init")
        for _ in range(2):
            self.assertEqual(self.bench.caged(["true"]).code, 0)
        self.assertEqual(self.bench.caged(["true"], ["--level", "10"]).code, 122)

    def ok(self, *arguments, code=0):
        run = self.bench.bailey(*arguments)
        self.assertEqual(run.code, code, f"{arguments}: {run}")
        return run

    def leaves(self, *arguments):
        return [json.loads(line)["leaf"] for line in self.ok(*arguments, "--json").out.splitlines()]

    @property
    def ledger(self):
        return os.path.join(self.bench.bailey_home, "ledger")

    def files(self):
        found = {}
        for folder, _, names in os.walk(self.ledger):
            for name in names:
                path = os.path.join(folder, name)
                with open(path, "rb") as file:
                    found[path] = hashlib.sha256(file.read()).hexdigest()
        return found


class Search(LogCase):
    def test_each_filter_finds_what_a_reader_of_all_entries_finds(self):
        everything = self.leaves("log", "tail", "--count", "100")
        self.assertEqual([leaf["type"] for leaf in everything],
                         ["intent", "outcome", "intent", "outcome", "refusal"])
        session = everything[2]["body"]["caller"]["session"]

        def found(*arguments):
            return [leaf["index"] for leaf in self.leaves("log", "search", *arguments)]

        self.assertEqual(found(), [0, 1, 2, 3, 4])
        self.assertEqual(found("--limit", "2"), [0, 1])
        self.assertEqual(found("--session", session), [2, 3])
        self.assertEqual(found("--decision", "deny"), [4])
        self.assertEqual(found("--decision", "allow"), [0, 1, 2, 3])
        self.assertEqual(found("--action", "process", "--decision", "deny"), [4])
        self.assertEqual(found("--action", "proc"), [])
        self.assertEqual(found("--path", self.bench.workspace), [0, 1, 2, 3, 4])
        self.assertEqual(found("--path", self.bench.workspace + "x"), [])
        self.assertEqual(found("--actor", everything[0]["body"]["caller"]["principal"]), [0, 1])
        self.assertEqual(found("--since", "1h"), [0, 1, 2, 3, 4])
        self.assertEqual(found("--until", "1h"), [])
        self.assertEqual(found("--since", everything[2]["time"][:10]), [0, 1, 2, 3, 4])
        self.assertEqual(found("--since", "2199-01-01"), [])

    def test_a_filter_with_nothing_to_look_at_says_so(self):
        run = self.ok("log", "search", "--host", "example.org")
        self.assertEqual(run.out, "")
        self.assertIn("had nothing to look at", run.err)
        # A path that is merely not there is another thing.
        self.assertEqual(self.ok("log", "search", "--path", "/nowhere").err, "")

    def test_nonsense_is_usage(self):
        for arguments in (["--since", "yesterday"], ["--until", "2026-13-01"], ["--limit", "0"], ["--limit", "x"],
                          ["--session", ""], ["--nothing"], ["word"]):
            self.ok("log", "search", *arguments, code=2)


class Follow(LogCase):
    def start(self, *arguments):
        return subprocess.Popen([os.path.join(bench.BIN, "bailey"), "log", "tail", *arguments],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                env={**os.environ, "BAILEY_HOME": self.bench.bailey_home})

    def test_entries_of_others_come_and_a_signal_ends_it_cleanly(self):
        for end in (signal.SIGINT, signal.SIGTERM):
            following = self.start("-f", "--json", "--count", "1")
            first = json.loads(following.stdout.readline())["leaf"]["index"]
            self.assertEqual(self.bench.caged(["true"]).code, 0)
            more = [json.loads(following.stdout.readline())["leaf"] for _ in range(2)]
            self.assertEqual([leaf["index"] for leaf in more], [first + 1, first + 2])
            following.send_signal(end)
            self.assertEqual(following.wait(timeout=10), 0, following.stderr.read())
            following.stdout.close()
            following.stderr.close()
        self.ok("log", "verify")

    def test_it_ends_when_its_reader_is_gone(self):
        following = self.start("--follow", "--count", "1")
        following.stdout.readline()
        following.stdout.close()
        self.assertEqual(following.wait(timeout=10), 0)
        following.stderr.close()


class Fsck(LogCase):
    def test_sound(self):
        before = self.files()
        said = json.loads(self.ok("log", "fsck", "--json").out)
        self.assertEqual((said["sound"], said["size"], said["findings"]), (True, "5", []))
        self.assertEqual(self.files(), before)

    def test_derived_files_are_mended_only_when_asked(self):
        shutil.rmtree(os.path.join(self.ledger, "tile"))
        before = self.files()
        said = json.loads(self.ok("log", "fsck", "--json", code=5).out)
        self.assertEqual([finding["kind"] for finding in said["findings"]], ["mendable"])
        self.assertEqual(self.files(), before)
        said = json.loads(self.ok("log", "fsck", "--repair", "--json").out)
        self.assertEqual((said["sound"], said["repaired"], said["size"]), (True, True, "5"))
        self.ok("log", "fsck")
        self.ok("log", "verify")

    def test_damage_is_shown_and_never_touched(self):
        journal = os.path.join(self.ledger, "journal", "00000000")
        with open(journal, "r+b") as file:
            file.seek(1000)
            byte = file.read(1)[0]
            file.seek(1000)
            file.write(bytes([byte ^ 16]))
        before = self.files()
        for arguments in ([], ["--repair"]):
            run = self.ok("log", "fsck", *arguments, code=5)
            self.assertIn("DAMAGED   segment 0, byte ", run.out)
            self.assertIn("nothing was changed", run.err)
            self.assertEqual(self.files(), before)
        # Mended by hand, everything is there as it was.
        with open(journal, "r+b") as file:
            file.seek(1000)
            file.write(bytes([byte]))
        self.assertEqual(json.loads(self.ok("log", "fsck", "--json").out)["size"], "5")

    def test_a_ledger_that_went_back_is_damage(self):
        old = os.path.join(self.bench.top, "old")
        shutil.copytree(os.path.join(self.ledger, "journal"), old)
        self.assertEqual(self.bench.caged(["true"]).code, 0)
        shutil.rmtree(os.path.join(self.ledger, "journal"))
        shutil.copytree(old, os.path.join(self.ledger, "journal"))
        run = self.ok("log", "fsck", code=5)
        self.assertIn("it has 5 entries, but 7 were published", run.out)


class Verify(LogCase):
    def test_from_a_checkpoint(self):
        note = os.path.join(self.bench.top, "monday.checkpoint")
        with open(note, "w", encoding="utf-8") as file:
            file.write(self.ok("log", "checkpoint").out)
        self.assertEqual(self.bench.caged(["true"]).code, 0)
        said = json.loads(self.ok("log", "verify", "--from", note, "--json").out)
        self.assertEqual((said["good"], said["from"], said["size"]), (True, "5", "7"))
        forged = os.path.join(self.bench.top, "forged")
        with open(note, encoding="utf-8") as file, open(forged, "w", encoding="utf-8") as out:
            out.write(file.read().replace("\n5\n", "\n4\n"))
        self.ok("log", "verify", "--from", forged, code=5)
        self.ok("log", "verify", "--from", os.path.join(self.bench.top, "none"), code=1)
        self.ok("log", "verify", "--from", note, "receipt.json", code=2)

    def test_an_entry_and_its_proof_convince_the_offline_verifier(self):
        proof, entry, key = (os.path.join(self.bench.top, name) for name in ("p.tlog-proof", "e", "k.vkey"))
        self.ok("log", "prove", "3", "--receipt", proof, "--entry", entry)
        with open(key, "w", encoding="utf-8") as file:
            file.write(self.ok("key", "export", "ledger").out)
        verify = [os.path.join(bench.BIN, "bailey-verify"), "proof", "--key", key, "--entry", entry, proof]
        self.assertEqual(subprocess.run(verify, capture_output=True).returncode, 0)
        with open(entry, "r+b") as file:
            file.seek(20)
            file.write(b"~")
        self.assertEqual(subprocess.run(verify, capture_output=True).returncode, 1)

    def test_many_followers_change_nothing(self):
        before = time.monotonic()
        running = [subprocess.Popen([os.path.join(bench.BIN, "bailey"), "log", "verify"], stdout=subprocess.DEVNULL,
                                    env={**os.environ, "BAILEY_HOME": self.bench.bailey_home}) for _ in range(4)]
        self.assertEqual([one.wait(timeout=60) for one in running], [0] * 4)
        self.assertLess(time.monotonic() - before, 60)
