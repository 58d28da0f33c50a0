// Any bytes as a file of cases: an error or cases that ask one thing each.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "policy/cases.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto cases = bailey::policy::parse_cases({reinterpret_cast<const char*>(data), size});
  if (!cases) return 0;
  if (cases->list.empty()) std::abort();
  for (const auto& one : cases->list)
    if (one.argv.empty() == one.subject.empty()) std::abort();
  return 0;
}
