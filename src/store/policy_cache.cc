#include "store/policy_cache.h"

#include "codec/text.h"
#include "policy/cached_document.h"
#include "store/private_file.h"

namespace bailey::store {
namespace {

constexpr PrivateErrors kErrors{"policy.cache", "policy.cache"};

RelPath cache_path(const Digest& digest) {
  return RelPath::known("cache/policy/" + codec::to_hex(digest));
}

void remember(const Home& home, const codec::Json& document, const Digest& digest) {
  if (const auto folder = home.dir().open_dir(RelPath::known("cache/policy"))) {
    const auto names = folder->list();
    // Rather an empty cache than one that grows for ever.
    if (names && names->size() >= kMaxCached)
      for (const auto& name : *names) (void)folder->remove_file(RelPath::known(name));
  }
  const std::string text = policy::cached_form(document, digest);
  if (text.size() <= policy::kMaxCachedBytes)
    (void)home.dir().replace_file(cache_path(digest), as_bytes(text), Sync::kNo);
}

std::optional<policy::Document> recall(const Home& home, const Digest& digest) {
  const auto text =
      read_private(home.dir(), cache_path(digest), policy::kMaxCachedBytes, home.owner(), kErrors);
  if (!text) return std::nullopt;
  const auto json = policy::from_cached_form(*text, digest);
  if (!json) return std::nullopt;
  auto document = policy::read_document(*json);
  if (!document) return std::nullopt;
  return *std::move(document);
}

}  // namespace

Result<CachedPolicy> compiled(const Home& home, const policy::PolicySource& source,
                              const std::optional<policy::ProjectSource>& project) {
  CacheUse use = CacheUse::kHit;
  const auto read = [&](std::string_view text, const Digest& digest) -> Result<policy::Document> {
    if (auto known = recall(home, digest)) return *std::move(known);
    use = CacheUse::kMiss;
    const codec::Json json = BAILEY_TRY(policy::parse_text(text));
    auto document = BAILEY_TRY(policy::read_document(json));
    remember(home, json, digest);
    return document;
  };
  auto policy = BAILEY_TRY(policy::CompiledPolicy::from_chain(source, project, read));
  return CachedPolicy{std::move(policy), use};
}

}  // namespace bailey::store
