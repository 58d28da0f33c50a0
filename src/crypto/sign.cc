#include "crypto/sign.h"

#include <sodium.h>

#include <algorithm>

#include "base/check.h"
#include "crypto/secret_access.h"
#include "crypto/sodium.h"

namespace bailey::crypto {
namespace {

constexpr std::string_view kPrivateHead = "-----BEGIN PRIVATE KEY-----\n";
constexpr std::string_view kPrivateFoot = "-----END PRIVATE KEY-----\n";
// RFC 8410 section 7: PrivateKeyInfo v1, id-Ed25519, OCTET STRING of an OCTET STRING.
constexpr std::array<std::uint8_t, 16> kPrivatePrefix = {
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20};
constexpr std::array<std::uint8_t, 12> kPublicPrefix = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                                        0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};
constexpr std::size_t kPrivateBase64 = 64;  // of 48 bytes

std::string base64(ByteView bytes) {
  std::string out(sodium_base64_encoded_len(bytes.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(out.data(), out.size(), bytes.data(), bytes.size(),
                    sodium_base64_VARIANT_ORIGINAL);
  out.pop_back();  // the terminating NUL
  return out;
}

}  // namespace

Bytes with_context(std::string_view context, ByteView message) {
  check(context.find('\0') == std::string_view::npos && !context.empty(),
        "a signature context is non-empty and holds no NUL");
  Bytes whole;
  whole.reserve(context.size() + 1 + message.size());
  const auto head = as_bytes(context);
  whole.insert(whole.end(), head.begin(), head.end());
  whole.push_back(0);
  whole.insert(whole.end(), message.begin(), message.end());
  return whole;
}

Result<PublicKey> PublicKey::create(ByteView bytes) {
  if (bytes.size() != 32) return fail("key.length", "an Ed25519 public key has 32 bytes");
  ensure_sodium();
  if (crypto_core_ed25519_is_valid_point(bytes.data()) != 1) {
    return fail("key.invalid", "these bytes are no safe Ed25519 public key");
  }
  PublicKey key;
  std::copy(bytes.begin(), bytes.end(), key.bytes_.begin());
  return key;
}

bool PublicKey::verify_raw(ByteView message, const Signature& signature) const noexcept {
  return crypto_sign_verify_detached(signature.data(), message.data(), message.size(),
                                     bytes_.data()) == 0;
}

bool PublicKey::verify(std::string_view context, ByteView message,
                       const Signature& signature) const noexcept {
  return verify_raw(with_context(context, message), signature);
}

SigningKey SigningKey::generate(Entropy& entropy) {
  ensure_sodium();
  std::array<std::uint8_t, 32> seed;
  entropy.fill(seed);
  std::array<std::uint8_t, 64> expanded;
  PublicKey key;
  crypto_sign_seed_keypair(key.bytes_.data(), expanded.data(), seed.data());
  Secret<32> secret(seed);
  wipe(expanded);
  wipe(seed);
  return {std::move(secret), key};
}

Result<SigningKey> SigningKey::from_pem(std::string_view pem) {
  ensure_sodium();
  const std::string_view hint =
      "make one with `bailey key generate` or `openssl genpkey "
      "-algorithm ed25519`";
  if (!pem.starts_with(kPrivateHead)) {
    return fail("key.syntax", "not a PKCS#8 private key in PEM form", std::string(hint));
  }
  auto body = pem.substr(kPrivateHead.size());
  const auto line_end = body.find('\n');
  if (line_end == std::string_view::npos) return fail("key.syntax", "the private key is cut short");
  const auto line = body.substr(0, line_end);
  const auto foot = body.substr(line_end + 1);
  if (foot != kPrivateFoot && foot != kPrivateFoot.substr(0, kPrivateFoot.size() - 1)) {
    return fail(line.size() == kPrivateBase64 ? "key.syntax" : "key.length",
                "not one Ed25519 private key", std::string(hint));
  }
  if (line.size() != kPrivateBase64) {
    return fail("key.length", "not the length of an Ed25519 private key", std::string(hint));
  }
  std::array<std::uint8_t, 48> der;
  std::size_t length = 0;
  const char* end = nullptr;
  const bool decoded = sodium_base642bin(der.data(), der.size(), line.data(), line.size(), nullptr,
                                         &length, &end, sodium_base64_VARIANT_ORIGINAL) == 0 &&
                       length == der.size() && end == line.data() + line.size();
  if (!decoded || !std::equal(kPrivatePrefix.begin(), kPrivatePrefix.end(), der.begin())) {
    wipe(der);
    return fail("key.syntax", "not an Ed25519 private key", std::string(hint));
  }
  const auto seed = std::span<std::uint8_t>(der).subspan<16, 32>();
  std::array<std::uint8_t, 64> expanded;
  PublicKey key;
  crypto_sign_seed_keypair(key.bytes_.data(), expanded.data(), seed.data());
  Secret<32> secret{std::span<const std::uint8_t, 32>(seed)};
  wipe(expanded);
  wipe(der);
  return SigningKey(std::move(secret), key);
}

std::string SigningKey::to_pem() const {
  std::array<std::uint8_t, 48> der;
  std::copy(kPrivatePrefix.begin(), kPrivatePrefix.end(), der.begin());
  const auto seed = seed_.reveal(SecretAccess());
  std::copy(seed.begin(), seed.end(), der.begin() + kPrivatePrefix.size());
  std::string pem;
  pem.reserve(kPrivateHead.size() + kPrivateBase64 + 1 + kPrivateFoot.size());
  pem += kPrivateHead;
  std::string text = base64(der);
  pem += text;
  pem += '\n';
  pem += kPrivateFoot;
  sodium_memzero(text.data(), text.size());
  wipe(der);
  return pem;
}

Signature SigningKey::sign_raw(ByteView message) const noexcept {
  std::array<std::uint8_t, 64> expanded;  // libsodium's form: seed, then public key
  const auto seed = seed_.reveal(SecretAccess());
  std::copy(seed.begin(), seed.end(), expanded.begin());
  std::copy(public_.bytes_.begin(), public_.bytes_.end(), expanded.begin() + 32);
  Signature signature;
  crypto_sign_detached(signature.data(), nullptr, message.data(), message.size(), expanded.data());
  wipe(expanded);
  return signature;
}

Signature SigningKey::sign(std::string_view context, ByteView message) const noexcept {
  return sign_raw(with_context(context, message));
}

std::string to_spki_pem(const PublicKey& key) {
  Bytes der(kPublicPrefix.begin(), kPublicPrefix.end());
  der.insert(der.end(), key.bytes().begin(), key.bytes().end());
  return "-----BEGIN PUBLIC KEY-----\n" + base64(der) + "\n-----END PUBLIC KEY-----\n";
}

}  // namespace bailey::crypto
