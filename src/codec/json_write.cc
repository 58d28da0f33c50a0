// RFC 8785 output. The digits come from std::to_chars, which gives the shortest
// that read back the same; ECMAScript differs only in how they are laid out.
#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/check.h"
#include "codec/json.h"

namespace bailey::codec {
namespace {

constexpr char kHexDigits[] = "0123456789abcdef";

void write_string(std::string& out, std::string_view text) {
  check(is_valid_utf8(text), "canonical_json of a string that is not UTF-8");
  out += '"';
  std::size_t plain = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text, plain, i - plain);
    plain = i + 1;
    out += '\\';
    switch (c) {
      case '"':
      case '\\':
        out += static_cast<char>(c);
        break;
      case '\b':
        out += 'b';
        break;
      case '\t':
        out += 't';
        break;
      case '\n':
        out += 'n';
        break;
      case '\f':
        out += 'f';
        break;
      case '\r':
        out += 'r';
        break;
      default:
        out += "u00";
        out += kHexDigits[c >> 4U];
        out += kHexDigits[c & 15U];
    }
  }
  out.append(text, plain);
  out += '"';
}

// ECMA-262 Number::toString, radix 10.
void write_double(std::string& out, double number) {
  check(std::isfinite(number), "canonical_json of a number that is not finite");
  if (number == 0) {
    out += '0';
    return;
  }
  if (number < 0) {
    out += '-';
    number = -number;
  }
  char buffer[40];
  const auto written =
      std::to_chars(buffer, buffer + sizeof buffer, number, std::chars_format::scientific);
  const std::string_view text(buffer, static_cast<std::size_t>(written.ptr - buffer));
  const auto e = text.find('e');
  std::string digits(1, text[0]);
  if (e > 2) digits.append(text.substr(2, e - 2));
  int exponent = 0;
  const char* from = text.data() + e + 1;
  if (*from == '+') ++from;
  std::from_chars(from, text.data() + text.size(), exponent);

  const int k = static_cast<int>(digits.size());
  const int n = exponent + 1;  // the value is 0.digits times 10^n
  if (k <= n && n <= 21) {
    out += digits;
    out.append(static_cast<std::size_t>(n - k), '0');
  } else if (0 < n && n <= 21) {
    out.append(digits, 0, static_cast<std::size_t>(n));
    out += '.';
    out.append(digits, static_cast<std::size_t>(n));
  } else if (-6 < n && n <= 0) {
    out += "0.";
    out.append(static_cast<std::size_t>(-n), '0');
    out += digits;
  } else {
    out += digits[0];
    if (k > 1) {
      out += '.';
      out.append(digits, 1);
    }
    out += 'e';
    out += n - 1 < 0 ? '-' : '+';
    out += std::to_string(n - 1 < 0 ? 1 - n : n - 1);
  }
}

void write_scalar(std::string& out, const Json& value) {
  if (value.is_null()) {
    out += "null";
  } else if (value.is_bool()) {
    out += value.as_bool() ? "true" : "false";
  } else if (value.is_int()) {
    const auto number = value.as_int();
    check(number <= kMaxJsonInt && number >= -kMaxJsonInt,
          "canonical_json of an integer beyond 2^53");
    out += std::to_string(number);
  } else if (value.is_double()) {
    write_double(out, value.as_double());
  } else {
    write_string(out, value.as_string());
  }
}

bool sorted(const Json::Object& object) noexcept {
  for (std::size_t i = 1; i < object.size(); ++i) {
    if (!less_utf16(object[i - 1].first, object[i].first)) return false;
  }
  return true;
}

void write_canonical(std::string& out, const Json& value);

void write_member(std::string& out, const Json::Member& member, bool first) {
  if (!first) out += ',';
  write_string(out, member.first);
  out += ':';
  write_canonical(out, member.second);
}

void write_canonical_object(std::string& out, const Json::Object& object) {
  out += '{';
  if (sorted(object)) {
    for (std::size_t i = 0; i < object.size(); ++i) write_member(out, object[i], i == 0);
  } else {
    std::vector<const Json::Member*> order;
    order.reserve(object.size());
    for (const auto& member : object) order.push_back(&member);
    std::sort(order.begin(), order.end(),
              [](const auto* a, const auto* b) { return less_utf16(a->first, b->first); });
    for (std::size_t i = 0; i < order.size(); ++i) {
      check(i == 0 || order[i - 1]->first != order[i]->first, "canonical_json of a name twice");
      write_member(out, *order[i], i == 0);
    }
  }
  out += '}';
}

void write_canonical(std::string& out, const Json& value) {
  if (value.is_array()) {
    out += '[';
    const auto& array = value.as_array();
    for (std::size_t i = 0; i < array.size(); ++i) {
      if (i != 0) out += ',';
      write_canonical(out, array[i]);
    }
    out += ']';
  } else if (value.is_object()) {
    write_canonical_object(out, value.as_object());
  } else {
    write_scalar(out, value);
  }
}

void write_pretty(std::string& out, const Json& value, std::size_t indent) {
  const auto line = [&](std::size_t depth) {
    out += '\n';
    out.append(2 * depth, ' ');
  };
  if (value.is_array() && !value.as_array().empty()) {
    out += '[';
    bool first = true;
    for (const auto& item : value.as_array()) {
      if (!first) out += ',';
      first = false;
      line(indent + 1);
      write_pretty(out, item, indent + 1);
    }
    line(indent);
    out += ']';
  } else if (value.is_object() && !value.as_object().empty()) {
    out += '{';
    bool first = true;
    for (const auto& [name, member] : value.as_object()) {
      if (!first) out += ',';
      first = false;
      line(indent + 1);
      write_string(out, name);
      out += ": ";
      write_pretty(out, member, indent + 1);
    }
    line(indent);
    out += '}';
  } else {
    write_canonical(out, value);
  }
}

}  // namespace

bool less_utf16(std::string_view a, std::string_view b) noexcept {
  // Bytes of UTF-8 order like code points. UTF-16 differs in one way: surrogates
  // (lead bytes F0..F4) come before U+E000..U+FFFF (lead bytes EE and EF).
  const auto weight = [](char c) -> int {
    const auto byte = static_cast<unsigned char>(c);
    return byte == 0xEE || byte == 0xEF ? byte + 0x20 : byte;
  };
  const std::size_t shared = std::min(a.size(), b.size());
  for (std::size_t i = 0; i < shared; ++i) {
    if (a[i] != b[i]) return weight(a[i]) < weight(b[i]);
  }
  return a.size() < b.size();
}

std::string canonical_json(const Json& value) {
  std::string out;
  write_canonical(out, value);
  return out;
}

std::string pretty_json(const Json& value) {
  std::string out;
  write_pretty(out, value, 0);
  return out;
}

}  // namespace bailey::codec
