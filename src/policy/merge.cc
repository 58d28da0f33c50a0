#include "policy/merge.h"

#include <algorithm>
#include <unordered_map>

#include "policy/covers.h"
#include "policy/shell.h"
#include "policy/units.h"

namespace bailey::policy {
namespace {

using model::Decision;
using model::Level;
using model::LimitKind;

std::string text(Level level) { return std::to_string(number(level)); }

bool lists(const std::vector<Listed>& list, std::string_view wanted) {
  return std::any_of(list.begin(), list.end(),
                     [&](const Listed& item) { return item.text == wanted; });
}

std::string rule_text(const CommandRule& rule) { return "commands: rule '" + rule.id + "'"; }

}  // namespace

Origin Merge::here(codec::Mark mark) const noexcept { return {document_, mark}; }

const Merge::Final& Merge::final_of(Section section) const noexcept {
  return final_[static_cast<std::size_t>(section)];
}

std::unexpected<Error> Merge::widens(const std::string& what, Origin own,
                                     const std::string& against, Origin above,
                                     const std::string& how) const {
  return fail("policy.widens",
              "policy: " + what + " at " + place(policy_.documents, own) +
                  (how.empty() ? "" : " " + how + " and") + " widens what is final: " + against +
                  " at " + place(policy_.documents, above),
              policy_.documents[own.document].role == Role::kProject
                  ? "a project's policy can only narrow what your own grants"
                  : "only narrow it here, or change the document that made it final");
}

Status Merge::apply(Document document, DocumentInfo info) {
  document_ = static_cast<std::uint32_t>(policy_.documents.size());
  const bool project = info.role == Role::kProject;
  policy_.documents.push_back(std::move(info));
  if (project) {
    BAILEY_TRY(check_project(document));
    // Where nothing else is known, the document above that grants is to be looked at.
    const Origin above{document_ == 0 ? 0 : document_ - 1, {1, 1}};
    for (auto& section : final_)
      if (!section) section = above;
  }
  if (!project) policy_.name = document.name;
  BAILEY_TRY(apply_levels(document));
  BAILEY_TRY(apply_files(document));
  BAILEY_TRY(apply_environment(document));
  BAILEY_TRY(apply_commands(document));
  BAILEY_TRY(apply_limits(document));
  BAILEY_TRY(apply_approvals(document));
  BAILEY_TRY(apply_degradations(document));
  for (const auto& section : document.not_enforced)
    policy_.not_enforced.push_back({section.value, here(section.mark)});
  make_final(document);
  return {};
}

Status Merge::check_project(const Document& document) const {
  const auto refuse = [&](std::string_view section, codec::Mark mark, std::string why) -> Status {
    return fail("policy.project",
                "policy: a project's policy has no '" + std::string(section) + "' at " +
                    place(policy_.documents, here(mark)) + ": " + std::move(why),
                "remove the section");
  };
  if (document.extends)
    return refuse("extends", document.extends->mark, "it stands on the policy of whoever runs it");
  if (document.final_at) return refuse("final", *document.final_at, "nothing extends it");
  if (document.levels_at)
    return refuse("levels", *document.levels_at, "files of a workspace never configure the gate");
  if (document.approvals)
    return refuse("approvals", document.approvals->mark,
                  "files of a workspace never configure the gate");
  return {};
}

// --- levels ------------------------------------------------------------------------------

Status Merge::apply_levels(const Document& document) {
  const Final& final = final_of(Section::kLevels);
  if (document.start) {
    if (final && document.start->value > start_->value)
      return widens("levels.start: " + text(document.start->value), here(document.start->mark),
                    text(start_->value), start_->origin);
    start_ = {document.start->value, here(document.start->mark)};
  }
  if (document.max) {
    if (final && document.max->value > max_->value)
      return widens("levels.max: " + text(document.max->value), here(document.max->mark),
                    text(max_->value), max_->origin);
    max_ = {document.max->value, here(document.max->mark)};
  }
  if (start_ && max_ && max_->value < start_->value)
    return fail("policy.level", "policy: levels.start: " + text(start_->value) + " at " +
                                    place(policy_.documents, start_->origin) +
                                    " is above levels.max: " + text(max_->value) + " at " +
                                    place(policy_.documents, max_->origin));
  for (const auto& [kind, said] : document.actions) {
    const auto known = std::find_if(actions_.begin(), actions_.end(),
                                    [&](const auto& action) { return action.first == kind; });
    const Placed<Level> placed{said.value, here(said.mark)};
    if (known == actions_.end()) {
      if (final) return widens("levels.actions: '" + kind + "'", placed.origin, "levels", *final);
      actions_.emplace_back(kind, placed);
      continue;
    }
    if (final && said.value < known->second.value)
      return widens("levels.actions: '" + kind + "' of " + text(said.value), placed.origin,
                    text(known->second.value), known->second.origin);
    known->second = placed;
  }
  return {};
}

// --- files -------------------------------------------------------------------------------

// `section` is where the list was last said.
Status Merge::apply_list(std::string_view name, const std::optional<SaidList>& said,
                         std::vector<Listed>& out, Origin& section) {
  if (!said) return {};
  const Final& final = final_of(Section::kFiles);
  const Origin above = section.mark.line != 0 || !final ? section : *final;
  if (!said->empty()) section = here(said->front().mark);
  if (!final || name == "hide") {
    for (const auto& item : *said)
      if (!lists(out, item.value)) out.push_back({item.value, here(item.mark)});
    if (out.size() <= kMaxPaths) return {};
    return fail("policy.too_many", "policy: files." + std::string(name) +
                                       ": over 4,096 paths with those of the parents");
  }
  std::vector<Listed> remaining;
  for (const auto& item : *said) {
    if (std::none_of(out.begin(), out.end(),
                     [&](const Listed& one) { return covers_place(one.text, item.value); }))
      return widens("files." + std::string(name) + ": '" + item.value + "'", here(item.mark),
                    "the list", above);
    remaining.push_back({item.value, here(item.mark)});
  }
  out = std::move(remaining);
  return {};
}

// An ask takes a yes away where there was one; below final `files` it may stand nowhere else.
Status Merge::apply_asks(const Document& document, const Files& above) {
  if (!document.ask) return {};
  const Final& final = final_of(Section::kFiles);
  for (AskRule rule : document.ask->value) {
    rule.place.origin = here(rule.place.origin.mark);
    for (const auto& old : policy_.files.ask)
      if (old.id == rule.id)
        return fail("policy.rule",
                    "policy: files.ask: rule '" + rule.id + "' at " +
                        place(policy_.documents, rule.place.origin) + " has the id of one at " +
                        place(policy_.documents, old.place.origin),
                    "give it another id");
    const std::string& wanted = rule.place.text;
    const auto covered = [&](const Listed& one) { return covers_place(one.text, wanted); };
    const bool in_workspace = !wanted.starts_with('/') && !wanted.starts_with('~');
    const bool granted = in_workspace ||
                         std::any_of(above.read.begin(), above.read.end(), covered) ||
                         std::any_of(above.write.begin(), above.write.end(), covered) ||
                         std::any_of(above.ask.begin(), above.ask.end(),
                                     [&](const AskRule& one) { return covered(one.place); });
    if (final && !granted)
      return widens("files.ask: '" + wanted + "'", rule.place.origin, "the lists",
                    read_at_.mark.line != 0 ? read_at_ : *final);
    policy_.files.ask.push_back(std::move(rule));
  }
  if (policy_.files.ask.size() <= kMaxAsks) return {};
  return fail("policy.too_many", "policy: files.ask: over 64 rules with those of the parents");
}

Status Merge::apply_files(const Document& document) {
  const Files above = document.ask ? policy_.files : Files{};
  BAILEY_TRY(apply_list("read", document.read, policy_.files.read, read_at_));
  BAILEY_TRY(apply_list("write", document.write, policy_.files.write, write_at_));
  BAILEY_TRY(apply_list("hide", document.hide, policy_.files.hide, hide_at_));
  return apply_asks(document, above);
}

// --- environment -------------------------------------------------------------------------

Status Merge::narrow_environment(const Document& document) {
  const Origin final = *final_of(Section::kEnvironment);
  auto& [pass, set] = policy_.environment;
  for (const auto& [name, value] : document.set) {
    const auto same =
        std::find_if(set.begin(), set.end(), [&](const Variable& one) { return one.name == name; });
    if (same == set.end())
      return widens("environment.set: '" + name + "'", here(value.mark), "the variables", final);
    if (same->value != value.value)
      return widens("environment.set: '" + name + "'", here(value.mark), "another value",
                    same->origin);
  }
  if (!document.pass) return {};
  std::vector<Listed> remaining;
  for (const auto& item : *document.pass) {
    if (!lists(pass, item.value))
      return widens("environment.pass: '" + item.value + "'", here(item.mark), "the variables",
                    pass_at_.mark.line != 0 ? pass_at_ : final);
    remaining.push_back({item.value, here(item.mark)});
  }
  pass = std::move(remaining);
  return {};
}

Status Merge::apply_environment(const Document& document) {
  if (final_of(Section::kEnvironment)) return narrow_environment(document);
  auto& [pass, set] = policy_.environment;
  const auto forget = [&](const std::string& name) {
    std::erase_if(pass, [&](const Listed& one) { return one.text == name; });
    std::erase_if(set, [&](const Variable& one) { return one.name == name; });
  };
  if (document.pass) {
    for (const auto& item : *document.pass) {
      forget(item.value);
      pass.push_back({item.value, here(item.mark)});
    }
    if (!document.pass->empty()) pass_at_ = here(document.pass->front().mark);
  }
  for (const auto& [name, value] : document.set) {
    forget(name);
    set.push_back({name, value.value, here(value.mark)});
  }
  std::sort(set.begin(), set.end(),
            [](const Variable& a, const Variable& b) { return a.name < b.name; });
  return {};
}

// --- commands ----------------------------------------------------------------------------

// May `rule` stand where the final rule `old` stood?
Status Merge::narrow_rule(const CommandRule& old, CommandRule& rule) const {
  const auto refuse = [&](const std::string& why) {
    return widens(rule_text(rule), rule.origin, "rule '" + old.id + "'", old.origin, why);
  };
  if (strength(rule.decision) < strength(old.decision))
    return refuse("says " + std::string(name(rule.decision)) + " instead of " +
                  std::string(name(old.decision)));
  const bool same = covers(old.argv, rule.argv) && covers(rule.argv, old.argv);
  if (old.decision != Decision::kAllow && !covers(rule.argv, old.argv))
    return refuse("no longer takes all that it took");
  // A level holds whatever else allows the command; a denial must take its place whole.
  if (old.level && rule.decision == Decision::kDeny && !covers(rule.argv, old.argv))
    return refuse("needs its level for fewer commands");
  if (rule.decision == Decision::kDeny) return {};
  if (old.decision == Decision::kAllow && !covers(old.argv, rule.argv))
    return refuse("takes more than it took");
  // An ask grants too: below final commands it may not grant what nothing granted.
  if (old.decision == Decision::kAsk && final_of(Section::kCommands) && !same)
    return refuse("takes more than it took");
  if (old.level) {
    if (!rule.level || *rule.level < *old.level) return refuse("needs a lower level");
    if (!same) return refuse("needs its level for fewer commands");
  }
  rule.finality = Finality::kFinal;
  rule.trusted_names_only = old.trusted_names_only ||
                            (old.decision == Decision::kAllow && rule.decision == Decision::kAsk);
  rule.judges_no_text = old.judges_no_text || !fixes_shell_text(old.argv);
  return {};
}

// A list of allows below final commands: each is part of what was granted.
Status Merge::narrow_list(NarrowingRules narrowing) {
  for (const auto& rule : narrowing.rules) {
    if (rule.decision != Decision::kAllow) continue;
    const auto granted = [&](const CommandRule& one) {
      return one.decision != Decision::kDeny && covers(one.argv, rule.argv);
    };
    if (std::none_of(policy_.commands.begin(), policy_.commands.end(), granted))
      return widens(rule_text(rule), rule.origin, "commands",
                    commands_at_.mark.line != 0 ? commands_at_ : *final_of(Section::kCommands),
                    "allows what no rule above grants whole");
  }
  for (const auto& above : policy_.narrowing) {
    if (!above.is_list) continue;
    for (const auto& rule : narrowing.rules) {
      if (rule.decision != Decision::kAllow) continue;
      if (std::none_of(above.rules.begin(), above.rules.end(), [&](const CommandRule& one) {
            return one.decision != Decision::kDeny && covers(one.argv, rule.argv);
          }))
        return widens(rule_text(rule), rule.origin, "commands", above.origin,
                      "allows what no rule above grants whole");
    }
  }
  rules_ += narrowing.rules.size();
  policy_.narrowing.push_back(std::move(narrowing));
  return {};
}

Status Merge::apply_commands(Document& document) {
  if (!document.commands) return {};
  const bool narrows = final_of(Section::kCommands).has_value();
  std::unordered_map<std::string, CommandRule*> known;
  for (auto& rule : policy_.commands) known.emplace(rule.id, &rule);
  for (auto& narrowing : policy_.narrowing)
    for (auto& rule : narrowing.rules) known.emplace(rule.id, &rule);
  std::vector<CommandRule> added;
  NarrowingRules narrowing;
  narrowing.origin = here(document.commands->mark);
  narrowing.is_list = document.commands->value.empty();
  for (auto& rule : document.commands->value) {
    rule.origin.document = document_;
    const auto old = known.find(rule.id);
    if (old == known.end()) {
      narrowing.is_list = narrowing.is_list || rule.decision == Decision::kAllow;
      (narrows ? narrowing.rules : added).push_back(std::move(rule));
      continue;
    }
    if (narrows || old->second->finality == Finality::kFinal)
      BAILEY_TRY(narrow_rule(*old->second, rule));
    *old->second = std::move(rule);
  }
  std::move(added.begin(), added.end(), std::back_inserter(policy_.commands));
  if (narrows && (narrowing.is_list || !narrowing.rules.empty()))
    BAILEY_TRY(narrow_list(std::move(narrowing)));
  if (!narrows) commands_at_ = here(document.commands->mark);
  if (policy_.commands.size() + rules_ > kMaxRules)
    return fail("policy.too_many", "policy: commands: over 10,000 rules with those of the parents",
                "join rules with '*' and '**'");
  return {};
}

// --- limits, approvals, degradations ---------------------------------------------------------

Status Merge::apply_limits(const Document& document) {
  for (std::size_t i = 0; i < model::kLimitKinds; ++i) {
    if (!document.limits[i]) continue;
    const auto kind = static_cast<LimitKind>(i);
    const auto& [value, mark] = *document.limits[i];
    auto& limit = policy_.limits.value[i];
    const bool final = final_of(Section::kLimits) || final_limits_[i];
    if (final && limit && value > *limit)
      return widens("limits." + std::string(limit_name(kind)) + ": " + format_limit(kind, value),
                    here(mark), format_limit(kind, *limit), policy_.limit_origins[i]);
    limit = value;
    policy_.limit_origins[i] = here(mark);
  }
  return {};
}

Status Merge::apply_approvals(const Document& document) {
  if (!document.approvals) return {};
  const Origin own = here(document.approvals->mark);
  const Approvals& said = document.approvals->value;
  if (const Final& final = final_of(Section::kApprovals)) {
    const Approvals old = policy_.approvals.value_or(Approvals{});
    const Origin above = policy_.approvals ? approvals_at_ : *final;
    if (said.by == "self" && old.by != "self")
      return widens("approvals.by: self", own, "'" + old.by + "'", above);
    if (said.timeout_ns > old.timeout_ns)
      return widens("approvals.timeout: " + format_duration(said.timeout_ns), own,
                    format_duration(old.timeout_ns), above);
  }
  policy_.approvals = said;
  approvals_at_ = own;
  return {};
}

Status Merge::apply_degradations(const Document& document) {
  if (!document.degradations) return {};
  const auto& [said, mark] = *document.degradations;
  if (const Final& final = final_of(Section::kDegradations)) {
    const auto& old = policy_.degradations;
    for (const auto& layer : said)
      if (std::find(old.begin(), old.end(), layer) == old.end())
        return widens("degradations: '" + layer + "'", here(mark), "the layers",
                      degradations_at_.mark.line != 0 ? degradations_at_ : *final);
  }
  policy_.degradations = said;
  degradations_at_ = here(mark);
  return {};
}

void Merge::make_final(const Document& document) {
  const Finals& said = document.finals;
  for (std::size_t i = 0; i < kSections; ++i)
    if (said.sections[i] && !final_[i]) final_[i] = here(*said.sections[i]);
  for (std::size_t i = 0; i < model::kLimitKinds; ++i)
    if (said.limits[i] && !final_limits_[i]) final_limits_[i] = here(*said.limits[i]);
  if (const Final& final = final_of(Section::kLevels)) {
    // From here on they are compared, so they have to be there.
    const Levels defaults;
    if (!start_) start_ = {defaults.start, *final};
    if (!max_) max_ = {start_->value, *final};
  }
}

Result<Policy> Merge::finish() && {
  if (start_) policy_.levels.start = start_->value;
  policy_.levels.max = max_ ? max_->value : policy_.levels.start;
  if (policy_.levels.max < policy_.levels.start)
    return fail("policy.level", "policy: levels.max: " + text(policy_.levels.max) + " at " +
                                    place(policy_.documents, max_->origin) +
                                    " is below levels.start");
  std::sort(actions_.begin(), actions_.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  for (const auto& [kind, level] : actions_) policy_.levels.actions.emplace_back(kind, level.value);
  return std::move(policy_);
}

}  // namespace bailey::policy
