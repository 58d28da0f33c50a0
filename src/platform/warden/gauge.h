// gauge: what a cage uses, summed over its processes as its own /proc shows them.
//
// For limits that nobody else holds; whoever reads a sum every few milliseconds sees
// it late, and says so in the report. Numbers of the kernel only: names of processes,
// which they choose themselves, are skipped and never interpreted.
#pragma once

#include <cstdint>

namespace bailey::platform::warden {

struct Usage {
  std::uint64_t cpu_ns = 0;  // with that of children that were waited for
  std::uint64_t memory = 0;  // resident bytes that are not of files
  std::uint64_t tasks = 0;   // processes and threads without init
  std::uint64_t disk = 0;    // bytes written, without what init reaped
};

enum Measure : unsigned { kMeasureMemory = 1, kMeasureDisk = 2 };

// `proc`: a descriptor of the cage's /proc; `memfd_device`: the device number of any
// memfd, by which those of the cage are known. What is in a memfd and mapped counts
// twice: too much rather than too little. False when /proc cannot be read.
[[nodiscard]] bool measure(int proc, unsigned what, std::uint64_t memfd_device,
                           Usage& usage) noexcept;

// Without a pid namespace /proc is everybody's, and what descends from init is the cage's.
struct Tree {
  std::uint64_t init = 0;
  std::uint64_t guard = 0;       // a child of init's that is not counted
  std::uint64_t most_tasks = 0;  // with more, nothing else is measured: there is no time
};
// More processes on the machine than fit in our list count as more than any limit.
[[nodiscard]] bool measure_tree(int proc, const Tree& tree, unsigned what,
                                std::uint64_t memfd_device, Usage& usage) noexcept;

// Bytes resident in SysV segments: of /proc/sysvipc/shm, opened inside.
[[nodiscard]] std::uint64_t measure_segments(int list) noexcept;

}  // namespace bailey::platform::warden
