// Fakes of the clock and the entropy source, for tests only. Deterministic, and for one thread
// at a time (the real ones are for any).
#pragma once

#include <utility>

#include "base/clock.h"
#include "base/entropy.h"

namespace bailey {

class FakeClock final : public Clock {
 public:
  WallTime wall() const noexcept override { return wall_; }
  MonoTime monotonic() const noexcept override { return mono_; }
  const BootId& boot_id() const noexcept override { return boot_; }

  void advance_ns(std::int64_t ns) noexcept {
    wall_.unix_ns += ns;
    mono_.ns += ns;
  }
  void set_wall(WallTime wall) noexcept { wall_ = wall; }
  void set_boot(BootId boot) { boot_ = std::move(boot); }

 private:
  WallTime wall_{1'790'000'000'000'000'000};
  MonoTime mono_{1'000'000'000};
  BootId boot_ = "00000000-0000-4000-8000-000000000001";
};

// A counter stretched over the output: every call gives other bytes.
class FakeEntropy final : public Entropy {
 public:
  void fill(std::span<std::uint8_t> out) noexcept override {
    for (auto& byte : out) {
      state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
      byte = static_cast<std::uint8_t>(state_ >> 56);
    }
  }

 private:
  std::uint64_t state_ = 1;
};

}  // namespace bailey
