// The offline verifier: receipts, checkpoints and published logs of Bailey.
//
// Nothing is opened, fetched or written here: the caller hands over bytes, and for a
// whole log a function that reads its files. The rules are spec/receipt.md,
// spec/checkpoint.md and spec/leaf.md. Any thread; no state is kept between calls.
// Trust comes from the keys given ("vkeys", C2SP signed-note verifier keys) and from
// nothing else; an empty list verifies nothing.
//
// Does not protect: against a log that shows different people different trees;
// compare checkpoints with others, or ask for a witness.
#pragma once

#include <cstdint>
#include <functional>
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

struct Report {
  Verdict verdict = Verdict::kFailed;
  std::string code;     // stable, dotted ("receipt.signature"); empty when good
  std::string message;  // one sentence; may hold text of the input: escape for terminals
  std::string hint;

  std::string origin;      // of the log
  std::uint64_t size = 0;  // of the tree of the (newer) checkpoint
  std::string root;        // hex

  std::uint64_t index = 0;  // receipts: of the leaf
  std::string leaf_hash;    // hex
  std::string leaf;         // its canonical JSON
  std::string intent;       // of the intent it closes, or empty

  std::uint64_t older_size = 0;  // checkpoints: of the older one

  std::uint64_t intents = 0;  // logs
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

[[nodiscard]] Report verify_receipt(const std::vector<std::string>& vkeys,
                                    std::string_view receipt);
[[nodiscard]] Report verify_checkpoint(const std::vector<std::string>& vkeys,
                                       std::string_view note);
// `proof`: one base64 hash a line, as RFC 6962 section 2.1.2 gives them.
[[nodiscard]] Report verify_extension(const std::vector<std::string>& vkeys, std::string_view older,
                                      std::string_view newer, std::string_view proof);
[[nodiscard]] Report verify_log(const std::vector<std::string>& vkeys, const ReadFile& read);

}  // namespace bailey::verify
