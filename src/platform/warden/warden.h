// warden: the process between the signer and the cage.
//
// It makes the empty namespaces before anybody has decided, passes the plan and the
// word to go, moves the bytes of the streams, holds the limits, and dies when its
// signer does. It holds no key and parses nothing that the program wrote; it has no
// libc, allocates nothing, and stays under a megabyte. One thread.
// Does not protect: against a program of the same user outside, which could kill it;
// then init takes the cage down.
#pragma once

#include "platform/cage/channel.h"
#include "platform/cage/context.h"
#include "platform/warden/pump.h"

namespace bailey::platform::warden {

namespace sys = cage::sys;
namespace wire = effect::process;

inline constexpr int kSignerSocket = 3;
inline constexpr int kPlanMemfd = 4;
inline constexpr std::uint64_t kBeatEvery = 250000000;  // ns

// baseline.cc: ids and clocks, needed inside at once.
void take_identity(cage::Baseline& baseline) noexcept;
// The outside acts that canaries compare with. Returns the abstract socket to hold
// open, or a negative errno.
long take_baseline(cage::Baseline& baseline) noexcept;

// Never returns: the exit status is told to nobody but the signer's wait.
[[noreturn]] void be_warden() noexcept;

}  // namespace bailey::platform::warden
