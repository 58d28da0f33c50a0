#include "platform/host_copies.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <string_view>

#include "base/dir.h"
#include "crypto/hash.h"

namespace bailey::platform {
namespace {

using effect::file::Copy;
using effect::file::Found;

constexpr unsigned kNoExecSeal = 8U;  // MFD_NOEXEC_SEAL, since Linux 6.3
// proc, sysfs, cgroup v1 and v2, debugfs, tracefs, securityfs, devpts, bpf: no files of anybody's.
constexpr std::array<std::uint64_t, 9> kKernelsOwn = {0x9fa0,     0x62656572, 0x27e0eb,
                                                      0x63677270, 0x64626720, 0x74726163,
                                                      0x73636673, 0x1cd1,     0xcafe4a11};

std::string in_proc(int fd) { return "/proc/self/fd/" + std::to_string(fd); }

std::unexpected<Error> missing() { return fail("grant.missing", "there is no such file"); }
std::unexpected<Error> unreadable() { return fail("grant.unreadable", "the file cannot be read"); }

Result<Fd> sealed_memory() {
  constexpr unsigned kFlags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  int fd = memfd_create("bailey-given", kFlags | kNoExecSeal);
  if (fd < 0 && errno == EINVAL) fd = memfd_create("bailey-given", kFlags);
  if (fd < 0) return unreadable();
  return Fd(fd);
}

}  // namespace

Result<Found> HostCopies::find(const std::string& path) const {
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC;
  how.resolve = RESOLVE_NO_MAGICLINKS;
  Found found;
  found.place =
      Fd(static_cast<int>(syscall(SYS_openat2, AT_FDCWD, path.c_str(), &how, sizeof how)));
  if (!found.place) return missing();
  struct stat status{};
  struct statfs system{};
  if (fstat(found.place.get(), &status) != 0 || fstatfs(found.place.get(), &system) != 0)
    return missing();
  const auto kind = static_cast<std::uint64_t>(system.f_type);
  if (!S_ISREG(status.st_mode) ||
      std::find(kKernelsOwn.begin(), kKernelsOwn.end(), kind) != kKernelsOwn.end())
    return fail("grant.not_regular", "it is not a regular file");
  std::array<char, PATH_MAX> real;
  const ssize_t size = readlink(in_proc(found.place.get()).c_str(), real.data(), real.size());
  if (size <= 0 || static_cast<std::size_t>(size) == real.size() || real[0] != '/')
    return missing();
  found.real.assign(real.data(), static_cast<std::size_t>(size));
  // The kernel says so of a name that is gone; the name must lead to the same file.
  struct stat named{};
  if (lstat(found.real.c_str(), &named) != 0 || named.st_dev != status.st_dev ||
      named.st_ino != status.st_ino)
    return missing();
  found.device = status.st_dev;
  found.inode = status.st_ino;
  return found;
}

Result<Copy> HostCopies::copy(const Found& found) const {
  const Fd file(
      open(in_proc(found.place.get()).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat status{};
  if (!file || fstat(file.get(), &status) != 0) return unreadable();
  if (!S_ISREG(status.st_mode) || status.st_dev != found.device || status.st_ino != found.inode)
    return fail("grant.changed", "it is another file now");
  const Fd memory = BAILEY_TRY(sealed_memory());
  Copy copy;
  crypto::Sha256 hash;
  std::array<std::uint8_t, 65536> buffer;
  for (;;) {
    const ssize_t n = read(file.get(), buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return unreadable();
    if (n == 0) break;
    const ByteView part(buffer.data(), static_cast<std::size_t>(n));
    copy.bytes += part.size();
    if (copy.bytes > effect::file::kMaxCopyBytes)
      return fail("grant.too_big", "it is larger than 64 MiB");
    hash.update(part);
    if (!write_all(memory.get(), part)) return unreadable();
  }
  copy.digest = hash.finish();
  // Not to be run, where the kernel does not see to that itself, and not to be changed.
  if (fchmod(memory.get(), 0444) != 0 ||
      fcntl(memory.get(), F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) !=
          0)
    return unreadable();
  copy.file = BAILEY_TRY(again(memory));
  return copy;
}

Result<Fd> HostCopies::again(const Fd& copy) const {
  Fd fresh(open(in_proc(copy.get()).c_str(), O_RDONLY | O_CLOEXEC));
  if (!fresh) return unreadable();
  return fresh;
}

}  // namespace bailey::platform
