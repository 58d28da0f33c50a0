// Signer: something that signs with one Ed25519 key, wherever the key is.
//
// KeySigner holds it in this process; a token's signer asks the device and can fail or
// take its time. AnySigner is a handle to either, cheap to copy; who holds one never
// learns which it is. Thread rule: any thread. Errors: of the holder (token.*); a
// KeySigner never fails.
#pragma once

#include <memory>

#include "base/result.h"
#include "crypto/sign.h"

namespace bailey::crypto {

class Signer {
 public:
  virtual ~Signer() = default;
  [[nodiscard]] virtual const PublicKey& public_key() const noexcept = 0;
  // Over exactly these bytes, where a public format says so.
  [[nodiscard]] virtual Result<Signature> sign_raw(ByteView message) const = 0;
  // Over context || 0x00 || message.
  [[nodiscard]] Result<Signature> sign(std::string_view context, ByteView message) const {
    return sign_raw(with_context(context, message));
  }
};

class KeySigner final : public Signer {
 public:
  explicit KeySigner(SigningKey key) : key_(std::move(key)) {}
  [[nodiscard]] const PublicKey& public_key() const noexcept override { return key_.public_key(); }
  [[nodiscard]] Result<Signature> sign_raw(ByteView message) const override {
    return key_.sign_raw(message);
  }

 private:
  SigningKey key_;
};

// Of a key that somebody else keeps alive.
class BorrowedKeySigner final : public Signer {
 public:
  explicit BorrowedKeySigner(const SigningKey& key) : key_(key) {}
  [[nodiscard]] const PublicKey& public_key() const noexcept override { return key_.public_key(); }
  [[nodiscard]] Result<Signature> sign_raw(ByteView message) const override {
    return key_.sign_raw(message);
  }

 private:
  const SigningKey& key_;
};

class AnySigner {
 public:
  // Implicit on purpose: a key is a signer.
  // NOLINTBEGIN(google-explicit-constructor)
  AnySigner(SigningKey key) : signer_(std::make_shared<const KeySigner>(std::move(key))) {}
  AnySigner(std::shared_ptr<const Signer> signer) : signer_(std::move(signer)) {}
  // NOLINTEND(google-explicit-constructor)
  [[nodiscard]] const PublicKey& public_key() const noexcept { return signer_->public_key(); }
  [[nodiscard]] const Signer& get() const noexcept { return *signer_; }

 private:
  std::shared_ptr<const Signer> signer_;  // immutable
};

}  // namespace bailey::crypto
