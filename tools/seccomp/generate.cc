// generate: writes the cage's seccomp filters as C arrays, at build time.
//
// Default-deny. A number that this list does not know gets ENOSYS, a known one that
// is not for caged programs EPERM, by way of the warden, who makes an event of it
// (spec/events.md); where there is no listener init turns "ask the warden" into the
// answer itself, by the data of the action: 1 is EPERM, 2 goes on, 3 (what the warden does for the
// caller, in a bare cage only) is EPERM. clone3 gets ENOSYS (its flags
// lie in memory, where a filter cannot look; every libc falls back to clone), and another
// architecture or x32 kills. Arguments are compared on their low 32 bits, because that is what the
// kernel looks at for ioctl requests, socket families and the like; libseccomp
// cannot express "all but these" on 32 bits of a 64-bit register, so the classic BPF
// is assembled here: a balanced tree over ranges of numbers with short tests at its
// leaves. The kernel reads the filter once for every number when it is installed, and that
// costs a caged run more than all its later calls: fewer instructions are faster starts.
//
//   generate refused|allowed|bare [observe] > filter.inc
//
// The first word says whether socket(AF_UNIX) is refused; `bare` is the filter of a cage without
// namespaces, which holds alone what they would (spec/cage-without-namespaces.md). The second
// says that opening files is handed to the warden too.
#include <asm/unistd.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string_view>
#include <vector>

namespace {

// One instruction whose jumps may still go to a name. Zero or more skips that many
// instructions; the end of a test falls through to the next, the end of a rule to what
// the rule ends with.
constexpr int kToAllow = -1, kToDeny = -2, kToUnknown = -3, kToQuiet = -4, kToWatch = -5,
              kToErrand = -6, kToLacking = -7;
constexpr int kEnds = 7;
struct Step {
  unsigned code = 0;
  std::uint32_t k = 0;
  int yes = 0;
  int no = 0;
};
using Code = std::vector<Step>;

constexpr std::uint32_t kAllow = SECCOMP_RET_ALLOW;
constexpr std::uint32_t kDenied = SECCOMP_RET_USER_NOTIF | 1;
constexpr std::uint32_t kQuiet = SECCOMP_RET_ERRNO | EPERM;
constexpr std::uint32_t kWatched = SECCOMP_RET_USER_NOTIF | 2;
constexpr std::uint32_t kErrand = SECCOMP_RET_USER_NOTIF | 3;
constexpr std::uint32_t kLacking = SECCOMP_RET_ERRNO | EOPNOTSUPP;
constexpr std::uint32_t kUnknown = SECCOMP_RET_ERRNO | ENOSYS;
constexpr std::uint32_t kKill = SECCOMP_RET_KILL_PROCESS;
constexpr unsigned kLastKnown = 469;  // file_setattr, Linux 6.17

Step load_low(unsigned argument) { return {BPF_LD | BPF_W | BPF_ABS, 16 + 8 * argument, 0, 0}; }
Step equal(std::uint32_t value, int yes, int no) {
  return {BPF_JMP | BPF_JEQ | BPF_K, value, yes, no};
}
Step at_least(std::uint32_t value, int yes, int no) {
  return {BPF_JMP | BPF_JGE | BPF_K, value, yes, no};
}
Step any_bit(std::uint32_t bits, int yes, int no) {
  return {BPF_JMP | BPF_JSET | BPF_K, bits, yes, no};
}
Step keep(std::uint32_t mask) { return {BPF_ALU | BPF_AND | BPF_K, mask, 0, 0}; }

Code then(Code a, const Code& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

Code load(unsigned argument, std::uint32_t mask) {
  Code code{load_low(argument)};
  if (mask != ~0U) code.push_back(keep(mask));
  return code;
}
Code deny_values(unsigned argument, const std::vector<std::uint32_t>& values,
                 std::uint32_t mask = ~0U) {
  Code code = load(argument, mask);
  for (const std::uint32_t value : values) code.push_back(equal(value, kToDeny, 0));
  return code;
}
Code deny_bits(unsigned argument, std::uint32_t bits) {
  return {load_low(argument), any_bit(bits, kToDeny, 0)};
}
Code require_values(unsigned argument, const std::vector<std::uint32_t>& values,
                    std::uint32_t mask = ~0U) {
  Code code = load(argument, mask);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const int left = static_cast<int>(values.size() - i) - 1;
    code.push_back(equal(values[i], left, left == 0 ? kToDeny : 0));
  }
  return code;
}
struct Span {
  std::uint32_t first, last;
};
// `spans` rise.
Code require_spans(unsigned argument, const std::vector<Span>& spans) {
  Code code{load_low(argument)};
  for (std::size_t i = 0; i < spans.size(); ++i) {
    const int left = 2 * (static_cast<int>(spans.size() - i) - 1);
    code.push_back(at_least(spans[i].last + 1, left == 0 ? kToDeny : 1, 0));
    code.push_back(at_least(spans[i].first, left, kToDeny));
  }
  return code;
}
// Turns jumps to the end of `code` into jumps to `end`.
Code ended(Code code, int end) {
  const int size = static_cast<int>(code.size());
  for (int i = 0; i < size; ++i) {
    Step& step = code[static_cast<std::size_t>(i)];
    if (BPF_CLASS(step.code) != BPF_JMP) continue;
    if (step.yes >= 0 && i + 1 + step.yes == size) step.yes = end;
    if (step.no >= 0 && i + 1 + step.no == size) step.no = end;
  }
  return code;
}
// When the low word of `argument` is `value`: `inner`, then allow. Else falls through.
Code when(unsigned argument, std::uint32_t value, const Code& inner) {
  Code code{load_low(argument)};
  if (inner.empty()) {
    code.push_back(equal(value, kToAllow, 0));
    return code;
  }
  code.push_back(equal(value, 0, static_cast<int>(inner.size())));
  return then(std::move(code), ended(inner, kToAllow));
}
// As `when` with nothing inside, on the bits of `mask`.
Code when_masked(unsigned argument, std::uint32_t mask, std::uint32_t value) {
  return {load_low(argument), keep(mask), equal(value, kToAllow, 0)};
}
Code allow_rest(Code code) { return ended(std::move(code), kToAllow); }

constexpr std::uint32_t kSetIdBits = 06000;
constexpr std::uint32_t kCreates = 0100 | 020000000;  // O_CREAT, __O_TMPFILE

// A mode counts only when the flags make a file; otherwise the register holds rubbish.
// Refused by the filter itself: a call that the warden lets go on is never one that he is
// also asked to refuse, since he cannot tell which it was.
Code open_rule(unsigned flags, unsigned mode, int fate) {
  return {load_low(flags), any_bit(kCreates, 0, fate), load_low(mode),
          any_bit(kSetIdBits, kToQuiet, fate)};
}
Code creat_rule(int fate) { return {load_low(1), any_bit(kSetIdBits, kToQuiet, fate)}; }
Code mode_rule(unsigned mode) { return allow_rest(deny_bits(mode, kSetIdBits)); }
Code node_rule(unsigned mode) {
  return allow_rest(
      then(deny_bits(mode, kSetIdBits), deny_values(mode, {020000, 060000}, 0170000)));
}

constexpr std::uint32_t kNamespaceFlags =
    0x00020000 | 0x02000000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000;
constexpr std::uint32_t kUnix = 1, kInet = 2, kInet6 = 10, kNetlink = 16;
constexpr std::uint32_t kStream = 1, kDatagram = 2, kSeqpacket = 5, kTypeMask = 0xf;
constexpr std::uint32_t kFastOpen = 0x20000000;

Code socket_rule(bool unix_allowed) {
  const Code inet =
      then(require_values(1, {kStream, kDatagram}, kTypeMask), require_values(2, {0, 6, 17}));
  Code code = then(when(0, kInet, inet), when(0, kInet6, inet));
  code = then(std::move(code), when(0, kNetlink, require_values(2, {0})));
  // Every libc asks for one to find names, and does without.
  const int fate = unix_allowed ? kToAllow : kToQuiet;
  code = then(std::move(code), {load_low(0), equal(kUnix, fate, kToDeny)});
  return code;
}

// A datagram pair could be turned to any pathname socket with connect or sendto, and
// AF_UNIX makes SOCK_RAW one too; stream and seqpacket pairs stay what they are.
Code pair_rule(bool unix_allowed) {
  std::vector<std::uint32_t> types{kStream, kSeqpacket};
  if (unix_allowed) types.push_back(kDatagram);
  return allow_rest(then(require_values(0, {kUnix}), require_values(1, types, kTypeMask)));
}

Code setsockopt_rule() {
  // TCP: repair, fast open in its four forms, upper-layer protocols. Socket: programs.
  Code code = when(1, 6, deny_values(2, {19, 23, 30, 31, 33, 34}));
  code = then(std::move(code), when(1, 1, deny_values(2, {26, 50, 51, 52})));
  return allow_rest(code);
}

// Signals and names of one's own, dumpable, timer slack, subreaper, no_new_privs, huge
// pages, ambient (which stay empty), speculation, memory-deny-write-execute, names of
// anonymous memory. Not: SET_SECUREBITS, SET_MM, IO_FLUSHER, SYSCALL_USER_DISPATCH,
// SCHED_CORE, SET_PTRACER.
Code prctl_rule() {
  return allow_rest(require_spans(0, {{1, 16},
                                      {19, 21},
                                      {23, 23},
                                      {25, 27},
                                      {29, 30},
                                      {33, 34},
                                      {36, 42},
                                      {47, 47},
                                      {52, 53},
                                      {65, 66},
                                      {0x53564d41, 0x53564d41}}));
}

// What caged programs may call without a look at the arguments.
constexpr unsigned kPlain[] = {
    __NR_read, __NR_write, __NR_close, __NR_stat, __NR_fstat, __NR_lstat, __NR_poll, __NR_lseek,
    __NR_mmap, __NR_mprotect, __NR_munmap, __NR_brk, __NR_rt_sigaction, __NR_rt_sigprocmask,
    __NR_rt_sigreturn, __NR_pread64, __NR_pwrite64, __NR_readv, __NR_writev, __NR_access, __NR_pipe,
    __NR_select, __NR_sched_yield, __NR_mremap, __NR_msync, __NR_mincore, __NR_madvise, __NR_shmget,
    __NR_shmat, __NR_shmctl, __NR_dup, __NR_dup2, __NR_pause, __NR_nanosleep, __NR_getitimer,
    __NR_alarm, __NR_setitimer, __NR_getpid, __NR_sendfile, __NR_accept, __NR_recvfrom,
    __NR_recvmsg, __NR_shutdown, __NR_listen, __NR_getsockname, __NR_getpeername, __NR_getsockopt,
    __NR_fork, __NR_vfork, __NR_exit, __NR_wait4, __NR_kill, __NR_uname, __NR_semget, __NR_semop,
    __NR_semctl, __NR_shmdt, __NR_msgget, __NR_msgsnd, __NR_msgrcv, __NR_msgctl, __NR_fcntl,
    __NR_flock, __NR_fsync, __NR_fdatasync, __NR_truncate, __NR_ftruncate, __NR_getdents,
    __NR_getcwd, __NR_chdir, __NR_fchdir, __NR_rename, __NR_mkdir, __NR_rmdir, __NR_link,
    __NR_unlink, __NR_symlink, __NR_readlink, __NR_chown, __NR_fchown, __NR_lchown, __NR_umask,
    __NR_gettimeofday, __NR_getrlimit, __NR_getrusage, __NR_sysinfo, __NR_times, __NR_getuid,
    __NR_getgid, __NR_setuid, __NR_setgid, __NR_geteuid, __NR_getegid, __NR_setpgid, __NR_getppid,
    __NR_getpgrp, __NR_setsid, __NR_setreuid, __NR_setregid, __NR_getgroups, __NR_setgroups,
    __NR_setresuid, __NR_getresuid, __NR_setresgid, __NR_getresgid, __NR_getpgid, __NR_setfsuid,
    __NR_setfsgid, __NR_getsid, __NR_capget, __NR_capset, __NR_rt_sigpending, __NR_rt_sigtimedwait,
    __NR_rt_sigqueueinfo, __NR_rt_sigsuspend, __NR_sigaltstack, __NR_utime, __NR_statfs,
    __NR_fstatfs, __NR_getpriority, __NR_setpriority, __NR_sched_setparam, __NR_sched_getparam,
    __NR_sched_getscheduler, __NR_sched_get_priority_max, __NR_sched_get_priority_min,
    __NR_sched_rr_get_interval, __NR_mlock, __NR_munlock, __NR_mlockall, __NR_munlockall,
    __NR_arch_prctl, __NR_setrlimit, __NR_sync, __NR_gettid, __NR_readahead, __NR_setxattr,
    __NR_lsetxattr, __NR_fsetxattr, __NR_getxattr, __NR_lgetxattr, __NR_fgetxattr, __NR_listxattr,
    __NR_llistxattr, __NR_flistxattr, __NR_removexattr, __NR_lremovexattr, __NR_fremovexattr,
    __NR_tkill, __NR_time, __NR_futex, __NR_sched_setaffinity, __NR_sched_getaffinity,
    __NR_io_setup, __NR_io_destroy, __NR_io_getevents, __NR_io_submit, __NR_io_cancel,
    __NR_epoll_create, __NR_getdents64, __NR_set_tid_address, __NR_restart_syscall, __NR_semtimedop,
    __NR_fadvise64, __NR_timer_create, __NR_timer_settime, __NR_timer_gettime,
    __NR_timer_getoverrun, __NR_timer_delete, __NR_clock_gettime, __NR_clock_getres,
    __NR_clock_nanosleep, __NR_exit_group, __NR_epoll_wait, __NR_epoll_ctl, __NR_tgkill,
    __NR_utimes, __NR_mbind, __NR_set_mempolicy, __NR_get_mempolicy, __NR_mq_open, __NR_mq_unlink,
    __NR_mq_timedsend, __NR_mq_timedreceive, __NR_mq_notify, __NR_mq_getsetattr, __NR_waitid,
    __NR_ioprio_set, __NR_ioprio_get, __NR_inotify_init, __NR_inotify_add_watch,
    __NR_inotify_rm_watch, __NR_mkdirat, __NR_fchownat, __NR_futimesat, __NR_newfstatat,
    __NR_unlinkat, __NR_renameat, __NR_linkat, __NR_symlinkat, __NR_readlinkat, __NR_faccessat,
    __NR_pselect6, __NR_ppoll, __NR_set_robust_list, __NR_get_robust_list, __NR_splice, __NR_tee,
    __NR_sync_file_range, __NR_vmsplice, __NR_utimensat, __NR_epoll_pwait, __NR_signalfd,
    __NR_timerfd_create, __NR_eventfd, __NR_fallocate, __NR_timerfd_settime, __NR_timerfd_gettime,
    __NR_accept4, __NR_signalfd4, __NR_eventfd2, __NR_epoll_create1, __NR_dup3, __NR_pipe2,
    __NR_inotify_init1, __NR_preadv, __NR_pwritev, __NR_rt_tgsigqueueinfo, __NR_recvmmsg,
    __NR_prlimit64, __NR_syncfs, __NR_getcpu, __NR_sched_setattr, __NR_sched_getattr,
    __NR_renameat2, __NR_getrandom, __NR_memfd_create, __NR_membarrier, __NR_mlock2,
    __NR_copy_file_range, __NR_preadv2, __NR_pwritev2, __NR_pkey_mprotect, __NR_pkey_alloc,
    __NR_pkey_free, __NR_statx, __NR_io_pgetevents, __NR_rseq, __NR_pidfd_send_signal,
    __NR_pidfd_open, __NR_close_range, __NR_faccessat2, __NR_epoll_pwait2,
    __NR_landlock_create_ruleset, __NR_landlock_add_rule, __NR_landlock_restrict_self,
    __NR_futex_waitv, __NR_set_mempolicy_home_node,
    // By number: newer than the headers. uretprobe, cachestat, map_shadow_stack, the
    // three split futex calls, mseal, the *xattrat family, file_getattr, file_setattr,
    // lsm_get_self_attr, lsm_list_modules.
    335, 451, 453, 454, 455, 456, 459, 461, 462, 463, 464, 465, 466, 468, 469};

// What every libc tries first and does without: ENOSYS sends it to the older call.
constexpr unsigned kAbsent[] = {__NR_clone3,    // its flags lie in memory
                                __NR_openat2};  // so does its mode, with the set-user-id bit

// What goes on after the warden looked.
constexpr unsigned kWatch[] = {__NR_connect, __NR_bind, __NR_execve, __NR_execveat};

// What becomes of a number: one of the names, or the rule of that index.
struct Fates {
  std::map<unsigned, int> of;
  std::vector<Code> rules;

  void set(unsigned number, Code code) {
    for (std::size_t i = 0; i < rules.size(); ++i) {
      if (same(rules[i], code)) {
        of[number] = static_cast<int>(i);
        return;
      }
    }
    of[number] = static_cast<int>(rules.size());
    rules.push_back(std::move(code));
  }
  // Forgets the rules that no number has any more.
  void tidy() {
    const std::vector<Code> all = std::move(rules);
    rules.clear();
    std::map<int, int> places;
    for (auto& [number, fate] : of) {
      if (fate < 0) continue;
      const auto [place, is_new] = places.try_emplace(fate, static_cast<int>(rules.size()));
      if (is_new) rules.push_back(all[static_cast<std::size_t>(fate)]);
      fate = place->second;
    }
  }
  static bool same(const Code& a, const Code& b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
      if (a[i].code != b[i].code || a[i].k != b[i].k || a[i].yes != b[i].yes ||
          a[i].no != b[i].no) {
        return false;
      }
    }
    return true;
  }
};

enum class Kind { kRefused, kAllowed, kBare };

// Calls that reach what a namespace would keep away, and that no rule of Landlock judges.
constexpr unsigned kShared[] = {
    // shared memory and queues of the machine
    __NR_shmget, __NR_shmat, __NR_shmctl, __NR_shmdt, __NR_semget, __NR_semop, __NR_semctl,
    __NR_semtimedop, __NR_msgget, __NR_msgsnd, __NR_msgrcv, __NR_msgctl, __NR_mq_open,
    __NR_mq_unlink, __NR_mq_timedsend, __NR_mq_timedreceive, __NR_mq_notify, __NR_mq_getsetattr,
    // files by name, readable or not; file_setattr
    __NR_inotify_add_watch, 469,
    // processes that are not its own
    __NR_pidfd_open, __NR_pidfd_send_signal,
    // whoever listens
    __NR_listen, __NR_accept, __NR_accept4};

// Extended attributes, which file systems may lack and programs do without; *xattrat.
constexpr unsigned kAttributes[] = {__NR_setxattr,
                                    __NR_lsetxattr,
                                    __NR_fsetxattr,
                                    __NR_removexattr,
                                    __NR_lremovexattr,
                                    __NR_fremovexattr,
                                    463,
                                    466};

// What the warden does for the caller where the caller may write.
constexpr unsigned kErrands[] = {__NR_chmod, __NR_fchmod, __NR_fchmodat,  452 /* fchmodat2 */,
                                 __NR_chown, __NR_fchown, __NR_lchown,    __NR_fchownat,
                                 __NR_utime, __NR_utimes, __NR_futimesat, __NR_utimensat};

// Terminals (0x54..) but for the three that type or take over, and what is asked of or
// copied between files that are open. Others act on files without asking for the right to
// write them: flags, versions, snapshots, encryption.
Code bare_ioctl_rule() {
  Code code = deny_values(1, {0x5412, 0x541c, 0x541d, 0x5423});
  code = then(std::move(code), when_masked(1, 0xffffff00, 0x5400));
  return then(std::move(code),
              allow_rest(require_values(
                  1, {2, 0x802c542a, 0x402c542b, 0x402c542c, 0x402c542d, 0x80045430, 0x40045431,
                      0x80086601, 0x801c581f, 0xc020660b, 0x40049409, 0x4020940d})));
}

void make_bare(Fates& fates) {
  for (const unsigned n : kShared) fates.of[n] = kToDeny;
  for (const unsigned n : kErrands) fates.of[n] = kToErrand;
  for (const unsigned n : kAttributes) fates.of[n] = kToLacking;
  // There is no socket to connect or bind but those of pairs; a name is not to be had.
  fates.of[__NR_connect] = fates.of[__NR_bind] = kToQuiet;
  fates.set(__NR_socket, {load_low(0), equal(kUnix, kToQuiet, kToDeny)});
  fates.set(__NR_ioctl, bare_ioctl_rule());
  // Only of oneself: "0".
  const Code own = require_values(0, {0});
  fates.set(__NR_prlimit64, allow_rest(own));
  for (const unsigned n : {__NR_sched_setaffinity, __NR_sched_setparam, __NR_sched_setattr})
    fates.set(n, allow_rest(own));
  fates.set(__NR_sched_setscheduler,
            allow_rest(then(own, require_values(1, {0, 3, 5}, ~0x40000000U))));
  fates.set(__NR_setpriority, allow_rest(then(own, require_values(1, {0}))));
  fates.set(__NR_ioprio_set, allow_rest(then(require_values(0, {1}), require_values(1, {0}))));
}

Fates fates(Kind kind, bool observes) {
  Fates fates;
  for (unsigned n = 0; n <= kLastKnown; ++n) {
    // 337..423 are not assigned on x86-64; 424 is pidfd_send_signal.
    fates.of[n] = n >= 337 && n <= 423 ? kToUnknown : kToDeny;
  }
  for (const unsigned n : kPlain) fates.of[n] = kToAllow;
  for (const unsigned n : kAbsent) fates.of[n] = kToUnknown;
  for (const unsigned n : kWatch) fates.of[n] = kToWatch;
  fates.of[__NR_io_uring_setup] = kToQuiet;  // libraries ask, and use threads
  // Without a flag it does nothing, and is the canary of this layer.
  fates.set(__NR_unshare, {load_low(0), equal(0, kToQuiet, kToDeny)});
  fates.set(__NR_clone, allow_rest(deny_bits(0, kNamespaceFlags)));
  // TIOCSTI, TIOCLINUX, TIOCCONS, TIOCSETD.
  fates.set(__NR_ioctl, allow_rest(deny_values(1, {0x5412, 0x541c, 0x541d, 0x5423})));
  fates.set(__NR_prctl, prctl_rule());
  // A filter of one's own can only narrow; one with a listener is a supervisor.
  fates.set(__NR_seccomp, allow_rest(then(require_values(0, {0, 1, 2, 3}), deny_bits(1, 8))));
  const bool unix_allowed = kind == Kind::kAllowed;
  fates.set(__NR_socket, socket_rule(unix_allowed));
  fates.set(__NR_socketpair, pair_rule(unix_allowed));
  fates.set(__NR_sendto, allow_rest(deny_bits(3, kFastOpen)));
  fates.set(__NR_sendmsg, allow_rest(deny_bits(2, kFastOpen)));
  fates.set(__NR_sendmmsg, allow_rest(deny_bits(3, kFastOpen)));
  fates.set(__NR_setsockopt, setsockopt_rule());
  fates.set(__NR_personality, allow_rest(require_values(0, {0, 0xffffffff})));
  fates.set(__NR_sched_setscheduler,
            allow_rest(require_values(1, {0, 3, 5}, ~0x40000000U)));  // other, batch, idle
  const int opened = observes ? kToWatch : kToAllow;
  fates.set(__NR_open, open_rule(1, 2, opened));
  fates.set(__NR_openat, open_rule(2, 3, opened));
  fates.set(__NR_creat, creat_rule(opened));
  fates.set(__NR_chmod, mode_rule(1));
  fates.set(__NR_fchmod, mode_rule(1));
  fates.set(__NR_fchmodat, mode_rule(2));
  fates.set(452, mode_rule(2));  // fchmodat2
  fates.set(__NR_mknod, node_rule(1));
  fates.set(__NR_mknodat, node_rule(2));
  if (kind == Kind::kBare) {
    make_bare(fates);
    fates.tidy();
  }
  return fates;
}

struct Range {
  unsigned first;
  int fate;
};

// "number >= first of the upper half?" until one range is left; a fate that is a rule
// becomes kFirstRule - index, to be resolved when the places of the rules are known.
constexpr int kFirstRule = -100;
int edge(const std::vector<Range>& ranges, std::size_t from, std::size_t to, Code& out);

void node(const std::vector<Range>& ranges, std::size_t from, std::size_t to, Code& out) {
  const std::size_t middle = (from + to) / 2;
  const std::size_t here = out.size();
  out.push_back(at_least(ranges[middle].first, 0, 0));
  out[here].no = edge(ranges, from, middle, out);
  if (out[here].no >= 0) out[here].no -= static_cast<int>(here) + 1;
  const int yes = edge(ranges, middle, to, out);
  out[here].yes = yes >= 0 ? yes - static_cast<int>(here) - 1 : yes;
}

// The place of the subtree, or the fate of the one range.
int edge(const std::vector<Range>& ranges, std::size_t from, std::size_t to, Code& out) {
  if (to - from == 1) {
    const int fate = ranges[from].fate;
    return fate >= 0 ? kFirstRule - fate : fate;
  }
  const int place = static_cast<int>(out.size());
  node(ranges, from, to, out);
  return place;
}

// Writes jumps as distances. `ends` are the places of the ends, in the order of their names.
bool resolve(Code& code, std::size_t from, std::size_t to, const std::array<int, kEnds>& ends,
             const std::vector<int>& rule_places) {
  for (std::size_t i = from; i < to; ++i) {
    if (BPF_CLASS(code[i].code) != BPF_JMP) continue;
    for (int* jump : {&code[i].yes, &code[i].no}) {
      if (*jump <= kFirstRule) {
        *jump = rule_places[static_cast<std::size_t>(kFirstRule - *jump)];
      } else if (*jump < 0) {
        *jump = ends[static_cast<std::size_t>(-1 - *jump)];
      } else {
        continue;
      }
      *jump -= static_cast<int>(i) + 1;
      if (*jump < 0 || *jump > 255) return false;
    }
  }
  return true;
}

bool asks_twice(const Code& rule) {
  bool denies = false, watches = false;
  for (const Step& step : rule) {
    if (BPF_CLASS(step.code) != BPF_JMP) continue;
    denies = denies || step.yes == kToDeny || step.no == kToDeny;
    watches = watches || step.yes == kToWatch || step.no == kToWatch;
  }
  return denies && watches;
}

Step give(std::uint32_t action) { return {BPF_RET | BPF_K, action, 0, 0}; }

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2 && argc != 3) return 2;
  const std::string_view which = argv[1];
  if (which != "refused" && which != "allowed" && which != "bare") return 2;
  if (argc == 3 && argv[2] != std::string_view("observe")) return 2;
  const Kind kind = which == "bare"      ? Kind::kBare
                    : which == "allowed" ? Kind::kAllowed
                                         : Kind::kRefused;
  const Fates all = fates(kind, argc == 3);
  for (const Code& rule : all.rules) {
    if (!asks_twice(rule)) continue;
    std::fputs("generate: a call is both watched and refused by asking\n", stderr);
    return 1;
  }
  std::vector<Range> ranges;
  for (const auto& [number, fate] : all.of) {
    if (ranges.empty() || ranges.back().fate != fate) ranges.push_back({number, fate});
  }
  ranges.push_back({kLastKnown + 1, kToUnknown});

  // Head: the architecture, then x32 (bit 30, but -1 is the number of no call).
  Code code{{BPF_LD | BPF_W | BPF_ABS, 4, 0, 0},
            equal(AUDIT_ARCH_X86_64, 1, 0),
            give(kKill),
            {BPF_LD | BPF_W | BPF_ABS, 0, 0, 0},
            at_least(0x40000000, 0, 2),
            equal(0xffffffff, 1, 0),
            give(kKill)};
  const std::size_t tree = code.size();
  node(ranges, 0, ranges.size(), code);
  // The ends once in the middle, in reach of the tree, and once behind the rules.
  Code ends{give(kAllow), give(kDenied), give(kUnknown), give(kQuiet), give(kWatched)};
  if (kind == Kind::kBare) ends = then(std::move(ends), {give(kErrand), give(kLacking)});
  const auto middle = static_cast<int>(code.size());
  code = then(std::move(code), ends);
  std::vector<int> places;
  const std::size_t rules = code.size();
  for (const Code& rule : all.rules) {
    places.push_back(static_cast<int>(code.size()));
    code = then(std::move(code), rule);
  }
  const auto last = static_cast<int>(code.size());
  code = then(std::move(code), ends);
  const auto from = [](int at) -> std::array<int, kEnds> {
    return {at, at + 1, at + 2, at + 3, at + 4, at + 5, at + 6};
  };
  if (!resolve(code, tree, static_cast<std::size_t>(middle), from(middle), places) ||
      !resolve(code, rules, static_cast<std::size_t>(last), from(last), {})) {
    std::fputs("generate: a jump is too far\n", stderr);
    return 1;
  }
  for (const Step& step : code) {
    std::printf("{0x%04x, %d, %d, 0x%08x},\n", step.code, step.yes, step.no, step.k);
  }
  return 0;
}
