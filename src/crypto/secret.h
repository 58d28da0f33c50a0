// Secret<N>: N bytes that only a holder of SecretAccess can read.
//
// Wiped on destruction and when moved from, never printed, never compared but in
// constant time. SecretAccess is made by crypto alone, so a log line, a leaf or a
// report cannot contain a key by mistake.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/bytes.h"

namespace bailey::crypto {

class SecretAccess;

void wipe(std::span<std::uint8_t> bytes) noexcept;

template <std::size_t N>
class Secret {
 public:
  explicit Secret(std::span<const std::uint8_t, N> bytes) noexcept {
    for (std::size_t i = 0; i < N; ++i) bytes_[i] = bytes[i];
  }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  Secret(Secret&& other) noexcept : bytes_(other.bytes_) { wipe(other.bytes_); }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      bytes_ = other.bytes_;
      wipe(other.bytes_);
    }
    return *this;
  }
  ~Secret() { wipe(bytes_); }

  [[nodiscard]] std::span<const std::uint8_t, N> reveal(const SecretAccess&) const noexcept {
    return bytes_;
  }

 private:
  std::array<std::uint8_t, N> bytes_{};
};

}  // namespace bailey::crypto
