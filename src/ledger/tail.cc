#include "ledger/tail.h"

#include <bit>
#include <utility>

#include "base/check.h"
#include "merkle/tile.h"

namespace bailey::ledger {
namespace {

constexpr std::size_t kMaxBlocks = 256;

std::uint64_t block_of(std::uint64_t index) { return index / merkle::kTileWidth; }

}  // namespace

void Tail::reset(merkle::Frontier frontier, Position block) {
  frontier_ = std::move(frontier);
  blocks_.clear();
  blocks_.push_back(Block{frontier_, block, {}});
}

void Tail::append(const merkle::Hash& leaf, Position at) {
  if (size() % merkle::kTileWidth == 0) {
    if (blocks_.back().leaves.empty()) {
      blocks_.back() = Block{frontier_, at, {}};
    } else {
      blocks_.push_back(Block{frontier_, at, {}});
    }
    blocks_.back().leaves.reserve(merkle::kTileWidth);
    if (blocks_.size() > kMaxBlocks) blocks_.pop_front();
  }
  blocks_.back().leaves.push_back(leaf);
  frontier_.append(leaf);
}

std::optional<Position> Tail::block_position(std::uint64_t block) const {
  const std::uint64_t first = block_of(base());
  if (block < first || block - first >= blocks_.size()) return std::nullopt;
  return blocks_[block - first].position;
}

merkle::Hash Tail::leaf_at(std::uint64_t index) const {
  const Block& block = blocks_[block_of(index) - block_of(base())];
  return block.leaves[index - block.start.size()];
}

std::optional<merkle::Hash> Tail::leaf(std::uint64_t index) const {
  if (index < base() || index >= size()) return std::nullopt;
  return leaf_at(index);
}

Result<merkle::Hash> Tail::subtree(const Block& from, unsigned level, std::uint64_t index) const {
  const std::uint64_t begin = index << level;
  const std::uint64_t end = begin + (std::uint64_t{1} << level);
  const std::uint64_t start = from.start.size();
  if (end <= start) {
    // To the left of the block everything that a proof needs is in its frontier.
    std::uint64_t at = 0;
    for (const auto& hash : from.start.subtrees()) {
      const std::uint64_t width = std::bit_floor(start - at);
      if (at == begin && width == end - begin) return hash;
      at += width;
    }
    return fail("merkle.range", "a subtree older than the tail was asked for");
  }
  if (end > size()) return fail("merkle.range", "a subtree past the tail was asked for");
  if (level == 0) return leaf_at(begin);
  const auto left = BAILEY_TRY(subtree(from, level - 1, index * 2));
  const auto right = BAILEY_TRY(subtree(from, level - 1, index * 2 + 1));
  return merkle::node_hash(left, right);
}

Result<std::vector<merkle::Hash>> Tail::proof(std::uint64_t index, std::uint64_t size) const {
  if (index < base() || size > this->size()) {
    return fail("merkle.range", "leaf " + std::to_string(index) + " is older than the tail");
  }
  const std::size_t at = block_of(index) - block_of(base());
  check(at < blocks_.size(), "the tail lost a block");
  const Block& from = blocks_[at];
  return merkle::inclusion_proof(index, size, [&](unsigned level, std::uint64_t subtree_index) {
    return subtree(from, level, subtree_index);
  });
}

}  // namespace bailey::ledger
