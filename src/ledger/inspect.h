// Inspection: what the files of a ledger say, read without changing a byte of them.
//
// For `bailey log fsck`, and for a ledger that does not open any more. It needs public keys
// only, takes no turn and holds no lock: while others write, the end of the journal moves
// under it, so then nothing is said about what lies behind the newest head it found.
//
// Two kinds of things are found. *Damage*: bytes that were acknowledged are not what they
// were; nothing here or elsewhere in Bailey mends that, and opening refuses it too. *Mendable*:
// what opening for writing mends by itself, because nobody was ever told of it (a torn end) or
// because it is derived (tiles, bundles, checkpoint). Thread rule: one thread.
// How it fails: an Error means that something could not be read, so nothing is said.
// Does not protect: against a whole older copy of the folder; compare checkpoints for that.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/dir.h"
#include "base/result.h"
#include "merkle/note.h"

namespace bailey::ledger {

struct Finding {
  enum class Kind { kDamage, kMendable } kind = Kind::kDamage;
  std::string where;  // "segment 3, byte 4096", "tile/0/001", "the published checkpoint"
  std::string what;   // one sentence
};

struct Inspection {
  std::uint64_t size = 0;  // leaves under the newest signed head found
  merkle::Hash root{};
  std::uint64_t heads = 0;
  std::uint32_t segments = 0;
  bool in_use = false;  // somebody has the log open
  std::vector<Finding> findings;

  [[nodiscard]] bool damaged() const noexcept;
};

// Leaves read, leaves to read (as far as known).
using Progress = std::function<void(std::uint64_t done, std::uint64_t all)>;

// `keys`: those that may have signed heads and checkpoints. Errors: disk.*.
[[nodiscard]] Result<Inspection> inspect(const Dir& ledger,
                                         const std::vector<merkle::NoteVerifier>& keys,
                                         const Progress& progress = {});

}  // namespace bailey::ledger
