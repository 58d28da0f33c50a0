// Fuzzes the frames of the journal: what parses must be written back as the same bytes,
// and a flipped bit of it must be noticed.
#include <algorithm>
#include <cstdlib>

#include "ledger/journal_frame.h"

using namespace bailey;
using namespace bailey::ledger;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void write_back(const Frame& frame, ByteView bytes) {
  Bytes again;
  append_frame(again, frame);
  require(again.size() == frame.bytes());
  require(std::equal(again.begin(), again.end(), bytes.begin()));
  // One bit, chosen by the content: never the same whole frame again.
  const std::size_t bit = frame.hash[0] % (again.size() * 8);
  again[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
  require(parse_frame(again, FrameCheck::kContent).kind != ParsedFrame::Kind::kFrame);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input(data, size);
  const auto parsed = parse_frame(input, FrameCheck::kContent);
  if (parsed.kind == ParsedFrame::Kind::kFrame) {
    write_back(parsed.frame, input);
    if (auto head = parse_head(parsed.frame)) {
      require(head_content(head->head, head->state) ==
              Bytes(parsed.frame.content.begin(), parsed.frame.content.end()));
    }
    if (auto start = parse_segment(parsed.frame)) {
      require(segment_content(*start) ==
              Bytes(parsed.frame.content.begin(), parsed.frame.content.end()));
    }
  }
  // Checksums stop almost every input: look behind them too.
  for (const auto type : {FrameType::kHead, FrameType::kSegment}) {
    if (size < 40 || size > kMaxFrameBytes) break;
    Frame frame{.type = type, .index = data[0], .closes = 0, .content = input.subspan(33)};
    std::copy_n(data + 1, frame.hash.size(), frame.hash.begin());
    (void)parse_head(frame);
    (void)parse_segment(frame);
    Bytes written;
    append_frame(written, frame);
    const auto back = parse_frame(written, FrameCheck::kContent);
    require(back.kind == ParsedFrame::Kind::kFrame && back.frame.hash == frame.hash);
  }
  return 0;
}
