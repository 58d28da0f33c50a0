// Whom to believe about a checkpoint: C2SP tlog-policy files.
//
//   log <vkey> [<url>]
//   witness <name> <vkey> [<url>]
//   group <name> <k|any|all> <member>...
//   quorum <name|none>
//
// A checkpoint is good when one of the logs has signed it and the quorum has cosigned it. Names
// mean something in the file only and are bytes; a name is defined on an earlier line than it is
// used, is a member of one group at most, and `quorum` stands there exactly once.
//
// How it fails: closed. What cannot be read as the format says is refused with its line; a wrong
// signature of any key of the policy refuses the note, whatever else is on it.
// Thread rule: values and pure functions.
// Does not protect: `quorum none` asks no witness, which the reader must say; two witnesses run
// by one person are two witnesses here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "merkle/cosignature.h"
#include "merkle/note.h"

namespace bailey::merkle {

inline constexpr std::size_t kMaxPolicyBytes = 256U << 10;
inline constexpr std::size_t kMaxPolicyItems = 128;  // logs, witnesses, groups: of each

// Which of the two a line names.
enum class PolicyOrder : std::uint8_t { kWitness, kGroup };

struct PolicyMember {
  PolicyOrder what = PolicyOrder::kWitness;
  std::size_t at = 0;  // into witnesses or groups
  bool operator==(const PolicyMember&) const = default;
};

struct PolicyLog {
  NoteVerifier key;
  std::string url;  // may be empty
};

struct PolicyWitness {
  std::string name;
  CosignatureVerifier key;
  std::string url;  // may be empty
};

struct PolicyGroup {
  std::string name;
  std::size_t threshold = 0;  // 1 .. members
  std::vector<PolicyMember> members;
};

struct TlogPolicy {
  std::vector<PolicyLog> logs;
  std::vector<PolicyWitness> witnesses;
  std::vector<PolicyGroup> groups;     // members of earlier groups only
  std::optional<PolicyMember> quorum;  // nothing: `quorum none`
};

// Errors: tlog_policy.syntax with the line, tlog_policy.limit.
[[nodiscard]] Result<TlogPolicy> parse_tlog_policy(std::string_view text);

struct WitnessWord {
  std::size_t witness = 0;  // into the policy's
  std::uint64_t time = 0;   // POSIX seconds
};

enum class Quorum : std::uint8_t { kMet, kNotMet, kNoneAsked };

struct QuorumReport {
  Quorum quorum = Quorum::kNotMet;
  std::vector<WitnessWord> by;  // who cosigned, in the policy's order
};

// Counts the cosignatures; the log's own signature is not looked at.
// Errors: cosignature.signature when one of a known witness is wrong.
[[nodiscard]] Result<QuorumReport> count_cosignatures(const Note& note, const TlogPolicy& policy);

struct PolicyVerdict {
  Checkpoint checkpoint;
  QuorumReport witnessed;
};

// The whole question: signed by a log of the policy, of that log's origin, and witnessed.
// Errors: note.*, checkpoint.*, cosignature.signature, tlog_policy.log (no log of the policy
// signed it), tlog_policy.quorum (signed, not witnessed enough).
[[nodiscard]] Result<PolicyVerdict> verify_by_policy(std::string_view checkpoint,
                                                     const TlogPolicy& policy);

// A tlog-proof of the leaf with this hash, under a checkpoint that the policy accepts.
// Errors: those of verify_by_policy, proof.inclusion.
[[nodiscard]] Result<PolicyVerdict> verify_tlog_proof(const TlogProof& proof, const Hash& leaf,
                                                      const TlogPolicy& policy);

}  // namespace bailey::merkle
