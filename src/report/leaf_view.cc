#include "report/leaf_view.h"

#include "codec/text.h"

namespace bailey::report {
namespace {

using codec::Json;

constexpr std::size_t kMaxWordBytes = 80;
constexpr std::size_t kMaxPageLine = 400;

// The text at body.a.b, made safe, or nothing.
std::string word(const Json& body, std::initializer_list<std::string_view> path) {
  const Json* at = &body;
  for (const auto name : path) {
    at = at->find(name);
    if (at == nullptr) return {};
  }
  if (at->is_string()) return codec::for_terminal(at->as_string(), kMaxWordBytes);
  if (at->is_int()) return std::to_string(at->as_int());
  return {};
}

void add(std::string& line, std::string_view before, const std::string& text) {
  if (text.empty()) return;
  if (!line.empty()) line += ", ";
  line += before;
  line += text;
}

// The code of the reason that decided.
std::string first_reason(const Json& body) {
  const Json* verdict = body.find("verdict");
  const Json* reasons = verdict == nullptr ? nullptr : verdict->find("reasons");
  if (reasons == nullptr || !reasons->is_array() || reasons->as_array().empty()) return {};
  const Json& first = reasons->as_array().front();
  std::string text = word(first, {"code"});
  if (const auto rule = word(first, {"rule"}); !rule.empty()) text += " (" + rule + ")";
  return text;
}

std::string gist(const merkle::LeafEnvelope& leaf) {
  const Json& body = leaf.body;
  std::string line;
  switch (leaf.type) {
    case merkle::LeafType::kIntent:
    case merkle::LeafType::kRefusal:
    case merkle::LeafType::kAdvice:
    case merkle::LeafType::kAsk:
      add(line, "", word(body, {"action", "kind"}));
      add(line, "", word(body, {"action", "program"}));
      add(line, "in ", word(body, {"action", "resource"}));
      add(line, "", word(body, {"verdict", "decision"}));
      if (leaf.type != merkle::LeafType::kIntent) add(line, "", first_reason(body));
      add(line, "level ", word(body, {"verdict", "level"}));
      break;
    case merkle::LeafType::kOutcome: {
      const std::string status = word(body, {"status"});
      add(line, "", status);
      if (status == "done") {
        const std::string signal = word(body, {"signal"});
        if (signal.empty() || signal == "0") {
          add(line, "exit ", word(body, {"exit_code"}));
        } else {
          add(line, "signal ", signal);
        }
      } else {
        add(line, "", word(body, {"reason_code"}));
      }
      break;
    }
    case merkle::LeafType::kInterrupted:
      add(line, "", word(body, {"found"}));
      break;
    case merkle::LeafType::kAbandoned:
      line = "authority dropped unused";
      break;
    case merkle::LeafType::kEvents:
      if (const Json* events = body.find("events"); events != nullptr && events->is_array()) {
        line = std::to_string(events->as_array().size()) + " events";
      }
      break;
    case merkle::LeafType::kControl:
      add(line, "", word(body, {"what"}));
      add(line, "by ", word(body, {"by", "principal"}));
      add(line, "", word(body, {"reason"}));
      break;
    case merkle::LeafType::kKey:
      add(line, "", word(body, {"statement", "action"}));
      add(line, "", word(body, {"statement", "role"}));
      add(line, "", word(body, {"statement", "vkey"}));
      add(line, "", word(body, {"statement", "reason"}));
      break;
    case merkle::LeafType::kAnswer:
      add(line, "", word(body, {"decision"}));
      add(line, "ask ", word(body, {"id"}));
      add(line, "by ", word(body, {"by", "principal"}));
      break;
  }
  return line;
}

}  // namespace

std::string leaf_line(const merkle::LeafEnvelope& leaf) {
  std::string time = rfc3339(leaf.time).substr(0, 19) + "Z";
  time[10] = ' ';
  std::string line =
      std::to_string(leaf.index) + "  " + time + "  " + std::string(merkle::name(leaf.type));
  if (const auto intent = merkle::intent_of(leaf); intent && *intent) {
    line += "  of " + std::to_string((*intent)->index);
  }
  if (const std::string rest = gist(leaf); !rest.empty()) line += "  " + rest;
  return line;
}

std::string leaf_page(const merkle::LeafEnvelope& leaf, const merkle::Hash& leaf_hash) {
  std::string page = leaf_line(leaf) + "\n  leaf hash  " + codec::to_hex(leaf_hash) +
                     "\n  boot       " + codec::for_terminal(leaf.boot) + "\n  monotonic  " +
                     std::to_string(leaf.mono.ns) + " ns\n";
  const std::string body = codec::pretty_json(leaf.body);
  for (std::size_t at = 0; at < body.size();) {
    const auto end = std::min(body.find('\n', at), body.size());
    page += "  " + codec::for_terminal(std::string_view(body).substr(at, end - at), kMaxPageLine) +
            "\n";
    at = end + 1;
  }
  return page;
}

Json leaf_json(const merkle::LeafEnvelope& leaf, const merkle::Hash& leaf_hash) {
  Json envelope;
  envelope.set("v", Json(1));
  envelope.set("type", Json(merkle::name(leaf.type)));
  envelope.set("index", Json(static_cast<std::int64_t>(leaf.index)));
  envelope.set("time", Json(rfc3339(leaf.time)));
  envelope.set("mono", Json(std::to_string(leaf.mono.ns)));
  envelope.set("boot", Json(leaf.boot));
  envelope.set("nonce", Json(codec::to_hex(leaf.nonce)));
  envelope.set("parent", Json(leaf.parent ? codec::to_hex(*leaf.parent) : std::string()));
  envelope.set("body", leaf.body);
  Json out;
  out.set("leaf_hash", Json(codec::to_hex(leaf_hash)));
  out.set("leaf", std::move(envelope));
  return out;
}

}  // namespace bailey::report
