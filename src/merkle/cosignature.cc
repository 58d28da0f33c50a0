#include "merkle/cosignature.h"

#include <algorithm>

#include "base/check.h"
#include "codec/text.h"

namespace bailey::merkle {
namespace {

constexpr std::size_t kTimeBytes = 8;
constexpr std::size_t kBlobBytes = kTimeBytes + std::tuple_size_v<crypto::Signature>;

std::string signed_text(std::uint64_t time, std::string_view note_text) {
  return "cosignature/v1\ntime " + std::to_string(time) + "\n" + std::string(note_text);
}

}  // namespace

Result<CosignatureVerifier> CosignatureVerifier::create(std::string name, crypto::PublicKey key) {
  if (!is_key_name(name)) {
    return fail("note.name", "a key name is not empty and has no space, '+' or control character");
  }
  const auto key_id = note_key_id(name, KeyType::kEd25519Cosignature, key);
  return CosignatureVerifier(Vkey{std::move(name), key_id, key});
}

Result<CosignatureVerifier> CosignatureVerifier::parse(std::string_view vkey) {
  return CosignatureVerifier(BAILEY_TRY(parse_vkey(vkey, KeyType::kEd25519Cosignature)));
}

std::string CosignatureVerifier::vkey() const {
  return write_vkey(vkey_, KeyType::kEd25519Cosignature);
}

Result<std::optional<std::uint64_t>> cosigned_at(const Note& note,
                                                 const CosignatureVerifier& witness) {
  std::optional<std::uint64_t> newest;
  for (const auto& line : note.signatures) {
    if (line.name != witness.name() || line.key_id != witness.key_id()) continue;
    const auto bad = [&](const char* why) {
      return fail("cosignature.signature",
                  "the cosignature of '" + codec::for_terminal(line.name, 200) + "' " + why);
    };
    if (line.signature.size() != kBlobBytes) return bad("has not 72 bytes");
    std::uint64_t time = 0;
    for (std::size_t i = 0; i < kTimeBytes; ++i) time = (time << 8U) | line.signature[i];
    if (time > INT64_MAX) return bad("has a time beyond 2^63 - 1");
    crypto::Signature signature{};
    std::copy(line.signature.begin() + kTimeBytes, line.signature.end(), signature.begin());
    if (!witness.key().verify_raw(as_bytes(signed_text(time, note.text)), signature)) {
      return bad("is wrong");
    }
    newest = std::max(newest.value_or(0), time);
  }
  return newest;
}

std::string cosign(std::string_view note_text, const std::string& name, std::uint64_t time,
                   const crypto::SigningKey& key) {
  check(time <= INT64_MAX, "a cosignature's time is below 2^63");
  check(is_key_name(name), "cosign with a name that no key can have");
  check(note_text.ends_with('\n'), "a note's text ends in a newline");
  const auto signature = key.sign_raw(as_bytes(signed_text(time, note_text)));
  Bytes blob;
  blob.reserve(kBlobBytes);
  for (std::size_t i = kTimeBytes; i-- > 0;) {
    blob.push_back(static_cast<std::uint8_t>(time >> (8U * i)));
  }
  blob.insert(blob.end(), signature.begin(), signature.end());
  return signature_line(name, note_key_id(name, KeyType::kEd25519Cosignature, key.public_key()),
                        blob);
}

}  // namespace bailey::merkle
