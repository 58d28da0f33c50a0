#include "store/key_ring.h"

#include <algorithm>
#include <charconv>

#include "codec/fields.h"
#include "codec/text.h"
#include "crypto/hash.h"
#include "merkle/rfc3339.h"

namespace bailey::store {
namespace {

using codec::Json;

constexpr std::string_view kCode = "key.ring";
constexpr KeyState kStates[] = {KeyState::kInForce, KeyState::kOverlapping, KeyState::kArchived,
                                KeyState::kRevoked};

bool same(const merkle::NoteVerifier& a, const merkle::NoteVerifier& b) {
  return a.name() == b.name() && a.key() == b.key();
}

Result<std::optional<WallTime>> optional_time(codec::ObjectReader& reader, std::string_view name) {
  const auto text = BAILEY_TRY(reader.optional_string(name));
  if (!text) return std::optional<WallTime>();
  const auto time = merkle::parse_rfc3339(*text);
  if (!time) return std::unexpected(reader.error(kCode, name, "must be a time"));
  return std::optional<WallTime>(time);
}

Result<RingKey> read_key(const Json& item, const std::string& origin) {
  auto reader = BAILEY_TRY(codec::ObjectReader::create(item, "keys.json", "keys"));
  const std::string role_name = BAILEY_TRY(reader.required_string("role"));
  const auto role = merkle::key_role(role_name);
  if (!role) return std::unexpected(reader.error(kCode, "role", "is none"));
  const std::string vkey = BAILEY_TRY(reader.required_string("vkey"));
  auto verifier = BAILEY_TRY(merkle::NoteVerifier::parse(vkey));
  RingKey key{.role = *role, .key = std::move(verifier)};
  if (key.key.name() != merkle::key_name(origin, *role))
    return std::unexpected(reader.error(kCode, "vkey", "has the name of another role or log"));
  const std::string state = BAILEY_TRY(reader.required_string("state"));
  const auto* found = std::find_if(std::begin(kStates), std::end(kStates),
                                   [&](KeyState each) { return merkle::name(each) == state; });
  if (found == std::end(kStates)) return std::unexpected(reader.error(kCode, "state", "is none"));
  key.state = *found;
  const auto from = BAILEY_TRY(optional_time(reader, "from"));
  if (!from) return std::unexpected(reader.error(kCode, "from", "is missing"));
  key.from = *from;
  key.until = BAILEY_TRY(optional_time(reader, "until"));
  const auto size = BAILEY_TRY(reader.optional_int("until_size", 0, codec::kMaxJsonInt));
  if (size) key.until_size = static_cast<std::uint64_t>(*size);
  key.reason = BAILEY_TRY(reader.required_string("reason"));
  key.told = BAILEY_TRY(reader.required_bool("told"));
  BAILEY_TRY(reader.finish());
  return key;
}

Result<KeyRing> read_ring(const Json& value) {
  auto reader = BAILEY_TRY(codec::ObjectReader::create(value, "keys.json"));
  BAILEY_TRY(reader.required_int("v", 1, 1));
  KeyRing ring;
  ring.stored = true;
  ring.origin = BAILEY_TRY(reader.required_string("origin"));
  ring.sequence = static_cast<std::uint64_t>(
      BAILEY_TRY(reader.required_int("sequence", 0, codec::kMaxJsonInt)));
  const auto prior = BAILEY_TRY(reader.optional_string("prior"));
  if (prior) ring.prior = BAILEY_TRY(codec::digest_from_hex(*prior));
  if (ring.prior.has_value() != (ring.sequence != 0))
    return std::unexpected(reader.error(kCode, "prior", "is there from the first statement on"));
  const Json::Array* keys = BAILEY_TRY(reader.required_array("keys"));
  for (const auto& item : *keys) {
    auto key = BAILEY_TRY(read_key(item, ring.origin));
    if (ring.find(key.key) != nullptr) return fail(kCode, "keys.json: a key twice");
    if (key.state == KeyState::kInForce && ring.in_force(key.role) != nullptr)
      return fail(kCode, "keys.json: two keys in force for one role");
    ring.keys.push_back(std::move(key));
  }
  BAILEY_TRY(reader.finish());
  if (ring.keys.empty() || ring.keys.front().role != KeyRole::kLedger)
    return fail(kCode, "keys.json: the ledger's first key comes first");
  if (ring.origin != ledger_origin(ring.keys.front().key.key()))
    return fail(kCode, "keys.json: the origin is not that of the first key");
  return ring;
}

}  // namespace

const RingKey* KeyRing::in_force(KeyRole role) const noexcept {
  const auto found = std::find_if(keys.begin(), keys.end(), [&](const RingKey& each) {
    return each.role == role && each.state == KeyState::kInForce;
  });
  return found == keys.end() ? nullptr : &*found;
}

RingKey* KeyRing::find(const merkle::NoteVerifier& key) noexcept {
  const auto found = std::find_if(keys.begin(), keys.end(),
                                  [&](const RingKey& each) { return same(each.key, key); });
  return found == keys.end() ? nullptr : &*found;
}

const RingKey* KeyRing::find(const merkle::NoteVerifier& key) const noexcept {
  const auto found = std::find_if(keys.begin(), keys.end(),
                                  [&](const RingKey& each) { return same(each.key, key); });
  return found == keys.end() ? nullptr : &*found;
}

std::vector<merkle::NoteVerifier> KeyRing::ledger_keys() const {
  std::vector<merkle::NoteVerifier> out;
  for (const auto& each : keys)
    if (each.role == KeyRole::kLedger) out.push_back(each.key);
  return out;
}

std::vector<merkle::NoteVerifier> KeyRing::speaking_for(std::uint64_t size) const {
  std::vector<merkle::NoteVerifier> out;
  for (const auto& each : keys)
    if (!each.until_size || size <= *each.until_size) out.push_back(each.key);
  return out;
}

Json to_json(const KeyRing& ring) {
  Json::Array keys;
  for (const auto& each : ring.keys) {
    Json key{Json::Object{}};
    key.set("role", merkle::name(each.role));
    key.set("vkey", each.key.vkey());
    key.set("state", merkle::name(each.state));
    key.set("from", rfc3339(each.from));
    if (each.until) key.set("until", rfc3339(*each.until));
    if (each.until_size) key.set("until_size", static_cast<std::int64_t>(*each.until_size));
    key.set("reason", each.reason);
    key.set("told", each.told);
    keys.push_back(std::move(key));
  }
  Json json{Json::Object{}};
  json.set("v", 1);
  json.set("origin", ring.origin);
  json.set("sequence", static_cast<std::int64_t>(ring.sequence));
  if (ring.prior) json.set("prior", codec::to_hex(*ring.prior));
  json.set("keys", std::move(keys));
  return json;
}

Result<KeyRing> parse_key_ring(std::string_view text) {
  codec::JsonLimits limits;
  limits.max_bytes = std::size_t{16} << 20;
  const auto value = codec::parse_json(text, limits);
  auto ring = value ? read_ring(*value) : Result<KeyRing>(std::unexpected(value.error()));
  if (!ring)
    return fail(kCode, "the list of keys is damaged: " + ring.error().message,
                "bailey key recover makes it anew from the key files and the ledger");
  return ring;
}

std::string ledger_origin(const crypto::PublicKey& key) {
  return "bailey/" + codec::to_hex(crypto::sha256(key.bytes())).substr(0, 16);
}

std::string key_file_name(KeyRole role, const crypto::PublicKey& key) {
  return std::string(merkle::name(role)) + "-" +
         codec::to_hex(crypto::sha256(key.bytes())).substr(0, 16) + ".pem";
}

std::string write_key_change(const KeyChange& change) {
  Json json{Json::Object{}};
  json.set("v", 1);
  json.set("from_size", static_cast<std::int64_t>(change.from_size));
  json.set("before_switch", static_cast<std::int64_t>(change.before_switch));
  json.set("bodies", Json::Array(change.bodies));
  json.set("ring", to_json(change.ring));
  return codec::canonical_json(json) + "\n";
}

Result<KeyChange> parse_key_change(std::string_view text) {
  codec::JsonLimits limits;
  limits.max_bytes = std::size_t{16} << 20;
  const auto read = [&]() -> Result<KeyChange> {
    const Json value = BAILEY_TRY(codec::parse_json(text, limits));
    auto reader = BAILEY_TRY(codec::ObjectReader::create(value, "change.json"));
    BAILEY_TRY(reader.required_int("v", 1, 1));
    KeyChange change;
    change.from_size = static_cast<std::uint64_t>(
        BAILEY_TRY(reader.required_int("from_size", 0, codec::kMaxJsonInt)));
    const Json::Array* bodies = BAILEY_TRY(reader.required_array("bodies"));
    for (const auto& body : *bodies) {
      BAILEY_TRY(merkle::read_key_record(body));
      change.bodies.push_back(body);
    }
    change.before_switch = static_cast<std::size_t>(BAILEY_TRY(
        reader.required_int("before_switch", 0, static_cast<std::int64_t>(change.bodies.size()))));
    const Json* ring = reader.any("ring");
    if (ring == nullptr) return fail("key.change", "change.json: no ring");
    change.ring = BAILEY_TRY(read_ring(*ring));
    BAILEY_TRY(reader.finish());
    return change;
  }();
  if (!read)
    return fail("key.change",
                "the change of keys under way cannot be read: " + read.error().message,
                "bailey key recover looks at what the ledger has of it");
  return read;
}

}  // namespace bailey::store
