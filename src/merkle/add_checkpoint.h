// The messages of C2SP tlog-witness: what a log posts to `add-checkpoint`, and the size that a
// witness answers with when it has seen another one.
//
//   old <size>\n  <0..63 base64 hashes, one a line>  \n  <checkpoint, a signed note>
//
// Pure functions. What parses is well-formed and nothing more: signatures, sizes and the proof
// are the witness's to check (spec/witness.md).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "merkle/tree.h"

namespace bailey::merkle {

inline constexpr std::size_t kMaxAddCheckpointBytes = 128U << 10;  // of a whole body

struct AddCheckpoint {
  std::uint64_t old_size = 0;  // below 2^63
  std::vector<Hash> proof;     // RFC 6962 section 2.1.2, at most 63
  std::string checkpoint;      // the signed note, whole
};

[[nodiscard]] std::string write_add_checkpoint(const AddCheckpoint& request);
// Errors: witness.syntax.
[[nodiscard]] Result<AddCheckpoint> parse_add_checkpoint(std::string_view body);

// The body of a 409 (type text/x.tlog.size): "<size>\n".
[[nodiscard]] std::string write_tlog_size(std::uint64_t size);
// Errors: witness.syntax.
[[nodiscard]] Result<std::uint64_t> parse_tlog_size(std::string_view body);

}  // namespace bailey::merkle
