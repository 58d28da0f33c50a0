#include "gate/gate.h"

#include <algorithm>

#include "codec/text.h"
#include "gate/hints.h"
#include "gate/process_arguments.h"
#include "model/process_run.h"

namespace bailey::gate {
namespace {

using model::Decision;
using model::Judgement;
using model::Level;
using model::Reason;

constexpr std::string_view kLocalCapabilities[] = {model::kProcessRun};

// Collects reasons in the order of precedence; the first that does not allow decides.
class Findings {
 public:
  void add(Reason reason) { reasons_.push_back(std::move(reason)); }
  void deny(std::string code, std::string text, std::string hint = {}, std::string rule = {}) {
    add({std::move(code), Decision::kDeny, std::move(text), std::move(rule), std::move(hint)});
  }
  [[nodiscard]] bool denies() const {
    return std::any_of(reasons_.begin(), reasons_.end(),
                       [](const Reason& r) { return r.decision == Decision::kDeny; });
  }
  void conclude(Judgement& judgement) && {
    judgement.decision = reasons_.empty() ? Decision::kDeny : Decision::kAllow;
    for (const auto& reason : reasons_) {
      if (reason.decision == Decision::kDeny) judgement.decision = Decision::kDeny;
      if (reason.decision == Decision::kAsk && judgement.decision == Decision::kAllow)
        judgement.decision = Decision::kAsk;
    }
    // The deciding reason first, the others in their order behind it.
    std::stable_partition(reasons_.begin(), reasons_.end(),
                          [&](const Reason& r) { return r.decision == judgement.decision; });
    judgement.reasons = std::move(reasons_);
  }

 private:
  std::vector<Reason> reasons_;
};

const Level* granted_level(const policy::Levels& levels, const std::string& kind) {
  for (const auto& [name, level] : levels.actions)
    if (name == kind) return &level;
  return nullptr;
}

bool holds(const Inputs& inputs, const std::string& kind) {
  const bool local = std::find(std::begin(kLocalCapabilities), std::end(kLocalCapabilities),
                               kind) != std::end(kLocalCapabilities);
  const bool granted = granted_level(inputs.policy.policy().levels, kind) != nullptr;
  if (!local && !granted) return false;
  if (!inputs.capabilities) return true;
  return std::find(inputs.capabilities->begin(), inputs.capabilities->end(), kind) !=
         inputs.capabilities->end();
}

void lower(model::Limits& limits, const model::Limits& requested) {
  for (std::size_t i = 0; i < model::kLimitKinds; ++i) {
    if (!requested.value[i]) continue;
    limits.value[i] =
        limits.value[i] ? std::min(*limits.value[i], *requested.value[i]) : *requested.value[i];
  }
}

std::string level_text(Level level) {
  return std::to_string(number(level)) + " (" + std::string(name(level)) + ")";
}

// "'push'", or "'push' of the project's policy".
std::string rule_text(const policy::CommandRule& rule, const policy::Policy& policy) {
  const bool project = rule.origin.document < policy.documents.size() &&
                       policy.documents[rule.origin.document].role == policy::Role::kProject;
  return "'" + rule.id + (project ? "' of the project's policy" : "'");
}

std::string because(const policy::CommandRule& rule) {
  return rule.reason.empty() ? "" : ": " + rule.reason;
}

// `demands`: the rule that asks for more than the action does, or null.
void add_level_reason(Findings& findings, const Judgement& judgement, const model::Caller& caller,
                      const Inputs& inputs, const std::string& what, bool attainable,
                      const policy::CommandRule* demands = nullptr, const std::string& more = {}) {
  if (attainable && judgement.level >= judgement.required) return;
  std::string hint;
  if (!attainable || inputs.matrix.clamp(Level::kRoot) < judgement.required) {
    hint = "the level matrix of this home gives no level that right; mend or remove levels.yaml";
  } else if (inputs.level.unreadable) {
    hint = "the stored level cannot be read; set it anew with 'bailey level set 30 --for 1h'";
  } else {
    hint = level_hint(judgement.required, caller.ceiling(), inputs.policy.policy().levels);
    if (!more.empty()) hint = more + "; or " + hint;
  }
  std::string by;
  if (demands != nullptr)
    by = " by rule " + rule_text(*demands, inputs.policy.policy()) + because(*demands);
  findings.deny("level.too_low",
                what + " needs level " + level_text(judgement.required) + by +
                    "; this session is at " + level_text(judgement.level),
                std::move(hint), demands == nullptr ? "" : demands->id);
}

// An ask, or what a person already said about it.
Reason ask_reason(const model::Caller& caller, const Inputs& inputs, const std::string& rule,
                  std::string text, Judgement& judgement) {
  auto found = inputs.approvals.find(caller.request().action().digest(), inputs.policy.digest());
  if (!found)
    return {"approval.unreadable", Decision::kDeny, "the stored answer to this ask cannot be read",
            rule, "look at it with 'bailey approve list'"};
  if (!*found)
    return {"policy.ask", Decision::kAsk, std::move(text), rule,
            judgement.approvals_by == "self" ? "answer at the terminal"
                                             : "somebody else answers with 'bailey approve'"};
  const Approval& approval = **found;
  if (approval.answer == Answer::kDenied)
    return {"approval.denied", Decision::kDeny,
            codec::for_terminal(approval.by, 100) + " said no to this", rule,
            "talk to whoever said no; the answer counts until it expires"};
  judgement.approval = approval.id;
  return {"approval.granted", Decision::kAllow,
          codec::for_terminal(approval.by, 100) + " said yes to exactly this", rule};
}

void judge_process(const model::Caller& caller, const Inputs& inputs, Findings& findings,
                   Judgement& judgement) {
  const auto arguments = process_arguments(caller.request().action());
  if (!arguments) {
    findings.deny(std::string(arguments.error().code), arguments.error().message);
    return;
  }
  lower(judgement.limits, arguments->requested);
  const policy::Command command{arguments->argv, arguments->found, arguments->real, inputs.home,
                                arguments->workspace};
  const auto decided = inputs.policy.decide(command);
  const std::string program = program_name(*arguments);

  const auto least =
      inputs.matrix.least_for(decided.unjudged_shell ? Ability::kShell : Ability::kFilesWrite);
  judgement.required = least.value_or(Level::kRoot);
  if (const auto* level = granted_level(inputs.policy.policy().levels, model::kProcessRun))
    judgement.required = std::max(judgement.required, *level);
  const policy::CommandRule* demands = nullptr;
  if (decided.level && *decided.level > judgement.required) {
    judgement.required = *decided.level;
    demands = decided.level_rule;
  }

  const auto& policy = inputs.policy.policy();
  if (decided.rule != nullptr && decided.decision == Decision::kDeny) {
    const std::string rule = rule_text(*decided.rule, policy);
    findings.deny("policy.rule", "rule " + rule + " denies " + program + because(*decided.rule),
                  "rule " + rule + " would have to change", decided.rule->id);
  }
  if (!holds(inputs, model::kProcessRun))
    findings.deny("capability.missing", "this session may not run programs",
                  "it would need the capability process.run");
  add_level_reason(
      findings, judgement, caller, inputs,
      decided.unjudged_shell ? "running an unjudged shell (" + program + ")" : "running " + program,
      least.has_value(), demands,
      decided.unjudged_shell ? shell_rule_hint(*arguments) : std::string{});
  if (decided.outside != nullptr) {
    const auto& document = policy.documents[decided.outside->origin.document];
    const bool project = document.role == policy::Role::kProject;
    findings.deny("policy.no_match",
                  (project ? "the project's policy narrows yours, and no rule of it allows "
                           : "no rule that narrows the policy allows ") +
                      program,
                  (project ? "in the project's policy, " : "in the narrowing policy, ") +
                      rule_hint(*arguments));
    return;
  }
  if (decided.rule == nullptr) {
    findings.deny("policy.no_match", "no rule of the policy allows " + program,
                  decided.unjudged_shell ? shell_rule_hint(*arguments) : rule_hint(*arguments));
    return;
  }
  if (decided.decision == Decision::kDeny || findings.denies()) return;
  if (decided.decision == Decision::kAsk) {
    findings.add(ask_reason(caller, inputs, decided.rule->id,
                            "rule " + rule_text(*decided.rule, policy) + " asks a person before " +
                                program + " runs" + because(*decided.rule),
                            judgement));
    return;
  }
  findings.add({"policy.rule", Decision::kAllow,
                "rule " + rule_text(*decided.rule, policy) + " allows " + program,
                decided.rule->id});
}

// A kind that this build does not know: level 40, and the policy must name it.
void judge_unknown(const model::Caller& caller, const Inputs& inputs, Findings& findings,
                   Judgement& judgement) {
  const std::string& kind = caller.request().action().kind();
  judgement.required = Level::kRoot;
  const bool held = holds(inputs, kind);
  if (!held)
    findings.deny("capability.missing", "nothing grants the action " + kind,
                  "the policy would have to name it under levels.actions");
  add_level_reason(findings, judgement, caller, inputs, "the action " + kind, true);
  if (held && !findings.denies())
    findings.add({"capability.granted", Decision::kAllow,
                  "the policy grants the action " + kind + " by name", ""});
}

}  // namespace

model::Verdict Gate::judge(model::Caller&& caller, const Inputs& inputs) const {
  const policy::Policy& policy = inputs.policy.policy();
  Judgement judgement;
  judgement.level =
      inputs.matrix.clamp(session_level(inputs.level, policy.levels, caller.ceiling(), clock_));
  judgement.policy_name = policy.name;
  judgement.policy_digest = inputs.policy.digest();
  judgement.project_digest = inputs.policy.project();
  judgement.kill_epoch = inputs.kill.epoch;
  judgement.limits = policy.limits;
  judgement.degradations = policy.degradations;
  const auto approvals = policy.approvals.value_or(policy::Approvals{});
  judgement.approvals_by = approvals.by;
  judgement.approval_timeout_ns = approvals.timeout_ns;

  Findings findings;
  if (inputs.kill.halted) {
    judgement.halted = true;
    findings.deny("kill.active",
                  "the kill switch is on (" + std::string(name(inputs.kill.source)) + ")",
                  inputs.kill.source == KillSource::kEnvironment
                      ? "unset BAILEY_ENABLE, then lift it with 'bailey kill off'"
                      : "see 'bailey kill status'; a person lifts it with 'bailey kill off'");
  }
  if (const auto enforceable = inputs.policy.require_enforceable(); !enforceable)
    findings.deny(std::string(enforceable.error().code), enforceable.error().message,
                  enforceable.error().hint);
  if (caller.request().action().kind() == model::kProcessRun) {
    judge_process(caller, inputs, findings, judgement);
  } else {
    judge_unknown(caller, inputs, findings, judgement);
  }
  if (inputs.level.stored && judgement.required > policy.levels.start &&
      is_in_force(*inputs.level.stored, clock_))
    judgement.level_until_ns = end_of(*inputs.level.stored, clock_).ns;
  std::move(findings).conclude(judgement);
  return model::Verdict(PassKey<Gate>(), std::move(caller), std::move(judgement));
}

}  // namespace bailey::gate
