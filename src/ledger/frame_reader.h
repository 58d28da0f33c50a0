// FrameReader: frames of one segment by offset, through a window of pread.
//
// A frame's content is a view into the window, good until the next call. Any frame
// that a segment can hold fits the window. Thread rule: one thread.
#pragma once

#include <algorithm>

#include "ledger/journal_frame.h"
#include "ledger/segment.h"

namespace bailey::ledger {

class FrameReader {
 public:
  explicit FrameReader(const Segment& segment, std::size_t window = std::size_t{256} << 10)
      : segment_(&segment), window_(window) {}

  // Errors: disk.read. A frame cut by the end of the file is kBroken.
  [[nodiscard]] Result<ParsedFrame> at(std::uint32_t offset, FrameCheck check) {
    if (offset >= start_ && offset - start_ < bytes_.size()) {
      const auto parsed = parse_frame(ByteView(bytes_).subspan(offset - start_), check);
      if (parsed.kind != ParsedFrame::Kind::kShort) return parsed;
    }
    // Following a live log is a few short frames: begin with a small window.
    for (const std::size_t want : {first_ ? std::size_t{16384} : std::size_t{0},
                                   std::max(window_, kMaxFrameBytes + kFrameHeaderBytes + 8)}) {
      if (want == 0) continue;
      first_ = false;
      bytes_.resize(want);
      bytes_.resize(BAILEY_TRY(segment_->read(offset, bytes_)));
      start_ = offset;
      const auto parsed = parse_frame(bytes_, check);
      if (parsed.kind != ParsedFrame::Kind::kShort) return parsed;
    }
    return ParsedFrame{};
  }

 private:
  const Segment* segment_;
  std::size_t window_;
  Bytes bytes_;
  std::uint32_t start_ = 0;
  bool first_ = true;
};

}  // namespace bailey::ledger
