#include "merkle/key_history.h"

#include <algorithm>

#include "codec/text.h"
#include "merkle/receipt.h"

namespace bailey::merkle {
namespace {

bool same(const NoteVerifier& a, const NoteVerifier& b) {
  return a.key_id() == b.key_id() && a.name() == b.name() && a.key() == b.key();
}

bool in_the_log(KeyState state) noexcept {
  return state == KeyState::kInForce || state == KeyState::kOverlapping;
}

std::unexpected<Error> refused(std::string_view why) {
  return fail("key.history", std::string(why));
}

std::optional<KeyRole> role_of(std::string_view origin, std::string_view key) {
  for (const auto role : kKeyRoles)
    if (key == key_name(origin, role)) return role;
  return std::nullopt;
}

}  // namespace

std::string_view name(KeyState state) noexcept {
  switch (state) {
    case KeyState::kKnown:
      return "known";
    case KeyState::kInForce:
      return "active";
    case KeyState::kOverlapping:
      return "overlapping";
    case KeyState::kArchived:
      return "archived";
    case KeyState::kRevoked:
      return "revoked";
  }
  return "revoked";
}

KeyHistory::KeyHistory(std::string origin, const std::vector<NoteVerifier>& trusted)
    : origin_(std::move(origin)) {
  for (const auto& key : trusted) {
    const auto role = role_of(origin_, key.name());
    if (role) take(key, *role).believed = true;
  }
}

const KnownKey* KeyHistory::find(const NoteVerifier& key) const noexcept {
  const auto found = std::find_if(keys_.begin(), keys_.end(),
                                  [&](const KnownKey& known) { return same(known.key, key); });
  return found == keys_.end() ? nullptr : &*found;
}

KnownKey* KeyHistory::find_key(const NoteVerifier& key) noexcept {
  const auto found = std::find_if(keys_.begin(), keys_.end(),
                                  [&](const KnownKey& known) { return same(known.key, key); });
  return found == keys_.end() ? nullptr : &*found;
}

KnownKey& KeyHistory::take(const NoteVerifier& key, KeyRole role) {
  if (KnownKey* known = find_key(key)) return *known;
  return keys_.emplace_back(KnownKey{.key = key, .role = role});
}

const KnownKey* KeyHistory::in_force(KeyRole role) const noexcept {
  const auto found = std::find_if(keys_.begin(), keys_.end(), [&](const KnownKey& known) {
    return known.role == role && known.state == KeyState::kInForce;
  });
  return found == keys_.end() ? nullptr : &*found;
}

Status KeyHistory::read(std::uint64_t index, ByteView entry) {
  if (entry.empty() || entry[0] != kKeyLeafVersion) return {};
  const LeafEnvelope leaf = BAILEY_TRY(parse_leaf(entry));
  if (leaf.index != index) return refused("a leaf that says another index");
  return add(index, leaf.body);
}

Status KeyHistory::add(std::uint64_t index, const codec::Json& body) {
  const KeyRecord record = BAILEY_TRY(read_key_record(body));
  const KeyStatement& statement = record.statement;
  const auto changed = [&]() -> Status {
    if (last_index_ && index <= *last_index_)
      return refused("it does not lie behind the one before");
    BAILEY_TRY(verify_signatures(record));
    if (record.authority.name() != origin_ ||
        statement.key.name() != key_name(origin_, statement.role))
      return refused("the name of a key is not that of its role in this log");
    const Digest hash = statement_hash(statement);
    if (prior_ == hash) return {};  // said once more
    if (count_ == kMaxKeyStatements) return fail("key.limit", "too many changes of keys");
    if (statement.sequence != count_ || statement.prior != prior_)
      return refused("it does not follow the statement before");
    if (count_ == 0) {
      KnownKey& first = take(record.authority, KeyRole::kLedger);
      first.begun = true;
      first.state = KeyState::kInForce;
    } else {
      const KnownKey* authority = find(record.authority);
      if (authority == nullptr || !in_the_log(authority->state))
        return refused("the key that signed it does not speak for the log there");
    }
    BAILEY_TRY(begins(statement.action) ? begin(index, record) : end(index, statement));
    prior_ = hash;
    ++count_;
    return {};
  }();
  if (!changed)
    return fail(changed.error().code, "entry " + std::to_string(index) +
                                          ", a change of a key: " + changed.error().message);
  last_index_ = index;
  return {};
}

Status KeyHistory::begin(std::uint64_t index, const KeyRecord& record) {
  const KeyStatement& statement = record.statement;
  const bool believed = find(record.authority)->believed;
  const KnownKey* known = find(statement.key);
  // The first statement may begin the key that signs it.
  const bool itself = count_ == 0 && same(statement.key, record.authority);
  if (known != nullptr && known->begun && !itself) return refused("the key was begun before");
  if (statement.action == KeyAction::kRotate) {
    KnownKey* previous = find_key(*statement.previous);
    if (previous == nullptr || previous->role != statement.role ||
        previous->state != KeyState::kInForce)
      return refused("the key that it takes over from is not in force");
    if (statement.role == KeyRole::kLedger && !same(previous->key, record.authority))
      return refused("the ledger's new key is not signed by the one before it");
    if (itself) return refused("a key takes over from itself");
    previous->state = KeyState::kOverlapping;
    previous->valid_until = statement.valid_until;
  } else if (!itself && in_force(statement.role) != nullptr) {
    return refused("a key of that role is in force");
  }
  KnownKey& key = take(statement.key, statement.role);
  key.begun = true;
  key.believed = key.believed || believed;
  key.state = KeyState::kInForce;
  if (statement.role == KeyRole::kLedger && !itself) key.above_size = index;
  key.begun_at = index;
  key.valid_from = statement.valid_from;
  key.reason = statement.reason;
  return {};
}

Status KeyHistory::end(std::uint64_t index, const KeyStatement& statement) {
  KnownKey* key = find_key(statement.key);
  if (key == nullptr || !key->begun) return refused("the key that it ends never began");
  if (statement.role == KeyRole::kLedger && key->state == KeyState::kInForce)
    return refused("the ledger's key cannot end before another one takes over");
  const bool revoke = statement.action == KeyAction::kRevoke;
  if (key->state == KeyState::kRevoked || (!revoke && key->state == KeyState::kArchived))
    return refused("the key has ended before");
  const std::uint64_t until = statement.until_size.value_or(index + 1);
  if (until > index + 1) return refused("the key would speak for what comes after its end");
  key->until_size = std::min(key->until_size, until);
  key->state = revoke ? KeyState::kRevoked : KeyState::kArchived;
  key->ended_at = index;
  key->valid_until = statement.valid_from;
  key->reason = statement.reason;
  return {};
}

std::vector<NoteVerifier> KeyHistory::believed_at(std::uint64_t size) const {
  std::vector<NoteVerifier> out;
  for (const auto& known : keys_)
    if (known.believed && known.speaks_for(size)) out.push_back(known.key);
  return out;
}

}  // namespace bailey::merkle
