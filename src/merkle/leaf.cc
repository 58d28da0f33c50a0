#include "merkle/leaf.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "codec/text.h"
#include "crypto/hash.h"
#include "merkle/rfc3339.h"

namespace bailey::merkle {
namespace {

constexpr unsigned kMaxDepth = 64;  // of the whole leaf
constexpr std::string_view kSaltContext = "bailey/salt/v1";

struct TypeName {
  LeafType type;
  std::string_view name;
};
constexpr TypeName kTypes[] = {
    {LeafType::kIntent, "intent"},
    {LeafType::kOutcome, "outcome"},
    {LeafType::kRefusal, "refusal"},
    {LeafType::kInterrupted, "interrupted"},
    {LeafType::kAbandoned, "abandoned"},
    {LeafType::kEvents, "events"},
    {LeafType::kControl, "control"},
    {LeafType::kAsk, "ask"},
    {LeafType::kAnswer, "answer"},
    {LeafType::kAdvice, "advice"},
    {LeafType::kKey, "key"},
};

constexpr std::uint8_t version_of(LeafType type) noexcept {
  return type == LeafType::kKey ? kKeyLeafVersion : kLeafVersion;
}

std::unexpected<Error> bad_field(std::string_view field, std::string_view why) {
  return fail("leaf.field", "leaf: " + std::string(field) + ": " + std::string(why));
}

// 8-4-4-4-12 lower-case hex digits.
bool is_boot_id(std::string_view text) noexcept {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const bool hex = (text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f');
    if (dash ? text[i] != '-' : !hex) return false;
  }
  return true;
}

Result<std::string> text_member(const codec::Json& object, std::string_view name) {
  const auto* member = object.find(name);
  if (member == nullptr || !member->is_string()) return bad_field(name, "must be a string");
  return member->as_string();
}

Result<std::int64_t> decimal_member(const codec::Json& object, std::string_view name) {
  const std::string text = BAILEY_TRY(text_member(object, name));
  std::int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, status] = std::from_chars(text.data(), end, value);
  if (status != std::errc{} || stop != end || value < 0 || std::to_string(value) != text) {
    return bad_field(name, "must be a decimal number in a string");
  }
  return value;
}

// A body that no reader would accept must not reach the log.
Status check_body(const codec::Json& value, unsigned depth) {
  const auto bad = [](std::string_view why) {
    return fail("leaf.body", "leaf: body: " + std::string(why));
  };
  if (value.is_string() && !codec::is_valid_utf8(value.as_string())) return bad("not UTF-8");
  if ((value.is_int() || value.is_double()) && !codec::is_json_number(value.as_double())) {
    return bad("a number that is not finite or beyond 2^53 - 1");
  }
  if (!value.is_array() && !value.is_object()) return {};
  if (depth > kMaxDepth) return bad("nested too deep");
  if (value.is_array()) {
    for (const auto& item : value.as_array()) BAILEY_TRY(check_body(item, depth + 1));
    return {};
  }
  std::vector<std::string_view> names;
  for (const auto& [name, member] : value.as_object()) {
    if (!codec::is_valid_utf8(name)) return bad("not UTF-8");
    names.push_back(name);
    BAILEY_TRY(check_body(member, depth + 1));
  }
  std::sort(names.begin(), names.end());
  if (std::adjacent_find(names.begin(), names.end()) != names.end()) return bad("a name twice");
  return {};
}

}  // namespace

std::string_view name(LeafType type) noexcept {
  for (const auto& entry : kTypes) {
    if (entry.type == type) return entry.name;
  }
  return {};
}

std::optional<LeafType> leaf_type(std::string_view name) noexcept {
  for (const auto& entry : kTypes) {
    if (entry.name == name) return entry.type;
  }
  return std::nullopt;
}

bool closes_intent(LeafType type) noexcept {
  return type == LeafType::kOutcome || type == LeafType::kRefusal ||
         type == LeafType::kInterrupted || type == LeafType::kAbandoned;
}

codec::Json to_json(const IntentRef& ref) {
  return codec::Json(codec::Json::Object{
      {"index", codec::Json(static_cast<std::int64_t>(ref.index))},
      {"leaf_hash", codec::Json(codec::to_hex(ref.leaf_hash))},
  });
}

Result<std::optional<IntentRef>> intent_of(const LeafEnvelope& leaf) {
  const auto bad = [](std::string_view why) {
    return fail("leaf.body", "leaf: body.intent: " + std::string(why));
  };
  const auto* member = leaf.body.find("intent");
  const bool needed = leaf.type == LeafType::kOutcome || leaf.type == LeafType::kInterrupted ||
                      leaf.type == LeafType::kEvents;
  if (member == nullptr) {
    if (needed) return bad("is missing");
    return std::optional<IntentRef>();
  }
  if (leaf.type == LeafType::kIntent) return bad("an intent names no other");
  if (leaf.type == LeafType::kKey) return bad("a change of a key names none");
  const auto* index = member->find("index");
  const auto* hash = member->find("leaf_hash");
  if (index == nullptr || hash == nullptr || member->as_object().size() != 2 || !index->is_int() ||
      index->as_int() < 0 || !hash->is_string()) {
    return bad("must hold exactly an index and a leaf_hash");
  }
  const auto digest = codec::digest_from_hex(hash->as_string());
  if (!digest) return bad("leaf_hash is not 64 hex digits");
  IntentRef ref{static_cast<std::uint64_t>(index->as_int()), *digest};
  if (ref.index >= leaf.index) return bad("it must lie before the leaf");
  return std::optional(ref);
}

Result<Bytes> encode_leaf(const LeafEnvelope& leaf) {
  if (!leaf.body.is_object()) return fail("leaf.body", "leaf: body: must be an object");
  if (!is_boot_id(leaf.boot)) return bad_field("boot", "is no boot id");
  if (leaf.mono.ns < 0) return bad_field("mono", "is negative");
  if (leaf.index > static_cast<std::uint64_t>(codec::kMaxJsonInt)) {
    return bad_field("index", "is beyond 2^53 - 1");
  }
  BAILEY_TRY(check_body(leaf.body, 2));
  const std::string time = rfc3339(leaf.time);
  if (!parse_rfc3339(time)) return bad_field("time", "is out of range");
  BAILEY_TRY(intent_of(leaf));
  // Members in the order that RFC 8785 asks for; only the body needs the writer.
  const std::uint8_t version = version_of(leaf.type);
  std::string text(1, static_cast<char>(version));
  text += "{\"body\":" + codec::canonical_json(leaf.body);
  text += ",\"boot\":\"" + leaf.boot;
  text += "\",\"index\":" + std::to_string(leaf.index);
  text += ",\"mono\":\"" + std::to_string(leaf.mono.ns);
  text += "\",\"nonce\":\"" + codec::to_hex(leaf.nonce);
  text += "\",\"parent\":\"" + (leaf.parent ? codec::to_hex(*leaf.parent) : std::string());
  text += "\",\"time\":\"" + time;
  text += "\",\"type\":\"" + std::string(name(leaf.type));
  text += "\",\"v\":" + std::to_string(version) + "}";
  if (text.size() > kMaxLeafBytes) {
    return fail("leaf.too_big",
                "a leaf has at most 65,535 bytes, this one " + std::to_string(text.size()));
  }
  const auto bytes = as_bytes(text);
  return Bytes(bytes.begin(), bytes.end());
}

Result<LeafEnvelope> parse_leaf(ByteView bytes) {
  if (bytes.size() > kMaxLeafBytes) return fail("leaf.too_big", "a leaf has at most 65,535 bytes");
  if (bytes.empty() || (bytes[0] != kLeafVersion && bytes[0] != kKeyLeafVersion)) {
    return fail("leaf.version", "not a leaf of version 1 or 2");
  }
  const auto text = as_text(bytes.subspan(1));
  auto parsed = codec::parse_json(text);
  if (!parsed) return fail("leaf.syntax", "leaf: " + parsed.error().message);
  const codec::Json& object = *parsed;
  if (!object.is_object()) return fail("leaf.syntax", "leaf: must be an object");
  if (codec::canonical_json(object) != text) {
    return fail("leaf.not_canonical", "leaf: the JSON is not in canonical form (RFC 8785)");
  }
  static constexpr std::string_view kKeys[] = {"body",   "boot", "index", "mono", "nonce",
                                               "parent", "time", "type",  "v"};
  for (const auto& [key, value] : object.as_object()) {
    if (std::find(std::begin(kKeys), std::end(kKeys), key) == std::end(kKeys)) {
      return bad_field(codec::for_terminal(key, 100), "unknown key");
    }
  }
  const auto* version = object.find("v");
  if (version == nullptr || !version->is_int() || version->as_int() != bytes[0]) {
    return bad_field("v", "must be the version byte");
  }
  LeafEnvelope leaf;
  const std::string type_text = BAILEY_TRY(text_member(object, "type"));
  const auto type = leaf_type(type_text);
  if (!type || version_of(*type) != bytes[0]) {
    return fail("leaf.type", "leaf: type: '" + codec::for_terminal(type_text, 100) +
                                 "' is none of version " + std::to_string(bytes[0]));
  }
  leaf.type = *type;
  const auto* index = object.find("index");
  if (index == nullptr || !index->is_int() || index->as_int() < 0) {
    return bad_field("index", "must be an integer that is not negative");
  }
  leaf.index = static_cast<std::uint64_t>(index->as_int());
  leaf.boot = BAILEY_TRY(text_member(object, "boot"));
  if (!is_boot_id(leaf.boot)) return bad_field("boot", "is no boot id");
  leaf.mono.ns = BAILEY_TRY(decimal_member(object, "mono"));
  const auto nonce = codec::from_hex(BAILEY_TRY(text_member(object, "nonce")));
  if (!nonce || nonce->size() != leaf.nonce.size()) {
    return bad_field("nonce", "must be 32 hex digits");
  }
  std::copy(nonce->begin(), nonce->end(), leaf.nonce.begin());
  const std::string parent = BAILEY_TRY(text_member(object, "parent"));
  if (!parent.empty()) {
    const auto hash = codec::digest_from_hex(parent);
    if (!hash) return bad_field("parent", "must be empty or 64 hex digits");
    leaf.parent = *hash;
  }
  const auto time = parse_rfc3339(BAILEY_TRY(text_member(object, "time")));
  if (!time) return bad_field("time", "must be RFC 3339 in UTC with nanoseconds");
  leaf.time = *time;
  const auto* body = object.find("body");
  if (body == nullptr || !body->is_object()) {
    return fail("leaf.body", "leaf: body: must be an object");
  }
  leaf.body = *body;
  BAILEY_TRY(intent_of(leaf));
  return leaf;
}

Salt salt_for(const crypto::SealKey& disclosure_key, const Nonce& nonce, std::string_view member) {
  Bytes message;
  const auto append = [&](ByteView part) {
    message.insert(message.end(), part.begin(), part.end());
  };
  append(as_bytes(kSaltContext));
  append(nonce);
  append(as_bytes(member));
  return crypto::keyed_digest(disclosure_key, message);
}

Digest salted_digest(const Salt& salt, ByteView payload) noexcept {
  return crypto::hmac_sha256(salt, payload);
}

}  // namespace bailey::merkle
