#include "policy/document.h"

#include <algorithm>
#include <set>

#include "base/rel_path.h"
#include "codec/fields.h"
#include "codec/yaml.h"
#include "policy/ask_reader.h"
#include "policy/command_reader.h"
#include "policy/defaults.h"
#include "policy/paths.h"
#include "policy/units.h"

namespace bailey::policy {
namespace {

using codec::Json;
using codec::ObjectReader;
using model::Level;
using model::LimitKind;

constexpr std::string_view kNotEnforced[] = {"network", "secrets", "tools", "models",
                                             "content", "budgets", "taint"};
constexpr std::size_t kMaxName = 64;
constexpr std::size_t kMaxVariables = 1'024;
constexpr std::size_t kMaxValue = 32'768;
constexpr std::size_t kMaxKinds = 256;

constexpr std::string_view kSectionNames[kSections] = {
    "levels", "files", "environment", "commands", "limits", "approvals", "degradations"};
constexpr std::string_view kLimitPrefix = "limits.";

// Where a member begins: its name, as far as that is known.
codec::Mark begin_of(const Json& member) {
  return member.key_mark().line != 0 ? member.key_mark() : member.mark();
}

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

Status read_levels(ObjectReader& top, Document& document) {
  auto reader = BAILEY_TRY(top.optional_object("levels"));
  if (!reader) return {};
  document.levels_at = begin_of(reader->value());
  if (const Json* start = reader->any("start"))
    document.start = {BAILEY_TRY(read_level(*reader, "start", *start)), start->mark()};
  if (document.start && document.start->value > Level::kBuilder)
    return std::unexpected(
        reader->error("policy.level", "start", "a session starts at most at 30",
                      "raise it for a time with 'bailey level set 40 --for 1h'"));
  if (const Json* max = reader->any("max")) {
    document.max = {BAILEY_TRY(read_level(*reader, "max", *max)), max->mark()};
    if (document.start && document.max->value < document.start->value)
      return std::unexpected(reader->error("policy.level", "max", "is below levels.start"));
  }
  if (auto actions = BAILEY_TRY(reader->optional_object("actions"))) {
    for (const auto& [kind, value] : actions->value().as_object()) {
      (void)actions->any(kind);
      if (!is_word(kind, "._"))
        return std::unexpected(
            actions->error("policy.level", kind, "a kind is lower-case words joined by dots"));
      document.actions.emplace_back(
          kind, Said<Level>{BAILEY_TRY(read_level(*actions, kind, value)), value.mark()});
    }
    if (document.actions.size() > kMaxKinds)
      return std::unexpected(reader->error("policy.too_many", "actions", "has over 256 entries"));
    std::sort(document.actions.begin(), document.actions.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
  }
  return reader->finish();
}

Status read_paths(ObjectReader& reader, std::string_view name, PathUse use,
                  std::optional<SaidList>& out) {
  const Json::Array* list = BAILEY_TRY(reader.optional_array(name));
  if (list == nullptr) return {};
  out.emplace();
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
    out->push_back({item.as_string(), item.mark()});
  }
  return {};
}

Status read_files(ObjectReader& top, Document& document) {
  auto reader = BAILEY_TRY(top.optional_object("files"));
  if (!reader) return {};
  BAILEY_TRY(read_paths(*reader, "read", PathUse::kPlace, document.read));
  BAILEY_TRY(read_paths(*reader, "write", PathUse::kPlace, document.write));
  BAILEY_TRY(read_paths(*reader, "hide", PathUse::kHide, document.hide));
  BAILEY_TRY(read_asks(*reader, document.ask));
  if (document.write)
    for (const auto& path : *document.write)
      if (path.value == "/" || path.value == "/**")
        return std::unexpected(
            reader->error("policy.path", "write", "the whole system is not a place to write"));
  return reader->finish();
}

Status read_environment(ObjectReader& top, Document& document) {
  auto reader = BAILEY_TRY(top.optional_object("environment"));
  if (!reader) return {};
  std::set<std::string_view> seen;
  if (const Json::Array* list = BAILEY_TRY(reader->optional_array("pass"))) {
    document.pass.emplace();
    for (const auto& item : *list) {
      if (!item.is_string() || !is_variable(item.as_string()))
        return at("environment.pass",
                  {"policy.environment", "every item is the name of a variable, one is not",
                   "names are letters, digits and '_'; wildcards are not known here"},
                  item);
      if (!seen.insert(item.as_string()).second)
        return at("environment.pass", {"policy.never_matches", "the variable is listed twice", ""},
                  item);
      document.pass->push_back({item.as_string(), item.mark()});
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
      document.set.emplace_back(name, Said<std::string>{value.as_string(), begin_of(value)});
    }
    std::sort(document.set.begin(), document.set.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
  }
  if (document.set.size() + (document.pass ? document.pass->size() : 0) > kMaxVariables)
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

Status read_limits(ObjectReader& top, Document& document) {
  auto reader = BAILEY_TRY(top.optional_object("limits"));
  if (!reader) return {};
  for (std::size_t i = 0; i < model::kLimitKinds; ++i) {
    const auto kind = static_cast<LimitKind>(i);
    const auto name = limit_name(kind);
    const Json* value = reader->any(name);
    if (value == nullptr) continue;
    if (!value->is_string() && !value->is_int() && !value->is_double())
      return std::unexpected(reader->error("fields.type", name, "must be a number or a text"));
    auto parsed =
        parse_limit(kind, value->is_string() ? value->as_string() : codec::canonical_json(*value));
    if (!parsed)
      return std::unexpected(
          reader->error("policy.limit", name, parsed.error().message, parsed.error().hint));
    document.limits[i] = {*parsed, value->mark()};
  }
  return reader->finish();
}

Status read_approvals(ObjectReader& top, Document& document) {
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
  document.approvals = {std::move(approvals), begin_of(reader->value())};
  return reader->finish();
}

Status read_degradations(ObjectReader& top, Document& document) {
  const Json::Array* list = BAILEY_TRY(top.optional_array("degradations"));
  if (list == nullptr) return {};
  document.degradations.emplace();
  document.degradations->mark = begin_of(*top.any("degradations"));
  std::set<std::string_view> seen;
  for (const auto& item : *list) {
    if (!item.is_string() || !is_word(item.as_string(), "._-"))
      return at("degradations", {"policy.degradation", "every item is the name of a layer", ""},
                item);
    if (!seen.insert(item.as_string()).second)
      return at("degradations", {"policy.never_matches", "the layer is listed twice", ""}, item);
    document.degradations->value.push_back(item.as_string());
  }
  if (document.degradations->value.size() > kMaxKinds)
    return std::unexpected(top.error("policy.too_many", "degradations", "has over 256 names"));
  return {};
}

Status read_extends(ObjectReader& top, Document& document) {
  const Json* parent = top.any("extends");
  if (parent == nullptr) return {};
  if (!parent->is_string())
    return std::unexpected(top.error("fields.type", "extends", "names one parent, as a text",
                                     "extends: base.yaml, or extends: builtin:balanced"));
  const std::string& name = parent->as_string();
  const bool good = name.starts_with(kBuiltinPrefix)
                        ? is_word(name.substr(kBuiltinPrefix.size()), "")
                        : RelPath::create(name).has_value() && !is_deceptive(name);
  if (!good)
    return std::unexpected(
        top.error("policy.extends", "extends",
                  "is 'builtin:NAME' or a file in the folder of this policy or below it",
                  "write the name alone, as in 'base.yaml': no '..', no full path"));
  document.extends = {name, parent->mark()};
  return {};
}

// What `final` may name, for the hint.
std::vector<std::string> final_names() {
  std::vector<std::string> names(std::begin(kSectionNames), std::end(kSectionNames));
  for (std::size_t i = 0; i < model::kLimitKinds; ++i)
    names.push_back(std::string(kLimitPrefix) + std::string(limit_name(static_cast<LimitKind>(i))));
  return names;
}

Status read_final(ObjectReader& top, Document& document) {
  const Json* final = top.any("final");
  if (final == nullptr) return {};
  document.final_at = begin_of(*final);
  Finals& finals = document.finals;
  if (final->is_bool() && final->as_bool()) {
    finals.sections.fill(final->mark());
    return {};
  }
  if (!final->is_array())
    return std::unexpected(top.error("fields.type", "final", "is 'true' or a list of sections",
                                     "for example final: [files, limits.memory]"));
  for (const auto& item : final->as_array()) {
    if (!item.is_string())
      return at("final", {"fields.type", "every item must be a string, one is not", ""}, item);
    const std::string& text = item.as_string();
    std::optional<codec::Mark>* slot = nullptr;
    for (std::size_t i = 0; i < kSections; ++i)
      if (text == kSectionNames[i]) slot = &finals.sections[i];
    if (text.starts_with(kLimitPrefix))
      if (const auto kind = limit_kind(std::string_view(text).substr(kLimitPrefix.size())))
        slot = &finals.limits[static_cast<std::size_t>(*kind)];
    if (slot == nullptr) {
      const std::string near = codec::nearest_name(text, final_names());
      return at("final",
                {"policy.final", "there is no such section to be final",
                 near.empty() ? "a section of the policy, or limits.NAME"
                              : "did you mean '" + near + "'?"},
                item);
    }
    if (*slot)
      return at("final", {"policy.never_matches", "the section is listed twice", ""}, item);
    *slot = item.mark();
  }
  return {};
}

}  // namespace

std::string_view name(Section section) noexcept {
  return kSectionNames[static_cast<std::size_t>(section)];
}

Result<Document> read_document(const Json& json) {
  if (!json.is_object())
    return fail("fields.type", "policy: the document must be a map of sections",
                "begin with 'version: 1'");
  ObjectReader reader = BAILEY_TRY(ObjectReader::create(json, "policy"));
  Document document;
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
    document.name = *std::move(name);
  }
  BAILEY_TRY(read_extends(reader, document));
  BAILEY_TRY(read_final(reader, document));
  BAILEY_TRY(read_levels(reader, document));
  BAILEY_TRY(read_files(reader, document));
  BAILEY_TRY(read_environment(reader, document));
  BAILEY_TRY(read_commands(reader, document.commands));
  BAILEY_TRY(read_limits(reader, document));
  BAILEY_TRY(read_approvals(reader, document));
  BAILEY_TRY(read_degradations(reader, document));
  for (const auto section : kNotEnforced)
    if (const Json* member = reader.any(section))
      document.not_enforced.push_back({std::string(section), begin_of(*member)});
  BAILEY_TRY(reader.finish());
  return document;
}

Result<Json> parse_text(std::string_view text) {
  if (text.size() > kMaxPolicyBytes)
    return fail("policy.too_big", "policy: the document is larger than 1 MiB",
                "join rules with '*', or split the work over several policies");
  const auto first = text.find_first_not_of(" \t\r\n");
  codec::JsonLimits limits;
  limits.max_bytes = kMaxPolicyBytes;
  limits.max_depth = 16;
  const bool is_json = first != std::string_view::npos && text[first] == '{';
  return is_json ? codec::parse_json(text, limits) : codec::parse_yaml(text, limits);
}

Result<Document> parse_document(std::string_view text) {
  const Json json = BAILEY_TRY(parse_text(text));
  return read_document(json);
}

}  // namespace bailey::policy
