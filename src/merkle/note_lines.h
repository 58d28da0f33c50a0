// The lines that the C2SP formats share: key names and key ids of signed notes, signature
// lines, decimal numbers, hashes in base64. Pure functions; nothing here verifies anything.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "crypto/sign.h"
#include "merkle/tree.h"

namespace bailey::merkle {

// The signature types of C2SP signed-note that we know: a key has one of them, and its key id
// says which.
enum class KeyType : std::uint8_t { kEd25519 = 0x01, kEd25519Cosignature = 0x04 };

inline constexpr std::string_view kSignatureHead = "\xE2\x80\x94 ";  // U+2014 EM DASH, space
inline constexpr std::size_t kMaxProofLines = 63;

// Not empty, UTF-8, without Unicode spaces, '+' and control characters.
[[nodiscard]] bool is_key_name(std::string_view name) noexcept;
// SHA-256(name || 0x0A || type || key)[:4], big-endian.
[[nodiscard]] std::uint32_t note_key_id(std::string_view name, KeyType type,
                                        const crypto::PublicKey& key) noexcept;

// "<name>+<hex key id>+base64(type || key)".
struct Vkey {
  std::string name;
  std::uint32_t key_id = 0;
  crypto::PublicKey key;
};
[[nodiscard]] std::string write_vkey(const Vkey& vkey, KeyType type);
// Errors: note.vkey, also when it is of another type.
[[nodiscard]] Result<Vkey> parse_vkey(std::string_view text, KeyType type);

// "— name base64(key id || signature)\n".
[[nodiscard]] std::string signature_line(std::string_view name, std::uint32_t key_id,
                                         ByteView signature);

// Decimal without sign or leading zeros.
[[nodiscard]] std::optional<std::uint64_t> decimal_of(std::string_view text) noexcept;
[[nodiscard]] std::optional<Hash> hash_of_base64(std::string_view text);
// Cuts the first line off `text`; nothing when no newline is left.
[[nodiscard]] std::optional<std::string_view> take_line(std::string_view& text) noexcept;

}  // namespace bailey::merkle
