// The folder `witness/` of a home: whom to ask for cosignatures, and what came of it.
//
//   policy       whom this log asks and how many must answer (C2SP tlog-policy)
//   status.json  of each witness: when it was asked last, what it said, what it cosigned last
//   evidence/    notes with our own signature that contradict the log
//   lock         held while one process asks
//
// The status is what was observed, kept to be told; nothing is decided on it but from which size
// to begin a question. Thread rule: one thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/dir.h"
#include "base/result.h"
#include "codec/json.h"
#include "merkle/tlog_policy.h"

namespace bailey::cli {

struct WitnessStatus {
  std::string vkey;           // of whom this is told: a name may be given anew
  std::int64_t asked = 0;     // POSIX seconds
  std::int64_t answered = 0;  // the last cosignature came then
  std::uint64_t size = 0;     // of the checkpoint it cosigned last
  std::uint64_t time = 0;     // that cosignature's own
  std::string code;           // of the last question; empty when it was cosigned
  std::string message;
};
using WitnessStatuses = std::map<std::string, WitnessStatus>;  // by name

class WitnessFolder {
 public:
  // Nothing when the home has none. Errors: disk.*.
  [[nodiscard]] static Result<std::optional<WitnessFolder>> find(const Dir& home);
  [[nodiscard]] static Result<WitnessFolder> make(const Dir& home);

  // The policy's text; nothing when there is none. Errors: disk.*.
  [[nodiscard]] Result<std::optional<std::string>> policy_text() const;
  // Errors: tlog_policy.*, witness.none (no policy), disk.*.
  [[nodiscard]] Result<merkle::TlogPolicy> policy() const;
  [[nodiscard]] Status write_policy(const std::string& text) const;

  // A status that cannot be read is an empty one.
  [[nodiscard]] WitnessStatuses statuses() const;
  [[nodiscard]] Status write_statuses(const WitnessStatuses& statuses) const;
  [[nodiscard]] Status keep_evidence(const std::string& name, std::string_view note) const;

  // Errors: witness.busy when another process asks.
  [[nodiscard]] Result<Fd> lock() const;

 private:
  explicit WitnessFolder(Dir dir) : dir_(std::move(dir)) {}
  Dir dir_;
};

// The policy's text with one witness more: in the group "witnesses" when that is the quorum, or
// as the first. `threshold`: k, any or all for that group, or nothing to leave it.
// Errors: tlog_policy.*.
[[nodiscard]] Result<std::string> add_witness(const std::string& text, const std::string& name,
                                              const std::string& vkey, const std::string& url,
                                              const std::optional<std::string>& threshold);
// Without it. Errors: witness.unknown, tlog_policy.*.
[[nodiscard]] Result<std::string> remove_witness(const std::string& text, const std::string& name);
// With one more key of the log that it names already. Errors: tlog_policy.*.
[[nodiscard]] Result<std::string> add_log_key(const std::string& text, const std::string& vkey);

}  // namespace bailey::cli
