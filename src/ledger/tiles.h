// Tiles: the published form of the log (C2SP tlog-tiles v0.1.0), derived from the journal.
//
// `ledger/checkpoint` and `ledger/tile/...` can be served as they lie. Nothing is read
// from them that was not checked against a signed head, none is synced on the way of an
// action; after a reboot those since the last known sync are written anew. A partial
// tile goes only when the full one exists.
// Thread rule: used by the holder of the door lock.
// Does not protect: tiles may rot; `bailey log verify` finds that and writes them anew.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/dir.h"
#include "base/result.h"
#include "merkle/tree.h"

namespace bailey::ledger {

// Extends the published tiles from `published` leaves to `size`: add() every leaf from
// first_entry() on, in order, then finish(). The checkpoint is the caller's.
class TileWriter {
 public:
  TileWriter(const Dir& dir, std::uint64_t published, std::uint64_t size);

  [[nodiscard]] std::uint64_t first_entry() const noexcept { return first_; }
  // Reads what the higher levels hold so far. Errors: log.tiles, disk.*.
  [[nodiscard]] Status begin();
  [[nodiscard]] Status add(ByteView entry, const merkle::Hash& hash);
  [[nodiscard]] Status finish();
  // Removes the partial tiles that a full one has replaced.
  void sweep() const noexcept;

 private:
  struct Level {
    std::uint64_t tile = 0;  // index of the tile being filled
    std::vector<merkle::Hash> hashes;
    bool changed = false;
  };
  Status push(unsigned level, const merkle::Hash& hash);
  Status load(unsigned level);

  const Dir& dir_;
  std::uint64_t published_;
  std::uint64_t size_;
  std::uint64_t first_;
  std::uint64_t next_;
  Bytes bundle_;
  std::vector<Level> levels_;
  std::vector<std::string> swept_;
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
