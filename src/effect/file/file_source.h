// FileSource: files of the host, for a program that may have a copy of one.
//
// A port: platform implements it. find() looks and opens nothing; what it found is held by
// descriptor, so that what a person was shown is what is read, whatever the name means by then.
// copy() reads it into sealed memory, which nobody can change and nobody can run, and hands
// out no way to the file itself (docs/decisions/0015). Any thread; may wait for the disk.
// Does not protect: against a file that changes while it is read; the digest says what was.
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/fd.h"
#include "base/result.h"

namespace bailey::effect::file {

inline constexpr std::uint64_t kMaxCopyBytes = 64U << 20;

struct Found {
  Fd place;          // without rights (O_PATH)
  std::string real;  // its path
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
};

struct Copy {
  Fd file;  // read-only, sealed
  std::uint64_t bytes = 0;
  Digest digest{};  // SHA-256
};

class FileSource {
 public:
  virtual ~FileSource() = default;
  // `path`: absolute and plain. Errors: grant.missing, grant.not_regular.
  [[nodiscard]] virtual Result<Found> find(const std::string& path) const = 0;
  // Errors: grant.unreadable, grant.too_big, grant.changed.
  [[nodiscard]] virtual Result<Copy> copy(const Found& found) const = 0;
  // The same copy, with an offset of its own. Errors: grant.unreadable.
  [[nodiscard]] virtual Result<Fd> again(const Fd& copy) const = 0;
};

}  // namespace bailey::effect::file
