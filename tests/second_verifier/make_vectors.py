#!/usr/bin/env python3
"""Writes vectors/*.json from the rules in rules.py. Deterministic.

Run it after a change of a specification and read the difference: a format that is
final never changes here.
"""
import base64
import hashlib
import json
import pathlib
import random
import struct

import attestations
import ed25519
import rules

VECTORS = pathlib.Path(__file__).resolve().parents[2] / "vectors"
ORIGIN = "vectors.example/log"
SEED = hashlib.sha256(b"bailey vectors: log key").digest()
KEY = ed25519.public_key(SEED)
VKEY = rules.make_vkey(ORIGIN, KEY)
RECEIPT_SEED = hashlib.sha256(b"bailey vectors: receipt key").digest()
RECEIPT_NAME = ORIGIN + "/receipts"
RECEIPT_VKEY = rules.make_vkey(RECEIPT_NAME, ed25519.public_key(RECEIPT_SEED))
OTHER_SEED = hashlib.sha256(b"bailey vectors: another key").digest()
OTHER_VKEY = rules.make_vkey("other.example/log", ed25519.public_key(OTHER_SEED))


def b64(data):
    return base64.b64encode(data).decode()


def write(name, value):
    (VECTORS / f"{name}.json").write_text(json.dumps(value, indent=1, ensure_ascii=True) + "\n")


# --- canonical JSON

def canonical_vectors():
    accept = [
        b"{}", b"[]", b" [ 1 , 2 ] ", b"null", b"true", b'"x"', b'{"b":1,"a":2}',
        b'{"\\u20ac":1,"\\r":2,"\\ufb33":3,"1":4,"\\ud83d\\ude00":5,"\\u0080":6,"\\u00f6":7}',
        b'"\\u0000\\u001f\\b\\t\\n\\f\\r\\"\\\\\\/\\u007f\\u2028"',
        b"[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001]",
        b"[-0,-0.0,0.0,0e10,1e-400,1.0,100,1e2,1e15,1e21,-123456789012345680000000.0,1e-6,1e-7]",
        b"[9007199254740991,-9007199254740991,9007199254740991.0]", "\"\u00e9\U0001f600\"".encode(),
        b"[" * 64 + b"]" * 64,
    ]
    bits = random.Random(8785)
    for _ in range(200):
        value = struct.unpack(">d", bits.getrandbits(64).to_bytes(8, "big"))[0]
        if abs(value) <= rules.MAX_INT or 1e21 <= abs(value) < float("inf"):
            accept.append(repr(value).encode())
    for _ in range(100):
        accept.append(repr(bits.uniform(-1, 1) * 10.0 ** bits.randint(-8, 15)).encode())
    refuse = [
        b"", b" ", b"{", b"[1,]", b'{"a":1,}', b'{"a":1,"a":2}', b'{"a":1,"\\u0061":2}', b"{} {}", b"01", b"+1",
        b".5", b"1.", b"NaN", b"Infinity", b"-Infinity", b"nul", b"'a'", b'"\n"', b'"\x01"', b'"\\x41"', b'"\\u12"',
        b'"\\ud800"', b'"\\udc00"', b'"\\ud800\\u0041"', b'"\xc0\x80"', b'"\xed\xa0\x80"', b'"\xf4\x90\x80\x80"',
        b'"\xff"', b"\xef\xbb\xbf{}", b"1e400", b"-1e400", b"9007199254740992", b"-9007199254740992",
        b"18446744073709551616", b"9007199254740993.0", b"1e20", b"-9.99e20", b"1 // c", b"/* c */ 1", b"{a:1}", b"[1 2]", b"[" * 65 + b"]" * 65, b"1\x00",
        b"\x0b1", b"\xc2\xa01",
    ]
    for text in refuse:
        try:
            rules.parse_json(text)
        except rules.Refused:
            continue
        raise SystemExit(f"accepted: {text!r}")
    write("canonical-json", {
        "accept": [{"input": b64(text), "canonical": rules.canonical(rules.parse_json(text))} for text in accept],
        "refuse": [b64(text) for text in refuse]})


# --- the tree

def tree_vectors():
    classic = [bytes.fromhex(x) for x in ["", "00", "10", "2021", "3031", "40414243", "5051525354555657",
                                          "606162636465666768696a6b6c6d6e6f"]]
    leaves = classic + [bytes([i]) * i for i in range(9, 34)]
    hashes = [rules.leaf_hash(leaf) for leaf in leaves]
    roots = [rules.tree_root(hashes[:n]) for n in range(len(hashes) + 1)]
    inclusion, consistency = [], []
    for n in (1, 2, 3, 5, 7, 8, 13, 16, 31, 33):
        for m in sorted({0, n // 3, n // 2, n - 1}):
            path = rules.inclusion_path(m, hashes[:n])
            inclusion.append((m, n, path, hashes[m], roots[n], True))
            inclusion.append((m, n, path + [hashes[0]], hashes[m], roots[n], False))
            inclusion.append((n, n, path, hashes[m], roots[n], False))
            if path:
                inclusion.append((m, n, path[:-1], hashes[m], roots[n], False))
                inclusion.append((m ^ 1, n, path, hashes[m], roots[n], False))
                inclusion.append((m, n, path[::-1] if path != path[::-1] else path[1:], hashes[m], roots[n], False))
        for m in sorted({0, 1, n // 3, n // 2, n - 1, n}):
            path = rules.consistency_path(m, hashes[:n])
            consistency.append((m, n, path, roots[m], roots[n], True))
            consistency.append((m, n, path + [hashes[0]], roots[m], roots[n], False))
            consistency.append((m, n, path, roots[m], roots[n - 1], False))
            consistency.append((n + 1, n, path, roots[m], roots[n], False))
            if path:
                consistency.append((m, n, path[:-1], roots[m], roots[n], False))
    def good(check, case):
        try:
            check(*case[:5])
            return True
        except rules.Refused:
            return False
    kept_in, kept_co = [], []
    for case in inclusion:
        m, n, path, leaf, root, _ = case
        verdict = good(rules.check_inclusion, (m, n, leaf, path, root))
        assert verdict or not case[5]
        kept_in.append({"index": m, "size": n, "path": [p.hex() for p in path], "leaf_hash": leaf.hex(),
                        "root": root.hex(), "good": verdict})
    for case in consistency:
        m, n, path, first, second, _ = case
        verdict = good(rules.check_consistency, (m, n, path, first, second))
        assert verdict or not case[5]
        kept_co.append({"first": m, "second": n, "path": [p.hex() for p in path], "first_root": first.hex(),
                        "second_root": second.hex(), "good": verdict})
    write("tree", {"leaves": [leaf.hex() for leaf in leaves], "roots": [root.hex() for root in roots],
                   "inclusion": kept_in, "consistency": kept_co})


# --- notes

def signature_line(seed, name, text):
    blob = rules.key_id(name, ed25519.public_key(seed)) + ed25519.sign(seed, text.encode())
    return f"\u2014 {name} {b64(blob)}\n"


def sign_note(text, seed=SEED, name=ORIGIN):
    return text + "\n" + signature_line(seed, name, text)


def note_vectors():
    root = b64(rules.tree_root([]))
    text = f"{ORIGIN}\n0\n{root}\n"
    good = sign_note(text)
    line = signature_line(SEED, ORIGIN, text)
    other_line = signature_line(OTHER_SEED, "other.example/log", text)
    big = f"{ORIGIN}\n{2**63 - 1}\n{root}\n"
    cases = [
        (good, [VKEY], "signed by the log"), (good, [OTHER_VKEY, VKEY], "one of two keys given signed"),
        (good + other_line, [VKEY], "an unknown signature more"), (sign_note(big), [VKEY], "the largest size"),
        (sign_note(text + "an extension\n"), [VKEY], "an extension line"),
        (good, [OTHER_VKEY], "only another log's key given"), (good, [], "no key given"),
        (text + "\n" + other_line, [OTHER_VKEY, VKEY], "signed by another key only"),
        (good.replace("\n0\n", "\n1\n"), [VKEY], "the size changed after signing"),
        (good + signature_line(SEED, ORIGIN, "else\n"), [VKEY], "a wrong signature of the log beside a good one"),
        (sign_note(f"{ORIGIN}\n00\n{root}\n"), [VKEY], "a leading zero"),
        (sign_note(f"{ORIGIN}\n-1\n{root}\n"), [VKEY], "a negative size"),
        (sign_note(f"{ORIGIN}\n{2**63}\n{root}\n"), [VKEY], "a size that is too large"),
        (sign_note(f"{ORIGIN}\n0\nAAAA\n"), [VKEY], "a root that is too short"),
        (sign_note(f"{ORIGIN}\n0\n"), [VKEY], "no root"),
        (good[:-1], [VKEY], "no newline at the end"), (good + "\n", [VKEY], "an empty line at the end"),
        (text + line, [VKEY], "no empty line"), (text + "\n", [VKEY], "no signature"),
        (good.replace("\u2014", "-"), [VKEY], "a hyphen for the dash"), (good.replace("log\n0", "log\r\n0"), [VKEY], "CR"),
        (good.replace("\u2014 ", "\u2014"), [VKEY], "no space"),
    ]
    out = []
    for note, vkeys, why in cases:
        try:
            _, origin, size, _ = rules.check_checkpoint(note.encode(), vkeys)
            out.append({"note": note, "vkeys": vkeys, "why": why, "good": True, "origin": origin, "size": str(size)})
        except rules.Refused:
            out.append({"note": note, "vkeys": vkeys, "why": why, "good": False})
    assert [case["good"] for case in out] == [True] * 5 + [False] * (len(out) - 5)
    name, ident, body = VKEY.split("+", 2)
    raw = base64.b64decode(body)
    bad_keys = ["", name, f"{name}+{ident}", f"{name}+{ident.upper()}+{body}", f"{name}x+{ident}+{body}",
                f"{name}+00000000+{body}", f"+{ident}+{body}", f"{name}+{ident}+{body[:-1]}"]
    for key in [b"\x01" + bytes(31), b"\xec" + b"\xff" * 30 + b"\x7f", bytes(32), b"\xed" + b"\xff" * 30 + b"\x7f",
                b"\x02" + bytes(31)]:
        bad_keys.append(rules.make_vkey(name, key))
    wrong_type = hashlib.sha256(name.encode() + b"\n\x02" + raw[1:]).digest()[:4].hex()
    bad_keys.append(f"{name}+{wrong_type}+{b64(bytes([2]) + raw[1:])}")
    for key in bad_keys:
        try:
            rules.parse_vkey(key)
        except rules.Refused:
            continue
        raise SystemExit(f"accepted: {key}")
    write("note", {"good_vkeys": [VKEY, OTHER_VKEY, RECEIPT_VKEY,
                                  "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"],
                   "bad_vkeys": bad_keys, "checkpoints": out})


# --- leaves

def envelope(index, kind, body=None, **changes):
    leaf = {"v": 1, "type": kind, "index": index, "time": f"2026-11-21T08:41:{index % 60:02}.000000001Z",
            "mono": str(10**15 + index), "boot": "00000000-0000-4000-8000-000000000001",
            "nonce": hashlib.sha256(b"nonce %d" % index).hexdigest()[:32], "parent": "", "body": body or {}}
    leaf.update(changes)
    return leaf


def encode(leaf):
    return b"\x01" + rules.canonical(leaf).encode()


def reference(entry, index):
    return {"index": index, "leaf_hash": rules.leaf_hash(entry).hex()}


def leaf_vectors():
    ref = {"index": 0, "leaf_hash": "cd" * 32}
    good = [encode(envelope(9, kind, {"intent": ref} if kind in ("outcome", "interrupted", "events") else {"k": [1, None]}))
            for kind in sorted(rules.TYPES)]
    good += [b"\x02" + encode(envelope(9, "key", v=2))[1:], encode(envelope(0, "control")), encode(envelope(2**53 - 1, "refusal", {"intent": ref})),
             encode(envelope(1, "intent", {"text": "\u00e9\n\U0001f600"}, parent="ab" * 32, mono="0",
                             time="2261-12-31T23:59:59.999999999Z"))]
    base = envelope(9, "outcome", {"intent": ref})
    def without(name):
        return {key: value for key, value in base.items() if key != name}
    bad = [(b"", "empty"), (b"\x02" + encode(base)[1:], "version 2"), (b"\x03" + encode(base)[1:], "version 3"),
           (b"\x02" + encode(base | {"v": 2})[1:], "version 2 of another type"), (encode(base | {"type": "key"}), "a key of version 1"),
           (b"\x02" + encode(base | {"type": "key", "v": 2})[1:], "a change of a key names an intent"),
           (encode(base) + b" ", "not canonical"),
           (encode(base) + b"\n", "a newline"), (b"\x01[]", "no object"), (b"\x01" + json.dumps(base).encode(), "spaces"),
           (encode(base | {"w": 1}), "an unknown key")]
    bad += [(encode(without(name)), f"no {name}") for name in base]
    for name, value in [("v", 2), ("v", "1"), ("v", True), ("type", "mystery"), ("type", 1), ("index", -1), ("index", "9"),
                        ("index", 1.5), ("mono", 5), ("mono", "05"), ("mono", "-5"), ("mono", str(2**63)), ("mono", ""),
                        ("boot", ""), ("boot", "00000000-0000-4000-8000-00000000000G"), ("nonce", "00" * 15),
                        ("nonce", "AB" * 16), ("parent", "00"), ("parent", None), ("body", []), ("body", None),
                        ("time", "2026-02-29T00:00:00.000000000Z"), ("time", "2026-11-21T08:41:60.000000000Z"),
                        ("time", "2026-11-21T08:41:00Z"), ("time", "2300-01-01T00:00:00.000000000Z"),
                        ("time", "2026-11-21T24:00:00.000000000Z"), ("body", {}), ("type", "intent"),
                        ("body", {"intent": None}), ("body", {"intent": ref | {"x": 1}}), ("body", {"intent": {"index": 0}}),
                        ("body", {"intent": ref | {"index": 9}}), ("body", {"intent": ref | {"index": True}}),
                        ("body", {"intent": ref | {"leaf_hash": "CD" * 32}})]:
        bad.append((encode(base | {name: value}), f"{name}: {value!r}"))
    bad.append((encode(envelope(1, "control", {"x": "y" * 65536})), "too long"))
    for entry in good:
        rules.parse_leaf(entry)
    for entry, why in bad:
        try:
            rules.parse_leaf(entry)
        except rules.Refused:
            continue
        raise SystemExit(f"accepted: {why}")
    key, nonce = bytes(range(32)), bytes(range(16))
    salts = []
    for member, payload in [("action.digest", b'{"argv":["true"]}'), ("streams.stdout.digest", hashlib.sha256(b"x").digest())]:
        one = rules.salt(key, nonce, member)
        salts.append({"disclosure_key": key.hex(), "nonce": nonce.hex(), "member": member, "payload": b64(payload),
                      "salt": one.hex(), "digest": rules.salted_digest(one, payload).hex()})
    write("leaf", {"good": [{"bytes": b64(entry), "leaf_hash": rules.leaf_hash(entry).hex()} for entry in good],
                   "bad": [{"bytes": b64(entry), "why": why} for entry, why in bad if len(entry) < 65536], "salted": salts})


# --- receipts and logs

def checkpoint_of(hashes, seed=SEED):
    return sign_note(f"{ORIGIN}\n{len(hashes)}\n{b64(rules.tree_root(hashes))}\n", seed)


def make_log(count):
    """intent 0, refusal 1, outcome 2 of 0, intent 3 (open), then control leaves."""
    entries = [encode(envelope(0, "intent", {"action": {"kind": "process.run"}}))]
    entries.append(encode(envelope(1, "refusal", {"denial": {"reason_code": "policy.no_match"}})))
    entries.append(encode(envelope(2, "outcome", {"intent": reference(entries[0], 0), "status": "done"})))
    entries.append(encode(envelope(3, "intent", parent=rules.leaf_hash(entries[0]).hex())))
    entries += [encode(envelope(i, "control", {"what": "level"})) for i in range(4, count)]
    return entries[:count]


def receipt(entries, index, intent=None, seed=RECEIPT_SEED, name=RECEIPT_NAME, **changes):
    hashes = [rules.leaf_hash(entry) for entry in entries]
    note = checkpoint_of(hashes)
    proof = f"c2sp.org/tlog-proof@v1\nindex {index}\n"
    proof += "".join(b64(p) + "\n" for p in rules.inclusion_path(index, hashes)) + "\n" + note
    message = b"bailey/receipt/v1\x00" + hashes[index] + note.partition("\n\n")[0].encode() + b"\n"
    value = {"v": 1, "type": "bailey-receipt", "leaf": b64(entries[index]), "proof": proof,
             "key": rules.make_vkey(name, ed25519.public_key(seed)), "signature": b64(ed25519.sign(seed, message))}
    if intent is not None:
        value["intent"] = {"leaf": b64(entries[intent]), "path": [b64(p) for p in rules.inclusion_path(intent, hashes)]}
    value.update(changes)
    return value


def text_of(value):
    return rules.canonical(value) + "\n"


def receipt_vectors():
    entries = make_log(11)
    outcome = receipt(entries, 2, 0)
    refusal = receipt(entries, 1)
    good = [text_of(outcome), text_of(refusal), text_of(receipt(entries, 0)), text_of(receipt(entries, 10)),
            text_of(receipt(entries, 1, seed=SEED, name=ORIGIN)), text_of(receipt(make_log(1), 0))]
    cosigned = dict(refusal)
    cosigned["proof"] += signature_line(OTHER_SEED, "other.example/log", "a witness")
    good.append(text_of(cosigned))
    other = receipt(entries, 4)
    bad = [(text_of(outcome)[:-1], "no newline"), (text_of(outcome) + "\n", "two newlines"),
           (json.dumps(outcome) + "\n", "not canonical"), ("{}\n", "empty"), ("[]\n", "no object"),
           (text_of(outcome | {"extra": 1}), "an unknown key"), (text_of(outcome | {"v": 2}), "version 2"),
           (text_of(outcome | {"type": "receipt"}), "another type"), (text_of(outcome | {"leaf": refusal["leaf"]}), "another leaf"),
           (text_of(outcome | {"signature": refusal["signature"]}), "another signature"),
           (text_of(outcome | {"signature": ""}), "no signature"), (text_of(outcome | {"key": OTHER_VKEY}), "another key"),
           (text_of(outcome | {"key": VKEY}), "the log's key, which did not sign"),
           (text_of(receipt(entries, 2, 0, seed=OTHER_SEED, name=RECEIPT_NAME)), "a stranger's key under the name"),
           (text_of(receipt(entries, 2, 0, seed=OTHER_SEED, name="other.example/log")), "a trusted key of another log"),
           (text_of({k: v for k, v in outcome.items() if k != "intent"}), "the intent is left out"),
           (text_of(outcome | {"intent": None}), "the intent is null"),
           (text_of(refusal | {"intent": outcome["intent"]}), "an intent too many"),
           (text_of(outcome | {"intent": receipt(entries, 2, 3)["intent"]}), "another intent"),
           (text_of(outcome | {"intent": outcome["intent"] | {"path": []}}), "the intent's path is empty"),
           (text_of(outcome | {"intent": outcome["intent"] | {"x": 1}}), "an unknown key in the intent"),
           (text_of(outcome | {"proof": refusal["proof"]}), "another's proof"),
           (text_of(refusal | {"proof": other["proof"]}), "another's proof, with its index"),
           (text_of(outcome | {"proof": outcome["proof"].replace("index 2", "index 02")}), "a leading zero"),
           (text_of(outcome | {"proof": outcome["proof"].replace("@v1\n", "@v1\nextra AAAA\n")}), "extra data"),
           (text_of(outcome | {"proof": outcome["proof"].replace("\n11\n", "\n12\n")}), "another size")]
    vkeys = [VKEY, RECEIPT_VKEY, OTHER_VKEY]
    for text in good:
        rules.check_receipt(text.encode(), vkeys)
    for text, why in bad:
        try:
            rules.check_receipt(text.encode(), vkeys)
        except rules.Refused:
            continue
        raise SystemExit(f"accepted: {why}")
    write("receipt", {"vkeys": vkeys, "good": good, "bad": [{"text": text, "why": why} for text, why in bad]})


def files_of(entries, seed=SEED):
    hashes = [rules.leaf_hash(entry) for entry in entries]
    files = {"checkpoint": checkpoint_of(hashes, seed).encode()}
    for number, width in rules._tiles(len(entries)):
        part = entries[256 * number:256 * number + width]
        files[rules.tile_path("entries", number, width)] = b"".join(len(e).to_bytes(2, "big") + e for e in part)
    level, current = 0, hashes
    while current:
        for number, width in rules._tiles(len(current)):
            files[rules.tile_path(level, number, width)] = b"".join(current[256 * number:256 * number + width])
        current = [rules.tree_root(current[i:i + 256]) for i in range(0, len(current) - 255, 256)]
        level += 1
    return files


def log_vectors():
    logs = []
    def add(entries, why, **changes):
        files = files_of(entries)
        for path, data in changes.get("files", {}).items():
            if data is None:
                del files[path]
            else:
                files[path] = data
        try:
            report = rules.check_log(files.get, [VKEY])
            report = {"size": report["size"], "closed": report["closed"], "open": report["open"]}
        except rules.Refused:
            report = None
        logs.append({"why": why, "good": report is not None, "report": report,
                     "files": {path: b64(data) for path, data in sorted(files.items())}})
    add([], "empty")
    for count in (1, 3, 4, 257):
        add(make_log(count), f"{count} entries")
    good = len(logs)
    five = make_log(5)
    add(five, "no checkpoint for it", files={"tile/0/000.p/5": None})
    add(five, "no bundle", files={"tile/entries/000.p/5": None})
    add(five, "another tree's tile", files={"tile/0/000.p/5": bytes(160)})
    add(five, "a tile that is too long", files={"tile/0/000.p/5": files_of(five)["tile/0/000.p/5"] + b"x"})
    add(five, "an older checkpoint", files={"checkpoint": files_of(make_log(4))["checkpoint"]})
    add(five + [encode(envelope(5, "interrupted", {"intent": reference(five[0], 0)}))], "an intent closed twice")
    add(five + [encode(envelope(5, "outcome", {"intent": reference(five[1], 1)}))], "a refusal named as an intent")
    add(five + [encode(envelope(5, "outcome", {"intent": reference(five[1], 0)}))], "another hash named")
    add(five + [five[4]], "a leaf out of its place")
    add(five + [b"junk"], "an entry that is no leaf")
    assert [log["good"] for log in logs] == [True] * good + [False] * (len(logs) - good)
    write("log", {"vkeys": [VKEY], "logs": logs})


# --- key history

KEY_SEEDS = {"first": SEED, "receipts": RECEIPT_SEED} | {
    word: hashlib.sha256(b"bailey vectors: key " + word.encode()).digest() for word in ("second", "third", "receipts 2")}


def vkey_of(word):
    name = RECEIPT_NAME if word.startswith("receipts") else ORIGIN
    return rules.make_vkey(name, ed25519.public_key(KEY_SEEDS[word]))


class Statements:
    """The bodies of the key leaves of one log, each after the one before."""

    def __init__(self):
        self.bodies, self.prior = [], ""

    def say(self, by, action, key, previous="", until_size="", **changes):
        s = {"action": action, "role": "receipts" if key.startswith("receipts") else "ledger", "vkey": vkey_of(key),
             "previous": vkey_of(previous) if previous else "", "sequence": len(self.bodies), "prior": self.prior,
             "valid_from": "2026-11-21T09:00:00.000000000Z",
             "valid_until": "2026-11-28T09:00:00.000000000Z" if previous else "", "until_size": until_size, "reason": "a test"}
        s.update(changes)
        message = rules.canonical(s).encode()
        begins = s["action"] in rules.BEGINNING
        self.bodies.append({
            "statement": s, "authority": vkey_of(by),
            "signature": b64(ed25519.sign(KEY_SEEDS[by], b"bailey/key-history/v1\x00" + message)),
            "possession": b64(ed25519.sign(KEY_SEEDS[key], b"bailey/key-possession/v1\x00" + message)) if begins else ""})
        self.prior = hashlib.sha256(message).hexdigest()
        return self


def key_history_vectors():
    cases, logs = [], []

    def add(why, told, trusted=("first",), indices=None, edit=None):
        bodies = json.loads(json.dumps(told.bodies))
        if edit:
            edit(bodies)
        indices = indices or [3 * i + 2 for i in range(len(bodies))]
        trusted = [vkey_of(word) for word in trusted]
        history = rules.KeyHistory(ORIGIN, trusted)
        try:
            for index, body in zip(indices, bodies):
                history.add(index, body)
            sizes = sorted({0, 100} | {size for i in indices for size in (i, i + 1, i + 2)})
            believed = {str(size): sorted(history.believed(size)) for size in sizes}
        except rules.Refused:
            believed = None
        cases.append({"why": why, "trusted": trusted, "leaves": [{"index": i, "body": b} for i, b in zip(indices, bodies)],
                      "good": believed is not None, "believed": believed})

    def rotated():
        return Statements().say("first", "rotate", "second", "first")

    def thrice():
        return rotated().say("second", "rotate", "third", "second")

    add("nothing told", Statements())
    add("one rotation", rotated())
    add("two rotations", thrice())
    add("two rotations, the newest trusted", thrice(), ("third",))
    add("two rotations, nobody trusted", thrice(), ())
    add("the first archived", rotated().say("second", "archive", "first"))
    add("the first revoked from a size on", rotated().say("second", "revoke", "first", until_size="1"))
    add("archived, then revoked", thrice().say("third", "archive", "first").say("third", "revoke", "first", until_size="3"))
    add("the log's own first key told", Statements().say("first", "generate", "first").say("first", "rotate", "second", "first"))
    add("a receipts key", Statements().say("first", "generate", "receipts"))
    add("a receipts key rotated and revoked", Statements().say("first", "generate", "receipts")
        .say("first", "rotate", "receipts 2", "receipts").say("first", "revoke", "receipts", until_size="4"))
    add("imported after an end", Statements().say("first", "import", "receipts").say("first", "archive", "receipts")
        .say("first", "import", "receipts 2"))
    add("said twice", rotated(), edit=lambda bodies: bodies.append(bodies[0]))
    good = len(cases)
    add("said again later", thrice(), edit=lambda bodies: bodies.append(bodies[0]))
    add("the order changed", thrice(), edit=lambda bodies: bodies.reverse())
    add("the first left out", thrice(), edit=lambda bodies: bodies.pop(0))
    add("two at one index", thrice(), indices=[5, 5])
    add("taken over from a key that is not in force", rotated().say("first", "rotate", "third", "first"))
    add("not signed by the key before", rotated().say("first", "rotate", "third", "second"))
    add("revokes itself", Statements().say("first", "revoke", "first"))
    add("a revoked authority", rotated().say("second", "revoke", "first").say("first", "generate", "receipts"))
    add("an archived key archived", rotated().say("second", "archive", "first").say("second", "archive", "first", reason="again"))
    add("revoked after its end", rotated().say("second", "revoke", "first", until_size="7"))
    add("a second receipts key beside the first", Statements().say("first", "generate", "receipts")
        .say("first", "generate", "receipts 2"))
    add("a key begun twice", thrice().say("third", "rotate", "second", "third"))
    add("the name of another role", Statements().say("first", "generate", "receipts", role="approval"))
    add("an end of what never began", Statements().say("first", "archive", "receipts"))
    def spoil(name, value):
        def edit(bodies):
            target = bodies[-1] if name in bodies[-1] else bodies[-1]["statement"]
            target[name] = value
        return edit
    for name, value in [("reason", "another"), ("valid_until", ""), ("valid_until", "2000-01-01T00:00:00.000000000Z"),
                        ("until_size", "3"), ("action", "steal"), ("role", "king"), ("sequence", "0"), ("sequence", 1),
                        ("prior", "00" * 32), ("previous", ""), ("vkey", ""), ("authority", vkey_of("second")),
                        ("possession", ""), ("signature", ""), ("more", 1), ("reason", "x" * 513)]:
        if name == "more":
            add("an unknown key", rotated(), edit=lambda bodies: bodies[-1]["statement"].update(more=1))
        else:
            add(f"{name}: {value!r:.40}", rotated(), edit=spoil(name, value))
    assert [case["good"] for case in cases] == [True] * good + [False] * (len(cases) - good), \
        [case["why"] for i, case in enumerate(cases) if case["good"] != (i < good)]

    def add_log(why, told, signer, trusted=("first",)):
        entries = make_log(4)
        for body in told.bodies:
            entries.append(b"\x02" + encode(envelope(len(entries), "key", body, v=2))[1:])
        entries.append(encode(envelope(len(entries), "control", {"what": "level"})))
        files = files_of(entries, KEY_SEEDS[signer])
        trusted = [vkey_of(word) for word in trusted]
        try:
            rules.check_log(files.get, trusted)
            verdict = True
        except rules.Refused:
            verdict = False
        logs.append({"why": why, "trusted": trusted, "good": verdict,
                     "files": {path: b64(data) for path, data in sorted(files.items())}})

    add_log("signed by the third, the first trusted", thrice(), "third")
    add_log("signed by the second, which overlaps", thrice(), "second")
    add_log("signed by the third, the third trusted", thrice(), "third", ("third",))
    good = len(logs)
    add_log("signed by a key that nobody began", rotated(), "third")
    add_log("signed by the first after it was archived", rotated().say("second", "archive", "first"), "first")
    add_log("signed by the first after it was revoked", rotated().say("second", "revoke", "first", until_size="2"), "first")
    add_log("the trusted key begun, another signs, and nothing leads to it", Statements(), "second")
    add_log("a receipts key signs a checkpoint", Statements().say("first", "generate", "receipts"), "receipts")
    assert [log["good"] for log in logs] == [True] * good + [False] * (len(logs) - good)
    write("key-history", {"origin": ORIGIN, "cases": cases, "logs": logs})


# --- attestations

def signed(kind, payload, seed=RECEIPT_SEED, name=RECEIPT_NAME, **changes):
    one = {"keyid": rules.make_vkey(name, ed25519.public_key(seed)), "sig": b64(ed25519.sign(seed, attestations.pae(kind, payload)))}
    return {"payload": b64(payload), "payloadType": kind, "signatures": [one]} | changes


def statement_line(statement, **changes):
    return rules.canonical(signed(attestations.STATEMENT, rules.canonical(statement).encode(), **changes)) + "\n"


def action(entries, index, intent=None):
    value = {"_type": "https://in-toto.io/Statement/v1", "predicateType": attestations.ACTION,
             "subject": [{"name": f"{ORIGIN}/entry/{index}", "digest": {"sha256": hashlib.sha256(entries[index]).hexdigest()}}],
             "predicate": {"leaf": json.loads(entries[index][1:]), "log": ORIGIN, "proof": receipt(entries, index)["proof"]}}
    if intent is not None:
        value["predicate"]["intent"] = json.loads(entries[intent][1:])
    return value


def session(entries, indices, name="s-1", **changes):
    hashes = b"".join(rules.leaf_hash(entries[index]) for index in indices)
    types = {}
    for index in indices:
        kind = json.loads(entries[index][1:])["type"]
        types[kind] = types.get(kind, 0) + 1
    return {"_type": "https://in-toto.io/Statement/v1", "predicateType": attestations.SESSION,
            "subject": [{"name": f"{ORIGIN}/session/{name}", "digest": {"sha256": hashlib.sha256(hashes).hexdigest()}}],
            "predicate": {"closings": types, "first": "0", "last": str(len(entries) - 1), "log": ORIGIN, "session": name} | changes}


def attestation_vectors():
    caller = {"caller": {"session": "s-1"}}
    entries = [encode(envelope(0, "intent", caller)), encode(envelope(1, "refusal", caller))]
    entries.append(encode(envelope(2, "outcome", {"intent": reference(entries[0], 0)})))
    entries.append(encode(envelope(3, "control", {"what": "level"})))
    refusal, outcome = action(entries, 1), action(entries, 2, 0)
    lines = [statement_line(refusal), statement_line(outcome)]
    whole = statement_line(session(entries, [1, 2]))
    stranger = statement_line(outcome, seed=hashlib.sha256(b"bailey vectors: a stranger").digest(), name="stranger.example")
    forged = json.loads(stranger)
    forged["signatures"][0]["keyid"] = RECEIPT_VKEY
    no_hint = json.loads(lines[1])
    del no_hint["signatures"][0]["keyid"]
    url = json.loads(lines[1])
    url["payload"] = url["payload"].replace("+", "-").replace("/", "_").rstrip("=")
    url["later"] = {"x": [1]}
    good = [("two actions and their session", "".join(lines) + whole), ("one action", lines[1]), ("signed by the log's key", statement_line(outcome, seed=SEED, name=ORIGIN)),
            ("a stranger's line besides", lines[0] + stranger + lines[1] + whole), ("no keyid", json.dumps(no_hint) + "\n"),
            ("the other alphabet and an unknown member", json.dumps(url) + "\n"), ("another predicate besides", lines[0] + statement_line(refusal | {"predicateType": "https://example.com/p"})),
            ("an unknown member of the statement", statement_line(outcome | {"later": 1})), ("no line of json", lines[0] + "hello\n")]

    def changed(value, **changes):
        return value | {"predicate": value["predicate"] | changes}
    bad = [("a line is missing", lines[0] + whole), ("a line too many", "".join(lines) + statement_line(session(entries, [1]))),
           ("out of order", lines[1] + lines[0]), ("twice", lines[0] * 2), ("another session", "".join(lines) + statement_line(session(entries, [1, 2], name="s-2"))),
           ("a session of another log", "".join(lines) + statement_line(session(entries, [1, 2], log="other.example/log"))),
           ("a session with an unknown member", "".join(lines) + statement_line(session(entries, [1, 2], more=1))),
           ("an impostor", lines[0] + rules.canonical(forged) + "\n"), ("a trusted key of another log", statement_line(outcome, seed=OTHER_SEED, name="other.example/log")),
           ("no intent", statement_line(action(entries, 2))), ("an intent too many", statement_line(action(entries, 1, 0))), ("another's proof", statement_line(changed(outcome, proof=refusal["predicate"]["proof"]))),
           ("another leaf", statement_line(changed(outcome, leaf=refusal["predicate"]["leaf"]))), ("another subject", statement_line(outcome | {"subject": refusal["subject"]})),
           ("another log", statement_line(changed(outcome, log="other.example/log"))), ("an unknown member", statement_line(changed(outcome, more=1))),
           ("a changed leaf", statement_line(changed(outcome, leaf=outcome["predicate"]["leaf"] | {"mono": "1"}))), ("no subject", statement_line(outcome | {"subject": []})),
           ("no action at all", stranger), ("nothing", "")]
    vkeys = [VKEY, RECEIPT_VKEY, OTHER_VKEY]

    def check(text):
        actions, sessions, ignored = attestations.check_bundle(text.encode().splitlines(), vkeys)
        rules.need(actions, "nothing is attested")
        return {"actions": len(actions), "sessions": sessions, "ignored": ignored}
    accepted = [{"text": text, "why": why, "report": check(text)} for why, text in good]
    for why, text in bad:
        try:
            check(text)
        except rules.Refused:
            continue
        raise SystemExit(f"accepted: {why}")
    pae = [("http://example.com/HelloWorld", b"hello world"), ("", b""), ("a b", b" "), (attestations.STATEMENT, bytes(range(256)))]
    write("attestation", {
        "pae": [{"type": kind, "payload": b64(payload), "pae": b64(attestations.pae(kind, payload))} for kind, payload in pae],
        # DSSE 1.0.2, protocol.md: its own key and signature.
        "standard": {"x": "46950820868899156662930047687818585632848591499744589407958293238635476079160",
                     "y": "5640078356564379163099075877009565129882514886557779369047442380624545832820",
                     "envelope": {"payload": "aGVsbG8gd29ybGQ=", "payloadType": "http://example.com/HelloWorld", "signatures": [
                         {"sig": "A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F+FnZ+O88SjtR6rDAajabZKciJTfUiHqJPcIAriEGAHTVeCUjW2JIZA=="}]}},
        "vkeys": vkeys, "good": accepted, "bad": [{"text": text, "why": why} for why, text in bad]})


if __name__ == "__main__":
    VECTORS.mkdir(exist_ok=True)
    canonical_vectors()
    tree_vectors()
    note_vectors()
    leaf_vectors()
    receipt_vectors()
    log_vectors()
    key_history_vectors()
    attestation_vectors()
