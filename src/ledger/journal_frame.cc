#include "ledger/journal_frame.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "crypto/hash.h"
#include "merkle/tile.h"

namespace bailey::ledger {
namespace {

constexpr std::uint8_t kHeadVersion = 1;

// The first four bytes of the SHA-256: processors have instructions for it, and no other
// checksum is at hand that is faster on a few hundred bytes.
std::uint32_t checksum(ByteView bytes) {
  const Digest digest = crypto::sha256(bytes);
  return std::uint32_t{digest[0]} | std::uint32_t{digest[1]} << 8U |
         std::uint32_t{digest[2]} << 16U | std::uint32_t{digest[3]} << 24U;
}

template <class T>
void put(std::uint8_t* at, T value) {
  for (std::size_t i = 0; i < sizeof value; ++i)
    at[i] = static_cast<std::uint8_t>(value >> (8 * i));
}
template <class T>
void put_back(Bytes& out, T value) {
  out.resize(out.size() + sizeof value);
  put(out.data() + out.size() - sizeof value, value);
}
template <class T>
T get(const std::uint8_t* at) {
  T value = 0;
  for (std::size_t i = 0; i < sizeof value; ++i) value |= static_cast<T>(T{at[i]} << (8 * i));
  return value;
}

void put_hash(Bytes& out, const merkle::Hash& hash) {
  out.insert(out.end(), hash.begin(), hash.end());
}

void put_state(Bytes& out, const TreeState& state) {
  put_back(out, state.previous_head);
  put_back(out, state.block.segment);
  put_back(out, state.block.offset);
  put_back(out, static_cast<std::uint32_t>(state.frontier.subtrees().size()));
  put_back(out, static_cast<std::uint32_t>(state.open.size()));
  for (const auto& hash : state.frontier.subtrees()) put_hash(out, hash);
  for (const auto index : state.open) put_back(out, index);
}

// Reads a state of `size` leaves that fills `bytes` exactly and gives `root`.
Result<TreeState> get_state(ByteView bytes, std::uint64_t size, const merkle::Hash& root,
                            std::string_view code) {
  constexpr std::size_t kFixed = 24;
  if (bytes.size() < kFixed) return fail(code, "the tree state is cut short");
  TreeState state;
  state.previous_head = get<std::uint64_t>(bytes.data());
  state.block = {get<std::uint32_t>(bytes.data() + 8), get<std::uint32_t>(bytes.data() + 12)};
  const std::size_t subtrees = get<std::uint32_t>(bytes.data() + 16);
  const std::size_t open = get<std::uint32_t>(bytes.data() + 20);
  if (subtrees > 64 || open > kMaxOpenIntents ||
      bytes.size() != kFixed + subtrees * 32 + open * 8) {
    return fail(code, "the tree state has the wrong length");
  }
  if (state.previous_head > size) return fail(code, "the head before is larger than this one");
  std::vector<merkle::Hash> hashes(subtrees);
  const std::uint8_t* at = bytes.data() + kFixed;
  for (auto& hash : hashes) {
    std::memcpy(hash.data(), at, hash.size());
    at += hash.size();
  }
  state.frontier = BAILEY_TRY(merkle::Frontier::create(size, std::move(hashes)));
  if (state.frontier.root() != root) return fail(code, "the subtrees do not give the root");
  state.open.reserve(open);
  for (std::size_t i = 0; i < open; ++i, at += 8) {
    const auto index = get<std::uint64_t>(at);
    if (index >= size || (!state.open.empty() && index <= state.open.back())) {
      return fail(code, "the open intents are not ascending leaves of this tree");
    }
    state.open.push_back(index);
  }
  return state;
}

}  // namespace

ParsedFrame parse_frame(ByteView bytes, FrameCheck check) {
  ParsedFrame parsed;
  if (bytes.empty()) {
    parsed.kind = ParsedFrame::Kind::kEnd;
    return parsed;
  }
  if (bytes.size() < kFrameHeaderBytes) {
    const bool zero = std::all_of(bytes.begin(), bytes.end(), [](auto b) { return b == 0; });
    parsed.kind = zero ? ParsedFrame::Kind::kEnd : ParsedFrame::Kind::kShort;
    parsed.needs = kFrameHeaderBytes;
    return parsed;
  }
  const std::uint8_t* at = bytes.data();
  if (get<std::uint64_t>(at) == 0) {
    parsed.kind = ParsedFrame::Kind::kEnd;
    return parsed;
  }
  const std::size_t length = get<std::uint32_t>(at);
  if (get<std::uint32_t>(at + 60) != checksum(bytes.first(60))) return parsed;
  if (at[4] < 1 || at[4] > 3 || at[5] > 2 || at[6] != 0 || at[7] != 0) return parsed;
  Frame& frame = parsed.frame;
  frame.type = static_cast<FrameType>(at[4]);
  frame.mark = static_cast<Mark>(at[5]);
  if (length == 0 || length > kMaxFrameBytes) return parsed;
  if (frame.type == FrameType::kLeaf && length > merkle::kMaxEntryBytes) return parsed;
  if (frame.type != FrameType::kLeaf && frame.mark != Mark::kNone) return parsed;
  frame.index = get<std::uint64_t>(at + 8);
  frame.closes = get<std::uint64_t>(at + 16);
  std::memcpy(frame.hash.data(), at + 24, frame.hash.size());
  const std::size_t whole = kFrameHeaderBytes + ((length + 7) & ~std::size_t{7});
  if (bytes.size() < whole) {
    parsed.kind = ParsedFrame::Kind::kShort;
    parsed.needs = whole;
    return parsed;
  }
  frame.content = bytes.subspan(kFrameHeaderBytes, length);
  if (check == FrameCheck::kContent) {
    for (std::size_t i = kFrameHeaderBytes + length; i < whole; ++i) {
      if (at[i] != 0) return parsed;
    }
    if (frame.type == FrameType::kLeaf) {
      if (get<std::uint32_t>(at + 56) != 0) return parsed;
      if (merkle::leaf_hash(frame.content) != frame.hash) return parsed;
    } else if (get<std::uint32_t>(at + 56) != checksum(frame.content)) {
      return parsed;
    }
  }
  parsed.kind = ParsedFrame::Kind::kFrame;
  return parsed;
}

void append_frame(Bytes& out, const Frame& frame) {
  check(!frame.content.empty() && frame.content.size() <= kMaxFrameBytes, "a frame has no size");
  const std::size_t start = out.size();
  out.resize(start + frame.bytes());
  std::uint8_t* at = out.data() + start;
  put(at, static_cast<std::uint32_t>(frame.content.size()));
  at[4] = static_cast<std::uint8_t>(frame.type);
  at[5] = static_cast<std::uint8_t>(frame.mark);
  put(at + 8, frame.index);
  put(at + 16, frame.closes);
  std::memcpy(at + 24, frame.hash.data(), frame.hash.size());
  if (frame.type != FrameType::kLeaf) put(at + 56, checksum(frame.content));
  put(at + 60, checksum({at, 60}));
  std::memcpy(at + kFrameHeaderBytes, frame.content.data(), frame.content.size());
}

Bytes head_content(const Head& head, const TreeState& state) {
  Bytes out;
  out.reserve(max_head_bytes(state.open.size()));
  out.assign({kHeadVersion, 0, 0, 0});
  put_back(out, head.key_id);
  out.insert(out.end(), head.signature.begin(), head.signature.end());
  put_state(out, state);
  return out;
}

Result<ParsedHead> parse_head(const Frame& frame) {
  constexpr std::size_t kFixed = 72;
  const ByteView content = frame.content;
  if (frame.type != FrameType::kHead || frame.closes != 0 || content.size() < kFixed) {
    return fail("journal.head", "not a head frame");
  }
  if (content[0] != kHeadVersion || content[1] != 0 || content[2] != 0 || content[3] != 0) {
    return fail("journal.head", "a head of another version");
  }
  ParsedHead parsed;
  parsed.head.size = frame.index;
  parsed.head.root = frame.hash;
  parsed.head.key_id = get<std::uint32_t>(content.data() + 4);
  std::memcpy(parsed.head.signature.data(), content.data() + 8, parsed.head.signature.size());
  parsed.state =
      BAILEY_TRY(get_state(content.subspan(kFixed), frame.index, frame.hash, "journal.head"));
  return parsed;
}

Bytes segment_content(const SegmentStart& start) {
  Bytes out;
  out.assign({kHeadVersion, 0, 0, 0});
  put_back(out, start.segment_bytes);
  put_hash(out, start.log_id);
  put_state(out, start.state);
  return out;
}

Result<SegmentStart> parse_segment(const Frame& frame) {
  constexpr std::size_t kFixed = 40;
  const ByteView content = frame.content;
  if (frame.type != FrameType::kSegment || frame.closes > UINT32_MAX || content.size() < kFixed) {
    return fail("journal.segment", "not the beginning of a segment");
  }
  if (content[0] != kHeadVersion || content[1] != 0 || content[2] != 0 || content[3] != 0) {
    return fail("journal.segment", "a segment of another version");
  }
  SegmentStart start;
  start.number = static_cast<std::uint32_t>(frame.closes);
  start.segment_bytes = get<std::uint32_t>(content.data() + 4);
  std::memcpy(start.log_id.data(), content.data() + 8, start.log_id.size());
  start.state =
      BAILEY_TRY(get_state(content.subspan(kFixed), frame.index, frame.hash, "journal.segment"));
  return start;
}

}  // namespace bailey::ledger
