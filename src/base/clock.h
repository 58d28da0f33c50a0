// Clock: the only source of time. Made in app, handed down, faked in tests.
//
// Order is never taken from wall time; it is shown to people and checked against
// expiries as max(wall, last seen). Safe to call from any thread.
#pragma once

#include <cstdint>
#include <string>

namespace bailey {

struct WallTime {
  std::int64_t unix_ns = 0;  // nanoseconds since 1970-01-01T00:00:00Z
  auto operator<=>(const WallTime&) const = default;
};

struct MonoTime {
  std::int64_t ns = 0;  // nanoseconds of CLOCK_MONOTONIC; comparable within one boot
  auto operator<=>(const MonoTime&) const = default;
};

// The kernel's random boot id, 36 characters, lower case ("0b1e...-...").
using BootId = std::string;

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual WallTime wall() const noexcept = 0;
  [[nodiscard]] virtual MonoTime monotonic() const noexcept = 0;
  [[nodiscard]] virtual const BootId& boot_id() const noexcept = 0;
};

// RFC 3339 in UTC with nanoseconds, "2026-11-21T08:41:00.000000001Z" (30 chars).
// Years outside 0000..9999 are clamped.
[[nodiscard]] std::string rfc3339(WallTime time);

}  // namespace bailey
