// KeyRing: the keys of a home and what each may still do (spec/keys.md).
//
//   keys/ROLE.pem       the key of a role, as long as no key of the home was ever changed
//   keys/keys.json      from the first change on: which keys there are, and which is in force
//   keys/all/ROLE-ID    from then on every key, for good; never replaced, never removed
//   keys/change.json    a change that is under way; the next key command finishes it
//   keys/lock           held by whoever changes keys
//
// The replacing of keys.json is the moment at which a change happens. What is loaded was checked:
// owner, mode, no link, syntax, and that each file holds the key that the ring says.
// Thread rule: plain values; functions from any thread. Errors: key.*, disk.*.
// Does not protect: keys from the owner's other programs, nor from root.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/entropy.h"
#include "base/fd.h"
#include "codec/json.h"
#include "merkle/key_history.h"
#include "store/home.h"
#include "store/key_text.h"

namespace bailey::store {

using merkle::KeyRole;
using merkle::KeyState;

struct RingKey {
  KeyRole role;
  merkle::NoteVerifier key;
  KeyState state = KeyState::kInForce;  // never kKnown
  WallTime from{};
  std::optional<WallTime> until{};            // of an overlap, or when it ended
  std::optional<std::uint64_t> until_size{};  // when an end said one
  std::string reason{};
  bool told = false;  // the ledger has a statement about it
};

struct KeyRing {
  std::string origin;
  std::vector<RingKey> keys;      // in the order of their beginning; the ledger's first key first
  std::uint64_t sequence = 0;     // of the next statement
  std::optional<Digest> prior{};  // and what it follows
  bool stored = false;            // keys.json is there

  [[nodiscard]] const RingKey* in_force(KeyRole role) const noexcept;
  [[nodiscard]] RingKey* find(const merkle::NoteVerifier& key) noexcept;
  [[nodiscard]] const RingKey* find(const merkle::NoteVerifier& key) const noexcept;
  // The ledger's keys over time, the first one first.
  [[nodiscard]] std::vector<merkle::NoteVerifier> ledger_keys() const;
  // Keys that speak for a tree of that size, as far as the ring knows.
  [[nodiscard]] std::vector<merkle::NoteVerifier> speaking_for(std::uint64_t size) const;
};

[[nodiscard]] codec::Json to_json(const KeyRing& ring);
// Errors: key.ring.
[[nodiscard]] Result<KeyRing> parse_key_ring(std::string_view text);

// The name of the log that begins with this key: "bailey/" and 16 hex digits of its hash.
[[nodiscard]] std::string ledger_origin(const crypto::PublicKey& key);
// "ROLE-" and 16 hex digits of the key's SHA-256, ".pem".
[[nodiscard]] std::string key_file_name(KeyRole role, const crypto::PublicKey& key);

// keys.json, or what the files of a home without one say. Errors: key.ring (keys.json is damaged,
// or gone from a home whose keys were changed: bailey key recover), key.*, disk.*.
[[nodiscard]] Result<KeyRing> read_key_ring(const Home& home);
[[nodiscard]] Status store_key_ring(const Home& home, const KeyRing& ring);

// The file of a key of the ring. Errors: key.missing, key.owner, key.mode, key.syntax, key.other
// (the file holds another key).
[[nodiscard]] Result<SecretText> read_key_file(const Home& home, const KeyRing& ring,
                                               const RingKey& key);
// Puts a key's text into all/, unless it is there. Errors: disk.*.
[[nodiscard]] Status keep_key_file(const Home& home, KeyRole role, const crypto::PublicKey& key,
                                   std::string_view text);
// The first key of a role in a home without keys.json. Errors: disk.exists, disk.*.
[[nodiscard]] Status put_first_file(const Home& home, KeyRole role, std::string_view text);
// Copies the files of a home without keys.json into all/. Errors: key.*, disk.*.
[[nodiscard]] Status keep_first_files(const Home& home, const KeyRing& ring);

// A change of keys from its first durable word to its last.
struct KeyChange {
  std::uint64_t from_size = 0;      // of the ledger when it was begun
  std::size_t before_switch = 0;    // so many of the bodies go into the ledger before the ring
  std::vector<codec::Json> bodies;  // of the key leaves, signed
  KeyRing ring;                     // from then on
};
[[nodiscard]] std::string write_key_change(const KeyChange& change);
// Errors: key.change.
[[nodiscard]] Result<KeyChange> parse_key_change(std::string_view text);
[[nodiscard]] Result<std::optional<KeyChange>> read_key_change(const Home& home);
[[nodiscard]] Status begin_key_change(const Home& home, const KeyChange& change);
[[nodiscard]] Status end_key_change(const Home& home, const KeyRing& ring);

// Holds keys/lock as long as it lives. Errors: key.busy when somebody else does so longer.
[[nodiscard]] Result<Fd> lock_keys(const Home& home, int wait_ms = 10'000);

}  // namespace bailey::store
