// Ed25519 (RFC 8032) keys, signatures with domain separation, and their files.
//
// A signature of ours is over "bailey/<thing>/v1" 0x00 message: the context is an
// argument and cannot be forgotten. Foreign formats fix the bytes themselves (the
// signed note): they use sign_raw. Verification refuses small-order and
// non-canonical keys. Thread rule: const calls from any thread.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/entropy.h"
#include "base/result.h"
#include "crypto/secret.h"

namespace bailey::crypto {

using Signature = std::array<std::uint8_t, 64>;

// context || 0x00 || message: what sign() and verify() are over. The context is not empty and
// holds no NUL.
[[nodiscard]] Bytes with_context(std::string_view context, ByteView message);

class PublicKey {
 public:
  // Errors: key.length, key.invalid (not a canonical point, or of small order).
  [[nodiscard]] static Result<PublicKey> create(ByteView bytes);
  [[nodiscard]] const std::array<std::uint8_t, 32>& bytes() const noexcept { return bytes_; }
  [[nodiscard]] bool verify(std::string_view context, ByteView message,
                            const Signature& signature) const noexcept;
  [[nodiscard]] bool verify_raw(ByteView message, const Signature& signature) const noexcept;
  bool operator==(const PublicKey&) const = default;

 private:
  friend class SigningKey;
  PublicKey() noexcept = default;
  std::array<std::uint8_t, 32> bytes_{};
};

class SigningKey {
 public:
  [[nodiscard]] static SigningKey generate(Entropy& entropy);
  // PKCS#8 PEM as OpenSSL writes it (RFC 8410, no attributes). Errors: key.syntax,
  // key.length. `openssl pkey -in FILE` reads what to_pem writes.
  [[nodiscard]] static Result<SigningKey> from_pem(std::string_view pem);
  [[nodiscard]] std::string to_pem() const;

  [[nodiscard]] const PublicKey& public_key() const noexcept { return public_; }
  [[nodiscard]] Signature sign(std::string_view context, ByteView message) const noexcept;
  [[nodiscard]] Signature sign_raw(ByteView message) const noexcept;

 private:
  SigningKey(Secret<32> seed, PublicKey key) noexcept : seed_(std::move(seed)), public_(key) {}
  Secret<32> seed_;
  PublicKey public_;
};

// SubjectPublicKeyInfo PEM (RFC 8410), for `bailey key export` and OpenSSL.
[[nodiscard]] std::string to_spki_pem(const PublicKey& key);

}  // namespace bailey::crypto
