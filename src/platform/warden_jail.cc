#include "platform/warden_jail.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "platform/spawn.h"
#include "platform/warden_cage.h"

namespace bailey::platform {
namespace {

constexpr unsigned kNoExecSeal = 8U;  // MFD_NOEXEC_SEAL, since Linux 6.3

std::unexpected<Error> cannot(const char* act) {
  return fail("cage.warden", std::string(act) + ": " + strerror(errno), "run bailey doctor");
}

// A number above the standard streams, also when one of those is closed.
Result<Fd> above_streams(Fd fd) {
  if (fd.get() > 2) return fd;
  Fd moved(fcntl(fd.get(), F_DUPFD_CLOEXEC, 3));
  if (!moved) return cannot("dup");
  return moved;
}

}  // namespace

Result<Fd> open_warden() {
  char self[PATH_MAX];
  const ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
  if (n <= 0) return cannot("readlink /proc/self/exe");
  std::string directory(self, static_cast<std::size_t>(n));
  directory.erase(directory.rfind('/'));
  for (const char* place : {"/bailey-warden", "/../libexec/bailey/bailey-warden"}) {
    Fd fd(open((directory + place).c_str(), O_PATH | O_CLOEXEC | O_NOFOLLOW));
    if (!fd) continue;
    struct stat status{};
    if (fstat(fd.get(), &status) != 0) return cannot("fstat");
    if (!S_ISREG(status.st_mode)) continue;
    if (status.st_uid != 0 && status.st_uid != geteuid()) {
      return fail("cage.warden", "bailey-warden belongs to somebody else", "reinstall Bailey");
    }
    if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
      return fail("cage.warden", "bailey-warden is writable by others",
                  "chmod go-w on bailey-warden");
    }
    return above_streams(std::move(fd));
  }
  return fail("cage.warden", "bailey-warden is not where bailey is", "reinstall Bailey");
}

Result<std::unique_ptr<effect::process::Cage>> WardenJail::raise() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return cannot("socketpair");
  Fd first(ends[0]);
  Fd second(ends[1]);
  Fd ours = BAILEY_TRY(above_streams(std::move(first)));
  Fd theirs = BAILEY_TRY(above_streams(std::move(second)));
  constexpr unsigned kFlags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  int memfd = memfd_create("bailey-plan", kFlags | kNoExecSeal);
  if (memfd < 0 && errno == EINVAL) memfd = memfd_create("bailey-plan", kFlags);
  if (memfd < 0) return cannot("memfd_create");
  Fd plan = BAILEY_TRY(above_streams(Fd(memfd)));
  Spawned spawned = BAILEY_TRY(spawn_with(warden_.get(), theirs.get(), plan.get()));
  return std::make_unique<WardenCage>(spawned.pid, std::move(spawned.pidfd), std::move(ours),
                                      std::move(plan));
}

}  // namespace bailey::platform
