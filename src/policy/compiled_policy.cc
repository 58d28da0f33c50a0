#include "policy/compiled_policy.h"

#include <algorithm>

#include "policy/defaults.h"

namespace bailey::policy {

using model::Decision;

Result<CompiledPolicy> CompiledPolicy::compile(Policy policy, const Digest& digest) {
  auto table = BAILEY_TRY(CommandTable::create(policy.commands, policy));
  std::vector<CommandTable> narrowing;
  for (const auto& section : policy.narrowing)
    narrowing.push_back(BAILEY_TRY(CommandTable::create(section.rules, policy)));
  CompiledPolicy compiled(std::move(policy), std::move(table), digest);
  compiled.narrowing_ = std::move(narrowing);
  return compiled;
}

Result<CompiledPolicy> CompiledPolicy::from_source(std::string_view text) {
  return from_chain({"", std::string(text)}, std::nullopt, read_uncached);
}

Result<CompiledPolicy> CompiledPolicy::from_chain(const PolicySource& source,
                                                  const std::optional<ProjectSource>& project,
                                                  const ReadDocument& read) {
  auto chain = BAILEY_TRY(read_chain(source, read));
  std::optional<ReadText> last;
  if (project) last = BAILEY_TRY(read_project(*project, read));
  const Digest digest = chain_digest(chain, last);
  std::vector<std::string> files;
  for (const auto& each : chain)
    if (!each.path.empty() && !each.path.starts_with(kBuiltinPrefix)) files.push_back(each.path);
  std::optional<Digest> of_project;
  if (last) of_project = last->info.digest;
  auto policy = BAILEY_TRY(merge_chain(std::move(chain), std::move(last)));
  auto compiled = BAILEY_TRY(compile(std::move(policy), digest));
  compiled.project_ = of_project;
  compiled.files_ = std::move(files);
  return compiled;
}

template <class Decide>
CommandDecision CompiledPolicy::decide_by_all(Decide decide_by) const {
  CommandDecision decision = decide_by(table_, policy_.commands);
  for (std::size_t i = 0; i < narrowing_.size(); ++i) {
    const NarrowingRules& section = policy_.narrowing[i];
    const CommandDecision narrower = decide_by(narrowing_[i], section.rules);
    if (narrower.level && (!decision.level || *narrower.level > *decision.level)) {
      decision.level = narrower.level;
      decision.level_rule = narrower.level_rule;
    }
    if (decision.decision == Decision::kDeny) continue;
    if (narrower.rule == nullptr) {
      if (!section.is_list) continue;
      decision.rule = nullptr;
      decision.decision = Decision::kDeny;
      decision.outside = &section;
    } else if (narrower.decision == Decision::kDeny ||
               (narrower.decision == Decision::kAsk && decision.decision == Decision::kAllow)) {
      decision.rule = narrower.rule;
      decision.decision = narrower.decision;
    }
  }
  return decision;
}

CommandDecision CompiledPolicy::decide(const Command& command) const {
  return decide_by_all([&](const CommandTable& table, const std::vector<CommandRule>& rules) {
    return table.decide(rules, command);
  });
}

CommandDecision CompiledPolicy::decide(const PartialCommand& command) const {
  return decide_by_all([&](const CommandTable& table, const std::vector<CommandRule>& rules) {
    return table.decide(rules, command);
  });
}

CommandDecision CompiledPolicy::decide_builtin(std::span<const shell::FactWord> argv) const {
  CommandDecision decision = table_.decide_builtin(policy_.commands, argv);
  for (std::size_t i = 0; i < narrowing_.size(); ++i) {
    const auto narrower = narrowing_[i].decide_builtin(policy_.narrowing[i].rules, argv);
    const bool stronger =
        narrower.decision == Decision::kDeny ||
        (narrower.decision == Decision::kAsk && decision.decision == Decision::kAllow);
    if (decision.decision != Decision::kDeny && stronger) decision = narrower;
  }
  return decision;
}

std::vector<const CommandRule*> CompiledPolicy::matching(const Command& command) const {
  auto list = table_.matching(policy_.commands, command);
  for (std::size_t i = 0; i < narrowing_.size(); ++i)
    for (const auto* rule : narrowing_[i].matching(policy_.narrowing[i].rules, command))
      list.push_back(rule);
  return list;
}

Status CompiledPolicy::require_enforceable() const {
  if (policy_.not_enforced.empty()) return {};
  const auto& first = policy_.not_enforced.front();
  return fail("policy.section_not_enforced",
              "policy: '" + first.section + "' is not enforced by this build at " +
                  place(policy_.documents, first.origin),
              "remove the section; a rule that is not enforced would protect nobody");
}

}  // namespace bailey::policy
