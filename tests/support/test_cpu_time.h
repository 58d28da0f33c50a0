// What a piece of work costs this thread, for tests that hold their breath: a text of a few
// kilobytes must not keep the gate busy for minutes. Bounds are wide, for a slow machine;
// time that others take does not count, and a sanitizer's toll is in the bound.
#pragma once

#include <time.h>

namespace bailey::test {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr long long kToll = 20;
#else
inline constexpr long long kToll = 1;
#endif

// Milliseconds of CPU time, rounded down.
template <class Work>
long long cpu_time_of(Work work) {
  const auto now = [] {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return time.tv_sec * 1'000LL + time.tv_nsec / 1'000'000;
  };
  const long long begin = now();
  work();
  return (now() - begin) / kToll;
}

}  // namespace bailey::test
