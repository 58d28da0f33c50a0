#include "platform/warden/pump.h"

namespace bailey::platform::warden {

namespace sys = cage::sys;

long Pump::fill(std::uint64_t limit) noexcept {
  const std::size_t room = limit < kPumpBytes ? static_cast<std::size_t>(limit) : kPumpBytes;
  used_ = sent_ = 0;
  const long n = sys::read(from_, buffer_, room);
  if (n <= 0) return n;
  used_ = static_cast<std::size_t>(n);
  return n;
}

long Pump::drain() noexcept {
  std::size_t size = used_ - sent_;
  if (size > chunk_) size = chunk_;
  const long n = sys::write(to_, buffer_ + sent_, size);
  if (n == -11 || n == -4) return 0;
  if (n < 0) return n;
  digest_.add(buffer_ + sent_, static_cast<std::size_t>(n));
  sent_ += static_cast<std::size_t>(n);
  bytes_ += static_cast<std::uint64_t>(n);
  return n;
}

}  // namespace bailey::platform::warden
