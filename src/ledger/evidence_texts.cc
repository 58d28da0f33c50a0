// What an outsider reads and runs: the README and the script of an evidence folder.
#include "ledger/evidence_folder.h"

namespace bailey::ledger {
namespace {

constexpr std::string_view kScript = R"py(#!/usr/bin/env python3
"""Checks this evidence folder with nothing but Python's standard library and openssl.

  python3 check.py LEDGER_VKEY RECEIPTS_VKEY

The two keys are those that you got from the log's owner by another way than this folder.
Exit code 0: every file is as it was signed, every entry is in the log. 1: it is not.
Read it before you run it: whoever could change the folder could change this file.
"""
import base64, hashlib, json, pathlib, subprocess, sys, tempfile

FOLDER = pathlib.Path(__file__).resolve().parent


def sha256(data):
    return hashlib.sha256(data).digest()


def need(true, why):
    if not true:
        raise SystemExit(f"FAILED: {why}")


def b64(text):
    data = base64.b64decode(text, validate=True)
    need(base64.b64encode(data).decode() == text, "base64 in another spelling")
    return data


def parse_vkey(vkey):
    name, key_id, data = vkey.split("+", 2)
    data = b64(data)
    need(data[0] == 1 and len(data) == 33, f"{vkey} is no Ed25519 key")
    need(sha256(name.encode() + b"\n" + data)[:4].hex() == key_id, f"{vkey} has a wrong id")
    return name, bytes.fromhex(key_id), data[1:]


def signed(public_key, message, signature, what):
    """Asks openssl; 302a... is what stands before an Ed25519 key in a PEM file."""
    pem = base64.b64encode(bytes.fromhex("302a300506032b6570032100") + public_key).decode()
    with tempfile.TemporaryDirectory() as place:
        place = pathlib.Path(place)
        (place / "key").write_text(f"-----BEGIN PUBLIC KEY-----\n{pem}\n-----END PUBLIC KEY-----\n")
        (place / "message").write_bytes(message)
        (place / "signature").write_bytes(signature)
        run = subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", place / "key", "-rawin",
                              "-in", place / "message", "-sigfile", place / "signature"],
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    need(run.returncode == 0, f"the signature of {what} is wrong")


def checkpoint(note, ledger):
    text, lines = note.rsplit("\n\n", 1)
    text += "\n"
    own = [line.split(" ") for line in lines.splitlines() if line.split(" ")[1] == ledger[0]]
    need(own, "the checkpoint is not signed by the ledger's key")
    for _, _, blob in own:
        blob = b64(blob)
        need(blob[:4] == ledger[1], "the checkpoint is signed by another key of that name")
        signed(ledger[2], text.encode(), blob[4:], "the checkpoint")
    origin, size, root = text.split("\n")[:3]
    need(origin == ledger[0], "the checkpoint is another log's")
    return origin, int(size), b64(root)


def root_of(index, size, leaf, path):
    """RFC 9162 section 2.1.3.2."""
    need(index < size, "an entry behind the end of the log")
    fn, sn, r = index, size - 1, leaf
    for p in path:
        need(sn > 0, "a proof is too long")
        if fn & 1 or fn == sn:
            r = sha256(b"\x01" + p + r)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = sha256(b"\x01" + r + p)
        fn, sn = fn >> 1, sn >> 1
    need(sn == 0, "a proof is too short")
    return r


def tree(hashes):
    """RFC 6962 section 2.1, without recursion."""
    if not hashes:
        return sha256(b"")
    while len(hashes) > 1:
        pairs = [sha256(b"\x01" + hashes[i] + hashes[i + 1]) for i in range(0, len(hashes) - 1, 2)]
        hashes = pairs + hashes[len(pairs) * 2:]
    return hashes[0]


def tile_name(index):
    groups = [f"{index % 1000:03}"]
    while index >= 1000:
        index //= 1000
        groups.insert(0, f"x{index % 1000:03}")
    return "/".join(groups)


def main():
    need(len(sys.argv) == 3, "give the ledger's and the receipts' public key (see README.md)")
    ledger, receipts = parse_vkey(sys.argv[1]), parse_vkey(sys.argv[2])
    # 1. The manifest: DSSE 1.0.2 over an in-toto Statement, in its one spelling.
    raw = (FOLDER / "manifest.dsse.json").read_bytes()
    envelope = json.loads(raw)
    need(json.dumps(envelope, sort_keys=True, separators=(",", ":")).encode() + b"\n" == raw,
         "the manifest is not in canonical form")
    need(set(envelope) == {"payload", "payloadType", "signatures"} and len(envelope["signatures"]) == 1
         and set(envelope["signatures"][0]) == {"keyid", "sig"}, "the manifest has another form")
    need(envelope["signatures"][0]["keyid"] == sys.argv[2], "the manifest names another key")
    payload, kind = b64(envelope["payload"]), envelope["payloadType"].encode()
    pae = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)
    signed(receipts[2], pae, b64(envelope["signatures"][0]["sig"]), "the manifest")
    statement = json.loads(payload)
    claim = statement["predicate"]
    need(statement["predicateType"] == "urn:bailey:attestation:evidence:v1", "the manifest is something else")
    # 2. Every file is as named, and there is no other.
    named = {each["name"]: each["digest"]["sha256"] for each in statement["subject"]}
    for name, digest in named.items():
        need((FOLDER / name).is_file(), f"{name} is missing")
        need(sha256((FOLDER / name).read_bytes()).hex() == digest, f"{name} was changed")
    there = {str(file.relative_to(FOLDER)) for file in FOLDER.rglob("*") if not file.is_dir()}
    need(there == set(named) | {"manifest.dsse.json"}, f"files too many: {sorted(there - set(named))}")
    # 3. The checkpoint, and that the manifest is about it.
    note = (FOLDER / "log/checkpoint").read_text()
    origin, size, root = checkpoint(note, ledger)
    need(receipts[0] in (origin, origin + "/receipts"), "the receipts' key is another log's")
    need((claim["log"], claim["size"], claim["root"]) == (origin, str(size), root.hex()),
         "the manifest is about another checkpoint")
    # 4. Every receipt: its entry, and the intent it names, are in the log.
    count, closings = 0, []
    for name in sorted(name for name in named if name.startswith("receipts/")):
        for line in (FOLDER / name).read_text().splitlines():
            receipt = json.loads(line)
            head, proven = receipt["proof"].split("\n\n", 1)
            head = head.split("\n")
            need(head[0] == "c2sp.org/tlog-proof@v1" and proven.rsplit("\n\n", 1)[0] == note.rsplit("\n\n", 1)[0],
                 f"{name}: proven against another checkpoint")
            entry, index = b64(receipt["leaf"]), int(head[1].split(" ")[1])
            leaf = json.loads(entry[1:])
            need(entry[0] == 1 and leaf["index"] == index, f"{name}: not the entry it says")
            need(root_of(index, size, sha256(b"\0" + entry), [b64(p) for p in head[2:]]) == root,
                 f"{name}: entry {index} is not in the log")
            intent = leaf["body"].get("intent")
            if intent:
                bound = b64(receipt["intent"]["leaf"])
                need(sha256(b"\0" + bound).hex() == intent["leaf_hash"], f"entry {index}: another intent")
                need(root_of(intent["index"], size, sha256(b"\0" + bound),
                             [b64(p) for p in receipt["intent"]["path"]]) == root, f"entry {index}: its intent is not in the log")
            if leaf["type"] in ("outcome", "refusal", "interrupted", "abandoned"):
                closings.append(sha256(entry).hex())
            count += 1
    need(str(count) == claim["receipts"], "the number of receipts is another")
    # 5. Every attestation is about one of those entries.
    attested = []
    for name in sorted(name for name in named if name.startswith("attestations/")):
        for line in (FOLDER / name).read_text().splitlines():
            each = json.loads(b64(json.loads(line)["payload"]))
            if each["predicateType"] == "urn:bailey:attestation:action:v1":
                attested.append(each["subject"][0]["digest"]["sha256"])
    need(attested == closings, "the attestations are not those of the entries")
    # 6. The whole log, when it is here: its entries give the root.
    if claim["whole"]:
        hashes = []
        for tile in range((size + 255) // 256):
            width = min(256, size - tile * 256)
            bundle = (FOLDER / f"log/tile/entries/{tile_name(tile)}{'' if width == 256 else f'.p/{width}'}").read_bytes()
            for _ in range(width):
                length = int.from_bytes(bundle[:2], "big")
                hashes.append(sha256(b"\0" + bundle[2:2 + length]))
                bundle = bundle[2 + length:]
            need(not bundle, "an entry bundle is too long")
        need(tree(hashes) == root, "the entries do not give the root of the checkpoint")
    print(f"good: {count} receipts, entries {claim['first']} to {claim['last']} of {size} in {origin}"
          + (", the whole log" if claim["whole"] else ""))


if __name__ == "__main__":
    try:
        main()
    except (OSError, ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise SystemExit(f"FAILED: not an evidence folder: {error!r}")
)py";

}  // namespace

std::string_view evidence_script() { return kScript; }

std::string evidence_readme(const std::string& origin, const merkle::EvidenceScope& scope) {
  std::string text = "# Evidence from the log " + origin + "\n\n";
  text += "Entries " + std::to_string(scope.first) + " to " + std::to_string(scope.last);
  if (!scope.session.empty()) text += ", only those of session " + scope.session;
  text += ": " + std::to_string(scope.receipts) + " receipts, " + std::to_string(scope.actions) +
          " attested actions.\n";
  text +=
      scope.log == merkle::EvidenceScope::Log::kWhole
          ? "The whole log is here.\n"
          : "The rest of the log is not here. Nothing shows what was left out of the selection.\n";
  text += R"md(
| file | what it is |
|---|---|
| `manifest.dsse.json` | names every other file with its SHA-256; signed (DSSE 1.0.2 over an in-toto Statement v1) |
| `SHA256SUMS` | the same digests for `sha256sum -c` |
| `log/checkpoint` | the log's size and root, signed (C2SP tlog-checkpoint) |
| `log/tile/` | the log itself (C2SP tlog-tiles), if the whole log is here |
| `receipts/` | one receipt a line: an entry, the intent it closes, and the proof that both are in the log |
| `attestations/` | one in-toto attestation a line (`.intoto.jsonl`), for every entry that closes an action |
| `keys/` | the public keys, as the log's owner has them |
| `check.py` | checks all this with Python and openssl |

## First: whose keys?

Anybody can make a folder like this one with keys of their own. Get the two public keys from the
log's owner by another way than this folder (`bailey key export ledger`, `bailey key export receipts`),
and put them where it says `LEDGER_VKEY` and `RECEIPTS_VKEY` below. Those in `keys/` are there to be compared.

## With bailey-verify

    bailey-verify evidence --key LEDGER_VKEY --key RECEIPTS_VKEY .

A single receipt, and the whole log if it is here:

    head -n 1 receipts/0000.jsonl | bailey-verify receipt --key LEDGER_VKEY --key RECEIPTS_VKEY -
    bailey-verify log --key LEDGER_VKEY log

## With Python and openssl only

    python3 check.py LEDGER_VKEY RECEIPTS_VKEY

It does what follows by hand, and the proofs of every entry besides.

## By hand

Every file is as the sums say:

    sha256sum --quiet -c SHA256SUMS

The manifest's signature. What is signed is `DSSEv1`, the length and text of the type, the length and
bytes of the payload, with single blanks between them:

    export T=$(mktemp -d)
    python3 -c 'import base64,json,os; T=os.environ["T"]+"/"; e=json.load(open("manifest.dsse.json")); p=base64.b64decode(e["payload"]); t=e["payloadType"].encode(); open(T+"pae","wb").write(b"DSSEv1 %d %s %d %s" % (len(t),t,len(p),p)); open(T+"sig","wb").write(base64.b64decode(e["signatures"][0]["sig"])); open(T+"statement.json","wb").write(p)'
    openssl pkeyutl -verify -pubin -inkey keys/receipts.pem -rawin -in $T/pae -sigfile $T/sig

`$T/statement.json` names every file with its digest, `SHA256SUMS` among them.
)md";
  return text;
}

}  // namespace bailey::ledger
