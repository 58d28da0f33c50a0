// `bailey policy explain`: why the gate would say what it would say.
//
// Asks the gate about one command, or the lists about one file or variable, tells the rule
// and the place that decide, and what the narrowest change would be. Runs nothing. Exit codes
// are those of a denial: 0 allowed, 3 denied, 4 needs approval, 6 halted.
#include <algorithm>

#include "cli/commands.h"
#include "cli/json_line.h"
#include "cli/policy_changes.h"
#include "cli/policy_question.h"
#include "codec/text.h"
#include "gate/part_words.h"
#include "policy/defaults.h"
#include "policy/sensitive.h"

namespace bailey::cli {
namespace {

using codec::Json;
using model::Decision;
using policy::FileGround;
using policy::FileUse;

std::string_view words(Decision decision) {
  switch (decision) {
    case Decision::kAllow:
      return "allowed";
    case Decision::kAsk:
      return "asked";
    case Decision::kDeny:
      break;
  }
  return "denied";
}

int code_of(Decision decision) {
  return decision == Decision::kAllow ? kDone
         : decision == Decision::kAsk ? kNeedsApproval
                                      : kDenied;
}

// As somebody would type it; for reading, and safe on a terminal.
std::string command_text(const std::vector<std::string>& argv) {
  constexpr std::string_view kPlain = "%+,-./:=@_^";
  std::string text;
  for (const auto& word : argv) {
    if (!text.empty()) text += ' ';
    const bool plain = !word.empty() && std::all_of(word.begin(), word.end(), [&](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             kPlain.find(c) != std::string_view::npos;
    });
    if (plain) {
      text += word;
      continue;
    }
    text += '\'';
    for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
    text += '\'';
  }
  return codec::for_terminal(text, 2000);
}

std::string line(std::string_view text) { return codec::for_terminal(text) + "\n"; }

Json place_json(const policy::Policy& policy, policy::Origin origin) {
  Json json{Json::Object{}};
  if (origin.document < policy.documents.size())
    json.set("file", codec::valid_utf8(policy.documents[origin.document].name));
  json.set("line", static_cast<std::int64_t>(origin.mark.line));
  json.set("column", static_cast<std::int64_t>(origin.mark.column));
  return json;
}

Json head_json(const PolicyScene& scene, std::string_view question, Decision decision) {
  Json json{Json::Object{}};
  json.set("v", 1);
  json.set("question", question);
  json.set("decision", name(decision));
  json.set("policy", codec::valid_utf8(scene.input.name));
  json.set("digest", codec::to_hex(scene.compiled.digest()));
  return json;
}

std::string policy_line(const PolicyScene& scene) {
  std::string text = "  policy: " + scene.input.name;
  const auto& documents = scene.compiled.policy().documents;
  for (std::size_t i = documents.size(); i-- > 0;) {
    if (documents[i].role == policy::Role::kProject)
      text += ", narrowed by " + documents[i].name;
    else if (i + 1 < documents.size() && documents[i].name != scene.input.name)
      text += ", extends " + documents[i].name;
  }
  return line(text);
}

// --- what would change it ---------------------------------------------------------------

Json to_json(const PolicyChanges& changes) {
  Json::Array steps;
  for (const auto& step : changes.steps) {
    Json each{Json::Object{}};
    each.set("what", name(step.kind));
    if (!step.where.empty()) each.set("where", codec::valid_utf8(step.where));
    each.set("text", codec::valid_utf8(step.text));
    steps.push_back(std::move(each));
  }
  Json json{Json::Object{}};
  json.set("steps", std::move(steps));
  json.set("after", name(changes.after));
  if (!changes.left.empty()) json.set("left", codec::valid_utf8(changes.left));
  if (!changes.warning.empty()) json.set("warning", codec::valid_utf8(changes.warning));
  return json;
}

// Everything that goes into one document, as it can be pasted.
std::string document_text(const std::string& where, const std::vector<PolicyChange>& steps) {
  using Kind = PolicyChange::Kind;
  const bool builtin = where.starts_with(policy::kBuiltinPrefix);
  std::string text = line("  add " + (builtin ? "in a policy of your own" : "in " + where) + ":");
  if (builtin) text += "    version: 1\n" + line("    extends: " + where);
  std::string read;
  std::string write;
  std::string rules;
  for (const auto& step : steps) {
    if (step.where != where) continue;
    if (step.kind == Kind::kSetMax) text += line("    " + step.text);
    if (step.kind == Kind::kAddRead) read += (read.empty() ? "" : ", ") + quoted(step.text);
    if (step.kind == Kind::kAddWrite) write += (write.empty() ? "" : ", ") + quoted(step.text);
    if (step.kind == Kind::kAddRule) rules += line("      - " + step.text);
  }
  if (!read.empty()) read = "read: [" + read + "]";
  if (!write.empty()) write = "write: [" + write + "]";
  if (!read.empty() || !write.empty())
    text += line("    files: {" + read + (read.empty() || write.empty() ? "" : ", ") + write + "}");
  if (!rules.empty()) text += "    commands:\n" + rules;
  return text;
}

std::string steps_text(const std::vector<PolicyChange>& steps) {
  using Kind = PolicyChange::Kind;
  std::string text;
  std::vector<std::string> done;
  for (const auto& step : steps) {
    switch (step.kind) {
      case Kind::kAddRule:
      case Kind::kAddRead:
      case Kind::kAddWrite:
      case Kind::kSetMax:
        if (std::find(done.begin(), done.end(), step.where) != done.end()) break;
        done.push_back(step.where);
        text += document_text(step.where, steps);
        break;
      case Kind::kChangeRule:
      case Kind::kRemove:
        text += line("  at " + step.where + ": " + step.text);
        break;
      case Kind::kType:
        text += line("  type: " + step.text);
        break;
      case Kind::kOther:
        text += line("  " + step.text);
        break;
    }
  }
  return text;
}

std::string changes_text(const PolicyChanges& changes) {
  if (changes.after == Decision::kDeny)
    return line("what would allow it could not be found: " + changes.left);
  std::string text = changes.after == Decision::kAsk
                         ? "the narrowest change after which a person is asked:\n"
                         : "the narrowest change that allows it:\n";
  text += steps_text(changes.steps);
  if (!changes.warning.empty()) text += line("  " + changes.warning);
  return text;
}

// --- a command ---------------------------------------------------------------------------

struct Explained {
  const PolicyScene& scene;
  const RunPlan& plan;
  const model::Judgement& judgement;
  std::vector<const policy::CommandRule*> rules;
  policy::Judged judged;
  PolicyChanges changes = {};

  [[nodiscard]] const policy::CommandRule* deciding() const {
    if (judgement.reasons.empty()) return nullptr;
    const std::string& id = judgement.reasons.front().rule;
    for (const auto* rule : rules)
      if (rule->id == id) return rule;
    return judged.rule != nullptr && judged.rule->id == id ? judged.rule : nullptr;
  }
};

// What a part is, as far as the text says; "..." for what is not known.
std::string fact_text(const std::vector<policy::shell::FactWord>& words) {
  std::vector<std::string> argv;
  for (const auto& word : words)
    argv.push_back(word.text + (word.kind == policy::shell::WordKind::kUnknown ? "..." : ""));
  return command_text(argv);
}

struct PartLine {
  const policy::Part* part;
  std::string what;  // "run", "read", "write", "delete", "set"
  std::string text;
};

std::vector<PartLine> part_lines(const policy::Line& line) {
  using policy::shell::FileUse;
  std::vector<PartLine> list;
  for (std::size_t i = 0; i < line.segments.size(); ++i)
    list.push_back({&line.segments[i], "run", fact_text(line.facts.segments[i].argv)});
  for (std::size_t i = 0; i < line.files.size(); ++i) {
    const auto& file = line.facts.files[i];
    const bool reads = file.use == FileUse::kRead;
    list.push_back({&line.files[i],
                    reads                          ? "read"
                    : file.use == FileUse::kDelete ? "delete"
                                                   : "write",
                    fact_text({file.path})});
  }
  for (std::size_t i = 0; i < line.variables.size(); ++i)
    list.push_back({&line.variables[i], "set", codec::for_terminal(line.facts.variables[i].name)});
  std::stable_sort(list.begin(), list.end(), [&](const PartLine& a, const PartLine& b) {
    return offset_of(line, *a.part) < offset_of(line, *b.part);
  });
  return list;
}

std::string_view name(policy::Part::Standing standing) {
  using Standing = policy::Part::Standing;
  switch (standing) {
    case Standing::kAllowed:
      return "allowed";
    case Standing::kAsked:
      return "asked";
    case Standing::kDenied:
      return "denied";
    case Standing::kNoMatch:
      return "no_rule";
    case Standing::kUnjudged:
      break;
  }
  return "unjudged";
}

std::string parts_text(const Explained& it) {
  if (!it.judged.line) return {};
  const auto& policy = it.scene.compiled.policy();
  std::string text = "  its parts:\n";
  constexpr std::size_t kShown = 100;
  std::size_t shown = 0;
  for (const auto& [part, what, words] : part_lines(*it.judged.line)) {
    if (++shown > kShown) continue;
    std::string each = "    " + std::string(name(part->standing)) + ": " + what + " " + words;
    if (part->rule != nullptr) {
      each +=
          "  by rule '" + part->rule->id + "' at " + place(policy.documents, part->rule->origin);
    } else if (part->code != "policy.no_match" && !part->code.empty()) {
      const auto doubt =
          part->code == "files.out_of_reach" ? "out of its reach" : gate::doubt_words(part->code);
      each += "  (" + std::string(doubt) + ") [" + std::string(part->code) + "]";
    }
    text += line(each);
  }
  if (shown > kShown) text += "    and " + std::to_string(shown - kShown) + " more\n";
  return text;
}

Json parts_json(const Explained& it) {
  const auto& policy = it.scene.compiled.policy();
  Json::Array list;
  if (it.judged.line)
    for (const auto& [part, what, words] : part_lines(*it.judged.line)) {
      Json each{Json::Object{}};
      each.set("standing", name(part->standing));
      each.set("what", what);
      each.set("text", codec::valid_utf8(words));
      each.set("offset", static_cast<std::int64_t>(offset_of(*it.judged.line, *part)));
      if (!part->code.empty()) each.set("code", part->code);
      if (part->rule != nullptr) {
        Json rule = place_json(policy, part->rule->origin);
        rule.set("id", part->rule->id);
        each.set("rule", std::move(rule));
      }
      list.push_back(std::move(each));
    }
  return Json(std::move(list));
}

Json to_json(const Explained& it) {
  const auto& policy = it.scene.compiled.policy();
  Json json = head_json(it.scene, "command", it.judgement.decision);
  Json level{Json::Object{}};
  level.set("held", number(it.judgement.level));
  level.set("needed", number(it.judgement.required));
  json.set("level", std::move(level));
  json.set("program", codec::valid_utf8(it.plan.run.found));
  json.set("workspace", codec::valid_utf8(it.plan.run.workspace));
  Json::Array reasons;
  for (const auto& reason : it.judgement.reasons) {
    Json each{Json::Object{}};
    each.set("code", reason.code);
    each.set("decision", name(reason.decision));
    each.set("text", codec::valid_utf8(reason.text));
    if (!reason.rule.empty()) each.set("rule", reason.rule);
    reasons.push_back(std::move(each));
  }
  json.set("reasons", std::move(reasons));
  Json::Array rules;
  for (const auto* rule : it.rules) {
    Json each = place_json(policy, rule->origin);
    each.set("id", rule->id);
    each.set("decision", name(rule->decision));
    each.set("decides", rule == it.deciding());
    rules.push_back(std::move(each));
  }
  json.set("rules", std::move(rules));
  json.set("parts", parts_json(it));
  if (it.judgement.decision == Decision::kAllow) return json;
  json.set("change", to_json(it.changes));
  return json;
}

std::string changes_text(const Explained& it) {
  if (it.judgement.decision != Decision::kAsk) return changes_text(it.changes);
  return line(it.judgement.approvals_by == "self"
                  ? "  you answer at the terminal, or with 'bailey approve'"
                  : "  somebody else answers with 'bailey approve'") +
         changes_text(it.changes);
}

std::string to_text(const Explained& it) {
  const auto& policy = it.scene.compiled.policy();
  const auto& judgement = it.judgement;
  std::string text =
      std::string(words(judgement.decision)) + ": " + command_text(it.plan.run.argv) + "\n";
  const auto* decides = it.deciding();
  for (const auto& reason : judgement.reasons) {
    const bool first = &reason == &judgement.reasons.front();
    text +=
        line("  " + std::string(first ? "" : "also: ") + reason.text + " [" + reason.code + "]");
    if (first && decides != nullptr)
      text += line("    at " + place(policy.documents, decides->origin));
  }
  text += line("  needs level " + std::to_string(number(judgement.required)) +
               "; this session would have " + std::to_string(number(judgement.level)));
  text += line("  program: " + it.plan.run.found +
               (it.plan.run.program == it.plan.run.found ? "" : " -> " + it.plan.run.program));
  text += parts_text(it);
  for (const auto* rule : it.rules)
    if (rule != decides)
      text += line("  also matches: rule '" + rule->id + "' (" + std::string(name(rule->decision)) +
                   ") at " + place(policy.documents, rule->origin));
  text += policy_line(it.scene);
  if (judgement.decision != Decision::kAllow) text += changes_text(it);
  return text;
}

int explain_command(Invocation& in, const PolicyScene& scene, const RunOptions& options) {
  const auto failed = [&](const Error& error) {
    tell(in.outside, error);
    return kError;
  };
  const auto plan = plan_question(in.outside, scene, options);
  if (!plan) return failed(plan.error());
  const auto judgement = ask_gate(in.outside, scene, scene.compiled, *plan);
  if (!judgement) return failed(judgement.error());
  Explained it{scene, *plan, *judgement,
               matching_rules(scene.compiled, *plan, in.outside.home_directory()),
               judge_parts(in.outside, scene.compiled, *plan)};
  if (judgement->decision != Decision::kAllow)
    it.changes = narrowest_changes(in.outside, scene, *plan, *judgement);
  in.outside.write(Stream::kOut,
                   in.arguments.flag("--json") ? json_line(to_json(it)) : to_text(it));
  if (judgement->halted) return kHalted;
  return code_of(judgement->decision);
}

// --- a file ------------------------------------------------------------------------------

std::string ground_text(const FileAnswer& answer, FileUse use) {
  const auto* rule = answer.decision.rule;
  const std::string entry = rule == nullptr ? "" : "'" + rule->text + "'";
  switch (answer.decision.ground) {
    case FileGround::kListed:
      return "listed by " + entry;
    case FileGround::kWorkspace:
      return "it lies in the workspace, which is always readable";
    case FileGround::kCage:
      return "every cage has one of its own, apart from the host's";
    case FileGround::kHidden:
      return rule == nullptr ? "Bailey hides its own home from every cage" : "hidden by " + entry;
    case FileGround::kReadOnly:
      return rule == nullptr ? "it may be read and not changed" : "only readable, by " + entry;
    case FileGround::kMounted:
      return "a place itself, or what holds one, cannot be deleted";
    case FileGround::kAsked:
      return (use == FileUse::kRead
                  ? "a person at the terminal is asked when it is opened, by rule '"
                  : "it may be asked for to read only, by rule '") +
             answer.decision.ask->id + "' of files.ask" +
             (answer.decision.ask->reason.empty() ? "" : ": " + answer.decision.ask->reason);
    case FileGround::kNotListed:
      return std::string("nothing lists it to ") + (use == FileUse::kRead ? "read" : "write");
    case FileGround::kNotPlain:
      break;
  }
  return "no plain path";
}

int explain_file(Invocation& in, const PolicyScene& scene, FileUse use) {
  const auto answer =
      ask_about_file(in.outside, scene, scene.compiled, *in.arguments.value("--file"), use);
  if (!answer) {
    tell(in.outside, answer.error());
    return answer.error().code == "usage" ? kUsage : kError;
  }
  const auto& decision = answer->decision;
  const auto& policy = scene.compiled.policy();
  const bool allowed = decision.decision == Decision::kAllow;
  const auto changes =
      allowed ? PolicyChanges{} : narrowest_changes(in.outside, scene, *answer, use);
  const std::string_view verb = use == FileUse::kRead    ? "read"
                                : use == FileUse::kWrite ? "write"
                                                         : "delete";
  if (in.arguments.flag("--json")) {
    Json json = head_json(scene, "file", decision.decision);
    json.set("path", codec::valid_utf8(answer->path));
    json.set("real", codec::valid_utf8(answer->real));
    json.set("use", verb);
    json.set("ground", name(decision.ground));
    if (decision.rule != nullptr) {
      Json rule = place_json(policy, decision.rule->origin);
      rule.set("entry", codec::valid_utf8(decision.rule->text));
      if (decision.ask != nullptr) rule.set("id", decision.ask->id);
      json.set("rule", std::move(rule));
    }
    if (!allowed) json.set("change", to_json(changes));
    in.outside.write(Stream::kOut, json_line(json));
    return code_of(decision.decision);
  }
  std::string text = line(std::string(words(decision.decision)) + ": to " + std::string(verb) +
                          " " + answer->path);
  if (answer->real != answer->path) text += line("  which is " + answer->real);
  text += line("  " + ground_text(*answer, use));
  if (decision.rule != nullptr)
    text += line("    at " + place(policy.documents, decision.rule->origin));
  text += policy_line(scene);
  if (!allowed) text += changes_text(changes);
  in.outside.write(Stream::kOut, text);
  return code_of(decision.decision);
}

// --- a variable --------------------------------------------------------------------------

int explain_variable(Invocation& in, const PolicyScene& scene) {
  const std::string name = *in.arguments.value("--env");
  const auto answer = ask_about_variable(scene.compiled.policy(), name);
  const auto& policy = scene.compiled.policy();
  const std::size_t main = main_document(policy);
  const bool allowed = answer.decision == Decision::kAllow;
  const std::string change = allowed ? ""
                                     : "add in " + policy.documents[main].name +
                                           ": environment: {pass: [" + name +
                                           "]}; or for one run: bailey run --env " + name;
  constexpr std::string_view kGrounds[] = {"set", "passed", "always", "not_listed"};
  if (in.arguments.flag("--json")) {
    Json json = head_json(scene, "variable", answer.decision);
    json.set("name", codec::valid_utf8(name));
    json.set("ground", kGrounds[static_cast<std::size_t>(answer.ground)]);
    if (answer.origin) json.set("rule", place_json(policy, *answer.origin));
    if (!change.empty()) json.set("change", codec::valid_utf8(change));
    in.outside.write(Stream::kOut, json_line(json));
    return code_of(answer.decision);
  }
  std::string text = line(std::string(words(answer.decision)) + ": the variable " + name);
  switch (answer.ground) {
    case VariableGround::kSet:
      text += "  the policy sets it\n";
      break;
    case VariableGround::kPassed:
      text += in.outside.environment(name) ? "  the policy passes it\n"
                                           : "  the policy passes it; it is not set here\n";
      break;
    case VariableGround::kAlways:
      text += "  every cage sets its own\n";
      break;
    case VariableGround::kNotListed:
      text += "  nothing passes or sets it\n";
      break;
  }
  if (answer.origin) text += line("    at " + place(policy.documents, *answer.origin));
  text += policy_line(scene);
  if (!change.empty()) text += "what would change it:\n" + line("  " + change);
  const auto what = policy::sensitive_variable(name);
  if (!allowed && what) text += line("  think twice: " + std::string(*what));
  in.outside.write(Stream::kOut, text);
  return code_of(answer.decision);
}

}  // namespace

int policy_explain(Invocation& in) {
  const auto& arguments = in.arguments;
  const bool file = arguments.value("--file").has_value();
  const bool variable = arguments.value("--env").has_value();
  const int questions = (file ? 1 : 0) + (variable ? 1 : 0) + (arguments.command().empty() ? 0 : 1);
  const auto wrong = [&](const char* what) {
    tell(in.outside, Error{"usage", what, "bailey policy explain --help shows what it takes"});
    return kUsage;
  };
  if (questions != 1) return wrong("explain one thing: a command after '--', --file or --env");
  if (!file && (arguments.flag("--write") || arguments.flag("--delete")))
    return wrong("--write and --delete say what is done with --file");
  if (arguments.flag("--write") && arguments.flag("--delete"))
    return wrong("one of --write and --delete");
  if (variable && !is_variable_name(*arguments.value("--env")))
    return wrong("--env: this is not the name of a variable");
  auto options = read_question_options(arguments);
  if (!options) {
    tell(in.outside, options.error());
    return kUsage;
  }
  const auto scene = scene_of_run(in.outside, *options);
  if (!scene) {
    tell(in.outside, scene.error());
    return kError;
  }
  if (file)
    return explain_file(in, *scene,
                        arguments.flag("--write")    ? FileUse::kWrite
                        : arguments.flag("--delete") ? FileUse::kDelete
                                                     : FileUse::kRead);
  if (variable) return explain_variable(in, *scene);
  return explain_command(in, *scene, *options);
}

}  // namespace bailey::cli
