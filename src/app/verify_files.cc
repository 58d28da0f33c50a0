#include "app/verify_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/fd.h"

namespace bailey::app {
namespace {

using verify::File;

// Reads to the end, at most kMaxFileBytes. False with errno set when it cannot.
bool read_all(int fd, std::string& out) {
  constexpr std::size_t kStep = std::size_t{1} << 16;
  struct stat status{};
  const bool sized = ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0;
  // One byte more than it should have: then the end is seen in the same call.
  std::size_t room = sized ? static_cast<std::size_t>(status.st_size) + 1 : kStep;
  room = std::min(room, kMaxFileBytes + 1);
  std::size_t used = 0;
  for (;;) {
    if (out.size() - used < room) {
      // What read() fills need not be zero before.
      out.resize_and_overwrite(used + room, [](char*, std::size_t size) { return size; });
    }
    const ssize_t got = ::read(fd, out.data() + used, out.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return false;
    used += static_cast<std::size_t>(got);
    if (used > kMaxFileBytes) {
      errno = EFBIG;
      return false;
    }
    if (got == 0) {
      out.resize(used);
      return true;
    }
    room = used < out.size() ? out.size() - used : kStep;
  }
}

File read_open(int fd) {
  File file;
  if (!read_all(fd, file.content)) return {File::State::kUnreadable, std::strerror(errno)};
  file.state = File::State::kRead;
  return file;
}

}  // namespace

File read_at(int folder, const std::string& path) {
  if (path.find('\0') != std::string::npos) return {File::State::kUnreadable, "a NUL in its name"};
  const Fd fd(::openat(folder, path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!fd) {
    const bool missing = errno == ENOENT || errno == ENOTDIR;
    return {missing ? File::State::kMissing : File::State::kUnreadable, std::strerror(errno)};
  }
  return read_open(fd.get());
}

File read_operand(const std::string& path) {
  return path == "-" ? read_open(STDIN_FILENO) : read_at(AT_FDCWD, path);
}

}  // namespace bailey::app
