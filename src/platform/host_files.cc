#include "platform/host_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <memory>

#include "base/dir.h"
#include "base/fd.h"

namespace bailey::platform {

using effect::process::FileKind;

namespace {

struct CloseDir {
  void operator()(DIR* stream) const noexcept { ::closedir(stream); }
};

}  // namespace

FileKind RealHostFiles::kind(const std::string& path) const {
  struct stat st{};
  if (::lstat(path.c_str(), &st) != 0) return FileKind::kMissing;
  if (S_ISDIR(st.st_mode)) return FileKind::kDirectory;
  if (S_ISREG(st.st_mode)) return FileKind::kRegular;
  if (S_ISLNK(st.st_mode)) return FileKind::kSymlink;
  if (S_ISSOCK(st.st_mode)) return FileKind::kSocket;
  return FileKind::kOther;
}

Result<std::string> RealHostFiles::real_path(const std::string& path) const {
  const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr),
                                                         &std::free);
  if (real == nullptr)
    return std::unexpected(
        disk_error(errno == ENOENT || errno == ENOTDIR ? "disk.missing" : "disk.open",
                   "resolve a path", errno));
  return std::string(real.get());
}

bool RealHostFiles::is_program(const std::string& path) const {
  struct stat st{};
  return ::stat(path.c_str(), &st) == 0 && S_ISREG(st.st_mode) && ::access(path.c_str(), X_OK) == 0;
}

bool RealHostFiles::is_readable_directory(const std::string& path) const {
  struct stat st{};
  return ::stat(path.c_str(), &st) == 0 && S_ISDIR(st.st_mode) &&
         ::access(path.c_str(), R_OK | X_OK) == 0;
}

std::vector<std::string> RealHostFiles::names(const std::string& directory) const {
  const std::unique_ptr<DIR, CloseDir> stream(::opendir(directory.c_str()));
  std::vector<std::string> names;
  if (stream == nullptr) return names;
  while (const dirent* entry = ::readdir(stream.get())) {
    std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(std::move(name));
  }
  std::sort(names.begin(), names.end());
  return names;
}

Result<std::string> RealHostFiles::small_file(const std::string& path) const {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd) return std::unexpected(disk_error("disk.open", "open a small file", errno));
  struct stat st{};
  if (::fstat(fd.get(), &st) != 0 || !S_ISREG(st.st_mode))
    return fail("disk.read", "not a regular file");
  std::string text(4096, '\0');
  const ssize_t count = ::read(fd.get(), text.data(), text.size());
  if (count < 0) return std::unexpected(disk_error("disk.read", "read a small file", errno));
  text.resize(static_cast<std::size_t>(count));
  return text;
}

}  // namespace bailey::platform
