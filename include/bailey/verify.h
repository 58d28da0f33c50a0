// The offline verifier: receipts, proofs, checkpoints and published logs of Bailey.
//
// Nothing is opened, fetched or written here: the caller hands over bytes, and for a
// whole log a function that reads its files. The rules are spec/receipt.md,
// spec/checkpoint.md and spec/leaf.md. Any thread. Trust comes from the keys given
// ("vkeys", C2SP signed-note verifier keys), from a policy of witnesses (C2SP tlog-policy)
// and from nothing else; an empty list verifies nothing.
//
// Does not protect: without a quorum of witnesses, against a log that shows different
// people different trees; compare checkpoints with others then.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bailey::verify {

enum class Verdict : int {
  kGood = 0,
  kFailed = 1,      // what was given does not verify; `where` and `message` say why
  kUsage = 2,       // a key that cannot be read, or none at all
  kIncomplete = 3,  // it could not be decided: a file could not be read
};

struct Witness {
  std::string name;
  std::uint64_t time = 0;  // POSIX seconds, by the witness's clock
};

struct Report {
  Verdict verdict = Verdict::kFailed;
  std::string code;     // stable, dotted ("receipt.signature"); empty when good
  std::string message;  // one sentence; may hold text of the input: escape for terminals
  std::string hint;

  std::string origin;      // of the log
  std::uint64_t size = 0;  // of the tree of the (newer) checkpoint
  std::string root;        // hex

  std::uint64_t index = 0;  // receipts and proofs: of the leaf
  std::string leaf_hash;    // hex
  std::string leaf;         // its canonical JSON; of a proof's entry that is no leaf, empty
  std::string intent;       // of the intent it closes, or empty

  // Whose word about the newer checkpoint counted, by the policy's names; with `quorum none`
  // in the policy, and without one, nobody's is asked for.
  bool quorum_met = false;
  std::vector<Witness> witnesses;

  std::uint64_t older_size = 0;  // checkpoints: of the older one

  std::uint64_t from = 0;  // logs: the first entry that was read
  std::uint64_t intents = 0;
  std::uint64_t closed = 0;
  std::uint64_t open = 0;
  std::vector<std::uint64_t> open_indices;  // the first hundred
};

// Content of a file below the log's folder.
struct File {
  enum class State { kRead, kMissing, kUnreadable } state = State::kUnreadable;
  std::string content;  // or, when unreadable, why
};
using ReadFile = std::function<File(const std::string& path)>;

// What is believed. The logs of a policy are keys as good as those given.
struct Trust {
  std::vector<std::string> vkeys;
  // Text of a C2SP tlog-policy file, or empty: the checkpoint in question must then also be
  // cosigned by its quorum of witnesses.
  std::string policy;
  // Text of a history file (spec/key-history.md), or empty: of its log those keys are believed,
  // each for its sizes, that it leads to from the others. A whole log needs none.
  std::string history;
};

// What else is asked of a whole log.
struct LogQuestion {
  // A signed checkpoint from before: only what came after it is read, and that the log
  // extends it is proven. Whether it was signed by a key given is checked first.
  std::optional<std::string> after;
  // Told while it reads: entries read, entries to read.
  std::function<void(std::uint64_t done, std::uint64_t all)> progress;
};

// Reads the keys once and answers any number of questions. It remembers the last checkpoint
// whose signature it found good, so that receipts of one checkpoint cost one signature each.
class Verifier {
 public:
  // Nothing, with the reason in `why`, when the trust cannot be read or is empty.
  [[nodiscard]] static std::unique_ptr<Verifier> create(const Trust& trust, Report& why);
  ~Verifier();

  [[nodiscard]] Report receipt(std::string_view text) const;
  [[nodiscard]] Report checkpoint(std::string_view note) const;
  // The log's own signature of a checkpoint alone, whatever the policy asks.
  [[nodiscard]] Report signature(std::string_view note) const;
  // `proof`: one base64 hash a line, as RFC 6962 section 2.1.2 gives them.
  [[nodiscard]] Report extension(std::string_view older, std::string_view newer,
                                 std::string_view proof) const;
  // A c2sp.org/tlog-proof@v1 text and the bytes of the entry that it is of.
  [[nodiscard]] Report proof(std::string_view text, std::string_view entry) const;
  [[nodiscard]] Report log(const ReadFile& read, const LogQuestion& question = {}) const;
  // That the log in these files, which shows the checkpoint `newer`, extends `older`.
  [[nodiscard]] Report growth(const ReadFile& read, std::string_view older,
                              std::string_view newer) const;

 private:
  struct Parts;
  explicit Verifier(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

// For one question each.
[[nodiscard]] Report verify_receipt(const std::vector<std::string>& vkeys,
                                    std::string_view receipt);
[[nodiscard]] Report verify_checkpoint(const std::vector<std::string>& vkeys,
                                       std::string_view note);
[[nodiscard]] Report verify_extension(const std::vector<std::string>& vkeys, std::string_view older,
                                      std::string_view newer, std::string_view proof);
[[nodiscard]] Report verify_proof(const std::vector<std::string>& vkeys, std::string_view proof,
                                  std::string_view entry);
[[nodiscard]] Report verify_log(const std::vector<std::string>& vkeys, const ReadFile& read,
                                const LogQuestion& question = {});

}  // namespace bailey::verify
