// SHA-256 is OpenSSL's low-level function (it uses the processor's SHA
// instructions): the EVP interface would load providers, a millisecond a process.
#define OPENSSL_API_COMPAT 0x10100000L
#include "crypto/hash.h"

#include <openssl/sha.h>
#include <sodium.h>

#include <cstring>
#include <new>

#include "base/check.h"

namespace bailey::crypto {
namespace {

SHA256_CTX* context(std::array<std::uint8_t, 128>& state) noexcept {
  static_assert(sizeof(SHA256_CTX) <= 128 && alignof(SHA256_CTX) <= 8);
  return std::launder(reinterpret_cast<SHA256_CTX*>(state.data()));
}

}  // namespace

Digest sha256(ByteView bytes) noexcept {
  SHA256_CTX state;
  Digest out;
  SHA256_Init(&state);
  SHA256_Update(&state, bytes.data(), bytes.size());
  SHA256_Final(out.data(), &state);
  return out;
}

Sha256::Sha256() noexcept {
  ::new (static_cast<void*>(state_.data())) SHA256_CTX;
  SHA256_Init(context(state_));
}

Sha256& Sha256::update(ByteView bytes) noexcept {
  SHA256_Update(context(state_), bytes.data(), bytes.size());
  return *this;
}

Digest Sha256::finish() noexcept {
  Digest out;
  SHA256_Final(out.data(), context(state_));
  return out;
}

Digest hmac_sha256(ByteView key, ByteView message) noexcept {
  crypto_auth_hmacsha256_state state;
  Digest out;
  crypto_auth_hmacsha256_init(&state, key.data(), key.size());
  crypto_auth_hmacsha256_update(&state, message.data(), message.size());
  crypto_auth_hmacsha256_final(&state, out.data());
  sodium_memzero(&state, sizeof state);
  return out;
}

bool equal_constant_time(ByteView a, ByteView b) noexcept {
  // Lengths are public; libsodium compares the bytes.
  if (a.size() != b.size()) return false;
  return a.empty() || sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace bailey::crypto
