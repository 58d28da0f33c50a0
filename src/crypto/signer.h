// Signer: something that signs with one Ed25519 key, wherever the key is.
//
// KeySigner holds it in this process; a token's signer asks the device and can fail or
// take its time. Callers hold a Signer and never learn which. Thread rule: any thread,
// one signature at a time is the implementation's business. Errors: of the holder
// (token.*); a KeySigner never fails.
#pragma once

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

}  // namespace bailey::crypto
