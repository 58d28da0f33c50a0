// context: all that the init of a cage knows, in one fixed-size object.
//
// Made by the warden before it clones init, so that what the warden saw outside (the
// baseline) is there to compare with inside. One thread, no allocation.
#pragma once

#include <cstdint>

#include "effect/process/plan.h"
#include "effect/process/wire.h"
#include "platform/cage/sys.h"

namespace bailey::platform::cage {

namespace wire = effect::process;

inline constexpr std::uint32_t kMaxOwnDevices = 64;  // hidden directories with views beneath
inline constexpr int kNamespaceKinds = 8;
inline constexpr const char* kNamespaceFiles[kNamespaceKinds] = {
    "user", "mnt", "pid", "net", "ipc", "uts", "cgroup", "time_for_children"};
inline constexpr int kCgroupKind = 6;  // its place in the list

// What the warden sees outside while the namespaces are made. Ids and clocks are there
// from the start; the rest comes as a message, so that neither waits for the other.
struct Baseline {
  std::uint64_t namespaces[kNamespaceKinds] = {};
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint64_t uptime_seconds = 0;    // CLOCK_MONOTONIC
  std::uint64_t boottime_seconds = 0;  // CLOCK_BOOTTIME
  std::int32_t session_before = 0;     // the caller's session keyring, or a negative errno
  std::int32_t session_joined = 0;     // the one that the warden joined
  long warden_pid = 0;
  long shm_id = -1;            // a SysV segment, marked for removal, attached
  char abstract_name[6] = {};  // the warden's abstract socket, as the kernel named it
  std::uint32_t abstract_size = 0;
  std::int16_t net_before = -1;  // connecting to it from outside
  std::int16_t ipc_before = -1;  // IPC_STAT of the segment from outside
  std::int16_t pid_before = -1;  // kill(warden, 0) from outside
};

static_assert(sizeof(Baseline) <= wire::kMessageBytes - 32);

struct Failure {
  wire::Step step{};
  long error = 0;
  std::uint64_t item = 0;
};

// Adds one layer's result to a list.
inline void add(wire::LayersBody& layers, wire::Layer layer, unsigned state, long before,
                long after, unsigned value = 0) noexcept {
  if (layers.count >= wire::kLayers) return;
  wire::LayerResult& result = layers.results[layers.count++];
  result.layer = static_cast<std::uint8_t>(layer);
  result.state = static_cast<std::uint8_t>(state);
  result.before = static_cast<std::int16_t>(before);
  result.after = static_cast<std::int16_t>(after);
  result.value = static_cast<std::uint16_t>(value > 0xffff ? 0xffff : value);
}

struct Context {
  int warden = -1;                // SOCK_SEQPACKET
  int plan_fd = -1;               // sealed memfd
  int control = -1;               // the program's end of its line to the warden
  int host_proc = -1;             // the host's /proc, until everything is proven
  int streams[3] = {-1, -1, -1};  // the program's 0, 1 and 2 when there is no terminal
  Baseline baseline;
  wire::PlanReader plan;

  int root = -1;     // the new root, O_PATH or a mount fd
  int scratch = -1;  // the tmpfs of /tmp and /dev/shm
  int proc = -1;     // the new procfs
  int ruleset = -1;  // Landlock, -1 when the kernel has none
  int landlock_abi = 0;
  std::uint64_t root_device = 0;
  std::uint64_t root_inode = 0;
  std::uint64_t scratch_device = 0;
  int io = -1;  // our own /proc/self/io, when disk is polled
  std::uint64_t rlimit_mask = 0;
  long time_error = 0;
  long listener_error = 0;     // errno by which the kernel refused a seccomp listener
  bool hand_out = false;       // the warden polls: it gets proc and scratch
  bool bare = false;           // no namespaces: bare.cc instead of places, devices and the rest
  char scratch_path[64] = {};  // bare: the run's own folder, as the program sees it
  long guard = -1;             // bare: the process that ends all when init is gone
  int guard_line = -1;         // bare: held by init alone; its closing wakes the guard
  int pty_master = -1;
  int pty_slave = -1;
  std::uint64_t own_devices[kMaxOwnDevices] = {};
  std::uint32_t own_count = 0;
  std::uint32_t hidden_count = 0;
  long canary_before = -2;  // bare: opening a file that no rule names, before the wall stands
  std::uint64_t rlimits[wire::kRlimits] = {};

  wire::LayersBody layers;
  Failure failure;

  [[nodiscard]] bool accepts(wire::Layer layer) const noexcept {
    return (plan.header().accepted_layers >> static_cast<unsigned>(layer) & 1U) != 0;
  }
  void report(wire::Layer layer, unsigned state, long before, long after,
              unsigned value = 0) noexcept {
    add(layers, layer, state, before, after, value);
  }
};

inline constexpr unsigned kMissing = 0, kActive = 1, kProven = 2;

// Every step returns 0 or a negative errno; `context.failure.item` may name the item.
using StepFunction = long (*)(Context&);

// namespaces.cc
long open_host_proc(Context& context);
long write_identity(Context& context);
long cut_propagation(Context& context);
long name_host(Context& context);
long shift_time(Context& context);
long settle_time(Context& context);
long settle_group(Context& context);
long forbid_nesting(Context& context);
long prove_nesting(Context& context);
// second.cc: what the kernel is slow at, done by a second thread of init.
long start_second(Context& context);
void give_second_the_baseline() noexcept;
void send_second_elsewhere() noexcept;  // to a CPU that init does not run on, when there is one
long join_network(Context& context);
void let_second_detach() noexcept;
long leave_old_root(Context& context);
// namespaces.cc, run by the second thread in its new network namespace.
long raise_loopback();
long prove_namespaces(const Context& context, wire::LayersBody& layers, std::uint64_t& item);
// places.cc
long make_root(Context& context);
long place_all(Context& context);
long seal_places(Context& context);
long pivot(Context& context);
long prove_root(Context& context);
// devices.cc
long make_devices(Context& context, int at);
long open_terminal(Context& context);
// landlock.cc
long begin_landlock(Context& context);
long allow_beneath(Context& context, int fd, std::uint64_t rights);
long enforce_landlock(Context& context);
// confine.cc
long enter_program_directory(Context& context);
long hand_out(Context& context);
long prove_hidden(Context& context);
long prove_keyring(Context& context);
long close_descriptors(Context& context);
long set_rlimits(Context& context);
long forbid_new_privileges(Context& context);
long enforce_seccomp(Context& context);
// capabilities.cc
long drop_capabilities(Context& context);
long drop_bare_capabilities(Context& context);
// target.cc: runs in the forked child; never returns.
[[noreturn]] void become_target(Context& context);
// bare.cc: the cage of a machine without user namespaces.
long begin_bare(Context& context);
long allow_bare_places(Context& context);
long open_bare_terminal(Context& context);
long enforce_bare_landlock(Context& context);
long prove_bare_hidden(Context& context);
long prove_bare_filter(Context& context);
// In the program's child: one Landlock domain further in than init. 0, or a negative errno.
long enter_inner_domain();
// bare_places.cc
long allow_views(Context& context);
// guard.cc
long start_guard(Context& context);
void dismiss_guard(Context& context);
// Whoever we may signal: only where a scope of Landlock ends that (enforce_bare_landlock).
void kill_all();
// namespaces.cc: connects to the warden's abstract socket.
long reach_abstract(const Baseline& baseline);
// second.cc: what the caller of Bailey ignored would stay ignored in the program.
void forget_ignored_signals();
// init.cc: runs as pid 1; never returns.
[[noreturn]] void be_init(Context& context);

// "12345" into `to`, which has room for 21 bytes; returns the length.
inline std::size_t format(char* to, std::uint64_t value) noexcept {
  char reversed[20];
  std::size_t n = 0;
  do {
    reversed[n++] = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value != 0);
  for (std::size_t i = 0; i < n; ++i) to[i] = reversed[n - 1 - i];
  to[n] = '\0';
  return n;
}

}  // namespace bailey::platform::cage
