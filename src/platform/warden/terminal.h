// terminal: the user's terminal while a caged program has one of its own.
//
// Raw while the program runs, so that every key reaches the cage's line discipline;
// put back when the program stops, ends, or the cage dies. The program's own bytes
// pass as they are; what it may have left switched on is switched off at the end.
// Does not protect: a terminal emulator against escapes that the program may send to
// it while it runs; with pipes instead of a terminal the same bytes pass too.
#pragma once

#include <cstddef>
#include <cstdint>

#include "platform/cage/sys.h"

namespace bailey::platform::warden {

// struct termios as the kernel has it (x86-64).
struct Termios {
  std::uint32_t input = 0, output = 0, control = 0, local = 0;
  std::uint8_t line = 0;
  std::uint8_t characters[19] = {};
};

class Terminal {
 public:
  // Takes the cage's master; gives it the settings and the size of the user's.
  void open(int master) noexcept;
  [[nodiscard]] int master() const noexcept { return master_; }
  void enter_raw() noexcept;
  void leave_raw() noexcept;
  void pass_size() noexcept;
  // For a question to the person: half-written sequences are ended, the other screen is left,
  // the mode put back. take_back() undoes it, and has the program draw itself anew.
  void lend() noexcept;
  void take_back() noexcept;
  // Looks at what the program writes for the one switch that must not be guessed.
  void notice(const std::uint8_t* bytes, std::size_t size) noexcept;
  // Switches off what may have been left on; the terminal is the user's again.
  void tidy() noexcept;

 private:
  int master_ = -1;
  int user_ = -1;  // the descriptor of the user's terminal, or -1
  bool raw_ = false;
  bool lent_raw_ = false;
  bool escaped_ = false;  // a program that sent no escape left nothing on
  bool alternate_ = false;
  std::size_t matched_ = 0;
  Termios before_;
};

}  // namespace bailey::platform::warden
