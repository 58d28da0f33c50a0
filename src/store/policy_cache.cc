#include "store/policy_cache.h"

#include "codec/text.h"
#include "crypto/hash.h"
#include "store/private_file.h"

namespace bailey::store {
namespace {

constexpr std::size_t kMaxBytes = 2 * policy::kMaxPolicyBytes;
constexpr PrivateErrors kErrors{"policy.cache", "policy.cache"};

void remember(const Home& home, const RelPath& path, const policy::CompiledPolicy& policy) {
  const auto text = policy.serialise();
  if (!text) return;
  if (const auto folder = home.dir().open_dir(RelPath::known("cache/policy"))) {
    const auto names = folder->list();
    // Rather an empty cache than one that grows for ever.
    if (names && names->size() >= kMaxCached)
      for (const auto& name : *names) (void)folder->remove_file(RelPath::known(name));
  }
  (void)home.dir().replace_file(path, as_bytes(*text), Sync::kNo);
}

}  // namespace

Result<CachedPolicy> compiled(const Home& home, std::string_view source) {
  const Digest digest = crypto::sha256(as_bytes(source));
  const auto path = RelPath::known("cache/policy/" + codec::to_hex(digest));
  if (const auto text = read_private(home.dir(), path, kMaxBytes, home.owner(), kErrors)) {
    if (auto cached = policy::CompiledPolicy::deserialise(*text, digest))
      return CachedPolicy{*std::move(cached), CacheUse::kHit};
  }
  auto fresh = BAILEY_TRY(policy::CompiledPolicy::from_source(source));
  remember(home, path, fresh);
  return CachedPolicy{std::move(fresh), CacheUse::kMiss};
}

}  // namespace bailey::store
