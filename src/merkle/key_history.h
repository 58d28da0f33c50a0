// Key history: which keys speak for a log, as its own leaves tell (spec/key-history.md).
//
// A KeyRecord is the body of a leaf of type `key`: a statement that a key began or ended, signed
// by a ledger key of that time, and by the new key to prove that somebody holds it. KeyHistory
// follows the records of one log in their order, from the keys that a reader trusts to those that
// they lead to, and says which of them speak for a tree of a given size.
//
//     KeyHistory history(origin, trusted);
//     for each entry, in order:  history.read(index, bytes)
//     verify_checkpoint(note, history.believed_at(size))
//
// Errors: key.statement (a body out of its form), key.history (a record that may not stand
// there), key.limit. After an error the history is spent: the log is refused.
// Thread rule: plain values. Does not protect: against a thief of a ledger key who goes on with a
// log of his own, nor against being shown an old state: compare checkpoints, use witnesses.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "codec/json.h"
#include "crypto/signer.h"
#include "merkle/leaf.h"
#include "merkle/note.h"

namespace bailey::merkle {

inline constexpr std::string_view kStatementContext = "bailey/key-history/v1";
inline constexpr std::string_view kPossessionContext = "bailey/key-possession/v1";
inline constexpr std::size_t kMaxKeyStatements = 10'000;
inline constexpr std::size_t kMaxKeyReason = 512;  // bytes
inline constexpr std::uint64_t kNoEnd = UINT64_MAX;

enum class KeyAction { kGenerate, kImport, kRotate, kArchive, kRevoke };
[[nodiscard]] std::string_view name(KeyAction action) noexcept;
[[nodiscard]] constexpr bool begins(KeyAction action) noexcept {
  return action == KeyAction::kGenerate || action == KeyAction::kImport ||
         action == KeyAction::kRotate;
}

enum class KeyRole { kLedger, kReceipts, kApproval, kChange, kSkill };
inline constexpr KeyRole kKeyRoles[] = {KeyRole::kLedger, KeyRole::kReceipts, KeyRole::kApproval,
                                        KeyRole::kChange, KeyRole::kSkill};
[[nodiscard]] std::string_view name(KeyRole role) noexcept;
[[nodiscard]] std::optional<KeyRole> key_role(std::string_view name) noexcept;
// The origin for the ledger's key, the origin, "/" and the role for every other.
[[nodiscard]] std::string key_name(std::string_view origin, KeyRole role);

struct KeyStatement {
  KeyAction action;
  KeyRole role;
  NoteVerifier key;
  std::optional<NoteVerifier> previous{};  // kRotate: whom it takes over from
  std::uint64_t sequence = 0;              // statements before it
  std::optional<Digest> prior{};           // hash of the one before it
  WallTime valid_from{};
  std::optional<WallTime> valid_until{};      // kRotate: of `previous`
  std::optional<std::uint64_t> until_size{};  // kArchive, kRevoke
  std::string reason{};                       // at most kMaxKeyReason bytes of UTF-8
};
[[nodiscard]] codec::Json to_json(const KeyStatement& statement);
[[nodiscard]] Digest statement_hash(const KeyStatement& statement);

struct KeyRecord {
  KeyStatement statement;
  NoteVerifier authority;
  crypto::Signature signature{};
  std::optional<crypto::Signature> possession{};
};
// The body of the leaf.
[[nodiscard]] codec::Json to_json(const KeyRecord& record);
// Checks the form and what the fields must be together, not the signatures. Errors: key.statement.
[[nodiscard]] Result<KeyRecord> read_key_record(const codec::Json& body);
// Both signatures. Errors: key.history.
[[nodiscard]] Status verify_signatures(const KeyRecord& record);
// `by` holds the key `authority`; `own` that of the statement, for actions that begin a key.
// Errors: those of the signers.
[[nodiscard]] Result<KeyRecord> sign_statement(KeyStatement statement,
                                               const NoteVerifier& authority,
                                               const crypto::Signer& by, const crypto::Signer* own);

// kKnown: trusted, and no statement told of it. kInForce and kOverlapping speak without an end.
enum class KeyState { kKnown, kInForce, kOverlapping, kArchived, kRevoked };
[[nodiscard]] std::string_view name(KeyState state) noexcept;

struct KnownKey {
  NoteVerifier key;
  KeyRole role;
  bool believed = false;                      // trusted, or begun by one that was believed
  bool begun = false;                         // by a statement, or as the first authority
  std::optional<std::uint64_t> above_size{};  // speaks for sizes above this one
  std::uint64_t until_size = kNoEnd;          // and up to this one
  KeyState state = KeyState::kKnown;
  std::optional<std::uint64_t> begun_at{};  // index of the leaf that began it
  std::optional<std::uint64_t> ended_at{};
  std::optional<WallTime> valid_from{};
  std::optional<WallTime> valid_until{};
  std::string reason{};  // of the last statement about it

  [[nodiscard]] bool speaks_for(std::uint64_t size) const noexcept {
    return (!above_size || size > *above_size) && size <= until_size;
  }
};

class KeyHistory {
 public:
  // Of `trusted` only the keys of this origin are taken. Others are ignored, as in a note.
  KeyHistory(std::string origin, const std::vector<NoteVerifier>& trusted);

  // One entry of the log. Entries that are no leaf of type `key` cost one comparison.
  // Errors: leaf.*, key.statement, key.history, key.limit.
  [[nodiscard]] Status read(std::uint64_t index, ByteView entry);
  // The body of a leaf of type `key`.
  [[nodiscard]] Status add(std::uint64_t index, const codec::Json& body);

  // The believed keys of every role that speak for a tree of `size`.
  [[nodiscard]] std::vector<NoteVerifier> believed_at(std::uint64_t size) const;
  // Every key met so far, in the order of meeting; anchors first.
  [[nodiscard]] const std::vector<KnownKey>& keys() const noexcept { return keys_; }
  // The begun key of that role that is in force, or nothing.
  [[nodiscard]] const KnownKey* in_force(KeyRole role) const noexcept;
  [[nodiscard]] const KnownKey* find(const NoteVerifier& key) const noexcept;

  [[nodiscard]] const std::string& origin() const noexcept { return origin_; }
  // What the next statement has to say.
  [[nodiscard]] std::uint64_t next_sequence() const noexcept { return count_; }
  [[nodiscard]] const std::optional<Digest>& prior() const noexcept { return prior_; }

 private:
  [[nodiscard]] KnownKey* find_key(const NoteVerifier& key) noexcept;
  KnownKey& take(const NoteVerifier& key, KeyRole role);
  [[nodiscard]] Status begin(std::uint64_t index, const KeyRecord& record);
  [[nodiscard]] Status end(std::uint64_t index, const KeyStatement& statement);

  std::string origin_;
  std::vector<KnownKey> keys_;
  std::uint64_t count_ = 0;
  std::optional<Digest> prior_{};
  std::optional<std::uint64_t> last_index_{};
};

// A history file (spec/key-history.md): the key leaves of a log, proven in one checkpoint.
struct HistoryLeaf {
  Bytes leaf;
  std::vector<Hash> path;
};
struct HistoryFile {
  std::string checkpoint;  // the signed note
  std::vector<HistoryLeaf> leaves;
};
[[nodiscard]] std::string write_history_file(const HistoryFile& file);
// Errors: key.history_file.
[[nodiscard]] Result<HistoryFile> parse_history_file(std::string_view text);
// The keys that the file leads to, from those that are trusted. Errors: those of KeyHistory,
// checkpoint.*, note.*, proof.inclusion.
[[nodiscard]] Result<KeyHistory> verify_history_file(const HistoryFile& file,
                                                     const std::vector<NoteVerifier>& trusted);

}  // namespace bailey::merkle
