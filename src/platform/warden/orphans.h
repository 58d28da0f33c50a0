// orphans: what is left of a cage without a pid namespace when its init is gone.
//
// The warden is a subreaper: whoever loses its parent below it becomes its child. The guard
// (cage/guard.cc) has killed them already, all at once; here they are waited for, and should
// the guard be gone too they are killed one by one. Freestanding, one thread.
// Does not protect: against a fork bomb when somebody outside killed init and guard both.
#pragma once

namespace bailey::platform::warden {

// From now on orphans come to us. 0, or a negative errno.
[[nodiscard]] long adopt_orphans() noexcept;

enum class Harshness { kWait, kKill };
// Takes those that are dead; kKill ends the others first. True when none is left.
[[nodiscard]] bool reap_orphans(Harshness harshness) noexcept;

// Why user namespaces cannot be had, when it is for good: refused by a setting, by a filter or
// by a kernel without them. 0 when they can be had, or when asking failed for another reason
// (a count that is used up, no memory): then nothing weaker may take their place.
[[nodiscard]] long refusal_of_user_namespaces() noexcept;

}  // namespace bailey::platform::warden
