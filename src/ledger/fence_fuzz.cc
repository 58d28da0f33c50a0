// Slots of the second place: what parses prints back to itself, for its own log only.
#include <algorithm>

#include "base/check.h"
#include "ledger/fence.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bailey::ledger;
  const bailey::ByteView bytes(data, size);
  const bailey::Digest log{1};
  if (const auto slot = parse_fence_slot(bytes, log)) {
    const auto again = fence_slot(*slot, log);
    bailey::check(std::equal(again.begin(), again.begin() + 220, bytes.begin()),
                  "a slot has one spelling");
    bailey::check(!parse_fence_slot(bytes, bailey::Digest{2}), "a slot is of one log");
  }
  return 0;
}
