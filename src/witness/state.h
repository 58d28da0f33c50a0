// What a witness remembers: of each log the checkpoint that it cosigned last, on disk.
//
// The folder holds `lock` and `logs/<hex SHA-256 of the origin>`: the note as it was cosigned,
// the log's signatures and our line. Judging and keeping are one step under one lock, and the
// answer leaves only when the file, its name and its folder are synced: two requests of one old
// size cannot both win, a kill -9 at any moment leaves the old or the new note whole, and a
// restart goes on from it.
//
// How it fails: closed. A kept note that cannot be read, is not ours or does not verify refuses
// to open the folder (witness.state); a failed write answers 500 and cosigns nothing, and this
// object answers nothing but 500 from then on, because nobody knows which of the two is on disk.
// One process holds the folder (witness.busy).
// Thread rule: every method from any thread.
// Does not protect: against who restores an older copy of this folder; a witness's operator must
// not. See spec/witness.md.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/dir.h"
#include "crypto/sign.h"
#include "merkle/cosignature.h"
#include "witness/judge.h"

namespace bailey::witness {

struct Reply {
  unsigned status = 500;
  std::string content_type;
  std::string body;
  std::string origin;  // of the log that it was about, when it is known
  std::string why;     // one line for whoever runs the witness
};

class State {
 public:
  // `key` and `clock` are borrowed and outlive the State. Errors: witness.state, witness.busy,
  // disk.*.
  [[nodiscard]] static Result<std::unique_ptr<State>> open(Dir dir, Logs logs,
                                                           const std::string& name,
                                                           const crypto::SigningKey& key,
                                                           const Clock& clock);
  State(State&&) = delete;
  State& operator=(State&&) = delete;

  // The body of an add-checkpoint request to its answer.
  [[nodiscard]] Reply add_checkpoint(std::string_view body);
  // The note cosigned last of the origin with this hex SHA-256, cosignature and all.
  [[nodiscard]] std::optional<std::string> checkpoint(const std::string& origin_hash) const;

  [[nodiscard]] const merkle::CosignatureVerifier& verifier() const noexcept { return verifier_; }

 private:
  struct Kept {
    Latest latest;
    std::string note;
  };
  State(Dir folder, Fd lock, Logs logs, merkle::CosignatureVerifier verifier,
        const crypto::SigningKey& key, const Clock& clock);
  Status load(const std::string& file);

  const Dir folder_;
  const Fd lock_;
  const Logs logs_;
  const merkle::CosignatureVerifier verifier_;
  const crypto::SigningKey& key_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::map<std::string, Kept> kept_;  // by hex SHA-256 of the origin
  bool failed_ = false;
};

// Name of an origin's file and path: hex SHA-256.
[[nodiscard]] std::string origin_hash(std::string_view origin);

}  // namespace bailey::witness
