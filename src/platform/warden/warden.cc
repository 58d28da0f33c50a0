#include "platform/warden/warden.h"

#include <linux/prctl.h>

#include <new>

namespace bailey::platform::warden {
namespace {

using wire::Message;
using wire::MessageType;
using wire::Step;

enum class Ending : std::uint32_t { kExited, kNotRunnable, kLimit, kLeash, kWardenLost };
constexpr unsigned kWall = 0, kOutput = 7;
constexpr std::uint64_t kUnlimited = ~std::uint64_t{0};

class Warden {
 public:
  [[noreturn]] void run() {
    spawn_init();
    for (;;) turn();
  }

 private:
  void tell(const Message& message) {
    if (cage::send(kSignerSocket, message) < 0) abandon();
  }

  // The signer is gone: nobody would record what happens, so nothing happens.
  [[noreturn]] void abandon() {
    kill_cage();
    reap_init();
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

  void spawn_init() {
    const unsigned long all = ~0UL;
    sys::call(__NR_rt_sigprocmask, 2, &all, nullptr, 8);
    take_identity(context_.baseline);
    int sockets[2], line[2], in[2], out[2], err[2];
    long e = sys::call(__NR_socketpair, 1, 5 | 02000000, 0, sockets);
    if (e >= 0) e = sys::call(__NR_socketpair, 1, 5 | 02000000, 0, line);
    if (e >= 0) e = sys::call(__NR_pipe2, in, 02000000);
    if (e >= 0) e = sys::call(__NR_pipe2, out, 02000000);
    if (e >= 0) e = sys::call(__NR_pipe2, err, 02000000);
    if (e < 0) fail(Step::kSpawn, e);
    int pidfd = -1;
    sys::CloneArgs args;
    args.flags = sys::kNewUser | sys::kNewNs | sys::kNewPid | sys::kNewIpc | sys::kNewUts |
                 sys::kNewCgroup | sys::kPidfd;  // the network: see cage/second.cc
    args.pidfd = reinterpret_cast<std::uintptr_t>(&pidfd);
    args.exit_signal = 17;
    const long pid = sys::clone3(args);
    if (pid < 0) fail(Step::kNamespaces, pid);
    if (pid == 0) {
      context_.warden = sockets[1];
      context_.plan_fd = kPlanMemfd;
      context_.control = line[1];
      context_.streams[0] = in[0];
      context_.streams[1] = out[1];
      context_.streams[2] = err[1];
      sys::close(kSignerSocket);
      sys::close(sockets[0]);
      sys::close(line[0]);
      sys::close(in[1]);
      sys::close(out[0]);
      sys::close(err[0]);
      cage::be_init(context_);
    }
    init_ = pid;
    init_pidfd_ = pidfd;
    init_socket_ = sockets[0];
    line_ = line[0];
    sys::close(sockets[1]);
    sys::close(line[1]);
    sys::close(in[0]);
    sys::close(out[1]);
    sys::close(err[1]);
    program_in_ = in[1];
    program_out_ = out[0];
    program_err_ = err[0];
    sys::prctl(PR_SET_DUMPABLE, 0);
    const long anchor = take_baseline(context_.baseline);
    if (anchor < 0) fail(Step::kSpawn, anchor);
    Message baseline;
    baseline.type = MessageType::kBaseline;
    __builtin_memcpy(baseline.body.bytes, &context_.baseline, sizeof context_.baseline);
    if (cage::send(init_socket_, baseline) < 0) fail(Step::kSpawn, -32);
    sys::fcntl(program_in_, 4, 04000);  // O_NONBLOCK; these ends are ours alone
    sys::fcntl(program_out_, 4, 04000);
    sys::fcntl(program_err_, 4, 04000);
    next_beat_ = sys::monotonic_ns() + kBeatEvery;
  }

  enum Slot {
    kSigner,
    kInit,
    kLine,
    kInitGone,
    kInFrom,
    kInTo,
    kOutFrom,
    kOutTo,
    kErrFrom,
    kErrTo,
    kSlots
  };

  void turn() {
    sys::PollFd fds[kSlots];
    fds[kSigner] = {kSignerSocket, sys::kPollIn, 0};
    fds[kInit] = {init_socket_, sys::kPollIn, 0};
    fds[kLine] = {line_, sys::kPollIn, 0};
    fds[kInitGone] = {init_pidfd_, sys::kPollIn, 0};
    watch(fds, kInFrom, input_);
    watch(fds, kOutFrom, output_);
    watch(fds, kErrFrom, error_);
    const std::uint64_t now = sys::monotonic_ns();
    std::uint64_t until = next_beat_;
    if (deadline_ != 0 && deadline_ < until) until = deadline_;
    sys::poll(fds, kSlots, until > now ? static_cast<std::int64_t>(until - now) : 0);

    if (fds[kLine].revents != 0) hear_program();
    if (fds[kInit].revents != 0) hear_init();
    if (fds[kSigner].revents != 0) hear_signer();
    if (fds[kInitGone].revents != 0) lose_init();
    move(input_, fds[kInFrom].revents, fds[kInTo].revents, false);
    move(output_, fds[kOutFrom].revents, fds[kOutTo].revents, true);
    move(error_, fds[kErrFrom].revents, fds[kErrTo].revents, true);
    keep_time();
    if (ended_ && !output_.is_open() && !error_.is_open()) finish();
  }

  static void watch(sys::PollFd* fds, int slot, const Pump& pump) {
    if (pump.wants_read()) fds[slot] = {pump.from(), sys::kPollIn, 0};
    if (pump.wants_write()) fds[slot + 1] = {pump.to(), sys::kPollOut, 0};
  }

  void keep_time() {
    const std::uint64_t now = sys::monotonic_ns();
    if (now >= next_beat_) {
      next_beat_ = now + kBeatEvery;
      Message beat;
      beat.type = MessageType::kBeat;
      if (init_socket_ >= 0) cage::send(init_socket_, beat, -1, cage::kDontWait);
      if (going_) cage::send(kSignerSocket, beat, -1, cage::kDontWait);
    }
    if (deadline_ != 0 && now >= deadline_ && !ended_) exceed(kWall, now - started_);
  }

  void exceed(unsigned kind, std::uint64_t used) {
    if (ended_ || end_.end == static_cast<std::uint32_t>(Ending::kLimit)) return;
    end_.end = static_cast<std::uint32_t>(Ending::kLimit);
    end_.limit = kind;
    (void)used;
    kill_cage();
  }

  void hear_signer() {
    Message message;
    const long e = cage::receive(kSignerSocket, message, cage::kDontWait);
    if (e == -11) return;
    if (e < 0) abandon();
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
      case MessageType::kSignal:
        if (going_ && init_socket_ >= 0) cage::send(init_socket_, message);
        break;
      case MessageType::kKill:
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
    if (cage::send(init_socket_, message) < 0) fail(Step::kPlan, -32);
  }

  [[nodiscard]] std::uint64_t limit(unsigned kind) const {
    const bool asked = (plan_.header().limits_present >> kind & 1U) != 0;
    return asked ? plan_.header().limits[kind] : kUnlimited;
  }

  void go(const Message& message) {
    started_ = sys::monotonic_ns();
    end_.started_ns = started_;
    end_.end = static_cast<std::uint32_t>(Ending::kWardenLost);
    std::uint64_t wall = message.a;
    if (limit(kWall) != kUnlimited && (wall == 0 || limit(kWall) < wall)) wall = limit(kWall);
    if (wall != 0) deadline_ = started_ + wall;
    Message forward;
    forward.type = MessageType::kGo;
    // Init's clock is a little longer: it is there for when this one hangs.
    forward.a = wall == 0 ? 0 : wall + 500000000;
    if (sys::write(line_, "g", 1) != 1) abandon();
    if (cage::send(init_socket_, forward) < 0) abandon();
    output_left_ = limit(kOutput);
    input_.open(0, program_in_, kPumpBytes);
    output_.open(program_out_, 1, chunk_of(1));
    error_.open(program_err_, 2, chunk_of(2));
  }

  static std::size_t chunk_of(int fd) {
    sys::Stat stat;
    const bool file =
        sys::fstatat(fd, "", &stat, sys::kAtEmptyPath) == 0 && (stat.mode & 0170000) == 0100000;
    return file ? kPumpBytes : 4096;
  }

  void hear_init() {
    Message message;
    int fd = -1;
    const long e = cage::receive(init_socket_, message, cage::kDontWait, &fd);
    if (fd >= 0 && message.type != MessageType::kTerminal) sys::close(fd);
    if (e == -11) return;
    if (e < 0) {
      sys::close(init_socket_);
      init_socket_ = -1;
      return;
    }
    switch (message.type) {
      case MessageType::kBuilt:
        built_ = message;
        have_built_ = true;
        if (have_needs_) report_ready();
        break;
      case MessageType::kFailed:
        tell(message);
        reap_init();
        sys::exit(1);
      case MessageType::kTerminal:
        terminal_ = fd;
        break;
      case MessageType::kStopped:
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
    if (!going_) fail(Step::kNeeds, -32);
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
    ready_ = true;
    Message message = built_;
    message.type = MessageType::kReady;
    tell(message);
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

  // Nobody of the cage is left to read or write.
  void close_cage() {
    ended_ = true;
    give_back_input();
    input_.stop_reading();
    input_.drop();
  }

  // What a seekable standard input had too much of, the next reader shall find.
  void give_back_input() {
    int in_pipe = 0;
    sys::ioctl(program_in_, 0x541b, &in_pipe);  // FIONREAD
    const long unread = static_cast<long>(input_.waiting()) + in_pipe;
    if (unread > 0) sys::call(__NR_lseek, 0, -unread, 1);
    sys::close(program_in_);
    program_in_ = -1;
  }

  void move(Pump& pump, int readable, int writable, bool from_program) {
    if (readable != 0 && pump.wants_read()) {
      const std::uint64_t most = from_program ? output_left_ : kUnlimited;
      std::uint8_t extra = 0;
      long n;
      if (most == 0) {
        n = sys::read(pump.from(), &extra, 1);
        if (n > 0) {
          exceed(kOutput, 0);
          pump.stop_reading();
          return;
        }
      } else {
        n = pump.fill(most);
      }
      if (n > 0) {
        if (from_program && output_left_ != kUnlimited)
          output_left_ -= static_cast<std::uint64_t>(n);
        pump.drain();
        if (!pump.wants_write()) return;
      } else if (n != -11 && n != -4) {
        end_of_stream(pump, from_program);
      }
    }
    if (writable != 0 && pump.wants_write()) {
      if (pump.drain() < 0) broken(pump, from_program);
    }
  }

  void end_of_stream(Pump& pump, bool from_program) {
    pump.stop_reading();
    if (!from_program && program_in_ >= 0 && !ended_) {
      sys::close(program_in_);
      program_in_ = -1;
    }
  }

  // The reader of the other side went away: let the writer see it.
  void broken(Pump& pump, bool from_program) {
    if (from_program) sys::close(pump.from());
    pump.stop_reading();
    pump.drop();
  }

  [[noreturn]] void finish() {
    constexpr int kPumps = 3;
    Pump* pumps[kPumps] = {&input_, &output_, &error_};
    for (std::uint32_t i = 0; i < kPumps; ++i) {
      Message message;
      message.type = MessageType::kStream;
      message.body.stream.stream = i;
      message.body.stream.bytes = pumps[i]->bytes();
      pumps[i]->finish(message.body.stream.digest);
      tell(message);
    }
    Message message;
    message.type = MessageType::kEnd;
    message.body.end = end_;
    tell(message);
    kill_cage();
    reap_init();
    sys::exit(0);
  }

  cage::Context context_;
  wire::PlanReader plan_;
  long init_ = -1;
  int init_pidfd_ = -1;
  int init_socket_ = -1;
  int program_in_ = -1;
  int program_out_ = -1;
  int program_err_ = -1;
  int terminal_ = -1;
  int line_ = -1;
  Message built_;
  bool have_built_ = false;
  std::uint32_t needs_ = 0;
  bool have_needs_ = false;
  bool planned_ = false;
  bool ready_ = false;
  bool going_ = false;
  bool ended_ = false;
  std::uint64_t next_beat_ = 0;
  std::uint64_t deadline_ = 0;
  std::uint64_t started_ = 0;
  std::uint64_t output_left_ = kUnlimited;
  wire::EndBody end_;
  Pump input_, output_, error_;
};

// In the image's zero pages: untouched buffers cost nothing.
alignas(64) unsigned char room[sizeof(Warden)];

}  // namespace

[[noreturn]] void be_warden() noexcept {
  auto* warden = new (room) Warden();
  warden->run();
}

}  // namespace bailey::platform::warden
