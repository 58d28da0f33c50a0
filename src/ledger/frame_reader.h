// FrameReader: frames of one segment by offset, through a window of pread.
//
// A frame's content is a view into the window, good until the next call. Any frame that a
// segment can hold fits the window. What is in the window is not read again: a reader is
// made anew when the journal may have grown. Thread rule: one thread.
#pragma once

#include <algorithm>
#include <memory>

#include "ledger/journal_frame.h"
#include "ledger/segment.h"

namespace bailey::ledger {

class FrameReader {
 public:
  // `end`: where the frames to be read end, if that is known; nothing behind it is read then.
  explicit FrameReader(const Segment& segment, std::uint32_t end = 0)
      : segment_(&segment), end_(end) {}

  // Errors: disk.read. A frame cut by the end of the file is kBroken.
  [[nodiscard]] Result<ParsedFrame> at(std::uint32_t offset, FrameCheck check) {
    if (offset >= start_ && offset - start_ < used_) {
      const auto parsed = parse_frame(window().subspan(offset - start_), check);
      if (parsed.kind != ParsedFrame::Kind::kShort) return parsed;
    }
    // Following a live log is a few short frames: begin with a page.
    std::size_t want = end_ > offset ? std::min<std::size_t>(kWindow, end_ - offset)
                                     : std::max(kFirstWindow, room_);
    for (;; want = kWindow) {
      if (want > room_) {
        bytes_ = std::make_unique_for_overwrite<std::uint8_t[]>(want);
        room_ = want;
      }
      used_ = BAILEY_TRY(segment_->read(offset, std::span(bytes_.get(), want)));
      start_ = offset;
      const auto parsed = parse_frame(window(), check);
      if (parsed.kind != ParsedFrame::Kind::kShort) return parsed;
      if (want == kWindow) return ParsedFrame{};
    }
  }

 private:
  static constexpr std::size_t kFirstWindow = 4096;
  static constexpr std::size_t kWindow = kMaxFrameBytes + kFrameHeaderBytes;
  [[nodiscard]] ByteView window() const noexcept { return {bytes_.get(), used_}; }

  const Segment* segment_;
  std::uint32_t end_;
  std::unique_ptr<std::uint8_t[]> bytes_;
  std::size_t room_ = 0;
  std::size_t used_ = 0;
  std::uint32_t start_ = 0;
};

}  // namespace bailey::ledger
