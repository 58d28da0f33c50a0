// Leaves: what parses encodes to the same bytes.
#include "base/bytes.h"
#include "base/check.h"
#include "merkle/leaf.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bailey::merkle;
  const bailey::ByteView bytes(data, size);
  const auto leaf = parse_leaf(bytes);
  if (!leaf) return 0;
  const auto again = encode_leaf(*leaf);
  bailey::check(again.has_value(), "a leaf that was read can be written");
  bailey::check(bailey::as_text(*again) == bailey::as_text(bytes), "a leaf has one spelling");
  return 0;
}
