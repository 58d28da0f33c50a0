#include "consent/consent.h"

#include <algorithm>
#include <limits>

namespace bailey::consent {
namespace {

// Saturates: a deadline beyond the clock's end is no deadline.
std::int64_t add(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? std::numeric_limits<std::int64_t>::max() : sum;
}

MonoTime deadline_of(const model::Judgement& judgement, MonoTime start_by) {
  constexpr auto kNever = std::numeric_limits<std::int64_t>::max();
  std::int64_t deadline = kNever;
  // The wall limit is held by the cage from the true start; this is the bound above it.
  if (const auto wall = judgement.limits[model::LimitKind::kWall])
    deadline = add(start_by.ns, static_cast<std::int64_t>(std::min<std::uint64_t>(
                                    *wall, static_cast<std::uint64_t>(kNever))));
  if (judgement.level_until_ns != 0) deadline = std::min(deadline, judgement.level_until_ns);
  return {deadline};
}

model::Refusal refuse(model::Verdict&& verdict) {
  auto denial = model::denial_of(verdict.caller(), verdict.judgement());
  return {std::move(verdict), std::move(denial)};
}

std::string quoted(const std::string& word) {
  const bool plain = !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-_./=:,+@%").find(c) != std::string_view::npos;
  });
  if (plain) return word;
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

// "read /home/ada/.npmrc for node (process 4711)", and what it really is.
std::string describe_file(const codec::Json& arguments) {
  const auto text = [&](std::string_view name) {
    const auto* member = arguments.find(name);
    return member != nullptr && member->is_string() ? member->as_string() : std::string("?");
  };
  const std::string path = text("path");
  const std::string file = text("file");
  return "read " + quoted(file) + " for " + quoted(text("asker")) + " (process " + text("pid") +
         ")" + (path == file ? "" : ", which called it " + quoted(path));
}

}  // namespace

std::string describe(const model::Action& action) {
  const auto& arguments = action.arguments();
  const auto* argv = arguments.find("argv");
  if (action.kind() == "file.read") return describe_file(arguments);
  if (action.kind() != "process.run" || argv == nullptr || !argv->is_array())
    return action.kind() + " " + codec::canonical_json(arguments) + " on " + action.resource();
  std::string text;
  if (const auto* environment = arguments.find("environment");
      environment != nullptr && environment->is_object())
    for (const auto& [name, value] : environment->as_object())
      text += name + "=" + (value.is_string() ? quoted(value.as_string()) : "?") + " ";
  for (const auto& word : argv->as_array())
    text += (word.is_string() ? quoted(word.as_string()) : "?") + " ";
  const auto* program = arguments.find("program");
  if (program != nullptr && program->is_string()) text += "(" + program->as_string() + ") ";
  const auto* access = arguments.find("access");
  const bool reads = access != nullptr && access->is_string() && access->as_string() == "read-only";
  return text + (reads ? "reading " : "in ") + action.resource();
}

Result<Granted> Consent::grant(model::Verdict&& verdict) {
  switch (verdict.decision()) {
    case model::Decision::kDeny:
      return Granted(refuse(std::move(verdict)));
    case model::Decision::kAsk:
      return ask(std::move(verdict));
    case model::Decision::kAllow:
      break;
  }
  const std::string& approval = verdict.judgement().approval;
  if (!approval.empty()) {
    if (auto used = approvals_.use(approval); !used) {
      auto refusal = refuse(std::move(verdict));
      refusal.denial.reason_code = used.error().code;
      refusal.denial.user_message = used.error().message;
      refusal.denial.remediation_hint = "ask again: the same command makes a new ask";
      refusal.denial.phase = "consent";
      return Granted(std::move(refusal));
    }
  }
  const MonoTime start_by{add(clock_.monotonic().ns, kStartWithinNs)};
  Leash leash(verdict.judgement().kill_epoch, deadline_of(verdict.judgement(), start_by), stop_);
  return Granted(model::Permit(PassKey<Consent>(), std::move(verdict), std::move(leash), start_by,
                               model::Reservation(), watch_));
}

Result<Granted> Consent::ask(model::Verdict&& verdict) {
  const auto& judgement = verdict.judgement();
  const auto& caller = verdict.caller();
  Ask question;
  question.action = caller.request().action().digest();
  question.policy = judgement.policy_digest;
  question.what = describe(caller.request().action());
  if (!judgement.reasons.empty()) {
    question.why = judgement.reasons.front().text;
    question.rule = judgement.reasons.front().rule;
  }
  question.who = judgement.approvals_by == "self" ? WhoAnswers::kSelf : WhoAnswers::kOther;
  question.created = clock_.wall();
  question.expires = WallTime{add(clock_.wall().unix_ns, judgement.approval_timeout_ns)};
  question.boot = clock_.boot_id();
  question.expires_mono = MonoTime{add(clock_.monotonic().ns, judgement.approval_timeout_ns)};
  question.requester = caller.session().agent.name;
  question.owner = caller.session().owner.name;
  auto stored = BAILEY_TRY(approvals_.put(std::move(question)));
  return Granted(PendingAsk{std::move(stored), refuse(std::move(verdict))});
}

}  // namespace bailey::consent
