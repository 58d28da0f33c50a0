// Bundles: entries taken apart and put together are the same bytes. The first byte is
// the number of entries. Proof verification: random proofs never verify, never crash.
#include "base/bytes.h"
#include "base/check.h"
#include "merkle/tile.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bailey::merkle;
  if (size == 0) return 0;
  const bailey::ByteView bundle(data + 1, size - 1);
  if (const auto entries = split_bundle(bundle, data[0])) {
    bailey::check(entries->size() == data[0], "a bundle has its number of entries");
    bailey::Bytes again;
    for (const auto& entry : *entries) append_to_bundle(again, entry);
    bailey::check(bailey::as_text(again) == bailey::as_text(bundle), "a bundle has one spelling");
  }
  if (size < 17 + 64) return 0;
  std::uint64_t first = 0;
  std::uint64_t second = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    first = first << 8U | data[1 + i];
    second = second << 8U | data[9 + i];
  }
  std::vector<Hash> path;
  for (std::size_t at = 17; at + 32 <= size; at += 32) {
    Hash hash{};
    for (std::size_t i = 0; i < 32; ++i) hash[i] = data[at + i];
    path.push_back(hash);
  }
  const Hash root = path.back();
  path.pop_back();
  const bool included = verify_inclusion(first, second, leaf_hash(bundle), path, root).has_value();
  bailey::check(!included, "no random path proves a leaf");
  const bool extends = verify_consistency(first, second, path, Hash{}, root).has_value();
  bailey::check(!extends, "no random path proves an extension");
  return 0;
}
