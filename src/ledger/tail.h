// Tail: the hashes of the newest leaves, so that a fresh receipt reads no tile.
//
// Keeps blocks of 256 leaf hashes, each with the frontier at its beginning and the
// place of its first frame; old blocks are dropped past a bound. A proof for a leaf
// it holds costs at most one block to the left and the leaves since to the right.
// Thread rule: guarded by its owner.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "ledger/journal_frame.h"
#include "merkle/tree.h"

namespace bailey::ledger {

class Tail {
 public:
  // Begins anew after `frontier`; `block` is the place of leaf (size rounded to 256).
  void reset(merkle::Frontier frontier, Position block);
  void append(const merkle::Hash& leaf, Position at);

  [[nodiscard]] const merkle::Frontier& frontier() const noexcept { return frontier_; }
  [[nodiscard]] std::uint64_t size() const noexcept { return frontier_.size(); }
  // Leaves at or after this index have their hash here.
  [[nodiscard]] std::uint64_t base() const noexcept { return blocks_.front().start.size(); }
  // Place of the frame of leaf 256 * block, when known.
  [[nodiscard]] std::optional<Position> block_position(std::uint64_t block) const;
  [[nodiscard]] Position last_block() const { return blocks_.back().position; }
  [[nodiscard]] std::optional<merkle::Hash> leaf(std::uint64_t index) const;

  // Errors: merkle.range when the index is older than base() or past `size`.
  [[nodiscard]] Result<std::vector<merkle::Hash>> proof(std::uint64_t index,
                                                        std::uint64_t size) const;

 private:
  struct Block {
    merkle::Frontier start;  // of the tree before the first leaf kept here
    Position position;       // of the leaf at the block's multiple of 256
    std::vector<merkle::Hash> leaves;
  };
  [[nodiscard]] Result<merkle::Hash> subtree(const Block& from, unsigned level,
                                             std::uint64_t index) const;
  [[nodiscard]] merkle::Hash leaf_at(std::uint64_t index) const;

  merkle::Frontier frontier_;
  std::deque<Block> blocks_{Block{}};
};

}  // namespace bailey::ledger
