// The published files held to the public rules, in the slow and obvious way and without
// opening the log: every tile and bundle that the checkpoint's size asks for, whole, of its
// exact length, and giving the signed root. Entries may be any bytes.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/dir.h"
#include "merkle/receipt.h"
#include "merkle/tile.h"
#include "merkle/tree.h"

namespace bailey::ledger {

// The tree by RFC 6962 section 2.1, word for word.
inline merkle::Hash slow_root(const std::vector<merkle::Hash>& leaves, std::size_t from,
                              std::size_t to) {
  if (from == to) return merkle::empty_root();
  if (to - from == 1) return leaves[from];
  std::size_t k = 1;
  while (k * 2 < to - from) k *= 2;
  return merkle::node_hash(slow_root(leaves, from, from + k), slow_root(leaves, from + k, to));
}

// The checkpoint that was found. Errors: disk.missing when there is none yet; test.published.
inline Result<merkle::Checkpoint> check_published(const Dir& dir,
                                                  const merkle::NoteVerifier& verifier) {
  constexpr std::size_t kMost = std::size_t{32} << 20;
  const auto note = BAILEY_TRY(dir.read_file(RelPath::known("checkpoint"), kMost));
  auto checkpoint = BAILEY_TRY(merkle::verify_checkpoint(note, {verifier}));
  const std::uint64_t size = checkpoint.size;
  std::vector<merkle::Hash> level;
  for (std::uint64_t i = 0; merkle::tile_width(0, i, size) != 0; ++i) {
    const unsigned width = merkle::tile_width(0, i, size);
    const auto text =
        BAILEY_TRY(dir.read_file(RelPath::known(merkle::bundle_path(i, width)), kMost));
    for (const auto entry : BAILEY_TRY(merkle::split_bundle(as_bytes(text), width)))
      level.push_back(merkle::leaf_hash(entry));
  }
  if (slow_root(level, 0, level.size()) != checkpoint.root) {
    return fail("test.published", "the bundles do not give the root of the checkpoint");
  }
  for (unsigned l = 0; !level.empty(); ++l) {
    std::vector<merkle::Hash> above;
    for (std::uint64_t i = 0; merkle::tile_width(l, i, size) != 0; ++i) {
      const std::size_t width = merkle::tile_width(l, i, size);
      const std::size_t first = i * merkle::kTileWidth;
      const auto path = merkle::tile_path(l, i, static_cast<unsigned>(width));
      const auto text = BAILEY_TRY(dir.read_file(RelPath::known(path), kMost));
      std::string wanted;
      for (std::size_t k = first; k < first + width; ++k) wanted += as_text(level[k]);
      if (text != wanted) return fail("test.published", path + " is not what it should be");
      if (width == merkle::kTileWidth) above.push_back(slow_root(level, first, first + width));
    }
    level = std::move(above);
  }
  return checkpoint;
}

}  // namespace bailey::ledger
