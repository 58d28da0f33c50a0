// confine: what init takes away from itself and so from all that it forks.
//
// Each act is tried just before its layer and just after; a layer whose act does not
// succeed and then fail is not proven, and the cage is not used.
#include <linux/filter.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>

#include "platform/cage/channel.h"
#include "platform/cage/context.h"

namespace bailey::platform::cage {
namespace {

using wire::Layer;

constexpr sock_filter kUnixRefused[] = {
#include "seccomp_refused.inc"
};
constexpr sock_filter kUnixAllowed[] = {
#include "seccomp_allowed.inc"
};
constexpr sock_filter kBare[] = {
#include "seccomp_bare.inc"
};
constexpr sock_filter kBareObserve[] = {
#include "seccomp_bareobserve.inc"
};
constexpr sock_filter kUnixRefusedObserve[] = {
#include "seccomp_refusedobserve.inc"
};
constexpr sock_filter kUnixAllowedObserve[] = {
#include "seccomp_allowedobserve.inc"
};

struct Filter {
  const sock_filter* first;
  std::size_t size;
};
template <std::size_t N>
constexpr Filter whole(const sock_filter (&filter)[N]) {
  return {filter, N};
}
enum class Opens { kPassed, kHeard };
Filter choose_filter(const Context& context, Opens opens) {
  const wire::PlanHeader& plan = context.plan.header();
  if (context.bare) return opens == Opens::kHeard ? whole(kBareObserve) : whole(kBare);
  const bool allowed = plan.unix_sockets != 0;
  if (opens == Opens::kHeard)
    return allowed ? whole(kUnixAllowedObserve) : whole(kUnixRefusedObserve);
  return allowed ? whole(kUnixAllowed) : whole(kUnixRefused);
}

// The filter with its questions to a listener answered: by the data of the action, 1 is
// EPERM, 2 goes on, and 3 is EPERM because nobody is there to do it (tools/seccomp/generate.cc).
long install_answering(const Filter& filter) {
  constexpr std::size_t kMost = 512;
  static_assert(sizeof kUnixAllowed <= kMost * sizeof(sock_filter) &&
                sizeof kUnixRefused <= kMost * sizeof(sock_filter) &&
                sizeof kBare <= kMost * sizeof(sock_filter));
  if (filter.size > kMost) return -7;
  sock_filter answering[kMost];
  for (std::size_t i = 0; i < filter.size; ++i) {
    const sock_filter& step = filter.first[i];
    answering[i] = step;
    if (step.code != (BPF_RET | BPF_K)) continue;
    if (step.k == (SECCOMP_RET_USER_NOTIF | 1)) answering[i].k = SECCOMP_RET_ERRNO | 1;
    if (step.k == (SECCOMP_RET_USER_NOTIF | 2)) answering[i].k = SECCOMP_RET_ALLOW;
    if (step.k == (SECCOMP_RET_USER_NOTIF | 3)) answering[i].k = SECCOMP_RET_ERRNO | 1;
  }
  const sock_fprog program{static_cast<unsigned short>(filter.size), answering};
  return sys::call(__NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}

// To the warden, and away: a caged program that had it could answer for itself.
long hand_listener(const Context& context, int listener) {
  wire::Message message;
  message.type = wire::MessageType::kHand;
  message.a = 4;
  const long e = send(context.warden, message, listener);
  sys::close(listener);
  return e;
}

constexpr int kRlimitCpu = 0, kRlimitFsize = 1, kRlimitData = 2, kRlimitCore = 4, kRlimitNproc = 6,
              kRlimitNofile = 7, kRlimitRtprio = 14;
// model::LimitKind, by number, and wire::Rlimit.
constexpr unsigned kCpuTime = 1, kMemory = 2, kProcesses = 4, kOpenFiles = 5, kDisk = 6;
constexpr std::uint32_t slot(wire::Rlimit which) { return static_cast<std::uint32_t>(which); }

// Without a namespace the kernel counts all processes of our user. How many those are it tells
// by refusing one more; what the user starts meanwhile gets some room. The limit itself is
// the warden's to see: this is there so that nothing grows without end between two looks.
std::uint64_t room_for_others() {
  constexpr std::uint64_t kLater = 64, kMost = 1U << 20;
  sys::Rlimit before;
  if (sys::prlimit(0, kRlimitNproc, nullptr, &before) < 0) return kLater;
  std::uint64_t refused = 0, granted = kMost;
  while (refused + 1 < granted) {
    const std::uint64_t middle = (refused + granted) / 2;
    const sys::Rlimit trial{middle < before.hard ? middle : before.hard, before.hard};
    if (sys::prlimit(0, kRlimitNproc, &trial, nullptr) < 0) return kLater;
    const long child = sys::call(__NR_clone, 17, 0, 0, 0, 0);
    if (child == 0) sys::exit(0);
    if (child > 0) sys::call(__NR_wait4, child, nullptr, 0x40000000, nullptr);
    (child > 0 ? granted : refused) = middle;
  }
  sys::prlimit(0, kRlimitNproc, &before, nullptr);
  return granted + kLater;
}

// Both are answered without asking the warden. Where there are no namespaces a filter above may
// refuse `unshare` already, and a socket is what nothing else stands before.
long try_what_is_refused(const Context& context) {
  if (!context.bare) return sys::call(__NR_unshare, 0);
  const long fd = sys::call(__NR_socket, 1, 1 | 02000000, 0);
  if (fd < 0) return fd;
  sys::close(static_cast<int>(fd));
  return 0;
}

}  // namespace

long enter_program_directory(Context& context) {
  const wire::PlanText directory = context.plan.header().directory;
  if (context.bare && context.plan.view(directory) == "/tmp")
    return sys::call(__NR_chdir, context.scratch_path);
  return sys::call(__NR_chdir, context.plan.text(directory));
}

long prove_keyring(Context& context) {
  // The warden joined an empty, unwritable session keyring before it made us (see
  // baseline.cc); user keyrings are the user namespace's own.
  const Baseline& outside = context.baseline;
  if (outside.session_joined == -38) {  // a kernel without keyrings has none to leak
    context.report(Layer::kKeyring, kProven, outside.session_before, outside.session_joined);
    return 0;
  }
  const long now = sys::call(__NR_keyctl, 0, -3, 0);  // GET_KEYRING_ID, session
  if (now < 0) return now;
  if (outside.session_joined < 0 || now != outside.session_joined ||
      now == outside.session_before) {
    return -1;
  }
  context.report(Layer::kKeyring, kProven, 0, 0);
  return 0;
}

long close_descriptors(Context& context) {
  // Within the first table of 64: the kernel makes a process of two threads wait for a
  // grace period before the table grows.
  const long sentinel = sys::call(__NR_fcntl, context.warden, 1030, 60);  // F_DUPFD_CLOEXEC
  if (sentinel < 0) return sentinel;
  const long before = sys::fcntl(static_cast<int>(sentinel), 1);
  // What init itself keeps: its socket, and the program's streams or terminal. All of
  // it is close-on-exec, and the program closes everything from 3 up besides.
  const int keep[] = {context.warden,     context.streams[0], context.streams[1],
                      context.streams[2], context.pty_slave,  context.ruleset,
                      context.control,    context.io,         context.guard_line};
  unsigned from = 0;
  for (;;) {
    long next = -1;
    for (const int fd : keep) {
      if (fd >= 0 && static_cast<unsigned>(fd) >= from && (next < 0 || fd < next)) next = fd;
    }
    const unsigned to = next < 0 ? ~0U : static_cast<unsigned>(next) - 1;
    if (next < 0 || static_cast<unsigned>(next) > from) {
      if (const long e = sys::call(__NR_close_range, from, to, 0); e < 0) return e;
    }
    if (next < 0) break;
    from = static_cast<unsigned>(next) + 1;
  }
  context.plan_fd = context.root = context.scratch = context.proc = context.pty_master = -1;
  const long after = sys::fcntl(static_cast<int>(sentinel), 1);
  if (before < 0 || after != -9) return -1;
  context.report(Layer::kDescriptors, kProven, 0, after);
  return 0;
}

long set_rlimits(Context& context) {
  const wire::PlanHeader& plan = context.plan.header();
  auto asked = [&](unsigned kind) { return (context.rlimit_mask >> kind & 1U) != 0; };
  struct Pair {
    int resource;
    std::uint64_t value;
    std::uint32_t kind;  // 99: nobody's wish, ours
    std::uint32_t slot = 99;
  };
  Pair pairs[7];
  std::size_t count = 0;
  pairs[count++] = {kRlimitCore, 0, 99};
  pairs[count++] = {kRlimitRtprio, 0, 99};
  if (asked(kOpenFiles))
    pairs[count++] = {kRlimitNofile, plan.limits[kOpenFiles], kOpenFiles,
                      slot(wire::Rlimit::kOpenFiles)};
  // One more for init, which the kernel counts in the same user namespace, and the one
  // by which the warden sees that the limit is passed.
  if (asked(kProcesses)) {
    const std::uint64_t most =
        context.bare ? plan.limits[kProcesses] + room_for_others() : plan.limits[kProcesses] + 2;
    pairs[count++] = {kRlimitNproc, most, kProcesses, slot(wire::Rlimit::kProcesses)};
  }
  if (asked(kMemory))
    pairs[count++] = {kRlimitData, plan.limits[kMemory], kMemory, slot(wire::Rlimit::kMemory)};
  if (asked(kDisk))
    pairs[count++] = {kRlimitFsize, plan.limits[kDisk], kDisk, slot(wire::Rlimit::kDisk)};
  if (asked(kCpuTime)) {
    const std::uint64_t seconds = (plan.limits[kCpuTime] + 999999999) / 1000000000 + 1;
    pairs[count++] = {kRlimitCpu, seconds, kCpuTime, slot(wire::Rlimit::kCpuTime)};
  }
  for (std::size_t i = 0; i < count; ++i) {
    context.failure.item = pairs[i].kind;
    sys::Rlimit now;
    if (const long e = sys::prlimit(0, pairs[i].resource, nullptr, &now); e < 0) return e;
    // A hard limit that is already lower stays: the smaller one holds.
    const std::uint64_t value = pairs[i].value < now.hard ? pairs[i].value : now.hard;
    const sys::Rlimit set{value, value};
    if (const long e = sys::prlimit(0, pairs[i].resource, &set, &now); e < 0) return e;
    if (const long e = sys::prlimit(0, pairs[i].resource, nullptr, &now); e < 0) return e;
    if (now.soft != value || now.hard != value) return -5;
    if (pairs[i].slot < wire::kRlimits) context.rlimits[pairs[i].slot] = value;
  }
  context.report(Layer::kRlimits, kProven, 0, 0, static_cast<unsigned>(count));
  return 0;
}

long prove_hidden(Context& context) {
  // A file like those that are masked, read before it was and not any more; Landlock
  // is not there yet, so it is the mask that refuses. Each hidden path was compared
  // with the mask's inode when it was covered.
  const long after = sys::openat(sys::kAtFdcwd, "/.hidden", 02000000);
  if (after != -13) return -1;
  // We own the mask's inode; that its mount is read-only keeps its mode as it is.
  if (sys::call(__NR_fchmodat, sys::kAtFdcwd, "/.hidden", 0400) != -30) return -1;
  context.report(Layer::kHidden, kProven, 0, after, context.hidden_count);
  return 0;
}

long forbid_new_privileges(Context& context) {
  // A filter that is no program: without the bit (and without capabilities) the kernel
  // refuses the caller, with it the kernel gets as far as the filter.
  sock_filter nonsense{0xffff, 0, 0, 0};
  const sock_fprog program{1, &nonsense};
  const long flag_before = sys::prctl(PR_GET_NO_NEW_PRIVS);
  const long before = sys::call(__NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
  if (const long e = sys::prctl(PR_SET_NO_NEW_PRIVS, 1); e < 0) return e;
  if (sys::prctl(PR_GET_NO_NEW_PRIVS) != 1) return -1;
  const long after = sys::call(__NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
  // Whoever started us may have set the bit already; it cannot be taken back.
  const bool inherited = flag_before == 1 && before == -22;
  if (after != -22 || !(before == -13 || inherited)) return -1;
  context.report(Layer::kNoNewPrivileges, kProven, before, after);
  return 0;
}

long enforce_seccomp(Context& context) {
  const wire::PlanHeader& plan = context.plan.header();
  // Without namespaces nothing is kept out of view, so no open waits for a person.
  const bool asks = plan.asks != 0 && !context.bare;
  Filter filter =
      choose_filter(context, plan.observe != 0 || asks ? Opens::kHeard : Opens::kPassed);
  const sock_fprog asking{static_cast<unsigned short>(filter.size),
                          const_cast<sock_filter*>(filter.first)};
  const long before = try_what_is_refused(context);
  // With a listener the warden hears of what is refused. A call that it has taken up is
  // not taken back by a signal that does not kill, where the kernel knows that (5.19).
  constexpr unsigned kKillableWait = 1U << 5;
  long listener = sys::call(__NR_seccomp, SECCOMP_SET_MODE_FILTER,
                            SECCOMP_FILTER_FLAG_NEW_LISTENER | kKillableWait, &asking);
  if (listener == -22) {
    listener =
        sys::call(__NR_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &asking);
  }
  if (listener < 0) {
    // Somebody above us listens already, or the kernel has none: the filter answers itself,
    // as strictly, and the evidence is what is lost.
    // Who asked to observe gets that or nothing.
    if (plan.observe != 0) return listener;
    context.listener_error = -listener;
    filter = choose_filter(context, Opens::kPassed);  // nobody is there to ask either
    if (const long e = install_answering(filter); e < 0) return e;
  } else if (const long e = hand_listener(context, static_cast<int>(listener)); e < 0) {
    return e;
  }
  const long after = try_what_is_refused(context);
  if (before != 0 || after != -1) return -1;
  context.report(Layer::kSeccomp, kProven, before, after, static_cast<unsigned>(filter.size));
  return 0;
}

}  // namespace bailey::platform::cage
