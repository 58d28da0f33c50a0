#include "report/leaf_view.h"

#include "codec/text.h"

namespace bailey::report {
namespace {

using codec::Json;
using merkle::LeafType;

// A member by its path, as text; empty when it is not there.
std::string at(const Json& body, std::initializer_list<std::string_view> path) {
  const Json* value = &body;
  for (const auto name : path) {
    value = value->find(name);
    if (value == nullptr) return {};
  }
  if (value->is_string()) return codec::for_terminal(value->as_string(), 300);
  if (value->is_int()) return std::to_string(value->as_int());
  return {};
}

void add(std::string& text, std::string_view label, const std::string& value) {
  if (value.empty()) return;
  if (!text.empty()) text += ", ";
  text += label;
  text += value;
}

std::string summary(const merkle::LeafEnvelope& leaf) {
  const Json& body = leaf.body;
  std::string text;
  switch (leaf.type) {
    case LeafType::kIntent:
      add(text, "", at(body, {"action", "kind"}));
      add(text, "in ", at(body, {"action", "resource"}));
      add(text, "policy ", at(body, {"policy", "name"}));
      break;
    case LeafType::kOutcome:
      add(text, "", at(body, {"status"}));
      if (at(body, {"status"}) == "done") {
        const std::string signal = at(body, {"signal"});
        if (signal.empty() || signal == "0")
          add(text, "code ", at(body, {"exit_code"}));
        else
          add(text, "signal ", signal);
      } else {
        add(text, "", at(body, {"reason_code"}));
      }
      add(text, "of entry ", at(body, {"intent", "index"}));
      break;
    case LeafType::kRefusal:
      add(text, "", at(body, {"action", "kind"}));
      add(text, "", at(body, {"denial", "reason_code"}));
      add(text, "", at(body, {"denial", "user_message"}));
      break;
    case LeafType::kInterrupted:
      add(text, "entry ", at(body, {"intent", "index"}));
      add(text, "", at(body, {"found"}));
      break;
    case LeafType::kAbandoned:
      add(text, "entry ", at(body, {"intent", "index"}));
      break;
    case LeafType::kEvents:
      add(text, "of entry ", at(body, {"intent", "index"}));
      break;
    case LeafType::kControl:
      add(text, "", at(body, {"what"}));
      add(text, "to ", at(body, {"after"}));
      add(text, "by ", at(body, {"by", "principal"}));
      add(text, "", at(body, {"reason"}));
      break;
    case LeafType::kAsk:
      add(text, "", at(body, {"id"}));
      break;
    case LeafType::kAnswer:
      add(text, "", at(body, {"id"}));
      add(text, "", at(body, {"decision"}));
      add(text, "by ", at(body, {"by", "principal"}));
      break;
    case LeafType::kAdvice:
      add(text, "", at(body, {"verdict", "decision"}));
      break;
  }
  return text;
}

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.resize(width, ' ');
  return text;
}

}  // namespace

std::string leaf_line(const merkle::LeafEnvelope& leaf) {
  // Whole seconds are enough for a line; the JSON form has them all.
  return padded(std::to_string(leaf.index), 6) + " " + rfc3339(leaf.time).substr(0, 19) + "Z  " +
         padded(std::string(merkle::name(leaf.type)), 12) + " " + summary(leaf);
}

codec::Json leaf_json(const merkle::LeafEnvelope& leaf, const merkle::Hash& hash) {
  Json json{Json::Object{}};
  json.set("v", 1);
  json.set("type", merkle::name(leaf.type));
  json.set("index", static_cast<std::int64_t>(leaf.index));
  json.set("time", rfc3339(leaf.time));
  json.set("mono", std::to_string(leaf.mono.ns));
  json.set("boot", leaf.boot);
  json.set("nonce", codec::to_hex(leaf.nonce));
  json.set("parent", leaf.parent ? codec::to_hex(*leaf.parent) : std::string());
  json.set("body", leaf.body);
  json.set("leaf_hash", codec::to_hex(hash));
  return json;
}

}  // namespace bailey::report
