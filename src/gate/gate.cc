#include "gate/gate.h"

#include <algorithm>

#include "codec/text.h"
#include "gate/file_arguments.h"
#include "gate/hints.h"
#include "gate/part_words.h"
#include "gate/process_arguments.h"
#include "model/file_read.h"
#include "model/process_run.h"
#include "policy/line.h"

namespace bailey::gate {
namespace {

using model::Decision;
using model::Judgement;
using model::Level;
using model::Reason;

constexpr std::string_view kLocalCapabilities[] = {model::kProcessRun, model::kFileRead};

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

// "'shelf' of files.ask", or "'shelf' of files.ask of the project's policy".
std::string rule_text(const policy::AskRule& rule, const policy::Policy& policy) {
  const auto document = rule.place.origin.document;
  const bool project = document < policy.documents.size() &&
                       policy.documents[document].role == policy::Role::kProject;
  return "'" + rule.id + "' of files.ask" + (project ? " of the project's policy" : "");
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

// The deciding rule's sentence: what it says of `program`.
std::string rule_says(const policy::CommandRule& rule, const policy::Policy& policy,
                      std::string_view says, const std::string& program) {
  return "rule " + rule_text(rule, policy) + " " + std::string(says) + " " + program;
}

// The rule that would allow what nothing allows now.
std::string missing_rule_hint(const ProcessArguments& arguments, const policy::Judged& judged) {
  if (judged.part != nullptr && judged.part->exists) {
    const auto& line = *judged.line;
    for (std::size_t i = 0; i < line.segments.size(); ++i)
      if (&line.segments[i] == judged.part)
        return rule_hint(judged.part->program.found, arguments.workspace, line.facts.segments[i]);
  }
  return judged.whole.unjudged_shell ? shell_rule_hint(arguments) : rule_hint(arguments);
}

// Nothing allows the command, or a part of it.
void add_no_match(Findings& findings, const ProcessArguments& arguments,
                  const policy::Judged& judged, const policy::Policy& policy) {
  std::string program = program_name(arguments);
  if (judged.part != nullptr)
    program = part_name(*judged.line, *judged.part) + ", which " + program + " would start";
  const std::string hint = missing_rule_hint(arguments, judged);
  if (judged.outside == nullptr) {
    findings.deny("policy.no_match", "no rule of the policy allows " + program, hint);
    return;
  }
  const auto& document = policy.documents[judged.outside->origin.document];
  const bool project = document.role == policy::Role::kProject;
  findings.deny("policy.no_match",
                (project ? "the project's policy narrows yours, and no rule of it allows "
                         : "no rule that narrows the policy allows ") +
                    program,
                (project ? "in the project's policy, " : "in the narrowing policy, ") + hint);
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
  const auto judged = policy::judge(inputs.policy, command, inputs.surroundings);
  const std::string program = program_name(*arguments);
  const auto& policy = inputs.policy.policy();

  // What is known and not allowed in every part is denied below, unless the session may run
  // what nobody judged.
  const auto for_doubt = inputs.matrix.least_for(Ability::kShell);
  const bool missing = judged.doubt != policy::Doubt::kNone && judged.why == "policy.no_match" &&
                       (!for_doubt || judgement.level < *for_doubt);
  const bool doubtful = judged.doubt != policy::Doubt::kNone && !missing;
  const auto least = doubtful ? for_doubt : inputs.matrix.least_for(Ability::kFilesWrite);
  judgement.required = least.value_or(Level::kRoot);
  if (const auto* level = granted_level(policy.levels, model::kProcessRun))
    judgement.required = std::max(judgement.required, *level);
  const policy::CommandRule* demands = nullptr;
  if (judged.level && *judged.level > judgement.required) {
    judgement.required = *judged.level;
    demands = judged.level_rule;
  }

  const std::string what = judged.part == nullptr ? program
                                                  : part_name(*judged.line, *judged.part) +
                                                        ", which " + program + " would start";
  const bool denied = judged.decision == Decision::kDeny;
  if (denied && judged.rule != nullptr)
    findings.deny(
        "policy.rule", rule_says(*judged.rule, policy, "denies", what) + because(*judged.rule),
        "rule " + rule_text(*judged.rule, policy) + " would have to change", judged.rule->id);
  if (!holds(inputs, model::kProcessRun))
    findings.deny("capability.missing", "this session may not run programs",
                  "it would need the capability process.run");
  std::string ran = "running " + program;
  std::string more;
  if (doubtful) {
    const bool shell = judged.doubt == policy::Doubt::kShell;
    ran = std::string("running ") + (shell ? "an unjudged shell (" : "what nobody can judge (") +
          program + ": " + std::string(doubt_words(judged.why)) + ")";
    more =
        judged.why == "shell.unjudged.file" || judged.line == std::nullopt
            ? shell_rule_hint(*arguments)
            : "write it so that it can be read; 'bailey policy explain -- COMMAND' shows the part";
  }
  add_level_reason(findings, judgement, caller, inputs, ran, least.has_value(), demands, more);
  if (denied && judged.rule == nullptr && judged.why == "files.out_of_reach") {
    findings.deny("files.out_of_reach",
                  "a file that " + program + " would open (byte " +
                      std::to_string(offset_of(*judged.line, *judged.part)) +
                      " of the text) is out of its reach",
                  "'files: {write: [...]}' in the policy opens a place; 'bailey policy explain' "
                  "shows which file");
    return;
  }
  if ((denied && judged.rule == nullptr) || missing) {
    add_no_match(findings, *arguments, judged, policy);
    return;
  }
  if (denied || findings.denies()) return;
  if (judged.decision == Decision::kAsk) {
    findings.add(ask_reason(caller, inputs, judged.rule->id,
                            "rule " + rule_text(*judged.rule, policy) + " asks a person before " +
                                what + " runs" + because(*judged.rule),
                            judgement));
    return;
  }
  if (judged.rule == nullptr) {
    findings.add({"policy.rule", Decision::kAllow,
                  "nothing that " + program + " would start needs a rule", ""});
    return;
  }
  findings.add({"policy.rule", Decision::kAllow, rule_says(*judged.rule, policy, "allows", what),
                judged.rule->id});
}

// A file for a program that waits: given only where a rule asks, for the name that was claimed
// and for the file that it really is, and hidden by nothing.
void judge_file(const model::Caller& caller, const Inputs& inputs, Findings& findings,
                Judgement& judgement) {
  const auto arguments = file_arguments(caller.request().action());
  if (!arguments) {
    findings.deny(std::string(arguments.error().code), arguments.error().message);
    return;
  }
  judgement.required = Level::kIsolated;
  if (const auto* level = granted_level(inputs.policy.policy().levels, model::kFileRead))
    judgement.required = *level;
  const policy::AskRule* rule = nullptr;
  for (const auto* path : {&arguments->path, &arguments->file}) {
    const auto said = inputs.files == nullptr ? policy::FileDecision{}
                                              : inputs.files->decide(*path, policy::FileUse::kRead);
    if (said.decision == Decision::kAsk && said.ask != nullptr) {
      if (rule == nullptr) rule = said.ask;
      continue;
    }
    if (said.ground == policy::FileGround::kHidden)
      findings.deny("grant.hidden", "the file is hidden from every cage of this policy",
                    "nobody can give it while a program runs");
    else
      findings.deny("grant.not_asked", "no rule of files.ask names the file",
                    "files.ask in the policy names what may be asked for");
    break;
  }
  if (!holds(inputs, model::kFileRead))
    findings.deny("capability.missing", "this session may not read files on request",
                  "it would need the capability file.read");
  add_level_reason(findings, judgement, caller, inputs, "reading a file on request", true);
  if (findings.denies() || rule == nullptr) return;
  findings.add(ask_reason(caller, inputs, rule->id,
                          "rule " + rule_text(*rule, inputs.policy.policy()) +
                              " asks a person before " + codec::for_terminal(arguments->asker, 15) +
                              " reads it" + (rule->reason.empty() ? "" : ": " + rule->reason),
                          judgement));
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
  } else if (caller.request().action().kind() == model::kFileRead) {
    judge_file(caller, inputs, findings, judgement);
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
