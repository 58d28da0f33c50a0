// The frames of the journal: leaves, signed heads, segment beginnings (spec/journal.md).
//
// Pure: bytes in, values out. A leaf frame carries the RFC 6962 hash of its entry,
// which is also its checksum; head and segment frames carry one of their content. All numbers are
// little-endian, frames start at multiples of 8 bytes. Thread rule: plain values; a Frame's content
// is a view into the bytes parsed. Does not protect: four bytes of checksum find torn and rotten
// bytes, not a liar; heads are believed for their signature, leaves for the head above them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/sign.h"
#include "merkle/tree.h"

namespace bailey::ledger {

enum class FrameType : std::uint8_t { kLeaf = 1, kHead = 2, kSegment = 3 };

// What a leaf does to the set of open intents.
enum class Mark : std::uint8_t { kNone = 0, kOpens = 1, kCloses = 2 };

inline constexpr std::size_t kFrameHeaderBytes = 64;
inline constexpr std::size_t kMaxFrameBytes = std::size_t{1} << 16;  // of content
inline constexpr std::size_t kMaxOpenIntents = 4096;

struct Frame {
  FrameType type = FrameType::kLeaf;
  Mark mark = Mark::kNone;
  std::uint64_t index = 0;   // leaf: its index; head: tree size; segment: base size
  std::uint64_t closes = 0;  // leaf with kCloses: the intent's index; segment: its number
  merkle::Hash hash{};       // leaf: leaf hash; head and segment: root
  ByteView content;

  [[nodiscard]] std::size_t bytes() const noexcept {
    return kFrameHeaderBytes + ((content.size() + 7) & ~std::size_t{7});
  }
};

enum class FrameCheck { kHeader, kContent };  // kContent also hashes the content

struct ParsedFrame {
  enum class Kind {
    kFrame,
    kEnd,     // eight zero bytes where a frame would start, or nothing left
    kShort,   // a plausible header whose content is not wholly in `bytes`
    kBroken,  // neither: torn or rotten
  };
  Kind kind = Kind::kBroken;
  Frame frame;
  std::size_t needs = 0;  // with kShort: bytes of the whole frame
};

[[nodiscard]] ParsedFrame parse_frame(ByteView bytes, FrameCheck check);
// Appends the frame, padded; `content` of at most kMaxFrameBytes.
void append_frame(Bytes& out, const Frame& frame);

// Where a frame starts.
struct Position {
  std::uint32_t segment = 0;
  std::uint32_t offset = 0;
  auto operator<=>(const Position&) const = default;
  [[nodiscard]] std::uint64_t packed() const noexcept {
    return (std::uint64_t{segment} << 32U) | offset;
  }
  [[nodiscard]] static Position unpack(std::uint64_t packed) noexcept {
    return {static_cast<std::uint32_t>(packed >> 32U), static_cast<std::uint32_t>(packed)};
  }
};

// What the log must know to go on, as each head and segment frame repeats it.
struct TreeState {
  merkle::Frontier frontier;
  std::vector<std::uint64_t> open;  // intents not closed yet, ascending
  Position block;                   // of leaf (size rounded down to 256), or of the end
  std::uint64_t previous_head = 0;  // size of the head before
};

// A signed tree head: everything that a checkpoint note of this size says.
struct Head {
  std::uint64_t size = 0;
  merkle::Hash root{};
  std::uint32_t key_id = 0;
  crypto::Signature signature{};
};

[[nodiscard]] Bytes head_content(const Head& head, const TreeState& state);
struct ParsedHead {
  Head head;
  TreeState state;
};
// Errors: journal.head (the content does not fit its form, or the subtrees do not
// give the root). The signature is not looked at.
[[nodiscard]] Result<ParsedHead> parse_head(const Frame& frame);

struct SegmentStart {
  std::uint32_t number = 0;
  std::uint32_t segment_bytes = 0;
  Digest log_id{};  // SHA-256 of the log's verifier key line
  TreeState state;  // at the first leaf of the segment
};
[[nodiscard]] Bytes segment_content(const SegmentStart& start);
// Errors: journal.segment.
[[nodiscard]] Result<SegmentStart> parse_segment(const Frame& frame);

// The most bytes that a head frame can take for a state with so many open intents.
[[nodiscard]] constexpr std::size_t max_head_bytes(std::size_t open_intents) noexcept {
  return kFrameHeaderBytes + 128 + std::size_t{64} * 32 + open_intents * 8 + 8;
}

}  // namespace bailey::ledger
