// errand: what the warden does to a file for a caged program, where no mount holds it.
//
// Landlock does not judge chmod, chown and the setting of times, so a cage without namespaces
// hands these calls over. What the call names is read once and opened once, without rights and
// without magic links, from the caller's own place; then it is our descriptor alone that is
// judged (does it lie where the plan may write, is it our user's) and acted on. So it does not
// matter what the caller changes meanwhile. Freestanding, one thread.
// Does not protect: a file outside that has a second name in the workspace (a hard link).
#pragma once

#include <linux/seccomp.h>

#include "platform/warden/caller.h"
#include "platform/warden/territory.h"

namespace bailey::platform::warden {

[[nodiscard]] bool is_errand(int number) noexcept;

// Asks whether the call still waits, so that its pid is still the caller's.
struct StillWaiting {
  int listener;
  std::uint64_t id;
  [[nodiscard]] bool operator()() const noexcept;
};

// Does it, or does not: the errno of the answer, or 0. Fills in the object of an event.
[[nodiscard]] int run_errand(const Caller& caller, const seccomp_data& call,
                             const Territory& territory, const StillWaiting& still_waiting,
                             effect::process::EventBody& body) noexcept;

}  // namespace bailey::platform::warden
