// Bytes at rest under a symmetric key: XChaCha20-Poly1305, the nonce in front.
// The associated data names what the bytes are for, so that a sealed thing cannot
// be put in the place of another.
#pragma once

#include "base/bytes.h"
#include "base/entropy.h"
#include "base/result.h"
#include "crypto/secret.h"

namespace bailey::crypto {

using SealKey = Secret<32>;

[[nodiscard]] SealKey generate_seal_key(Entropy& entropy);
// The key as a file of its own: "bailey-seal-key/v1 <64 hex digits>\n". The text is a
// secret; whoever writes it wipes it. Errors: key.syntax.
[[nodiscard]] std::string write_seal_key(const SealKey& key);
[[nodiscard]] Result<SealKey> parse_seal_key(std::string_view text);

[[nodiscard]] Bytes seal(const SealKey& key, std::string_view purpose, ByteView plain,
                         Entropy& entropy);
// Errors: seal.open (wrong key, wrong purpose, changed or cut bytes: not told apart).
[[nodiscard]] Result<Bytes> open_sealed(const SealKey& key, std::string_view purpose,
                                        ByteView sealed);

// A key for one purpose out of a master key: HMAC-SHA256(master, purpose).
[[nodiscard]] SealKey derive_key(const SealKey& master, std::string_view purpose);
// HMAC-SHA256(key, message), for salted digests whose salt is a secret of the home.
[[nodiscard]] Digest keyed_digest(const SealKey& key, ByteView message) noexcept;

}  // namespace bailey::crypto
