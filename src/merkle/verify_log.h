// A whole log, read back from its published files and believed only as far as its
// signed checkpoint goes: every entry, every tile, every reference between leaves.
//
// The files come through a function, so that the caller decides where from and this
// code opens nothing. Each is asked for once, in the order of the log; only a leaf that
// names an intent which is closed already has files read again. Memory: one tile a level
// and the open intents, whatever the length of the log. Keys that its leaves lead to are
// believed from then on (merkle/key_history.h). One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "merkle/log_files.h"
#include "merkle/note.h"

namespace bailey::merkle {

struct LogReport {
  Checkpoint checkpoint;
  std::uint64_t from = 0;  // the first entry that was read
  std::uint64_t intents = 0;
  std::uint64_t closed = 0;                 // intents with an ending
  std::vector<std::uint64_t> open_intents;  // without one, at most kMaxOpenListed
  std::uint64_t open_count = 0;
};
inline constexpr std::size_t kMaxOpenListed = 100;

struct LogCheck {
  // A checkpoint that was verified before, signature and all. Only what came after it is
  // read: that the log extends it is proven by the tiles. Whether an intent of before was
  // closed already is then not looked at, and intents are counted from there on.
  std::optional<Checkpoint> after;
  // Called while it reads, with entries read and entries to read.
  std::function<void(std::uint64_t done, std::uint64_t all)> progress;
};

// Errors: note.*, checkpoint.* for the checkpoint; log.missing; log.entry (with the
// index), log.tile (with the path), log.root, log.intent (a reference to something
// else, or a second ending), tile.bundle, key.* for the history of its keys; with `after`
// checkpoint.origin, checkpoint.rollback (the log is shorter), checkpoint.fork (it does not
// extend it), log.history (a key changes: only a log read from its beginning tells who may).
[[nodiscard]] Result<LogReport> verify_log(const LogFiles& files,
                                           const std::vector<NoteVerifier>& trusted,
                                           const LogCheck& check = {});

// The log in these files, which shows `newer`, extends `older`; both were verified. The
// proof is made from the tiles and believed for its roots. Errors: checkpoint.origin,
// checkpoint.rollback, checkpoint.fork, log.missing, log.tile.
[[nodiscard]] Status verify_growth(const LogFiles& files, const Checkpoint& older,
                                   const Checkpoint& newer);

// The newer of two checkpoints extends the older one; the first form is given such as were
// verified, the second the signed notes. `proof` as RFC 6962
// section 2.1.2 gives it. Errors: note.*, checkpoint.*, checkpoint.origin,
// checkpoint.rollback, checkpoint.fork, proof.consistency.
struct CheckpointPair {
  Checkpoint older;
  Checkpoint newer;
};
[[nodiscard]] Status verify_extension(const Checkpoint& older, const Checkpoint& newer,
                                      const std::vector<Hash>& proof);
[[nodiscard]] Result<CheckpointPair> verify_extension(std::string_view older,
                                                      std::string_view newer,
                                                      const std::vector<Hash>& proof,
                                                      const std::vector<NoteVerifier>& trusted);

}  // namespace bailey::merkle
