#include "merkle/dsse.h"

#include <algorithm>

#include "base/check.h"
#include "codec/fields.h"
#include "codec/text.h"

namespace bailey::merkle {
namespace {

using codec::Json;

void append(Bytes& out, std::string_view text) { out.insert(out.end(), text.begin(), text.end()); }

// Strings of the envelope; members that nobody knows are left alone on purpose.
Result<std::string> text_member(const Json& value, std::string_view name) {
  const Json* member = value.find(name);
  if (member == nullptr || !member->is_string()) {
    return fail("dsse.syntax", "envelope: '" + std::string(name) + "' must be a string");
  }
  return member->as_string();
}

Result<Bytes> bytes_member(const Json& value, std::string_view name) {
  const std::string text = BAILEY_TRY(text_member(value, name));
  auto bytes = codec::from_any_base64(text);
  if (!bytes) return fail("dsse.syntax", "envelope: '" + std::string(name) + "' is not base64");
  return bytes;
}

bool signed_by(const Envelope& envelope, const Bytes& message, const NoteVerifier& key) {
  return std::any_of(envelope.signatures.begin(), envelope.signatures.end(),
                     [&](const EnvelopeSignature& each) {
                       crypto::Signature signature{};
                       if (each.signature.size() != signature.size()) return false;
                       std::copy(each.signature.begin(), each.signature.end(), signature.begin());
                       return key.key().verify_raw(message, signature);
                     });
}

}  // namespace

Bytes pre_authentication(std::string_view payload_type, ByteView payload) {
  Bytes out;
  out.reserve(payload.size() + payload_type.size() + 48);
  append(out, "DSSEv1 " + std::to_string(payload_type.size()) + " ");
  append(out, payload_type);
  append(out, " " + std::to_string(payload.size()) + " ");
  out.insert(out.end(), payload.begin(), payload.end());
  return out;
}

std::string write_envelope(const Envelope& envelope) {
  Json value{Json::Object{}};
  value.set("payload", codec::to_base64(envelope.payload));
  value.set("payloadType", envelope.payload_type);
  Json::Array signatures;
  for (const auto& each : envelope.signatures) {
    Json signature{Json::Object{}};
    if (!each.keyid.empty()) signature.set("keyid", each.keyid);
    signature.set("sig", codec::to_base64(each.signature));
    signatures.push_back(std::move(signature));
  }
  value.set("signatures", std::move(signatures));
  return codec::canonical_json(value);
}

std::string write_envelope(std::string_view payload_type, ByteView payload,
                           const NoteVerifier& name, const crypto::SigningKey& key) {
  return *write_envelope(payload_type, payload, name, crypto::BorrowedKeySigner(key));
}

Result<std::string> write_envelope(std::string_view payload_type, ByteView payload,
                                   const NoteVerifier& name, const crypto::Signer& signer) {
  check(name.key() == signer.public_key(), "an envelope's key under another key's name");
  const auto signature = BAILEY_TRY(signer.sign_raw(pre_authentication(payload_type, payload)));
  Envelope envelope{std::string(payload_type), Bytes(payload.begin(), payload.end()), {}};
  envelope.signatures.push_back({name.vkey(), Bytes(signature.begin(), signature.end())});
  return write_envelope(envelope);
}

Result<Envelope> parse_envelope(std::string_view text) {
  codec::JsonLimits limits;
  limits.max_bytes = kMaxEnvelopeBytes;
  limits.max_depth = 16;
  limits.max_values = 10'000;
  const auto value = codec::parse_json(text, limits);
  if (!value) return fail("dsse.syntax", "envelope: " + value.error().message);
  if (!value->is_object()) return fail("dsse.syntax", "envelope: must be an object");
  Envelope envelope;
  envelope.payload_type = BAILEY_TRY(text_member(*value, "payloadType"));
  if (envelope.payload_type.empty()) return fail("dsse.syntax", "envelope: the type is empty");
  envelope.payload = BAILEY_TRY(bytes_member(*value, "payload"));
  const Json* signatures = value->find("signatures");
  if (signatures == nullptr || !signatures->is_array() || signatures->as_array().empty()) {
    return fail("dsse.syntax", "envelope: 'signatures' must be a list with at least one");
  }
  if (signatures->as_array().size() > kMaxEnvelopeSignatures) {
    return fail("dsse.syntax", "envelope: more than 64 signatures");
  }
  for (const auto& each : signatures->as_array()) {
    if (!each.is_object()) return fail("dsse.syntax", "envelope: a signature must be an object");
    EnvelopeSignature signature;
    if (each.find("keyid") != nullptr) signature.keyid = BAILEY_TRY(text_member(each, "keyid"));
    signature.signature = BAILEY_TRY(bytes_member(each, "sig"));
    envelope.signatures.push_back(std::move(signature));
  }
  return envelope;
}

Result<std::vector<NoteVerifier>> verify_envelope(const Envelope& envelope,
                                                  const std::vector<NoteVerifier>& keys,
                                                  std::size_t threshold) {
  if (threshold == 0) return fail("dsse.threshold", "a threshold of no keys proves nothing");
  const Bytes message = pre_authentication(envelope.payload_type, envelope.payload);
  std::vector<NoteVerifier> signers;
  for (const auto& key : keys) {
    // One key under two names is still one.
    const bool counted = std::any_of(signers.begin(), signers.end(),
                                     [&](const auto& signer) { return signer.key() == key.key(); });
    if (!counted && signed_by(envelope, message, key)) signers.push_back(key);
  }
  if (signers.size() < threshold) {
    return fail("dsse.signature",
                "the envelope is signed by " + std::to_string(signers.size()) +
                    " of the keys given, not by " + std::to_string(threshold),
                "give the key that the signer published");
  }
  return signers;
}

}  // namespace bailey::merkle
