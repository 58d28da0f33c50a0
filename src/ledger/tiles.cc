#include "ledger/tiles.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <span>
#include <utility>

#include "base/check.h"
#include "merkle/tile.h"

namespace bailey::ledger {
namespace {

using merkle::Hash;
using merkle::kTileWidth;
constexpr std::size_t kHashBytes = 32;
constexpr const char* kSoundFile = "tiles-synced";

Status write_file(const Dir& dir, const std::string& path, ByteView bytes) {
  auto file = BAILEY_TRY(PublishedFile::open(dir, path));
  BAILEY_TRY(file.add(bytes));
  return file.end();
}

ByteView flat(std::span<const Hash> hashes) {
  static_assert(sizeof(Hash) == kHashBytes);
  return {reinterpret_cast<const std::uint8_t*>(hashes.data()), hashes.size_bytes()};
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

// "tile/0/000.p/1" -> "tile/0/000.p".
std::string partials_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

// "tile/0/000.p" -> "tile/0", "000.p".
std::pair<std::string, std::string> split(const std::string& path) {
  const auto slash = path.rfind('/');
  return {path.substr(0, slash), path.substr(slash + 1)};
}

void remove_folder(const Dir& parent, const std::string& name) noexcept {
  const auto folder = parent.open_dir(RelPath::known(name));
  if (!folder) return;
  const auto files = folder->list();
  if (!files) return;
  for (const auto& file : *files) (void)::unlinkat(folder->fd(), file.c_str(), 0);
  (void)::unlinkat(parent.fd(), name.c_str(), AT_REMOVEDIR);
}

}  // namespace

TileWriter::TileWriter(const Dir& dir, std::uint64_t published, std::uint64_t size)
    : dir_(dir),
      published_(published),
      size_(size),
      first_(published / kTileWidth * kTileWidth),
      next_(first_),
      levels_(1) {
  levels_[0].tile = first_ / kTileWidth;
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
  const std::uint64_t tile = next_ / kTileWidth;
  if (!bundle_) {
    const auto path = merkle::bundle_path(tile, merkle::tile_width(0, tile, size_));
    bundle_ = BAILEY_TRY(PublishedFile::open(dir_, path));
  }
  framed_.clear();
  merkle::append_to_bundle(framed_, entry);
  BAILEY_TRY(bundle_->add(framed_));
  ++next_;
  if (next_ % kTileWidth == 0 || next_ == size_) {
    BAILEY_TRY(bundle_->end());
    bundle_.reset();
  }
  if (next_ % kTileWidth == 0 && tile == published_ / kTileWidth && published_ % kTileWidth != 0) {
    swept_.push_back({partials_of(merkle::bundle_path(tile, 1)),
                      partials_of(merkle::bundle_path(size_ / kTileWidth, 1)),
                      static_cast<unsigned>(size_ % kTileWidth)});
  }
  return push(0, hash);
}

Status TileWriter::push(unsigned level, const Hash& hash) {
  if (level == levels_.size()) BAILEY_TRY(load(level));
  levels_[level].hashes.push_back(hash);
  levels_[level].changed = true;
  if (levels_[level].hashes.size() < kTileWidth) return {};
  const std::uint64_t tile = levels_[level].tile;
  BAILEY_TRY(
      write_file(dir_, merkle::tile_path(level, tile, kTileWidth), flat(levels_[level].hashes)));
  if (tile == (published_ >> (8 * level)) / kTileWidth &&
      merkle::tile_width(level, tile, published_) != 0) {
    const std::uint64_t last = (size_ >> (8 * level)) / kTileWidth;
    swept_.push_back({partials_of(merkle::tile_path(level, tile, 1)),
                      partials_of(merkle::tile_path(level, last, 1)),
                      merkle::tile_width(level, last, size_)});
  }
  const Hash root = fold(std::move(levels_[level].hashes));
  levels_[level] = {tile + 1, {}, false};
  return push(level + 1, root);
}

// What is not in the file yet of the partial tile at `level`.
Status TileWriter::write_partial(unsigned level) {
  const Level& partial = levels_[level];
  const auto path =
      merkle::tile_path(level, partial.tile, merkle::tile_width(level, partial.tile, size_));
  if (level != 0) return write_file(dir_, path, flat(partial.hashes));
  if (!leaves_) leaves_ = BAILEY_TRY(PublishedFile::open(dir_, path));
  BAILEY_TRY(leaves_->add(flat(std::span(partial.hashes).subspan(leaves_written_))));
  leaves_written_ = partial.hashes.size();
  return leaves_->end();
}

Status TileWriter::pause() {
  check(next_ < size_ && next_ / kTileWidth == size_ / kTileWidth,
        "a pause is for a partial tile that is not done");
  if (bundle_) BAILEY_TRY(bundle_->end());
  return write_partial(0);
}

Status TileWriter::finish() {
  check(next_ == size_, "the tiles were given another number of entries");
  for (unsigned level = 0; level < levels_.size(); ++level) {
    if (!levels_[level].hashes.empty() && levels_[level].changed) BAILEY_TRY(write_partial(level));
  }
  return {};
}

void TileWriter::sweep() const noexcept {
  for (const auto& swept : swept_) {
    const auto [full_parent, full_name] = split(swept.full);
    const auto [next_parent, next_name] = split(swept.next);
    const auto full_in = dir_.open_dir(RelPath::known(full_parent));
    const auto next_in = dir_.open_dir(RelPath::known(next_parent));
    const auto full = dir_.open_dir(RelPath::known(swept.full));
    if (!full_in || !full) continue;
    if (next_in && swept.width == 0 &&
        ::renameat2(full_in->fd(), full_name.c_str(), next_in->fd(), next_name.c_str(),
                    RENAME_NOREPLACE) == 0) {
      continue;
    }
    if (next_in && swept.width != 0) {
      // The folders change places at once, and the file that counts is in both.
      const auto next = dir_.open_dir(RelPath::known(swept.next));
      const std::string counts = std::to_string(swept.width);
      if (next) {
        (void)::unlinkat(full->fd(), counts.c_str(), 0);
        if (::linkat(next->fd(), counts.c_str(), full->fd(), counts.c_str(), 0) == 0) {
          (void)::renameat2(full_in->fd(), full_name.c_str(), next_in->fd(), next_name.c_str(),
                            RENAME_EXCHANGE);
        }
      }
    }
    remove_folder(*full_in, full_name);
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
  BAILEY_TRY(write_file(dir, spare.text(), as_bytes(note)));
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
