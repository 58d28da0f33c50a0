"""Keys over their life: made, rotated, revoked, lost and put back; in files, sealed, in a token.

What the programs say is checked by OpenSSL and by the second verifier, which knows the
specification and none of the product's code."""

import hashlib
import json
import os
import pathlib
import pty
import shutil
import signal
import stat
import subprocess
import sys
import time
import unittest

from bench import AttackCase

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "second_verifier"))

import ed25519  # noqa: E402
import rules  # noqa: E402

MODULES = ["/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so"]
CHANGING = ("mkdirat", "linkat", "renameat", "renameat2", "unlinkat", "write", "pwrite64", "fsync", "fdatasync")


def b64(data):
    import base64
    return base64.b64encode(data).decode()


class KeyCase(AttackCase):
    def setUp(self):
        super().setUp()
        self.home = self.bench.bailey_home
        self.ok("init")
        self.first = self.keys()[0]["vkey"]
        self.first_receipts = self.ok("key", "export", "receipts").out.strip()

    def ok(self, *arguments, **options):
        run = self.bench.bailey(*arguments, **options)
        self.assertEqual(run.code, 0, f"{arguments}: {run}")
        return run

    def refused(self, code, *arguments, exit_code=1, **options):
        front = 1 if arguments[0] == "run" else 2
        run = self.bench.bailey(*arguments[:front], "--json", *arguments[front:], **options)
        self.assertEqual(run.code, exit_code, f"{arguments}: {run}")
        self.assertIn(code, run.out + run.err, str(run))
        return run

    def keys(self, *options):
        return json.loads(self.ok("key", "list", "--json", *options).out)["keys"]

    def states(self, role):
        return [key["state"] for key in self.keys("--all") if key["role"] == role]

    def files(self):
        folder = pathlib.Path(self.home, "keys", "all")
        return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("*.pem")}

    def verify_log(self, vkey, folder=None):
        """Both verifiers, which must agree."""
        folder = folder or os.path.join(self.home, "ledger")
        ours = self.bench.verify("log", "--key", vkey, folder).code
        theirs = subprocess.run([sys.executable, "-B", str(HERE.parent / "second_verifier/verify.py"), "log", "--key", vkey,
                                 folder], capture_output=True).returncode
        self.assertEqual(ours, theirs)
        return ours

    def secret(self, key_file):
        der = subprocess.run(["openssl", "pkey", "-in", key_file, "-outform", "DER"], capture_output=True, check=True).stdout
        return der[-32:]


class Files(KeyCase):
    def test_openssl_reads_ours_and_we_read_its(self):
        for role in ("ledger", "receipts", "approval"):
            path = os.path.join(self.home, "keys", role + ".pem")
            public = subprocess.run(["openssl", "pkey", "-in", path, "-pubout"], capture_output=True, text=True, check=True)
            self.assertEqual(public.stdout, self.ok("key", "export", role, "--format", "pem").out)
        made = os.path.join(self.bench.top, "made.pem")
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", made], check=True)
        self.ok("key", "import", "receipts", made)
        public = subprocess.run(["openssl", "pkey", "-in", made, "-pubout"], capture_output=True, text=True, check=True).stdout
        self.assertEqual(self.ok("key", "export", "receipts", "--format", "pem").out, public)
        self.assertEqual(self.states("receipts"), ["overlapping", "active"])
        # And back: what we save is what OpenSSL wrote, its own to the byte.
        saved = os.path.join(self.bench.top, "saved.pem")
        self.ok("key", "export", "receipts", "--format", "secret", "--to", saved)
        self.assertEqual(pathlib.Path(saved).read_bytes(), pathlib.Path(made).read_bytes())
        self.assertEqual(stat.S_IMODE(os.stat(saved).st_mode), 0o600)
        self.refused("key.exists", "key", "import", "receipts", made)
        other = os.path.join(self.bench.top, "rsa.pem")
        subprocess.run(["openssl", "genpkey", "-algorithm", "x25519", "-out", other], check=True)
        self.refused("key.syntax", "key", "import", "receipts", other)

    def test_they_are_closed_from_their_first_moment(self):
        trace = os.path.join(self.bench.top, "trace")
        command = ["strace", "-f", "-qq", "-o", trace, "-e", "trace=open,openat,openat2,chmod,fchmod,fchmodat,umask",
                   os.path.join(self.bench_bin(), "bailey"), "key", "rotate", "ledger"]
        os.umask(0)
        self.addCleanup(os.umask, 0o022)
        run = subprocess.run(command, env=self.bench.environment(), capture_output=True, text=True)
        self.assertEqual(run.returncode, 0, run.stderr)
        made = [line for line in pathlib.Path(trace).read_text().splitlines() if "O_CREAT" in line and ".pem" in line]
        self.assertTrue(made)
        for line in made:
            self.assertIn("O_EXCL", line)
            self.assertIn("0600", line)
        self.assertNotIn("chmod", pathlib.Path(trace).read_text())
        for path in pathlib.Path(self.home, "keys").rglob("*"):
            self.assertEqual(stat.S_IMODE(path.stat().st_mode) & 0o077, 0, path)

    def bench_bin(self):
        import bench
        return bench.BIN


class Rotation(KeyCase):
    def test_fifty_times_loses_nothing(self):
        receipts = []
        seen = {}
        for turn in range(50):
            if turn % 10 == 0:
                path = os.path.join(self.bench.top, f"{turn}.json")
                self.assertEqual(self.bench.caged(["true"], ["--receipt", path]).code, 0)
                receipts.append(path)
            self.ok("key", "rotate", ("ledger", "receipts", "approval")[turn % 3], "--overlap", ("0", "1h")[turn % 2])
            files = self.files()
            for name, digest in seen.items():
                self.assertEqual(files.get(name), digest, name)
            seen = files
        self.assertEqual(len(seen), 53)
        self.assertEqual(len(self.keys("--all")), 53)
        self.assertEqual(sorted(self.states("ledger"))[0], "active")
        self.ok("log", "verify")
        self.assertEqual(self.verify_log(self.first), 0)
        stranger = rules.make_vkey(self.first.split("+")[0], ed25519.public_key(b"\1" * 32))
        self.assertEqual(self.verify_log(stranger), 1)
        for path in receipts:
            self.ok("log", "verify", path)
        # The first one alone, by the keys of its day, as anybody kept them.
        verified = self.bench.verify("receipt", "--key", self.first, "--key", self.first_receipts, receipts[0])
        self.assertEqual(verified.code, 0, str(verified))
        self.ok("key", "recover")

    def test_a_run_that_goes_on_meanwhile_takes_the_new_key(self):
        receipt = os.path.join(self.bench.top, "r.json")
        command = self.bench.cage_command(["sh", "-c", "sleep 3"], ["--receipt", receipt])
        process = self.bench.start(command)
        deadline = time.monotonic() + 20
        while json.loads(self.ok("log", "verify", "--json").out)["open"] != "1" and time.monotonic() < deadline:
            time.sleep(0.05)
        self.ok("key", "rotate", "ledger", "--overlap", "0")
        self.ok("key", "rotate", "receipts", "--overlap", "0")
        self.assertEqual(process.wait(timeout=60), 0)
        self.ok("log", "verify", receipt)
        self.ok("log", "verify")
        self.assertEqual(self.verify_log(self.first), 0)

    def test_checkpoints_bear_both_signatures_while_keys_overlap(self):
        self.ok("key", "rotate", "ledger", "--overlap", "1h")
        self.assertEqual(self.bench.caged(["true"]).code, 0)
        note = os.path.join(self.home, "ledger", "checkpoint")
        newest = self.ok("key", "export", "ledger").out.strip()
        for vkey in (self.first, newest):
            self.assertEqual(self.bench.verify("checkpoint", "--key", vkey, note).code, 0, vkey)
        self.ok("key", "archive", self.first)
        self.assertEqual(self.bench.caged(["true"]).code, 0)
        self.assertEqual(self.bench.verify("checkpoint", "--key", newest, note).code, 0)
        self.assertEqual(self.bench.verify("checkpoint", "--key", self.first, note).code, 1)
        self.assertEqual(self.verify_log(self.first), 0)  # its leaves lead on

    def test_a_history_file_leads_a_verifier_on(self):
        for _ in range(3):
            self.ok("key", "rotate", "ledger", "--overlap", "0")
        path = os.path.join(self.bench.top, "history.json")
        self.ok("key", "export", "ledger", "--format", "history", "--to", path)
        history = json.loads(pathlib.Path(path).read_text())
        text, origin, size, root = None, *rules.parse_checkpoint(rules.parse_note(history["checkpoint"].encode())[0])
        followed = rules.KeyHistory(origin, [self.first])
        for item in history["leaves"]:
            entry = rules.from_base64(item["leaf"])
            leaf = rules.parse_leaf(entry)
            rules.check_inclusion(leaf["index"], size, rules.leaf_hash(entry), [rules.from_base64(p) for p in item["path"]], root)
            followed.add(leaf["index"], leaf["body"])
        rules.check_checkpoint(history["checkpoint"].encode(), followed.believed(size))
        self.assertIn(self.ok("key", "export", "ledger").out.strip(), followed.believed(size))


class Revocation(KeyCase):
    def forged(self, vkey, secret):
        """The published log with a checkpoint that this key alone signed."""
        copy = os.path.join(self.bench.top, "forged")
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(os.path.join(self.home, "ledger"), copy)
        text = rules.parse_note(pathlib.Path(copy, "checkpoint").read_bytes())[0]
        name, key = rules.parse_vkey(vkey)
        blob = rules.key_id(name, key) + ed25519.sign(secret, text.encode())
        pathlib.Path(copy, "checkpoint").write_text(f"{text}\n\u2014 {name} {b64(blob)}\n")
        return copy

    def test_what_a_revoked_key_signs_afterwards_is_refused(self):
        stolen = self.secret(os.path.join(self.home, "keys", "ledger.pem"))
        self.assertEqual(self.bench.caged(["true"]).code, 0)
        self.assertEqual(self.verify_log(self.first, self.forged(self.first, stolen)), 0)  # the control
        self.ok("key", "revoke", "ledger", "--reason", "the laptop was stolen")
        self.assertEqual(self.states("ledger"), ["revoked", "active"])
        self.assertEqual(self.bench.caged(["true"]).code, 0)
        self.assertEqual(self.verify_log(self.first), 0)
        self.assertEqual(self.verify_log(self.first, self.forged(self.first, stolen)), 1)
        newest = self.keys()[0]["vkey"]
        name = next(path for path in pathlib.Path(self.home, "keys/all").glob("ledger-*")
                    if ed25519.public_key(self.secret(path)) == rules.parse_vkey(newest)[1])
        self.assertEqual(self.verify_log(self.first, self.forged(newest, self.secret(name))), 0)  # the control
        self.ok("log", "verify")

    def test_a_receipt_from_after_the_theft_is_refused_and_one_from_before_is_not(self):
        before, after = (os.path.join(self.bench.top, name) for name in ("before.json", "after.json"))
        self.assertEqual(self.bench.caged(["true"], ["--receipt", before]).code, 0)
        size = json.loads(self.ok("log", "verify", "--json").out)["size"]
        self.assertEqual(self.bench.caged(["true"], ["--receipt", after]).code, 0)
        self.ok("log", "verify", after)
        self.ok("key", "revoke", "receipts", "--entries", size, "--reason", "found in a backup")
        self.ok("log", "verify", before)
        self.refused("receipt.key", "log", "verify", after, exit_code=5)

    def test_it_says_why_and_cannot_leave_the_ledger_without_a_key(self):
        self.refused("usage", "key", "revoke", "ledger", exit_code=2)
        self.refused("usage", "key", "revoke", "ledger", "--reason", "x", "--entries", "999999", exit_code=2)
        self.refused("key.in_force", "key", "archive", "ledger")
        self.refused("key.missing", "key", "revoke", "00000000", "--reason", "x")


class Crashes(KeyCase):
    def test_killed_at_every_call_that_changes_something(self):
        self.kill_everywhere(["rotate", "ledger", "--overlap", "0"])

    def test_revoking_killed_at_every_call_that_changes_something(self):
        self.kill_everywhere(["revoke", "receipts", "--reason", "a test"])

    def kill_everywhere(self, arguments):
        import bench
        bailey = os.path.join(bench.BIN, "bailey")
        seen, killed = {}, 0
        for call in CHANGING:
            for turn in range(1, 200):
                # strace counts the calls of each name by itself.
                run = subprocess.run(["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e",
                                      f"inject={call}:signal=KILL:when={turn}", bailey, "key", *arguments],
                                     env=self.bench.environment(), capture_output=True, text=True)
                if run.returncode == 0:
                    break
                where = f"{call} {turn}"
                self.assertIn(run.returncode, (-signal.SIGKILL, 128 + signal.SIGKILL), f"{where}: {run.stderr}")
                killed += 1
                self.ok("log", "checkpoint")  # other commands work, whatever was left behind
                self.ok("key", "recover")
                self.assertFalse(os.path.exists(os.path.join(self.home, "keys", "change.json")), where)
                files = self.files()
                for name, digest in seen.items():
                    self.assertEqual(files.get(name), digest, f"{where}: {name}")
                seen = files
            self.assertEqual(run.returncode, 0, f"{call}: {run.stderr}")
            self.ok("log", "verify")
        self.assertGreater(killed, 40)
        self.assertEqual(self.verify_log(self.first), 0)
        self.assertEqual(self.bench.caged(["true"]).code, 0)


class Recovery(KeyCase):
    def test_what_is_lost_is_said_and_a_copy_puts_it_back(self):
        self.ok("key", "rotate", "ledger")
        copy = os.path.join(self.bench.top, "copy")
        shutil.copytree(os.path.join(self.home, "keys"), copy)
        victim = next(pathlib.Path(self.home, "keys/all").glob("receipts-*"))
        data = victim.read_bytes()
        victim.unlink()
        self.refused("key.missing", "key", "rotate", "approval")
        run = self.refused("lost", "key", "recover")
        self.assertEqual([key["found"] for key in json.loads(run.out.splitlines()[0])["keys"] if key["role"] == "receipts"],
                         ["lost"])
        self.ok("key", "recover", "--from", copy)
        self.assertEqual(victim.read_bytes(), data)
        victim.write_text("-----BEGIN PRIVATE KEY-----\nrubbish\n")
        self.refused("key.", "key", "rotate", "approval")
        self.ok("key", "recover", "--from", copy)
        self.assertEqual(victim.read_bytes(), data)
        self.ok("log", "verify")

    def test_the_list_is_made_anew_from_the_ledger(self):
        self.ok("key", "rotate", "ledger", "--overlap", "0")
        self.ok("key", "revoke", "receipts", "--reason", "lost")
        before = self.keys("--all")
        ring = os.path.join(self.home, "keys", "keys.json")
        for spoil in (lambda: os.unlink(ring), lambda: pathlib.Path(ring).write_text("{}")):
            spoil()
            self.refused("key.ring", "key", "list")
            self.refused("key.ring", "run", "--", "true", exit_code=120)
            run = self.ok("key", "recover", "--json")
            self.assertTrue(json.loads(run.out)["ring_rebuilt"])
            after = self.keys("--all")
            self.assertEqual(sorted((k["vkey"], k["state"]) for k in after), sorted((k["vkey"], k["state"]) for k in before))
        self.ok("key", "rotate", "receipts")
        self.assertEqual(self.verify_log(self.first), 0)

    def test_no_key_is_made_up_for_one_that_is_gone(self):
        self.ok("key", "rotate", "ledger")
        for path in pathlib.Path(self.home, "keys/all").glob("ledger-*"):
            path.unlink()
        self.refused("key.missing", "run", "--", "true", exit_code=120)
        run = self.refused("lost", "key", "recover")
        self.assertIn("lost", run.out)


class Passphrase(KeyCase):
    def setUp(self):
        super().setUp()
        self.file = self.bench.write(os.path.join(self.bench.top, "pass"), "correct horse\n", 0o600)
        self.ok("key", "rotate", "receipts", "--overlap", "0", "--passphrase-file", self.file)

    def with_file(self, path, *arguments):
        return self.bench.call([os.path.join(__import__("bench").BIN, "bailey"), *arguments],
                               env=dict(self.bench.environment(), BAILEY_KEY_PASSPHRASE_FILE=path))

    def test_it_opens_the_key_and_nothing_else_does(self):
        self.assertEqual(self.with_file(self.file, "run", "--", "true").code, 0)
        sealed = [path for path in pathlib.Path(self.home, "keys/all").glob("receipts-*") if b"SEALED" in path.read_bytes()]
        self.assertEqual(len(sealed), 1)
        wrong = self.bench.write(os.path.join(self.bench.top, "wrong"), "wrong horse\n", 0o600)
        run = self.with_file(wrong, "run", "--json", "--", "true")
        self.assertEqual(run.code, 120, str(run))
        self.assertIn("key.passphrase", run.out + run.err)
        run = self.with_file(os.path.join(self.bench.top, "absent"), "log", "tail", "--json")
        self.assertEqual(run.code, 1)
        # Its public part is told without it.
        self.assertEqual(self.bench.bailey("key", "show", "receipts").code, 0)

    def test_a_changed_bit_does_not_open(self):
        path = next(path for path in pathlib.Path(self.home, "keys/all").glob("receipts-*") if b"SEALED" in path.read_bytes())
        good = path.read_text()
        for line in range(1, 6):
            lines = good.splitlines()
            position = len(lines[line]) - 4
            lines[line] = lines[line][:position] + ("1" if lines[line][position] != "1" else "2") + lines[line][position + 1:]
            path.write_text("\n".join(lines) + "\n")
            self.assertNotEqual(self.with_file(self.file, "log", "tail").code, 0, lines[line])
        path.write_text(good)
        self.assertEqual(self.with_file(self.file, "log", "tail").code, 0)

    def test_it_is_typed_at_a_terminal_and_not_shown(self):
        import bench
        for typed, expected in ((b"correct horse\n", 0), (b"wrong horse\n", 1)):
            pid, master = pty.fork()
            if pid == 0:
                os.execve(os.path.join(bench.BIN, "bailey"), ["bailey", "log", "verify"], self.bench.environment())
            shown = b""
            while b"Passphrase" not in shown:
                shown += os.read(master, 4096)
            time.sleep(0.2)
            os.write(master, typed)
            try:
                while True:
                    more = os.read(master, 4096)
                    if not more:
                        break
                    shown += more
            except OSError:
                pass
            _, status = os.waitpid(pid, 0)
            os.close(master)
            self.assertEqual(os.waitstatus_to_exitcode(status), expected, shown)
            self.assertNotIn(b"horse", shown)


@unittest.skipUnless(shutil.which("softhsm2-util") and any(map(os.path.exists, MODULES)), "SoftHSM2 is not installed")
class Token(KeyCase):
    def setUp(self):
        super().setUp()
        self.module = next(path for path in MODULES if os.path.exists(path))
        tokens = self.bench.make("tokens", 0o700)
        config = self.bench.write(os.path.join(self.bench.top, "softhsm.conf"),
                                  f"directories.tokendir = {tokens}\nobjectstore.backend = file\nlog.level = ERROR\n")
        os.environ["SOFTHSM2_CONF"] = config
        self.addCleanup(os.environ.pop, "SOFTHSM2_CONF", None)
        self.tokens = tokens
        self.initialise("one")
        self.pin = self.bench.write(os.path.join(self.bench.top, "pin"), "1234\n", 0o600)

    def initialise(self, label):
        subprocess.run(["softhsm2-util", "--init-token", "--free", "--label", label, "--so-pin", "5678", "--pin", "1234"],
                       check=True, capture_output=True)

    def bailey(self, *arguments):
        import bench
        return self.bench.call([os.path.join(bench.BIN, "bailey"), *arguments],
                               env=dict(self.bench.environment(), SOFTHSM2_CONF=os.environ["SOFTHSM2_CONF"]))

    def in_token(self, *arguments, label="ledger", pin=None, module=None):
        return self.bailey("key", *arguments, "--token", module or self.module, "--label", label, "--pin-file", pin or self.pin,
                           "--json")

    def refused_with(self, run, code, exit_code=1):
        self.assertEqual(run.code, exit_code, str(run))
        self.assertIn(code, run.out + run.err, str(run))

    def test_the_ledgers_key_lives_in_it(self):
        run = self.in_token("rotate", "ledger", "--overlap", "0")
        self.assertEqual(run.code, 0, str(run))
        receipt = os.path.join(self.bench.top, "r.json")
        run = self.bailey("run", "--receipt", receipt, "--", "true")
        self.assertEqual(run.code, 0, str(run))
        self.assertEqual(self.verify_log(self.first), 0)
        newest = json.loads(self.bailey("key", "list", "--json").out)["keys"][0]["vkey"]
        note = os.path.join(self.home, "ledger", "checkpoint")
        self.assertEqual(self.bench.verify("checkpoint", "--key", newest, note).code, 0)
        receipts = self.bailey("key", "export", "receipts").out.strip()
        self.assertEqual(self.bench.verify("receipt", "--key", newest, "--key", receipts, receipt).code, 0)
        # The home holds no secret of it.
        file = next(path for path in pathlib.Path(self.home, "keys/all").glob("ledger-*") if b"TOKEN" in path.read_bytes())
        self.assertNotIn(b"PRIVATE", file.read_bytes())
        self.assertNotIn(b"1234", file.read_bytes())

    def test_what_goes_wrong_denies_with_a_code(self):
        wrong = self.bench.write(os.path.join(self.bench.top, "wrong"), "9999\n", 0o600)
        self.refused_with(self.in_token("rotate", "ledger", pin=wrong), "token.pin")
        self.refused_with(self.in_token("rotate", "ledger", module="/nonexistent.so"), "token.module")
        self.refused_with(self.in_token("rotate", "ledger", module="/usr/bin/true"), "token.module")
        self.refused_with(self.in_token("rotate", "ledger", label="two/ledger"), "token.slot")
        self.assertEqual(self.states("ledger"), ["active"])
        self.assertEqual(self.in_token("rotate", "ledger", "--overlap", "0").code, 0)
        self.refused_with(self.in_token("rotate", "ledger"), "token.exists")
        self.assertEqual(self.bailey("run", "--", "true").code, 0)  # the control
        good = pathlib.Path(self.pin).read_text()
        pathlib.Path(self.pin).write_text("0000\n")
        self.refused_with(self.bailey("run", "--json", "--", "true"), "token.pin", 120)
        pathlib.Path(self.pin).write_text(good)
        gone = self.tokens + ".away"
        os.rename(self.tokens, gone)
        self.refused_with(self.bailey("run", "--json", "--", "true"), "token.", 120)
        os.mkdir(self.tokens, 0o700)
        self.refused_with(self.bailey("run", "--json", "--", "true"), "token.slot", 120)
        os.rmdir(self.tokens)
        os.rename(gone, self.tokens)
        self.initialise("two")
        self.refused_with(self.bailey("run", "--json", "--", "true"), "token.slot", 120)  # which one?

    def test_a_token_that_hangs_is_given_up(self):
        source = self.bench.write(os.path.join(self.bench.top, "slow.c"),
                                  "#include <unistd.h>\nint C_GetFunctionList(void **list) { sleep(600); return 5; }\n")
        slow = os.path.join(self.bench.top, "slow.so")
        if subprocess.run(["cc", "-shared", "-fPIC", "-o", slow, source]).returncode != 0:
            self.skipTest("no C compiler")
        started = time.monotonic()
        self.refused_with(self.in_token("rotate", "ledger", module=slow), "token.timeout")
        self.assertLess(time.monotonic() - started, 30)
        self.assertEqual(self.states("ledger"), ["active"])

    def test_a_module_that_dies_is_said(self):
        source = self.bench.write(os.path.join(self.bench.top, "dies.c"),
                                  "#include <stdlib.h>\nint C_GetFunctionList(void **list) { abort(); }\n")
        dies = os.path.join(self.bench.top, "dies.so")
        if subprocess.run(["cc", "-shared", "-fPIC", "-o", dies, source]).returncode != 0:
            self.skipTest("no C compiler")
        self.refused_with(self.in_token("rotate", "ledger", module=dies), "token.program")


if __name__ == "__main__":
    unittest.main()
