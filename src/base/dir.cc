#include "base/dir.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>

namespace bailey {
namespace {

constexpr std::uint64_t kBeneath = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS;

int open_beneath(int dir, const char* path, int flags, mode_t mode) {
  open_how how{};
  how.flags = static_cast<__u64>(flags | O_CLOEXEC | O_NOFOLLOW);
  how.mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? mode : 0;
  how.resolve = kBeneath;
  for (;;) {
    const long fd = ::syscall(SYS_openat2, dir, path, &how, sizeof how);
    // EAGAIN: a rename raced with the walk; the kernel asks to try again.
    if (fd >= 0 || (errno != EINTR && errno != EAGAIN)) return static_cast<int>(fd);
  }
}

std::unexpected<Error> disk_failure(std::string_view code, std::string_view act,
                                    const RelPath& path, int error) {
  return std::unexpected(disk_error(code, std::string(act) + " '" + path.text() + "'", error));
}

// A name beside `path` that nobody else uses: pid and a counter of this process.
RelPath temporary_beside(const RelPath& path) {
  static std::atomic<std::uint64_t> counter{0};
  return RelPath::known(path.text() + ".new-" + std::to_string(::getpid()) + "-" +
                        std::to_string(counter.fetch_add(1, std::memory_order_relaxed)));
}

// Splits "a/b/c" into its parent ("a/b", or empty) and its last name.
std::pair<std::string, std::string> split(const RelPath& path) {
  const auto slash = path.text().rfind('/');
  if (slash == std::string::npos) return {{}, path.text()};
  return {path.text().substr(0, slash), path.text().substr(slash + 1)};
}

}  // namespace

Error disk_error(std::string_view code, std::string_view act, int error) {
  const bool full = error == ENOSPC || error == EDQUOT;
  const char* hint = "";
  if (full) hint = "free some space and try again; nothing was started";
  // Whoever filters openat2 away takes the walk that no link can lead astray; there is no other.
  if (error == ENOSYS)
    hint =
        "openat2 is not to be had here: inside a cage of Bailey's, or under a container's old "
        "filter; run Bailey outside of it";
  return Error{full ? "disk.full" : code,
               "cannot " + std::string(act) + ": " + std::strerror(error), hint};
}

Status write_all(int fd, ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0) {
      if (errno == EINTR) continue;
      return std::unexpected(disk_error("disk.write", "write", errno));
    }
    if (count == 0) return fail("disk.write", "write: nothing was written");
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return {};
}

Result<Dir> Dir::open_absolute(PassKey<app::World>, const std::string& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return std::unexpected(disk_error("disk.open", "open directory", errno));
  return Dir(std::move(fd));
}

Result<Dir> Dir::open_dir(const RelPath& path) const {
  Fd fd(open_beneath(fd_.get(), path.c_str(), O_RDONLY | O_DIRECTORY, 0));
  if (!fd) return disk_failure(errno == ENOENT ? "disk.missing" : "disk.open", "open", path, errno);
  return Dir(std::move(fd));
}

Result<Dir> Dir::make_dir(const RelPath& path) const {
  auto here = BAILEY_TRY(duplicate());
  std::string_view rest = path.text();
  while (!rest.empty()) {
    const auto slash = rest.find('/');
    const auto name = RelPath::known(rest.substr(0, slash));
    if (::mkdirat(here.fd(), name.c_str(), 0700) != 0 && errno != EEXIST)
      return disk_failure("disk.make", "make directory", name, errno);
    here = BAILEY_TRY(here.open_dir(name));
    rest = slash == std::string_view::npos ? std::string_view{} : rest.substr(slash + 1);
  }
  return here;
}

Result<Fd> Dir::open_file(const RelPath& path, int flags, mode_t mode) const {
  Fd fd(open_beneath(fd_.get(), path.c_str(), flags, mode));
  if (!fd) {
    const auto* code = errno == ENOENT   ? "disk.missing"
                       : errno == EEXIST ? "disk.exists"
                                         : "disk.open";
    return disk_failure(code, "open", path, errno);
  }
  return fd;
}

Result<std::string> Dir::read_file(const RelPath& path, std::size_t max_bytes) const {
  // O_NONBLOCK: a FIFO in the place of a file must not hang us.
  auto fd = BAILEY_TRY(open_file(path, O_RDONLY | O_NONBLOCK));
  struct stat st{};
  if (::fstat(fd.get(), &st) != 0) return disk_failure("disk.read", "stat", path, errno);
  if (!S_ISREG(st.st_mode)) return fail("disk.read", "'" + path.text() + "' is not a regular file");
  if (static_cast<std::uint64_t>(st.st_size) > max_bytes)
    return fail("disk.too_big",
                "'" + path.text() + "' is larger than " + std::to_string(max_bytes) + " bytes");
  std::string content(static_cast<std::size_t>(st.st_size) + 1, '\0');
  std::size_t used = 0;
  for (;;) {
    const ssize_t count = ::read(fd.get(), content.data() + used, content.size() - used);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return disk_failure("disk.read", "read", path, errno);
    if (count == 0) break;
    used += static_cast<std::size_t>(count);
    if (used > max_bytes)
      return fail("disk.too_big",
                  "'" + path.text() + "' is larger than " + std::to_string(max_bytes) + " bytes");
    if (used == content.size()) content.resize(std::min(content.size() * 2, max_bytes + 1));
  }
  content.resize(used);
  return content;
}

Status Dir::replace_file(const RelPath& path, ByteView bytes, Sync sync, mode_t mode) const {
  const RelPath temporary = temporary_beside(path);
  auto written = create_file(temporary, bytes, sync, mode);
  if (!written) return written;
  if (auto renamed = rename(temporary, path); !renamed) {
    (void)remove_file(temporary);
    return renamed;
  }
  if (sync == Sync::kNo) return {};
  const auto parent = split(path).first;
  if (parent.empty()) return this->sync();
  return BAILEY_TRY(open_dir(RelPath::known(parent))).sync();
}

Status Dir::create_file(const RelPath& path, ByteView bytes, Sync sync, mode_t mode) const {
  auto fd = BAILEY_TRY(open_file(path, O_WRONLY | O_CREAT | O_EXCL, mode));
  auto written = write_all(fd.get(), bytes);
  if (written && sync == Sync::kYes && ::fsync(fd.get()) != 0)
    written = std::unexpected(disk_error("disk.sync", "sync", errno));
  if (!written) (void)remove_file(path);
  return written;
}

Status Dir::rename(const RelPath& from, const RelPath& to) const {
  const auto [from_parent, from_name] = split(from);
  const auto [to_parent, to_name] = split(to);
  auto source = from_parent.empty() ? duplicate() : open_dir(RelPath::known(from_parent));
  if (!source) return std::unexpected(std::move(source).error());
  auto target = to_parent.empty() ? duplicate() : open_dir(RelPath::known(to_parent));
  if (!target) return std::unexpected(std::move(target).error());
  if (::renameat(source->fd(), from_name.c_str(), target->fd(), to_name.c_str()) != 0)
    return disk_failure("disk.rename", "rename to", to, errno);
  return {};
}

Status Dir::remove_file(const RelPath& path) const {
  const auto [parent, name] = split(path);
  auto dir = parent.empty() ? duplicate() : open_dir(RelPath::known(parent));
  if (!dir) {
    if (dir.error().code == "disk.missing") return {};
    return std::unexpected(std::move(dir).error());
  }
  if (::unlinkat(dir->fd(), name.c_str(), 0) != 0 && errno != ENOENT)
    return disk_failure("disk.remove", "remove", path, errno);
  return {};
}

Result<bool> Dir::exists(const RelPath& path) const {
  const auto [parent, name] = split(path);
  auto dir = parent.empty() ? duplicate() : open_dir(RelPath::known(parent));
  if (!dir) {
    if (dir.error().code == "disk.missing") return false;
    return std::unexpected(std::move(dir).error());
  }
  struct stat st{};
  if (::fstatat(dir->fd(), name.c_str(), &st, AT_SYMLINK_NOFOLLOW) == 0) return true;
  if (errno == ENOENT) return false;
  return disk_failure("disk.stat", "look at", path, errno);
}

Result<std::vector<std::string>> Dir::list() const {
  const int fd = open_beneath(fd_.get(), ".", O_RDONLY | O_DIRECTORY, 0);
  if (fd < 0) return std::unexpected(disk_error("disk.open", "list", errno));
  DIR* stream = ::fdopendir(fd);
  if (stream == nullptr) {
    const int error = errno;
    ::close(fd);
    return std::unexpected(disk_error("disk.open", "list", error));
  }
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(stream)) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
    errno = 0;
  }
  const int error = errno;
  ::closedir(stream);
  if (error != 0) return std::unexpected(disk_error("disk.read", "list", error));
  std::sort(names.begin(), names.end());
  return names;
}

Status Dir::sync() const {
  if (::fsync(fd_.get()) != 0)
    return std::unexpected(disk_error("disk.sync", "sync directory", errno));
  return {};
}

Result<Dir> Dir::duplicate() const {
  Fd fd(::fcntl(fd_.get(), F_DUPFD_CLOEXEC, 0));
  if (!fd) return std::unexpected(disk_error("disk.open", "duplicate directory", errno));
  return Dir(std::move(fd));
}

}  // namespace bailey
