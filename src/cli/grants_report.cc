#include "cli/grants_report.h"

#include <algorithm>

#include "codec/text.h"

namespace bailey::cli {
namespace {

using codec::Json;

constexpr std::size_t kShown = 5;

struct Words {
  std::string_view code;
  std::string_view text;
};
constexpr Words kWords[] = {
    {"approval.denied", "the answer was no"},
    {"grant.no_terminal",
     "asking needs a terminal as standard input, and Bailey in its foreground"},
    {"grant.other", "approvals.by is 'other', and somebody else cannot answer while it runs"},
    {"grant.too_many", "16 questions were asked in this run"},
    {"grant.hidden", "it is hidden from every cage"},
    {"grant.not_asked", "what it really is may not be asked for"},
    {"grant.not_regular", "it is not a regular file"},
    {"grant.missing", "it is not there"},
    {"grant.too_big", "it is larger than 64 MiB"},
    {"grant.unreadable", "it could not be read"},
    {"grant.changed", "it was another file by then"},
    {"grant.not_delivered", "the program was gone, or could not take it"},
    {"kill.active", "the kill switch is on"},
};

std::string line(const std::string& text) { return "bailey: " + codec::for_terminal(text) + "\n"; }

std::string why(const std::string& code) {
  const auto* found = std::find_if(std::begin(kWords), std::end(kWords),
                                   [&](const Words& words) { return words.code == code; });
  return found == std::end(kWords) ? "[" + code + "]"
                                   : std::string(found->text) + " [" + code + "]";
}

std::string times(std::uint64_t count) {
  return count == 1 ? "once" : std::to_string(count) + " times";
}

}  // namespace

std::string grants_text(const model::Evidence& evidence) {
  std::string text;
  std::size_t shown = 0;
  for (const auto& grant : evidence.grants) {
    if (++shown > kShown) continue;
    const std::string path = codec::for_terminal(grant.path, 200);
    const std::string rule = grant.rule.empty() ? "" : ", rule '" + grant.rule + "'";
    if (grant.granted && grant.uses > 0)
      text += line("  given: a copy of " + path + ", opened " + times(grant.uses) + rule);
    else
      text += line("  not given: " + path + ": " + why(grant.reason_code) + rule);
  }
  const std::uint64_t more = (shown > kShown ? shown - kShown : 0);
  if (more > 0)
    text += line("  given or not: " + std::to_string(more) + " more (--json lists them)");
  if (evidence.grants_uncounted > 0)
    text += line("  not given: " + std::to_string(evidence.grants_uncounted) +
                 " more that nobody was asked about");
  return text;
}

Json grants_json(const model::Evidence& evidence) {
  Json::Array list;
  for (const auto& grant : evidence.grants) {
    Json json{Json::Object{}};
    json.set("act", "file.read");
    json.set("path", codec::valid_utf8(grant.path));
    if (!grant.file.empty()) json.set("file", codec::valid_utf8(grant.file));
    json.set("rule", grant.rule);
    json.set("decision", grant.granted ? "granted" : "denied");
    json.set("reason_code", grant.reason_code);
    json.set("uses", std::to_string(grant.uses));
    list.push_back(std::move(json));
  }
  Json json{Json::Object{}};
  json.set("list", std::move(list));
  json.set("uncounted", std::to_string(evidence.grants_uncounted));
  return json;
}

}  // namespace bailey::cli
