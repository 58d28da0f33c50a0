// HostFiles: what the planner of a cage's view may ask about the host. Read-only,
// a port: platform implements it, tests fake it. Nothing here opens for writing,
// and nothing decided here is trusted later: the cage opens by fd and checks again.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace bailey::effect::process {

enum class FileKind { kMissing, kDirectory, kRegular, kSymlink, kSocket, kOther };

class HostFiles {
 public:
  virtual ~HostFiles() = default;
  // Of the path itself, a last symlink not followed; an error looking is kMissing.
  [[nodiscard]] virtual FileKind kind(const std::string& path) const = 0;
  // realpath(3). Errors: disk.missing, disk.open.
  [[nodiscard]] virtual Result<std::string> real_path(const std::string& path) const = 0;
  // True for a regular file that the caller may execute, symlinks followed.
  [[nodiscard]] virtual bool is_program(const std::string& path) const = 0;
  // True for a directory that the caller may list and enter.
  [[nodiscard]] virtual bool is_readable_directory(const std::string& path) const = 0;
  // Sorted names in a directory; empty when it cannot be read.
  [[nodiscard]] virtual std::vector<std::string> names(const std::string& directory) const = 0;
  // The first 4,096 bytes of a small regular file, symlinks not followed.
  [[nodiscard]] virtual Result<std::string> small_file(const std::string& path) const = 0;
};

}  // namespace bailey::effect::process
