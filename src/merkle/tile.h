// The names and shapes of C2SP tlog-tiles: 256 hashes a tile, bundles of entries.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "merkle/tree.h"

namespace bailey::merkle {

inline constexpr std::uint64_t kTileWidth = 256;
inline constexpr std::size_t kMaxEntryBytes = 65'535;

// "tile/0/x001/067" or, partial, "tile/0/x001/067.p/12"; width 1..256.
[[nodiscard]] std::string tile_path(unsigned level, std::uint64_t index, unsigned width);
[[nodiscard]] std::string bundle_path(std::uint64_t index, unsigned width);

// Hashes of one level-l tile that a tree of `size` leaves fills: floor(size / 256^l)
// mod 256 for the last one, 256 for those before, 0 past it.
[[nodiscard]] unsigned tile_width(unsigned level, std::uint64_t index, std::uint64_t size) noexcept;

// Entry bundle: for each entry a big-endian uint16 length and its bytes.
void append_to_bundle(Bytes& bundle, ByteView entry);
// Errors: tile.bundle (cut, or not exactly `count` entries). Views into `bundle`.
[[nodiscard]] Result<std::vector<ByteView>> split_bundle(ByteView bundle, unsigned count);

}  // namespace bailey::merkle
