// Leaves glanced at: whatever a glance takes, the whole parser takes with the same values.
#include "base/bytes.h"
#include "base/check.h"
#include "merkle/leaf_glance.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bailey::merkle;
  const bailey::ByteView bytes(data, size);
  const auto glance = glance_at_leaf(bytes);
  if (!glance) return 0;
  const auto leaf = parse_leaf(bytes);
  bailey::check(leaf.has_value(), "what a glance takes is a leaf");
  bailey::check(leaf->type == glance->type && leaf->index == glance->index, "and of that place");
  const auto intent = intent_of(*leaf);
  bailey::check(intent.has_value() && *intent == glance->intent, "and names that intent");
  return 0;
}
