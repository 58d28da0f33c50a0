// cgroup: one leaf of our own in whatever hierarchy this machine lets us use.
//
// Version 1: a leaf beside us under each controller that is needed. Version 2: a
// leaf beside or beneath our own cgroup, where memory, pids and cpu are handed on; where
// our own cgroup was delegated to us and holds nobody else (a unit of systemd's with
// Delegate=yes), we step down into a leaf of it, bailey-self, and hand them on. A machine that
// offers neither is no error here: whoever asked falls back to what the limit allows, or refuses.
// Leaves are named bailey-<pid of the warden>; those whose warden is dead are removed at the next
// start. One thread. Does not protect: the leaf is left by a process with the right to write
// elsewhere; caged ones see no cgroup file system.
#pragma once

#include <cstdint>

#include "platform/warden/text.h"

namespace bailey::platform::warden {

enum class Controller : unsigned { kMemory, kPids, kCpu, kCpuacct };
inline constexpr unsigned kControllers = 4;

class Cgroup {
 public:
  // Makes leaves for the wanted controllers (bit by Controller). What could not be
  // made is missing from has().
  void open(unsigned wanted) noexcept;
  [[nodiscard]] bool has(Controller controller) const noexcept {
    return leaf_[static_cast<unsigned>(controller)] >= 0;
  }
  [[nodiscard]] bool is_open() const noexcept {
    for (const int leaf : leaf_) {
      if (leaf >= 0) return true;
    }
    return false;
  }
  [[nodiscard]] bool is_v2() const noexcept { return v2_; }
  // Has init join every leaf, by itself where the hierarchy allows that: a thread that
  // moves itself through a version 1 `tasks` file takes no lock that all forks and exits
  // of the machine share, and so waits for no grace period. 0 or a negative errno.
  long admit(int init_socket, long init) noexcept;

  // Each sets a limit and reads it back into `effective`. 0 or a negative errno.
  long limit_memory(std::uint64_t bytes, std::uint64_t& effective) noexcept;
  long limit_processes(std::uint64_t count, std::uint64_t& effective) noexcept;
  long limit_cpus(std::uint64_t thousandths, std::uint64_t& effective) noexcept;

  [[nodiscard]] std::uint64_t oom_kills() const noexcept;
  [[nodiscard]] std::uint64_t peak_memory() const noexcept;
  [[nodiscard]] std::uint64_t processes_refused() const noexcept;
  [[nodiscard]] std::uint64_t peak_processes() const noexcept;
  [[nodiscard]] std::uint64_t cpu_ns() const noexcept;

  // Removes the leaves; everything in them must be dead.
  void close() noexcept;

 private:
  void open_v1(unsigned wanted) noexcept;
  void open_v2(unsigned wanted) noexcept;
  long adopt(long pid) noexcept;
  [[nodiscard]] int leaf(Controller controller) const noexcept {
    return leaf_[static_cast<unsigned>(controller)];
  }

  int leaf_[kControllers] = {-1, -1, -1, -1};
  int parent_[kControllers] = {-1, -1, -1, -1};
  bool v2_ = false;
  Line<48> name_;
};

}  // namespace bailey::platform::warden
