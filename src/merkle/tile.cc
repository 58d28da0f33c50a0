#include "merkle/tile.h"

#include "base/check.h"

namespace bailey::merkle {
namespace {

// 1234067 -> "x001/x234/067".
std::string group_path(std::uint64_t index) {
  const auto three = [](std::uint64_t n) {
    std::string text = std::to_string(n);
    return std::string(3 - text.size(), '0') + text;
  };
  std::string path = three(index % 1000);
  for (index /= 1000; index != 0; index /= 1000) path = "x" + three(index % 1000) + "/" + path;
  return path;
}

std::string with_width(std::string path, unsigned width) {
  check(width >= 1 && width <= kTileWidth, "a tile is 1 to 256 wide");
  if (width < kTileWidth) path += ".p/" + std::to_string(width);
  return path;
}

}  // namespace

std::string tile_path(unsigned level, std::uint64_t index, unsigned width) {
  check(level <= 63, "a tile level is at most 63");
  return with_width("tile/" + std::to_string(level) + "/" + group_path(index), width);
}

std::string bundle_path(std::uint64_t index, unsigned width) {
  return with_width("tile/entries/" + group_path(index), width);
}

unsigned tile_width(unsigned level, std::uint64_t index, std::uint64_t size) noexcept {
  const std::uint64_t hashes = level >= 8 ? 0 : size >> (8 * level);
  const std::uint64_t full = hashes / kTileWidth;
  if (index < full) return static_cast<unsigned>(kTileWidth);
  return index == full ? static_cast<unsigned>(hashes % kTileWidth) : 0U;
}

void append_to_bundle(Bytes& bundle, ByteView entry) {
  check(entry.size() <= kMaxEntryBytes, "an entry has at most 65,535 bytes");
  bundle.push_back(static_cast<std::uint8_t>(entry.size() >> 8U));
  bundle.push_back(static_cast<std::uint8_t>(entry.size() & 0xFFU));
  bundle.insert(bundle.end(), entry.begin(), entry.end());
}

Result<std::vector<ByteView>> split_bundle(ByteView bundle, unsigned count) {
  std::vector<ByteView> entries;
  entries.reserve(count);
  std::size_t at = 0;
  while (at < bundle.size() && entries.size() < count) {
    if (bundle.size() - at < 2) return fail("tile.bundle", "the bundle is cut in a length");
    const std::size_t length = (std::size_t{bundle[at]} << 8U) | bundle[at + 1];
    at += 2;
    if (bundle.size() - at < length) return fail("tile.bundle", "the bundle is cut in an entry");
    entries.push_back(bundle.subspan(at, length));
    at += length;
  }
  if (entries.size() != count || at != bundle.size()) {
    return fail("tile.bundle",
                "the bundle does not hold exactly " + std::to_string(count) + " entries");
  }
  return entries;
}

}  // namespace bailey::merkle
