// A sealing key out of a passphrase: Argon2id, version 1.3 (RFC 9106), one lane.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "crypto/seal.h"

namespace bailey::crypto {

using PassphraseSalt = std::array<std::uint8_t, 16>;

// What one guess costs. Read from files of others too, so both ends are bounded.
struct PassphraseCost {
  std::uint32_t kib = 65'536;  // of memory: 8 MiB to 1 GiB
  std::uint32_t passes = 3;    // 1 to 16
  bool operator==(const PassphraseCost&) const = default;
};

// Errors: key.passphrase (empty), key.limit (a cost out of bounds, or no memory for it).
[[nodiscard]] Result<SealKey> key_from_passphrase(std::string_view passphrase,
                                                  const PassphraseSalt& salt,
                                                  const PassphraseCost& cost);

}  // namespace bailey::crypto
