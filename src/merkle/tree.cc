#include "merkle/tree.h"

#include <algorithm>
#include <bit>

#include "base/check.h"
#include "crypto/hash.h"

namespace bailey::merkle {
namespace {

// Largest power of two below n, for n > 1.
std::uint64_t split_point(std::uint64_t n) noexcept { return std::bit_floor(n - 1); }

// Root of the leaves [begin, end), where begin is a multiple of the largest power of
// two that fits; such ranges are all that proofs ask for.
Result<Hash> range_root(std::uint64_t begin, std::uint64_t end, const SubtreeSource& source) {
  const std::uint64_t count = end - begin;
  if (std::has_single_bit(count)) {
    const auto level = static_cast<unsigned>(std::countr_zero(count));
    return source(level, begin >> level);
  }
  const std::uint64_t left = split_point(count);
  const Hash a = BAILEY_TRY(range_root(begin, begin + left, source));
  const Hash b = BAILEY_TRY(range_root(begin + left, end, source));
  return node_hash(a, b);
}

}  // namespace

Hash leaf_hash(ByteView entry) noexcept {
  constexpr std::uint8_t kPrefix = 0x00;
  return crypto::Sha256().update({&kPrefix, 1}).update(entry).finish();
}

Hash node_hash(const Hash& left, const Hash& right) noexcept {
  std::array<std::uint8_t, 65> bytes;
  bytes[0] = 0x01;
  std::copy(left.begin(), left.end(), bytes.begin() + 1);
  std::copy(right.begin(), right.end(), bytes.begin() + 33);
  return crypto::sha256(bytes);
}

Hash empty_root() noexcept { return crypto::sha256({}); }

Result<Frontier> Frontier::create(std::uint64_t size, std::vector<Hash> subtrees) {
  if (static_cast<std::size_t>(std::popcount(size)) != subtrees.size()) {
    return fail("merkle.frontier", "a frontier of " + std::to_string(subtrees.size()) +
                                       " subtrees does not fit " + std::to_string(size) +
                                       " leaves");
  }
  Frontier frontier;
  frontier.size_ = size;
  frontier.subtrees_ = std::move(subtrees);
  frontier.path_known_ = size < 2;
  return frontier;
}

void Frontier::append(const Hash& leaf) {
  check(size_ != UINT64_MAX, "a tree holds fewer than 2^64 leaves");
  last_path_.clear();
  path_known_ = true;
  Hash merged = leaf;
  for (std::uint64_t rest = size_; (rest & 1U) != 0; rest >>= 1U) {
    last_path_.push_back(subtrees_.back());
    merged = node_hash(subtrees_.back(), merged);
    subtrees_.pop_back();
  }
  subtrees_.push_back(merged);
  ++size_;
}

Hash Frontier::root() const noexcept {
  if (subtrees_.empty()) return empty_root();
  Hash root = subtrees_.back();
  for (std::size_t i = subtrees_.size() - 1; i-- > 0;) root = node_hash(subtrees_[i], root);
  return root;
}

std::vector<Hash> Frontier::proof_of_last() const {
  check(path_known_, "proof_of_last of a frontier that saw no append");
  std::vector<Hash> path = last_path_;
  for (std::size_t i = subtrees_.empty() ? 0 : subtrees_.size() - 1; i-- > 0;) {
    path.push_back(subtrees_[i]);
  }
  return path;
}

Result<std::vector<Hash>> inclusion_proof(std::uint64_t index, std::uint64_t size,
                                          const SubtreeSource& source) {
  if (index >= size) {
    return fail("merkle.range",
                "leaf " + std::to_string(index) + " is not in a tree of " + std::to_string(size));
  }
  // From the root down, then turned round: the leaf's sibling comes first.
  std::vector<Hash> path;
  std::uint64_t begin = 0;
  std::uint64_t end = size;
  while (end - begin > 1) {
    const std::uint64_t middle = begin + split_point(end - begin);
    if (index < middle) {
      path.push_back(BAILEY_TRY(range_root(middle, end, source)));
      end = middle;
    } else {
      path.push_back(BAILEY_TRY(range_root(begin, middle, source)));
      begin = middle;
    }
  }
  std::reverse(path.begin(), path.end());
  return path;
}

Result<std::vector<Hash>> consistency_proof(std::uint64_t first, std::uint64_t second,
                                            const SubtreeSource& source) {
  if (first > second) {
    return fail("merkle.range", "a tree of " + std::to_string(second) +
                                    " leaves cannot extend one of " + std::to_string(first));
  }
  std::vector<Hash> path;
  if (first == 0 || first == second) return path;
  std::uint64_t begin = 0;
  std::uint64_t end = second;
  bool whole = true;  // the old tree's part of [begin, end) is the old tree itself
  while (first != end) {
    const std::uint64_t middle = begin + split_point(end - begin);
    if (first <= middle) {
      path.push_back(BAILEY_TRY(range_root(middle, end, source)));
      end = middle;
    } else {
      path.push_back(BAILEY_TRY(range_root(begin, middle, source)));
      begin = middle;
      whole = false;
    }
  }
  if (!whole) path.push_back(BAILEY_TRY(range_root(begin, end, source)));
  std::reverse(path.begin(), path.end());
  return path;
}

}  // namespace bailey::merkle
