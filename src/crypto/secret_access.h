// SecretAccess: the token that opens a Secret. Only the classes and functions named
// here can make one; to give another the right is a change to this list.
#pragma once

#include <string>

#include "base/bytes.h"
#include "crypto/seal.h"
#include "crypto/secret.h"

namespace bailey::crypto {

class SigningKey;

class SecretAccess {
  friend class SigningKey;
  friend Bytes seal(const SealKey&, std::string_view, ByteView, Entropy&);
  friend Result<Bytes> open_sealed(const SealKey&, std::string_view, ByteView);
  friend Digest keyed_digest(const SealKey&, ByteView) noexcept;
  friend std::string write_seal_key(const SealKey&);
  constexpr SecretAccess() noexcept {}
};

}  // namespace bailey::crypto
