// level.json in the home: the level that a person set for a time (gate/session_level.h).
// A missing file is no level; one that cannot be read or understood is `unreadable`,
// which the gate takes for level 0. Replaced at once. levels.yaml is the matrix beside it.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "gate/level_matrix.h"
#include "gate/session_level.h"
#include "store/home.h"

namespace bailey::store {

inline constexpr std::int64_t kMaxLevelNs = 30LL * 24 * 3600 * 1'000'000'000;  // 30 days

[[nodiscard]] gate::LevelState read_level(const Home& home);
// From now for `duration_ns`. Errors: level.duration (not 1 s .. 30 days), disk.*.
[[nodiscard]] Status write_level(const Home& home, model::Level level, std::int64_t duration_ns,
                                 const Clock& clock);
// Back to what the policy says; a missing file is no error. Errors: disk.*.
[[nodiscard]] Status clear_level(const Home& home);

struct MatrixState {
  gate::LevelMatrix matrix;
  std::optional<Error> error;  // why it is isolated_only()
};
// levels.yaml, the built-in matrix when there is none, level 0 only when it is corrupt.
[[nodiscard]] MatrixState read_matrix(const Home& home);

}  // namespace bailey::store
