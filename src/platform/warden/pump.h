// pump: one direction of one stream, with one buffer, never more.
//
// Reads only when the buffer is empty and writes only what the other side takes
// without blocking, so that back-pressure reaches the program. Counts and hashes
// what was delivered. Never sets O_NONBLOCK on a descriptor of the user's: others
// share it; a poll for writability and writes of at most PIPE_BUF do the same.
#pragma once

#include <cstddef>
#include <cstdint>

#include "platform/cage/sys.h"
#include "platform/warden/digest.h"

namespace bailey::platform::warden {

inline constexpr std::size_t kPumpBytes = 65536;

class Pump {
 public:
  Pump() noexcept = default;
  // `chunk`: the most to write at once; 4096 for what may block, more for files and
  // for descriptors that are non-blocking and our own.
  void open(int from, int to, std::size_t chunk) noexcept {
    from_ = from;
    to_ = to;
    chunk_ = chunk;
  }
  [[nodiscard]] bool is_open() const noexcept { return from_ >= 0 || used_ > sent_; }
  [[nodiscard]] bool wants_read() const noexcept { return from_ >= 0 && used_ == sent_; }
  [[nodiscard]] bool wants_write() const noexcept { return used_ > sent_; }
  [[nodiscard]] int from() const noexcept { return from_; }
  [[nodiscard]] int to() const noexcept { return to_; }
  [[nodiscard]] std::size_t waiting() const noexcept { return used_ - sent_; }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

  // Reads once. `limit`: no more than so many bytes are taken over.
  // Returns the bytes read, 0 at the end of the stream, or a negative errno.
  long fill(std::uint64_t limit) noexcept;
  // Writes once. Returns a negative errno when the other side is gone.
  long drain() noexcept;
  void stop_reading() noexcept { from_ = -1; }
  void drop() noexcept { sent_ = used_ = 0; }
  // The last bytes delivered, for the closing hint; up to `size` of them.
  [[nodiscard]] const std::uint8_t* buffer() const noexcept { return buffer_; }
  [[nodiscard]] std::size_t used() const noexcept { return used_; }
  void finish(std::uint8_t (&out)[32]) noexcept { digest_.finish(out); }

 private:
  int from_ = -1;
  int to_ = -1;
  std::size_t chunk_ = 4096;
  std::size_t used_ = 0;
  std::size_t sent_ = 0;
  std::uint64_t bytes_ = 0;
  Digest digest_;
  std::uint8_t buffer_[kPumpBytes];
};

}  // namespace bailey::platform::warden
