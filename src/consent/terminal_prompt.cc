#include "consent/terminal_prompt.h"

#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/dir.h"
#include "codec/text.h"

namespace bailey::consent {
namespace {

constexpr std::size_t kMaxAnswer = 256;

// Line mode with echo while the question stands, whatever mode was there before.
class LineMode {
 public:
  explicit LineMode(int fd) noexcept : fd_(fd) {
    if (::tcgetattr(fd_, &before_) != 0) return;
    termios line = before_;
    line.c_lflag |= ICANON | ECHO | ISIG;
    line.c_iflag |= ICRNL;
    set_ = ::tcsetattr(fd_, TCSAFLUSH, &line) == 0;
  }
  LineMode(const LineMode&) = delete;
  LineMode& operator=(const LineMode&) = delete;
  ~LineMode() {
    if (set_) (void)::tcsetattr(fd_, TCSAFLUSH, &before_);
  }
  [[nodiscard]] bool is_set() const noexcept { return set_; }

 private:
  int fd_;
  termios before_{};
  bool set_ = false;
};

std::string question(const Ask& ask) {
  const std::string hex = codec::to_hex(ask.action.bytes);
  return "\r\nbailey asks before this runs:\r\n  what    " + codec::for_terminal(ask.what, 4096) +
         "\r\n  why     " + codec::for_terminal(ask.why, 600) + "\r\n  digest  " + hex +
         "\r\nAllow it once? [y/N] ";
}

bool is_yes(std::string_view line) {
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r' || line.back() == ' '))
    line.remove_suffix(1);
  return line == "y" || line == "Y" || line == "yes";
}

// One line, or what came of it when time ran out or the terminal went away.
std::string read_line(int fd, const Clock& clock, std::int64_t until_ns) {
  std::string line;
  while (line.size() < kMaxAnswer && line.find('\n') == std::string::npos) {
    const std::int64_t left_ms = (until_ns - clock.monotonic().ns) / 1'000'000;
    if (left_ms <= 0) return {};
    pollfd wait{fd, POLLIN, 0};
    const int ready = ::poll(&wait, 1, static_cast<int>(std::min<std::int64_t>(left_ms, 1'000)));
    if (ready < 0 && errno != EINTR) return {};
    if (ready <= 0) continue;
    char bytes[64];
    const ssize_t count = ::read(fd, bytes, sizeof bytes);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return {};
    line.append(bytes, static_cast<std::size_t>(count));
  }
  return line.ends_with('\n') ? line : std::string{};
}

}  // namespace

Result<TerminalPrompt> TerminalPrompt::open() {
  Fd terminal(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY));
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

TerminalAnswer TerminalPrompt::put(const Ask& ask, const Clock& clock, std::int64_t timeout_ns) {
  const TerminalAnswer no(PassKey<TerminalPrompt>(), ask, Answer::kDeny);
  const std::int64_t until = clock.monotonic().ns + timeout_ns;
  const int fd = terminal_.get();
  const LineMode mode(fd);
  if (!mode.is_set()) return no;
  if (!write_all(fd, as_bytes(question(ask)))) return no;
  // Only what is typed after the question was shown is an answer to it.
  (void)::tcflush(fd, TCIFLUSH);
  const bool yes = is_yes(read_line(fd, clock, until));
  (void)write_all(
      fd, as_bytes(yes ? std::string_view("allowed once\r\n") : std::string_view("no\r\n")));
  return yes ? TerminalAnswer(PassKey<TerminalPrompt>(), ask, Answer::kGrant) : no;
}

}  // namespace bailey::consent
