// DeniedActions: what was asked for when the gate or a cage said no, kept for its owner.
//
// The ledger holds a salted digest of a denied action and none of its arguments, and digests
// of the files that a cage refused, so that it may be published (spec/leaf.md). Whoever wants
// to know which rule would have allowed them needs the words: they lie here, in denials/ of the
// home, one file a denial, sealed under a key derived from the disclosure key and bound to the
// entry's index and leaf hash. A reader checks them against the digest in the ledger before it
// believes them (spec/denials.md). The newest kMaxDenied are kept; losing one loses a suggestion,
// nothing else. Thread rule: any thread, any process. Errors: denials.unreadable, disk.*. Does not
// protect: against root, nor against who has the home's keys.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/entropy.h"
#include "crypto/seal.h"
#include "store/home.h"

namespace bailey::store {

inline constexpr std::size_t kMaxDenied = 256;
inline constexpr std::size_t kMaxDeniedBytes = 64U << 10;  // of one denial

class DeniedActions {
 public:
  // `disclosure` is borrowed for the call, the others must outlive this. Makes the folder.
  [[nodiscard]] static Result<DeniedActions> open(const Home& home,
                                                  const crypto::SealKey& disclosure,
                                                  Entropy& entropy);

  // `text`: canonical JSON. One that is too big is not kept. `leaf_hash`: 64 hex digits.
  [[nodiscard]] Status keep(std::uint64_t index, const std::string& leaf_hash,
                            std::string_view text) const;
  // Nothing when it is not kept (any more).
  [[nodiscard]] Result<std::optional<std::string>> find(std::uint64_t index,
                                                        const std::string& leaf_hash) const;

  struct Kept {
    std::uint64_t index = 0;
    std::string leaf_hash;  // 64 hex digits
  };
  // What is kept, oldest first.
  [[nodiscard]] Result<std::vector<Kept>> list() const;
  // Missing is not an error.
  [[nodiscard]] Status remove(const Kept& kept) const;

 private:
  DeniedActions(const Home& home, Dir folder, crypto::SealKey key, Entropy& entropy)
      : home_(&home), folder_(std::move(folder)), key_(std::move(key)), entropy_(&entropy) {}
  [[nodiscard]] Status remove_oldest() const;

  const Home* home_;
  Dir folder_;
  crypto::SealKey key_;
  Entropy* entropy_;
};

}  // namespace bailey::store
