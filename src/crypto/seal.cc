#include "crypto/seal.h"

#include <sodium.h>

#include <algorithm>

#include "base/check.h"
#include "crypto/hash.h"
#include "crypto/secret_access.h"
#include "crypto/sodium.h"

namespace bailey::crypto {
namespace {

constexpr std::size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr std::string_view kKeyFileHead = "bailey-seal-key/v1 ";

}  // namespace

SealKey generate_seal_key(Entropy& entropy) {
  std::array<std::uint8_t, 32> bytes;
  entropy.fill(bytes);
  SealKey key(bytes);
  wipe(bytes);
  return key;
}

std::string write_seal_key(const SealKey& key) {
  const auto bytes = key.reveal(SecretAccess());
  std::array<char, 65> hex;
  sodium_bin2hex(hex.data(), hex.size(), bytes.data(), bytes.size());
  std::string text;
  text.reserve(kKeyFileHead.size() + 65);
  text.append(kKeyFileHead).append(hex.data(), 64).append("\n");
  sodium_memzero(hex.data(), hex.size());
  return text;
}

Result<SealKey> parse_seal_key(std::string_view text) {
  if (!text.starts_with(kKeyFileHead) || !text.ends_with('\n') ||
      text.size() != kKeyFileHead.size() + 65) {
    return fail("key.syntax", "not a sealing key of 64 hex digits");
  }
  const auto digits = text.substr(kKeyFileHead.size(), 64);
  if (digits.find_first_not_of("0123456789abcdef") != std::string_view::npos) {
    return fail("key.syntax", "not a sealing key of 64 hex digits");
  }
  std::array<std::uint8_t, 32> bytes;
  std::size_t length = 0;
  const bool decoded = sodium_hex2bin(bytes.data(), bytes.size(), digits.data(), digits.size(),
                                      nullptr, &length, nullptr) == 0;
  check(decoded && length == bytes.size(), "64 hex digits are 32 bytes");
  SealKey key(bytes);
  wipe(bytes);
  return key;
}

Bytes seal(const SealKey& key, std::string_view purpose, ByteView plain, Entropy& entropy) {
  ensure_sodium();
  Bytes out(kNonceBytes + plain.size() + kTagBytes);
  entropy.fill(std::span(out).first(kNonceBytes));
  const auto about = as_bytes(purpose);
  unsigned long long written = 0;
  crypto_aead_xchacha20poly1305_ietf_encrypt(out.data() + kNonceBytes, &written, plain.data(),
                                             plain.size(), about.data(), about.size(), nullptr,
                                             out.data(), key.reveal(SecretAccess()).data());
  check(written == plain.size() + kTagBytes, "a sealed text has the length of its plain text");
  return out;
}

Result<Bytes> open_sealed(const SealKey& key, std::string_view purpose, ByteView sealed) {
  ensure_sodium();
  const auto refusal = [] { return fail("seal.open", "these sealed bytes cannot be opened"); };
  if (sealed.size() < kNonceBytes + kTagBytes) return refusal();
  Bytes plain(sealed.size() - kNonceBytes - kTagBytes);
  const auto about = as_bytes(purpose);
  const auto body = sealed.subspan(kNonceBytes);
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(
          plain.data(), nullptr, nullptr, body.data(), body.size(), about.data(), about.size(),
          sealed.data(), key.reveal(SecretAccess()).data()) != 0) {
    return refusal();
  }
  return plain;
}

Digest keyed_digest(const SealKey& key, ByteView message) noexcept {
  return hmac_sha256(key.reveal(SecretAccess()), message);
}

SealKey derive_key(const SealKey& master, std::string_view purpose) {
  Digest bytes = keyed_digest(master, as_bytes(purpose));
  SealKey key(bytes);
  wipe(bytes);
  return key;
}

}  // namespace bailey::crypto
