// Limits asked of a run, and what was made of each: requested = effective = reported.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/json.h"

namespace bailey::model {

enum class LimitKind : std::uint32_t {
  kWall,       // nanoseconds of wall time
  kCpuTime,    // nanoseconds of CPU time, all processes together
  kMemory,     // bytes, all processes together
  kCpus,       // thousandths of a CPU (1.5 CPUs = 1500)
  kProcesses,  // processes and threads together
  kOpenFiles,  // file descriptors of one process
  kDisk,       // bytes written to disk
  kOutput,     // bytes of standard output and error together
};
inline constexpr std::size_t kLimitKinds = 8;
[[nodiscard]] std::string_view name(LimitKind kind) noexcept;  // "wall", "cpu_time", ...

// Who holds the limit. kGroup: the kernel, for the whole cage (cgroup; a sized
// tmpfs; the rlimit that the kernel counts per user namespace). kProcess: the
// kernel, for each process. kPolled: the warden, at intervals, so with overshoot.
// kWarden: bytes that pass through the warden, counted exactly.
enum class LimitClass : std::uint32_t { kNone, kGroup, kProcess, kPolled, kWarden };
[[nodiscard]] std::string_view name(LimitClass limit_class) noexcept;

struct Limits {
  std::optional<std::uint64_t> value[kLimitKinds];
  [[nodiscard]] std::optional<std::uint64_t>& operator[](LimitKind kind) {
    return value[static_cast<std::size_t>(kind)];
  }
  [[nodiscard]] const std::optional<std::uint64_t>& operator[](LimitKind kind) const {
    return value[static_cast<std::size_t>(kind)];
  }
};

struct LimitReport {
  LimitKind kind = LimitKind::kWall;
  std::uint64_t requested = 0;
  std::uint64_t effective = 0;  // read back from where it is enforced
  LimitClass limit_class = LimitClass::kNone;
  std::uint64_t used = 0;
  bool used_known = false;
  bool hit = false;
  std::uint64_t interval_ns = 0;  // of polling; 0 when not polled
  std::uint64_t overshoot = 0;    // measured, in the limit's unit, when hit and polled
  std::string mechanism;          // "cgroup v1 memory", "RLIMIT_NPROC", ...
};

[[nodiscard]] codec::Json to_json(const LimitReport& report);

}  // namespace bailey::model
