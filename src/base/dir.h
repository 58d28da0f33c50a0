// Dir: an opened directory, the authority over what is beneath it.
//
// Every look-up is openat2(RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS |
// RESOLVE_NO_SYMLINKS): nothing is decided on a path string and then opened
// again. Only app's World opens a Dir from an absolute path; everybody else is
// handed one. Errors carry the code "disk.*" and the name of the act; the path in
// a message is relative. Thread rule: const calls are safe from any thread.
// Does not protect: contents against another process of the same user.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/fd.h"
#include "base/pass_key.h"
#include "base/rel_path.h"
#include "base/result.h"

namespace bailey::app {
class World;
}

namespace bailey {

enum class Sync { kNo, kYes };

class Dir {
 public:
  // Opens an absolute path; symlinks in it are followed (the user chose it).
  // Errors: disk.open.
  [[nodiscard]] static Result<Dir> open_absolute(PassKey<app::World>, const std::string& path);

  [[nodiscard]] int fd() const noexcept { return fd_.get(); }

  [[nodiscard]] Result<Dir> open_dir(const RelPath& path) const;
  // Opens or makes (mode 0700), one component at a time.
  [[nodiscard]] Result<Dir> make_dir(const RelPath& path) const;
  // `flags` as open(2); O_CLOEXEC and O_NOFOLLOW are added. Errors: disk.open,
  // disk.missing (ENOENT).
  [[nodiscard]] Result<Fd> open_file(const RelPath& path, int flags, mode_t mode = 0600) const;
  // Reads a regular file whole. Errors: disk.missing, disk.open, disk.read, disk.too_big.
  [[nodiscard]] Result<std::string> read_file(const RelPath& path, std::size_t max_bytes) const;
  // Replaces a file at once: a new file beside it, synced when asked, renamed over,
  // the directory synced when asked. A crash leaves the old or the new file whole.
  [[nodiscard]] Status replace_file(const RelPath& path, ByteView bytes, Sync sync,
                                    mode_t mode = 0600) const;
  // Makes a file that must not exist yet. Errors: disk.exists.
  [[nodiscard]] Status create_file(const RelPath& path, ByteView bytes, Sync sync,
                                   mode_t mode = 0600) const;
  [[nodiscard]] Status rename(const RelPath& from, const RelPath& to) const;
  // Missing is not an error.
  [[nodiscard]] Status remove_file(const RelPath& path) const;
  [[nodiscard]] Result<bool> exists(const RelPath& path) const;  // a dangling link exists
  // Names directly beneath, sorted, without "." and "..".
  [[nodiscard]] Result<std::vector<std::string>> list() const;
  [[nodiscard]] Status sync() const;
  [[nodiscard]] Result<Dir> duplicate() const;

 private:
  explicit Dir(Fd fd) noexcept : fd_(std::move(fd)) {}
  Fd fd_;
};

// Writes all of `bytes`, retrying short writes and EINTR. Errors: disk.write, disk.full.
[[nodiscard]] Status write_all(int fd, ByteView bytes);

// "act: strerror" with the code that fits `error` (disk.full for ENOSPC and EDQUOT).
[[nodiscard]] Error disk_error(std::string_view code, std::string_view act, int error);

}  // namespace bailey
