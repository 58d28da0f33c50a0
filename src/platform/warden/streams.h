// streams: the bytes between the user's descriptors and the program's.
//
// Three pumps with pipes, or two with a terminal; the limit on output is kept here,
// to the byte. What a seekable standard input had too much of is given back at the
// end, so that the next reader of the same file finds it. One thread.
#pragma once

#include "effect/process/wire.h"
#include "platform/warden/hints.h"
#include "platform/warden/pump.h"
#include "platform/warden/terminal.h"

namespace bailey::platform::warden {

inline constexpr std::uint64_t kUnlimited = ~std::uint64_t{0};

class Streams {
 public:
  static constexpr unsigned kSlots = 6;
  enum class Moved { kOn, kOverLimit };

  // Our ends of the program's pipes, and for counting the reader's end of the first.
  void hold(int in, int in_reader, int out, int err) noexcept;
  [[nodiscard]] Terminal& terminal() noexcept { return terminal_; }
  void open(bool with_terminal, std::uint64_t output_limit) noexcept;
  void watch(cage::sys::PollFd* fds) const noexcept;
  [[nodiscard]] Moved move(const cage::sys::PollFd* fds) noexcept;

  // Nobody of the cage is left to read; what it wrote is still in the pipes.
  void end_input() noexcept;
  // Takes over what is left without waiting for more.
  [[nodiscard]] Moved drain() noexcept;
  [[nodiscard]] bool is_drained() const noexcept { return !output_.is_open() && !error_.is_open(); }
  void drop_all() noexcept;

  [[nodiscard]] std::uint64_t output_bytes() const noexcept {
    return output_.bytes() + error_.bytes();
  }
  [[nodiscard]] std::uint32_t hints() const noexcept { return hints_.look(); }
  // Fills in stream `index` (0..2); false when there is none of that number.
  [[nodiscard]] bool report(unsigned index, effect::process::StreamBody& body) noexcept;

 private:
  [[nodiscard]] Moved fill(Pump& pump, bool from_program) noexcept;
  void flush(Pump& pump, bool from_program) noexcept;
  void give_back() noexcept;
  void end_of(Pump& pump, bool from_program) noexcept;

  int program_in_ = -1, program_in_reader_ = -1, program_out_ = -1, program_err_ = -1;
  bool with_terminal_ = false;
  std::uint64_t output_left_ = kUnlimited;
  Terminal terminal_;
  Hints hints_;
  Pump input_, output_, error_;
};

}  // namespace bailey::platform::warden
