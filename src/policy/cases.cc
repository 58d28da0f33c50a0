#include "policy/cases.h"

#include "codec/fields.h"
#include "policy/document.h"

namespace bailey::policy {
namespace {

using codec::Json;
using codec::ObjectReader;
using model::Decision;

constexpr std::size_t kMaxText = 131'071;  // what execve(2) carries in one word
constexpr std::size_t kMaxName = 200;

std::unexpected<Error> wrong(const ObjectReader& reader, std::string_view code,
                             std::string_view name, std::string_view message,
                             std::string hint = {}) {
  return std::unexpected(reader.error(code, name, message, std::move(hint)));
}

Result<std::optional<std::string>> bounded(ObjectReader& reader, std::string_view name,
                                           std::size_t most) {
  auto text = BAILEY_TRY(reader.optional_string(name));
  if (text && (text->empty() || text->size() > most || text->find('\0') != std::string::npos))
    return wrong(reader, "cases.question", name, "is empty, too long or holds a NUL");
  return text;
}

Status read_question(ObjectReader& reader, Case& one) {
  int questions = 0;
  if (reader.any("run") != nullptr) {
    ++questions;
    one.argv = BAILEY_TRY(reader.strings("run"));
    if (one.argv.empty() || one.argv.front().empty())
      return wrong(reader, "cases.question", "run", "names no program");
    for (const auto& word : one.argv)
      if (word.size() > kMaxText || word.find('\0') != std::string::npos)
        return wrong(reader, "cases.question", "run", "has a word that is too long or holds a NUL");
  }
  if (auto text = BAILEY_TRY(bounded(reader, "shell", kMaxText))) {
    ++questions;
    one.argv = {"bash", "-c", *std::move(text)};
  }
  if (auto path = BAILEY_TRY(bounded(reader, "file", 4'095))) {
    ++questions;
    one.question = Case::Question::kFile;
    one.subject = *std::move(path);
  }
  if (auto name = BAILEY_TRY(bounded(reader, "env", 256))) {
    ++questions;
    one.question = Case::Question::kVariable;
    one.subject = *std::move(name);
  }
  if (questions != 1)
    return wrong(reader, "cases.question", "", "asks one thing: run, shell, file or env");
  const bool writes = BAILEY_TRY(reader.optional_bool("write")).value_or(false);
  const bool deletes = BAILEY_TRY(reader.optional_bool("delete")).value_or(false);
  if ((writes || deletes) && (one.question != Case::Question::kFile || (writes && deletes)))
    return wrong(reader, "cases.question", writes ? "write" : "delete",
                 "says what is done with a file, one of the two");
  one.use = writes ? FileUse::kWrite : deletes ? FileUse::kDelete : FileUse::kRead;
  return {};
}

Status read_expectation(ObjectReader& reader, Case& one) {
  const bool command = one.question == Case::Question::kCommand;
  const bool asks = command || one.question == Case::Question::kFile;
  const auto expect = BAILEY_TRY(reader.required_string("expect"));
  if (expect == "allow") {
    one.expected = Decision::kAllow;
  } else if (expect == "ask" && asks) {
    one.expected = Decision::kAsk;
  } else if (expect == "deny") {
    one.expected = Decision::kDeny;
  } else {
    return wrong(reader, "cases.expect", "expect",
                 asks ? "is 'allow', 'ask' or 'deny'" : "is 'allow' or 'deny'");
  }
  one.rule = BAILEY_TRY(bounded(reader, "rule", 64)).value_or("");
  one.code = BAILEY_TRY(bounded(reader, "code", 64)).value_or("");
  if (!one.rule.empty() && !command && one.expected != Decision::kAsk)
    return wrong(reader, "cases.expect", "rule",
                 "is the id of a rule for commands, or of files.ask beside 'expect: ask'");
  if (const Json* level = reader.any("level")) {
    const auto known = level->is_int() ? model::level_from(level->as_int()) : std::nullopt;
    if (!known || !command)
      return wrong(reader, "cases.question", "level",
                   "is 0, 10, 20, 30 or 40, of a command's session");
    one.level = known;
  }
  return {};
}

}  // namespace

Result<Cases> parse_cases(std::string_view text) {
  const Json json = BAILEY_TRY(parse_text(text));
  auto top = BAILEY_TRY(ObjectReader::create(json, "cases"));
  Cases cases;
  const Json* version = top.any("version");
  if (version == nullptr || !version->is_int() || version->as_int() != 1)
    return wrong(top, "cases.version", "version", "must be 1", "begin with 'version: 1'");
  cases.policy = BAILEY_TRY(bounded(top, "policy", 4'095)).value_or("");
  cases.workspace = BAILEY_TRY(bounded(top, "workspace", 4'095)).value_or("");
  const Json::Array* list = BAILEY_TRY(top.required_array("cases"));
  BAILEY_TRY(top.finish());
  if (list->empty())
    return wrong(top, "cases.empty", "cases", "is empty, so nothing would be tested");
  if (list->size() > kMaxCases)
    return wrong(top, "cases.too_many", "cases", "has over 10,000 cases");
  for (const Json& item : *list) {
    auto reader = BAILEY_TRY(ObjectReader::create(item, "cases", "cases[]"));
    Case one;
    one.mark = item.mark();
    one.name = BAILEY_TRY(bounded(reader, "name", kMaxName)).value_or("");
    BAILEY_TRY(read_question(reader, one));
    BAILEY_TRY(read_expectation(reader, one));
    BAILEY_TRY(reader.finish());
    cases.list.push_back(std::move(one));
  }
  return cases;
}

}  // namespace bailey::policy
