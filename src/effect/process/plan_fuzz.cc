// Any bytes as a plan: refused, or readable to the last byte of every text.
#include <cstdint>
#include <cstring>
#include <vector>

#include "effect/process/plan.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using bailey::effect::process::PlanReader;
  std::vector<std::uint64_t> aligned((size + 7) / 8 + 1);
  if (size != 0) std::memcpy(aligned.data(), data, size);
  PlanReader plan;
  if (!plan.open(aligned.data(), size)) return 0;
  std::size_t total = std::strlen(plan.text(plan.header().program));
  for (std::uint32_t i = 0; i < plan.header().arguments; ++i)
    total += std::strlen(plan.argument(i));
  for (std::uint32_t i = 0; i < plan.header().environment; ++i) {
    total += std::strlen(plan.variable(i));
  }
  for (std::uint32_t i = 0; i < plan.header().places; ++i) {
    total += std::strlen(plan.text(plan.place(i).source));
    total += std::strlen(plan.text(plan.place(i).target));
  }
  return total > size ? __builtin_trap(), 0 : 0;
}
