#include "merkle/receipt.h"

#include <algorithm>

#include "base/check.h"
#include "codec/fields.h"
#include "codec/text.h"

namespace bailey::merkle {
namespace {

constexpr std::size_t kMaxReceiptBytes = 4U << 20;
constexpr std::size_t kMaxPath = 63;

// What the receipt's signature is over: the leaf, and the checkpoint's text without
// its signature lines, so that witnesses can be added later.
Bytes signed_message(const Hash& leaf, std::string_view note_text) {
  Bytes message(leaf.begin(), leaf.end());
  const auto text = as_bytes(note_text);
  message.insert(message.end(), text.begin(), text.end());
  return message;
}

// Of a note that was parsed before: up to the empty line before its signatures.
std::string_view note_text(std::string_view note) { return note.substr(0, note.rfind("\n\n") + 1); }

std::unexpected<Error> renamed(std::string_view code, std::string_view what, Error error) {
  return fail(code, std::string(what) + ": " + error.message, std::move(error.hint));
}

Result<Bytes> bytes_member(codec::ObjectReader& reader, std::string_view name) {
  const std::string text = BAILEY_TRY(reader.required_string(name));
  auto bytes = codec::from_base64(text);
  if (!bytes) {
    return std::unexpected(reader.error("receipt.syntax", name, bytes.error().message));
  }
  return bytes;
}

Result<IntentProof> read_intent(codec::ObjectReader reader) {
  IntentProof intent;
  intent.leaf = BAILEY_TRY(bytes_member(reader, "leaf"));
  const std::vector<std::string> path = BAILEY_TRY(reader.strings("path"));
  if (path.size() > kMaxPath) {
    return std::unexpected(reader.error("receipt.syntax", "path", "has more than 63 hashes"));
  }
  for (const auto& line : path) {
    const auto bytes = codec::from_base64(line);
    if (!bytes || bytes->size() != 32) {
      return std::unexpected(
          reader.error("receipt.syntax", "path", "an item is not the base64 of 32 bytes"));
    }
    Hash hash{};
    std::copy(bytes->begin(), bytes->end(), hash.begin());
    intent.path.push_back(hash);
  }
  BAILEY_TRY(reader.finish());
  return intent;
}

Result<SignedReceipt> read_receipt(const codec::Json& value) {
  auto reader = BAILEY_TRY(codec::ObjectReader::create(value, "receipt"));
  BAILEY_TRY(reader.required_int("v", 1, 1));
  const std::string type = BAILEY_TRY(reader.required_string("type"));
  if (type != "bailey-receipt") {
    return std::unexpected(reader.error("receipt.syntax", "type", "must be 'bailey-receipt'"));
  }
  SignedReceipt receipt;
  receipt.parts.leaf = BAILEY_TRY(bytes_member(reader, "leaf"));
  const std::string proof = BAILEY_TRY(reader.required_string("proof"));
  auto parsed = parse_tlog_proof(proof);
  if (!parsed) {
    return std::unexpected(reader.error("receipt.syntax", "proof", parsed.error().message));
  }
  if (parsed->extra) {
    return std::unexpected(reader.error("receipt.syntax", "proof", "has extra data"));
  }
  receipt.parts.proof = *std::move(parsed);
  auto intent = BAILEY_TRY(reader.optional_object("intent"));
  if (intent) receipt.parts.intent = BAILEY_TRY(read_intent(*std::move(intent)));
  receipt.vkey = BAILEY_TRY(reader.required_string("key"));
  const Bytes signature = BAILEY_TRY(bytes_member(reader, "signature"));
  if (signature.size() != receipt.signature.size()) {
    return std::unexpected(reader.error("receipt.syntax", "signature", "must have 64 bytes"));
  }
  std::copy(signature.begin(), signature.end(), receipt.signature.begin());
  BAILEY_TRY(reader.finish());
  return receipt;
}

Result<LeafGlance> verify_intent(const IntentProof& proof, const IntentRef& named,
                                 const Checkpoint& checkpoint) {
  auto leaf = look_at_leaf(proof.leaf);
  if (!leaf) return renamed("receipt.intent", "the intent", leaf.error());
  if (leaf->type != LeafType::kIntent) {
    return fail("receipt.intent",
                "the intent: the leaf is of type '" + std::string(name(leaf->type)) + "'");
  }
  if (leaf->index != named.index) {
    return fail("receipt.intent", "the intent: its leaf says index " + std::to_string(leaf->index) +
                                      ", the outcome names " + std::to_string(named.index));
  }
  const Hash hash = leaf_hash(proof.leaf);
  if (hash != named.leaf_hash) {
    return fail("receipt.intent", "the intent: it is not the leaf that the outcome names");
  }
  if (auto proven =
          verify_inclusion(named.index, checkpoint.size, hash, proof.path, checkpoint.root);
      !proven) {
    return renamed("receipt.intent", "the intent", proven.error());
  }
  return leaf;
}

}  // namespace

std::string write_receipt(const ReceiptParts& parts, const std::string& key_name,
                          const crypto::SigningKey& key) {
  const auto note = parse_note(parts.proof.checkpoint);
  check(note.has_value(), "write_receipt with a checkpoint that is no signed note");
  const auto verifier = NoteVerifier::create(key_name, key.public_key());
  check(verifier.has_value(), "write_receipt with a name that no key can have");
  const auto signature =
      key.sign(kReceiptContext, signed_message(leaf_hash(parts.leaf), note->text));
  // Members in the order that RFC 8785 asks for; base64 needs no escapes, the rest is given
  // to the writer.
  const auto quoted = [](const auto& bytes) { return "\"" + codec::to_base64(bytes) + "\""; };
  std::string text = "{";
  if (parts.intent) {
    text += "\"intent\":{\"leaf\":" + quoted(parts.intent->leaf) + ",\"path\":[";
    std::string_view comma;
    for (const auto& hash : parts.intent->path) {
      text.append(comma).append(quoted(hash));
      comma = ",";
    }
    text += "]},";
  }
  text += "\"key\":" + codec::canonical_json(codec::Json(verifier->vkey()));
  text += ",\"leaf\":" + quoted(parts.leaf);
  text += ",\"proof\":" + codec::canonical_json(codec::Json(write_tlog_proof(parts.proof)));
  text += ",\"signature\":" + quoted(signature);
  text += ",\"type\":\"bailey-receipt\",\"v\":1}\n";
  return text;
}

Result<SignedReceipt> parse_receipt(std::string_view text) {
  if (!text.ends_with('\n')) {
    return fail("receipt.syntax", "receipt: the text does not end in a newline");
  }
  text.remove_suffix(1);
  codec::JsonLimits limits;
  limits.max_bytes = kMaxReceiptBytes;
  limits.max_depth = 4;
  limits.max_values = 200;
  const auto value = codec::parse_json(text, limits);
  if (!value) return renamed("receipt.syntax", "receipt", value.error());
  if (codec::canonical_json(*value) != text) {
    return fail("receipt.syntax", "receipt: the JSON is not in canonical form (RFC 8785)");
  }
  auto receipt = read_receipt(*value);
  if (!receipt) {
    return fail("receipt.syntax", receipt.error().message, receipt.error().hint);
  }
  return receipt;
}

Result<Checkpoint> verify_checkpoint(std::string_view text,
                                     const std::vector<NoteVerifier>& trusted) {
  const Note note = BAILEY_TRY(parse_note(text));
  const Checkpoint checkpoint = BAILEY_TRY(parse_checkpoint_text(note.text));
  // Only the log's own key vouches for its tree; it bears the origin as its name.
  std::vector<NoteVerifier> own;
  std::copy_if(trusted.begin(), trusted.end(), std::back_inserter(own),
               [&](const auto& key) { return key.name() == checkpoint.origin; });
  if (own.empty()) {
    return fail("note.signature",
                "none of the keys given belongs to the log '" +
                    codec::for_terminal(checkpoint.origin, 200) + "'",
                "give the public key of the log that wrote it");
  }
  BAILEY_TRY(verify_note(note, own));
  return checkpoint;
}

Result<VerifiedReceipt> verify_receipt(const SignedReceipt& receipt,
                                       const std::vector<NoteVerifier>& trusted) {
  return verify_receipt_under(receipt, verify_checkpoint(receipt.parts.proof.checkpoint, trusted),
                              trusted);
}

Result<VerifiedReceipt> verify_receipt_under(const SignedReceipt& receipt,
                                             const Result<Checkpoint>& checkpoint,
                                             const std::vector<NoteVerifier>& trusted) {
  VerifiedReceipt out;
  const auto& parts = receipt.parts;
  if (!checkpoint) return renamed("receipt.checkpoint", "the checkpoint", checkpoint.error());
  out.checkpoint = *checkpoint;

  const auto& origin = out.checkpoint.origin;
  const auto signer = std::find_if(trusted.begin(), trusted.end(),
                                   [&](const auto& key) { return key.vkey() == receipt.vkey; });
  if (signer == trusted.end() ||
      (signer->name() != origin && signer->name() != origin + std::string(kReceiptKeySuffix))) {
    return fail("receipt.key",
                "the receipt is signed by '" + codec::for_terminal(receipt.vkey, 200) +
                    "', which is not a key given for this log",
                "give the key that the log's owner published for receipts");
  }
  out.leaf_hash = leaf_hash(parts.leaf);
  if (!signer->key().verify(kReceiptContext,
                            signed_message(out.leaf_hash, note_text(parts.proof.checkpoint)),
                            receipt.signature)) {
    return fail("receipt.signature", "the signature of the receipt is wrong");
  }

  auto leaf = look_at_leaf(parts.leaf);
  if (!leaf) return renamed("receipt.leaf", "the leaf", leaf.error());
  out.leaf = *leaf;
  if (out.leaf.index != parts.proof.index) {
    return fail("receipt.leaf", "the leaf says index " + std::to_string(out.leaf.index) +
                                    ", its proof " + std::to_string(parts.proof.index));
  }
  if (auto proven = verify_inclusion(parts.proof.index, out.checkpoint.size, out.leaf_hash,
                                     parts.proof.path, out.checkpoint.root);
      !proven) {
    return renamed("receipt.inclusion", "the leaf", proven.error());
  }

  const auto& named = out.leaf.intent;
  if (named.has_value() != parts.intent.has_value()) {
    return fail("receipt.intent", named
                                      ? "the leaf names an intent that the receipt does not hold"
                                      : "the receipt holds an intent that the leaf does not name");
  }
  if (named) out.intent = BAILEY_TRY(verify_intent(*parts.intent, *named, out.checkpoint));
  return out;
}

}  // namespace bailey::merkle
