#include "codec/text.h"

#include <array>

#include "codec/utf8.h"

namespace bailey::codec {
namespace {

constexpr char kHexDigits[] = "0123456789abcdef";
constexpr char kBase64Digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr auto kBase64Values = [] {
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  for (std::int8_t i = 0; i < 64; ++i) values[static_cast<unsigned char>(kBase64Digits[i])] = i;
  return values;
}();

int base64_value(char c) noexcept { return kBase64Values[static_cast<unsigned char>(c)]; }

int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

// Moves the cursor, hides text, reorders it or is invisible.
bool is_unsafe(std::uint32_t c) noexcept {
  return c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0xAD || c == 0x61C || c == 0x115F ||
         c == 0x1160 || c == 0x180E || (c >= 0x200B && c <= 0x200F) ||
         (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0x3164 ||
         (c >= 0xFE00 && c <= 0xFE0F) || c == 0xFEFF || c == 0xFFA0 ||
         (c >= 0xFFF9 && c <= 0xFFFB) || (c >= 0xE0000 && c <= 0xE0FFF);
}

std::string escaped(const Utf8Step& step, char byte) {
  std::string out;
  if (!step.valid || step.point < 0x80) {
    const auto value = static_cast<unsigned char>(byte);
    out = "\\x";
    out += kHexDigits[value >> 4U];
    out += kHexDigits[value & 15U];
    return out;
  }
  out = "\\u{";
  bool leading = true;
  for (int shift = 20; shift >= 0; shift -= 4) {
    const auto digit = (step.point >> static_cast<unsigned>(shift)) & 15U;
    if (leading && digit == 0 && shift >= 16) continue;
    leading = false;
    out += kHexDigits[digit];
  }
  out += '}';
  return out;
}

}  // namespace

std::string to_base64(ByteView bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  std::size_t i = 0;
  for (; i + 3 <= bytes.size(); i += 3) {
    const std::uint32_t group = (std::uint32_t{bytes[i]} << 16U) |
                                (std::uint32_t{bytes[i + 1]} << 8U) | std::uint32_t{bytes[i + 2]};
    out += kBase64Digits[group >> 18U];
    out += kBase64Digits[(group >> 12U) & 63U];
    out += kBase64Digits[(group >> 6U) & 63U];
    out += kBase64Digits[group & 63U];
  }
  if (i < bytes.size()) {
    const bool two = i + 1 < bytes.size();
    const std::uint32_t group =
        (std::uint32_t{bytes[i]} << 16U) | (two ? std::uint32_t{bytes[i + 1]} << 8U : 0U);
    out += kBase64Digits[group >> 18U];
    out += kBase64Digits[(group >> 12U) & 63U];
    out += two ? kBase64Digits[(group >> 6U) & 63U] : '=';
    out += '=';
  }
  return out;
}

Result<Bytes> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return fail("base64.syntax", "the length is not a multiple of four");
  std::size_t padding = 0;
  if (text.ends_with("==")) {
    padding = 2;
  } else if (text.ends_with('=')) {
    padding = 1;
  }
  const std::size_t digits = text.size() - padding;
  Bytes out(digits / 4 * 3);
  std::uint32_t group = 0;
  // Four good digits at a step; whatever is not that is left to the loop that says where.
  std::size_t whole = 0;
  for (std::size_t at = 0; whole + 4 <= digits; whole += 4, at += 3) {
    const int a = base64_value(text[whole]);
    const int b = base64_value(text[whole + 1]);
    const int c = base64_value(text[whole + 2]);
    const int d = base64_value(text[whole + 3]);
    if ((a | b | c | d) < 0) break;
    const auto four = static_cast<std::uint32_t>((a << 18) | (b << 12) | (c << 6) | d);
    out[at] = static_cast<std::uint8_t>(four >> 16U);
    out[at + 1] = static_cast<std::uint8_t>(four >> 8U);
    out[at + 2] = static_cast<std::uint8_t>(four);
  }
  for (std::size_t i = whole; i < digits; ++i) {
    const int value = base64_value(text[i]);
    if (value < 0) {
      return fail("base64.syntax", "a character that is not base64 at offset " + std::to_string(i));
    }
    group = (group << 6U) | static_cast<std::uint32_t>(value);
  }
  if (padding == 1) {
    if ((group & 3U) != 0) return fail("base64.syntax", "the last digit has stray bits");
    out.push_back(static_cast<std::uint8_t>(group >> 10U));
    out.push_back(static_cast<std::uint8_t>(group >> 2U));
  } else if (padding == 2) {
    if ((group & 15U) != 0) return fail("base64.syntax", "the last digit has stray bits");
    out.push_back(static_cast<std::uint8_t>(group >> 4U));
  }
  return out;
}

Result<Bytes> from_any_base64(std::string_view text) {
  const bool url_safe = text.find_first_of("-_") != std::string_view::npos;
  if (url_safe && text.find_first_of("+/") != std::string_view::npos) {
    return fail("base64.syntax", "two base64 alphabets in one text");
  }
  std::string standard(text);
  for (char& c : standard) {
    if (c == '-') c = '+';
    if (c == '_') c = '/';
  }
  if (standard.find('=') == std::string::npos) standard.append((4 - standard.size() % 4) % 4, '=');
  return from_base64(standard);
}

std::string to_hex(ByteView bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const auto byte : bytes) {
    out += kHexDigits[byte >> 4U];
    out += kHexDigits[byte & 15U];
  }
  return out;
}

Result<Bytes> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return fail("hex.syntax", "an odd number of hex digits");
  Bytes out;
  out.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = hex_value(text[i]);
    const int low = hex_value(text[i + 1]);
    if (high < 0 || low < 0) {
      return fail("hex.syntax", "not a lower-case hex digit near offset " + std::to_string(i));
    }
    out.push_back(static_cast<std::uint8_t>(high * 16 + low));
  }
  return out;
}

Result<Digest> digest_from_hex(std::string_view text) {
  if (text.size() != 64) return fail("hex.syntax", "a digest has 64 hex digits");
  const Bytes bytes = BAILEY_TRY(from_hex(text));
  Digest digest{};
  for (std::size_t i = 0; i < digest.size(); ++i) digest[i] = bytes[i];
  return digest;
}

std::string for_terminal(std::string_view text, std::size_t max_bytes) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const auto step = decode_utf8(text, i);
    const std::string piece = !step.valid || is_unsafe(step.point)
                                  ? escaped(step, text[i])
                                  : std::string(text.substr(i, step.length));
    if (out.size() + piece.size() > max_bytes) return out + "...";
    out += piece;
    i += step.length;
  }
  return out;
}

}  // namespace bailey::codec
