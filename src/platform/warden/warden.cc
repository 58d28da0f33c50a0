#include "platform/warden/warden.h"

#include <linux/prctl.h>

#include <new>

#include "platform/warden/limits.h"
#include "platform/warden/notices.h"
#include "platform/warden/orphans.h"
#include "platform/warden/own_folder.h"
#include "platform/warden/streams.h"
#include "platform/warden/territory.h"

namespace bailey::platform::warden {
namespace {

using wire::Message;
using wire::MessageType;
using wire::Step;

constexpr unsigned kCallsATurn = 16;

enum class Ending : std::uint32_t { kExited, kNotRunnable, kLimit, kLeash, kWardenLost };

class Warden {
 public:
  [[noreturn]] void run() {
    spawn_init();
    for (;;) turn();
  }

 private:
  void tell(const Message& message, int fd = -1) {
    if (cage::send(kSignerSocket, message, fd) < 0) abandon();
  }

  // The signer is gone: nobody would record what happens, so nothing happens.
  [[noreturn]] void abandon() {
    kill_cage();
    reap_init();
    clear_up();
    streams_.terminal().leave_raw();
    limits_.close();
    sys::exit(1);
  }

  [[noreturn]] void fail(Step step, long error, std::uint64_t item = 0) {
    kill_cage();
    Message message;
    message.type = MessageType::kFailed;
    message.a = static_cast<std::uint64_t>(step);
    message.b = static_cast<std::uint64_t>(-error);
    message.c = item;
    cage::send(kSignerSocket, message);
    reap_init();
    clear_up();
    limits_.close();
    sys::exit(1);
  }

  void kill_cage() {
    if (init_pidfd_ >= 0) sys::call(__NR_pidfd_send_signal, init_pidfd_, 9, nullptr, 0);
  }

  void reap_init() {
    if (init_ <= 0) return;
    sys::call(__NR_wait4, init_, nullptr, 0x40000000, nullptr);
    init_ = -1;
  }

  // Without a pid namespace: not before the last process is gone is the cage, and not before
  // that is its folder removed. Bounded; the signer hears that we live.
  void clear_up() {
    if (!bare_) return;
    const std::uint64_t begin = sys::monotonic_ns();
    constexpr std::uint64_t kGuardsTime = 500000000, kMost = 10000000000;
    for (;;) {
      const std::uint64_t took = sys::monotonic_ns() - begin;
      if (reap_orphans(took < kGuardsTime ? Harshness::kWait : Harshness::kKill)) break;
      if (took > kMost) break;
      beat_to_signer();
      const sys::TimeSpec pause{0, 2000000};
      sys::call(__NR_nanosleep, &pause, nullptr);
    }
    while (own_.remove_some(512)) beat_to_signer();
  }

  void beat_to_signer() {
    const std::uint64_t now = sys::monotonic_ns();
    if (!going_ || now < next_beat_) return;
    next_beat_ = now + kBeatEvery;
    Message beat;
    beat.type = MessageType::kBeat;
    cage::send(kSignerSocket, beat, -1, cage::kDontWait);
  }

  // What warden and init share, made before init.
  struct Lines {
    int sockets[2] = {-1, -1}, line[2] = {-1, -1}, in[2] = {-1, -1}, out[2] = {-1, -1},
        err[2] = {-1, -1};
  };

  void spawn_init() {
    const unsigned long all = ~0UL;
    sys::call(__NR_rt_sigprocmask, 2, &all, nullptr, 8);
    take_identity(context_.baseline);
    long e = sys::call(__NR_socketpair, 1, 5 | 02000000, 0, lines_.sockets);
    if (e >= 0) e = sys::call(__NR_socketpair, 1, 5 | 02000000, 0, lines_.line);
    if (e >= 0) e = sys::call(__NR_pipe2, lines_.in, 02000000);
    if (e >= 0) e = sys::call(__NR_pipe2, lines_.out, 02000000);
    if (e >= 0) e = sys::call(__NR_pipe2, lines_.err, 02000000);
    if (e < 0) fail(Step::kSpawn, e);
    int pidfd = -1;
    sys::CloneArgs args;
    args.flags = sys::kNewUser | sys::kNewNs | sys::kNewPid | sys::kNewIpc | sys::kNewUts |
                 sys::kNewCgroup | sys::kPidfd;  // the network: see cage/second.cc
    args.pidfd = reinterpret_cast<std::uintptr_t>(&pidfd);
    args.exit_signal = 17;
    long pid = sys::clone3(args);
    // Containers refuse clone3 as we do, because a filter cannot see its flags.
    if (pid == -38) pid = sys::call(__NR_clone, args.flags | 17, nullptr, &pidfd, nullptr, 0);
    if (pid < 0) {
      // Whether a policy accepts what can be had without, the plan will say.
      refused_ = pid;
      if (refusal_of_user_namespaces() == 0) fail(Step::kNamespaces, pid);
      next_beat_ = sys::monotonic_ns() + kBeatEvery;
      return;
    }
    if (pid == 0) become_init();
    hold_init(pid, pidfd);
  }

  [[noreturn]] void become_init() {
    context_.warden = lines_.sockets[1];
    context_.plan_fd = kPlanMemfd;
    context_.control = lines_.line[1];
    context_.streams[0] = lines_.in[0];
    context_.streams[1] = lines_.out[1];
    context_.streams[2] = lines_.err[1];
    sys::close(kSignerSocket);
    sys::close(lines_.sockets[0]);
    sys::close(lines_.line[0]);
    sys::close(lines_.in[1]);
    sys::close(lines_.out[0]);
    sys::close(lines_.err[0]);
    cage::be_init(context_);
  }

  void hold_init(long pid, int pidfd) {
    init_ = pid;
    init_pidfd_ = pidfd;
    init_socket_ = lines_.sockets[0];
    line_ = lines_.line[0];
    sys::close(lines_.sockets[1]);
    sys::close(lines_.line[1]);
    sys::close(lines_.out[1]);
    sys::close(lines_.err[1]);
    streams_.hold(lines_.in[1], lines_.in[0], lines_.out[0], lines_.err[0]);
    sys::prctl(PR_SET_DUMPABLE, 0);
    const long anchor = take_baseline(context_.baseline);
    if (anchor < 0) fail(Step::kSpawn, anchor);
    Message baseline;
    baseline.type = MessageType::kBaseline;
    __builtin_memcpy(baseline.body.bytes, &context_.baseline, sizeof context_.baseline);
    if (cage::send(init_socket_, baseline) < 0) fail(Step::kSpawn, -32);
    next_beat_ = sys::monotonic_ns() + kBeatEvery;
  }

  // A cage without namespaces, when the policy accepts all that it lacks.
  void go_bare() {
    const std::uint32_t accepted = plan_.header().accepted_layers;
    const bool knows = (accepted >> static_cast<unsigned>(wire::Layer::kUser) & 1U) != 0;
    for (unsigned i = 0; i < wire::kLayers; ++i) {
      const std::uint32_t bit = wire::kLostWithoutNamespaces & 1U << i;
      if ((accepted & bit) == bit) continue;
      fail(Step::kNamespaces, refused_, knows ? 1 + i : 0);
    }
    bare_ = true;
    context_.bare = true;
    if (const long e = own_.make(); e < 0) fail(Step::kScratch, e);
    for (std::size_t i = 0; i <= own_.inner_view().size(); ++i) {
      context_.scratch_path[i] = own_.inner()[i];
    }
    territory_.open(plan_, own_.inner_view());
    notices_.serve(territory_);
    if (const long e = adopt_orphans(); e < 0) fail(Step::kSpawn, e);
    int pidfd = -1;
    const long pid = sys::call(__NR_clone, sys::kPidfd | 17, nullptr, &pidfd, nullptr, 0);
    if (pid < 0) fail(Step::kSpawn, pid);
    if (pid == 0) become_init();
    hold_init(pid, pidfd);
    const long proc = sys::openat(sys::kAtFdcwd, "/proc", 010000000 | 0200000 | 02000000);
    if (proc < 0) fail(Step::kProc, proc);
    limits_.see_tree(static_cast<int>(proc), init_);
  }

  enum Slot { kSigner, kInit, kLine, kInitGone, kSize, kNotices, kStreams, kSlots = kStreams + 6 };

  void turn() {
    sys::PollFd fds[kSlots];
    fds[kSigner] = {kSignerSocket, sys::kPollIn, 0};
    fds[kInit] = {init_socket_, sys::kPollIn, 0};
    fds[kLine] = {line_, sys::kPollIn, 0};
    fds[kInitGone] = {init_pidfd_, sys::kPollIn, 0};
    fds[kSize] = {size_signal_, sys::kPollIn, 0};
    fds[kNotices] = {notices_.fd(), sys::kPollIn, 0};
    if (!hushed_) streams_.watch(fds + kStreams);
    const std::uint64_t now = sys::monotonic_ns();
    std::uint64_t until = next_beat_;
    if (deadline_ != 0 && !ended_ && deadline_ < until) until = deadline_;
    if (next_look_ != 0 && !ended_ && next_look_ < until) until = next_look_;
    sys::poll(fds, kSlots, until > now ? static_cast<std::int64_t>(until - now) : 0);

    if (fds[kLine].revents != 0) hear_program();
    if (fds[kInit].revents != 0) hear_init();
    if (fds[kSigner].revents != 0) hear_signer();
    if (fds[kInitGone].revents != 0) lose_init();
    if (fds[kSize].revents != 0) resize();
    if (fds[kNotices].revents != 0) answer_calls();
    if (!hushed_ && streams_.move(fds + kStreams) == Streams::Moved::kOverLimit) {
      exceed(Kind::kOutput);
    }
    keep_time();
    if (ended_ && notices_.holds()) tell_who_is_gone();
    if (!ended_ || hushed_) return;
    if (streams_.drain() == Streams::Moved::kOverLimit) exceed(Kind::kOutput);
    if (streams_.is_drained()) finish();
  }

  void keep_time() {
    const std::uint64_t now = sys::monotonic_ns();
    if (now >= next_beat_) {
      next_beat_ = now + kBeatEvery;
      Message beat;
      beat.type = MessageType::kBeat;
      if (init_socket_ >= 0) cage::send(init_socket_, beat, -1, cage::kDontWait);
      if (going_) cage::send(kSignerSocket, beat, -1, cage::kDontWait);
      if (notices_.holds()) tell_who_is_gone();
    }
    if (ended_ || !going_) return;
    if (deadline_ != 0 && now >= deadline_) exceed(Kind::kWall);
    if (next_look_ == 0 || now < next_look_) return;
    if (limits_.wants_reaped_disk() && init_socket_ >= 0) {
      Message ask;
      ask.type = MessageType::kBeat;
      ask.a = 1;
      cage::send(init_socket_, ask, -1, cage::kDontWait);
    }
    Kind over{};
    if (limits_.look(over)) exceed(over);
    next_look_ = sys::monotonic_ns() + limits_.interval();
  }

  // Over a limit the whole tree dies, with pid 1.
  void exceed(Kind kind) {
    if (end_.end != static_cast<std::uint32_t>(Ending::kWardenLost) && ended_ &&
        kind != Kind::kOutput) {
      return;
    }
    if (end_.end == static_cast<std::uint32_t>(Ending::kLimit)) return;
    end_.end = static_cast<std::uint32_t>(Ending::kLimit);
    end_.limit = static_cast<std::uint32_t>(kind);
    limits_.mark_hit(kind, kNoNumber);
    kill_cage();
  }

  // A few at a time: clocks, streams and the signer come in between.
  void answer_calls() {
    for (unsigned i = 0; i < kCallsATurn; ++i) {
      Message event;
      int program = -1;
      const Notices::Turn turn = notices_.next(event, program);
      if (turn == Notices::Turn::kIdle || turn == Notices::Turn::kLost) return;
      if (turn == Notices::Turn::kWish) tell_wish(event);
      if (turn != Notices::Turn::kEvent) continue;
      tell(event, program);
      if (program >= 0) sys::close(program);
    }
  }

  // A path is longer than a message.
  void tell_wish(Message message) {
    const std::string_view path = notices_.wish();
    wire::WishBody& body = message.body.wish;
    message.c = path.size();
    for (std::size_t at = 0; at < path.size(); at += body.size) {
      const std::size_t left = path.size() - at;
      body.size = static_cast<std::uint32_t>(left < wire::kWishPart ? left : wire::kWishPart);
      message.b = at;
      __builtin_memset(body.path, 0, sizeof body.path);
      __builtin_memcpy(body.path, path.data() + at, body.size);
      tell(message);
    }
  }

  void give(const Message& message, int file) {
    const int error = notices_.end_wish(message.a, file);
    if (file < 0) return;
    sys::close(file);
    Message given;
    given.type = MessageType::kGiven;
    given.a = message.a;
    given.b = error < 0 ? 3 : static_cast<std::uint64_t>(error);  // ESRCH: gone meanwhile
    tell(given);
  }

  void tell_who_is_gone() {
    while (const std::uint64_t id = notices_.take_gone()) {
      Message gone;
      gone.type = MessageType::kWithdrawn;
      gone.a = id;
      tell(gone);
    }
  }

  // While a person is asked nothing of the program reaches them, nor do their keys reach it.
  void fall_silent(std::uint64_t number) {
    if (!hushed_) streams_.terminal().lend();
    hushed_ = true;
    Message hushed;
    hushed.type = MessageType::kHushed;
    hushed.b = number;
    tell(hushed);
  }

  void speak_again() {
    if (!hushed_) return;
    hushed_ = false;
    streams_.terminal().take_back();
  }

  void resize() {
    char info[128];
    sys::read(size_signal_, info, sizeof info);
    streams_.terminal().pass_size();
  }

  void hear_signer() {
    Message message;
    int file = -1;
    const long e = cage::receive(kSignerSocket, message, cage::kDontWait, &file);
    if (e == -11) return;
    if (e < 0) abandon();
    if (message.type == MessageType::kGive) return give(message, file);
    if (file >= 0) sys::close(file);
    switch (message.type) {
      case MessageType::kPlan:
        if (planned_) abandon();
        planned_ = true;
        accept_plan(message);
        break;
      case MessageType::kGo:
        if (!ready_ || going_) abandon();
        going_ = true;
        go(message);
        break;
      case MessageType::kHush:
        message.a == 1 ? fall_silent(message.b) : speak_again();
        break;
      case MessageType::kSignal:
        if (!going_ || init_socket_ < 0) break;
        if (message.a == 18 && plan_.header().terminal != 0 && !hushed_) {  // SIGCONT: ours again
          streams_.terminal().enter_raw();
          streams_.terminal().pass_size();
        }
        cage::send(init_socket_, message, -1, cage::kDontWait);
        break;
      case MessageType::kKill:
        if (ended_) streams_.drop_all();
        if (!ended_) end_.end = static_cast<std::uint32_t>(Ending::kLeash);
        kill_cage();
        if (!going_) abandon();
        break;
      default:
        abandon();
    }
  }

  void accept_plan(const Message& message) {
    // Seals make the plan's bytes final before anybody reads them.
    constexpr long kSeals = 1 | 2 | 4 | 8;
    const long seals = sys::fcntl(kPlanMemfd, 1034);
    if (seals < 0 || (seals & kSeals) != kSeals) fail(Step::kPlan, -1);
    if (message.a == 0 || message.a > wire::kPlanMaxBytes) fail(Step::kPlan, -27);
    const long map = sys::call(__NR_mmap, nullptr, message.a, 1, 1, kPlanMemfd, 0);
    if (map < 0 && map > -4096) fail(Step::kPlan, map);
    if (!plan_.open(reinterpret_cast<const void*>(map), message.a)) fail(Step::kPlan, -22);
    if (refused_ < 0) go_bare();
    // Init builds by it while we make the groups of the limits.
    Message forward;
    forward.type = MessageType::kPlan;
    forward.a = message.a;
    tell_init(forward);
    const auto counting = bare_                        ? Limits::Counting::kUser
                          : context_.baseline.uid == 0 ? Limits::Counting::kNobody
                                                       : Limits::Counting::kCage;
    Kind failed{};
    if (const long e = limits_.open(plan_.header(), kPlanMemfd, counting, failed); e < 0) {
      fail(Step::kLimits, e, static_cast<std::uint64_t>(failed));
    }
    if (const long e = limits_.admit(init_socket_, init_); e < 0) {
      hear_all_of_init();  // why it is gone, if init said so
      fail(Step::kCgroup, e);
    }
    Message hold;
    hold.type = MessageType::kHold;
    hold.b = limits_.for_init();
    hold.c = limits_.interval() != 0 && !bare_ ? 1 : 0;
    tell_init(hold);
  }

  void tell_init(const Message& message) {
    if (cage::send(init_socket_, message) >= 0) return;
    hear_all_of_init();  // why it is gone, if init said so
    fail(Step::kPlan, -32);
  }

  void tell_limits() {
    for (unsigned i = 0; i < kKinds; ++i) {
      const Kind kind = static_cast<Kind>(i);
      if (!limits_.asked(kind)) continue;
      Message message;
      message.type = MessageType::kLimit;
      message.body.limit = limits_.report(kind);
      tell(message);
    }
  }

  [[nodiscard]] std::uint64_t asked(Kind kind) const {
    return limits_.asked(kind) ? limits_.report(kind).requested : kUnlimited;
  }

  void go(const Message& message) {
    started_ = sys::monotonic_ns();
    end_.started_ns = started_;
    end_.end = static_cast<std::uint32_t>(Ending::kWardenLost);
    std::uint64_t wall = message.a;
    const std::uint64_t own = asked(Kind::kWall);
    if (own != kUnlimited && (wall == 0 || own < wall)) wall = own;
    if (wall != 0) deadline_ = started_ + wall;
    Message forward;
    forward.type = MessageType::kGo;
    // Init's clock is a little longer: it is there for when this one hangs.
    forward.a = wall == 0 ? 0 : wall + 500000000;
    // Not before: what proves the cage opens files too.
    if (plan_.header().observe == 1) notices_.tell_files();
    if (plan_.header().observe == 2) notices_.tell_uses();
    if (plan_.header().asks != 0) notices_.hold(plan_);
    const bool terminal = plan_.header().terminal != 0;
    if (terminal) watch_size();
    streams_.open(terminal, asked(Kind::kOutput));
    if (sys::write(line_, "g", 1) != 1) abandon();
    // A program that is over already has taken init with it; that is heard elsewhere.
    cage::send(init_socket_, forward);
    if (limits_.interval() != 0) next_look_ = started_ + limits_.interval();
  }

  void watch_size() {
    const unsigned long mask = 1UL << (28 - 1);  // SIGWINCH
    const long fd = sys::call(__NR_signalfd4, -1, &mask, 8, 02000000 | 04000);
    if (fd >= 0) size_signal_ = static_cast<int>(fd);
  }

  void hear_init() {
    Message message;
    int fd = -1;
    const long e = cage::receive(init_socket_, message, cage::kDontWait, &fd);
    if (fd >= 0 && (e < 0 || message.type != MessageType::kHand)) sys::close(fd);
    if (e == -11) return;
    if (e < 0) {
      sys::close(init_socket_);
      init_socket_ = -1;
      return;
    }
    switch (message.type) {
      case MessageType::kBuilt:
        built_ = message;
        if (message.c != 0) limits_.leave_out(message.c);
        built_.c = 0;
        have_built_ = true;
        if (have_needs_) report_ready();
        break;
      case MessageType::kFailed:
        tell(message);
        reap_init();
        clear_up();
        limits_.close();
        sys::exit(1);
      case MessageType::kHand:
        if (fd < 0) abandon();
        if (message.a == 0) streams_.terminal().open(fd);
        if (message.a == 1) limits_.see(fd);
        if (message.a == 2) limits_.see_scratch(fd);
        if (message.a == 3) limits_.see_segments(fd);
        if (message.a == 4) notices_.listen(fd);
        break;
      case MessageType::kUsage:
        limits_.add_reaped_disk(message.a);
        break;
      case MessageType::kStopped:
        // By a key (SIGTSTP, SIGTTIN, SIGTTOU) the terminal goes back to the shell.
        if (message.a >= 20 && message.a <= 22) streams_.terminal().leave_raw();
        tell(message);
        break;
      case MessageType::kContinued:
        tell(message);
        break;
      case MessageType::kExited:
        exited(message);
        break;
      default:
        abandon();
    }
  }

  // The line to the program: first what it proved, after the word to go the errno of
  // a failed execve, or its end.
  void hear_program() {
    std::uint32_t word = 0;
    const long n = sys::read(line_, &word, sizeof word);
    if (n == -11 || n == -4) return;
    if (n == sizeof word && !have_needs_) {
      needs_ = word;
      have_needs_ = true;
      if ((needs_ & 15U) != 15U) fail(Step::kNeeds, -1, needs_);
      if (have_built_) report_ready();
      return;
    }
    if (n == sizeof word && going_) end_.exec_errno = static_cast<std::int32_t>(word);
    sys::close(line_);
    line_ = -1;
    if (going_) return;
    hear_all_of_init();  // why it is gone, if init said so
    fail(Step::kNeeds, -32);
  }

  void report_ready() {
    wire::LayersBody& layers = built_.body.built.layers;
    cage::add(layers, wire::Layer::kNeeds, cage::kProven, 0, 0, needs_ & 15U);
    bool time_known = false;
    for (std::uint32_t i = 0; i < layers.count && i < wire::kLayers; ++i) {
      time_known =
          time_known || layers.results[i].layer == static_cast<std::uint8_t>(wire::Layer::kTime);
    }
    if (!time_known) {
      // A machine that is up for a few seconds has no uptime to hide.
      const bool shifted = (needs_ & 16U) != 0;
      if (!shifted && context_.baseline.uptime_seconds > 5) fail(Step::kTime, -1);
      cage::add(layers, wire::Layer::kTime, shifted ? cage::kProven : cage::kActive, 0, 0);
    }
    Kind failed{};
    if (!limits_.accept(built_.body.built.rlimits, failed)) {
      fail(Step::kLimits, -34, static_cast<std::uint64_t>(failed));
    }
    tell_limits();
    ready_ = true;
    Message message = built_;
    message.type = MessageType::kReady;
    // With init's pidfd, so that the signer can wait for both of us at once.
    if (cage::send(kSignerSocket, message, init_pidfd_) < 0) abandon();
  }

  void exited(const Message& message) {
    if (line_ >= 0) hear_program();
    const auto status = static_cast<int>(message.a);
    end_.ended_ns = message.b;
    end_.leftover = message.c;
    if (end_.end == static_cast<std::uint32_t>(Ending::kWardenLost)) {
      end_.end =
          static_cast<std::uint32_t>(end_.exec_errno != 0 ? Ending::kNotRunnable : Ending::kExited);
    }
    if ((status & 0x7f) == 0) {
      end_.exit_code = status >> 8 & 0xff;
    } else {
      end_.signal = status & 0x7f;
      // The kernel's own word for a limit of one process.
      if (end_.signal == 24 && limits_.asked(Kind::kCpuTime)) over_by_signal(Kind::kCpuTime);
      if (end_.signal == 25 && limits_.asked(Kind::kDisk)) over_by_signal(Kind::kDisk);
    }
    close_cage();
  }

  void lose_init() {
    hear_all_of_init();
    sys::close(init_pidfd_);
    init_pidfd_ = -1;
    if (!going_) {
      // Init died while building: its own message would have come first.
      fail(Step::kSpawn, -3);
    }
    if (!ended_) {
      end_.ended_ns = sys::monotonic_ns();
      close_cage();
    }
  }

  void hear_all_of_init() {
    for (int i = 0; i < 16 && init_socket_ >= 0 && !ended_; ++i) hear_init();
  }

  void over_by_signal(Kind kind) {
    if (end_.end != static_cast<std::uint32_t>(Ending::kExited)) return;
    end_.end = static_cast<std::uint32_t>(Ending::kLimit);
    end_.limit = static_cast<std::uint32_t>(kind);
    limits_.mark_hit(kind, kNoNumber);
  }

  void close_cage() {
    ended_ = true;
    streams_.end_input();
    const bool told = end_.end == static_cast<std::uint32_t>(Ending::kLimit) ||
                      end_.end == static_cast<std::uint32_t>(Ending::kLeash);
    Kind over{};
    if (!told && limits_.is_over_at_end(over)) {
      end_.end = static_cast<std::uint32_t>(Ending::kLimit);
      end_.limit = static_cast<std::uint32_t>(over);
      limits_.mark_hit(over, kNoNumber);
    }
  }

  [[noreturn]] void finish() {
    if (bare_) {
      kill_cage();
      clear_up();
    }
    streams_.terminal().tidy();
    for (unsigned i = 0; i < 3; ++i) {
      Message message;
      message.type = MessageType::kStream;
      if (streams_.report(i, message.body.stream)) tell(message);
    }
    limits_.count_last();
    limits_.set_used(Kind::kWall, end_.ended_ns - end_.started_ns);
    limits_.set_used(Kind::kOutput, streams_.output_bytes());
    tell_limits();
    end_.hints = streams_.hints();
    end_.events_kept = notices_.kept();
    end_.events_repeated = notices_.repeated();
    end_.events_dropped = notices_.dropped();
    Message message;
    message.type = MessageType::kEnd;
    message.body.end = end_;
    tell(message);
    // The signer first: what is left to do here, nobody waits for.
    sys::call(__NR_sched_yield);
    kill_cage();
    // The signer waits for init itself; only a cgroup has to be empty before it goes.
    if (limits_.has_group()) {
      reap_init();
      limits_.close();
    }
    sys::exit(0);
  }

  cage::Context context_;
  wire::PlanReader plan_;
  Lines lines_;
  long refused_ = 0;   // why the kernel gives no namespaces, a negative errno
  bool bare_ = false;  // the cage has none
  OwnFolder own_;
  Territory territory_;
  long init_ = -1;
  int init_pidfd_ = -1;
  int init_socket_ = -1;
  int size_signal_ = -1;
  int line_ = -1;
  Message built_;
  bool have_built_ = false;
  std::uint32_t needs_ = 0;
  bool have_needs_ = false;
  bool planned_ = false;
  bool ready_ = false;
  bool going_ = false;
  bool ended_ = false;
  bool hushed_ = false;
  std::uint64_t next_beat_ = 0;
  std::uint64_t deadline_ = 0;
  std::uint64_t started_ = 0;
  std::uint64_t next_look_ = 0;
  wire::EndBody end_;
  Limits limits_;
  Notices notices_;
  Streams streams_;
};

// In the image's zero pages: untouched buffers cost nothing.
alignas(64) unsigned char room[sizeof(Warden)];

}  // namespace

[[noreturn]] void be_warden() noexcept {
  // Default-initialized: value-initializing would write all of the pumps' buffers.
  auto* warden = new (room) Warden;
  warden->run();
}

}  // namespace bailey::platform::warden
