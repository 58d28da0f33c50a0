"""The rules of spec/*.md, written from those pages alone.

Shares nothing with the product: a disagreement between the two is a mistake in one of
them or in the specification.
"""
import base64
import datetime
import hashlib
import hmac
import json
import math
import re

import ed25519


class Refused(Exception):
    """What was given does not verify."""


def need(condition, why):
    if not condition:
        raise Refused(why)


# --- canonical JSON (spec/canonical-json.md)

MAX_INT = 2**53 - 1


def _number(value):
    """ECMA-262 Number::toString over Python's shortest digits."""
    if isinstance(value, int):
        return str(value)
    need(math.isfinite(value), "a number that is not finite")
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    mantissa, _, exponent = repr(abs(value)).partition("e")
    whole, _, part = mantissa.partition(".")
    part = "" if part == "0" else part
    digits = (whole + part).lstrip("0")
    point = len(whole) + int(exponent or 0)
    if whole == "0":
        point -= 1 + len(part) - len(part.lstrip("0"))
    digits = digits.rstrip("0")
    k, n = len(digits), point
    if k <= n <= 21:
        text = digits + "0" * (n - k)
    elif 0 < n <= 21:
        text = digits[:n] + "." + digits[n:]
    elif -6 < n <= 0:
        text = "0." + "0" * -n + digits
    else:
        text = digits[0] + ("." + digits[1:] if k > 1 else "") + "e" + ("+" if n > 0 else "-") + str(abs(n - 1))
    return sign + text


_ESCAPES = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}


def _string(text):
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise Refused("half of a surrogate pair") from None
    return '"' + "".join(_ESCAPES.get(c) or (f"\\u{ord(c):04x}" if c < " " else c) for c in text) + '"'


def canonical(value):
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return _number(value)
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, list):
        return "[" + ",".join(canonical(item) for item in value) + "]"
    names = sorted(value, key=lambda name: name.encode("utf-16-be", "surrogatepass"))
    return "{" + ",".join(_string(name) + ":" + canonical(value[name]) for name in names) + "}"


def _unique(pairs):
    members = dict(pairs)
    need(len(members) == len(pairs), "a name twice")
    return members


def _integer(text):
    value = int(text) if len(text) < 40 else MAX_INT + 1
    need(-MAX_INT <= value <= MAX_INT, "an integer beyond 2^53 - 1")
    return value


def _constant(text):
    raise Refused(f"{text} is no JSON")


def _float(text):
    value = float(text)
    need(math.isfinite(value), "a number that overflows a double")
    need(abs(value) <= MAX_INT or abs(value) >= 1e21, "an integer beyond 2^53 - 1 in another spelling")
    return value


def parse_json(data, depth=64):
    """Bytes to a value; refuses what spec/canonical-json.md says a reader refuses."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused("not UTF-8") from None
    need(not text.startswith("\ufeff"), "a byte order mark")
    try:
        value = json.loads(text, object_pairs_hook=_unique, parse_int=_integer, parse_float=_float,
                           parse_constant=_constant)
    except (json.JSONDecodeError, RecursionError) as error:
        raise Refused(f"not JSON: {error}") from None

    def walk(item, level):
        need(level <= depth, "nested too deep")
        if isinstance(item, str):
            _string(item)
        elif isinstance(item, list):
            for child in item:
                walk(child, level + isinstance(child, (list, dict)))
        elif isinstance(item, dict):
            for name, child in item.items():
                _string(name)
                walk(child, level + isinstance(child, (list, dict)))

    walk(value, 1 if isinstance(value, (list, dict)) else 0)
    return value


def parse_canonical(data, depth=64):
    value = parse_json(data, depth)
    need(canonical(value).encode() == data, "not canonical")
    return value


# --- base64, hex

def from_base64(text):
    try:
        data = base64.b64decode(text, validate=True)
    except (ValueError, TypeError):
        raise Refused("not base64") from None
    need(base64.b64encode(data).decode() == text, "not the one spelling of base64")
    return data


def is_hex(text, length):
    return isinstance(text, str) and re.fullmatch(r"[0-9a-f]{%d}" % length, text) is not None


# --- the tree (RFC 6962 section 2.1, RFC 9162 sections 2.1.3.2 and 2.1.4.2)

def leaf_hash(entry):
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def tree_root(hashes):
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    k = 1 << (len(hashes) - 1).bit_length() - 1
    return node_hash(tree_root(hashes[:k]), tree_root(hashes[k:]))


def inclusion_path(index, hashes):
    if len(hashes) == 1:
        return []
    k = 1 << (len(hashes) - 1).bit_length() - 1
    if index < k:
        return inclusion_path(index, hashes[:k]) + [tree_root(hashes[k:])]
    return inclusion_path(index - k, hashes[k:]) + [tree_root(hashes[:k])]


def consistency_path(first, hashes, complete=True):
    if first == 0:
        return []
    if first == len(hashes):
        return [] if complete else [tree_root(hashes)]
    k = 1 << (len(hashes) - 1).bit_length() - 1
    if first <= k:
        return consistency_path(first, hashes[:k], complete) + [tree_root(hashes[k:])]
    return consistency_path(first - k, hashes[k:], False) + [tree_root(hashes[:k])]


def check_inclusion(index, size, leaf, path, root):
    need(index < size, "the index is past the end")
    fn, sn, r = index, size - 1, leaf
    for p in path:
        need(sn != 0, "the path is too long")
        if fn & 1 or fn == sn:
            r = node_hash(p, r)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = node_hash(r, p)
        fn, sn = fn >> 1, sn >> 1
    need(sn == 0, "the path is too short")
    need(r == root, "the path leads to another root")


def check_consistency(first, second, path, first_root, second_root):
    need(first <= second, "the newer tree is smaller")
    if first in (0, second):
        need(not path, "a proof where none is needed")
        need(first_root == (second_root if first == second else tree_root([])), "another root")
        return
    need(path, "the proof is empty")
    path = ([first_root] if first & (first - 1) == 0 else []) + path
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for c in path[1:]:
        need(sn != 0, "the proof is too long")
        if fn & 1 or fn == sn:
            fr, sr = node_hash(c, fr), node_hash(c, sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node_hash(sr, c)
        fn, sn = fn >> 1, sn >> 1
    need(sn == 0, "the proof is too short")
    need(fr == first_root and sr == second_root, "the proof leads to other roots")


# --- signed notes and checkpoints (spec/checkpoint.md)

def _name_is_good(name):
    return bool(name) and "+" not in name and not any(c.isspace() or ord(c) < 32 or ord(c) == 127 for c in name)


def key_id(name, key):
    return hashlib.sha256(name.encode() + b"\n\x01" + key).digest()[:4]


def make_vkey(name, key):
    return f"{name}+{key_id(name, key).hex()}+{base64.b64encode(bytes([1]) + key).decode()}"


def parse_vkey(text):
    parts = text.split("+", 2)
    need(len(parts) == 3, "a vkey has three parts")
    name, ident, body = parts[0], parts[1], from_base64(parts[2])
    need(_name_is_good(name), "a key name that is not allowed")
    need(len(body) == 33 and body[0] == 1, "not an Ed25519 key")
    need(is_hex(ident, 8) and bytes.fromhex(ident) == key_id(name, body[1:]), "a key id of something else")
    need(ed25519.is_key(body[1:]), "no safe key")
    return name, body[1:]


def parse_note(data):
    need(len(data) <= 1 << 20, "the note is too long")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused("not UTF-8") from None
    need(not any(c < " " and c != "\n" for c in text), "a control character")
    body, blank, lines = text.rpartition("\n\n")
    need(blank and body and lines.endswith("\n"), "no signature block")
    signatures = []
    for line in lines[:-1].split("\n"):
        match = re.fullmatch("\u2014 ([^ ]+) ([^ ]+)", line)
        need(match, "a line that is no signature")
        need(_name_is_good(match[1]), "a key name that is not allowed")
        blob = from_base64(match[2])
        need(len(blob) >= 5, "a signature that is too short")
        signatures.append((match[1], blob[:4], blob[4:]))
    need(len(signatures) <= 64, "too many signatures")
    return body + "\n", signatures


def parse_checkpoint(text):
    lines = text.split("\n")
    need(len(lines) >= 4 and lines[-1] == "" and all(lines[:-1]), "not a checkpoint")
    need(re.fullmatch("0|[1-9][0-9]*", lines[1]) and int(lines[1]) < 2**63, "not a size")
    root = from_base64(lines[2])
    need(len(root) == 32, "not a root")
    return lines[0], int(lines[1]), root


def check_checkpoint(data, vkeys):
    text, signatures = parse_note(data)
    origin, size, root = parse_checkpoint(text)
    good = False
    for vkey in vkeys:
        name, key = parse_vkey(vkey)
        if name != origin:
            continue
        for signer, ident, signature in signatures:
            if signer == name and ident == key_id(name, key):
                need(ed25519.verify(key, text.encode(), signature), "a wrong signature of the log")
                good = True
    need(good, "not signed by a trusted key of the log")
    return text, origin, size, root


# --- leaves (spec/leaf.md)

TYPES = {"intent", "outcome", "refusal", "interrupted", "abandoned", "events", "control", "ask", "answer", "advice"}
CLOSING = {"outcome", "refusal", "interrupted", "abandoned"}
KEYS = {"v", "type", "index", "time", "mono", "boot", "nonce", "parent", "body"}


def _is_int(value):
    return isinstance(value, int) and not isinstance(value, bool)


def _time_is_good(text):
    if not isinstance(text, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{9}Z", text):
        return False
    try:
        datetime.datetime.strptime(text[:19], "%Y-%m-%dT%H:%M:%S")
    except ValueError:
        return False
    return text[17:19] <= "59" and 1678 <= int(text[:4]) <= 2261


def parse_leaf(data):
    need(len(data) <= 65535, "the leaf is too long")
    need(data[:1] in (b"\x01", b"\x02"), "not version 1 or 2")
    leaf = parse_canonical(data[1:])
    need(isinstance(leaf, dict) and set(leaf) == KEYS, "not exactly the nine keys")
    need(_is_int(leaf["v"]) and leaf["v"] == data[0], "v is not the version byte")
    need(isinstance(leaf["type"], str) and leaf["type"] in (TYPES if data[0] == 1 else {"key"}), "an unknown type")
    need(_is_int(leaf["index"]) and leaf["index"] >= 0, "not an index")
    need(_time_is_good(leaf["time"]), "not a time")
    need(isinstance(leaf["mono"], str) and re.fullmatch("0|[1-9][0-9]{0,18}", leaf["mono"])
         and int(leaf["mono"]) < 2**63, "not a monotonic time")
    need(isinstance(leaf["boot"], str)
         and re.fullmatch("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", leaf["boot"]), "not a boot id")
    need(is_hex(leaf["nonce"], 32), "not a nonce")
    need(leaf["parent"] == "" or is_hex(leaf["parent"], 64), "not a parent")
    need(isinstance(leaf["body"], dict), "the body is no object")
    intent_of(leaf)
    return leaf


def intent_of(leaf):
    named = leaf["body"].get("intent")
    if "intent" not in leaf["body"]:
        need(leaf["type"] not in ("outcome", "interrupted", "events"), "the intent is not named")
        return None
    need(leaf["type"] not in ("intent", "key"), "an intent or a change of a key names another")
    need(isinstance(named, dict) and set(named) == {"index", "leaf_hash"}, "not an intent reference")
    need(_is_int(named["index"]) and 0 <= named["index"] < leaf["index"], "an intent that is not before")
    need(is_hex(named["leaf_hash"], 64), "not a leaf hash")
    return named


def salt(disclosure_key, nonce, member):
    return hmac.digest(disclosure_key, b"bailey/salt/v1" + nonce + member.encode(), "sha256")


def salted_digest(one_salt, payload):
    return hmac.digest(one_salt, payload, "sha256")


# --- key history (spec/key-history.md)

ROLES = ("ledger", "receipts", "approval", "change", "skill")
BEGINNING = ("generate", "import", "rotate")
STATEMENT = {"action", "role", "vkey", "previous", "sequence", "prior", "valid_from", "valid_until", "until_size", "reason"}


def check_statement(body):
    """The form of one record; gives the statement."""
    need(set(body) == {"statement", "authority", "signature", "possession"}, "not exactly the keys of a record")
    s = body["statement"]
    need(isinstance(s, dict) and set(s) == STATEMENT, "not exactly the keys of a statement")
    need(all(isinstance(s[name], str) for name in STATEMENT - {"sequence"}), "a member that is no string")
    need(all(isinstance(body[name], str) for name in ("authority", "signature", "possession")), "no string")
    need(s["action"] in BEGINNING + ("archive", "revoke") and s["role"] in ROLES, "an unknown word")
    parse_vkey(s["vkey"])
    parse_vkey(body["authority"])
    rotates, begins = s["action"] == "rotate", s["action"] in BEGINNING
    need((s["previous"] != "") == rotates and (s["valid_until"] != "") == rotates, "previous, valid_until")
    if rotates:
        parse_vkey(s["previous"])
        need(_time_is_good(s["valid_until"]) and s["valid_until"] >= s["valid_from"], "not the end of an overlap")
    need(_is_int(s["sequence"]) and s["sequence"] >= 0, "not a sequence")
    need(s["prior"] == "" if s["sequence"] == 0 else is_hex(s["prior"], 64), "not a prior")
    need(_time_is_good(s["valid_from"]), "not a time")
    if s["until_size"]:
        need(not begins and re.fullmatch("0|[1-9][0-9]{0,18}", s["until_size"]) and int(s["until_size"]) < 2**63, "no size")
    need(len(s["reason"].encode()) <= 512, "a reason that is too long")
    need((body["possession"] != "") == begins, "possession")
    return s


class KeyHistory:
    """Which keys speak for a log, by its own leaves."""

    def __init__(self, origin, vkeys):
        self.origin, self.count, self.prior, self.last = origin, 0, None, -1
        names = {origin if role == "ledger" else f"{origin}/{role}": role for role in ROLES}
        self.keys = {}
        for vkey in vkeys:
            if parse_vkey(vkey)[0] in names:
                self.keys[vkey] = {"role": names[parse_vkey(vkey)[0]], "believed": True, "state": None, "above": -1,
                                   "until": math.inf}

    def add(self, index, body):
        s = check_statement(body)
        need(index > self.last, "out of order")
        self.last = index
        message = canonical(s).encode()
        authority = parse_vkey(body["authority"])
        need(ed25519.verify(authority[1], b"bailey/key-history/v1\x00" + message, from_base64(body["signature"])),
             "a wrong signature")
        if body["possession"]:
            need(ed25519.verify(parse_vkey(s["vkey"])[1], b"bailey/key-possession/v1\x00" + message,
                                from_base64(body["possession"])), "possession is not proven")
        need(authority[0] == self.origin, "an authority of another log")
        need(parse_vkey(s["vkey"])[0] == (self.origin if s["role"] == "ledger" else f"{self.origin}/{s['role']}"),
             "a key of another name")
        digest = hashlib.sha256(message).hexdigest()
        if digest == self.prior:
            return
        need(s["sequence"] == self.count and s["prior"] == (self.prior or ""), "out of sequence")
        by = self.keys.get(body["authority"])
        if self.count == 0:
            by = by or {"role": "ledger", "believed": False, "above": -1, "until": math.inf}
            by["state"] = "in force"
            self.keys[body["authority"]] = by
        need(by and by["role"] == "ledger" and by["state"] in ("in force", "overlaps"), "an authority without authority")
        key = self.keys.get(s["vkey"])
        if s["action"] in BEGINNING:
            itself = self.count == 0 and s["vkey"] == body["authority"]
            need(itself or not (key and key["state"]), "begun before")
            if s["action"] == "rotate":
                old = self.keys.get(s["previous"])
                need(old and old["role"] == s["role"] and old["state"] == "in force" and not itself, "not in force")
                need(s["role"] != "ledger" or s["previous"] == body["authority"], "not signed by the key before")
                old["state"] = "overlaps"
            else:
                need(itself or not any(k["role"] == s["role"] and k["state"] == "in force" for k in self.keys.values()),
                     "one is in force")
            if not key:
                key = self.keys[s["vkey"]] = {"role": s["role"], "believed": False, "above": -1, "until": math.inf}
            key["state"] = "in force"
            key["believed"] = key["believed"] or by["believed"]
            if s["role"] == "ledger" and not itself:
                key["above"] = index
        else:
            need(key and key["state"], "never begun")
            need(not (s["role"] == "ledger" and key["state"] == "in force"), "nobody takes over")
            need(key["state"] != "revoked" and (s["action"] == "revoke" or key["state"] != "archived"), "ended before")
            until = int(s["until_size"]) if s["until_size"] else index + 1
            need(until <= index + 1, "until after the end")
            key["until"] = min(key["until"], until)
            key["state"] = "revoked" if s["action"] == "revoke" else "archived"
        self.prior = digest
        self.count += 1

    def believed(self, size):
        return [vkey for vkey, key in self.keys.items() if key["believed"] and key["above"] < size <= key["until"]]


# --- receipts (spec/receipt.md)

def parse_tlog_proof(text):
    head, blank, checkpoint = text.partition("\n\n")
    lines = head.split("\n")
    need(blank and checkpoint and lines[0] == "c2sp.org/tlog-proof@v1" and len(lines) >= 2, "not a tlog-proof")
    match = re.fullmatch("index (0|[1-9][0-9]{0,19})", lines[1])
    need(match and int(match[1]) < 2**64, "no index")
    path = [from_base64(line) for line in lines[2:]]
    need(len(path) <= 63 and all(len(item) == 32 for item in path), "not a path")
    return int(match[1]), path, checkpoint


def check_receipt(data, vkeys):
    need(len(data) <= 4 << 20 and data.endswith(b"\n"), "not a receipt file")
    receipt = parse_canonical(data[:-1], depth=4)
    keys = {"v", "type", "leaf", "proof", "key", "signature"}
    need(isinstance(receipt, dict) and set(receipt) - {"intent"} == keys, "not exactly the keys of a receipt")
    need(_is_int(receipt["v"]) and receipt["v"] == 1 and receipt["type"] == "bailey-receipt", "not a receipt of version 1")
    need(all(isinstance(receipt[name], str) for name in keys - {"v"}), "a member that is no string")
    entry = from_base64(receipt["leaf"])
    index, path, checkpoint = parse_tlog_proof(receipt["proof"])
    text, origin, size, root = check_checkpoint(checkpoint.encode(), vkeys)
    need(receipt["key"] in vkeys, "signed by a key that is not trusted")
    name, key = parse_vkey(receipt["key"])
    need(name in (origin, origin + "/receipts"), "signed by a key of another log")
    message = b"bailey/receipt/v1\x00" + leaf_hash(entry) + text.encode()
    need(ed25519.verify(key, message, from_base64(receipt["signature"])), "the signature is wrong")
    leaf = parse_leaf(entry)
    need(leaf["index"] == index, "leaf and proof disagree on the index")
    check_inclusion(index, size, leaf_hash(entry), path, root)
    named = intent_of(leaf)
    need((named is None) == ("intent" not in receipt), "an intent too many or too few")
    intent = None
    if named:
        part = receipt["intent"]
        need(isinstance(part, dict) and set(part) == {"leaf", "path"} and isinstance(part["leaf"], str)
             and isinstance(part["path"], list) and len(part["path"]) <= 63
             and all(isinstance(item, str) for item in part["path"]), "not an intent")
        intent_entry = from_base64(part["leaf"])
        intent_path = [from_base64(item) for item in part["path"]]
        need(all(len(item) == 32 for item in intent_path), "not a path")
        intent = parse_leaf(intent_entry)
        need(intent["type"] == "intent" and intent["index"] == named["index"]
             and leaf_hash(intent_entry).hex() == named["leaf_hash"], "another intent")
        check_inclusion(named["index"], size, leaf_hash(intent_entry), intent_path, root)
    return {"origin": origin, "size": size, "index": index, "leaf": leaf, "intent": intent}


# --- published folders (spec/checkpoint.md)

def _number_path(number):
    groups = [f"{number % 1000:03}"]
    while number := number // 1000:
        groups.insert(0, f"x{number % 1000:03}")
    return "/".join(groups)


def _tiles(count):
    """(number, width) of each tile that holds `count` hashes."""
    return [(n, min(256, count - 256 * n)) for n in range((count + 255) // 256)]


def tile_path(kind, number, width):
    return f"tile/{kind}/{_number_path(number)}" + (f".p/{width}" if width < 256 else "")


def split_bundle(data, count):
    entries, at = [], 0
    for _ in range(count):
        need(at + 2 <= len(data), "a bundle that is cut")
        length = int.from_bytes(data[at:at + 2], "big")
        need(at + 2 + length <= len(data), "a bundle that is cut")
        entries.append(data[at + 2:at + 2 + length])
        at += 2 + length
    need(at == len(data), "a bundle with more than its entries")
    return entries


def check_log(read, vkeys):
    """`read(path)` gives bytes, or None when there is no such file."""
    def file(path):
        data = read(path)
        need(data is not None, f"{path} is missing")
        return data

    checkpoint = file("checkpoint")
    origin, size, root = parse_checkpoint(parse_note(checkpoint)[0])
    history = KeyHistory(origin, vkeys)
    if not history.believed(size):
        check_checkpoint(checkpoint, vkeys)
    hashes, types, open_intents, closed = [], [], set(), 0
    for number, width in _tiles(size):
        for entry in split_bundle(file(tile_path("entries", number, width)), width):
            leaf = parse_leaf(entry)
            need(leaf["index"] == len(hashes), "a leaf out of its place")
            if leaf["type"] == "key":
                history.add(len(hashes), leaf["body"])
            named = intent_of(leaf)
            if named:
                at = named["index"]
                need(hashes[at].hex() == named["leaf_hash"] and types[at] == "intent", "not the intent named")
                if leaf["type"] in CLOSING:
                    need(at in open_intents, "an intent closed twice")
                    open_intents.remove(at)
                    closed += 1
            if leaf["type"] == "intent":
                open_intents.add(len(hashes))
            types.append(leaf["type"])
            hashes.append(leaf_hash(entry))
    check_checkpoint(checkpoint, history.believed(size))
    level, current = 0, hashes
    while current:
        for number, width in _tiles(len(current)):
            part = current[256 * number:256 * number + width]
            need(file(tile_path(level, number, width)) == b"".join(part), "a tile of something else")
        current = [tree_root(current[i:i + 256]) for i in range(0, len(current) - 255, 256)]
        level += 1
    need(tree_root(hashes) == root, "the entries are not those of the checkpoint")
    return {"origin": origin, "size": size, "intents": closed + len(open_intents), "closed": closed,
            "open": sorted(open_intents)}
