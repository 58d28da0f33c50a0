#include "platform/warden/terminal.h"

#include <string_view>

namespace bailey::platform::warden {

namespace sys = cage::sys;

namespace {
constexpr unsigned long kGet = 0x5401, kSet = 0x5402, kSetDrained = 0x5403, kGetGroup = 0x540f,
                        kGetSize = 0x5413, kSetSize = 0x5414;
}  // namespace

void Terminal::open(int master) noexcept {
  master_ = master;
  for (const int fd : {0, 1, 2}) {
    if (user_ < 0 && sys::ioctl(fd, kGet, &before_) == 0) user_ = fd;
  }
  if (user_ < 0) return;
  sys::ioctl(master_, kSet, &before_);
  pass_size();
}

void Terminal::pass_size() noexcept {
  std::uint16_t size[4] = {};
  if (user_ >= 0 && sys::ioctl(user_, kGetSize, size) == 0) sys::ioctl(master_, kSetSize, size);
}

void Terminal::enter_raw() noexcept {
  if (user_ < 0 || raw_) return;
  // A background job leaves the terminal to whoever is in front.
  std::int32_t group = 0;
  if (sys::ioctl(user_, kGetGroup, &group) < 0 || group != sys::call(__NR_getpgid, 0)) return;
  if (sys::ioctl(user_, kGet, &before_) < 0) return;
  Termios raw = before_;
  raw.input &= ~(1U | 2U | 010U | 040U | 0100U | 0200U | 0400U | 02000U);  // as cfmakeraw(3)
  raw.output &= ~1U;
  raw.local &= ~(1U | 2U | 010U | 0100U | 0100000U);
  raw.control = (raw.control & ~(060U | 0400U)) | 060U;
  raw.characters[6] = 1;  // VMIN
  raw.characters[5] = 0;  // VTIME
  raw_ = sys::ioctl(user_, kSetDrained, &raw) == 0;
}

void Terminal::leave_raw() noexcept {
  if (!raw_) return;
  sys::ioctl(user_, kSetDrained, &before_);
  raw_ = false;
}

namespace {

constexpr std::string_view kOtherScreen = "\033[?1049h", kFirstScreen = "\033[?1049l";
// A string or sequence left open is ended; colours, hidden cursor, mouse reports,
// focus reports and bracketed paste are switched off.
constexpr std::string_view kReset =
    "\030\033\\\033[0m\033[?25h\033[?1000l\033[?1002l\033[?1003l\033[?1004l\033[?1006l"
    "\033[?2004l\033[?1l\033>";

bool is_terminal(int fd) noexcept {
  std::int32_t group = 0;
  return sys::ioctl(fd, kGetGroup, &group) >= 0;
}

void put(std::string_view text) noexcept {
  for (const int fd : {1, 2}) {
    if (!is_terminal(fd)) continue;
    // One that was stopped with ^S would keep us from our clocks.
    sys::PollFd ready{fd, sys::kPollOut, 0};
    if (sys::poll(&ready, 1, 0) > 0) sys::write(fd, text.data(), text.size());
    return;
  }
}

}  // namespace

void Terminal::lend() noexcept {
  lent_raw_ = raw_;
  if (alternate_) put(kFirstScreen);
  // What the program wrote to pipes was not looked at: it may have begun anything.
  put(kReset);
  leave_raw();
}

void Terminal::take_back() noexcept {
  if (alternate_) put(kOtherScreen);
  if (!lent_raw_) return;
  lent_raw_ = false;
  enter_raw();
  std::uint16_t size[4] = {};
  if (sys::ioctl(user_, kGetSize, size) != 0 || size[0] < 2) return;
  // A change of size is what programs that fill the screen draw themselves anew for.
  const std::uint16_t other[4] = {static_cast<std::uint16_t>(size[0] - 1), size[1], size[2],
                                  size[3]};
  sys::ioctl(master_, kSetSize, other);
  sys::ioctl(master_, kSetSize, size);
}

void Terminal::notice(const std::uint8_t* bytes, std::size_t size) noexcept {
  constexpr std::string_view kSwitch = "\033[?1049";
  for (std::size_t i = 0; i < size; ++i) {
    const char c = static_cast<char>(bytes[i]);
    escaped_ = escaped_ || c == '\033' || bytes[i] == 0x9b;
    if (matched_ == kSwitch.size()) {
      if (c == 'h') alternate_ = true;
      if (c == 'l') alternate_ = false;
      matched_ = 0;
    }
    if (c == kSwitch[matched_]) {
      ++matched_;
    } else {
      matched_ = c == kSwitch[0] ? 1 : 0;
    }
  }
}

void Terminal::tidy() noexcept {
  leave_raw();
  if (!escaped_ || !is_terminal(1)) return;
  if (alternate_) sys::write(1, kFirstScreen.data(), kFirstScreen.size());
  sys::write(1, kReset.data(), kReset.size());
}

}  // namespace bailey::platform::warden
