// digest: SHA-256 over what passes through, by OpenSSL's low-level functions.
//
// Only the three objects of libcrypto that hold the block function are linked, and
// its start-up never runs: the processor's features are asked for when the first
// byte is hashed, because that costs more than a whole stream of a silent program.
#pragma once

#include <cstddef>
#include <cstdint>

#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

namespace bailey::platform::warden {

class Digest {
 public:
  Digest() noexcept { SHA256_Init(&state_); }
  void add(const void* bytes, std::size_t size) noexcept;
  void finish(std::uint8_t (&out)[32]) noexcept;

 private:
  SHA256_CTX state_;
};

}  // namespace bailey::platform::warden
