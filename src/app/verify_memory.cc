#include "app/verify_memory.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "app/verify_files.h"
#include "base/dir.h"
#include "codec/text.h"
#include "crypto/hash.h"

namespace bailey::app {
namespace {

constexpr int kWaits = 200;
constexpr long kWaitNs = 50'000'000;

std::string file_of(const std::string& origin) {
  return codec::to_hex(crypto::sha256(as_bytes(origin))) + ".checkpoint";
}

std::unexpected<Error> bad_folder(const std::string& folder, const std::string& why) {
  return fail("remember.folder", "the folder '" + folder + "' cannot keep a memory: " + why,
              "make one that only you may write: mkdir -m 700 DIR");
}

}  // namespace

Result<VerifyMemory> VerifyMemory::open(const std::string& folder) {
  Fd opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened) return bad_folder(folder, std::strerror(errno));
  struct stat status{};
  if (::fstat(opened.get(), &status) != 0) return bad_folder(folder, std::strerror(errno));
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) return bad_folder(folder, "others may write it");
  Fd lock(::openat(opened.get(), "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock) return bad_folder(folder, std::strerror(errno));
  struct flock whole{};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  for (int waits = 0; ::fcntl(lock.get(), F_OFD_SETLK, &whole) != 0; ++waits) {
    if (errno != EAGAIN && errno != EACCES && errno != EINTR) {
      return bad_folder(folder, std::strerror(errno));
    }
    if (waits == kWaits) {
      return fail("remember.busy", "another process holds the memory in '" + folder + "'",
                  "try again when it has ended");
    }
    const timespec pause{0, kWaitNs};
    (void)::nanosleep(&pause, nullptr);
  }
  return VerifyMemory(std::move(opened), std::move(lock));
}

Result<std::optional<std::string>> VerifyMemory::recall(const std::string& origin) const {
  auto file = read_at(folder_.get(), file_of(origin));
  switch (file.state) {
    case verify::File::State::kRead:
      return std::optional(std::move(file.content));
    case verify::File::State::kMissing:
      return std::optional<std::string>();
    case verify::File::State::kUnreadable:
      break;
  }
  return fail("remember.read", "what was seen last of the log cannot be read: " + file.content);
}

Status VerifyMemory::remember(const std::string& origin, const std::string& note) const {
  const std::string name = file_of(origin);
  const std::string fresh = name + ".new";  // the lock is held: nobody else makes one
  const auto failed = [&](const char* what) {
    const int error = errno;
    (void)::unlinkat(folder_.get(), fresh.c_str(), 0);
    return fail("remember.write", std::string("what was seen cannot be remembered: ") + what +
                                      ": " + std::strerror(error));
  };
  (void)::unlinkat(folder_.get(), fresh.c_str(), 0);  // left by a process that was killed
  Fd file(::openat(folder_.get(), fresh.c_str(),
                   O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) return failed("make a file");
  if (!write_all(file.get(), as_bytes(note))) return failed("write");
  if (::fsync(file.get()) != 0) return failed("sync");
  if (::renameat(folder_.get(), fresh.c_str(), folder_.get(), name.c_str()) != 0) {
    return failed("rename");
  }
  if (::fsync(folder_.get()) != 0) return failed("sync the folder");
  return {};
}

}  // namespace bailey::app
