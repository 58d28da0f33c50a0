// Walking UTF-8 one code point at a time, and finding where a byte is. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "codec/json.h"

namespace bailey::codec {

struct Utf8Step {
  std::uint32_t point;  // U+FFFD when invalid
  std::size_t length;   // bytes to step over, 1 when invalid
  bool valid;
};

// The code point at `offset`, which must be inside `text`.
[[nodiscard]] Utf8Step decode_utf8(std::string_view text, std::size_t offset) noexcept;
// Offset of the first byte that is not valid UTF-8; text.size() when all is.
[[nodiscard]] std::size_t first_invalid_utf8(std::string_view text) noexcept;
[[nodiscard]] Mark mark_of_offset(std::string_view text, std::size_t offset) noexcept;

}  // namespace bailey::codec
