// init: pid 1 of the cage (without a pid namespace: its subreaper). Builds it, proves it, reaps in
// it, and takes it down.
//
// It holds the wall clock and listens for the warden's heartbeat: without a beat for
// kPatience the warden is dead or hung, and so is the cage (when pid 1 exits the
// kernel kills all that is left). After setup it stands in the same confinement as
// the program, non-dumpable, with one socket and the program's streams.
#include <linux/prctl.h>

#include "platform/cage/channel.h"
#include "platform/cage/context.h"

namespace bailey::platform::cage {
namespace {

using wire::Message;
using wire::MessageType;
using wire::Step;

constexpr std::uint64_t kPatience = 2000000000;  // ns without a heartbeat
constexpr int kSigchld = 17;
constexpr unsigned long kChildMask = 1UL << (kSigchld - 1);

struct Named {
  Step step;
  StepFunction run;
};

long await_limits(Context& context);

// What needs no plan, and so overlaps with the signer's thinking.
constexpr Named kEarly[] = {
    {Step::kIdentity, open_host_proc}, {Step::kNetwork, start_second},
    {Step::kIdentity, write_identity}, {Step::kPropagation, cut_propagation},
    {Step::kHostname, name_host},      {Step::kTime, shift_time},
};

// The order is the design: places before the pivot, the pivot before anything is
// taken away, capabilities before no_new_privs, seccomp last. The old root goes meanwhile:
// the kernel waits for a grace period there, so the second thread does it, and it is gone
// before anything is forked.
constexpr Named kSetup[] = {
    {Step::kLandlock, begin_landlock},
    {Step::kRoot, make_root},
    {Step::kMounts, place_all},
    {Step::kLimits, await_limits},
    {Step::kCanary, settle_group},
    {Step::kTime, settle_time},
    {Step::kNesting, forbid_nesting},
    {Step::kLimits, hand_out},
    {Step::kHidden, seal_places},
    {Step::kPivot, pivot},
    {Step::kProgram, enter_program_directory},
    {Step::kTerminal, open_terminal},
    {Step::kNetwork, join_network},
    {Step::kNesting, prove_nesting},
    {Step::kKeyring, prove_keyring},
    {Step::kDescriptors, close_descriptors},
    {Step::kLimits, set_rlimits},
    {Step::kCapabilities, drop_capabilities},
    {Step::kHidden, prove_hidden},
    {Step::kNoNewPrivileges, forbid_new_privileges},
    {Step::kLandlock, enforce_landlock},
    {Step::kSeccomp, enforce_seccomp},
    {Step::kPivot, leave_old_root},
};

// Without namespaces: what is there is seen, and rules stand instead of mounts. The guard
// comes last, into the same confinement.
constexpr Named kBareSetup[] = {
    {Step::kNamespaces, begin_bare},
    {Step::kMounts, allow_bare_places},
    {Step::kLimits, await_limits},
    {Step::kProgram, enter_program_directory},
    {Step::kTerminal, open_bare_terminal},
    {Step::kKeyring, prove_keyring},
    {Step::kDescriptors, close_descriptors},
    {Step::kLimits, set_rlimits},
    {Step::kCapabilities, drop_bare_capabilities},
    {Step::kNoNewPrivileges, forbid_new_privileges},
    {Step::kLandlock, enforce_bare_landlock},
    {Step::kHidden, prove_bare_hidden},
    {Step::kSeccomp, enforce_seccomp},
    {Step::kSeccomp, prove_bare_filter},
    {Step::kSpawn, start_guard},
};

[[noreturn]] void give_up(Context& context, Step step, long error, std::uint64_t item = 0) {
  Message message;
  message.type = MessageType::kFailed;
  message.a = static_cast<std::uint64_t>(step);
  message.b = static_cast<std::uint64_t>(-error);
  message.c = item;
  send(context.warden, message);
  sys::exit(121);
}

template <std::size_t N>
void take(Context& context, const Named (&steps)[N]) {
  for (const Named& named : steps) {
    context.failure.item = 0;
    const long e = named.run(context);
    if (e < 0) {
      const Failure& failure = context.failure;  // the second thread names its own step
      give_up(context, failure.error < 0 ? failure.step : named.step, e, failure.item);
    }
  }
}

// Waits for something on `fds`, never longer than the warden's patience allows.
long wait_within(sys::PollFd* fds, unsigned count, std::uint64_t until) {
  const std::uint64_t now = sys::monotonic_ns();
  if (now >= until) return 0;
  return sys::poll(fds, count, static_cast<std::int64_t>(until - now));
}

// Our one thread that will fork anything moves itself: "0" is whoever writes.
void join_group(Context& context, int tasks) {
  if (tasks < 0) sys::exit(121);
  const long written = sys::write(tasks, "0", 1);
  sys::close(tasks);
  if (written != 1) give_up(context, Step::kCgroup, written < 0 ? written : -5);
}

// What the warden says meanwhile is done; returns with what is waited for in `message`.
void await(Context& context, MessageType wanted, Message& message) {
  for (;;) {
    sys::PollFd fd{context.warden, sys::kPollIn, 0};
    if (wait_within(&fd, 1, sys::monotonic_ns() + kPatience) <= 0) sys::exit(121);
    int came = -1;
    if (receive(context.warden, message, 0, &came) < 0) sys::exit(121);
    if (message.type == MessageType::kJoin) {
      join_group(context, came);
      continue;
    }
    if (came >= 0) sys::exit(121);
    if (message.type == wanted) return;
    if (message.type == MessageType::kBaseline) {
      __builtin_memcpy(&context.baseline, message.body.bytes, sizeof context.baseline);
      give_second_the_baseline();
      continue;
    }
    if (message.type != MessageType::kBeat) sys::exit(121);
  }
}

// The warden makes the groups of the limits while the view is built.
long await_limits(Context& context) {
  Message message;
  await(context, MessageType::kHold, message);
  context.rlimit_mask = message.b;
  context.hand_out = message.c != 0;
  if (context.hand_out || context.bare || context.io < 0) return 0;
  sys::close(context.io);
  context.io = -1;
  return 0;
}

void open_plan(Context& context) {
  Message message;
  await(context, MessageType::kPlan, message);
  const std::uint64_t size = message.a;
  constexpr int kSeals = 1 | 2 | 4 | 8;  // seal, shrink, grow, write
  if (size == 0 || size > wire::kPlanMaxBytes) give_up(context, Step::kPlan, -27);
  const long seals = sys::fcntl(context.plan_fd, 1034);
  if (seals < 0 || (seals & kSeals) != kSeals) give_up(context, Step::kPlan, -1);
  sys::Stat stat;
  if (sys::fstatat(context.plan_fd, "", &stat, sys::kAtEmptyPath) < 0 ||
      static_cast<std::uint64_t>(stat.size) != size) {
    give_up(context, Step::kPlan, -22);
  }
  const long map = sys::call(__NR_mmap, nullptr, size, 1, 1, context.plan_fd, 0);
  if (map < 0 && map > -4096) give_up(context, Step::kPlan, map);
  if (!context.plan.open(reinterpret_cast<const void*>(map), size)) {
    give_up(context, Step::kPlan, -22);
  }
}

class Life {
 public:
  explicit Life(Context& context) : context_(context) {}

  // The warden is dead, or time is up. With a pid namespace the kernel kills all that is left.
  [[noreturn]] void die() {
    if (context_.bare) kill_all();
    sys::exit(121);
  }

  [[noreturn]] void live() {
    start_target();
    for (;;) {
      const std::uint64_t now = sys::monotonic_ns();
      // Without a beat the warden is dead or hung; its wall clock is a little shorter
      // than this one. Either way pid 1 exits, and the kernel kills all that is left.
      if (now >= beat_until_ || (deadline_ != 0 && now >= deadline_)) die();
      std::uint64_t until = beat_until_;
      if (deadline_ != 0 && deadline_ < until) until = deadline_;
      sys::PollFd fds[2] = {{context_.warden, sys::kPollIn, 0}, {child_signal_, sys::kPollIn, 0}};
      wait_within(fds, 2, until);
      if (fds[0].revents != 0) hear_warden();
      if (fds[1].revents != 0) reap();
    }
  }

 private:
  void start_target() {
    const unsigned long mask = kChildMask;
    sys::call(__NR_rt_sigprocmask, 0, &mask, nullptr, 8);
    const long signals = sys::call(__NR_signalfd4, -1, &mask, 8, 02000000 | 04000);
    if (signals < 0) give_up(context_, Step::kNeeds, signals);
    child_signal_ = static_cast<int>(signals);
    target_ = sys::call(__NR_clone, kSigchld, 0, 0, 0, 0);
    if (target_ == 0) become_target(context_);
    if (target_ < 0) give_up(context_, Step::kNeeds, target_);
    sys::close(context_.control);
    // Its own group in our session: stoppable by a terminal, and never an orphan.
    if (const long e = sys::call(__NR_setpgid, target_, target_); e < 0) {
      give_up(context_, Step::kTerminal, e);
    }
    if (context_.pty_slave >= 0) {
      const auto group = static_cast<std::int32_t>(target_);
      const long e = sys::ioctl(context_.pty_slave, 0x5410, &group);  // TIOCSPGRP
      if (e < 0) give_up(context_, Step::kTerminal, e);
      sys::close(context_.pty_slave);
    } else {
      for (const int fd : context_.streams) sys::close(fd);
    }
    Message built;
    built.type = MessageType::kBuilt;
    built.b = static_cast<std::uint64_t>(context_.listener_error);
    built.c = context_.guard > 0 ? static_cast<std::uint64_t>(context_.guard) : 0;
    built.body.built.layers = context_.layers;
    for (std::size_t i = 0; i < wire::kRlimits; ++i) {
      built.body.built.rlimits[i] = context_.rlimits[i];
    }
    if (send(context_.warden, built) < 0) sys::exit(121);
    beat_until_ = sys::monotonic_ns() + kPatience;
  }

  void hear_warden() {
    Message message;
    const long e = receive(context_.warden, message, kDontWait);
    if (e == -11) return;
    if (e < 0) die();  // the warden is gone
    beat_until_ = sys::monotonic_ns() + kPatience;
    switch (message.type) {
      case MessageType::kGo:
        if (message.a != 0) deadline_ = sys::monotonic_ns() + message.a;
        break;
      case MessageType::kSignal:
        if (message.a >= 1 && message.a <= 31) sys::kill(-target_, static_cast<int>(message.a));
        break;
      case MessageType::kBeat:
        if (message.a != 0) tell_usage();
        break;
      default:
        die();
    }
  }

  // Bytes written by what we waited for: "write_bytes: N" of our own account.
  void tell_usage() {
    char text[512];
    const long n = sys::call(__NR_pread64, context_.io, text, sizeof text, 0);
    constexpr char kName[] = "\nwrite_bytes: ";
    constexpr long kSize = sizeof kName - 1;
    Message message;
    message.type = MessageType::kUsage;
    for (long i = 0; i + kSize < n; ++i) {
      if (__builtin_memcmp(text + i, kName, static_cast<std::size_t>(kSize)) != 0) continue;
      for (long d = i + kSize; d < n && text[d] >= '0' && text[d] <= '9'; ++d) {
        message.a = message.a * 10 + static_cast<std::uint64_t>(text[d] - '0');
      }
      break;
    }
    if (send(context_.warden, message) < 0) die();
  }

  void reap() {
    char info[128];
    sys::read(child_signal_, info, sizeof info);
    for (;;) {
      int status = 0;
      // WNOHANG | WUNTRACED | WCONTINUED | __WALL
      const long pid = sys::call(__NR_wait4, -1, &status, 1 | 2 | 8 | 0x40000000, nullptr);
      if (pid <= 0) return;
      if (pid != target_) continue;
      const bool stopped = (status & 0xff) == 0x7f;
      if (stopped || status == 0xffff) {
        Message message;
        message.type = stopped ? MessageType::kStopped : MessageType::kContinued;
        message.a = static_cast<std::uint64_t>(status >> 8 & 0xff);
        if (send(context_.warden, message) < 0) die();
        continue;
      }
      end(status);
    }
  }

  // The program has ended: whatever it left behind ends now, and is counted.
  [[noreturn]] void end(int status) {
    const std::uint64_t ended = sys::monotonic_ns();
    int ignored = 0;
    // Who was dead already was not left behind.
    while (sys::call(__NR_wait4, -1, &ignored, 1 | 0x40000000, nullptr) > 0) {
    }
    dismiss_guard(context_);
    std::uint64_t left = 0;
    while (sys::kill(-1, 9) == 0) {
      if (sys::call(__NR_wait4, -1, &ignored, 0x40000000, nullptr) < 0) break;
      do {
        ++left;
      } while (sys::call(__NR_wait4, -1, &ignored, 1 | 0x40000000, nullptr) > 0);
    }
    Message message;
    message.type = MessageType::kExited;
    message.a = static_cast<std::uint64_t>(static_cast<unsigned>(status));
    message.b = ended;
    message.c = left;
    send(context_.warden, message);
    sys::exit(0);
  }

  Context& context_;
  long target_ = -1;
  int child_signal_ = -1;
  std::uint64_t deadline_ = 0;
  std::uint64_t beat_until_ = 0;
};

}  // namespace

[[noreturn]] void be_init(Context& context) {
  // Without a pid namespace our end is not everybody's: we see the warden's by its socket, and
  // kill before we go.
  if (!context.bare) sys::prctl(PR_SET_PDEATHSIG, 9);
  sys::call(__NR_setsid);
  if (context.bare) {
    const long e = open_host_proc(context);
    if (e < 0) give_up(context, Step::kIdentity, e);
  } else {
    take(context, kEarly);
  }
  open_plan(context);
  // Until now it had our CPU to itself, and the signer needed the others.
  if (!context.bare) send_second_elsewhere();
  const long io = sys::openat(context.host_proc, "self/io", 02000000);
  if (io >= 0) context.io = static_cast<int>(io);
  // From here on the cage's own user ids own nothing of this process in /proc.
  if (const long e = sys::prctl(PR_SET_DUMPABLE, 0); e < 0) give_up(context, Step::kIdentity, e);
  if (context.bare) {
    take(context, kBareSetup);
  } else {
    take(context, kSetup);
  }
  Life life(context);
  life.live();
}

}  // namespace bailey::platform::cage
