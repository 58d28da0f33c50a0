// A line on standard error while something long is read: nothing in the first second, nothing
// when standard error is no terminal. The destructor takes the line away. One thread.
#pragma once

#include <cstdint>
#include <string>

#include "cli/outside.h"

namespace bailey::cli {

class ProgressLine {
 public:
  ProgressLine(Outside& outside, std::string what)
      : outside_(outside),
        what_(std::move(what)),
        terminal_(outside.is_terminal(Stream::kErr)),
        next_ns_(outside.clock().monotonic().ns + kPatienceNs) {}
  ~ProgressLine() {
    if (shown_) outside_.write(Stream::kErr, "\r\x1b[K");
  }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void tell(std::uint64_t done, std::uint64_t all) {
    if (!terminal_ || all == 0) return;
    const auto now = outside_.clock().monotonic().ns;
    if (now < next_ns_) return;
    next_ns_ = now + kEveryNs;
    shown_ = true;
    const std::uint64_t most = done < all ? done : all;
    const auto filled = static_cast<std::size_t>(most * kWidth / all);
    outside_.write(Stream::kErr, "\r" + what_ + " [" + std::string(filled, '#') +
                                     std::string(kWidth - filled, ' ') + "] " +
                                     std::to_string(most) + " of " + std::to_string(all) +
                                     "\x1b[K");
  }

 private:
  static constexpr std::int64_t kPatienceNs = 1'000'000'000;
  static constexpr std::int64_t kEveryNs = 200'000'000;
  static constexpr std::size_t kWidth = 30;

  Outside& outside_;
  std::string what_;
  bool terminal_;
  std::int64_t next_ns_;
  bool shown_ = false;
};

}  // namespace bailey::cli
