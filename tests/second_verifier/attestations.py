"""DSSE envelopes, in-toto bundles and evidence folders by their specifications: DSSE 1.0.2,
in-toto Statement v1, spec/attestation.md. Shares nothing with the product."""
import base64
import binascii
import hashlib
import json

import ed25519
import rules
from rules import Refused, need

STATEMENT = "application/vnd.in-toto+json"
ACTION = "urn:bailey:attestation:action:v1"
SESSION = "urn:bailey:attestation:session:v1"
EVIDENCE = "urn:bailey:attestation:evidence:v1"

# --- P-256, for the standard's own vector only

P = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
G = (0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
     0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5)


def _p256_add(a, b):
    if a is None or b is None:
        return a or b
    if a[0] == b[0] and (a[1] + b[1]) % P == 0:
        return None
    slope = ((3 * a[0] * a[0] - 3) * pow(2 * a[1], -1, P) if a == b else (b[1] - a[1]) * pow(b[0] - a[0], -1, P)) % P
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def _p256_mul(n, point):
    out = None
    while n:
        if n & 1:
            out = _p256_add(out, point)
        point, n = _p256_add(point, point), n >> 1
    return out


def p256_verify(key, message, signature):
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if len(signature) != 64 or not 0 < r < N or not 0 < s < N:
        return False
    e, w = int.from_bytes(hashlib.sha256(message).digest(), "big"), pow(s, -1, N)
    point = _p256_add(_p256_mul(e * w % N, G), _p256_mul(r * w % N, key))
    return point is not None and point[0] % N == r


# --- DSSE

def pae(kind, payload):
    kind = kind.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def any_base64(text):
    need(isinstance(text, str) and not (set("-_") & set(text) and set("+/") & set(text)), "two alphabets")
    text = text.replace("-", "+").replace("_", "/")
    if "=" not in text:
        text += "=" * (-len(text) % 4)
    try:
        data = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise Refused(f"not base64: {error}") from error
    need(base64.b64encode(data).decode() == text, "base64 in another spelling")
    return data


def parse_envelope(data):
    value = rules.parse_json(data, depth=16)
    need(isinstance(value, dict) and isinstance(value.get("payloadType"), str) and value["payloadType"], "no type")
    signatures = value.get("signatures")
    need(isinstance(signatures, list) and 1 <= len(signatures) <= 64, "no signatures")
    out = []
    for each in signatures:
        need(isinstance(each, dict) and isinstance(each.get("keyid", ""), str), "not a signature")
        out.append((each.get("keyid", ""), any_base64(each.get("sig"))))
    return value["payloadType"], any_base64(value.get("payload")), out


def signers(envelope, vkeys):
    kind, payload, signatures = envelope
    keys = {}
    for vkey in vkeys:
        _, key = rules.parse_vkey(vkey)
        if any(len(sig) == 64 and ed25519.verify(key, pae(kind, payload), sig) for _, sig in signatures):
            keys.setdefault(key, vkey)
    return list(keys.values())


# --- statements and bundles

def check_action(statement, vkeys):
    said = statement.get("predicate")
    need(isinstance(said, dict) and set(said) - {"intent"} == {"leaf", "log", "proof"}, "not an action")
    need(isinstance(said["log"], str) and isinstance(said["proof"], str) and isinstance(said["leaf"], dict), "not an action")
    entry = b"\x01" + rules.canonical(said["leaf"]).encode()
    leaf = rules.parse_leaf(entry)
    index, path, note = rules.parse_tlog_proof(said["proof"])
    text, origin, size, root = rules.check_checkpoint(note.encode(), vkeys)
    need(said["log"] == origin and leaf["index"] == index, "another log or entry")
    subject = {"name": f"{origin}/entry/{index}", "digest": {"sha256": hashlib.sha256(entry).hexdigest()}}
    need(len(statement["subject"]) == 1 and statement["subject"][0].get("name") == subject["name"]
         and statement["subject"][0]["digest"].get("sha256") == subject["digest"]["sha256"], "another subject")
    rules.check_inclusion(index, size, rules.leaf_hash(entry), path, root)
    named = rules.intent_of(leaf)
    need((named is None) == ("intent" not in said), "an intent too many or too few")
    intent = None
    if named:
        need(isinstance(said["intent"], dict), "not an intent")
        bound = b"\x01" + rules.canonical(said["intent"]).encode()
        intent = rules.parse_leaf(bound)
        need(intent["type"] == "intent" and intent["index"] == named["index"]
             and rules.leaf_hash(bound).hex() == named["leaf_hash"], "another intent")
    return origin, text, leaf, rules.leaf_hash(entry), session_of(leaf, intent)


def session_of(leaf, intent):
    for body in (leaf["body"], intent["body"] if intent else {}):
        caller = body.get("caller")
        if isinstance(caller, dict) and isinstance(caller.get("session"), str):
            return caller["session"]
    return ""


def parse_statement(payload):
    value = rules.parse_json(payload)
    need(isinstance(value, dict) and value.get("_type") == "https://in-toto.io/Statement/v1", "no statement")
    need(isinstance(value.get("subject"), list) and value["subject"] and isinstance(value.get("predicateType"), str)
         and value["predicateType"], "no statement")
    for subject in value["subject"]:
        need(isinstance(subject, dict) and isinstance(subject.get("digest"), dict) and subject["digest"], "no subject")
    return value


def check_bundle(lines, vkeys):
    """The actions' (index, checkpoint text), how many sessions agree, how many lines are not ours."""
    actions, sessions, ignored, tallies = [], 0, 0, {}
    for line in lines:
        try:
            envelope = parse_envelope(line)
        except Refused:
            ignored += 1
            continue
        by = signers(envelope, vkeys)
        if envelope[0] != STATEMENT or not by:
            need(envelope[0] != STATEMENT or not any(keyid in vkeys for keyid, _ in envelope[2]), "an impostor")
            ignored += 1
            continue
        statement = parse_statement(envelope[1])
        if statement["predicateType"] not in (ACTION, SESSION):
            ignored += 1
            continue
        log = statement["predicate"].get("log") if isinstance(statement.get("predicate"), dict) else None
        need(any(rules.parse_vkey(vkey)[0] in (log, f"{log}/receipts") for vkey in by), "a signer of another log")
        if statement["predicateType"] == ACTION:
            origin, text, leaf, leaf_hash, session = check_action(statement, vkeys)
            need(not actions or actions[-1][0] < leaf["index"], "out of order")
            actions.append((leaf["index"], text))
            if session:
                tally = tallies.setdefault((origin, session), ([], {}))
                tally[0].append(leaf_hash)
                tally[1][leaf["type"]] = tally[1].get(leaf["type"], 0) + 1
            continue
        said = statement["predicate"]
        need(set(said) == {"closings", "first", "last", "log", "session"}, "not a session")
        hashes, types = tallies.get((said["log"], said["session"]), ([], {}))
        need(hashes and said["closings"] == types and statement["subject"] == [
            {"name": f"{said['log']}/session/{said['session']}",
             "digest": {"sha256": hashlib.sha256(b"".join(hashes)).hexdigest()}}], "another session")
        sessions += 1
    return actions, sessions, ignored


# --- evidence

def check_evidence(folder, vkeys):
    manifest = (folder / "manifest.dsse.json").read_bytes()
    need(manifest.endswith(b"\n"), "no newline")
    rules.parse_canonical(manifest[:-1], depth=4)
    envelope = parse_envelope(manifest[:-1])
    by = signers(envelope, vkeys)
    value = json.loads(manifest)
    need(len(by) >= 1 and set(value) == {"payload", "payloadType", "signatures"} and envelope[0] == STATEMENT
         and [set(each) for each in value["signatures"]] == [{"keyid", "sig"}] and value["signatures"][0]["keyid"] in by
         and value["payload"] == base64.b64encode(envelope[1]).decode()
         and value["signatures"][0]["sig"] == base64.b64encode(envelope[2][0][1]).decode(), "the manifest")
    statement = rules.parse_canonical(envelope[1], depth=16)
    need(statement["predicateType"] == EVIDENCE, "the manifest")
    said = statement["predicate"]
    named = [each["name"] for each in statement["subject"]]
    need(named == sorted(set(named)) and not any(part in ("", ".", "..") for name in named for part in name.split("/")), "names")
    for each in statement["subject"]:
        file = folder / each["name"]
        need(file.is_file() and hashlib.sha256(file.read_bytes()).hexdigest() == each["digest"]["sha256"], each["name"])
    there = {str(file.relative_to(folder)) for file in folder.rglob("*") if not file.is_dir()}
    need(there == set(named) | {"manifest.dsse.json"}, "files too many")
    text, origin, size, root = rules.check_checkpoint((folder / "log/checkpoint").read_bytes(), vkeys)
    need((said["log"], said["size"], said["root"]) == (origin, str(size), root.hex()), "another checkpoint")
    need(rules.parse_vkey(by[0])[0] in (origin, origin + "/receipts"), "a signer of another log")
    receipts, closings = [], []
    for name in named:
        if not name.startswith("receipts/"):
            continue
        for line in (folder / name).read_bytes().splitlines(keepends=True):
            report = rules.check_receipt(line, vkeys)
            need(json.loads(line)["proof"].partition("\n\n")[2].partition("\n\n")[0] + "\n" == text, "another checkpoint")
            need(not said["session"] or session_of(report["leaf"], report["intent"]) == said["session"], "another session")
            receipts.append(report["index"])
            if report["leaf"]["type"] in rules.CLOSING:
                closings.append(report["index"])
    first, last = int(said["first"]), int(said["last"])
    need(receipts == sorted(set(receipts)) and len(receipts) == int(said["receipts"])
         and first <= min(receipts) and max(receipts) <= last < size, "the range")
    need(said["session"] or receipts == list(range(first, last + 1)), "a receipt is missing")
    lines = [line for name in named if name.startswith("attestations/") for line in (folder / name).read_bytes().splitlines()]
    actions, sessions, ignored = check_bundle(lines, vkeys)
    need(not ignored and len(actions) == int(said["actions"]) and [index for index, _ in actions] == closings
         and all(each == text for _, each in actions), "the attestations")
    if said["whole"]:
        rules.check_log(lambda path: (folder / "log" / path).read_bytes() if f"log/{path}" in named else None, vkeys)
    return {"receipts": len(receipts), "actions": len(actions), "sessions": sessions, "size": size, "whole": said["whole"]}
