// Tiles: the published form of the log (C2SP tlog-tiles v0.1.0), derived from the journal.
//
// `ledger/checkpoint` and `ledger/tile/...` can be served as they lie. Nothing is read
// from them that was not checked against a signed head, none is synced on the way of an
// action; after a reboot those since the last known sync are written anew. A partial
// tile goes only when the full one exists: its file is then written over as a partial of
// the next tile, so that a log that grows by two entries a run makes no file each time.
// Thread rule: used by the holder of the door lock.
// Does not protect: tiles may rot; `bailey log verify` finds that and writes them anew.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/dir.h"
#include "base/result.h"
#include "ledger/published_file.h"
#include "merkle/tree.h"

namespace bailey::ledger {

// Extends the published tiles from `published` leaves to `size`: add() every leaf from
// first_entry() on, in order, then finish(). The checkpoint is the caller's.
class TileWriter {
 public:
  TileWriter(const Dir& dir, std::uint64_t published, std::uint64_t size);

  [[nodiscard]] std::uint64_t published() const noexcept { return published_; }
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  [[nodiscard]] std::uint64_t first_entry() const noexcept { return first_; }
  [[nodiscard]] std::uint64_t next_entry() const noexcept { return next_; }
  // Errors: log.tiles, disk.*.
  [[nodiscard]] Status add(ByteView entry, const merkle::Hash& hash);
  // Brings to the files what was added so far, for a size that ends in a partial tile and
  // has not been reached. More may be added.
  [[nodiscard]] Status pause();
  [[nodiscard]] Status finish();
  // Once the checkpoint is out: hands the partial files of tiles that are full now to the
  // next tile.
  void sweep() const noexcept;

 private:
  struct Level {
    std::uint64_t tile = 0;  // index of the tile being filled
    std::vector<merkle::Hash> hashes;
    bool changed = false;
  };
  // A folder of partial files whose tile is full now, and the one that may have them.
  struct Swept {
    std::string full;
    std::string next;    // the same for the tile that is partial at `size`
    unsigned width = 0;  // of the one file of `next` that counts; 0: none does
  };
  Status push(unsigned level, const merkle::Hash& hash);
  Status load(unsigned level);
  Status write_partial(unsigned level);

  const Dir& dir_;
  std::uint64_t published_;
  std::uint64_t size_;
  std::uint64_t first_;
  std::uint64_t next_;
  Bytes framed_;
  std::optional<PublishedFile> bundle_;  // of the entry last added, until it is whole
  std::vector<Level> levels_;
  std::optional<PublishedFile> leaves_;  // the partial tile of level 0, once paused
  std::size_t leaves_written_ = 0;
  std::vector<Swept> swept_;
};

// Root of the 2^level leaves that start at index << level, by the tiles of a tree of
// `published` leaves. Errors: log.tiles when a tile is missing or too short.
[[nodiscard]] Result<merkle::Hash> subtree_from_tiles(const Dir& dir, std::uint64_t published,
                                                      unsigned level, std::uint64_t index);

// Puts `note` in the place of the published checkpoint, at once. Errors: disk.*.
[[nodiscard]] Status replace_checkpoint(const Dir& dir, const std::string& note);

// How many leaves (a multiple of 256) have their full tiles on disk for certain.
[[nodiscard]] std::uint64_t sound_tiles(const Dir& dir, std::uint64_t size);
// Syncs the file system of the log and remembers `size` for sound_tiles().
[[nodiscard]] Status remember_sound_tiles(const Dir& dir, std::uint64_t size);

}  // namespace bailey::ledger
