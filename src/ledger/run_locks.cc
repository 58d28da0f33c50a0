#include "ledger/run_locks.h"

#include <fcntl.h>

#include <cerrno>

namespace bailey::ledger {
namespace {

bool set_lock(int fd, std::uint64_t index, short type) {
  struct flock range{};
  range.l_type = type;
  range.l_whence = SEEK_SET;
  range.l_start = static_cast<off_t>(index);
  range.l_len = 1;
  int result = 0;
  do {
    result = ::fcntl(fd, F_OFD_SETLK, &range);
  } while (result != 0 && errno == EINTR);
  return result == 0;
}

}  // namespace

Result<RunLocks> RunLocks::open(const Dir& dir) {
  return RunLocks(BAILEY_TRY(dir.open_file(RelPath::known("runs"), O_RDWR | O_CREAT)));
}

bool RunLocks::try_hold(std::uint64_t index) {
  // The kernel would grant it to the same description again: held_ remembers.
  const std::lock_guard lock(mutex_);
  if (held_.contains(index) || !set_lock(fd_.get(), index, F_WRLCK)) return false;
  held_.insert(index);
  return true;
}

void RunLocks::let_go(std::uint64_t index) {
  const std::lock_guard lock(mutex_);
  if (held_.erase(index) != 0) (void)set_lock(fd_.get(), index, F_UNLCK);
}

}  // namespace bailey::ledger
