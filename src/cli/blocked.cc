#include "cli/blocked.h"

#include <cstdlib>

#include "codec/text.h"

namespace bailey::cli {
namespace {

using codec::Json;

std::string line(const std::string& text) { return "bailey: " + codec::for_terminal(text) + "\n"; }

// "ptrace", "connect to 192.0.2.1:443", "start of /x".
std::string act_of(const model::Event& event) {
  switch (event.kind) {
    case model::EventKind::kSyscall:
      return event.act;
    case model::EventKind::kConnect:
      return "connect to " + event.object;
    case model::EventKind::kBind:
      return "listen on " + event.object;
    case model::EventKind::kExec:
      return "start of " + event.object;
    case model::EventKind::kOpen:
      return "open of " + event.object;
  }
  return event.act;
}

Json event_json(const model::Event& event) {
  Json json{Json::Object{}};
  json.set("kind", model::name(event.kind));
  json.set("act", codec::valid_utf8(event.act));
  json.set("object", codec::valid_utf8(event.object));
  json.set("claimed", event.claimed);
  json.set("cut", event.cut);
  json.set("layer", event.layer);
  json.set("errno", event.error);
  if (!event.rule.empty()) json.set("rule", codec::valid_utf8(event.rule));
  json.set("pid", std::to_string(event.pid));
  json.set("program", codec::valid_utf8(event.program));
  if (event.program_digest) json.set("program_digest", codec::to_hex(*event.program_digest));
  return json;
}

}  // namespace

std::uint64_t event_count(const Json& extra, std::string_view member) {
  const Json* events = extra.find("events");
  const Json* value = events != nullptr ? events->find(member) : nullptr;
  if (value == nullptr || !value->is_string()) return 0;
  return std::strtoull(value->as_string().c_str(), nullptr, 10);
}

// The first of them by act; the rest is in --json and counted.
std::string blocked_text(const std::vector<model::Event>& all, const Json& extra) {
  constexpr std::size_t kShown = 5;
  std::string text;
  std::size_t refused = 0;
  for (const auto& event : all) {
    if (event.layer == "grant") continue;  // given, and told elsewhere
    if (++refused > kShown) continue;
    text += line("  blocked: " + codec::for_terminal(act_of(event), 200) + " by " +
                 codec::for_terminal(event.program, 15) + " (" + event.layer +
                 (event.error.empty() ? "" : ", " + event.error) +
                 (event.rule.empty() ? "" : ": " + codec::for_terminal(event.rule, 200)) + ")");
  }
  const std::uint64_t more = refused > kShown ? refused - kShown : 0;
  const std::uint64_t repeated = event_count(extra, "repeated");
  const std::uint64_t dropped = event_count(extra, "dropped");
  std::string rest;
  const auto add = [&rest](std::uint64_t count, const char* what) {
    if (count == 0) return;
    rest += (rest.empty() ? "" : ", ") + std::to_string(count) + " " + what;
  };
  add(more, "more (--json lists them)");
  add(repeated, "repeated");
  add(dropped, "not kept");
  if (!rest.empty()) text += line("  blocked: " + rest);
  return text;
}

Json blocked_json(const std::vector<model::Event>& events) {
  Json::Array list;
  for (const auto& event : events) list.push_back(event_json(event));
  return list;
}

}  // namespace bailey::cli
