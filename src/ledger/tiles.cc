#include "ledger/tiles.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>

#include "base/check.h"
#include "merkle/tile.h"

namespace bailey::ledger {
namespace {

using merkle::Hash;
using merkle::kTileWidth;
constexpr std::size_t kHashBytes = 32;
constexpr const char* kSoundFile = "tiles-synced";

std::string parent_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

Status write_file(const Dir& dir, const std::string& path, ByteView bytes) {
  const auto name = RelPath::known(path);
  auto fd = dir.open_file(name, O_WRONLY | O_CREAT | O_TRUNC);
  if (!fd && fd.error().code == "disk.missing") {
    BAILEY_TRY(dir.make_dir(RelPath::known(parent_of(path))));
    fd = dir.open_file(name, O_WRONLY | O_CREAT | O_TRUNC);
  }
  if (!fd) return std::unexpected(std::move(fd).error());
  return write_all(fd->get(), bytes);
}

Bytes flat(const std::vector<Hash>& hashes) {
  Bytes bytes;
  bytes.reserve(hashes.size() * kHashBytes);
  for (const auto& hash : hashes) bytes.insert(bytes.end(), hash.begin(), hash.end());
  return bytes;
}

// Root of a power of two of hashes.
Hash fold(std::vector<Hash> hashes) {
  while (hashes.size() > 1) {
    for (std::size_t i = 0; i < hashes.size() / 2; ++i) {
      hashes[i] = merkle::node_hash(hashes[2 * i], hashes[2 * i + 1]);
    }
    hashes.resize(hashes.size() / 2);
  }
  return hashes.front();
}

// The first `count` hashes of a tile file of `width`.
Result<std::vector<Hash>> read_tile(const Dir& dir, unsigned level, std::uint64_t index,
                                    unsigned width, std::size_t count) {
  const auto text = dir.read_file(RelPath::known(merkle::tile_path(level, index, width)),
                                  kTileWidth * kHashBytes);
  if (!text || text->size() != width * kHashBytes || count > width) {
    return fail("log.tiles", "a tile of the published log is missing or cut",
                "run `bailey log verify`");
  }
  std::vector<Hash> hashes(count);
  for (std::size_t i = 0; i < count; ++i) {
    std::memcpy(hashes[i].data(), text->data() + i * kHashBytes, kHashBytes);
  }
  return hashes;
}

}  // namespace

TileWriter::TileWriter(const Dir& dir, std::uint64_t published, std::uint64_t size)
    : dir_(dir),
      published_(published),
      size_(size),
      first_(published / kTileWidth * kTileWidth),
      next_(first_) {}

Status TileWriter::begin() {
  levels_.emplace_back();
  levels_[0].tile = first_ / kTileWidth;
  return {};
}

// What the tile being filled at `level` holds already, for first_ leaves.
Status TileWriter::load(unsigned level) {
  Level loaded;
  const std::uint64_t count = first_ >> (8 * level);
  loaded.tile = count / kTileWidth;
  const auto width = static_cast<unsigned>(count % kTileWidth);
  if (width != 0) {
    auto hashes = read_tile(dir_, level, loaded.tile, width, width);
    if (!hashes) hashes = read_tile(dir_, level, loaded.tile, kTileWidth, width);
    if (!hashes) {
      // Neither the partial nor the full tile: from the tiles below.
      hashes.emplace();
      for (unsigned i = 0; i < width; ++i) {
        hashes->push_back(fold(BAILEY_TRY(
            read_tile(dir_, level - 1, loaded.tile * kTileWidth + i, kTileWidth, kTileWidth))));
      }
    }
    loaded.hashes = *std::move(hashes);
  }
  levels_.push_back(std::move(loaded));
  return {};
}

Status TileWriter::add(ByteView entry, const Hash& hash) {
  merkle::append_to_bundle(bundle_, entry);
  ++next_;
  if (next_ % kTileWidth == 0) {
    const std::uint64_t index = next_ / kTileWidth - 1;
    BAILEY_TRY(write_file(dir_, merkle::bundle_path(index, kTileWidth), bundle_));
    bundle_.clear();
    if (index == published_ / kTileWidth && published_ % kTileWidth != 0) {
      swept_.push_back(merkle::bundle_path(index, kTileWidth) + ".p");
    }
  }
  return push(0, hash);
}

Status TileWriter::push(unsigned level, const Hash& hash) {
  if (level == levels_.size()) BAILEY_TRY(load(level));
  levels_[level].hashes.push_back(hash);
  levels_[level].changed = true;
  if (levels_[level].hashes.size() < kTileWidth) return {};
  const std::uint64_t tile = levels_[level].tile;
  const std::string path = merkle::tile_path(level, tile, kTileWidth);
  BAILEY_TRY(write_file(dir_, path, flat(levels_[level].hashes)));
  if (tile == (published_ >> (8 * level)) / kTileWidth &&
      merkle::tile_width(level, tile, published_) != 0) {
    swept_.push_back(path + ".p");
  }
  const Hash root = fold(std::move(levels_[level].hashes));
  levels_[level] = {tile + 1, {}, false};
  return push(level + 1, root);
}

Status TileWriter::finish() {
  check(next_ == size_, "the tiles were given another number of entries");
  if (!bundle_.empty()) {
    const auto width = static_cast<unsigned>(size_ % kTileWidth);
    BAILEY_TRY(write_file(dir_, merkle::bundle_path(size_ / kTileWidth, width), bundle_));
  }
  for (unsigned level = 0; level < levels_.size(); ++level) {
    const Level& partial = levels_[level];
    if (partial.hashes.empty() || !partial.changed) continue;
    const auto width = static_cast<unsigned>(partial.hashes.size());
    BAILEY_TRY(
        write_file(dir_, merkle::tile_path(level, partial.tile, width), flat(partial.hashes)));
  }
  return {};
}

void TileWriter::sweep() const noexcept {
  for (const auto& path : swept_) {
    const auto folder = dir_.open_dir(RelPath::known(path));
    if (!folder) continue;
    const auto names = folder->list();
    if (!names) continue;
    for (const auto& name : *names) (void)::unlinkat(folder->fd(), name.c_str(), 0);
    (void)::unlinkat(dir_.fd(), path.c_str(), AT_REMOVEDIR);
  }
}

Result<Hash> subtree_from_tiles(const Dir& dir, std::uint64_t published, unsigned level,
                                std::uint64_t index) {
  const unsigned tile_level = level / 8;
  const std::uint64_t count = std::uint64_t{1} << (level % 8);
  const std::uint64_t first = index << (level % 8);
  const std::uint64_t tile = first / kTileWidth;
  const std::size_t offset = first % kTileWidth;
  const unsigned width = merkle::tile_width(tile_level, tile, published);
  if (width < offset + count) return fail("log.tiles", "the published log does not reach that far");
  auto hashes = BAILEY_TRY(read_tile(dir, tile_level, tile, width, offset + count));
  hashes.erase(hashes.begin(), hashes.begin() + static_cast<std::ptrdiff_t>(offset));
  return fold(std::move(hashes));
}

Status replace_checkpoint(const Dir& dir, const std::string& note) {
  const auto name = RelPath::known("checkpoint");
  // Only the holder of the door lock is here: one name is enough.
  const auto spare = RelPath::known("checkpoint.spare");
  const auto fd = BAILEY_TRY(dir.open_file(spare, O_WRONLY | O_CREAT));
  BAILEY_TRY(write_all(fd.get(), as_bytes(note)));
  if (::ftruncate(fd.get(), static_cast<off_t>(note.size())) != 0) {
    return std::unexpected(disk_error("disk.write", "cut the checkpoint to its size", errno));
  }
  // Exchanged, and the old one is the spare of the next time. A rename over a file makes ext4
  // write the new one to disk at once, and files that come and go make it search for free
  // inodes: a run would wait for both, and a derived file needs neither.
  if (::renameat2(dir.fd(), spare.c_str(), dir.fd(), name.c_str(), RENAME_EXCHANGE) == 0) return {};
  return dir.rename(spare, name);  // the first one, or a file system that cannot exchange
}

std::uint64_t sound_tiles(const Dir& dir, std::uint64_t size) {
  const auto text = dir.read_file(RelPath::known(kSoundFile), 32);
  if (!text) return 0;
  std::uint64_t sound = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), sound);
  if (error != std::errc{} || std::string_view(end) != "\n" || sound > size) return 0;
  return sound / kTileWidth * kTileWidth;
}

Status remember_sound_tiles(const Dir& dir, std::uint64_t size) {
  if (::syncfs(dir.fd()) != 0) {
    return std::unexpected(disk_error("disk.sync", "sync the published log", errno));
  }
  return dir.replace_file(RelPath::known(kSoundFile), as_bytes(std::to_string(size) + "\n"),
                          Sync::kYes);
}

}  // namespace bailey::ledger
