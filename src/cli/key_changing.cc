#include "cli/key_changing.h"

#include <algorithm>

#include "crypto/hash.h"

namespace bailey::cli {
namespace {

using merkle::KeyAction;
using store::KeyRole;
using store::KeyState;

// The hashes of the statements that the ledger has from `first` on.
Result<std::vector<Digest>> told_since(ledger::Ledger& ledger, std::uint64_t first) {
  std::vector<Digest> told;
  const ledger::Ledger::Read look = [&](std::uint64_t, const merkle::LeafEnvelope& leaf,
                                        const merkle::Hash&) -> Status {
    if (leaf.type != merkle::LeafType::kKey) return {};
    const auto record = BAILEY_TRY(merkle::read_key_record(leaf.body));
    told.push_back(merkle::statement_hash(record.statement));
    return {};
  };
  BAILEY_TRY(ledger.read(first, UINT64_MAX, look));
  return told;
}

Status apply(Household& household, const store::KeyChange& change) {
  auto* ledger = BAILEY_TRY(household.ledger());
  const auto told = BAILEY_TRY(told_since(*ledger, change.from_size));
  const auto tell_bodies = [&](std::size_t first, std::size_t last) -> Status {
    for (std::size_t i = first; i < last; ++i) {
      const auto record = BAILEY_TRY(merkle::read_key_record(change.bodies[i]));
      const auto hash = merkle::statement_hash(record.statement);
      if (std::find(told.begin(), told.end(), hash) != told.end()) continue;
      BAILEY_TRY(ledger->note(merkle::LeafType::kKey, change.bodies[i]));
    }
    return {};
  };
  const auto ring = BAILEY_TRY(store::read_key_ring(household.home()));
  const bool switched = ring.stored && ring.sequence == change.ring.sequence;
  if (!switched) {
    BAILEY_TRY(tell_bodies(0, change.before_switch));
    BAILEY_TRY(store::store_key_ring(household.home(), change.ring));
  }
  ledger = BAILEY_TRY(household.reopen_ledger());
  // Before the old key loses its voice, nobody signs with it any more.
  ledger->announce_new_keys();
  BAILEY_TRY(tell_bodies(change.before_switch, change.bodies.size()));
  return store::end_key_change(household.home(), change.ring);
}

}  // namespace

Result<bool> finish_key_change(Household& household) {
  const auto change = BAILEY_TRY(store::read_key_change(household.home()));
  if (!change) return false;
  BAILEY_TRY(apply(household, *change));
  return true;
}

Result<std::string> key_history_text(Household& household) {
  auto* ledger = BAILEY_TRY(household.ledger());
  return ledger->key_history();
}

KeyChanging::KeyChanging(Household& household, Outside& outside, Fd lock, store::KeyRing ring,
                         crypto::AnySigner authority)
    : household_(household),
      outside_(outside),
      lock_(std::move(lock)),
      old_(ring),
      ring_(std::move(ring)),
      authority_(std::move(authority)) {}

Result<KeyChanging> KeyChanging::begin(Household& household, Outside& outside) {
  Fd lock = BAILEY_TRY(store::lock_keys(household.home()));
  BAILEY_TRY(finish_key_change(household));
  BAILEY_TRY(household.make_keys());
  auto ring = BAILEY_TRY(store::read_key_ring(household.home()));
  const auto* ledger_key = ring.in_force(KeyRole::kLedger);
  if (ledger_key == nullptr) return fail("key.missing", "the home has no ledger key in force");
  auto authority = BAILEY_TRY(household.signer(ring, *ledger_key));
  KeyChanging changing(household, outside, std::move(lock), std::move(ring), std::move(authority));
  return changing;
}

merkle::KeyStatement KeyChanging::statement(KeyAction action, KeyRole role,
                                            const merkle::NoteVerifier& key,
                                            const std::string& reason) const {
  merkle::KeyStatement s{.action = action, .role = role, .key = key};
  s.sequence = ring_.sequence;
  s.prior = ring_.prior;
  s.valid_from = outside_.clock().wall();
  s.reason = reason;
  return s;
}

Status KeyChanging::say(merkle::KeyStatement statement, const crypto::Signer* own) {
  const auto by = BAILEY_TRY(merkle::NoteVerifier::create(ring_.origin, authority_.public_key()));
  const auto record =
      BAILEY_TRY(merkle::sign_statement(std::move(statement), by, authority_.get(), own));
  change_.bodies.push_back(merkle::to_json(record));
  ring_.prior = merkle::statement_hash(record.statement);
  ++ring_.sequence;
  return {};
}

// Keys that were there before anybody told of keys: from the first change on the log knows them.
Status KeyChanging::tell_first_keys() {
  for (auto& each : ring_.keys) {
    if (each.told) continue;
    each.told = true;
    each.from = each.from.unix_ns == 0 ? outside_.clock().wall() : each.from;
    if (each.role == KeyRole::kLedger) continue;  // signs the first statement, which begins it
    const auto own = BAILEY_TRY(household_.signer(old_, each));
    BAILEY_TRY(
        say(statement(KeyAction::kGenerate, each.role, each.key, "was there before"), &own.get()));
  }
  return {};
}

Status KeyChanging::begin_key(KeyRole role, KeyAction action, const crypto::AnySigner& signer,
                              const std::string& text, WallTime until, const std::string& reason) {
  BAILEY_TRY(tell_first_keys());
  auto key = BAILEY_TRY(
      merkle::NoteVerifier::create(merkle::key_name(ring_.origin, role), signer.public_key()));
  if (ring_.find(key) != nullptr)
    return fail("key.exists", "the home had this key before", "every key is used once");
  // On disk before anybody hears of it.
  BAILEY_TRY(store::keep_key_file(household_.home(), role, signer.public_key(), text));
  const store::RingKey* before = ring_.in_force(role);
  auto s = statement(before != nullptr ? KeyAction::kRotate : action, role, key, reason);
  if (before != nullptr) {
    s.previous = before->key;
    s.valid_until = std::max(until, s.valid_from);
    auto* old = ring_.find(before->key);
    old->state = KeyState::kOverlapping;
    old->until = s.valid_until;
  }
  const WallTime now = s.valid_from;
  BAILEY_TRY(say(std::move(s), &signer.get()));
  ring_.keys.push_back({.role = role, .key = key, .from = now, .reason = reason, .told = true});
  change_.before_switch = change_.bodies.size();
  switched_ = true;
  if (role == KeyRole::kLedger) authority_ = signer;
  return {};
}

Status KeyChanging::end_key(const merkle::NoteVerifier& key, KeyAction action,
                            std::optional<std::uint64_t> until_size, const std::string& reason) {
  BAILEY_TRY(tell_first_keys());
  auto* found = ring_.find(key);
  if (found == nullptr) return fail("key.missing", "the home has no such key");
  if (found->role == KeyRole::kLedger && found->state == KeyState::kInForce)
    return fail("key.in_force", "the ledger's key in force cannot end by itself",
                "bailey key rotate ledger, or bailey key revoke ledger");
  const bool ended = found->state == KeyState::kRevoked ||
                     (found->state == KeyState::kArchived && action == KeyAction::kArchive);
  if (ended) return fail("key.ended", "the key has ended before");
  auto s = statement(action, found->role, key, reason);
  s.until_size = until_size;
  const WallTime now = s.valid_from;
  BAILEY_TRY(say(std::move(s), nullptr));
  found->state = action == KeyAction::kRevoke ? KeyState::kRevoked : KeyState::kArchived;
  found->until = now;
  if (until_size)
    found->until_size = std::min(*until_size, found->until_size.value_or(*until_size));
  found->reason = reason;
  return {};
}

Status KeyChanging::archive_expired() {
  std::vector<merkle::NoteVerifier> over;
  for (const auto& each : ring_.keys)
    if (each.state == KeyState::kOverlapping && each.until &&
        *each.until <= outside_.clock().wall())
      over.push_back(each.key);
  for (const auto& key : over)
    BAILEY_TRY(end_key(key, KeyAction::kArchive, std::nullopt, "its overlap is over"));
  return {};
}

Status KeyChanging::commit() {
  if (change_.bodies.empty()) return {};
  if (!switched_) change_.before_switch = change_.bodies.size();
  auto* ledger = BAILEY_TRY(household_.ledger());
  change_.from_size = BAILEY_TRY(ledger->size());
  ring_.stored = true;
  change_.ring = ring_;
  BAILEY_TRY(store::keep_first_files(household_.home(), old_));
  BAILEY_TRY(store::begin_key_change(household_.home(), change_));
  return apply(household_, change_);
}

}  // namespace bailey::cli
