#include "consent/terminal_prompt.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/dir.h"
#include "codec/text.h"

namespace bailey::consent {
namespace {

using How = TerminalAnswer::How;

constexpr std::size_t kMaxAnswer = 256;
constexpr std::int64_t kQuietNs = 500'000'000;       // without a key, before an answer counts
constexpr std::int64_t kPatienceNs = 1'000'000'000;  // for a terminal that takes no output
constexpr int kTickMs = 100;

std::string question(const Ask& ask, Moment moment) {
  const std::string hex = codec::to_hex(ask.action.bytes);
  const std::string_view head = moment == Moment::kBefore
                                    ? "bailey asks before this runs:"
                                    : "bailey asks; the program waits, and its time runs on:";
  return "\r\n" + std::string(head) + "\r\n  what    " + codec::for_terminal(ask.what, 4096) +
         "\r\n  why     " + codec::for_terminal(ask.why, 600) + "\r\n  digest  " + hex + "\r\n";
}

std::string_view call_to_answer(Moment moment) {
  return moment == Moment::kBefore ? "Allow it once? [y/N] " : "Allow it for this run? [y/N] ";
}

bool is_yes(std::string_view line) {
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r' || line.back() == ' '))
    line.remove_suffix(1);
  return line == "y" || line == "Y" || line == "yes";
}

std::int64_t after(std::int64_t from, std::int64_t span) {
  std::int64_t sum = 0;
  return __builtin_add_overflow(from, span, &sum) ? INT64_MAX : sum;
}

bool is_readable(int fd, int wait_ms) {
  pollfd wait{fd, POLLIN, 0};
  return ::poll(&wait, 1, wait_ms) > 0;
}

}  // namespace

TerminalQuestion::TerminalQuestion(Fd terminal, Ask ask, Moment moment, MonoTime now,
                                   std::int64_t timeout_ns)
    : terminal_(std::move(terminal)),
      ask_(std::move(ask)),
      moment_(moment),
      has_before_(::tcgetattr(terminal_.get(), &before_) == 0),
      quiet_since_ns_(now.ns),
      until_ns_(after(now.ns, timeout_ns)) {
  // Key by key while it settles: half a line that was typed would not be seen otherwise.
  broken_ = !has_before_ ||
            !set_mode(moment_ == Moment::kBefore ? Keys::kLines : Keys::kOneByOne) ||
            !show(question(ask_, moment_));
  if (!broken_ && moment_ == Moment::kBefore) ask_for_answer();
}

TerminalQuestion::~TerminalQuestion() {
  if (!has_before_) return;
  (void)::tcflush(terminal_.get(), TCIFLUSH);
  (void)::tcsetattr(terminal_.get(), TCSANOW, &before_);
}

// Lines with echo while an answer is awaited, whatever mode was there before.
bool TerminalQuestion::set_mode(Keys keys) {
  termios mode = before_;
  mode.c_lflag |= ISIG;
  mode.c_iflag |= ICRNL;
  mode.c_oflag |= OPOST;
  if (keys == Keys::kLines) {
    mode.c_lflag |= ICANON | ECHO;
  } else {
    mode.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    mode.c_cc[VMIN] = 1;
    mode.c_cc[VTIME] = 0;
  }
  // Nobody is to stop us while a program waits.
  if (moment_ == Moment::kDuring) mode.c_cc[VSUSP] = _POSIX_VDISABLE;
  // Not TCSAFLUSH, which waits for output: a terminal may have been stopped with ^S.
  if (::tcsetattr(terminal_.get(), TCSANOW, &mode) != 0) return false;
  (void)::tcflush(terminal_.get(), TCIFLUSH);
  return true;
}

// False when the terminal does not take it.
bool TerminalQuestion::show(std::string_view text) {
  for (std::int64_t waited = 0; !text.empty();) {
    const ssize_t count = ::write(terminal_.get(), text.data(), text.size());
    if (count > 0) {
      text.remove_prefix(static_cast<std::size_t>(count));
      continue;
    }
    if (count < 0 && errno != EINTR && errno != EAGAIN) return false;
    if (waited >= kPatienceNs) return false;
    pollfd wait{terminal_.get(), POLLOUT, 0};
    (void)::poll(&wait, 1, kTickMs);
    waited += std::int64_t{kTickMs} * 1'000'000;
  }
  return true;
}

void TerminalQuestion::ask_for_answer() {
  phase_ = Phase::kAsking;
  broken_ = broken_ || !set_mode(Keys::kLines) || !show(call_to_answer(moment_));
  // Only what is typed after the question was shown is an answer to it.
  if (moment_ == Moment::kBefore) (void)::tcflush(terminal_.get(), TCIFLUSH);
}

std::optional<TerminalAnswer> TerminalQuestion::look(MonoTime now) {
  if (phase_ == Phase::kOver) return std::nullopt;
  if (broken_) return end(Answer::kDeny, How::kSilence, {});
  if (now.ns >= until_ns_) return end(Answer::kDeny, How::kSilence, "no answer\r\n");
  const int fd = terminal_.get();
  if (phase_ == Phase::kSettling) {
    if (is_readable(fd, 0)) {
      char bytes[256];
      const ssize_t count = ::read(fd, bytes, sizeof bytes);
      if (count == 0 || (count < 0 && errno != EINTR && errno != EAGAIN))
        return end(Answer::kDeny, How::kSilence, {});
      quiet_since_ns_ = now.ns;
    }
    if (now.ns - quiet_since_ns_ >= kQuietNs) ask_for_answer();
    return std::nullopt;
  }
  while (is_readable(fd, 0)) {
    char bytes[64];
    const ssize_t count = ::read(fd, bytes, sizeof bytes);
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) return std::nullopt;
    if (count <= 0) return end(Answer::kDeny, How::kTyped, "no\r\n");
    line_.append(bytes, static_cast<std::size_t>(count));
    if (line_.find('\n') == std::string::npos && line_.size() < kMaxAnswer) continue;
    const bool yes = line_.ends_with('\n') && is_yes(line_);
    if (!yes) return end(Answer::kDeny, How::kTyped, "no\r\n");
    return end(Answer::kGrant, How::kTyped,
               moment_ == Moment::kBefore ? "allowed once\r\n" : "allowed for this run\r\n");
  }
  return std::nullopt;
}

TerminalAnswer TerminalQuestion::give_up(std::string_view why) {
  return end(Answer::kDeny, How::kSilence, why.empty() ? std::string() : std::string(why) + "\r\n");
}

TerminalAnswer TerminalQuestion::end(Answer answer, TerminalAnswer::How how,
                                     std::string_view shown) {
  phase_ = Phase::kOver;
  if (!broken_ && !shown.empty()) (void)show(shown);
  return {PassKey<TerminalQuestion>(), ask_, answer, how};
}

Result<TerminalPrompt> TerminalPrompt::open() {
  Fd terminal(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!terminal)
    return fail("approval.no_terminal", "there is no terminal to ask on",
                "run it from a terminal, or answer with 'bailey approve'");
  return on(std::move(terminal));
}

Result<TerminalPrompt> TerminalPrompt::on(Fd terminal) {
  if (::isatty(terminal.get()) != 1)
    return fail("approval.no_terminal", "there is no terminal to ask on");
  // Reading from the background would stop us instead of asking.
  const pid_t foreground = ::tcgetpgrp(terminal.get());
  if (foreground >= 0 && foreground != ::getpgrp())
    return fail("approval.no_terminal", "bailey is in the background of this terminal",
                "bring it to the foreground, or answer with 'bailey approve'");
  return TerminalPrompt(std::move(terminal));
}

std::unique_ptr<TerminalQuestion> TerminalPrompt::begin(Ask ask, Moment moment, const Clock& clock,
                                                        std::int64_t timeout_ns) && {
  return std::make_unique<TerminalQuestion>(std::move(terminal_), std::move(ask), moment,
                                            clock.monotonic(), timeout_ns);
}

TerminalAnswer TerminalPrompt::put(const Ask& ask, const Clock& clock, std::int64_t timeout_ns) {
  TerminalQuestion question(std::move(terminal_), ask, Moment::kBefore, clock.monotonic(),
                            timeout_ns);
  for (;;) {
    if (auto answer = question.look(clock.monotonic())) return *std::move(answer);
    (void)is_readable(question.fd(), kTickMs);
  }
}

}  // namespace bailey::consent
