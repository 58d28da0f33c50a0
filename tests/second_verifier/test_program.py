"""bailey-verify as a user meets it: proofs, policies, memory, and a world without anything else.

Logs, notes, proofs and cosignatures are made here by the rules of rules.py and
witness_rules.py, which share nothing with the product. BAILEY_VERIFY names the program."""
import base64
import ctypes
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import threading
import time
import unittest

import ed25519
import make_vectors
import rules

PROGRAM = os.environ.get("BAILEY_VERIFY")
ORIGIN = "program.example/log"
SEED = bytes(range(32))
OTHER = bytes(range(1, 33))


def vkey_of(seed, name=ORIGIN):
    return rules.make_vkey(name, ed25519.public_key(seed))


def note_of(text, seed=SEED, name=ORIGIN):
    ident = rules.key_id(name, ed25519.public_key(seed))
    line = base64.b64encode(ident + ed25519.sign(seed, text.encode())).decode()
    return f"{text}\n\u2014 {name} {line}\n"


def checkpoint_text(hashes, origin=ORIGIN):
    return f"{origin}\n{len(hashes)}\n{base64.b64encode(rules.tree_root(hashes)).decode()}\n"


def leaf(index, word="test"):
    body = json.dumps({"what": word}, separators=(",", ":"))
    return (b"\x01" + (f'{{"body":{body},"boot":"00000000-0000-4000-8000-000000000001","index":{index},'
                       f'"mono":"{1000 + index}","nonce":"{index:032x}","parent":"",'
                       f'"time":"2026-11-21T08:41:00.000000001Z","type":"control","v":1}}').encode())


class Log:
    """A published log in a folder, as big as it was asked for."""

    def __init__(self, folder, size, word="test", seed=SEED):
        self.folder = pathlib.Path(folder)
        self.entries = [leaf(i, word if i >= 3 else "test") for i in range(size)]
        self.hashes = [rules.leaf_hash(entry) for entry in self.entries]
        shutil.rmtree(self.folder, ignore_errors=True)
        for number, width in rules._tiles(size):
            part = self.entries[256 * number:256 * number + width]
            self.write(rules.tile_path("entries", number, width),
                       b"".join(len(e).to_bytes(2, "big") + e for e in part))
        level, current = 0, self.hashes
        while current:
            for number, width in rules._tiles(len(current)):
                self.write(rules.tile_path(level, number, width),
                           b"".join(current[256 * number:256 * number + width]))
            current = [rules.tree_root(current[i:i + 256]) for i in range(0, len(current) - 255, 256)]
            level += 1
        self.note = note_of(checkpoint_text(self.hashes), seed)
        self.write("checkpoint", self.note.encode())

    def write(self, name, data):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def proof(self, index):
        path = rules.inclusion_path(index, self.hashes)
        return (f"c2sp.org/tlog-proof@v1\nindex {index}\n"
                + "".join(base64.b64encode(p).decode() + "\n" for p in path) + "\n" + self.note)


@unittest.skipUnless(PROGRAM, "BAILEY_VERIFY names no program")
class ProgramCase(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory(prefix="bailey-verify.")
        self.addCleanup(self.scratch.cleanup)
        self.top = pathlib.Path(self.scratch.name)
        self.key = vkey_of(SEED)

    def run_it(self, *words, key=True):
        words = [str(word) for word in words]
        command = [PROGRAM, *words] + (["--key", self.key] if key else []) + ["--json"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        said = json.loads(done.stdout) if done.stdout.startswith("{") else {}
        return done.returncode, said.get("code", said.get("result", done.stderr)), said

    def expect(self, code, word, *words, **more):
        got = self.run_it(*words, **more)
        self.assertEqual(got[:2], (code, word), got)
        return got[2]

    def file(self, name, data):
        path = self.top / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return path


class Proofs(ProgramCase):
    def test_a_proof_of_each_entry_and_of_no_other(self):
        log = Log(self.top / "log", 11)
        for index in range(11):
            proof = self.file("proof", log.proof(index))
            entry = self.file("entry", log.entries[index])
            said = self.expect(0, "good", "proof", "--entry", entry, proof)
            self.assertEqual((said["index"], said["size"]), (str(index), "11"))
            other = self.file("entry", log.entries[(index + 1) % 11])
            self.expect(1, "proof.inclusion", "proof", "--entry", other, proof)
        proof = self.file("proof", log.proof(4).replace("index 4", "index 5"))
        self.expect(1, "proof.inclusion", "proof", "--entry", self.file("entry", log.entries[4]), proof)
        self.expect(3, "verify.read", "proof", "--entry", self.top / "none", proof)

    def test_entries_that_are_no_leaves_are_proven_as_they_are(self):
        entry = b"an entry of somebody else's log"
        hashes = [rules.leaf_hash(entry), rules.leaf_hash(b"another")]
        text = ("c2sp.org/tlog-proof@v1\nindex 0\n" + base64.b64encode(hashes[1]).decode() + "\n\n"
                + note_of(checkpoint_text(hashes)))
        said = self.expect(0, "good", "proof", "--entry", self.file("entry", entry), self.file("proof", text))
        self.assertNotIn("leaf", said)


class FromACheckpoint(ProgramCase):
    def test_only_what_came_after_is_read(self):
        log = Log(self.top / "log", 600)
        old = self.file("old", note_of(checkpoint_text(log.hashes[:300])))
        said = self.expect(0, "good", "log", "--from", old, log.folder)
        self.assertEqual(said["from"], "300")
        (log.folder / "tile/entries/000").unlink()
        self.expect(0, "good", "log", "--from", old, log.folder)
        self.expect(1, "log.missing", "log", log.folder)  # the whole log is another question
        forged = self.file("old", note_of(checkpoint_text(log.hashes[:300]), OTHER))
        self.expect(1, "note.signature", "log", "--from", forged, log.folder)
        rewritten = self.file("old", note_of(checkpoint_text(log.hashes[1:301])))
        self.expect(1, "checkpoint.fork", "log", "--from", rewritten, log.folder)


class Memory(ProgramCase):
    def setUp(self):
        super().setUp()
        self.memory = self.top / "memory"
        self.memory.mkdir(mode=0o700)

    def seen(self):
        files = list(self.memory.glob("*.checkpoint"))
        return files[0].read_text() if files else None

    def test_growth_is_remembered_rollback_and_fork_are_not(self):
        folder = self.top / "log"
        log = Log(folder, 5)
        self.expect(0, "good", "log", "--remember", self.memory, folder)
        self.assertEqual(self.seen(), log.note)
        log = Log(folder, 300)
        said = self.expect(0, "good", "log", "--remember", self.memory, folder)
        self.assertEqual(said["older_size"], "5")
        newest = log.note
        self.assertEqual(self.seen(), newest)
        Log(folder, 5)  # an older copy, restored; true in itself
        self.expect(0, "good", "log", folder)
        self.expect(1, "checkpoint.rollback", "log", "--remember", self.memory, folder)
        Log(folder, 300, "another past")
        self.expect(0, "good", "log", folder)
        self.expect(1, "checkpoint.fork", "log", "--remember", self.memory, folder)
        Log(folder, 400, "another past")
        self.expect(1, "checkpoint.fork", "log", "--remember", self.memory, folder)
        self.assertEqual(self.seen(), newest)

    def test_a_log_that_does_not_verify_is_not_remembered(self):
        log = Log(self.top / "log", 9)
        path = log.folder / "tile/0/000.p/9"
        path.write_bytes(bytes(288))
        self.expect(1, "log.tile", "log", "--remember", self.memory, log.folder)
        self.assertIsNone(self.seen())

    def test_checkpoints_alone(self):
        log = Log(self.top / "log", 20)
        small = self.file("small", note_of(checkpoint_text(log.hashes[:7])))
        big = self.file("big", log.note)
        path = rules.consistency_path(7, log.hashes)
        proof = self.file("proof", "".join(base64.b64encode(p).decode() + "\n" for p in path))
        self.expect(0, "good", "checkpoint", "--remember", self.memory, small)
        self.expect(3, "remember.proof", "checkpoint", "--remember", self.memory, big)
        self.expect(0, "good", "checkpoint", "--remember", self.memory, "--proof", proof, big)
        self.expect(1, "checkpoint.rollback", "checkpoint", "--remember", self.memory, small)
        fork = self.file("fork", note_of(checkpoint_text(log.hashes[::-1])))
        self.expect(1, "checkpoint.fork", "checkpoint", "--remember", self.memory, fork)

    def test_a_memory_that_cannot_be_believed_refuses(self):
        log = Log(self.top / "log", 9)
        self.expect(0, "good", "log", "--remember", self.memory, log.folder)
        file = next(self.memory.glob("*.checkpoint"))
        good = file.read_bytes()
        for at in range(0, len(good), 7):
            bad = bytearray(good)
            bad[at] ^= 1
            file.write_bytes(bad)
            self.expect(3, "remember.corrupt", "log", "--remember", self.memory, log.folder)
        file.write_bytes(b"")
        self.expect(3, "remember.corrupt", "log", "--remember", self.memory, log.folder)
        file.unlink()
        file.mkdir()
        self.expect(3, "remember.read", "log", "--remember", self.memory, log.folder)
        file.rmdir()
        self.memory.chmod(0o770)
        self.expect(3, "remember.folder", "log", "--remember", self.memory, log.folder)
        self.expect(3, "remember.folder", "log", "--remember", self.top / "none", log.folder)
        self.memory.chmod(0o700)
        self.expect(0, "good", "log", "--remember", self.memory, log.folder)

    def test_many_at_once_leave_the_newest(self):
        """Each shows a true prefix; whoever is behind what others remembered is told so."""
        logs = [Log(self.top / f"log{size}", size) for size in (3, 50, 100, 150, 200, 250)]
        results = []

        def verify(log):
            results.append(self.run_it("log", "--remember", self.memory, log.folder)[:2])

        for _ in range(3):
            threads = [threading.Thread(target=verify, args=(log,)) for log in logs]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        self.assertTrue(set(results) <= {(0, "good"), (1, "checkpoint.rollback")}, set(results))
        self.assertEqual(self.seen(), logs[-1].note)
        self.assertEqual(sorted(path.name for path in self.memory.iterdir() if path.suffix == ".new"), [])

    def test_killed_at_any_time_the_memory_is_old_or_new(self):
        folder = self.top / "log"
        notes = [Log(folder, 40).note]
        self.expect(0, "good", "log", "--remember", self.memory, folder)
        for round_ in range(12):
            size = 41 + round_
            notes.append(Log(folder, size).note)
            running = subprocess.Popen([PROGRAM, "log", "--key", self.key, "--remember", self.memory, folder],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(0.0007 * round_)
            running.kill()
            running.wait()
            self.assertIn(self.seen(), notes)
            self.expect(0, "good", "log", "--remember", self.memory, folder)
            self.assertEqual(self.seen(), notes[-1])


class Policies(ProgramCase):
    def setUp(self):
        super().setUp()
        self.log = Log(self.top / "log", 9)
        self.witnesses = {name: bytes([number]) * 32 for number, name in enumerate(("ada", "bob", "eve"), 7)}

    def witness_vkey(self, name):
        key = ed25519.public_key(self.witnesses[name])
        ident = self.witness_id(name, key)
        return f"{name}.example+{ident.hex()}+{base64.b64encode(bytes([4]) + key).decode()}"

    @staticmethod
    def witness_id(name, key):
        import hashlib
        return hashlib.sha256(f"{name}.example\n".encode() + b"\x04" + key).digest()[:4]

    def cosigned(self, note, *names, when=1_800_000_000):
        text = note.split("\n\n")[0] + "\n"
        for name in names:
            seed = self.witnesses[name]
            message = f"cosignature/v1\ntime {when}\n{text}".encode()
            blob = self.witness_id(name, ed25519.public_key(seed)) + when.to_bytes(8, "big") + ed25519.sign(seed, message)
            note += f"\u2014 {name}.example {base64.b64encode(blob).decode()}\n"
        return note

    def policy(self, quorum="two"):
        lines = [f"log {self.key}"]
        lines += [f"witness {name} {self.witness_vkey(name)}" for name in self.witnesses]
        lines += ["group two 2 ada bob eve", f"quorum {quorum}"]
        return self.file("policy", "\n".join(lines) + "\n")

    def test_the_quorum_decides_for_checkpoints_proofs_and_logs(self):
        policy = self.policy()
        entry = self.file("entry", self.log.entries[2])
        for names, good in ((), False), (("ada",), False), (("ada", "eve"), True), (("bob", "eve", "ada"), True):
            note = self.cosigned(self.log.note, *names)
            self.log.write("checkpoint", note.encode())
            proof = self.file("proof", self.log.proof(2).replace(self.log.note, note))
            wanted = (0, "good") if good else (1, "tlog_policy.quorum")
            said = self.expect(*wanted, "checkpoint", "--policy", policy, self.file("note", note), key=False)
            self.expect(*wanted, "log", "--policy", policy, self.log.folder, key=False)
            self.expect(*wanted, "proof", "--policy", policy, "--entry", entry, proof, key=False)
            # Without the policy the same is good: it is the policy that decides.
            self.expect(0, "good", "log", self.log.folder)
            if good:
                self.assertEqual(sorted(w["name"] for w in said["witnesses"]), sorted(names))
                self.assertEqual(said["quorum"], "met")

    def test_a_wrong_cosignature_refuses_and_none_is_told_apart(self):
        good = self.cosigned(self.log.note, "ada", "bob")
        wrong = self.file("note", self.cosigned(self.cosigned(self.log.note.replace("\n9\n", "\n9\n"), "ada", "bob"),
                                                "eve").replace("eve.example", "bob.example", 1))
        self.expect(0, "good", "checkpoint", "--policy", self.policy(), self.file("good", good), key=False)
        # Somebody's line under another's name has another key id: it counts for nobody.
        self.expect(0, "good", "checkpoint", "--policy", self.policy(), wrong, key=False)
        flipped = bytearray(good.encode())
        flipped[-10] ^= 1
        self.expect(1, "cosignature.signature", "checkpoint", "--policy", self.policy(),
                    self.file("flipped", bytes(flipped)), key=False)
        said = self.expect(0, "good", "checkpoint", "--policy", self.policy("none"), self.file("bare", self.log.note),
                           key=False)
        self.assertEqual((said["quorum"], said["witnesses"]), ("none_asked", []))
        self.expect(2, "tlog_policy.syntax", "checkpoint", "--policy", self.file("bad", "quorum\n"), wrong, key=False)
        self.expect(2, "tlog_policy.syntax", "checkpoint", "--policy", self.file("bad", ""), wrong)


class Alone(ProgramCase):
    def test_it_is_static_and_runs_in_an_empty_root(self):
        shown = subprocess.run(["file", "-b", PROGRAM], capture_output=True, text=True).stdout
        if shown:
            self.assertRegex(shown, "static(-pie|ally) linked")
        # The witness that needs no tool: nothing asks for a loader.
        headers = pathlib.Path(PROGRAM).read_bytes()[:4096]
        self.assertNotIn(b"ld-linux", headers)
        log = Log(self.top / "root/log", 300)
        shutil.copy(PROGRAM, self.top / "root/v")
        inside = ["/v", "log", "--key", self.key, "/log"]
        unshare = ["unshare", "--user", "--map-root-user", "--root", str(self.top / "root")]
        chroot = unshare if os.geteuid() else ["chroot", str(self.top / "root")]
        try:
            empty = subprocess.run(chroot + ["/bin/true"], capture_output=True)
            done = subprocess.run(chroot + inside, capture_output=True, text=True, timeout=60)
        except FileNotFoundError:
            self.skipTest("neither chroot nor unshare is here")
        if os.geteuid() and done.returncode not in (0, 1, 2, 3):
            self.skipTest(f"no root of our own: {done.stderr}")
        self.assertNotEqual(empty.returncode, 0)  # there is nothing else in it
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("300 entries", done.stdout)
        log.write("tile/0/000", bytes(8192))
        self.assertEqual(subprocess.run(chroot + inside, capture_output=True).returncode, 1)


class Several(ProgramCase):
    def test_receipts_at_once_say_each_and_end_with_the_worst(self):
        all_ = json.loads((make_vectors.VECTORS / "receipt.json").read_text()) if hasattr(make_vectors, "VECTORS") \
            else json.loads((pathlib.Path(__file__).parent.parent.parent / "vectors/receipt.json").read_text())
        keys = [word for vkey in all_["vkeys"] for word in ("--key", vkey)]
        paths = [str(self.file(f"r{i}", text)) for i, text in enumerate(all_["good"])]
        done = subprocess.run([PROGRAM, "receipt", *keys, *paths], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout.count("good: ")), (0, len(paths)))
        bad = str(self.file("bad", all_["bad"][0]["text"]))
        done = subprocess.run([PROGRAM, "receipt", *keys, paths[0], bad, paths[-1], "/nonexistent"], capture_output=True,
                              text=True)
        self.assertEqual((done.returncode, done.stdout.count("good: ")), (1, 2))
        done = subprocess.run([PROGRAM, "receipt", *keys, paths[0], "/nonexistent"], capture_output=True)
        self.assertEqual(done.returncode, 3)


@unittest.skipUnless(os.environ.get("BAILEY_C_CALLER"), "BAILEY_C_CALLER names no program")
class FromC(ProgramCase):
    def test_a_c_program(self):
        all_ = json.loads((pathlib.Path(__file__).parent.parent.parent / "vectors/receipt.json").read_text())
        key = all_["vkeys"][0]
        text = next(text for text in all_["good"] if f'"key":"{key}"' in text)
        receipt = json.loads(text)
        done = subprocess.run([os.environ["BAILEY_C_CALLER"], key, self.file("receipt", text),
                               self.file("proof", receipt["proof"]),
                               self.file("entry", base64.b64decode(receipt["leaf"]))], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(len(done.stdout.splitlines()), 9, done.stdout)

    def test_python_through_the_same_library(self):
        library = ctypes.CDLL(os.environ["BAILEY_VERIFY_LIBRARY"])
        self.assertEqual(library.bailey_verify_api_version(), 2)
        self.assertEqual(library.bailey_verifier_receipt(None, b"x", ctypes.c_size_t(1), None), 2)


if __name__ == "__main__":
    unittest.main()
