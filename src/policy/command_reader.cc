#include "policy/command_reader.h"

#include <algorithm>
#include <unordered_set>

#include "policy/glob.h"
#include "policy/paths.h"

namespace bailey::policy {
namespace {

using codec::Json;
using codec::ObjectReader;
using model::Decision;
using model::Level;

std::unexpected<Error> at(const std::string& id, std::string_view code, std::string_view message,
                          codec::Mark mark, std::string hint = {}) {
  return fail(code,
              "policy: commands: rule '" + id + "': " + std::string(message) + codec::at_mark(mark),
              std::move(hint));
}

// Exact program texts may hold line ends and tabs; nothing else that cannot be seen.
bool is_unreadable(std::string_view word) {
  std::string visible(word);
  std::erase_if(visible, [](char c) { return c == '\n' || c == '\t'; });
  return is_deceptive(visible);
}

Status check_program(const std::string& id, const std::string& word, codec::Mark mark) {
  const auto slash = word.find('/');
  if (slash == std::string::npos) return {};
  for (std::size_t start = 0; start <= word.size();) {
    const auto end = std::min(word.find('/', start), word.size());
    const std::string_view part(word.data() + start, end - start);
    const bool leading = start == 0 && (part.empty() || part == "." || part == "~");
    if (!leading && (part.empty() || part == "." || part == ".."))
      return at(id, "policy.never_matches",
                "the program's path holds '.', '..' or an empty part, which no resolved path does",
                mark, "write the path without it");
    start = end + 1;
  }
  return {};
}

Result<CommandRule> read_rule(const Json& item) {
  ObjectReader reader = BAILEY_TRY(ObjectReader::create(item, "policy", "commands[]"));
  CommandRule rule;
  rule.origin.mark = item.mark();
  rule.id = BAILEY_TRY(read_id(reader));
  const auto decision = BAILEY_TRY(reader.required_string("decision"));
  if (decision == "allow") {
    rule.decision = Decision::kAllow;
  } else if (decision == "ask") {
    rule.decision = Decision::kAsk;
  } else if (decision == "deny") {
    rule.decision = Decision::kDeny;
  } else {
    return std::unexpected(reader.error("policy.rule", "decision", "is 'allow', 'ask' or 'deny'"));
  }
  rule.reason = BAILEY_TRY(read_reason(reader));
  if (const Json* level = reader.any("level")) {
    const auto known = level->is_int() ? model::level_from(level->as_int()) : std::nullopt;
    if (!known || *known < Level::kBuilder)
      return std::unexpected(reader.error(
          "policy.level", "level", "is 30 or 40: running a command never needs less than 30"));
    if (rule.decision == Decision::kDeny)
      return std::unexpected(reader.error("policy.level", "level", "says nothing on a deny rule"));
    rule.level = known;
  }
  if (BAILEY_TRY(reader.optional_bool("final")).value_or(false)) rule.finality = Finality::kFinal;
  const Json::Array* argv = BAILEY_TRY(reader.required_array("argv"));
  BAILEY_TRY(reader.finish());
  if (argv->empty())
    return at(rule.id, "policy.never_matches", "argv is empty, so the rule can never match",
              reader.value().find("argv")->mark(), "write argv: [\"**\"] for any command");
  if (argv->size() > kMaxPatternWords)
    return at(rule.id, "policy.too_many", "argv has over 256 words", item.mark());
  for (std::size_t i = 0; i < argv->size(); ++i) {
    const Json& word = (*argv)[i];
    if (!word.is_string())
      return at(rule.id, "fields.type", "every word of argv must be a string", word.mark(),
                "put numbers and true/false in quotes");
    const std::string& text = word.as_string();
    if (text.size() > kMaxWordBytes)
      return at(rule.id, "policy.pattern", "a word of argv is longer than 4,096 bytes",
                word.mark());
    if (is_unreadable(text))
      return at(rule.id, "policy.pattern",
                "a word of argv holds a control, invisible or bidirectional character",
                word.mark());
    if (text == "**" && i + 1 != argv->size())
      return at(rule.id, "policy.pattern", "'**' stands last in argv", word.mark(),
                "use '*' for one word");
    if (auto glob = Glob::create(text); !glob)
      return at(rule.id, "policy.pattern", glob.error().message, word.mark(), glob.error().hint);
    if (i == 0) {
      if (text.empty())
        return at(rule.id, "policy.never_matches", "the program's name is empty", word.mark());
      if (text != "**") BAILEY_TRY(check_program(rule.id, text, word.mark()));
    }
    rule.argv.push_back(text);
  }
  return rule;
}

}  // namespace

Result<std::string> read_id(ObjectReader& reader) {
  auto id = BAILEY_TRY(reader.required_string("id"));
  const bool good = !id.empty() && id.size() <= 64 && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
  if (!good)
    return std::unexpected(reader.error(
        "policy.rule", "id", "is up to 64 lower-case letters, digits, '.', '_' and '-'"));
  return id;
}

Result<std::string> read_reason(ObjectReader& reader) {
  auto reason = BAILEY_TRY(reader.optional_string("reason"));
  if (!reason) return std::string();
  if (reason->empty() || reason->size() > 500 || is_deceptive(*reason))
    return std::unexpected(
        reader.error("policy.rule", "reason", "is one readable line of up to 500 bytes"));
  return *std::move(reason);
}

Status read_commands(ObjectReader& top, std::optional<Said<std::vector<CommandRule>>>& out) {
  const Json::Array* list = BAILEY_TRY(top.optional_array("commands"));
  if (list == nullptr) return {};
  const Json& member = *top.any("commands");
  out.emplace();
  out->mark = member.key_mark().line != 0 ? member.key_mark() : member.mark();
  if (list->size() > kMaxRules)
    return std::unexpected(top.error("policy.too_many", "commands", "has over 10,000 rules",
                                     "join rules with '*' and '**'"));
  std::unordered_set<std::string> ids;
  std::vector<CommandRule>& rules = out->value;
  rules.reserve(list->size());
  for (const auto& item : *list) {
    rules.push_back(BAILEY_TRY(read_rule(item)));
    if (!ids.insert(rules.back().id).second)
      return at(rules.back().id, "policy.rule", "another rule has this id", item.mark());
  }
  return {};
}

codec::Json commands_to_json(const std::vector<CommandRule>& rules) {
  Json::Array list;
  list.reserve(rules.size());
  for (const auto& rule : rules) {
    Json json{Json::Object{}};
    json.set("id", rule.id);
    json.set("decision", name(rule.decision));
    Json::Array argv;
    for (const auto& word : rule.argv) argv.emplace_back(word);
    json.set("argv", std::move(argv));
    if (!rule.reason.empty()) json.set("reason", rule.reason);
    if (rule.level) json.set("level", number(*rule.level));
    if (rule.finality == Finality::kFinal) json.set("final", true);
    if (rule.trusted_names_only) json.set("trusted_names_only", true);
    if (rule.judges_no_text) json.set("judges_no_text", true);
    list.push_back(std::move(json));
  }
  return Json(std::move(list));
}

}  // namespace bailey::policy
