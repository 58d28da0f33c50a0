#include "platform/warden_cage.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <functional>
#include <stop_token>
#include <string>

#include "base/dir.h"
#include "effect/process/plan.h"
#include "effect/process/plan_builder.h"
#include "platform/cage_words.h"

namespace bailey::platform {

namespace process = effect::process;
using process::Message;
using process::MessageType;

namespace {

constexpr int kTick = 200;                         // ms between looks at the watch, at most
constexpr std::int64_t kWatchEvery = 20'000'000;   // ns between them, at least
constexpr std::int64_t kPatience = 2'000'000'000;  // ns without a word of the warden

std::int64_t now_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

// The symlinks of the host's top level ("/bin" -> "usr/bin") are made again inside.
std::vector<std::string> top_links(const process::CageSpec& spec) {
  std::vector<std::string> links(spec.views.size());
  for (std::size_t i = 0; i < spec.views.size(); ++i) {
    const process::View& view = spec.views[i];
    if (view.source != view.target || view.source.find('/', 1) != std::string::npos) continue;
    char text[256];
    const ssize_t n = readlink(view.source.c_str(), text, sizeof text);
    if (n > 0 && n < static_cast<ssize_t>(sizeof text)) {
      links[i].assign(text, static_cast<std::size_t>(n));
    }
  }
  return links;
}

// Signals that are passed on, blocked in this thread while the run lasts.
class PassedSignals {
 public:
  PassedSignals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int s : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGTSTP, SIGCONT}) {
      sigaddset(&set, s);
    }
    pthread_sigmask(SIG_BLOCK, &set, &before_);
    fd_ = Fd(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  }
  ~PassedSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  PassedSignals(const PassedSignals&) = delete;
  PassedSignals& operator=(const PassedSignals&) = delete;
  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] int take() {
    signalfd_siginfo info{};
    return read(fd_.get(), &info, sizeof info) == sizeof info ? static_cast<int>(info.ssi_signo)
                                                              : 0;
  }

 private:
  sigset_t before_{};
  Fd fd_;
};

// The settings of the user's terminal, put back when the warden could not.
class TerminalKeeper {
 public:
  explicit TerminalKeeper(bool wanted) {
    for (int fd = 0; wanted && fd < 3 && fd_ < 0; ++fd) {
      if (tcgetattr(fd, &before_) == 0) fd_ = fd;
    }
  }
  void restore() const {
    if (fd_ < 0) return;
    sigset_t block, before;
    sigemptyset(&block);
    sigaddset(&block, SIGTTOU);
    pthread_sigmask(SIG_BLOCK, &block, &before);
    tcsetattr(fd_, TCSADRAIN, &before_);
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

 private:
  int fd_ = -1;
  termios before_{};
};

bool is_job_control(int signal) {
  return signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
}

// Whether we are the job in front of a terminal, with a parent in the same session
// that can bring us back.
bool has_shell() {
  const Fd terminal(open("/dev/tty", O_RDONLY | O_CLOEXEC | O_NOCTTY));
  return terminal && tcgetpgrp(terminal.get()) == getpgrp() && getsid(getppid()) == getsid(0) &&
         getpgid(getppid()) != getpgrp();
}

}  // namespace

WardenCage::~WardenCage() {
  if (pid_ <= 0) return;
  // Closing the socket tells the warden to take the cage down and leave; it gets a
  // moment for that, then it is killed, and init follows it.
  socket_.reset();
  pollfd gone{pidfd_.get(), POLLIN, 0};
  if (poll(&gone, 1, 1000) <= 0) kill_warden();
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  // Init dies with its warden at the latest; a cage is gone when its init is.
  if (!init_pidfd_) return;
  pollfd init{init_pidfd_.get(), POLLIN, 0};
  if (poll(&init, 1, 3000) <= 0) {
    syscall(SYS_pidfd_send_signal, init_pidfd_.get(), SIGKILL, nullptr, 0U);
    (void)poll(&init, 1, 1000);
  }
}

void WardenCage::kill_warden() noexcept {
  syscall(SYS_pidfd_send_signal, pidfd_.get(), SIGKILL, nullptr, 0U);
}

Status WardenCage::send(const Message& message, int file) {
  // An iovec is for reading and writing. NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast)
  iovec vector{const_cast<Message*>(&message), sizeof message};
  alignas(cmsghdr) char room[CMSG_SPACE(sizeof(int))] = {};
  msghdr header{};
  header.msg_iov = &vector;
  header.msg_iovlen = 1;
  if (file >= 0) {
    header.msg_control = room;
    header.msg_controllen = sizeof room;
    cmsghdr* control = CMSG_FIRSTHDR(&header);
    control->cmsg_level = SOL_SOCKET;
    control->cmsg_type = SCM_RIGHTS;
    control->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(control), &file, sizeof file);
  }
  const ssize_t n = ::sendmsg(socket_.get(), &header, MSG_NOSIGNAL);
  if (n == static_cast<ssize_t>(sizeof message)) return {};
  state_ = State::kOver;
  return fail("cage.warden", "the warden is gone", "run bailey doctor");
}

Result<bool> WardenCage::receive(Message& message, int timeout_ms) {
  pollfd fd{socket_.get(), POLLIN, 0};
  const int ready = poll(&fd, 1, timeout_ms);
  if (ready == 0 || (ready < 0 && errno == EINTR)) return false;
  iovec vector{&message, sizeof message};
  alignas(cmsghdr) char room[CMSG_SPACE(sizeof(int))];
  auto take = [&](msghdr& header) {
    header.msg_iov = &vector;
    header.msg_iovlen = 1;
    header.msg_control = room;
    header.msg_controllen = sizeof room;
    return recvmsg(socket_.get(), &header, MSG_TRUNC | MSG_CMSG_CLOEXEC);
  };
  msghdr header{};
  ssize_t n = take(header);
  // Told once when the warden left without reading all we sent; its last words follow.
  if (n < 0 && errno == ECONNRESET) n = take(header);
  if (n < 0 && (errno == EINTR || errno == EAGAIN)) return false;
  came_with_.reset();
  if (n > 0) {
    const cmsghdr* control = CMSG_FIRSTHDR(&header);
    if (control != nullptr && control->cmsg_level == SOL_SOCKET &&
        control->cmsg_type == SCM_RIGHTS && control->cmsg_len == CMSG_LEN(sizeof(int))) {
      int came = -1;
      std::memcpy(&came, CMSG_DATA(control), sizeof came);
      came_with_ = Fd(came);
    }
  }
  if (n <= 0 || !process::is_sound(message, static_cast<std::size_t>(n))) {
    state_ = State::kOver;
    return fail("cage.warden", "the warden is gone", "run bailey doctor");
  }
  return true;
}

Status WardenCage::furnish(const process::CageSpec& spec) {
  if (state_ != State::kRaised) return fail("cage.plan", "the cage is furnished already");
  has_terminal_ = spec.terminal == process::Terminal::kPty;
  observe_ = spec.observe;
  asks_ = !spec.asks.empty();
  blob_ = BAILEY_TRY(process::build_plan(spec, top_links(spec)));
  BAILEY_TRY(write_all(plan_.get(), blob_));
  if (fcntl(plan_.get(), F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) !=
      0) {
    return fail("cage.plan", std::string("the plan cannot be sealed: ") + strerror(errno));
  }
  plan_.reset();
  Message message;
  message.type = MessageType::kPlan;
  message.a = blob_.size();
  const Status sent = send(message);
  // Woken where we run, it would wait until the intent goes to disk; all wait for its cage.
  sched_yield();
  state_ = State::kFurnished;
  if (sent) return {};
  // It may have said why it left before we spoke.
  Message last;
  for (;;) {
    const Result<bool> came = receive(last, 100);
    if (!came || !*came) return sent;
    if (last.type == MessageType::kFailed) return explain(last);
  }
}

std::unexpected<Error> WardenCage::explain(const Message& failed) const {
  std::string place;
  process::PlanReader plan;
  if (plan.open(blob_.data(), blob_.size()) && failed.c < plan.header().places) {
    const auto& entry = plan.place(static_cast<std::uint32_t>(failed.c));
    place = std::string(plan.view(entry.target));
  }
  return std::unexpected(words::setup_error(failed, place));
}

Result<process::Readiness> WardenCage::await_ready() {
  if (state_ != State::kFurnished) return fail("cage.setup", "the cage has no plan");
  process::Readiness readiness;
  Message message;
  const std::int64_t until = now_ns() + 10'000'000'000;
  for (;;) {
    const std::int64_t left = (until - now_ns()) / 1'000'000;
    if (left <= 0) return fail("cage.setup", "the cage did not stand within ten seconds");
    if (!BAILEY_TRY(receive(message, static_cast<int>(left)))) continue;
    switch (message.type) {
      case MessageType::kLimit:
        readiness.limits.push_back(words::limit(message.body.limit));
        break;
      case MessageType::kBeat:
        break;
      case MessageType::kFailed:
        state_ = State::kOver;
        return explain(message);
      case MessageType::kReady:
        init_pidfd_ = std::move(came_with_);
        readiness.observe = observe_;
        readiness.asks = asks_;
        words::add_layers(message.body.built.layers, readiness.layers);
        if (message.b != 0)
          readiness.deaf_because = words::deaf_because(static_cast<int>(message.b));
        state_ = State::kReady;
        return readiness;
      default:
        state_ = State::kOver;
        return fail("cage.warden", "the warden speaks out of turn");
    }
  }
}

Status WardenCage::tell_decisions(process::WishDesk& wishes) {
  while (auto answer = wishes.next()) {
    Message give;
    give.type = MessageType::kGive;
    give.a = answer->id;
    BAILEY_TRY(send(give, answer->file.get()));
  }
  if (wishes.wants_silence() == silenced_) {
    if (hushed_) wishes.hushed();  // one question after the other, with no word between them
    return {};
  }
  silenced_ = !silenced_;
  hushed_ = false;
  Message hush;
  hush.type = MessageType::kHush;
  hush.a = silenced_ ? 1 : 0;
  hush.b = ++hush_number_;
  return send(hush);
}

Status WardenCage::take_wish(const Message& message, process::WishDesk& wishes) {
  const process::WishBody& body = message.body.wish;
  if (message.b == 0) wish_.clear();
  if (message.c > process::kWishPath || message.b != wish_.size() || body.size == 0 ||
      body.size > process::kWishPart || body.size > message.c - message.b)
    return fail("cage.warden", "the warden speaks out of turn");
  wish_.append(body.path, body.size);
  if (wish_.size() < message.c) return {};
  process::Wish wish{message.a, std::move(wish_), body.pid,
                     std::string(body.program, strnlen(body.program, sizeof body.program))};
  wish_.clear();
  wishes.take(std::move(wish));
  return {};
}

Result<process::CageEnd> WardenCage::run(const Leash& leash, process::Watch& watch,
                                         process::EventSink& events, process::WishDesk& wishes) {
  if (state_ != State::kReady) return fail("cage.setup", "the cage is not ready");
  state_ = State::kOver;
  PassedSignals signals;
  Fd stop_event(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  const std::stop_callback on_stop(leash.stop(), [&stop_event] {
    const std::uint64_t one = 1;
    (void)!write(stop_event.get(), &one, sizeof one);
  });

  const TerminalKeeper terminal(has_terminal_);
  Message go;
  go.type = MessageType::kGo;
  // The deadline itself is kept below; the warden and init get it as their own clock.
  const std::int64_t budget = leash.deadline().ns - now_ns();
  if (budget <= 0 || leash.stop_requested() || watch.must_stop()) {
    kill_warden();
    process::CageEnd end;
    end.end = process::End::kLeash;
    return end;
  }
  const bool bounded = leash.deadline().ns != INT64_MAX;
  go.a = bounded ? static_cast<std::uint64_t>(budget) + 1'000'000'000 : 0;
  BAILEY_TRY(send(go));

  process::CageEnd end;
  bool killing = false;
  std::int64_t heard = now_ns();
  std::int64_t watched = heard;
  auto kill_cage = [&] {
    if (killing) return;
    killing = true;
    Message kill;
    kill.type = MessageType::kKill;
    if (!send(kill)) kill_warden();
  };
  for (;;) {
    const std::int64_t now = now_ns();
    events.look_at_the_clock();
    if (now >= leash.deadline().ns || leash.stop_requested()) kill_cage();
    // Looked at again and again, but not for each of the words that come at once at the end.
    if (now - watched >= kWatchEvery && !killing) {
      watched = now;
      if (watch.must_stop()) kill_cage();
    }
    if (killing) wishes.close();
    // A socket that is gone is heard of below.
    (void)tell_decisions(wishes);
    // A starved signer may have words of a healthy warden waiting: those count first.
    pollfd waiting{socket_.get(), POLLIN, 0};
    if (now - heard > kPatience && poll(&waiting, 1, 0) <= 0) {
      // Stopped or starved: init has lost its patience too. The end is told as such.
      kill_warden();
      terminal.restore();
      end.end = killing ? process::End::kLeash : process::End::kWardenLost;
      end.ended_mono_ns = static_cast<std::uint64_t>(now);
      return end;
    }
    std::int64_t wait = kTick;
    if (!killing && leash.deadline().ns != INT64_MAX) {
      wait = std::min<std::int64_t>(wait, (leash.deadline().ns - now) / 1'000'000 + 1);
    }
    pollfd fds[4] = {{socket_.get(), POLLIN, 0},
                     {signals.fd(), POLLIN, 0},
                     {killing ? -1 : stop_event.get(), POLLIN, 0},
                     {wishes.listens_on(), POLLIN, 0}};
    if (poll(fds, 4, static_cast<int>(wait)) <= 0) continue;
    if (fds[1].revents != 0) {
      for (int s = signals.take(); s != 0; s = signals.take()) {
        if (s != SIGCONT && s != SIGUSR1 && s != SIGUSR2) wishes.interrupt();
        Message pass;
        pass.type = MessageType::kSignal;
        pass.a = static_cast<std::uint64_t>(s);
        if (!send(pass)) break;
      }
    }
    if (fds[0].revents == 0) continue;
    Message message;
    const Result<bool> came = receive(message, 0);
    if (!came) {
      kill_warden();
      terminal.restore();
      end.end = killing ? process::End::kLeash : process::End::kWardenLost;
      end.ended_mono_ns = static_cast<std::uint64_t>(now_ns());
      return end;
    }
    if (!*came) continue;
    heard = now_ns();
    switch (message.type) {
      case MessageType::kBeat:
      case MessageType::kContinued:
        break;
      case MessageType::kStopped: {
        // Where a shell watches it must see us stopped; when it lets us go on, so does
        // the program. Without a shell to bring it back a stop key does nothing, as in
        // any orphaned group. A program that stops itself stops nobody: its clock runs.
        if (!is_job_control(static_cast<int>(message.a))) break;
        if (has_shell()) kill(getpid(), SIGSTOP);
        heard = now_ns();
        Message go_on;
        go_on.type = MessageType::kSignal;
        go_on.a = SIGCONT;
        (void)!send(go_on);
        break;
      }
      case MessageType::kEvent: {
        model::Event event = words::event(message.body.event);
        const auto& body = message.body.event;
        event.program_digest =
            programs_.of({body.device, body.inode, body.version}, std::move(came_with_));
        events.take(std::move(event));
        break;
      }
      case MessageType::kWish:
        if (!take_wish(message, wishes)) {
          kill_warden();
          return fail("cage.warden", "the warden speaks out of turn");
        }
        break;
      case MessageType::kGiven:
        wishes.delivered(message.a, static_cast<int>(std::min<std::uint64_t>(message.b, 4095)));
        break;
      case MessageType::kWithdrawn:
        wishes.withdraw(message.a);
        break;
      case MessageType::kHushed:
        // An answer to an earlier word says nothing: the streams may have gone on since.
        hushed_ = silenced_ && message.b == hush_number_;
        break;
      case MessageType::kStream:
        end.streams.push_back(words::stream(message.body.stream));
        break;
      case MessageType::kLimit:
        end.limits.push_back(words::limit(message.body.limit));
        break;
      case MessageType::kEnd:
        words::finish(message.body.end, end);
        return end;
      default:
        kill_warden();
        return fail("cage.warden", "the warden speaks out of turn");
    }
  }
}

}  // namespace bailey::platform
