// ProgramDigests: which program did it, by the SHA-256 of its file.
//
// A file is read once and remembered by device, inode, size and time of change; the warden
// sends it open, with the first event of its program. At most 64 files and 64 MiB each: what
// is beyond has no digest. One thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/fd.h"

namespace bailey::platform {

class ProgramDigests {
 public:
  using Digest = std::array<std::uint8_t, 32>;

  struct Program {
    std::uint64_t device = 0, inode = 0;
    std::uint64_t version = 0;  // of size and time of change
    bool operator==(const Program&) const = default;
  };
  // `file` may be empty: then the digest is that of an earlier call.
  [[nodiscard]] std::optional<Digest> of(const Program& program, Fd file);

 private:
  struct Known {
    Program program;
    std::optional<Digest> digest;
  };
  std::vector<Known> known_;
};

}  // namespace bailey::platform
