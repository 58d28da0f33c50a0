// A whole log, read back from its published files and believed only as far as its
// signed checkpoint goes: every entry, every tile, every reference between leaves.
//
// The files come through a function, so that the caller decides where from and this
// code opens nothing. Keys that its leaves lead to are believed from then on
// (merkle/key_history.h). One thread. Memory: 40 bytes an entry.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "merkle/note.h"

namespace bailey::merkle {

// The content of a file of the log, by its path below the log's folder ("checkpoint",
// "tile/0/000", "tile/entries/000.p/3"). Errors: log.missing when there is no such
// file; any other code ends the verification as it is.
using LogFiles = std::function<Result<Bytes>(const std::string& path)>;

struct LogReport {
  Checkpoint checkpoint;
  std::uint64_t intents = 0;
  std::uint64_t closed = 0;                 // intents with an ending
  std::vector<std::uint64_t> open_intents;  // without one, at most kMaxOpenListed
  std::uint64_t open_count = 0;
};
inline constexpr std::size_t kMaxOpenListed = 100;

// Errors: note.*, checkpoint.* for the checkpoint; log.missing; log.entry (with the
// index), log.tile (with the path), log.root, log.intent (a reference to something
// else, or a second ending), tile.bundle, key.* for the history of its keys.
[[nodiscard]] Result<LogReport> verify_log(const LogFiles& files,
                                           const std::vector<NoteVerifier>& trusted);

// The newer of two signed checkpoints extends the older one. `proof` as RFC 6962
// section 2.1.2 gives it. Errors: note.*, checkpoint.*, checkpoint.origin,
// proof.consistency.
struct CheckpointPair {
  Checkpoint older;
  Checkpoint newer;
};
[[nodiscard]] Result<CheckpointPair> verify_extension(std::string_view older,
                                                      std::string_view newer,
                                                      const std::vector<Hash>& proof,
                                                      const std::vector<NoteVerifier>& trusted);

}  // namespace bailey::merkle
