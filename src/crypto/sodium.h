// Internal to crypto: makes libsodium ready. Idempotent, any thread, 60 us once.
#pragma once

namespace bailey::crypto {

void ensure_sodium() noexcept;

}  // namespace bailey::crypto
