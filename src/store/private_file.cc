#include "store/private_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

namespace bailey::store {

Result<std::string> read_private(const Dir& dir, const RelPath& path, std::size_t max_bytes,
                                 uid_t owner, const PrivateErrors& errors) {
  const Fd fd = BAILEY_TRY(dir.open_file(path, O_RDONLY | O_NONBLOCK));
  struct stat st{};
  if (::fstat(fd.get(), &st) != 0)
    return std::unexpected(disk_error("disk.read", "stat '" + path.text() + "'", errno));
  if (!S_ISREG(st.st_mode)) return fail("disk.read", "'" + path.text() + "' is not a regular file");
  if (st.st_uid != owner)
    return fail(errors.owner,
                "'" + path.text() + "' belongs to uid " + std::to_string(st.st_uid) +
                    ", not to the home's owner",
                "find out who put it there before you trust it");
  if ((st.st_mode & 077) != 0)
    return fail(
        errors.mode, "'" + path.text() + "' can be read or written by others",
        "chmod 600 \"$BAILEY_HOME/" + path.text() + "\", and make a new key if it was read");
  if (static_cast<std::uint64_t>(st.st_size) > max_bytes)
    return fail("disk.too_big", "'" + path.text() + "' is larger than it can be");
  return read_opened(fd.get(), static_cast<std::size_t>(st.st_size), path);
}

Result<std::string> read_opened(int fd, std::size_t size, const RelPath& path) {
  // One byte more than it had, so that one that grows is noticed.
  std::string text(size + 1, '\0');
  std::size_t used = 0;
  while (used < text.size()) {
    const ssize_t count = ::read(fd, text.data() + used, text.size() - used);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0)
      return std::unexpected(disk_error("disk.read", "read '" + path.text() + "'", errno));
    if (count == 0) break;
    used += static_cast<std::size_t>(count);
  }
  if (used > size) return fail("disk.read", "'" + path.text() + "' grew while it was read");
  text.resize(used);
  return text;
}

Status create_private(const Dir& dir, std::string_view name, ByteView bytes, mode_t mode) {
  static std::atomic<unsigned> counter{0};
  const auto aside = RelPath::known("." + std::string(name) + ".new-" + std::to_string(::getpid()) +
                                    "-" + std::to_string(counter.fetch_add(1)));
  (void)dir.remove_file(aside);  // left by a crash of a process with our number
  BAILEY_TRY(dir.create_file(aside, bytes, Sync::kYes, mode));
  // The umask may have taken bits that a reader of another user needs.
  if (mode != 0600 && ::fchmodat(dir.fd(), aside.c_str(), mode, 0) != 0) {
    const int error = errno;
    (void)dir.remove_file(aside);
    return std::unexpected(disk_error("disk.mode", "set the mode", error));
  }
  const std::string target(name);
  const int linked = ::linkat(dir.fd(), aside.c_str(), dir.fd(), target.c_str(), 0);
  const int error = errno;
  (void)dir.remove_file(aside);
  if (linked != 0)
    return std::unexpected(
        disk_error(error == EEXIST ? "disk.exists" : "disk.link", "make '" + target + "'", error));
  return dir.sync();
}

}  // namespace bailey::store
