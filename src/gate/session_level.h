// The level that a person gave for a time, and the level that a session has of it.
//
// A stored level ends at its expiry, or when either clock says that something is wrong:
// the wall clock is before the moment it was given, or, within the boot it was given in,
// the monotonic clock has passed the end. After its end the policy's start counts again.
// A stored level that cannot be read is level 0. Pure; any thread.
#pragma once

#include <optional>

#include "base/clock.h"
#include "model/level.h"
#include "policy/policy.h"

namespace bailey::gate {

struct StoredLevel {
  model::Level level = model::Level::kIsolated;
  WallTime set_at;
  WallTime expires;
  BootId boot;
  MonoTime expires_mono;  // within `boot`
};

[[nodiscard]] bool is_in_force(const StoredLevel& stored, const Clock& clock);

// What the store has to say: nothing, a level, or that it cannot be read.
struct LevelState {
  std::optional<StoredLevel> stored;
  bool unreadable = false;
};

// min(stored or the policy's start, `ceiling`, the policy's max). Level 0 when unreadable.
[[nodiscard]] model::Level session_level(const LevelState& state, const policy::Levels& levels,
                                         model::Level ceiling, const Clock& clock);

// When a stored level in force ends, on the monotonic clock, by whichever clock ends it
// first.
[[nodiscard]] MonoTime end_of(const StoredLevel& stored, const Clock& clock);

}  // namespace bailey::gate
