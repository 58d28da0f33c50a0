#include "policy/policy.h"

#include <algorithm>
#include <set>

#include "codec/fields.h"
#include "codec/yaml.h"
#include "policy/command_reader.h"
#include "policy/paths.h"
#include "policy/units.h"

namespace bailey::policy {
namespace {

using codec::Json;
using codec::ObjectReader;
using model::Level;
using model::LimitKind;

constexpr std::string_view kNotEnforced[] = {"extends", "network", "secrets", "tools",
                                             "models",  "content", "budgets", "taint"};
constexpr std::size_t kMaxName = 64;
constexpr std::size_t kMaxVariables = 1'024;
constexpr std::size_t kMaxValue = 32'768;
constexpr std::size_t kMaxKinds = 256;

struct LimitName {
  std::string_view name;
  LimitKind kind;
};
constexpr LimitName kLimitNames[] = {
    {"time", LimitKind::kWall},           {"cpu_time", LimitKind::kCpuTime},
    {"memory", LimitKind::kMemory},       {"cpus", LimitKind::kCpus},
    {"processes", LimitKind::kProcesses}, {"open_files", LimitKind::kOpenFiles},
    {"disk", LimitKind::kDisk},           {"output", LimitKind::kOutput}};

bool is_word(std::string_view text, std::string_view extra) {
  return !text.empty() && text.size() <= kMaxName &&
         std::all_of(text.begin(), text.end(), [&](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                  extra.find(c) != std::string_view::npos;
         });
}

bool is_variable(std::string_view text) {
  if (text.empty() || text.size() > 256 || (text.front() >= '0' && text.front() <= '9'))
    return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

// `error` again, headed and placed like the errors of ObjectReader.
std::unexpected<Error> at(std::string_view where, const Error& error, const Json& item) {
  return fail(error.code,
              "policy: " + std::string(where) + ": " + error.message + codec::at_mark(item.mark()),
              error.hint);
}

Result<Level> read_level(ObjectReader& reader, std::string_view name, const Json& value) {
  const auto level = value.is_int() ? model::level_from(value.as_int()) : std::nullopt;
  if (!level)
    return std::unexpected(
        reader.error("policy.level", name, "there are the levels 0, 10, 20, 30 and 40 only"));
  return *level;
}

Status read_levels(ObjectReader& top, Levels& levels) {
  auto reader = BAILEY_TRY(top.optional_object("levels"));
  if (!reader) return {};
  if (const Json* start = reader->any("start"))
    levels.start = BAILEY_TRY(read_level(*reader, "start", *start));
  if (levels.start > Level::kBuilder)
    return std::unexpected(
        reader->error("policy.level", "start", "a session starts at most at 30",
                      "raise it for a time with 'bailey level set 40 --for 1h'"));
  levels.max = std::max(levels.start, Level::kIsolated);
  if (const Json* max = reader->any("max")) {
    levels.max = BAILEY_TRY(read_level(*reader, "max", *max));
    if (levels.max < levels.start)
      return std::unexpected(reader->error("policy.level", "max", "is below levels.start"));
  }
  if (auto actions = BAILEY_TRY(reader->optional_object("actions"))) {
    for (const auto& [kind, value] : actions->value().as_object()) {
      (void)actions->any(kind);
      if (!is_word(kind, "._"))
        return std::unexpected(
            actions->error("policy.level", kind, "a kind is lower-case words joined by dots"));
      levels.actions.emplace_back(kind, BAILEY_TRY(read_level(*actions, kind, value)));
    }
    if (levels.actions.size() > kMaxKinds)
      return std::unexpected(reader->error("policy.too_many", "actions", "has over 256 entries"));
  }
  return reader->finish();
}

Status read_paths(ObjectReader& reader, std::string_view name, PathUse use,
                  std::vector<std::string>& out) {
  const Json::Array* list = BAILEY_TRY(reader.optional_array(name));
  if (list == nullptr) return {};
  if (list->size() > kMaxPaths)
    return std::unexpected(reader.error("policy.too_many", name, "has over 4,096 paths"));
  const std::string where = "files." + std::string(name);
  std::set<std::string_view> seen;
  for (const auto& item : *list) {
    if (!item.is_string())
      return at(where, {"fields.type", "every item must be a string, one is not", ""}, item);
    if (auto good = check_path(item.as_string(), use); !good) return at(where, good.error(), item);
    if (!seen.insert(item.as_string()).second)
      return at(where, {"policy.never_matches", "the path is listed twice", ""}, item);
    out.push_back(item.as_string());
  }
  return {};
}

Status read_files(ObjectReader& top, Files& files) {
  auto reader = BAILEY_TRY(top.optional_object("files"));
  if (!reader) return {};
  BAILEY_TRY(read_paths(*reader, "read", PathUse::kPlace, files.read));
  BAILEY_TRY(read_paths(*reader, "write", PathUse::kPlace, files.write));
  BAILEY_TRY(read_paths(*reader, "hide", PathUse::kHide, files.hide));
  for (const auto& path : files.write)
    if (path == "/" || path == "/**")
      return std::unexpected(
          reader->error("policy.path", "write", "the whole system is not a place to write"));
  return reader->finish();
}

Status read_environment(ObjectReader& top, Environment& environment) {
  auto reader = BAILEY_TRY(top.optional_object("environment"));
  if (!reader) return {};
  std::set<std::string_view> seen;
  if (const Json::Array* list = BAILEY_TRY(reader->optional_array("pass"))) {
    for (const auto& item : *list) {
      if (!item.is_string() || !is_variable(item.as_string()))
        return at("environment.pass",
                  {"policy.environment", "every item is the name of a variable, one is not",
                   "names are letters, digits and '_'; wildcards are not known here"},
                  item);
      if (!seen.insert(item.as_string()).second)
        return at("environment.pass", {"policy.never_matches", "the variable is listed twice", ""},
                  item);
      environment.pass.push_back(item.as_string());
    }
  }
  if (auto set = BAILEY_TRY(reader->optional_object("set"))) {
    for (const auto& [name, value] : set->value().as_object()) {
      (void)set->any(name);
      if (!is_variable(name))
        return std::unexpected(
            set->error("policy.environment", name, "this is not the name of a variable"));
      if (!value.is_string())
        return std::unexpected(
            set->error("fields.type", name, "must be a string", "put it in quotes"));
      if (value.as_string().size() > kMaxValue || value.as_string().find('\0') != std::string::npos)
        return std::unexpected(
            set->error("policy.environment", name, "the value is over 32 KiB or holds a NUL"));
      if (!seen.insert(name).second)
        return std::unexpected(set->error("policy.never_matches", name, "is both passed and set",
                                          "keep one of the two"));
      environment.set.emplace_back(name, value.as_string());
    }
  }
  if (environment.pass.size() + environment.set.size() > kMaxVariables)
    return std::unexpected(reader->error("policy.too_many", "", "has over 1,024 variables"));
  return reader->finish();
}

Result<std::uint64_t> parse_limit(LimitKind kind, const std::string& text) {
  switch (kind) {
    case LimitKind::kWall:
    case LimitKind::kCpuTime:
      return static_cast<std::uint64_t>(BAILEY_TRY(parse_duration(text)));
    case LimitKind::kMemory:
    case LimitKind::kDisk:
    case LimitKind::kOutput:
      return parse_size(text);
    case LimitKind::kCpus:
      return parse_cpus(text);
    case LimitKind::kProcesses:
    case LimitKind::kOpenFiles:
      return parse_count(text);
  }
  return fail("policy.limit", "there is no such limit");
}

Status read_limits(ObjectReader& top, model::Limits& limits) {
  auto reader = BAILEY_TRY(top.optional_object("limits"));
  if (!reader) return {};
  for (const auto& [name, kind] : kLimitNames) {
    const Json* value = reader->any(name);
    if (value == nullptr) continue;
    if (!value->is_string() && !value->is_int() && !value->is_double())
      return std::unexpected(reader->error("fields.type", name, "must be a number or a text"));
    auto parsed =
        parse_limit(kind, value->is_string() ? value->as_string() : codec::canonical_json(*value));
    if (!parsed)
      return std::unexpected(
          reader->error("policy.limit", name, parsed.error().message, parsed.error().hint));
    limits[kind] = *parsed;
  }
  return reader->finish();
}

Status read_approvals(ObjectReader& top, std::optional<Approvals>& out) {
  auto reader = BAILEY_TRY(top.optional_object("approvals"));
  if (!reader) return {};
  Approvals approvals;
  approvals.by = BAILEY_TRY(reader->required_string("by"));
  if (approvals.by != "self" && approvals.by != "other")
    return std::unexpected(reader->error("policy.approvals", "by", "is 'self' or 'other'"));
  if (auto timeout = BAILEY_TRY(reader->optional_string("timeout"))) {
    auto parsed = parse_duration(*timeout);
    if (!parsed)
      return std::unexpected(reader->error("policy.approvals", "timeout", parsed.error().message,
                                           parsed.error().hint));
    approvals.timeout_ns = *parsed;
  }
  out = std::move(approvals);
  return reader->finish();
}

Status read_degradations(ObjectReader& top, std::vector<std::string>& out) {
  const Json::Array* list = BAILEY_TRY(top.optional_array("degradations"));
  if (list == nullptr) return {};
  std::set<std::string_view> seen;
  for (const auto& item : *list) {
    if (!item.is_string() || !is_word(item.as_string(), "._-"))
      return at("degradations", {"policy.degradation", "every item is the name of a layer", ""},
                item);
    if (!seen.insert(item.as_string()).second)
      return at("degradations", {"policy.never_matches", "the layer is listed twice", ""}, item);
    out.push_back(item.as_string());
  }
  if (out.size() > kMaxKinds)
    return std::unexpected(top.error("policy.too_many", "degradations", "has over 256 names"));
  return {};
}

}  // namespace

Result<Policy> read_policy(const Json& document) {
  if (!document.is_object())
    return fail("fields.type", "policy: the document must be a map of sections",
                "begin with 'version: 1'");
  ObjectReader reader = BAILEY_TRY(ObjectReader::create(document, "policy"));
  Policy policy;
  const Json* version = reader.any("version");
  if (version == nullptr)
    return std::unexpected(
        reader.error("policy.version", "version", "is missing", "write 'version: 1'"));
  if (!version->is_int() || version->as_int() != 1)
    return std::unexpected(
        reader.error("policy.version", "version", "this build reads version 1 only"));
  if (auto name = BAILEY_TRY(reader.optional_string("name"))) {
    if (!is_word(*name, "._-"))
      return std::unexpected(reader.error(
          "policy.name", "name", "is up to 64 lower-case letters, digits, '.', '_' and '-'"));
    policy.name = *std::move(name);
  }
  BAILEY_TRY(read_levels(reader, policy.levels));
  BAILEY_TRY(read_files(reader, policy.files));
  BAILEY_TRY(read_environment(reader, policy.environment));
  BAILEY_TRY(read_commands(reader, policy.commands));
  BAILEY_TRY(read_limits(reader, policy.limits));
  BAILEY_TRY(read_approvals(reader, policy.approvals));
  BAILEY_TRY(read_degradations(reader, policy.degradations));
  for (const auto section : kNotEnforced) {
    const Json* member = reader.any(section);
    if (member == nullptr) continue;
    const auto mark = member->key_mark().line != 0 ? member->key_mark() : member->mark();
    policy.not_enforced.push_back({std::string(section), mark});
  }
  BAILEY_TRY(reader.finish());
  return policy;
}

Result<Policy> parse_policy(std::string_view text) {
  if (text.size() > kMaxPolicyBytes)
    return fail("policy.too_big", "policy: the document is larger than 1 MiB",
                "join rules with '*', or split the work over several policies");
  const auto first = text.find_first_not_of(" \t\r\n");
  codec::JsonLimits limits;
  limits.max_bytes = kMaxPolicyBytes;
  limits.max_depth = 16;
  const bool is_json = first != std::string_view::npos && text[first] == '{';
  const Json document =
      BAILEY_TRY(is_json ? codec::parse_json(text, limits) : codec::parse_yaml(text, limits));
  return read_policy(document);
}

codec::Json to_json(const Policy& policy) {
  const auto strings = [](const std::vector<std::string>& list) {
    Json::Array out;
    for (const auto& item : list) out.emplace_back(item);
    return Json(std::move(out));
  };
  Json json{Json::Object{}};
  json.set("version", 1);
  if (!policy.name.empty()) json.set("name", policy.name);

  Json levels{Json::Object{}};
  levels.set("start", number(policy.levels.start));
  levels.set("max", number(policy.levels.max));
  Json actions{Json::Object{}};
  for (const auto& [kind, level] : policy.levels.actions) actions.set(kind, number(level));
  levels.set("actions", std::move(actions));
  json.set("levels", std::move(levels));

  Json files{Json::Object{}};
  files.set("read", strings(policy.files.read));
  files.set("write", strings(policy.files.write));
  files.set("hide", strings(policy.files.hide));
  json.set("files", std::move(files));

  Json variables{Json::Object{}};
  for (const auto& [name, value] : policy.environment.set) variables.set(name, value);
  Json environment{Json::Object{}};
  environment.set("pass", strings(policy.environment.pass));
  environment.set("set", std::move(variables));
  json.set("environment", std::move(environment));

  json.set("commands", commands_to_json(policy.commands));

  Json limits{Json::Object{}};
  for (const auto& [name, kind] : kLimitNames) {
    const auto value = policy.limits[kind];
    if (!value) continue;
    const bool time = kind == LimitKind::kWall || kind == LimitKind::kCpuTime;
    limits.set(std::string(name), time ? format_duration(static_cast<std::int64_t>(*value))
                                  : kind == LimitKind::kCpus ? format_cpus(*value)
                                                             : std::to_string(*value));
  }
  json.set("limits", std::move(limits));
  if (policy.approvals) {
    Json approvals{Json::Object{}};
    approvals.set("by", policy.approvals->by);
    approvals.set("timeout", format_duration(policy.approvals->timeout_ns));
    json.set("approvals", std::move(approvals));
  }
  json.set("degradations", strings(policy.degradations));
  return json;
}

std::vector<Finding> findings(const Policy& policy) {
  std::vector<Finding> out;
  for (const auto& section : policy.not_enforced)
    out.push_back(
        {"policy.section_not_enforced",
         "'" + section.section +
             "' is known but not enforced by this build: a run under this policy is refused",
         section.mark});
  bool asks = false;
  for (const auto& rule : policy.commands) {
    asks = asks || rule.decision == model::Decision::kAsk;
    if (rule.argv.size() == 1 && rule.argv.front() == "**" &&
        rule.decision == model::Decision::kAllow)
      out.push_back({"policy.any_command",
                     "rule '" + rule.id + "' allows every command; only the cage holds it",
                     rule.mark});
  }
  if (asks && !policy.approvals)
    out.push_back({"policy.approvals_default",
                   "a rule asks and 'approvals' is not set: somebody other than you must answer",
                   {}});
  for (const auto& path : policy.files.read)
    if (path == "/" || path == "/**" || path == "~" || path == "~/**")
      out.push_back({"policy.wide_read", "files.read lists '" + path + "' whole", {}});
  if (policy.commands.empty())
    out.push_back({"policy.no_commands", "no rule allows any command", {}});
  return out;
}

}  // namespace bailey::policy
