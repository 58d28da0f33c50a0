// bare: the cage of a machine whose kernel refuses user namespaces.
//
// One wall instead of two: Landlock and the filter, with nothing behind them. What they hold
// is proven here as elsewhere, by acts before and after; what only namespaces would hold is
// reported as missing, and the warden has seen that the policy accepts each by name.
// spec/cage-without-namespaces.md says what is lost.
#include <linux/prctl.h>

#include "platform/cage/context.h"
#include "platform/cage/landlock.h"

namespace bailey::platform::cage {
namespace {

using wire::Layer;

constexpr long kSigchld = 17;
constexpr int kFollowNothing = 010000000 | 02000000 | 0400000;  // O_PATH | O_CLOEXEC | O_NOFOLLOW
constexpr std::uint32_t kTypeMask = 0170000, kCharacter = 0020000, kRegular = 0100000;

long allow_file(Context& context, int dir, const char* name, std::uint32_t type,
                std::uint64_t rights) {
  const long fd = sys::openat2(dir, name, kFollowNothing, sys::kNoMagicLinks);
  if (fd == -2 || fd == -13) return 0;  // not here, or not for this user
  if (fd < 0) return fd;
  sys::Stat stat;
  long e = sys::fstatat(static_cast<int>(fd), "", &stat, sys::kAtEmptyPath);
  if (e >= 0 && (stat.mode & kTypeMask) == type) {
    e = allow_beneath(context, static_cast<int>(fd), rights);
  }
  sys::close(static_cast<int>(fd));
  return e;
}

// The machine's own nodes: no terminal of anybody's, no memory, no disk.
long allow_devices(Context& context) {
  constexpr std::uint64_t kUse =
      landlock::kReadFile | landlock::kWriteFile | landlock::kTruncate | landlock::kIoctlDevice;
  for (const char* path :
       {"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty"}) {
    if (const long e = allow_file(context, sys::kAtFdcwd, path, kCharacter, kUse); e < 0) return e;
  }
  return 0;
}

// What runtimes ask of /proc and what tells nothing of anybody. The folder itself is not
// allowed: it lists all processes, and what is in theirs is Landlock's and ptrace's matter.
long allow_proc_files(Context& context) {
  for (const char* name :
       {"cpuinfo", "meminfo", "stat", "loadavg", "filesystems", "version", "sys/kernel/osrelease",
        "sys/kernel/pid_max", "sys/kernel/ngroups_max", "sys/kernel/cap_last_cap",
        "sys/vm/overcommit_memory", "sys/vm/max_map_count", "sys/fs/pipe-max-size"}) {
    const long e = allow_file(context, context.host_proc, name, kRegular, landlock::kReadFile);
    if (e < 0) return e;
  }
  return 0;
}

void report_lost(Context& context) {
  for (unsigned i = 0; i < wire::kLayers; ++i) {
    if ((wire::kLostWithoutNamespaces >> i & 1U) == 0) continue;
    context.report(static_cast<Layer>(i), kMissing, 0, 0);
  }
}

// A file beside the program's own folder, which no rule names.
long open_canary(const Context& context) {
  char path[sizeof context.scratch_path + 16];
  std::size_t n = 0;
  std::size_t slash = 0;
  for (; context.scratch_path[n] != '\0'; ++n) {
    path[n] = context.scratch_path[n];
    if (path[n] == '/') slash = n;
  }
  constexpr char kName[] = "/canary";
  for (std::size_t i = 0; i < sizeof kName; ++i) path[slash + i] = kName[i];
  const long fd = sys::openat(sys::kAtFdcwd, path, 02000000);
  if (fd >= 0) sys::close(static_cast<int>(fd));
  return fd < 0 ? fd : 0;
}

}  // namespace

long begin_bare(Context& context) {
  const long abi = sys::call(__NR_landlock_create_ruleset, 0, 0, 1);
  if (abi < static_cast<long>(wire::kLandlockAlone)) {
    context.failure.item = wire::kLandlockTooOld + static_cast<std::uint64_t>(abi < 0 ? 0 : abi);
    return -95;
  }
  // Where there are user namespaces after all this is not the cage to use.
  const long nested = sys::call(__NR_clone, sys::kNewUser | kSigchld, 0, 0, 0, 0);
  if (nested == 0) sys::exit(121);
  if (nested > 0) {
    sys::call(__NR_wait4, nested, nullptr, 0x40000000, nullptr);
    return -1;
  }
  forget_ignored_signals();
  report_lost(context);
  context.report(Layer::kNesting, kProven, nested, nested);
  context.landlock_abi = static_cast<int>(abi);
  const landlock::RulesetAttr attr{landlock::file_rights(context.landlock_abi),
                                   landlock::kBindTcp | landlock::kConnectTcp,
                                   landlock::scopes(context.landlock_abi)};
  const long fd = sys::call(__NR_landlock_create_ruleset, &attr, sizeof attr, 0);
  if (fd < 0) return fd;
  context.ruleset = static_cast<int>(fd);
  // What is orphaned inside comes to us, and is waited for.
  return sys::prctl(PR_SET_CHILD_SUBREAPER, 1);
}

long allow_bare_places(Context& context) {
  if (const long e = allow_devices(context); e < 0) return e;
  if (const long e = allow_proc_files(context); e < 0) return e;
  const long own = sys::openat2(sys::kAtFdcwd, context.scratch_path, kFollowNothing,
                                sys::kNoSymlinks | sys::kNoMagicLinks);
  if (own < 0) return own;
  const long e = allow_beneath(context, static_cast<int>(own), landlock::kWriting);
  sys::close(static_cast<int>(own));
  return e < 0 ? e : allow_views(context);
}

// The machine's terminals are the only ones there are; the program gets one, opened before
// its walls, and cannot open another.
long open_bare_terminal(Context& context) {
  if (context.plan.header().terminal == 0) return 0;
  const long master = sys::openat(sys::kAtFdcwd, "/dev/ptmx", 02000000 | 0400 | 2);
  if (master < 0) return master;
  context.pty_master = static_cast<int>(master);
  int unlock = 0;
  if (const long e = sys::ioctl(context.pty_master, 0x40045431, &unlock); e < 0) return e;
  const long slave = sys::call(__NR_ioctl, context.pty_master, 0x5441, 02000000 | 0400 | 2);
  if (slave < 0) return slave;
  context.pty_slave = static_cast<int>(slave);
  return open_terminal(context);
}

long enforce_bare_landlock(Context& context) {
  const Baseline& outside = context.baseline;
  const long file = open_canary(context);
  const long signal = sys::kill(outside.warden_pid, 0);
  const long socket = reach_abstract(outside);
  if (file != 0 || signal != 0 || socket != 0) return -1;
  context.canary_before = file;
  if (const long e = sys::call(__NR_landlock_restrict_self, context.ruleset, 0); e < 0) return e;
  sys::close(context.ruleset);
  context.ruleset = -1;
  const long after = open_canary(context);
  if (after != -13) return -1;
  if (sys::kill(outside.warden_pid, 0) != -1) return -1;
  if (reach_abstract(outside) != -1) return -1;
  context.report(Layer::kLandlock, kProven, file, after,
                 static_cast<unsigned>(context.landlock_abi));
  return 0;
}

// Each hidden place is tried: here nothing covers it, there is only no rule for it, as for the
// canary, which opened before.
long prove_bare_hidden(Context& context) {
  const std::uint32_t count = context.plan.header().places;
  long after = open_canary(context);
  for (std::uint32_t i = 0; i < count; ++i) {
    const wire::PlanPlace& place = context.plan.place(i);
    if (place.kind != wire::PlaceKind::kHide) continue;
    const char* path = context.plan.text(place.target);
    sys::Stat stat;
    if (sys::fstatat(sys::kAtFdcwd, path, &stat, 0) < 0) continue;
    context.failure.item = i;
    const long fd = sys::openat(sys::kAtFdcwd, path, 02000000 | 04000 | 0400);
    if (fd >= 0) return -1;
    after = fd;
    ++context.hidden_count;
  }
  context.report(Layer::kHidden, kProven, context.canary_before, after, context.hidden_count);
  return 0;
}

// The filter of this cage and no other: every other lets a connect go on, to fail as this one
// would without a filter (EBADF).
long prove_bare_filter(Context&) { return sys::call(__NR_connect, -1, nullptr, 0) == -1 ? 0 : -1; }

long enter_inner_domain() {
  sys::prctl(PR_SET_PDEATHSIG, 9);
  const long init = sys::call(__NR_getppid);
  const long before = sys::kill(init, 0);
  const landlock::RulesetAttr attr{0, 0, landlock::kScopeSignal};
  const long fd = sys::call(__NR_landlock_create_ruleset, &attr, sizeof attr, 0);
  if (fd < 0) return fd;
  const long e = sys::call(__NR_landlock_restrict_self, fd, 0);
  sys::close(static_cast<int>(fd));
  if (e < 0) return e;
  return before == 0 && sys::kill(init, 0) == -1 ? 0 : -1;
}

}  // namespace bailey::platform::cage
