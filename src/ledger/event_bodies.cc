#include "ledger/event_bodies.h"

#include "codec/json.h"
#include "codec/text.h"

namespace bailey::ledger {
namespace {

using codec::Json;

Json event_json(const model::Event& event, std::size_t place, const Discloser& discloser) {
  Json json;
  json.set("kind", Json(model::name(event.kind)));
  json.set("act", Json(codec::valid_utf8(event.act)));
  json.set("mono", Json(std::to_string(event.mono_ns)));
  json.set("pid", Json(std::to_string(event.pid)));
  json.set("layer", Json(codec::valid_utf8(event.layer)));
  json.set("errno", Json(codec::valid_utf8(event.error)));
  json.set("cut", Json(event.cut));
  json.set("claimed", Json(event.claimed));
  if (event.program_digest) json.set("program_digest", Json(codec::to_hex(*event.program_digest)));
  if (event.object.empty()) return json;
  const std::string object = codec::canonical_json(Json(codec::valid_utf8(event.object)));
  json.set("object",
           discloser.digest("events." + std::to_string(place) + ".object", as_bytes(object)));
  return json;
}

}  // namespace

Json events_body(const model::IntentId& intent, const std::vector<model::Event>& events,
                 std::uint64_t dropped, const Discloser& discloser) {
  Json body;
  body.set("intent", merkle::to_json(merkle::IntentRef{intent.index, intent.leaf_hash}));
  Json::Array list;
  for (const auto& event : events) list.push_back(event_json(event, list.size(), discloser));
  body.set("events", Json(std::move(list)));
  body.set("dropped", Json(std::to_string(dropped)));
  return body;
}

}  // namespace bailey::ledger
