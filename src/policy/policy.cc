#include "policy/policy.h"

#include <algorithm>

#include "policy/ask_reader.h"
#include "policy/chain.h"
#include "policy/command_reader.h"
#include "policy/covers.h"
#include "policy/units.h"

namespace bailey::policy {
namespace {

using codec::Json;
using model::LimitKind;

constexpr std::string_view kLimitNames[model::kLimitKinds] = {
    "time", "cpu_time", "memory", "cpus", "processes", "open_files", "disk", "output"};
static_assert(static_cast<int>(LimitKind::kWall) == 0 && static_cast<int>(LimitKind::kOutput) == 7);

Json strings(const std::vector<Listed>& list) {
  Json::Array out;
  for (const auto& item : list) out.emplace_back(item.text);
  return Json(std::move(out));
}

Json levels_json(const Levels& levels) {
  Json json{Json::Object{}};
  json.set("start", number(levels.start));
  json.set("max", number(levels.max));
  Json actions{Json::Object{}};
  for (const auto& [kind, level] : levels.actions) actions.set(kind, number(level));
  json.set("actions", std::move(actions));
  return json;
}

}  // namespace

std::string_view limit_name(LimitKind kind) noexcept {
  return kLimitNames[static_cast<std::size_t>(kind)];
}

std::optional<LimitKind> limit_kind(std::string_view name) noexcept {
  for (std::size_t i = 0; i < model::kLimitKinds; ++i)
    if (kLimitNames[i] == name) return static_cast<LimitKind>(i);
  return std::nullopt;
}

std::string format_limit(LimitKind kind, std::uint64_t value) {
  switch (kind) {
    case LimitKind::kWall:
    case LimitKind::kCpuTime:
      return format_duration(static_cast<std::int64_t>(value));
    case LimitKind::kMemory:
    case LimitKind::kDisk:
    case LimitKind::kOutput:
      return format_size(value);
    case LimitKind::kCpus:
      return format_cpus(value);
    case LimitKind::kProcesses:
    case LimitKind::kOpenFiles:
      return std::to_string(value);
  }
  return std::to_string(value);
}

std::string place(const std::vector<DocumentInfo>& documents, Origin origin) {
  const std::string line = std::to_string(origin.mark.line);
  const std::string column = std::to_string(origin.mark.column);
  const std::string name =
      origin.document < documents.size() ? documents[origin.document].name : std::string();
  if (name.empty()) return "line " + line + ", column " + column;
  return origin.mark.line == 0 ? name : name + ":" + line + ":" + column;
}

Result<Policy> parse_policy(std::string_view text) {
  auto chain = BAILEY_TRY(read_chain({"", std::string(text)}, read_uncached));
  return merge_chain(std::move(chain), std::nullopt);
}

codec::Json to_json(const Policy& policy) {
  Json json{Json::Object{}};
  json.set("version", 1);
  if (!policy.name.empty()) json.set("name", policy.name);
  json.set("levels", levels_json(policy.levels));

  Json files{Json::Object{}};
  files.set("read", strings(policy.files.read));
  files.set("write", strings(policy.files.write));
  files.set("hide", strings(policy.files.hide));
  if (!policy.files.ask.empty()) files.set("ask", asks_to_json(policy.files.ask));
  json.set("files", std::move(files));

  Json variables{Json::Object{}};
  for (const auto& variable : policy.environment.set) variables.set(variable.name, variable.value);
  Json environment{Json::Object{}};
  environment.set("pass", strings(policy.environment.pass));
  environment.set("set", std::move(variables));
  json.set("environment", std::move(environment));

  json.set("commands", commands_to_json(policy.commands));
  if (!policy.narrowing.empty()) {
    Json::Array list;
    for (const auto& narrowing : policy.narrowing) {
      Json each{Json::Object{}};
      each.set("list", narrowing.is_list);
      each.set("commands", commands_to_json(narrowing.rules));
      list.push_back(std::move(each));
    }
    json.set("narrowing", std::move(list));
  }

  Json limits{Json::Object{}};
  for (std::size_t i = 0; i < model::kLimitKinds; ++i)
    if (const auto& value = policy.limits.value[i])
      limits.set(std::string(kLimitNames[i]), format_limit(static_cast<LimitKind>(i), *value));
  json.set("limits", std::move(limits));
  if (policy.approvals) {
    Json approvals{Json::Object{}};
    approvals.set("by", policy.approvals->by);
    approvals.set("timeout", format_duration(policy.approvals->timeout_ns));
    json.set("approvals", std::move(approvals));
  }
  Json::Array degradations;
  for (const auto& name : policy.degradations) degradations.emplace_back(name);
  json.set("degradations", std::move(degradations));
  return json;
}

std::vector<Finding> findings(const Policy& policy) {
  std::vector<Finding> out;
  for (const auto& section : policy.not_enforced)
    out.push_back(
        {"policy.section_not_enforced",
         "'" + section.section +
             "' is known but not enforced by this build: a run under this policy is refused",
         section.origin});
  const Origin whole{
      policy.documents.empty() ? 0U : static_cast<std::uint32_t>(policy.documents.size() - 1), {}};
  bool asks = false;
  for (const auto& rule : policy.commands) {
    asks = asks || rule.decision == model::Decision::kAsk;
    if (rule.argv.size() == 1 && rule.argv.front() == "**" &&
        rule.decision == model::Decision::kAllow)
      out.push_back({"policy.any_command",
                     "rule '" + rule.id + "' allows every command; only the cage holds it",
                     rule.origin});
  }
  if (asks && !policy.approvals)
    out.push_back({"policy.approvals_default",
                   "a rule asks and 'approvals' is not set: somebody other than you must answer",
                   whole});
  // Somebody else cannot answer while a program waits.
  if (!policy.files.ask.empty() && policy.approvals.value_or(Approvals{}).by != "self")
    out.push_back({"policy.ask_unanswered",
                   "'files.ask' asks at the terminal, which needs 'approvals: {by: self}': these "
                   "files stay hidden",
                   policy.files.ask.front().place.origin});
  for (const auto& rule : policy.files.ask)
    for (const auto& hidden : policy.files.hide)
      if (hidden.text.find('*') == std::string::npos || hidden.text.ends_with("/**"))
        if (covers_place(hidden.text, rule.place.text))
          out.push_back({"policy.ask_hidden",
                         "files.ask: rule '" + rule.id + "' never asks: files.hide lists '" +
                             hidden.text + "'",
                         rule.place.origin});
  for (const auto& path : policy.files.read)
    if (path.text == "/" || path.text == "/**" || path.text == "~" || path.text == "~/**")
      out.push_back(
          {"policy.wide_read", "files.read lists '" + path.text + "' whole", path.origin});
  if (policy.commands.empty())
    out.push_back({"policy.no_commands", "no rule allows any command", whole});
  return out;
}

}  // namespace bailey::policy
