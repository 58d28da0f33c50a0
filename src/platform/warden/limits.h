// limits: who holds which limit of a cage, and what was made of each.
//
// The kernel where it can (a cgroup leaf, an rlimit), the warden by looking every
// kInterval where it cannot, and an error where the plan refuses that. Decided once,
// when the plan comes; what each limit got is told to the signer before the program
// starts, and what was used when it ends. One thread.
// Does not protect: between two looks a polled limit can be exceeded; by how much is
// reported.
#pragma once

#include <cstdint>

#include "effect/process/plan.h"
#include "effect/process/wire.h"
#include "platform/warden/cgroup.h"

namespace bailey::platform::warden {

namespace wire = effect::process;

// model::LimitKind and model::LimitClass by number; the model is not for programs
// without a libc.
enum class Kind : unsigned {
  kWall,
  kCpuTime,
  kMemory,
  kCpus,
  kProcesses,
  kOpenFiles,
  kDisk,
  kOutput
};
inline constexpr unsigned kKinds = 8;
enum class Held : std::uint32_t { kNone, kGroup, kProcess, kPolled, kWarden };

class Limits {
 public:
  // Decides and makes the cgroup leaves. 0, or a negative errno and the limit that cannot be
  // had in `failed`. `memfd`: any memfd of ours, to know the device of all of them.
  // What the kernel's count of processes is of: the cage, all of the user's, or nothing.
  enum class Counting { kCage, kUser, kNobody };
  long open(const wire::PlanHeader& plan, int memfd, Counting counting, Kind& failed) noexcept;
  // Has init join the leaves. To be called before init hears of the plan.
  long admit(int init_socket, long init) noexcept { return cgroup_.admit(init_socket, init); }
  // What init has to set for itself: bit by Kind.
  [[nodiscard]] std::uint64_t for_init() const noexcept { return for_init_; }
  // Takes over what init read back. False when a limit is not what was asked.
  [[nodiscard]] bool accept(const std::uint64_t (&rlimits)[wire::kRlimits], Kind& failed) noexcept;

  // Descriptors that init sends when something is to be polled.
  void see(int proc) noexcept { proc_ = proc; }
  // Instead, without a pid namespace: everybody's /proc, and whose descendants count.
  void see_tree(int proc, long init) noexcept {
    proc_ = proc;
    init_ = static_cast<std::uint64_t>(init);
  }
  void leave_out(std::uint64_t guard) noexcept { guard_ = guard; }
  void see_scratch(int scratch) noexcept { scratch_ = scratch; }
  void see_segments(int segments) noexcept { segments_ = segments; }

  // 0: nothing is polled.
  [[nodiscard]] std::uint64_t interval() const noexcept {
    return polled_ != 0 || count_tasks_ || cgroup_.is_open() ? interval_ : 0;
  }
  // Looks; true and the limit when one is exceeded.
  [[nodiscard]] bool look(Kind& exceeded) noexcept;
  // What init alone knows: bytes written by processes that it reaped.
  void add_reaped_disk(std::uint64_t bytes) noexcept { reaped_disk_ = bytes; }
  [[nodiscard]] bool wants_reaped_disk() const noexcept { return is_polled(Kind::kDisk); }
  // After the end: whether the kernel ended or refused something because of a limit.
  [[nodiscard]] bool is_over_at_end(Kind& exceeded) const noexcept;
  void count_last() noexcept;
  void mark_hit(Kind kind, std::uint64_t used) noexcept;
  void set_used(Kind kind, std::uint64_t used) noexcept;

  [[nodiscard]] bool asked(Kind kind) const noexcept {
    return (asked_ >> static_cast<unsigned>(kind) & 1U) != 0;
  }
  [[nodiscard]] const wire::LimitBody& report(Kind kind) const noexcept {
    return bodies_[static_cast<unsigned>(kind)];
  }
  [[nodiscard]] bool has_group() const noexcept { return cgroup_.is_open(); }
  void close() noexcept { cgroup_.close(); }

 private:
  [[nodiscard]] wire::LimitBody& body(Kind kind) noexcept {
    return bodies_[static_cast<unsigned>(kind)];
  }
  [[nodiscard]] bool is_polled(Kind kind) const noexcept {
    return (polled_ >> static_cast<unsigned>(kind) & 1U) != 0;
  }
  void hold(Kind kind, Held held, wire::Mechanism mechanism, std::uint64_t effective) noexcept;
  void poll(Kind kind, wire::Mechanism mechanism) noexcept;
  [[nodiscard]] bool check(Kind kind, std::uint64_t used, Kind& exceeded) noexcept;
  [[nodiscard]] bool check_tasks(std::uint64_t tasks, Kind& exceeded) noexcept;

  wire::LimitBody bodies_[kKinds];
  std::uint32_t asked_ = 0;
  std::uint32_t polled_ = 0;
  bool count_tasks_ = false;  // the kernel holds their number and does not say when
  std::uint64_t for_init_ = 0;
  std::uint64_t interval_ = 50000000;  // ns
  std::uint64_t reaped_disk_ = 0;
  std::uint64_t memfd_device_ = 0;
  std::uint64_t init_ = 0;  // 0: /proc is the cage's own
  std::uint64_t guard_ = 0;
  int proc_ = -1;
  int scratch_ = -1;
  int segments_ = -1;
  Cgroup cgroup_;
};

}  // namespace bailey::platform::warden
