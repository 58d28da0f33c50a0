// The tree of a published log by its tiles: grown leaf by leaf and held against the tile
// files (TileStack), or asked for single subtrees (TileHashes).
//
// A tile is compared whole as soon as its hashes are known, so that a log of any length is
// checked with at most 256 hashes a level in memory, and each hash of the tree is computed
// once. The files come through a function; nothing is opened here. One thread.
// Does not protect: TileHashes believes the files. What it gives is worth something only
// inside a proof that leads to a signed root.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "merkle/log_files.h"
#include "merkle/tree.h"

namespace bailey::merkle {

class TileStack {
 public:
  // Of an empty tree, for a log that has `size` leaves in the end.
  TileStack(const LogFiles& files, std::uint64_t size) : files_(files), size_(size) {}
  // Goes on after `from` leaves, as the tile files have them; root() tells what that is.
  // Errors: log.missing, log.tile.
  [[nodiscard]] Status start_at(std::uint64_t from);

  // Errors: log.missing, log.tile: a tile that is full now is not what the leaves give.
  [[nodiscard]] Status append(const Hash& leaf);
  // The tiles that stay partial, once all `size` leaves are in. Errors: as append().
  [[nodiscard]] Status finish();
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  [[nodiscard]] Hash root() const;

 private:
  [[nodiscard]] Status compare(unsigned level, std::uint64_t tile);

  const LogFiles& files_;
  std::uint64_t size_;
  std::uint64_t count_ = 0;
  std::vector<std::vector<Hash>> levels_;  // what is not in a full tile yet
};

class TileHashes {
 public:
  TileHashes(const LogFiles& files, std::uint64_t size) : files_(files), size_(size) {}
  // The subtree of 2^level leaves that starts at leaf index << level.
  // Errors: merkle.range, log.missing, log.tile.
  [[nodiscard]] Result<Hash> subtree(unsigned level, std::uint64_t index);

 private:
  struct Tile {
    std::uint64_t index = 0;
    std::vector<Hash> hashes;
  };
  const LogFiles& files_;
  std::uint64_t size_;
  std::map<unsigned, Tile> newest_;  // by level
};

// The hashes of one tile file. Errors: log.missing, log.tile (another length).
[[nodiscard]] Result<std::vector<Hash>> read_tile(const LogFiles& files, unsigned level,
                                                  std::uint64_t index, unsigned width);

}  // namespace bailey::merkle
