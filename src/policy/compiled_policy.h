// CompiledPolicy: a policy ready to decide, and the form in which it is cached.
//
// compile() checks that every rule can decide something. The cached form is canonical
// JSON with a version and the digest of the source text; reading it goes through the
// same checks as the source, only without YAML. A policy with sections that are not
// enforced has no cached form. Immutable; share by shared_ptr<const>; any thread.
// Does not protect: the cache against whoever may write the home.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "policy/command_table.h"
#include "policy/policy.h"

namespace bailey::policy {

class CompiledPolicy {
 public:
  // From source text. Errors: those of parse_policy, policy.never_matches.
  [[nodiscard]] static Result<CompiledPolicy> from_source(std::string_view text);
  // From serialise(), for the source of that digest. Errors: policy.cache (anything
  // that is not as serialise() writes it; compile the source again).
  [[nodiscard]] static Result<CompiledPolicy> deserialise(std::string_view text,
                                                          const Digest& source);
  [[nodiscard]] Result<std::string> serialise() const;  // Errors: policy.section_not_enforced

  [[nodiscard]] const Policy& policy() const noexcept { return policy_; }
  // SHA-256 of the source text: the name under which this policy is known.
  [[nodiscard]] const Digest& digest() const noexcept { return digest_; }
  [[nodiscard]] CommandDecision decide(const Command& command) const {
    return table_.decide(policy_.commands, command);
  }
  // What a run asks first. Errors: policy.section_not_enforced with line and column.
  [[nodiscard]] Status require_enforceable() const;

 private:
  CompiledPolicy(Policy policy, CommandTable table, Digest digest)
      : policy_(std::move(policy)), table_(std::move(table)), digest_(digest) {}
  [[nodiscard]] static Result<CompiledPolicy> compile(Policy policy, const Digest& digest);

  Policy policy_;
  CommandTable table_;
  Digest digest_;
};

}  // namespace bailey::policy
