// Fence: the last signed head, remembered in a second place on this machine.
//
// A file outside the ledger's folder holds two slots of 256 bytes, each with a head, its
// signature, the epoch of the log, and the identity of the folder that the log lies in. The
// slots are written in turn, without a sync: a process killed at any moment leaves one whole,
// and after a power loss the file is older than the log at worst, never newer, because a head
// is remembered after its own sync. spec/ledger.md says what this gives.
//
// It is compared before anything is signed. What it finds is a FenceFault, kept until a
// re-anchoring; the ledger can still be read.
//
// How it fails: closed. A file that is missing, of another log, or damaged in both slots is a
// fault like any other. Thread rule: used by the holder of the log's sync or door lock.
// Does not protect: against who restores both places to one moment, or writes into this file;
// that takes a witness (spec/witness.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/dir.h"
#include "ledger/journal_frame.h"

namespace bailey::ledger {

enum class FenceFault : std::uint32_t {
  kNone = 0,
  kRolledBack = 1,  // the log is shorter than what was remembered
  kForked = 2,      // another tree of the same size was signed
  kCopied = 3,      // the folder is not the one that the log was written in
  kMissing = 4,     // the log has entries and the second place knows nothing
  kDamaged = 5,     // neither slot can be read, it is of another log, or cannot be written
  kMoved = 6,       // another epoch than this process began with
};

// Codes: ledger.rolled_back (kRolledBack, kMoved), ledger.forked (kForked, kCopied),
// ledger.fence (kMissing, kDamaged).
[[nodiscard]] Error fence_error(FenceFault fault);

struct Remembered {
  std::uint64_t turn = 0;   // which slot is newer
  std::uint64_t epoch = 0;  // of the log: one more with each re-anchoring
  std::uint64_t place = 0;  // of the folder, see place_of()
  Head head;
  // With `stopped`, a head that a witness holds and that this log contradicts. Without, the
  // largest head that re-anchoring gave up.
  FenceFault stopped = FenceFault::kNone;
  std::uint64_t other_size = 0;
  merkle::Hash other_root{};
};

[[nodiscard]] Bytes fence_slot(const Remembered& remembered, const Digest& log_id);
// Nothing when the bytes are no whole slot of this log.
[[nodiscard]] std::optional<Remembered> parse_fence_slot(ByteView bytes, const Digest& log_id);

// The identity of a folder: its inode and the time it was made, hashed. A copy has another one,
// a folder that was renamed the same. Errors: disk.*.
[[nodiscard]] Result<std::uint64_t> place_of(const Dir& dir);

class Fence {
 public:
  // Opens `head` in `dir`; makes no file. Errors: disk.*.
  [[nodiscard]] static Result<Fence> open(const Dir& dir, const Digest& log_id);

  // Nothing when there is no file. Errors: ledger.fence, disk.*.
  [[nodiscard]] Result<std::optional<Remembered>> look();
  // Over the older slot; kYes also makes the file and brings all of it to disk. kNo takes the
  // slot that look() found to be the older one, under the same hold of the lock.
  // Errors: disk.*.
  [[nodiscard]] Status remember(Remembered remembered, Sync sync);

 private:
  Fence(Dir dir, Fd file, const Digest& log_id)
      : dir_(std::move(dir)), file_(std::move(file)), log_id_(log_id) {}
  Status write(ByteView bytes, std::int64_t at) const;
  Dir dir_;
  std::uint64_t turn_ = 0;  // of the newer slot, when looked at last
  Fd file_;                 // may not be there yet
  Digest log_id_;
};

}  // namespace bailey::ledger
