// in-toto Statements (v1) and the predicates with which Bailey's actions are attested
// (spec/attestation.md).
//
// An *action* statement carries the entry that closed an action, the intent it names and
// the proof of the entry's place in the log; its subject is the entry's own SHA-256. A
// *session* statement counts the closing entries of one session in a range and binds
// their hashes, so that a line taken out of a bundle shows. Members that nobody knows
// are ignored in statements, as in-toto asks, and refused in our predicates. Pure; any
// thread.
// Does not protect: a bundle without its session statement does not say it is whole.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "codec/json.h"
#include "merkle/leaf.h"
#include "merkle/note.h"

namespace bailey::merkle {

inline constexpr std::string_view kStatementType = "https://in-toto.io/Statement/v1";
inline constexpr std::string_view kStatementPayload = "application/vnd.in-toto+json";
inline constexpr std::string_view kActionPredicate = "urn:bailey:attestation:action:v1";
inline constexpr std::string_view kSessionPredicate = "urn:bailey:attestation:session:v1";
inline constexpr std::string_view kEvidencePredicate = "urn:bailey:attestation:evidence:v1";

struct Subject {
  std::string name;  // or empty
  // Of the digests given the one that we can check; none when it is not among them.
  std::optional<Digest> sha256;
};

struct Statement {
  std::vector<Subject> subjects;  // at least one
  std::string predicate_type;
  codec::Json predicate;  // an object, or null when there was none
};

// Canonical JSON.
[[nodiscard]] std::string write_statement(const Statement& statement);
// Errors: statement.syntax.
[[nodiscard]] Result<Statement> parse_statement(ByteView payload);

// The name of one entry as a subject: "<origin>/entry/<index>".
[[nodiscard]] std::string entry_name(std::string_view origin, std::uint64_t index);

// `leaf`: an entry that closes an action (or any other); `intent`: the leaf it names, when
// it names one. `proof`: of the entry, without extra data.
// Errors: those of parse_leaf; attestation.intent when `intent` is not what the leaf names.
[[nodiscard]] Result<Statement> action_statement(ByteView leaf, const std::optional<Bytes>& intent,
                                                 const TlogProof& proof);

struct VerifiedAction {
  Checkpoint checkpoint;
  LeafEnvelope leaf;
  Hash leaf_hash{};
  std::optional<LeafEnvelope> intent;
};
// A statement that was taken out of a verified envelope.
// Errors: attestation.predicate, attestation.subject, attestation.leaf,
// attestation.checkpoint, attestation.inclusion, attestation.intent.
[[nodiscard]] Result<VerifiedAction> verify_action(const Statement& statement,
                                                   const std::vector<NoteVerifier>& trusted);

// The session that an entry, or the intent it closes, says it belongs to; or empty.
[[nodiscard]] std::string session_of(const LeafEnvelope& leaf, const LeafEnvelope* intent);

// Gathers what a session statement says, entry after entry in the order of the log.
class SessionTally {
 public:
  SessionTally(std::string origin, std::string session)
      : origin_(std::move(origin)), session_(std::move(session)) {}
  void add(const Hash& leaf_hash, LeafType type);
  // `first`, `last`: the range of entries that was looked at, both included. At least one
  // entry was added.
  [[nodiscard]] Statement statement(std::uint64_t first, std::uint64_t last) const;

 private:
  std::string origin_;
  std::string session_;
  Bytes hashes_;  // 32 bytes an entry
  std::map<LeafType, std::int64_t> by_type_;
};

struct BundleReport {
  std::uint64_t actions = 0;
  std::uint64_t sessions = 0;           // session statements, all of which agree with the actions
  std::uint64_t ignored = 0;            // lines of other payloads, predicates or signers
  std::vector<std::uint64_t> indices;   // of the actions' entries, in the order of the lines
  std::vector<Checkpoint> checkpoints;  // that the actions were proven against, each once
};

// A bundle, line after line: one envelope a line. Lines that are no envelope of a known
// predicate under a trusted key are ignored and counted, as in-toto asks; what is ours must
// verify, come in the order of the log, and agree with every session statement behind it.
class BundleVerifier {
 public:
  explicit BundleVerifier(const std::vector<NoteVerifier>& trusted) : trusted_(trusted) {}
  // Errors: attestation.*, dsse.signature when nobody trusted signed the line and it names a
  // trusted key, with the line's number.
  [[nodiscard]] Status add(std::string_view line);
  [[nodiscard]] const BundleReport& report() const noexcept { return report_; }

 private:
  Status add_action(const Statement& statement);
  Status add_session(const Statement& statement);

  const std::vector<NoteVerifier>& trusted_;
  BundleReport report_;
  std::uint64_t lines_ = 0;
  std::map<std::string, SessionTally> sessions_;  // by origin and session
};

// All lines of a text. Errors: those of BundleVerifier; attestation.empty when no line is
// an action.
[[nodiscard]] Result<BundleReport> verify_attestations(std::string_view lines,
                                                       const std::vector<NoteVerifier>& trusted);

}  // namespace bailey::merkle
