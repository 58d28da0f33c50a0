// text: small files of the kernel, read into a buffer of the caller's, and numbers in
// them. Bounded; what does not parse is an error, never a guess. Freestanding.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "platform/cage/sys.h"

namespace bailey::platform::warden {

inline constexpr std::uint64_t kNoNumber = ~std::uint64_t{0};

// Reads at most `size` bytes of `path` under `dir`; empty when it cannot be read.
inline std::string_view read_text(int dir, const char* path, char* buffer,
                                  std::size_t size) noexcept {
  const long fd = cage::sys::openat(dir, path, 02000000);
  if (fd < 0) return {};
  std::size_t used = 0;
  while (used < size) {
    const long n = cage::sys::read(static_cast<int>(fd), buffer + used, size - used);
    if (n <= 0) break;
    used += static_cast<std::size_t>(n);
  }
  cage::sys::close(static_cast<int>(fd));
  return {buffer, used};
}

inline long write_text(int dir, const char* path, std::string_view text) noexcept {
  const long fd = cage::sys::openat(dir, path, 02000001);
  if (fd < 0) return fd;
  const long n = cage::sys::write(static_cast<int>(fd), text.data(), text.size());
  cage::sys::close(static_cast<int>(fd));
  if (n < 0) return n;
  return static_cast<std::size_t>(n) == text.size() ? 0 : -5;
}

// The decimal number at the start of `text`, or kNoNumber.
inline std::uint64_t number(std::string_view text) noexcept {
  if (text.empty() || text[0] < '0' || text[0] > '9') return kNoNumber;
  std::uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') break;
    if (value > (kNoNumber - 9) / 10) return kNoNumber - 1;  // more than any limit of ours
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return value;
}

// The number after `name` and blanks, at the start of a line; or kNoNumber.
inline std::uint64_t field(std::string_view text, std::string_view name) noexcept {
  std::size_t at = 0;
  while (at < text.size()) {
    if (text.substr(at).starts_with(name)) {
      std::size_t i = at + name.size();
      while (i < text.size() && (text[i] == ' ' || text[i] == '\t' || text[i] == ':')) ++i;
      return number(text.substr(i));
    }
    const std::size_t line = text.find('\n', at);
    if (line == std::string_view::npos) break;
    at = line + 1;
  }
  return kNoNumber;
}

// A path or a line put together in place; `ok` turns false when it does not fit.
template <std::size_t N>
struct Line {
  char text[N] = {};
  std::size_t size = 0;
  bool ok = true;

  Line& add(std::string_view more) noexcept {
    if (more.size() >= N - size) {
      ok = false;
      return *this;
    }
    for (const char c : more) text[size++] = c;
    text[size] = '\0';
    return *this;
  }
  Line& add(std::uint64_t value) noexcept {
    char reversed[20];
    std::size_t n = 0;
    do {
      reversed[n++] = static_cast<char>('0' + value % 10);
      value /= 10;
    } while (value != 0);
    char digits[20];
    for (std::size_t i = 0; i < n; ++i) digits[i] = reversed[n - 1 - i];
    return add(std::string_view(digits, n));
  }
  [[nodiscard]] std::string_view view() const noexcept { return {text, size}; }
  [[nodiscard]] const char* c_str() const noexcept { return text; }
};

}  // namespace bailey::platform::warden
