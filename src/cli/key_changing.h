// KeyChanging: one change of the keys of a home, from its plan to its last durable word.
//
// The steps are gathered, signed, and only then begun: from commit() on the change is on disk
// and goes on after a crash, at whatever point, with the next key command (spec/keys.md).
// Thread rule: one thread.
#pragma once

#include <optional>
#include <string>

#include "cli/household.h"
#include "store/key_ring.h"

namespace bailey::cli {

class KeyChanging {
 public:
  // Takes the lock, finishes a change that was cut off, makes the first keys that are missing.
  // Errors: key.*, disk.*, those of the ledger.
  [[nodiscard]] static Result<KeyChanging> begin(Household& household, Outside& outside);

  [[nodiscard]] const store::KeyRing& ring() const noexcept { return ring_; }

  // A new key of a role. It takes over from the one in force, which goes on beside it until
  // `until`; without one the action is kGenerate or kImport. `text` is its file.
  [[nodiscard]] Status begin_key(store::KeyRole role, merkle::KeyAction action,
                                 const crypto::AnySigner& signer, const std::string& text,
                                 WallTime until, const std::string& reason);
  // kArchive or kRevoke. Errors: key.in_force for the ledger's key in force.
  [[nodiscard]] Status end_key(const merkle::NoteVerifier& key, merkle::KeyAction action,
                               std::optional<std::uint64_t> until_size, const std::string& reason);
  // Archives what overlaps and is over its time.
  [[nodiscard]] Status archive_expired();
  [[nodiscard]] bool empty() const noexcept { return change_.bodies.empty(); }
  [[nodiscard]] Status commit();

 private:
  KeyChanging(Household& household, Outside& outside, Fd lock, store::KeyRing ring,
              crypto::AnySigner authority);
  [[nodiscard]] Status say(merkle::KeyStatement statement, const crypto::Signer* own);
  [[nodiscard]] Status tell_first_keys();
  [[nodiscard]] merkle::KeyStatement statement(merkle::KeyAction action, store::KeyRole role,
                                               const merkle::NoteVerifier& key,
                                               const std::string& reason) const;

  Household& household_;
  Outside& outside_;
  Fd lock_;
  store::KeyRing old_;
  store::KeyRing ring_;
  crypto::AnySigner authority_;  // of the ledger's key that is in force in ring_
  store::KeyChange change_;
  bool switched_ = false;
};

// The history file of the ledger (spec/key-history.md).
[[nodiscard]] Result<std::string> key_history_text(Household& household);

// Finishes a change that was cut off; says whether there was one. The caller holds the lock.
[[nodiscard]] Result<bool> finish_key_change(Household& household);

}  // namespace bailey::cli
