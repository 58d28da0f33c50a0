// Compiled policies by the SHA-256 of their source: cache/policy/<64 hex>.
//
// A hit spares the YAML; anything odd about the file is a miss. Writing is best effort:
// a run does not fail because a cache cannot be written. Kept to kMaxCached files.
// Thread rule: any thread, any process.
// Does not protect: against whoever may write the home.
#pragma once

#include <string_view>

#include "base/result.h"
#include "policy/compiled_policy.h"
#include "store/home.h"

namespace bailey::store {

inline constexpr std::size_t kMaxCached = 64;

enum class CacheUse { kHit, kMiss };
struct CachedPolicy {
  policy::CompiledPolicy policy;
  CacheUse use;
};

// The policy of this source text. Errors: those of CompiledPolicy::from_source.
[[nodiscard]] Result<CachedPolicy> compiled(const Home& home, std::string_view source);

}  // namespace bailey::store
