// PolicyChanges: the narrowest change to a policy after which a command would be allowed.
//
// Each step is tried: the documents are put together again with it, the gate is asked again,
// and what is still in the way is the next step. So nothing is proposed that does not work,
// and where a parent holds on to something, the place that would have to change is named.
// A proposed rule matches exactly one command, word for word. One thread.
//
// Does not protect: that a command could be allowed does not say that it should be.
#pragma once

#include <string>
#include <vector>

#include "cli/policy_question.h"

namespace bailey::cli {

struct PolicyChange {
  enum class Kind {
    kAddRule,     // `text` into `where`, under commands
    kChangeRule,  // the rule at `where` would have to change; `text` says how
    kSetMax,      // `text` into `where`
    kAddRead,     // the path `text` into `where`, under files.read
    kAddWrite,    // the same under files.write
    kType,        // a command for a person to type
    kRemove,      // a section at `where`
    kOther,       // said in words
  };
  Kind kind = Kind::kOther;
  std::string where;
  std::string text;
};

[[nodiscard]] std::string_view name(PolicyChange::Kind kind) noexcept;  // "add_rule"

struct PolicyChanges {
  std::vector<PolicyChange> steps;
  // With all steps done: what the gate says then. Deny: this is not enough.
  model::Decision after = model::Decision::kDeny;
  std::string left;     // why not, when it is still denied
  std::string warning;  // what to know before doing it
};

[[nodiscard]] PolicyChanges narrowest_changes(Outside& outside, const PolicyScene& scene,
                                              const RunPlan& plan,
                                              const model::Judgement& judgement);

// After which the file could be used so: an entry of `files` for it, tried like the above.
[[nodiscard]] PolicyChanges narrowest_changes(Outside& outside, const PolicyScene& scene,
                                              const FileAnswer& answer, policy::FileUse use);

// The document that a person would edit: the policy itself, not a project's, not a parent.
[[nodiscard]] std::size_t main_document(const policy::Policy& policy);

// "{id: allow-git, decision: allow, argv: ["git", "status"]}" with the words as they are, or
// the error that a policy gives to such words.
[[nodiscard]] Result<std::string> rule_text(const policy::CommandRule& rule);
// `word` as a pattern that matches nothing else.
[[nodiscard]] std::string literal_pattern(std::string_view word);
// The program at `found` as a rule names it: a system program by its name, any other by its
// place.
[[nodiscard]] std::string program_pattern(const std::string& found, const std::string& workspace,
                                          const std::string& home);
// YAML in double quotes.
[[nodiscard]] std::string quoted(std::string_view text);

}  // namespace bailey::cli
