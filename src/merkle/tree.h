// The Merkle tree of RFC 6962 section 2.1 over SHA-256, as pure functions.
//
// Frontier is the right edge of a growing tree: the roots of its complete
// subtrees, at most 64. Append and root are O(log n); it holds no leaves.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace bailey::merkle {

using Hash = Digest;

[[nodiscard]] Hash leaf_hash(ByteView entry) noexcept;  // SHA-256(0x00 || entry)
[[nodiscard]] Hash node_hash(const Hash& left, const Hash& right) noexcept;  // SHA-256(0x01 || ...)
[[nodiscard]] Hash empty_root() noexcept;

class Frontier {
 public:
  Frontier() noexcept = default;
  // `subtrees` from the largest to the smallest, one for each 1-bit of `size`.
  // Errors: merkle.frontier when the count does not fit.
  [[nodiscard]] static Result<Frontier> create(std::uint64_t size, std::vector<Hash> subtrees);
  void append(const Hash& leaf);
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  [[nodiscard]] Hash root() const noexcept;
  [[nodiscard]] const std::vector<Hash>& subtrees() const noexcept { return subtrees_; }
  // Inclusion path of the last leaf appended: what a fresh receipt needs.
  // Tracked while appending; empty for size 0 and 1. A frontier fresh from create()
  // has seen no leaf: asking it aborts.
  [[nodiscard]] std::vector<Hash> proof_of_last() const;

 private:
  std::uint64_t size_ = 0;
  std::vector<Hash> subtrees_;
  std::vector<Hash> last_path_;  // left siblings met while the last leaf was merged
  bool path_known_ = true;
};

// Gives the hash of the complete subtree of 2^level leaves that starts at leaf
// index << level. Fails when the tree does not hold it.
using SubtreeSource = std::function<Result<Hash>(unsigned level, std::uint64_t index)>;

// RFC 6962 section 2.1.1; leaf sibling first. Errors: merkle.range, or the source's.
[[nodiscard]] Result<std::vector<Hash>> inclusion_proof(std::uint64_t index, std::uint64_t size,
                                                        const SubtreeSource& source);
// RFC 6962 section 2.1.2. Empty when `first` is 0 or equals `second`.
[[nodiscard]] Result<std::vector<Hash>> consistency_proof(std::uint64_t first, std::uint64_t second,
                                                          const SubtreeSource& source);

// Errors: proof.inclusion. Checks RFC 9162 section 2.1.3.2 exactly: a proof that is
// too long or too short fails.
[[nodiscard]] Status verify_inclusion(std::uint64_t index, std::uint64_t size, const Hash& leaf,
                                      const std::vector<Hash>& proof, const Hash& root);
// Errors: proof.consistency.
[[nodiscard]] Status verify_consistency(std::uint64_t first, std::uint64_t second,
                                        const std::vector<Hash>& proof, const Hash& first_root,
                                        const Hash& second_root);

}  // namespace bailey::merkle
