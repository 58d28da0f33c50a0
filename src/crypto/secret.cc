#include "crypto/secret.h"

#include <sodium.h>

#include "base/check.h"
#include "crypto/sodium.h"

namespace bailey::crypto {

void ensure_sodium() noexcept { check(sodium_init() >= 0, "libsodium did not start"); }

void wipe(std::span<std::uint8_t> bytes) noexcept { sodium_memzero(bytes.data(), bytes.size()); }

}  // namespace bailey::crypto
