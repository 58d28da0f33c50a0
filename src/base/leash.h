// Leash: how a running effect is stopped from above.
//
// Wall deadline, stop token and kill epoch travel with the permit, so that an
// effect obeys the gate without ever including it. Cheap to copy; any thread.
#pragma once

#include <cstdint>
#include <stop_token>
#include <utility>

#include "base/clock.h"

namespace bailey {

class Leash {
 public:
  Leash(std::uint64_t kill_epoch, MonoTime deadline, std::stop_token stop) noexcept
      : kill_epoch_(kill_epoch), deadline_(deadline), stop_(std::move(stop)) {}

  // The epoch under which the permit was given; a larger one in the store ends it.
  [[nodiscard]] std::uint64_t kill_epoch() const noexcept { return kill_epoch_; }
  // When the effect must have ended, on CLOCK_MONOTONIC.
  [[nodiscard]] MonoTime deadline() const noexcept { return deadline_; }
  [[nodiscard]] bool stop_requested() const noexcept { return stop_.stop_requested(); }
  [[nodiscard]] const std::stop_token& stop() const noexcept { return stop_; }

 private:
  std::uint64_t kill_epoch_;
  MonoTime deadline_;
  std::stop_token stop_;
};

}  // namespace bailey
