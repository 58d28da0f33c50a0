// UTF-8 as Unicode 15 table 3-7 has it: no overlong forms, no surrogates, nothing
// past U+10FFFF.
#include "codec/utf8.h"

#include <cstring>

#include "codec/json.h"

namespace bailey::codec {
namespace {

bool is_continuation(unsigned char byte) noexcept { return (byte & 0xC0U) == 0x80U; }

}  // namespace

Utf8Step decode_utf8(std::string_view text, std::size_t offset) noexcept {
  const auto at = [&](std::size_t i) -> unsigned char {
    return offset + i < text.size() ? static_cast<unsigned char>(text[offset + i]) : 0;
  };
  const unsigned char a = at(0);
  if (a < 0x80) return {a, 1, true};
  const Utf8Step bad{0xFFFD, 1, false};
  if (a < 0xC2 || a > 0xF4) return bad;
  const unsigned char b = at(1);
  if (!is_continuation(b)) return bad;
  if (a < 0xE0) return {((a & 0x1FU) << 6U) | (b & 0x3FU), 2, true};
  const unsigned char c = at(2);
  if (!is_continuation(c)) return bad;
  if (a < 0xF0) {
    const std::uint32_t point = ((a & 0x0FU) << 12U) | ((b & 0x3FU) << 6U) | (c & 0x3FU);
    if (point < 0x800 || (point >= 0xD800 && point <= 0xDFFF)) return bad;
    return {point, 3, true};
  }
  const unsigned char d = at(3);
  if (!is_continuation(d)) return bad;
  const std::uint32_t point =
      ((a & 0x07U) << 18U) | ((b & 0x3FU) << 12U) | ((c & 0x3FU) << 6U) | (d & 0x3FU);
  if (point < 0x10000 || point > 0x10FFFF) return bad;
  return {point, 4, true};
}

std::size_t first_invalid_utf8(std::string_view text) noexcept {
  std::size_t i = 0;
  while (i < text.size()) {
    // Most text is ASCII: eight bytes at a step while none has its high bit set.
    std::uint64_t eight = 0;
    while (text.size() - i >= sizeof eight) {
      std::memcpy(&eight, text.data() + i, sizeof eight);
      if ((eight & 0x8080808080808080U) != 0) break;
      i += sizeof eight;
    }
    if (i == text.size()) break;
    const auto step = decode_utf8(text, i);
    if (!step.valid) return i;
    i += step.length;
  }
  return text.size();
}

bool is_valid_utf8(std::string_view text) noexcept {
  return first_invalid_utf8(text) == text.size();
}

std::string valid_utf8(std::string_view text) {
  std::size_t i = first_invalid_utf8(text);
  if (i == text.size()) return std::string(text);
  std::string out(text.substr(0, i));
  while (i < text.size()) {
    const auto step = decode_utf8(text, i);
    if (step.valid) {
      out.append(text.substr(i, step.length));
    } else {
      out += "\xEF\xBF\xBD";
    }
    i += step.length;
  }
  return out;
}

Mark mark_of_offset(std::string_view text, std::size_t offset) noexcept {
  Mark mark{1, 1};
  for (std::size_t i = 0; i < offset && i < text.size(); ++i) {
    if (text[i] == '\n') {
      ++mark.line;
      mark.column = 1;
    } else {
      ++mark.column;
    }
  }
  return mark;
}

}  // namespace bailey::codec
