"""The second verifier against vectors/*.json, and against bailey-verify.

BAILEY_VERIFY names the program; every vector, and many of them with a byte changed, must get the
same answer from both.
"""
import base64
import ctypes
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import unittest

import attestations
import ed25519
import rules
import witness_rules

HERE = pathlib.Path(__file__).resolve().parent
VECTORS = HERE.parents[1] / "vectors"


def vectors(name):
    return json.loads((VECTORS / f"{name}.json").read_text())


def verdict(check, *arguments):
    try:
        check(*arguments)
        return True
    except rules.Refused:
        return False


class Rfc8032(unittest.TestCase):
    def test_ed25519_meets_the_rfc(self):
        seed = bytes.fromhex("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7")
        key = bytes.fromhex("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025")
        signature = ed25519.sign(seed, b"\xaf\x82")
        self.assertEqual(ed25519.public_key(seed), key)
        self.assertEqual(signature.hex()[:32], "6291d657deec24024827e69c3abe01a3")
        self.assertTrue(ed25519.verify(key, b"\xaf\x82", signature))
        self.assertFalse(ed25519.verify(key, b"\xaf\x83", signature))
        spelled = signature[:32] + (int.from_bytes(signature[32:], "little") + ed25519.L).to_bytes(32, "little")
        self.assertFalse(ed25519.verify(key, b"\xaf\x82", spelled))


class Attestations(unittest.TestCase):
    def test_the_standards_own_signature_is_over_our_encoding(self):
        standard = vectors("attestation")["standard"]
        kind, payload, signatures = attestations.parse_envelope(json.dumps(standard["envelope"]).encode())
        key = int(standard["x"]), int(standard["y"])
        self.assertTrue(attestations.p256_verify(key, attestations.pae(kind, payload), signatures[0][1]))
        self.assertFalse(attestations.p256_verify(key, attestations.pae(kind, payload + b"!"), signatures[0][1]))

    def test_bundles(self):
        all_ = vectors("attestation")
        for item in all_["pae"]:
            self.assertEqual(attestations.pae(item["type"], base64.b64decode(item["payload"])), base64.b64decode(item["pae"]))
        for item in all_["good"]:
            actions, sessions, ignored = attestations.check_bundle(item["text"].encode().splitlines(), all_["vkeys"])
            self.assertEqual({"actions": len(actions), "sessions": sessions, "ignored": ignored}, item["report"], item["why"])


class Vectors(unittest.TestCase):
    def test_canonical_json(self):
        all_ = vectors("canonical-json")
        for item in all_["accept"]:
            self.assertEqual(rules.canonical(rules.parse_json(base64.b64decode(item["input"]))), item["canonical"])
        for text in all_["refuse"]:
            self.assertFalse(verdict(rules.parse_json, base64.b64decode(text)), text)

    def test_tree(self):
        all_ = vectors("tree")
        hashes = [rules.leaf_hash(bytes.fromhex(leaf)) for leaf in all_["leaves"]]
        for size, root in enumerate(all_["roots"]):
            self.assertEqual(rules.tree_root(hashes[:size]).hex(), root)
        for item in all_["inclusion"]:
            path = [bytes.fromhex(p) for p in item["path"]]
            self.assertEqual(item["good"], verdict(rules.check_inclusion, item["index"], item["size"], bytes.fromhex(
                item["leaf_hash"]), path, bytes.fromhex(item["root"])))
        for item in all_["consistency"]:
            path = [bytes.fromhex(p) for p in item["path"]]
            self.assertEqual(item["good"], verdict(rules.check_consistency, item["first"], item["second"], path,
                                                   bytes.fromhex(item["first_root"]), bytes.fromhex(item["second_root"])))

    def test_notes(self):
        all_ = vectors("note")
        for vkey in all_["good_vkeys"]:
            self.assertEqual(rules.make_vkey(*rules.parse_vkey(vkey)), vkey)
        for vkey in all_["bad_vkeys"]:
            self.assertFalse(verdict(rules.parse_vkey, vkey), vkey)
        for item in all_["checkpoints"]:
            self.assertEqual(item["good"], verdict(rules.check_checkpoint, item["note"].encode(), item["vkeys"]), item["why"])

    def test_witnesses(self):
        all_ = vectors("witness")
        cosignatures, policies, requests = all_["cosignatures"], all_["policies"], all_["requests"]
        for vkey in cosignatures["good_vkeys"]:
            self.assertEqual(witness_rules.make_vkey(*witness_rules.parse_vkey(vkey)), vkey)
        for vkey in cosignatures["bad_vkeys"]:
            self.assertFalse(verdict(witness_rules.parse_vkey, vkey), vkey)
        for item in cosignatures["notes"]:
            self.assertEqual(item["good"], verdict(
                witness_rules.cosigned_at, item["note"].encode(), cosignatures["vkey"]), item["why"])
        for text in policies["good"]:
            self.assertTrue(verdict(witness_rules.parse_policy, text.encode()), text)
        for item in policies["bad"]:
            self.assertFalse(verdict(witness_rules.parse_policy, item["text"].encode()), item["why"])
        for item in policies["verdicts"]:
            self.assertEqual(item["good"], verdict(witness_rules.check_policy, item["note"].encode(),
                                                   witness_rules.parse_policy(item["policy"].encode())))
        for item in requests["good"]:
            old, proof, checkpoint = witness_rules.parse_request(base64.b64decode(item["body"]))
            self.assertEqual((str(old), [p.hex() for p in proof]), (item["old"], item["proof"]))
        for item in requests["bad"]:
            self.assertFalse(verdict(witness_rules.parse_request, base64.b64decode(item["body"])), item["why"])

    def test_leaves(self):
        all_ = vectors("leaf")
        for item in all_["good"]:
            entry = base64.b64decode(item["bytes"])
            rules.parse_leaf(entry)
            self.assertEqual(rules.leaf_hash(entry).hex(), item["leaf_hash"])
        for item in all_["bad"]:
            self.assertFalse(verdict(rules.parse_leaf, base64.b64decode(item["bytes"])), item["why"])
        for item in all_["salted"]:
            salt = rules.salt(bytes.fromhex(item["disclosure_key"]), bytes.fromhex(item["nonce"]), item["member"])
            self.assertEqual(salt.hex(), item["salt"])
            self.assertEqual(rules.salted_digest(salt, base64.b64decode(item["payload"])).hex(), item["digest"])

    def test_receipts(self):
        all_ = vectors("receipt")
        for text in all_["good"]:
            rules.check_receipt(text.encode(), all_["vkeys"])
        for item in all_["bad"]:
            self.assertFalse(verdict(rules.check_receipt, item["text"].encode(), all_["vkeys"]), item["why"])

    def test_key_histories(self):
        all_ = vectors("key-history")

        def follow(case):
            history = rules.KeyHistory(all_["origin"], case["trusted"])
            for leaf in case["leaves"]:
                history.add(leaf["index"], leaf["body"])
            for size, keys in case["believed"].items():
                self.assertEqual(sorted(history.believed(int(size))), keys, case["why"])

        for case in all_["cases"]:
            self.assertEqual(case["good"], verdict(follow, case), case["why"])
        for log in all_["logs"]:
            files = {path: base64.b64decode(data) for path, data in log["files"].items()}
            self.assertEqual(log["good"], verdict(rules.check_log, files.get, log["trusted"]), log["why"])

    def test_logs(self):
        all_ = vectors("log")
        for log in all_["logs"]:
            files = {path: base64.b64decode(data) for path, data in log["files"].items()}
            self.assertEqual(log["good"], verdict(rules.check_log, files.get, all_["vkeys"]), log["why"])


@unittest.skipUnless(os.environ.get("BAILEY_VERIFY"), "BAILEY_VERIFY names no program")
class Agreement(unittest.TestCase):
    """Both verifiers say the same, through the program as a user runs it."""

    def ours(self, what, vkeys, path):
        command = [os.environ["BAILEY_VERIFY"], what, "--json"]
        for vkey in vkeys:
            command += ["--key", vkey]
        done = subprocess.run(command + [str(path)], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.stderr, "")
        self.assertEqual(json.loads(done.stdout)["result"], {0: "good", 1: "failed", 3: "incomplete"}[done.returncode])
        return done.returncode

    def theirs(self, what, vkeys, path):
        command = [sys.executable, str(HERE / "verify.py"), what]
        for vkey in vkeys:
            command += ["--key", vkey]
        return subprocess.run(command + [str(path)], capture_output=True, timeout=60).returncode

    def test_on_receipts_with_a_byte_changed(self):
        all_ = vectors("receipt")
        pick = random.Random(7)
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "receipt"
            for text in all_["good"]:
                path.write_text(text)
                self.assertEqual(self.ours("receipt", all_["vkeys"], path), 0)
                self.assertEqual(self.theirs("receipt", all_["vkeys"], path), 0)
                for _ in range(40):
                    data = bytearray(text.encode())
                    data[pick.randrange(len(data))] ^= 1 << pick.randrange(8)
                    path.write_bytes(data)
                    refused = not verdict(rules.check_receipt, bytes(data), all_["vkeys"])
                    self.assertEqual(self.ours("receipt", all_["vkeys"], path), int(refused), bytes(data))
                    # Only the line of a witness that nobody here trusts may change.
                    self.assertTrue(refused or "other.example" in text, bytes(data))

    def test_on_logs_with_a_byte_changed(self):
        pick = random.Random(8)
        plain = vectors("log")
        logs = [log | {"trusted": plain["vkeys"]} for log in plain["logs"]] + vectors("key-history")["logs"]
        for log in logs:
            with tempfile.TemporaryDirectory() as folder:
                root = pathlib.Path(folder)
                for name, data in log["files"].items():
                    (root / name).parent.mkdir(parents=True, exist_ok=True)
                    (root / name).write_bytes(base64.b64decode(data))
                self.assertEqual(self.ours("log", log["trusted"], root), 0 if log["good"] else 1, log["why"])
                self.assertEqual(self.theirs("log", log["trusted"], root), 0 if log["good"] else 1, log["why"])
                if not log["good"]:
                    continue
                for name in log["files"]:
                    good = (root / name).read_bytes()
                    for _ in range(4):
                        data = bytearray(good)
                        data[pick.randrange(len(data))] ^= 1 << pick.randrange(8)
                        (root / name).write_bytes(data)
                        self.assertEqual(self.ours("log", log["trusted"], root), 1, name)
                        self.assertEqual(self.theirs("log", log["trusted"], root), 1, name)
                    (root / name).unlink()
                    missing = 3 if name == "checkpoint" else 1
                    self.assertEqual(self.ours("log", log["trusted"], root), missing, name)
                    self.assertEqual(self.theirs("log", log["trusted"], root), missing, name)
                    (root / name).write_bytes(good)

    def test_checkpoints_that_extend_each_other(self):
        tree = vectors("tree")
        hashes = [rules.leaf_hash(bytes.fromhex(leaf)) for leaf in tree["leaves"]]
        import make_vectors
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for first, second in [(0, 5), (5, 5), (3, 8), (8, 33), (7, 13)]:
                (root / "old").write_text(make_vectors.checkpoint_of(hashes[:first]))
                (root / "new").write_text(make_vectors.checkpoint_of(hashes[:second]))
                path = rules.consistency_path(first, hashes[:second])
                (root / "proof").write_text("".join(base64.b64encode(p).decode() + "\n" for p in path))
                def run(old, new, proof="proof"):
                    return subprocess.run([os.environ["BAILEY_VERIFY"], "checkpoint", "--key", make_vectors.VKEY, old,
                                           "--newer", new, "--proof", proof], cwd=root, capture_output=True).returncode
                self.assertEqual(run("old", "new"), 0, (first, second))
                if first not in (0, second):
                    self.assertEqual(run("new", "old"), 1)
                    self.assertEqual(run("old", "new", "/dev/null"), 1)
                self.assertEqual(run("old", "new", "absent"), 3)
                (root / "new").write_text(make_vectors.checkpoint_of([b"\0" * 32] + hashes[1:second]))
                self.assertEqual(run("old", "new"), 1 if first else 0, (first, second))


class Program(unittest.TestCase):
    def setUp(self):
        self.program = os.environ.get("BAILEY_VERIFY")
        if not self.program:
            self.skipTest("BAILEY_VERIFY names no program")

    def code(self, *arguments, text=""):
        return subprocess.run([self.program, *arguments], input=text, capture_output=True, text=True, timeout=60).returncode

    def test_exit_codes(self):
        all_ = vectors("receipt")
        key = all_["vkeys"][0]
        self.assertEqual(self.code("--help"), 0)
        self.assertEqual(self.code("--version"), 0)
        for wrong in [[], ["--nonsense"], ["receipt"], ["receipt", "-"], ["oracle", "--key", key, "-"], ["receipt", "--key"],
                      ["log", "--key", key, "a", "b"], ["receipt", "--key", key, "--newer", "x", "-"],
                      ["proof", "--key", key, "-"], ["receipt", "--key", key, "--entry", "x", "-"],
                      ["receipt", "--key", key, "--from", "x", "-"], ["receipt", "--key", key, "--remember", "/", "-"],
                      ["checkpoint", "--key", key, "--newer", "x", "--remember", "/", "-"],
                      ["log", "--key", key, "--from", "x", "--from", "y", "/"],
                      ["checkpoint", "--key", key, "--proof", "x", "-"], ["receipt", "--key", "not+a+key", "-"]]:
            self.assertEqual(self.code(*wrong), 2, wrong)
        self.assertEqual(self.code("receipt", "--key", key, "/nonexistent"), 3)
        self.assertEqual(self.code("receipt", "--key", "/nonexistent", "-"), 3)
        self.assertEqual(self.code("receipt", "--key", key, "/"), 3)
        self.assertEqual(self.code("log", "--key", key, "/nonexistent"), 3)
        self.assertEqual(self.code("log", "--key", key, "/"), 3)
        self.assertEqual(self.code("receipt", "--key", key, "-", text="\x1b[2J"), 1)
        own = [vector for vector in all_["good"] if f'"key":"{key}"' in vector]
        self.assertEqual(self.code("receipt", "--key", key, "-", text=own[0]), 0)
        with tempfile.NamedTemporaryFile("w", suffix=".vkey") as file:
            file.write("# keys\n\n" + "\n".join(all_["vkeys"]) + "\n")
            file.flush()
            for text in all_["good"]:
                self.assertEqual(self.code("receipt", "--key", file.name, "-", text=text), 0)

    def test_a_result_that_cannot_be_written_is_no_success(self):
        all_ = vectors("receipt")
        own = [vector for vector in all_["good"] if f'"key":"{all_["vkeys"][0]}"' in vector]
        with open("/dev/full", "w") as full:
            done = subprocess.run([self.program, "receipt", "--key", all_["vkeys"][0], "-"], input=own[0], text=True,
                                  stdout=full, stderr=subprocess.DEVNULL)
        self.assertEqual(done.returncode, 3)


class CInterface(unittest.TestCase):
    class Result(ctypes.Structure):
        _fields_ = [("code", ctypes.c_char * 64), ("message", ctypes.c_char * 1024), ("origin", ctypes.c_char * 256),
                    ("root", ctypes.c_char * 65), ("leaf_hash", ctypes.c_char * 65)] + [
                        (name, ctypes.c_uint64) for name in ("size", "index", "older_size", "intents", "closed", "open")]

    def setUp(self):
        path = os.environ.get("BAILEY_VERIFY_LIBRARY")
        if not path or not os.path.exists(path):
            self.skipTest("BAILEY_VERIFY_LIBRARY names no library")
        self.library = ctypes.CDLL(path)

    def test_receipts(self):
        all_ = vectors("receipt")
        keys = (ctypes.c_char_p * 3)(*[vkey.encode() for vkey in all_["vkeys"]])
        result = self.Result()
        def verify(text, count=3):
            data = text.encode()
            return self.library.bailey_verify_receipt(keys, ctypes.c_size_t(count), data, ctypes.c_size_t(len(data)),
                                                      ctypes.byref(result))
        self.assertEqual(verify(all_["good"][0]), 0)
        self.assertEqual((result.code, result.origin, result.index, result.size), (b"", b"vectors.example/log", 2, 11))
        self.assertEqual(verify(all_["good"][0], 0), 2)
        for item in all_["bad"]:
            self.assertEqual(verify(item["text"]), 1, item["why"])
            self.assertTrue(result.code and result.message)

    def test_logs(self):
        all_ = vectors("log")
        keys = (ctypes.c_char_p * 1)(all_["vkeys"][0].encode())
        reader_type = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_void_p, ctypes.c_char_p, ctypes.POINTER(ctypes.c_uint8),
                                       ctypes.c_size_t)
        for log in all_["logs"]:
            files = {path.encode(): base64.b64decode(data) for path, data in log["files"].items()}
            def read(_, path, buffer, capacity):
                data = files.get(path)
                if data is None:
                    return -1
                if len(data) > capacity:
                    return -2
                ctypes.memmove(buffer, data, len(data))
                return len(data)
            result = self.Result()
            code = self.library.bailey_verify_log(keys, ctypes.c_size_t(1), reader_type(read), None, ctypes.byref(result))
            self.assertEqual(code, 0 if log["good"] else 1, log["why"])
            if log["good"]:
                self.assertEqual(result.size, log["report"]["size"])


if __name__ == "__main__":
    unittest.main()
