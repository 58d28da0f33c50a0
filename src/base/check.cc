#include "base/check.h"

#include <unistd.h>

#include <cstdlib>
#include <cstring>

namespace bailey {

void abort_because(const char* what) noexcept {
  constexpr char kPrefix[] = "bailey: invariant broken: ";
  // Nothing can be done when this write fails: the abort says enough.
  [[maybe_unused]] auto a = ::write(2, kPrefix, sizeof kPrefix - 1);
  [[maybe_unused]] auto b = ::write(2, what, std::strlen(what));
  [[maybe_unused]] auto c = ::write(2, "\n", 1);
  std::abort();
}

}  // namespace bailey
