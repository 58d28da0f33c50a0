"""Witnesses, from both sides, each against an independent implementation (tests/second_verifier)."""

import hashlib
import http.client
import http.server
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import threading
import time

import bench
from bench import AttackCase

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "second_verifier"))

import ed25519  # noqa: E402
import rules  # noqa: E402
import witness_rules  # noqa: E402

WITNESS_SEED = hashlib.sha256(b"a witness of the tests").digest()
WITNESS_NAME = "witness.test/python"
WITNESS_VKEY = witness_rules.make_vkey(WITNESS_NAME, ed25519.public_key(WITNESS_SEED))
LOG_SEED = hashlib.sha256(b"a log of the tests").digest()
LOG_NAME = "log.test/python"
LOG_VKEY = rules.make_vkey(LOG_NAME, ed25519.public_key(LOG_SEED))
LEAVES = [rules.leaf_hash(b"%d" % i) for i in range(400)]


class PythonWitness:
    """A witness by witness_rules; `mood` makes it misbehave."""

    def __init__(self, vkey):
        self.logs = {vkey.split("+")[0]: [vkey]}
        self.latest, self.notes, self.asked, self.mood = {}, {}, [], "good"
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def reply(self, status, body, kind="text/plain"):
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self):
                note = outer.notes.get(self.path)
                self.reply(200 if note else 404, note or b"")

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, answer, kind = outer.answer(body)
                self.reply(status, answer, kind)

        class Quiet(http.server.ThreadingHTTPServer):
            def handle_error(self, *_):
                pass  # a client that had enough

        self.server = Quiet(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def answer(self, body):
        status, size = witness_rules.answer(body, self.logs, self.latest)
        self.asked.append((status, body))
        if self.mood == "slow":
            time.sleep(20)
        if isinstance(self.mood, int):
            return self.mood, b"as the test wants\n", "text/plain"
        if self.mood == "claims":
            return 409, b"999999\n", "text/x.tlog.size"
        if self.mood == "huge":
            return 200, b"x" * 10_000_000, "text/plain"
        if self.mood == "garbage":
            return 200, "\u2014 nobody AAAA\n".encode(), "text/plain"
        if status == 409:
            return 409, b"%d\n" % size, "text/x.tlog.size"
        if status != 200:
            return status, b"no\n", "text/plain"
        _, _, note = witness_rules.parse_request(body)
        text, _ = rules.parse_note(note)
        origin, size, root = rules.parse_checkpoint(text)
        seed = hashlib.sha256(b"a stranger").digest() if self.mood == "stranger" else WITNESS_SEED
        line = witness_rules.cosign(seed, WITNESS_NAME, int(time.time()), text).encode()
        if self.mood == "stranger":  # the right name and key id, the wrong key
            blob = witness_rules.key_id(WITNESS_NAME, ed25519.public_key(WITNESS_SEED)) + bytes(72)
            line = f"\u2014 {WITNESS_NAME} {rules.base64.b64encode(blob).decode()}\n".encode()
            return 200, line, "text/plain"
        self.latest[origin] = (size, root)
        self.notes[f"/{hashlib.sha256(origin.encode()).hexdigest()}/checkpoint"] = note + line
        return 200, line, "text/plain"


class Client(AttackCase):
    def setUp(self):
        super().setUp()
        self.assertEqual(self.bench.bailey("init").code, 0)
        self.vkey = self.bench.bailey("key", "export", "ledger").out.strip()
        self.witness = PythonWitness(self.vkey)
        self.addCleanup(self.witness.close)
        self.ledger = os.path.join(self.bench.bailey_home, "ledger")
        added = self.bench.bailey("log", "witness", "add", self.witness.url, WITNESS_VKEY, "--name", "python")
        self.assertEqual(added.code, 0, str(added))

    def entries(self, count=1):
        for _ in range(count):
            self.assertEqual(self.bench.bailey("kill", "on").code, 0)
            self.assertEqual(self.bench.bailey("kill", "off").code, 0)

    def submit(self):
        run = self.bench.bailey("log", "witness", "submit", "--json")
        return run, json.loads(run.out) if run.out else None

    def status(self):
        run = self.bench.bailey("log", "witness", "status", "--json")
        return run, json.loads(run.out)

    def code(self):
        return self.status()[1]["witnesses"][0].get("code", "")

    def cosigned(self):
        with open(os.path.join(self.ledger, "checkpoint.cosigned"), "rb") as file:
            return file.read()

    def policy(self):
        with open(os.path.join(self.bench.bailey_home, "witness", "policy"), "rb") as file:
            return witness_rules.parse_policy(file.read())

    def test_a_checkpoint_is_cosigned_and_the_next_one_is_proven_to_extend_it(self):
        self.entries(2)
        run, result = self.submit()
        self.assertEqual((run.code, result["quorum"], result["cosigned"]), (0, "met", ["python"]), str(run))
        self.assertEqual(witness_rules.check_policy(self.cosigned(), self.policy())[1:], (4, ["python"]))
        self.entries(3)
        self.assertEqual(self.submit()[0].code, 0)
        self.assertEqual([status for status, _ in self.witness.asked], [200, 200])
        self.assertEqual(witness_rules.check_policy(self.cosigned(), self.policy())[1], 10)
        # Nothing remembered of it: asked from nothing, told the size, proven from there.
        os.remove(os.path.join(self.bench.bailey_home, "witness", "status.json"))
        self.entries(1)
        self.assertEqual(self.submit()[0].code, 0)
        self.assertEqual([status for status, _ in self.witness.asked], [200, 200, 409, 200])
        # A proof of an old entry under it, by the second verifier.
        run = self.bench.bailey("log", "prove", "3", "--cosigned")
        self.assertEqual(run.code, 0, str(run))
        head, _, note = run.out.partition("\n\n")
        lines = head.split("\n")
        self.assertEqual(lines[:2], ["c2sp.org/tlog-proof@v1", "index 3"])
        _, size, _ = witness_rules.check_policy(note.encode(), self.policy())
        shown = json.loads(self.bench.bailey("log", "show", "3", "--json").out)
        _, _, root = rules.parse_checkpoint(rules.parse_note(note.encode())[0])
        rules.check_inclusion(3, size, bytes.fromhex(shown["leaf_hash"]),
                              [rules.from_base64(line) for line in lines[2:]], root)

    def test_a_witness_goes_on_with_the_next_key(self):
        self.entries(1)
        self.assertEqual(self.submit()[0].code, 0)
        rotated = self.bench.bailey("key", "rotate", "ledger", "--overlap", "0", "--reason", "yearly")
        self.assertEqual(rotated.code, 0, str(rotated))
        self.entries(1)
        # A witness that was not told of the new key refuses, and that stops nothing.
        self.submit()
        self.assertEqual(self.code(), "witness.not_signed")
        new = self.bench.bailey("key", "export", "ledger").out.strip()
        self.assertNotEqual(new, self.vkey)
        for keys in self.witness.logs.values():
            keys.append(new)
        run, result = self.submit()
        self.assertEqual((run.code, result["quorum"]), (0, "met"), str(run))
        # The policy names the new key too, so whoever checks by it goes on as well.
        self.assertEqual(witness_rules.check_policy(self.cosigned(), self.policy())[2], ["python"])
        self.assertEqual(self.bench.bailey("log", "prove", "0", "--cosigned").code, 0)

    def test_publishing_asks_the_witness(self):
        self.entries()
        self.assertEqual(self.bench.bailey("log", "checkpoint").code, 0)
        self.assertEqual([status for status, _ in self.witness.asked], [200])

    def test_every_answer_has_its_code_and_none_stops_the_ledger(self):
        self.entries()
        for mood, code in ((400, "witness.malformed"), (403, "witness.not_signed"), (404, "witness.unknown_log"),
                           (422, "witness.inconsistent"), (500, "witness.status"), (302, "witness.status"),
                           ("claims", "witness.claims_more"), ("garbage", "witness.answer"),
                           ("stranger", "cosignature.signature"), ("huge", "net.too_big")):
            with self.subTest(mood=mood):
                self.witness.mood = mood
                run, _ = self.submit()
                self.assertEqual(run.code, 1, str(run))
                self.assertEqual(self.code(), code)
                self.entries()
        self.assertFalse(os.path.exists(os.path.join(self.ledger, "checkpoint.cosigned")))
        self.witness.close()
        self.submit()
        self.assertEqual(self.code(), "net.connect")
        self.assertFalse(os.path.exists(os.path.join(self.bench.bailey_home, "witness", "evidence")))

    def test_a_slow_witness_costs_a_run_nothing(self):
        self.witness.mood = "slow"
        began = time.monotonic()
        run = self.bench.caged(["true"])
        took = time.monotonic() - began
        self.assertEqual(run.code, 0, str(run))
        self.assertLess(took, 10 * bench.SLOWNESS)
        end = time.monotonic() + 10 * bench.SLOWNESS
        while not self.witness.asked and time.monotonic() < end:
            time.sleep(0.05)
        self.assertEqual(len(self.witness.asked), 1)  # the control: it was asked, behind the run's back
        self.assertEqual(self.bench.caged(["true"]).code, 0)
        self.assertEqual(len(self.witness.asked), 1)  # and not again within the minute

    def put_back(self, saved, folder):
        """The old content into the same folders: they are not copies then, only older."""
        for base, folders, files in os.walk(folder):
            for name in files:
                os.remove(os.path.join(base, name))
        shutil.copytree(saved, folder, dirs_exist_ok=True)

    def assert_stopped(self, code):
        run = self.bench.caged(["true"])
        self.assertEqual(run.code, 120, str(run))
        self.assertEqual(self.bench.bailey("log", "checkpoint").code, 1)
        run, status = self.status()
        self.assertEqual((run.code, status["stopped"]), (5, code))
        self.assertEqual(self.bench.bailey("log", "tail").code, 0)  # it can be read still

    def test_a_ledger_put_back_is_noticed_by_the_second_place(self):
        self.entries(1)
        saved = os.path.join(self.bench.top, "saved")
        shutil.copytree(self.ledger, saved)
        self.entries(2)
        self.put_back(saved, self.ledger)
        self.assert_stopped("ledger.rolled_back")
        self.assertEqual(self.bench.bailey("log", "re-anchor").code, 2)
        run = self.bench.bailey("log", "re-anchor", "--reason", "from the backup", "--json")
        self.assertEqual(run.code, 0, str(run))
        leaf = json.loads(self.bench.bailey("log", "show", json.loads(run.out)["index"], "--json").out)["leaf"]
        self.assertEqual(leaf["type"], "control")
        self.assertEqual((leaf["body"]["what"], leaf["body"]["reason"]), ("re_anchor", "from the backup"))
        self.assertEqual((leaf["body"]["before"]["size"], leaf["body"]["after"]["size"]), ("6", "2"))
        self.assertEqual((leaf["body"]["before"]["epoch"], leaf["body"]["after"]["epoch"]), ("0", "1"))
        self.entries(1)
        self.assertEqual(self.bench.bailey("log", "verify").code, 0)
        self.assertEqual(self.bench.bailey("log", "re-anchor", "--reason", "again").code, 1)

    def test_a_whole_home_put_back_is_noticed_by_the_witness(self):
        self.entries(1)
        saved = os.path.join(self.bench.top, "saved")
        shutil.copytree(self.bench.bailey_home, saved)
        self.entries(2)
        self.assertEqual(self.submit()[0].code, 0)
        self.put_back(saved, self.bench.bailey_home)
        self.entries(1)  # the control: nothing in the home can know
        run, result = self.submit()
        self.assertEqual(run.code, 5, str(run))
        self.assertIn("6 entries", result["stopped"])
        self.assert_stopped("ledger.rolled_back")
        folder = os.path.join(self.bench.bailey_home, "witness", "evidence")
        with open(os.path.join(folder, os.listdir(folder)[0]), "rb") as file:
            self.assertEqual(rules.check_checkpoint(file.read(), [self.vkey])[2], 6)
        # Going on: the witness refuses for ever, and the ledger signs.
        self.assertEqual(self.bench.bailey("log", "re-anchor", "--reason", "put back").code, 0)
        self.entries(3)
        self.submit()
        self.assertEqual(self.code(), "ledger.forked")
        self.entries(1)

    def test_two_writers_of_a_cloned_home_do_not_both_go_on(self):
        self.entries(1)
        self.assertEqual(self.submit()[0].code, 0)
        saved = os.path.join(self.bench.top, "saved")
        shutil.copytree(self.bench.bailey_home, saved)
        self.entries(2)
        self.assertEqual(self.submit()[0].code, 0)
        # On the same disk the copy is told by its folder.
        run = self.bench.bailey("log", "witness", "status", "--json", env={"BAILEY_HOME": saved})
        self.assertEqual(json.loads(run.out)["stopped"], "ledger.forked")
        # On a cloned disk it is not; the witness tells once both have grown.
        self.put_back(saved, self.bench.bailey_home)
        self.entries(3)
        run, _ = self.submit()
        self.assertEqual(run.code, 5, str(run))
        self.assert_stopped("ledger.forked")

    def test_policy_of_ones_own_is_kept(self):
        path = os.path.join(self.bench.bailey_home, "witness", "policy")
        other = witness_rules.make_vkey("w.test/other", ed25519.public_key(LOG_SEED))
        run = self.bench.bailey("log", "witness", "add", "http://127.0.0.1:9", other, "--name", "other",
                                "--quorum", "any")
        self.assertEqual(run.code, 0, str(run))
        self.assertEqual(self.policy()["names"][b"witnesses"], ("group", 1, [b"python", b"other"]))
        self.entries()
        run, result = self.submit()
        self.assertEqual((run.code, result["quorum"], len(result["failed"])), (0, "met", 1))
        self.assertEqual(self.bench.bailey("log", "witness", "remove", "other").code, 0)
        self.assertEqual(self.bench.bailey("log", "witness", "remove", "python").code, 0)
        self.assertEqual(self.policy()["quorum"], b"none")
        self.assertEqual(self.bench.bailey("log", "witness", "remove", "python").code, 1)
        for url in ("https://127.0.0.1", "http://example.com", "http://8.8.8.8"):
            self.assertEqual(self.bench.bailey("log", "witness", "add", url, WITNESS_VKEY).code, 1)
        with open(path, "a", encoding="ascii") as file:
            file.write("quorum none\n")
        self.assertIn("line", self.bench.bailey("log", "witness", "list").err)


class Server(AttackCase):
    def setUp(self):
        super().setUp()
        self.state = os.path.join(self.bench.top, "state")
        self.process = None
        self.serve()
        self.addCleanup(self.kill)

    def serve(self):
        self.process = self.bench.start(
            [os.path.join(bench.BIN, "bailey"), "witness", "serve", "--state", self.state, "--log", LOG_VKEY,
             "--listen", "127.0.0.1:0", "--name", "witness.test/served"])
        self.vkey = self.process.stdout.readline().decode().split()[1]
        self.port = int(self.process.stdout.readline().decode().strip().rsplit(":", 1)[1])
        threading.Thread(target=self.process.stderr.read, daemon=True).start()

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def post(self, body):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("POST", "/add-checkpoint", body)
            answer = connection.getresponse()
            return answer.status, answer.getheader("Content-Type"), answer.read()
        finally:
            connection.close()

    @staticmethod
    def note(size, leaves=LEAVES, name=LOG_NAME, seed=LOG_SEED):
        root = rules.base64.b64encode(rules.tree_root(leaves[:size])).decode()
        text = f"{name}\n{size}\n{root}\n"
        blob = rules.key_id(name, ed25519.public_key(seed)) + ed25519.sign(seed, text.encode())
        return f"{text}\n\u2014 {name} {rules.base64.b64encode(blob).decode()}\n".encode()

    def body(self, old, size):
        return witness_rules.write_request(old, rules.consistency_path(old, LEAVES[:size]), self.note(size))

    def test_it_answers_as_the_second_implementation_does(self):
        other = [rules.leaf_hash(b"other")] + LEAVES[1:]
        chance = random.Random(7)
        latest, seen = {}, set()
        for _ in range(150):
            known = latest.get(LOG_NAME, (0, None))[0]
            size = chance.choice([0, known, known + 1, known + chance.randint(0, 9), chance.randint(0, 60)])
            old = chance.choice([known, known, known, 0, size, chance.randint(0, 60)])
            leaves = chance.choice([LEAVES, LEAVES, LEAVES, LEAVES, other])
            proof = rules.consistency_path(old, leaves[:size]) if old <= size else []
            proof = chance.choice([proof] * 6 + [proof + [LEAVES[0]], proof[1:], [LEAVES[0]]])
            note = chance.choice([self.note(size, leaves)] * 8 + [
                self.note(size, leaves, seed=WITNESS_SEED), self.note(size, leaves, name="else.test/log"),
                self.note(size, leaves)[:-5], self.note(size, leaves) + self.note(3)[self.note(3).index(b"\n\n") + 2:]])
            body = witness_rules.write_request(old, proof, note)
            body = chance.choice([body] * 20 + [body[1:], body.replace(b"\n\n", b"\n", 1), b""])
            expected, wanted = witness_rules.answer(body, {LOG_NAME: [LOG_VKEY]}, latest)
            status, kind, answer = self.post(body)
            self.assertEqual(status, expected, (body, answer))
            seen.add(status)
            if status == 409:
                self.assertEqual((kind, answer), ("text/x.tlog.size", b"%d\n" % wanted))
            if status == 200:
                self.assertIsNotNone(witness_rules.cosigned_at(note + answer, self.vkey))
                latest[LOG_NAME] = (size, rules.tree_root(leaves[:size]))
        self.assertEqual(seen, {200, 400, 403, 404, 409, 422})
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request("GET", f"/{hashlib.sha256(LOG_NAME.encode()).hexdigest()}/checkpoint")
        shown = connection.getresponse().read()
        connection.close()
        self.assertEqual(rules.check_checkpoint(shown, [LOG_VKEY])[2], latest[LOG_NAME][0])
        self.assertIsNotNone(witness_rules.cosigned_at(shown, self.vkey))

    def test_of_many_at_once_exactly_one_wins(self):
        self.assertEqual(self.post(self.body(0, 5))[0], 200)
        bodies = [self.body(5, size) for size in range(6, 38)]
        answers = []
        threads = [threading.Thread(target=lambda b=b: answers.append(self.post(b)[0])) for b in bodies]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(answers), [200] + [409] * (len(bodies) - 1))

    def test_a_kill_at_any_moment_never_takes_back_what_was_told(self):
        told, at = 0, 0
        bodies = {}
        for _ in range(12):
            stop = threading.Event()
            acknowledged = [told]

            def hammer():
                size = at
                while not stop.is_set() and size + 1 < len(LEAVES):
                    if size not in bodies:
                        bodies[size] = self.body(size, size + 1)
                    try:
                        status, _, _ = self.post(bodies[size])
                    except (OSError, http.client.HTTPException):
                        return
                    if status == 200:
                        size += 1
                        acknowledged[0] = size

            thread = threading.Thread(target=hammer)
            thread.start()
            time.sleep(random.uniform(0.02, 0.3))
            self.kill()
            stop.set()
            thread.join()
            told = acknowledged[0]
            self.serve()
            status, _, answer = self.post(self.body(399, 400))
            self.assertEqual(status, 409)
            at = int(answer)
            self.assertGreaterEqual(at, told)
            self.assertLessEqual(at, told + 1)
        self.assertGreater(told, 0)

    def test_slow_and_huge_requests_end(self):
        slow = [socket.create_connection(("127.0.0.1", self.port)) for _ in range(20)]
        for one in slow:
            one.sendall(b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nold")
        self.assertEqual(self.post(b"x" * 200_000)[0], 413)
        self.assertEqual(self.post(self.body(0, 5))[0], 200)  # the control: others are served
        slow[0].settimeout(20 * bench.SLOWNESS)
        self.assertEqual(slow[0].recv(100), b"")
        for one in slow:
            one.close()

    def test_one_folder_has_one_process_and_one_key(self):
        again = self.bench.bailey("witness", "serve", "--state", self.state, "--log", LOG_VKEY, "--listen",
                                  "127.0.0.1:0")
        self.assertEqual(again.code, 1, str(again))
        self.assertIn("another process", again.err)
        self.assertEqual(os.stat(os.path.join(self.state, "witness.pem")).st_mode & 0o777, 0o600)
        read = subprocess.run(["openssl", "pkey", "-in", os.path.join(self.state, "witness.pem"), "-pubout",
                               "-outform", "DER"], capture_output=True, check=True)
        self.assertEqual(read.stdout[-32:], witness_rules.parse_vkey(self.vkey)[1])
        before = self.vkey
        self.kill()
        self.serve()
        self.assertEqual(self.vkey, before)
        for arguments in (["--log", LOG_VKEY], ["--state", self.state],
                          ["--state", self.state + "2", "--log", LOG_VKEY, "--listen", "0.0.0.0:0"],
                          ["--state", self.state + "2", "--log", WITNESS_VKEY]):
            self.assertIn(self.bench.bailey("witness", "serve", *arguments).code, (1, 2), arguments)

    def test_two_installations_watch_each_other(self):
        self.assertEqual(self.bench.bailey("init").code, 0)
        vkey = self.bench.bailey("key", "export", "ledger").out.strip()
        self.kill()
        process = self.bench.start([os.path.join(bench.BIN, "bailey"), "witness", "serve", "--state", self.state,
                                    "--log", vkey, "--listen", "127.0.0.1:0"])
        self.process = process
        name = process.stdout.readline().decode().split()[1]
        url = process.stdout.readline().decode().split()[-1]
        threading.Thread(target=process.stderr.read, daemon=True).start()
        self.assertEqual(self.bench.bailey("log", "witness", "add", url, name).code, 0)
        self.assertEqual(self.bench.caged(["true"]).code, 0)
        self.assertEqual(self.bench.bailey("log", "witness", "submit").code, 0)
        with open(os.path.join(self.bench.bailey_home, "ledger", "checkpoint.cosigned"), "rb") as file:
            self.assertIsNotNone(witness_rules.cosigned_at(file.read(), name))
