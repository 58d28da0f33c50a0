#include "ledger/segment_heads.h"

#include <algorithm>

namespace bailey::ledger {

Result<std::vector<ParsedHead>> heads_in(const Segment& segment, std::uint32_t from) {
  std::vector<ParsedHead> heads;
  Bytes bytes(BAILEY_TRY(segment.size_now()) -
              std::min<std::uint64_t>(from, BAILEY_TRY(segment.size_now())));
  bytes.resize(BAILEY_TRY(segment.read(from, bytes)));
  for (std::size_t at = 0; at + kFrameHeaderBytes <= bytes.size(); at += 8) {
    if (bytes[at + 4] != static_cast<std::uint8_t>(FrameType::kHead) || bytes[at + 5] != 0)
      continue;
    const auto parsed = parse_frame(ByteView(bytes).subspan(at), FrameCheck::kContent);
    if (parsed.kind != ParsedFrame::Kind::kFrame || parsed.frame.type != FrameType::kHead) continue;
    if (auto head = parse_head(parsed.frame)) heads.push_back(*std::move(head));
  }
  return heads;
}

}  // namespace bailey::ledger
