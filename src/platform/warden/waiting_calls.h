// waiting_calls: opens that wait for a person (spec/live-grants.md).
//
// An open for reading that the cage refuses, of a path at or below a place that the plan names,
// is not answered but held, and the signer hears of it. Every held call ends: with the file that
// the signer sends, with "go on" to a kernel that refuses, or with its caller. A few at a time;
// what does not fit goes on. The path is read once and is a claim: it decides which question may
// be put, not what is given. Freestanding, one thread.
// Does not protect: against a signer that gives what it should not.
#pragma once

#include <linux/seccomp.h>

#include "effect/process/plan.h"
#include "effect/process/wire.h"
#include "platform/warden/caller.h"

namespace bailey::platform::warden {

class WaitingCalls {
 public:
  // From now on. The plan outlives this.
  void watch(const effect::process::PlanReader& plan) noexcept { plan_ = &plan; }
  [[nodiscard]] bool watches() const noexcept { return plan_ != nullptr; }
  [[nodiscard]] unsigned count() const noexcept { return count_; }

  // True when the call, which is `caller`'s, is held; `path` is then what it wants.
  [[nodiscard]] bool hold(int listener, const seccomp_notif& call, const Caller& caller,
                          Path& path) noexcept;
  // Ends a held call: with a copy of `file`, or, when that is -1, by going on. Returns 0, the
  // errno by which the file did not arrive, or -1 when no such call is held.
  [[nodiscard]] int end(int listener, std::uint64_t id, int file) noexcept;
  // Forgets one call whose caller is gone; its id, or 0 when all wait still.
  [[nodiscard]] std::uint64_t take_gone(int listener) noexcept;

 private:
  static constexpr unsigned kMost = 16;
  static constexpr unsigned kMostInVain = 4096;  // of one run, so that nobody keeps the signer busy
  struct Call {
    std::uint64_t id = 0;
    bool close_on_exec = false;
  };

  void drop(unsigned at) noexcept;

  const effect::process::PlanReader* plan_ = nullptr;
  Call calls_[kMost];
  unsigned count_ = 0;
  unsigned in_vain_ = 0;
};

}  // namespace bailey::platform::warden
