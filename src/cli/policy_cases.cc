// `bailey policy test`: cases in files, put before the gate; for continuous integration.
//
// A case is asked apart from any home: nothing halts, nobody set a level, no project narrows.
// What is on this machine counts where a run would look at it (which file a name or a link
// leads to); a program that is not here is taken to be a system program, and the summary
// says so. Nothing is run. Exit codes: 0 every case as expected, 1 otherwise, 2 usage.
#include <algorithm>

#include "cli/commands.h"
#include "cli/json_line.h"
#include "cli/policy_question.h"
#include "codec/text.h"
#include "policy/cases.h"
#include "policy/defaults.h"

namespace bailey::cli {
namespace {

using codec::Json;
using model::Decision;
using policy::Case;

struct Got {
  Decision decision = Decision::kDeny;
  std::string code;
  std::string rule;
  std::string text;
  bool elsewhere = false;  // the program is not on this machine
};

std::string_view word(Decision decision) {
  return decision == Decision::kAllow ? "allow" : decision == Decision::kAsk ? "ask" : "deny";
}

// A bare name that this machine does not have, where a system would have it.
Result<RunPlan> plan_elsewhere(Outside& outside, const PolicyScene& scene, RunOptions options) {
  const std::string name = options.command.front();
  const auto argv = options.command;
  options.command = {"/bin/sh"};
  auto plan = BAILEY_TRY(plan_question(outside, scene, options));
  plan.run.argv = argv;
  plan.run.found = "/usr/bin/" + name;
  plan.run.program = plan.run.found;
  return plan;
}

gate::LevelState level_of(const Case& one, const Clock& clock) {
  if (!one.level) return {};
  constexpr std::int64_t kHour = 3'600'000'000'000;
  return {gate::StoredLevel{*one.level, clock.wall(), WallTime{clock.wall().unix_ns + kHour},
                            clock.boot_id(), MonoTime{clock.monotonic().ns + kHour}},
          false};
}

Result<Got> ask_command(Outside& outside, PolicyScene& scene, const Case& one) {
  RunOptions options;
  options.workspace = scene.workspace;
  options.command = one.argv;
  scene.level = level_of(one, outside.clock());
  Got got;
  auto plan = plan_question(outside, scene, options);
  if (!plan && plan.error().code == "run.not_found" &&
      one.argv.front().find('/') == std::string::npos) {
    plan = plan_elsewhere(outside, scene, options);
    got.elsewhere = true;
  }
  if (!plan) return std::unexpected(std::move(plan).error());
  const auto judgement = BAILEY_TRY(ask_gate(outside, scene, scene.compiled, *plan));
  got.decision = judgement.decision;
  if (!judgement.reasons.empty()) {
    got.code = judgement.reasons.front().code;
    got.rule = judgement.reasons.front().rule;
    got.text = judgement.reasons.front().text;
  }
  return got;
}

Result<Got> ask(Outside& outside, PolicyScene& scene, const Case& one) {
  switch (one.question) {
    case Case::Question::kCommand:
      return ask_command(outside, scene, one);
    case Case::Question::kFile: {
      const auto answer =
          BAILEY_TRY(ask_about_file(outside, scene, scene.compiled, one.subject, one.use));
      Got got{answer.decision.decision, std::string(name(answer.decision.ground)), "", "", false};
      if (answer.decision.rule != nullptr) got.text = "by '" + answer.decision.rule->text + "'";
      if (answer.decision.ask != nullptr) got.rule = answer.decision.ask->id;
      return got;
    }
    case Case::Question::kVariable: {
      if (!is_variable_name(one.subject))
        return fail("cases.question", "'" + one.subject + "' is not the name of a variable");
      const auto answer = ask_about_variable(scene.compiled.policy(), one.subject);
      constexpr std::string_view kGrounds[] = {"set", "passed", "always", "not_listed"};
      return Got{answer.decision, std::string(kGrounds[static_cast<std::size_t>(answer.ground)]),
                 "", "", false};
    }
  }
  return fail("cases.question", "the case asks nothing");
}

// Why it is not as expected, or empty.
std::string difference(const Case& one, const Got& got) {
  std::string text;
  if (got.decision != one.expected)
    text =
        "expected " + std::string(word(one.expected)) + ", got " + std::string(word(got.decision));
  else if (!one.rule.empty() && one.rule != got.rule)
    text = "expected rule '" + one.rule + "', got " +
           (got.rule.empty() ? "none" : "'" + got.rule + "'");
  else if (!one.code.empty() && one.code != got.code)
    text = "expected " + one.code + ", got " + got.code;
  if (text.empty()) return text;
  text += " (" + got.code + (got.rule.empty() ? "" : ", rule '" + got.rule + "'") + ")";
  if (!got.text.empty()) text += ": " + got.text;
  return text;
}

std::string label(const Case& one) {
  if (!one.name.empty()) return one.name;
  std::string text = one.subject;
  for (const auto& each : one.argv) text += (text.empty() ? "" : " ") + each;
  return text;
}

struct Tally {
  std::size_t passed = 0;
  std::size_t failed = 0;
  std::size_t elsewhere = 0;
  Json::Array told;
};

class CaseFile {
 public:
  CaseFile(Invocation& in, std::string name) : in_(in), name_(std::move(name)) {}

  Status run(Tally& tally) {
    auto& outside = in_.outside;
    const auto text = BAILEY_TRY(outside.read_user_file(name_, policy::kMaxPolicyBytes + 1));
    const auto cases = BAILEY_TRY(policy::parse_cases(text));
    auto scene = BAILEY_TRY(scene_of(cases));
    for (const auto& one : cases.list) {
      const auto got = ask(outside, scene, one);
      tell_case(one, got, tally);
    }
    return {};
  }

 private:
  // Paths in a file begin where the file lies.
  std::string beside(const std::string& path) const {
    const auto slash = name_.rfind('/');
    if (path.starts_with('/') || name_ == "-" || slash == std::string::npos) return path;
    return name_.substr(0, slash + 1) + path;
  }

  Result<PolicyScene> scene_of(const policy::Cases& cases) {
    const auto given = in_.arguments.value("--policy");
    if (!given && cases.policy.empty())
      return fail("cases.policy", "neither the file nor --policy says which policy is tested",
                  "add 'policy: FILE' or 'policy: builtin:balanced'");
    const std::string policy =
        given ? *given
              : (cases.policy.starts_with(policy::kBuiltinPrefix) ? cases.policy
                                                                  : beside(cases.policy));
    RunOptions options;
    options.workspace = beside(cases.workspace.empty() ? "." : cases.workspace);
    if (const auto workspace = in_.arguments.value("--workspace")) options.workspace = *workspace;
    const auto workspace = BAILEY_TRY(workspace_of(options, in_.outside));
    return scene_of_policy(in_.outside,
                           BAILEY_TRY(policy_by_name(in_.outside, policy, store::Trust::kAny)),
                           workspace);
  }

  void tell_case(const Case& one, const Result<Got>& got, Tally& tally) {
    const std::string wrong = got ? difference(one, *got) : got.error().message;
    ++(wrong.empty() ? tally.passed : tally.failed);
    if (got && got->elsewhere) ++tally.elsewhere;
    if (in_.arguments.flag("--json")) {
      Json json{Json::Object{}};
      json.set("file", codec::valid_utf8(name_));
      json.set("line", static_cast<std::int64_t>(one.mark.line));
      json.set("column", static_cast<std::int64_t>(one.mark.column));
      json.set("case", codec::valid_utf8(label(one)));
      json.set("passed", wrong.empty());
      json.set("expected", word(one.expected));
      if (got) {
        json.set("decision", word(got->decision));
        json.set("code", got->code);
        if (!got->rule.empty()) json.set("rule", got->rule);
        if (got->elsewhere) json.set("program_missing", true);
      } else {
        json.set("error", got.error().code);
      }
      if (!wrong.empty()) json.set("message", codec::valid_utf8(wrong));
      tally.told.push_back(std::move(json));
    } else if (!wrong.empty()) {
      in_.outside.write(Stream::kOut,
                        codec::for_terminal(name_ + ":" + std::to_string(one.mark.line) + ":" +
                                            std::to_string(one.mark.column) + ": FAIL '") +
                            codec::for_terminal(label(one), 120) +
                            "': " + codec::for_terminal(wrong) + "\n");
    }
  }

  Invocation& in_;
  std::string name_;
};

std::string count(std::size_t number, const char* one, const char* many) {
  return std::to_string(number) + " " + (number == 1 ? one : many);
}

}  // namespace

int policy_test(Invocation& in) {
  Tally tally;
  std::size_t unread = 0;
  for (const auto& name : in.arguments.positionals()) {
    if (const auto done = CaseFile(in, name).run(tally); !done) {
      ++unread;
      tell(in.outside,
           Error{done.error().code, name + ": " + done.error().message, done.error().hint});
    }
  }
  const bool good = unread == 0 && tally.failed == 0 && tally.passed > 0;
  if (in.arguments.flag("--json")) {
    Json json{Json::Object{}};
    json.set("v", 1);
    json.set("good", good);
    json.set("passed", static_cast<std::int64_t>(tally.passed));
    json.set("failed", static_cast<std::int64_t>(tally.failed));
    json.set("unread", static_cast<std::int64_t>(unread));
    json.set("cases", std::move(tally.told));
    in.outside.write(Stream::kOut, json_line(json));
  } else {
    std::string text = count(tally.passed + tally.failed, "case", "cases") + ": " +
                       std::to_string(tally.passed) + " passed, " + std::to_string(tally.failed) +
                       " failed";
    if (unread > 0) text += ", " + count(unread, "file", "files") + " not read";
    text += "\n";
    if (tally.elsewhere > 0)
      text += count(tally.elsewhere, "program is", "programs are") +
              " not on this machine and counted as one in /usr/bin\n";
    in.outside.write(Stream::kOut, text);
  }
  return good ? kDone : kError;
}

}  // namespace bailey::cli
