"""The rules of spec/witness.md's formats, written from that page and C2SP's alone.

Cosignatures, policies of witnesses, add-checkpoint requests, and what a witness answers.
"""
import base64
import hashlib
import re

import ed25519
import rules
from rules import need


# --- cosignatures

def key_id(name, key):
    return hashlib.sha256(name.encode() + b"\n\x04" + key).digest()[:4]


def make_vkey(name, key):
    return f"{name}+{key_id(name, key).hex()}+{base64.b64encode(bytes([4]) + key).decode()}"


def parse_vkey(text):
    parts = text.split("+", 2)
    need(len(parts) == 3, "a vkey has three parts")
    name, ident, body = parts[0], parts[1], rules.from_base64(parts[2])
    need(rules._name_is_good(name), "a key name that is not allowed")
    need(len(body) == 33 and body[0] == 4, "not a cosignature key")
    need(rules.is_hex(ident, 8) and bytes.fromhex(ident) == key_id(name, body[1:]), "a key id of something else")
    need(ed25519.is_key(body[1:]), "no safe key")
    return name, body[1:]


def cosigned_text(time, note_text):
    return f"cosignature/v1\ntime {time}\n{note_text}".encode()


def cosign(seed, name, time, note_text):
    blob = key_id(name, ed25519.public_key(seed)) + time.to_bytes(8, "big")
    blob += ed25519.sign(seed, cosigned_text(time, note_text))
    return f"\u2014 {name} {base64.b64encode(blob).decode()}\n"


def cosigned_at(note, vkey):
    """The time, or None; Refused when a line of this key is wrong."""
    text, signatures = rules.parse_note(note)
    name, key = parse_vkey(vkey)
    times = []
    for signer, ident, blob in signatures:
        if signer != name or ident != key_id(name, key):
            continue
        need(len(blob) == 72, "not 72 bytes")
        time = int.from_bytes(blob[:8], "big")
        need(time < 2**63, "a time that is too large")
        need(ed25519.verify(key, cosigned_text(time, text), blob[8:]), "a wrong cosignature")
        times.append(time)
    return max(times, default=None)


# --- policies

def parse_policy(data):
    need(len(data) <= 256 * 1024, "too long")
    need(all(b in (9, 10) or 32 <= b <= 126 or b >= 128 for b in data), "a control character")
    text = data.decode("latin-1")
    need(text == "" or text.endswith("\n"), "the last line does not end")
    policy = {"logs": [], "witnesses": [], "groups": []}
    names, used, keys = {}, set(), set()
    for line in text.split("\n")[:-1]:
        words = [word for word in re.split("[ \t]+", line) if word]
        if not words or words[0].startswith("#"):
            continue
        kind, words = words[0], [word.encode("latin-1") for word in words[1:]]

        def define(name, what):
            need(name != b"none" and name not in names, "a name that is taken")
            names[name] = what

        def key_of(parse, word):
            try:
                name, key = parse(word.decode("utf-8"))
            except UnicodeDecodeError:
                raise rules.Refused("a vkey that is no UTF-8") from None
            need((parse, key) not in keys, "a key twice")
            keys.add((parse, key))
            return word.decode("utf-8")

        if kind == "log":
            need(len(words) in (1, 2), "log VKEY [URL]")
            policy["logs"].append(key_of(rules.parse_vkey, words[0]))
        elif kind == "witness":
            need(len(words) in (2, 3), "witness NAME VKEY [URL]")
            define(words[0], ("witness", key_of(parse_vkey, words[1])))
            policy["witnesses"].append(words[0])
        elif kind == "group":
            need(len(words) >= 3, "group NAME K MEMBER...")
            members = words[2:]
            for member in members:
                need(member in names, "not defined before")
                need(member not in used, "a member twice")
                used.add(member)
            count = {b"any": 1, b"all": len(members)}.get(words[1])
            if count is None:
                need(re.fullmatch(rb"[1-9][0-9]{0,9}", words[1]), "no threshold")
                count = int(words[1])
            need(1 <= count <= len(members), "a threshold that no group of this size has")
            define(words[0], ("group", count, members))
            policy["groups"].append(words[0])
        elif kind == "quorum":
            need(len(words) == 1 and "quorum" not in policy, "one quorum")
            need(words[0] == b"none" or words[0] in names, "not defined before")
            policy["quorum"] = words[0]
        else:
            raise rules.Refused("an unknown line")
        need(all(len(policy[what]) <= 128 for what in ("logs", "witnesses", "groups")), "too many")
    need("quorum" in policy, "no quorum")
    policy["names"] = names
    return policy


def cosigners(note, policy):
    return [name.decode("latin-1") for name in policy["witnesses"]
            if cosigned_at(note, policy["names"][name][1]) is not None]


def check_policy(note, policy):
    """(origin, size, names of the witnesses that cosigned); Refused when it does not hold."""
    _, origin, size, _ = rules.check_checkpoint(note, policy["logs"])
    by = cosigners(note, policy)

    def holds(name):
        what = policy["names"][name]
        if what[0] == "witness":
            return name.decode("latin-1") in by
        return sum(holds(member) for member in what[2]) >= what[1]

    need(policy["quorum"] == b"none" or holds(policy["quorum"]), "no quorum")
    return origin, size, by


# --- add-checkpoint

def write_request(old, proof, checkpoint):
    return (f"old {old}\n" + "".join(base64.b64encode(p).decode() + "\n" for p in proof) + "\n").encode() + checkpoint


def parse_request(body):
    need(len(body) <= 128 * 1024, "too long")
    head, blank, checkpoint = body.partition(b"\n\n")
    need(blank and checkpoint, "no empty line or no checkpoint")
    lines = head.split(b"\n")
    match = re.fullmatch(rb"old (0|[1-9][0-9]*)", lines[0])
    need(match and int(match[1]) < 2**63, "no old size")
    need(len(lines) <= 64, "too many hashes")
    proof = []
    for line in lines[1:]:
        try:
            proof.append(rules.from_base64(line.decode("ascii")))
        except UnicodeDecodeError:
            raise rules.Refused("not base64") from None
        need(len(proof[-1]) == 32, "not a hash")
    return int(match[1]), proof, checkpoint


def answer(body, logs, latest):
    """What a witness answers: (status, size of a 409 or None). `logs`: origin -> [vkey];
    `latest`: origin -> (size, root) as last cosigned. spec/witness.md, the table."""
    try:
        old, proof, note = parse_request(body)
        text, _ = rules.parse_note(note)
        origin, size, root = rules.parse_checkpoint(text)
    except rules.Refused:
        return 400, None
    if origin not in logs:
        return 404, None
    try:
        rules.check_checkpoint(note, logs[origin])
    except rules.Refused:
        return 403, None
    if old > size:
        return 400, None
    known_size, known_root = latest.get(origin, (0, rules.tree_root([])))
    if old != known_size:
        return 409, known_size
    try:
        need(old or size or root == rules.tree_root([]), "the empty tree has one root")
        rules.check_consistency(old, size, proof, known_root, root)
    except rules.Refused:
        return 422, None
    return 200, None
