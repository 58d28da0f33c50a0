#!/usr/bin/env python3
"""Writes vectors/witness.json from the rules in witness_rules.py. Deterministic."""
import base64
import hashlib

import ed25519
import rules
import witness_rules as witness
from make_vectors import ORIGIN, OTHER_VKEY, SEED, VKEY, b64, sign_note, write

TIME = 1_790_000_000
SEEDS = {name: hashlib.sha256(b"bailey vectors: witness " + name.encode()).digest() for name in "abcdef"}
NAMES = {name: f"witness.example/{name}" for name in SEEDS}
VKEYS = {name: witness.make_vkey(NAMES[name], ed25519.public_key(seed)) for name, seed in SEEDS.items()}
LEAVES = [rules.leaf_hash(b"%d" % i) for i in range(40)]


def text_of(size, origin=ORIGIN, leaves=LEAVES):
    return f"{origin}\n{size}\n{b64(rules.tree_root(leaves[:size]))}\n"


def cosigned(size, names, time=TIME):
    text = text_of(size)
    return sign_note(text) + "".join(witness.cosign(SEEDS[n], NAMES[n], time, text) for n in names)


def refused(check, *arguments):
    try:
        check(*arguments)
    except rules.Refused:
        return True
    return False


def cosignature_vectors():
    text = text_of(9)
    note = sign_note(text)
    line = witness.cosign(SEEDS["a"], NAMES["a"], TIME, text)
    raw = bytearray(base64.b64decode(line.split(" ")[2]))

    def with_blob(blob):
        return note + f"\u2014 {NAMES['a']} {b64(bytes(blob))}\n"

    later = bytearray(raw)
    later[11] ^= 1
    huge = witness.key_id(NAMES["a"], ed25519.public_key(SEEDS["a"])) + (2**63).to_bytes(8, "big")
    huge += ed25519.sign(SEEDS["a"], witness.cosigned_text(2**63, text))
    plain = witness.key_id(NAMES["a"], ed25519.public_key(SEEDS["a"])) + ed25519.sign(SEEDS["a"], text.encode())
    cases = [(note + line, "cosigned"), (note, "not cosigned"),
             (note + witness.cosign(SEEDS["b"], NAMES["b"], TIME, text), "cosigned by another"),
             (note + line + witness.cosign(SEEDS["a"], NAMES["a"], TIME + 5, text), "twice, the newer counts"),
             (note + witness.cosign(SEEDS["a"], NAMES["a"], 0, text), "at the epoch"),
             (note + witness.cosign(SEEDS["a"], NAMES["a"], 2**63 - 1, text), "the last second"),
             (note + witness.cosign(SEEDS["a"], NAMES["b"], TIME, text), "the right key under another name"),
             (with_blob(raw[:-1]), "a byte short"), (with_blob(raw + b"x"), "a byte more"),
             (with_blob(later), "another time"), (with_blob(huge), "a time beyond 2^63 - 1"),
             (with_blob(plain), "a plain signature under the cosignature's key id"),
             (note + witness.cosign(SEEDS["a"], NAMES["a"], TIME, text_of(8)), "of another checkpoint"),
             (note + line + witness.cosign(SEEDS["a"], NAMES["a"], TIME, text_of(8)), "a good one and a wrong one")]
    out = []
    for text_, why in cases:
        try:
            time = witness.cosigned_at(text_.encode(), VKEYS["a"])
            out.append({"note": text_, "why": why, "good": True, "time": "" if time is None else str(time)})
        except rules.Refused:
            out.append({"note": text_, "why": why, "good": False})
    assert [case["good"] for case in out] == [True] * 7 + [False] * 7
    name, ident, body = VKEYS["a"].split("+", 2)
    key = base64.b64decode(body)[1:]
    bad = ["", name, f"{name}+{ident}", f"{name}x+{ident}+{body}", f"{name}+00000000+{body}", f"+{ident}+{body}",
           rules.make_vkey(name, key), f"{name}+{ident}+{b64(bytes([6]) + key)}", f"{name}+{ident.upper()}+{body}",
           witness.make_vkey(name, b"\x01" + bytes(31))]
    assert all(refused(witness.parse_vkey, vkey) for vkey in bad)
    return {"good_vkeys": list(VKEYS.values()), "bad_vkeys": bad, "vkey": VKEYS["a"], "notes": out,
            "signed": {"seed": SEEDS["a"].hex(), "name": NAMES["a"], "time": str(TIME), "text": text_of(9), "line": line}}


def policy_vectors():
    w = "".join(f"witness {n} {VKEYS[n]}\n" for n in "abcdef")
    log = f"log {VKEY}\n"
    nested = log + w + "group X 2 a b c\ngroup Y any d e f\ngroup XY all X Y\nquorum XY\n"
    good = [nested, "quorum none\n", log + "quorum none\n", log + w + "quorum b\n", log + w + "group G any a b\nquorum c\n",
            f"# a comment\n\n \t# another\n\tlog\t{VKEY}  https://log.example/ \n  quorum   none\t\n",
            f"witness W\u00e9 {VKEYS['a']} http://127.0.0.1:1/\ngroup none2 all W\u00e9\nquorum none2\n",
            log + w + "group all all a\ngroup any 1 all\nquorum any\n", f"log {VKEY}\nlog {OTHER_VKEY}\n{w}quorum a\n"]
    bad = [("", "empty"), (log, "no quorum"), ("quorum none", "no newline"), ("quorum none\nquorum none\n", "two quorums"),
           ("quorum none\r\n", "CR"), ("quorum\u00a0none\n", "a space that is not ASCII"), ("quorum none extra\n", "a word more"),
           ("quorum\n", "no name"), ("quorum x\n", "an unknown name"), (f"quorum a\nwitness a {VKEYS['a']}\n", "defined later"),
           ("Quorum none\n", "an unknown line"), (log + log + "quorum none\n", "a log twice"), ("log\nquorum none\n", "no vkey"),
           (f"log {VKEYS['a']}\nquorum none\n", "a witness's key for a log"), (f"log {VKEY} u u\nquorum none\n", "two urls"),
           (f"witness a {VKEY}\nquorum a\n", "a log's key for a witness"), (f"witness a\nquorum a\n", "no witness key"),
           (f"witness none {VKEYS['a']}\nquorum none\n", "a witness called none"),
           (f"witness a {VKEYS['a']}\nwitness b {VKEYS['a']}\nquorum a\n", "a witness twice"),
           (f"witness a {VKEYS['a']}\nwitness a {VKEYS['b']}\nquorum a\n", "a name twice"),
           (w + "group a any b\nquorum a\n", "a group named as a witness"), (w + "group G any\nquorum G\n", "no member"),
           (w + "group G any none\nquorum G\n", "none as a member"), (w + "group G any G\nquorum G\n", "a group in itself"),
           (w + "group G any a a\nquorum G\n", "a member twice"), (w + "group none any a\nquorum none\n", "a group called none"),
           (w + "group G any a\ngroup H any a\nquorum G\n", "a member of two groups"), (w + "group G 0 a\nquorum G\n", "none of one"),
           (w + "group G 2 a\nquorum G\n", "two of one"), (w + "group G 01 a\nquorum G\n", "a leading zero"),
           (w + "group G -1 a\nquorum G\n", "a negative threshold"), (w + "group G most a\nquorum G\n", "an unknown threshold"),
           (w + "group G any H\ngroup H any a\nquorum G\n", "a member defined later"), ("quorum none\n\x00\n", "a NUL"),
           (w + "group G 18446744073709551617 a\nquorum G\n", "an overflow"), ("quorum none\n\x7f\n", "DEL")]
    for text in good:
        witness.parse_policy(text.encode())
    for text, why in bad:
        if not refused(witness.parse_policy, text.encode()):
            raise SystemExit(f"accepted: {why}")
    verdicts = []
    questions = [(nested, note) for note in ("abd", "ab", "acf", "ad", "abcdef", "d", "", "bcde")]
    questions += [(log + w + "quorum b\n", "b"), (log + w + "quorum b\n", "a"), (log + "quorum none\n", ""),
                  ("quorum none\n", ""), (f"log {OTHER_VKEY}\nquorum none\n", "a")]
    for text, names in questions:
        note = cosigned(9, names)
        try:
            _, _, by = witness.check_policy(note.encode(), witness.parse_policy(text.encode()))
            verdicts.append({"policy": text, "note": note, "good": True, "by": by})
        except rules.Refused:
            verdicts.append({"policy": text, "note": note, "good": False})
    wrong = cosigned(9, "abd") + witness.cosign(SEEDS["f"], NAMES["f"], TIME, text_of(8))
    assert refused(witness.check_policy, wrong.encode(), witness.parse_policy(nested.encode()))
    verdicts.append({"policy": nested, "note": wrong, "good": False})
    assert [v["good"] for v in verdicts] == [True, False, True, False, True, False, False, True, True, False, True, False, False, False]
    proofs = []
    for index in (0, 3, 8):
        for size, names in ((9, "abd"), (9, "a")):
            proof = f"c2sp.org/tlog-proof@v1\nindex {index}\n"
            proof += "".join(b64(p) + "\n" for p in rules.inclusion_path(index, LEAVES[:size])) + "\n" + cosigned(size, names)
            proofs.append({"policy": nested, "proof": proof, "leaf_hash": LEAVES[index].hex(), "good": names == "abd"})
    proofs.append(dict(proofs[0], leaf_hash=LEAVES[1].hex(), good=False))
    proofs.append(dict(proofs[0], proof=proofs[0]["proof"].replace("index 0", "index 1"), good=False))
    return {"good": good, "bad": [{"text": text, "why": why} for text, why in bad], "verdicts": verdicts, "proofs": proofs}


def request_vectors():
    note = sign_note(text_of(9)).encode()
    path = rules.consistency_path(5, LEAVES[:9])
    good = [(0, [], note), (5, path, note), (2**63 - 1, [], note), (9, [LEAVES[0]] * 63, note), (0, [], b"\x00anything")]
    body = witness.write_request(5, path, note)
    bad = [(b"", "empty"), (b"old 5\n", "no empty line"), (b"old 5\n\n", "no checkpoint"), (b"new 5\n\nx", "no old line"),
           (b"old 05\n\nx", "a leading zero"), (b"old -1\n\nx", "negative"), (b"old \n\nx", "no size"), (b"old 5 \n\nx", "a space"),
           (b"old 9223372036854775808\n\nx", "too large"), (b"old 5\nAAAA\n\nx", "a short hash"), (b"old 5\r\n\nx", "CR"),
           (body.replace(b"\n\n", b"\n \n", 1)[:60], "a space in the empty line"), (b"\n" + body, "an empty line first"),
           (witness.write_request(5, [LEAVES[0]] * 64, note), "64 hashes"), (b"old 5\n" + b"=" * 44 + b"\n\nx", "not base64"),
           (b"old 0\n\n" + b"x" * (128 * 1024 - 6), "a byte over 128 KiB")]
    for old, proof, checkpoint in good:
        assert witness.parse_request(witness.write_request(old, proof, checkpoint)) == (old, proof, checkpoint)
    for text, why in bad:
        if not refused(witness.parse_request, text):
            raise SystemExit(f"accepted: {why}")
    return {"good": [{"old": str(old), "proof": [p.hex() for p in proof], "checkpoint": b64(checkpoint),
                      "body": b64(witness.write_request(old, proof, checkpoint))} for old, proof, checkpoint in good],
            "bad": [{"body": b64(text), "why": why} for text, why in bad if len(text) < 65536]}


if __name__ == "__main__":
    write("witness", {"cosignatures": cosignature_vectors(), "policies": policy_vectors(), "requests": request_vectors()})
