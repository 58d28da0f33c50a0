// Entropy: the only source of randomness. Made in app, faked in tests.
// Safe to call from any thread. A failing kernel source aborts the process:
// there is no weaker source to fall back to.
#pragma once

#include <cstdint>
#include <span>

namespace bailey {

class Entropy {
 public:
  virtual ~Entropy() = default;
  virtual void fill(std::span<std::uint8_t> out) noexcept = 0;
};

}  // namespace bailey
