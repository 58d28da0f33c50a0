#include "merkle/tile_tree.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <span>

#include "merkle/tile.h"

namespace bailey::merkle {
namespace {

constexpr unsigned kTileBits = 8;
constexpr std::size_t kHashBytes = 32;
static_assert(sizeof(Hash) == kHashBytes);

// Root of a power of two of hashes, in place.
Hash fold(std::span<Hash> hashes) {
  for (std::size_t count = hashes.size(); count > 1; count /= 2) {
    for (std::size_t i = 0; i < count / 2; ++i) {
      hashes[i] = node_hash(hashes[2 * i], hashes[2 * i + 1]);
    }
  }
  return hashes.front();
}

}  // namespace

Result<std::vector<Hash>> read_tile(const LogFiles& files, unsigned level, std::uint64_t index,
                                    unsigned width) {
  const std::string path = tile_path(level, index, width);
  const std::string content = BAILEY_TRY(files(path));
  if (content.size() != width * kHashBytes) {
    return fail("log.tile", path + ": it has " + std::to_string(content.size()) + " bytes, not " +
                                std::to_string(width * kHashBytes));
  }
  std::vector<Hash> hashes(width);
  std::memcpy(hashes.data(), content.data(), content.size());
  return hashes;
}

Status TileStack::start_at(std::uint64_t from) {
  levels_.clear();
  count_ = from;
  for (unsigned level = 0; level < kTileBits && (from >> (kTileBits * level)) != 0; ++level) {
    const std::uint64_t hashes = from >> (kTileBits * level);
    const std::uint64_t tile = hashes / kTileWidth;
    auto& kept = levels_.emplace_back();
    if (hashes % kTileWidth == 0) continue;
    kept = BAILEY_TRY(read_tile(files_, level, tile, tile_width(level, tile, size_)));
    kept.resize(hashes % kTileWidth);
  }
  return {};
}

Status TileStack::compare(unsigned level, std::uint64_t tile) {
  const auto& hashes = levels_[level];
  const std::string path = tile_path(level, tile, static_cast<unsigned>(hashes.size()));
  const std::string content = BAILEY_TRY(files_(path));
  if (content.size() != hashes.size() * kHashBytes) {
    return fail("log.tile", path + ": it has " + std::to_string(content.size()) + " bytes, not " +
                                std::to_string(hashes.size() * kHashBytes));
  }
  if (std::memcmp(content.data(), hashes.data(), content.size()) == 0) return {};
  std::size_t at = 0;
  while (std::memcmp(content.data() + at * kHashBytes, hashes[at].data(), kHashBytes) == 0) ++at;
  return fail("log.tile", path + ": hash " + std::to_string(at) + " is not that of the entries");
}

Status TileStack::append(const Hash& leaf) {
  ++count_;
  Hash hash = leaf;
  for (unsigned level = 0;; ++level) {
    if (levels_.size() == level) levels_.emplace_back().reserve(kTileWidth);
    auto& hashes = levels_[level];
    hashes.push_back(hash);
    if (hashes.size() < kTileWidth) return {};
    BAILEY_TRY(compare(level, (count_ >> (kTileBits * (level + 1))) - 1));
    hash = fold(hashes);
    hashes.clear();
  }
}

Status TileStack::finish() {
  for (unsigned level = 0; level < levels_.size(); ++level) {
    if (levels_[level].empty()) continue;
    BAILEY_TRY(compare(level, count_ >> (kTileBits * (level + 1))));
  }
  return {};
}

Hash TileStack::root() const {
  // What is kept at each level are complete subtrees; the largest lie at the top.
  std::vector<Hash> subtrees;
  for (std::size_t level = levels_.size(); level-- > 0;) {
    auto hashes = levels_[level];
    for (std::span<Hash> rest = hashes; !rest.empty();) {
      const std::size_t whole = std::bit_floor(rest.size());
      subtrees.push_back(fold(rest.first(whole)));
      rest = rest.subspan(whole);
    }
  }
  if (subtrees.empty()) return empty_root();
  Hash root = subtrees.back();
  for (std::size_t i = subtrees.size() - 1; i-- > 0;) root = node_hash(subtrees[i], root);
  return root;
}

Result<Hash> TileHashes::subtree(unsigned level, std::uint64_t index) {
  if (level >= 64 || index >= (size_ >> level)) {
    return fail("merkle.range", "the tree holds no such subtree");
  }
  const unsigned tile_level = level / kTileBits;
  const unsigned rest = level % kTileBits;
  const std::uint64_t first = index << rest;
  const std::uint64_t number = first / kTileWidth;
  auto& tile = newest_[tile_level];
  if (tile.hashes.empty() || tile.index != number) {
    tile.hashes =
        BAILEY_TRY(read_tile(files_, tile_level, number, tile_width(tile_level, number, size_)));
    tile.index = number;
  }
  const auto from = tile.hashes.begin() + static_cast<std::ptrdiff_t>(first % kTileWidth);
  std::vector<Hash> hashes(from, from + (std::ptrdiff_t{1} << rest));
  return fold(hashes);
}

}  // namespace bailey::merkle
