#include "policy/ask_reader.h"

#include <algorithm>

#include "policy/command_reader.h"
#include "policy/covers.h"
#include "policy/paths.h"

namespace bailey::policy {
namespace {

using codec::Json;
using codec::ObjectReader;

// What is asked for is masked, so it may not be all there is.
bool is_whole(std::string_view place) {
  return place == "/" || place == "/**" || place == "~" || place == "." || place == "./**" ||
         place == "**";
}

Result<AskRule> read_rule(const Json& item) {
  ObjectReader reader = BAILEY_TRY(ObjectReader::create(item, "policy", "files.ask[]"));
  AskRule rule;
  rule.place.origin.mark = item.mark();
  rule.id = BAILEY_TRY(read_id(reader));
  rule.place.text = BAILEY_TRY(reader.required_string("path"));
  rule.reason = BAILEY_TRY(read_reason(reader));
  BAILEY_TRY(reader.finish());
  if (auto good = check_path(rule.place.text, PathUse::kPlace); !good)
    return std::unexpected(
        reader.error(good.error().code, "path", good.error().message, good.error().hint));
  if (is_whole(rule.place.text))
    return std::unexpected(reader.error("policy.path", "path",
                                        "is asked for whole, which would hide all of it",
                                        "name a file, or a folder with '/**'"));
  for (const char* kernel : {"/proc", "/sys", "/dev"})
    if (covers_place(kernel, rule.place.text))
      return std::unexpected(
          reader.error("policy.never_matches", "path",
                       "lies in " + std::string(kernel) + ", of which nothing is ever given"));
  return rule;
}

}  // namespace

Status read_asks(ObjectReader& files, std::optional<Said<std::vector<AskRule>>>& out) {
  const Json::Array* list = BAILEY_TRY(files.optional_array("ask"));
  if (list == nullptr) return {};
  const Json& member = *files.any("ask");
  out.emplace();
  out->mark = member.key_mark().line != 0 ? member.key_mark() : member.mark();
  if (list->size() > kMaxAsks)
    return std::unexpected(
        files.error("policy.too_many", "ask", "has over 64 rules", "name their folder with '/**'"));
  for (const auto& item : *list) {
    AskRule rule = BAILEY_TRY(read_rule(item));
    const auto refuse = [&](std::string_view code, std::string why) {
      return fail(code, "policy: files.ask: rule '" + rule.id + "': " + std::move(why) +
                            codec::at_mark(item.mark()));
    };
    for (const auto& other : out->value) {
      if (other.id == rule.id) return refuse("policy.rule", "another rule has this id");
      if (other.place.text == rule.place.text)
        return refuse("policy.never_matches", "rule '" + other.id + "' has the same path");
    }
    out->value.push_back(std::move(rule));
  }
  return {};
}

Json asks_to_json(const std::vector<AskRule>& rules) {
  Json::Array list;
  for (const auto& rule : rules) {
    Json json{Json::Object{}};
    json.set("id", rule.id);
    json.set("path", rule.place.text);
    if (!rule.reason.empty()) json.set("reason", rule.reason);
    list.push_back(std::move(json));
  }
  return Json(std::move(list));
}

}  // namespace bailey::policy
