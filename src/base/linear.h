// Live: the part of a move-only value that knows whether it was used up.
//
// The six values of the street are moved, never copied, and each is consumed
// once. C++ lets a moved-from object be touched again; Live makes that an abort
// instead of a silent second use. Put one in the value, call require() in every
// accessor, and let the compiler write the moves.
#pragma once

#include "base/check.h"

namespace bailey {

class Live {
 public:
  Live() noexcept = default;
  Live(const Live&) = delete;
  Live& operator=(const Live&) = delete;
  Live(Live&& other) noexcept : live_(other.live_) { other.live_ = false; }
  Live& operator=(Live&& other) noexcept {
    live_ = other.live_;
    other.live_ = false;
    return *this;
  }
  ~Live() = default;

  [[nodiscard]] bool is_live() const noexcept { return live_; }
  void require(const char* what) const noexcept { check(live_, what); }
  void spend() noexcept { live_ = false; }

 private:
  bool live_ = true;
};

}  // namespace bailey
