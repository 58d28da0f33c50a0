// CompiledPolicy: a policy ready to decide.
//
// compile() checks that every rule can decide something. Rules below final `commands` are
// tables of their own, looked at after the rest has decided: they take away only.
// Immutable; share by shared_ptr<const>; any thread.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "policy/chain.h"
#include "policy/command_table.h"
#include "policy/policy.h"

namespace bailey::policy {

class CompiledPolicy {
 public:
  // From one text, which may extend built-in policies only. Errors: those of
  // parse_policy, policy.never_matches.
  [[nodiscard]] static Result<CompiledPolicy> from_source(std::string_view text);
  // From a policy with its parents, and a project's. Errors: also those of read_chain and
  // Merge.
  [[nodiscard]] static Result<CompiledPolicy> from_chain(
      const PolicySource& source, const std::optional<ProjectSource>& project,
      const ReadDocument& read);
  // From a policy that was put together already, known by `digest`.
  [[nodiscard]] static Result<CompiledPolicy> compile(Policy policy, const Digest& digest);

  [[nodiscard]] const Policy& policy() const noexcept { return policy_; }
  // spec/policy.md, "Digest": the name under which this policy is known.
  [[nodiscard]] const Digest& digest() const noexcept { return digest_; }
  // SHA-256 of the project's document, when there is one.
  [[nodiscard]] const std::optional<Digest>& project() const noexcept { return project_; }
  [[nodiscard]] CommandDecision decide(const Command& command) const;
  // command_table.h says what these two do.
  [[nodiscard]] CommandDecision decide(const PartialCommand& command) const;
  [[nodiscard]] CommandDecision decide_builtin(std::span<const shell::FactWord> argv) const;
  // Does the name of the program at `found` count for `allow`?
  [[nodiscard]] bool is_trusted_program(std::string_view found,
                                        std::string_view workspace) const noexcept {
    return table_.is_trusted_program(found, workspace);
  }
  // Every rule that matches, the deciding one among them: of the policy in its order, then
  // of each narrowing section.
  [[nodiscard]] std::vector<const CommandRule*> matching(const Command& command) const;
  // What a run asks first. Errors: policy.section_not_enforced with line and column.
  [[nodiscard]] Status require_enforceable() const;
  // The paths of the files that it was read from, relative to the policy's folder.
  [[nodiscard]] const std::vector<std::string>& files() const noexcept { return files_; }

 private:
  CompiledPolicy(Policy policy, CommandTable table, Digest digest)
      : policy_(std::move(policy)), table_(std::move(table)), digest_(digest) {}

  // `decide_by`: what one table says.
  template <class Decide>
  [[nodiscard]] CommandDecision decide_by_all(Decide decide_by) const;

  Policy policy_;
  CommandTable table_;
  std::vector<CommandTable> narrowing_;  // one a section of policy_.narrowing
  Digest digest_;
  std::optional<Digest> project_;
  std::vector<std::string> files_;
};

}  // namespace bailey::policy
