// SHA-256 (FIPS 180-4) and HMAC-SHA256 (RFC 2104). Any thread; no state is shared.
#pragma once

#include "base/bytes.h"

namespace bailey::crypto {

[[nodiscard]] Digest sha256(ByteView bytes) noexcept;

// Streams; finish() once, then the object is spent.
class Sha256 {
 public:
  Sha256() noexcept;
  Sha256& update(ByteView bytes) noexcept;
  [[nodiscard]] Digest finish() noexcept;

 private:
  alignas(8) std::array<std::uint8_t, 128> state_;  // room for SHA256_CTX, checked where used
};

[[nodiscard]] Digest hmac_sha256(ByteView key, ByteView message) noexcept;

// True when equal; takes the same time whatever differs.
[[nodiscard]] bool equal_constant_time(ByteView a, ByteView b) noexcept;

}  // namespace bailey::crypto
