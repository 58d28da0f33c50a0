#include "policy/compiled_policy.h"

#include "codec/text.h"
#include "crypto/hash.h"

namespace bailey::policy {
namespace {

constexpr int kCacheVersion = 1;

std::unexpected<Error> stale() { return fail("policy.cache", "the cached policy cannot be used"); }

}  // namespace

Result<CompiledPolicy> CompiledPolicy::compile(Policy policy, const Digest& digest) {
  auto table = BAILEY_TRY(CommandTable::create(policy.commands, policy.files.write));
  return CompiledPolicy(std::move(policy), std::move(table), digest);
}

Result<CompiledPolicy> CompiledPolicy::from_source(std::string_view text) {
  auto policy = BAILEY_TRY(parse_policy(text));
  return compile(std::move(policy), crypto::sha256(as_bytes(text)));
}

Status CompiledPolicy::require_enforceable() const {
  if (policy_.not_enforced.empty()) return {};
  const auto& first = policy_.not_enforced.front();
  return fail(
      "policy.section_not_enforced",
      "policy: '" + first.section + "' is not enforced by this build" + codec::at_mark(first.mark),
      "remove the section; a rule that is not enforced would protect nobody");
}

Result<std::string> CompiledPolicy::serialise() const {
  BAILEY_TRY(require_enforceable());
  codec::Json whole{codec::Json::Object{}};
  whole.set("v", kCacheVersion);
  whole.set("source", codec::to_hex(digest_));
  whole.set("policy", to_json(policy_));
  return codec::canonical_json(whole);
}

Result<CompiledPolicy> CompiledPolicy::deserialise(std::string_view text, const Digest& source) {
  codec::JsonLimits limits;
  limits.max_bytes = 2 * kMaxPolicyBytes;
  limits.max_depth = 16;
  const auto whole = codec::parse_json(text, limits);
  if (!whole || !whole->is_object() || whole->as_object().size() != 3) return stale();
  const auto* version = whole->find("v");
  const auto* name = whole->find("source");
  const auto* body = whole->find("policy");
  if (version == nullptr || name == nullptr || body == nullptr) return stale();
  if (!version->is_int() || version->as_int() != kCacheVersion) return stale();
  if (!name->is_string() || name->as_string() != codec::to_hex(source)) return stale();
  auto policy = read_policy(*body);
  if (!policy || !policy->not_enforced.empty()) return stale();
  auto compiled = compile(*std::move(policy), source);
  if (!compiled) return stale();
  return compiled;
}

}  // namespace bailey::policy
