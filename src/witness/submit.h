// The log's side of C2SP tlog-witness: one checkpoint to one witness.
//
// A witness's answer is not signed, save for the cosignature, so none of it is believed further
// than it proves itself: "I have seen more" (409) and "this does not follow" (422) are held
// against the log only together with a checkpoint that our own key signed, which the witness
// shows under its monitoring path. Whoever sits between us and a witness can keep cosignatures
// from us; they cannot make us stop.
//
// How it fails: a Submission says what came of it, with a code; nothing is thrown or retried
// beyond three questions. Thread rule: blocks its thread for at most the deadline, times four.
// Does not protect: see spec/witness.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "merkle/note.h"
#include "merkle/tlog_policy.h"
#include "net/http_message.h"

namespace bailey::witness {

// What a submission needs of the log; the ledger's side of it is joined in cli.
class LogSide {
 public:
  virtual ~LogSide() = default;
  // The newest size that is on disk, now.
  [[nodiscard]] virtual Result<std::uint64_t> size() = 0;
  [[nodiscard]] virtual Result<std::vector<merkle::Hash>> consistency(std::uint64_t first,
                                                                      std::uint64_t second) = 0;
  [[nodiscard]] virtual Result<merkle::Hash> root_at(std::uint64_t size) = 0;
};

enum class Came : std::uint8_t {
  kCosigned,
  kOvertaken,   // the witness holds a newer checkpoint of ours, which this log has too
  kNothing,     // no cosignature; `code` and `message` say why
  kRolledBack,  // proven: the witness holds a larger tree, signed by our key
  kForked,      // proven: the witness holds another tree of a size we have, signed by our key
};

struct Submission {
  Came came = Came::kNothing;
  std::string_view code;     // witness.*, net.*, ledger.*; empty when cosigned
  std::string message;       // one line; text of the other side is made safe
  std::string line;          // the cosignature's signature line
  std::uint64_t time = 0;    // of the cosignature, POSIX seconds
  std::uint64_t size = 0;    // the largest that the witness holds, as far as known
  std::string evidence;      // with kRolledBack and kForked: the note that contradicts us
  merkle::Checkpoint other;  // what it says
};

struct Question {
  std::string_view note;                             // the checkpoint, signed by one of `log`
  const std::vector<merkle::NoteVerifier>& log;      // our own keys over time
  const std::vector<merkle::NoteVerifier>& signing;  // those in force: what they signed binds us
  const merkle::PolicyWitness& witness;
  std::uint64_t old_size = 0;  // what the witness is believed to hold
};

[[nodiscard]] Submission submit(const Question& question, LogSide& log,
                                const net::HttpLimits& limits);

}  // namespace bailey::witness
