// Time of this thread: what others do to the machine meanwhile is not counted.
#pragma once

#include <time.h>

#include "base/check.h"

namespace bailey::bench {

inline double cpu_seconds() {
  timespec now{};
  check(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now) == 0, "no CPU clock");
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

}  // namespace bailey::bench
