// PublishedFile: one file of the published log, written from its first byte over whatever
// lies under its name.
//
// Bytes are gathered into large writes; end() writes the rest and cuts the file to what was
// added, after which more may be added and ended again. Nothing is synced and nothing is
// replaced at once: a reader learns of the file by a checkpoint that is exchanged later.
// Writing over a file that is there costs neither an inode nor blocks, which is what most of
// the time of making a file goes to. Thread rule: one thread.
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/dir.h"
#include "base/fd.h"
#include "base/result.h"

namespace bailey::ledger {

class PublishedFile {
 public:
  // Makes the file and the folders above it when they are missing. Errors: disk.*.
  [[nodiscard]] static Result<PublishedFile> open(const Dir& dir, const std::string& path);

  // Errors: disk.write, disk.full.
  [[nodiscard]] Status add(ByteView bytes);
  [[nodiscard]] Status end();

 private:
  PublishedFile(Fd fd, std::uint64_t old_bytes) noexcept
      : fd_(std::move(fd)), old_bytes_(old_bytes) {}
  Status write_gathered();

  Fd fd_;
  std::uint64_t old_bytes_;  // of the file as it is on disk
  std::uint64_t written_ = 0;
  Bytes gathered_;
};

}  // namespace bailey::ledger
