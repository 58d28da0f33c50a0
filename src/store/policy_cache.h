// Policy documents by the SHA-256 of their source: cache/policy/<64 hex>.
//
// A hit spares the YAML of one document; anything odd about the file is a miss. A chain of
// documents is put together anew each time. Writing is best effort: a run does not fail
// because a cache cannot be written. Kept to kMaxCached files.
// Thread rule: any thread, any process.
// Does not protect: against whoever may write the home.
#pragma once

#include <optional>

#include "base/result.h"
#include "policy/compiled_policy.h"
#include "store/home.h"

namespace bailey::store {

inline constexpr std::size_t kMaxCached = 64;

enum class CacheUse { kHit, kMiss };  // kHit: no document had to be parsed
struct CachedPolicy {
  policy::CompiledPolicy policy;
  CacheUse use;
};

// Errors: those of CompiledPolicy::from_chain.
[[nodiscard]] Result<CachedPolicy> compiled(
    const Home& home, const policy::PolicySource& source,
    const std::optional<policy::ProjectSource>& project = std::nullopt);

}  // namespace bailey::store
