// init: pid 1 of the cage. Builds it, proves it, reaps in it, and takes it down.
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

using wire::Layer;
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

// What needs no plan, and so overlaps with the signer's thinking.
constexpr Named kEarly[] = {
    {Step::kIdentity, write_identity}, {Step::kPropagation, cut_propagation},
    {Step::kNetwork, raise_loopback},  {Step::kHostname, name_host},
    {Step::kTime, shift_time},         {Step::kNamespaces, prove_namespaces},
};

// The order is the design: places before the pivot, the pivot before anything is
// taken away, capabilities before no_new_privs, seccomp last.
constexpr Named kSetup[] = {
    {Step::kLandlock, begin_landlock},
    {Step::kRoot, make_root},
    {Step::kMounts, place_all},
    {Step::kNesting, forbid_nesting},
    {Step::kHidden, seal_places},
    {Step::kPivot, pivot},
    {Step::kProgram, enter_program_directory},
    {Step::kTerminal, open_terminal},
    {Step::kKeyring, join_keyring},
    {Step::kDescriptors, close_descriptors},
    {Step::kLimits, set_rlimits},
    {Step::kCapabilities, drop_capabilities},
    {Step::kNoNewPrivileges, forbid_new_privileges},
    {Step::kLandlock, enforce_landlock},
    {Step::kSeccomp, enforce_seccomp},
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
    if (e < 0) give_up(context, named.step, e, context.failure.item);
  }
}

// Waits for something on `fds`, never longer than the warden's patience allows.
long wait_within(sys::PollFd* fds, unsigned count, std::uint64_t until) {
  const std::uint64_t now = sys::monotonic_ns();
  if (now >= until) return 0;
  return sys::poll(fds, count, static_cast<std::int64_t>(until - now));
}

std::uint64_t await_plan(Context& context) {
  Message message;
  for (;;) {
    sys::PollFd fd{context.warden, sys::kPollIn, 0};
    if (wait_within(&fd, 1, sys::monotonic_ns() + kPatience) <= 0) sys::exit(121);
    if (receive(context.warden, message) < 0) sys::exit(121);
    if (message.type == MessageType::kPlan) return message.a;
    if (message.type != MessageType::kBeat) sys::exit(121);
  }
}

void open_plan(Context& context, std::uint64_t size) {
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

  [[noreturn]] void live() {
    start_target();
    report_ready();
    for (;;) {
      const std::uint64_t now = sys::monotonic_ns();
      if (now >= beat_until_) sys::exit(121);
      if (deadline_ != 0 && now >= deadline_) end_by_clock();
      std::uint64_t until = beat_until_;
      if (deadline_ != 0 && deadline_ < until) until = deadline_;
      sys::PollFd fds[3] = {{context_.warden, sys::kPollIn, 0},
                            {child_signal_, sys::kPollIn, 0},
                            {control_, sys::kPollIn, 0}};
      wait_within(fds, control_ >= 0 ? 3 : 2, until);
      // The program's exec answer first: its exit may already be waiting too.
      if (control_ >= 0 && fds[2].revents != 0) hear_control();
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
    int ends[2];
    if (const long e = sys::call(__NR_socketpair, 1, 5 | 02000000, 0, ends); e < 0) {
      give_up(context_, Step::kNeeds, e);
    }
    target_ = sys::call(__NR_clone, kSigchld, 0, 0, 0, 0);
    if (target_ == 0) {
      sys::close(ends[0]);
      become_target(context_, ends[1]);
    }
    if (target_ < 0) give_up(context_, Step::kNeeds, target_);
    control_ = ends[0];
    sys::close(ends[1]);
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
  }

  void report_ready() {
    std::uint32_t needs = 0;
    sys::PollFd fd{control_, sys::kPollIn, 0};
    if (wait_within(&fd, 1, sys::monotonic_ns() + kPatience) <= 0 ||
        sys::read(control_, &needs, sizeof needs) != sizeof needs || (needs & 15U) != 15U) {
      give_up(context_, Step::kNeeds, -1, needs);
    }
    context_.report(Layer::kNeeds, kProven, 0, 0, needs & 15U);
    bool time_known = false;
    for (std::uint32_t i = 0; i < context_.layers.count; ++i) {
      time_known = time_known || context_.layers.results[i].layer ==
                                     static_cast<std::uint8_t>(Layer::kTime);
    }
    if (!time_known) {
      // A machine that is up for three seconds has no uptime to hide.
      const bool shifted = (needs & 16U) != 0;
      if (!shifted && context_.baseline.uptime_seconds > 5) give_up(context_, Step::kTime, -1);
      context_.report(Layer::kTime, shifted ? kProven : kActive, 0, 0);
    }
    Message message;
    message.type = MessageType::kLayers;
    message.body.layers = context_.layers;
    if (send(context_.warden, message) < 0) sys::exit(121);
    Message ready;
    ready.type = MessageType::kReady;
    for (std::size_t i = 0; i < 8; ++i) ready.body.rlimits[i] = context_.rlimits[i];
    if (send(context_.warden, ready) < 0) sys::exit(121);
    beat_until_ = sys::monotonic_ns() + kPatience;
  }

  void hear_warden() {
    Message message;
    const long e = receive(context_.warden, message, kDontWait);
    if (e == -11) return;
    if (e < 0) sys::exit(121);  // the warden is gone
    beat_until_ = sys::monotonic_ns() + kPatience;
    switch (message.type) {
      case MessageType::kGo:
        if (message.a != 0) deadline_ = sys::monotonic_ns() + message.a;
        started_ = sys::monotonic_ns();
        if (control_ < 0 || sys::write(control_, "g", 1) != 1) sys::exit(121);
        break;
      case MessageType::kSignal:
        if (message.a >= 1 && message.a <= 31) sys::kill(-target_, static_cast<int>(message.a));
        break;
      case MessageType::kBeat: break;
      default: sys::exit(121);
    }
  }

  void hear_control() {
    std::int32_t error = 0;
    const long n = sys::read(control_, &error, sizeof error);
    if (n == -11 || n == -4) return;
    Message message;
    if (n == sizeof error) {
      message.type = MessageType::kExecFailed;
      message.a = static_cast<std::uint64_t>(error);
    } else {
      message.type = MessageType::kStarted;
      message.a = started_;
    }
    sys::close(control_);
    control_ = -1;
    if (send(context_.warden, message) < 0) sys::exit(121);
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
        if (send(context_.warden, message) < 0) sys::exit(121);
        continue;
      }
      end(status);
    }
  }

  // The program has ended: whatever it left behind ends now, and is counted.
  [[noreturn]] void end(int status) {
    const std::uint64_t ended = sys::monotonic_ns();
    if (control_ >= 0) hear_control();
    std::uint64_t left = 0;
    while (sys::kill(-1, 9) == 0) {
      int ignored = 0;
      const long pid = sys::call(__NR_wait4, -1, &ignored, 0x40000000, nullptr);
      if (pid < 0) break;
      ++left;
    }
    Message message;
    message.type = MessageType::kExited;
    message.a = static_cast<std::uint64_t>(static_cast<unsigned>(status));
    message.b = ended;
    message.c = left;
    send(context_.warden, message);
    sys::exit(0);
  }

  // The wall clock has run out and the warden did not act: init does.
  [[noreturn]] void end_by_clock() {
    // The warden's own clock is a moment earlier; this one fires when it hangs.
    sys::exit(121);
  }

  Context& context_;
  long target_ = -1;
  int control_ = -1;
  int child_signal_ = -1;
  std::uint64_t deadline_ = 0;
  std::uint64_t started_ = 0;
  std::uint64_t beat_until_ = 0;
};

}  // namespace

[[noreturn]] void be_init(Context& context) {
  sys::prctl(PR_SET_PDEATHSIG, 9);
  sys::call(__NR_setsid);
  take(context, kEarly);
  // From here on the cage's own user ids own nothing of this process in /proc.
  if (const long e = sys::prctl(PR_SET_DUMPABLE, 0); e < 0) give_up(context, Step::kIdentity, e);
  open_plan(context, await_plan(context));
  take(context, kSetup);
  Life life(context);
  life.live();
}

}  // namespace bailey::platform::cage
