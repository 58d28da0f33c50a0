#include "ledger/control.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <climits>
#include <cstring>
#include <new>
#include <utility>

#include "ledger/shared_word.h"

namespace bailey::ledger {
namespace {

constexpr std::size_t kPageBytes = 4096;
constexpr char kMagic[16] = "bailey-control1";
// A dead holder wakes nobody: sleepers look again by themselves.
constexpr std::int64_t kLookAgainNs = 2'000'000;

bool set_lock(int fd, LogLock lock, short type) noexcept {
  struct flock range{};
  range.l_type = type;
  range.l_whence = SEEK_SET;
  range.l_start = static_cast<off_t>(lock);
  range.l_len = 1;
  int result = 0;
  do {
    result = ::fcntl(fd, F_OFD_SETLK, &range);
  } while (result != 0 && errno == EINTR);
  return result == 0;
}

}  // namespace

Result<Control> Control::enter(const Dir& dir, const Clock& clock, Taken& taken) {
  const auto name = RelPath::known("control");
  // Made with a rename nowhere: whoever comes first extends it, zeroes mean "foreign".
  auto fd = BAILEY_TRY(dir.open_file(name, O_RDWR | O_CREAT));
  struct stat st{};
  if (::fstat(fd.get(), &st) != 0) {
    return std::unexpected(disk_error("disk.stat", "look at the control file", errno));
  }
  if (!S_ISREG(st.st_mode)) return fail("disk.open", "the control file is not a regular file");
  if (st.st_size < static_cast<off_t>(kPageBytes)) {
    // Allocated, so that a store into the mapping cannot fail for want of space.
    const int error = ::posix_fallocate(fd.get(), 0, kPageBytes);
    if (error != 0) {
      return std::unexpected(disk_error("disk.write", "extend the control file", error));
    }
  }
  void* page = ::mmap(nullptr, kPageBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  if (page == MAP_FAILED) {
    return std::unexpected(disk_error("disk.open", "map the control file", errno));
  }
  Control control(std::move(fd), std::launder(static_cast<ControlPage*>(page)));
  if (auto entered = control.lock(LogLock::kDoor, kTurnDeadlineNs, clock); !entered) {
    return std::unexpected(std::move(entered).error());
  }
  if (auto there = control.still_there(); !there) {
    return std::unexpected(std::move(there).error());
  }
  if (set_lock(control.fd_.get(), LogLock::kPresent, F_WRLCK)) {
    taken = Taken::kAlone;
  } else if (set_lock(control.fd_.get(), LogLock::kPresent, F_RDLCK)) {
    taken = Taken::kShared;
  } else {
    return fail("log.busy", "another process repairs the log", "try again when it is done");
  }
  return control;
}

Control::Control(Control&& other) noexcept
    : fd_(std::move(other.fd_)), page_(std::exchange(other.page_, nullptr)) {}

Control::~Control() {
  if (page_ != nullptr) ::munmap(page_, kPageBytes);
}

bool Control::is_of(const Digest& log_id) const noexcept {
  return std::memcmp(page_->magic, kMagic, sizeof kMagic) == 0 &&
         std::memcmp(page_->log_id, log_id.data(), log_id.size()) == 0;
}

bool Control::is_current(const Digest& log_id, const BootId& boot) const noexcept {
  return is_of(log_id) && boot.size() < sizeof page_->boot_id &&
         std::strncmp(page_->boot_id, boot.c_str(), sizeof page_->boot_id) == 0;
}

void Control::make_current(const Digest& log_id, const BootId& boot) noexcept {
  // Words that others may sleep on keep their values.
  std::memset(page_->magic, 0, sizeof page_->magic);
  page_->end.store(0);
  page_->last_head.store(0);
  page_->synced.store(0);
  page_->published.store(0);
  page_->failed.store(0);
  std::memcpy(page_->log_id, log_id.data(), log_id.size());
  std::memset(page_->boot_id, 0, sizeof page_->boot_id);
  std::memcpy(page_->boot_id, boot.data(), std::min(boot.size(), sizeof page_->boot_id - 1));
  std::memcpy(page_->magic, kMagic, sizeof kMagic);
}

bool Control::try_lock(LogLock lock) noexcept { return set_lock(fd_.get(), lock, F_WRLCK); }

Status Control::lock(LogLock lock, std::int64_t deadline_ns, const Clock& clock) noexcept {
  if (try_lock(lock)) return {};
  const auto i = static_cast<std::size_t>(lock);
  auto& word = page_->released[i];
  const std::int64_t end = clock.monotonic().ns + deadline_ns;
  // A clock that stands still (a test's) must not make this endless.
  for (std::int64_t rounds = 0; rounds * kLookAgainNs <= 4 * deadline_ns || rounds < 8; ++rounds) {
    page_->waiting[i].fetch_add(1);
    const std::uint32_t seen = word.load();
    const bool got = try_lock(lock);
    if (!got) sleep_on(word, seen, kLookAgainNs, Reach::kMachine);
    page_->waiting[i].fetch_sub(1);
    if (got || try_lock(lock)) return {};
    if (clock.monotonic().ns >= end) break;
  }
  return fail("log.busy", "another process holds the log and does not let go",
              "look for a stopped bailey process; nothing was started");
}

void Control::unlock(LogLock lock) noexcept {
  const auto i = static_cast<std::size_t>(lock);
  (void)set_lock(fd_.get(), lock, F_UNLCK);
  page_->released[i].fetch_add(1);
  if (page_->waiting[i].load() == 0) return;
  // Who waits for a sync is mostly covered by the one that just ended, and waits for no turn.
  wake(page_->released[i], lock == LogLock::kSync ? INT_MAX : 1, Reach::kMachine);
}

bool Control::become_alone() noexcept { return set_lock(fd_.get(), LogLock::kPresent, F_WRLCK); }
void Control::become_shared() noexcept { (void)set_lock(fd_.get(), LogLock::kPresent, F_RDLCK); }

Status Control::still_there() const {
  struct stat st{};
  if (::fstat(fd_.get(), &st) != 0 || st.st_nlink == 0) {
    return fail("log.deleted", "the log's control file was deleted under us",
                "stop all bailey processes and run `bailey log verify`");
  }
  return {};
}

}  // namespace bailey::ledger
