#include "store/approval_json.h"

#include <limits>

#include "codec/fields.h"
#include "codec/text.h"

namespace bailey::store {
namespace {

using codec::Json;
using codec::ObjectReader;

constexpr std::int64_t kMs = 1'000'000;
constexpr std::int64_t kMaxMs = std::numeric_limits<std::int64_t>::max() / kMs;

Result<std::int64_t> read_ms(ObjectReader& reader, std::string_view name) {
  return BAILEY_TRY(reader.required_int(name, 0, kMaxMs)) * kMs;
}

Result<Digest> read_digest(ObjectReader& reader, std::string_view name) {
  const auto hex = BAILEY_TRY(reader.required_string(name));
  return codec::digest_from_hex(hex);
}

}  // namespace

Json to_json(const consent::Ask& ask) {
  Json json{Json::Object{}};
  json.set("v", 1);
  json.set("id", ask.id);
  json.set("nonce", ask.nonce);
  json.set("action", codec::to_hex(ask.action.bytes));
  json.set("policy", codec::to_hex(ask.policy));
  json.set("what", codec::valid_utf8(ask.what));
  json.set("why", codec::valid_utf8(ask.why));
  json.set("rule", ask.rule);
  json.set("by", consent::name(ask.who));
  json.set("created_ms", ask.created.unix_ns / kMs);
  json.set("expires_ms", ask.expires.unix_ns / kMs);
  json.set("boot", ask.boot);
  json.set("expires_mono_ms", ask.expires_mono.ns / kMs);
  json.set("requester", ask.requester);
  json.set("owner", ask.owner);
  return json;
}

Result<consent::Ask> ask_from_json(const Json& json) {
  auto reader = BAILEY_TRY(ObjectReader::create(json, "ask"));
  BAILEY_TRY(reader.required_int("v", 1, 1));
  consent::Ask ask;
  ask.id = BAILEY_TRY(reader.required_string("id"));
  ask.nonce = BAILEY_TRY(reader.required_string("nonce"));
  ask.action.bytes = BAILEY_TRY(read_digest(reader, "action"));
  ask.policy = BAILEY_TRY(read_digest(reader, "policy"));
  ask.what = BAILEY_TRY(reader.required_string("what"));
  ask.why = BAILEY_TRY(reader.required_string("why"));
  ask.rule = BAILEY_TRY(reader.required_string("rule"));
  const auto by = BAILEY_TRY(reader.required_string("by"));
  if (by != "self" && by != "other")
    return std::unexpected(reader.error("approval.unreadable", "by", "is 'self' or 'other'"));
  ask.who = by == "self" ? consent::WhoAnswers::kSelf : consent::WhoAnswers::kOther;
  ask.created = WallTime{BAILEY_TRY(read_ms(reader, "created_ms"))};
  ask.expires = WallTime{BAILEY_TRY(read_ms(reader, "expires_ms"))};
  ask.boot = BAILEY_TRY(reader.required_string("boot"));
  ask.expires_mono = MonoTime{BAILEY_TRY(read_ms(reader, "expires_mono_ms"))};
  ask.requester = BAILEY_TRY(reader.required_string("requester"));
  ask.owner = BAILEY_TRY(reader.required_string("owner"));
  BAILEY_TRY(reader.finish());
  return ask;
}

Json to_json(const consent::AnswerRecord& record, const std::string& nonce) {
  Json json{Json::Object{}};
  json.set("v", 1);
  json.set("nonce", nonce);
  json.set("answer", consent::name(record.answer));
  json.set("by", record.by);
  json.set("at_ms", record.at.unix_ns / kMs);
  return json;
}

Result<ParsedAnswer> answer_from_json(const Json& json) {
  auto reader = BAILEY_TRY(ObjectReader::create(json, "answer"));
  BAILEY_TRY(reader.required_int("v", 1, 1));
  ParsedAnswer parsed;
  parsed.nonce = BAILEY_TRY(reader.required_string("nonce"));
  const auto answer = BAILEY_TRY(reader.required_string("answer"));
  if (answer != "grant" && answer != "deny")
    return std::unexpected(reader.error("approval.unreadable", "answer", "is 'grant' or 'deny'"));
  parsed.record.answer = answer == "grant" ? consent::Answer::kGrant : consent::Answer::kDeny;
  parsed.record.by = BAILEY_TRY(reader.required_string("by"));
  parsed.record.at = WallTime{BAILEY_TRY(read_ms(reader, "at_ms"))};
  BAILEY_TRY(reader.finish());
  return parsed;
}

}  // namespace bailey::store
