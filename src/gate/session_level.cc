#include "gate/session_level.h"

#include <algorithm>

namespace bailey::gate {

bool is_in_force(const StoredLevel& stored, const Clock& clock) {
  const WallTime now = clock.wall();
  if (now < stored.set_at || now >= stored.expires) return false;
  return stored.boot != clock.boot_id() || clock.monotonic() < stored.expires_mono;
}

model::Level session_level(const LevelState& state, const policy::Levels& levels,
                           model::Level ceiling, const Clock& clock) {
  if (state.unreadable) return model::Level::kIsolated;
  const bool given = state.stored && is_in_force(*state.stored, clock);
  const model::Level base = given ? state.stored->level : levels.start;
  return std::min({base, ceiling, levels.max});
}

MonoTime end_of(const StoredLevel& stored, const Clock& clock) {
  const std::int64_t left = stored.expires.unix_ns - clock.wall().unix_ns;
  const MonoTime by_wall{clock.monotonic().ns + left};
  return stored.boot == clock.boot_id() ? std::min(by_wall, stored.expires_mono) : by_wall;
}

}  // namespace bailey::gate
