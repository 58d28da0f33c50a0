// Control: the file through which the processes that share a log take turns.
//
// `ledger/control` is two things. Its bytes carry OFD locks, which the kernel
// releases when the last descriptor of the holder goes, however it dies. Its first
// page, mapped by all, carries hints: where the journal ends, up to where it is on
// disk, whether a sync failed. The page belongs to one boot and one log and is made
// anew by whoever opens the log alone and finds it foreign; the journal rules.
//
// Thread rule: lock calls from one thread at a time (the log's leader); the page
// is atomics. A child process must not keep the descriptor: it would keep the locks.
// Does not protect: against a process of the same user that writes into the page.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/dir.h"
#include "base/fd.h"
#include "base/result.h"

namespace bailey::ledger {

// The locks of a log, by byte of the control file.
enum class LogLock : std::uint8_t {
  kAppend = 0,   // writing frames at the end
  kSync = 1,     // signing and syncing for everybody
  kPresent = 2,  // shared by all that have the log open; exclusive: alone
  kDoor = 3,     // opening, publishing, closing
};
inline constexpr std::size_t kLogLocks = 4;

// The shared page. Only `failed` and `synced` decide anything, both towards closed.
struct ControlPage {
  char magic[16];
  std::uint8_t log_id[32];
  char boot_id[40];
  std::atomic<std::uint64_t> end;        // Position of the next frame
  std::atomic<std::uint64_t> last_head;  // Position of the newest head frame
  std::atomic<std::uint64_t> synced;     // tree size that is on disk with its head
  std::atomic<std::uint64_t> published;  // tree size of the published checkpoint
  std::atomic<std::uint32_t> failed;     // errno of a failed sync, for all from then on
  std::atomic<std::uint32_t> synced_word;
  std::atomic<std::uint32_t> released[kLogLocks];
  std::atomic<std::uint32_t> waiting[kLogLocks];
  std::atomic<std::uint32_t> key_epoch;  // counts the changes of the log's keys in this boot
};
static_assert(sizeof(ControlPage) <= 4096);

class Control {
 public:
  enum class Taken { kAlone, kShared };

  // Opens or makes the file and enters through the door: the caller is then
  // present, alone or with others, and still holds kDoor.
  // Errors: disk.*, log.busy, log.deleted.
  [[nodiscard]] static Result<Control> enter(const Dir& dir, const Clock& clock, Taken& taken);
  Control(Control&&) noexcept;
  Control& operator=(Control&&) = delete;
  ~Control();

  // True when the page is of this boot and this log.
  [[nodiscard]] bool is_current(const Digest& log_id, const BootId& boot) const noexcept;
  // True when the page is of this log, whatever the boot.
  [[nodiscard]] bool is_of(const Digest& log_id) const noexcept;
  void make_current(const Digest& log_id, const BootId& boot) noexcept;  // zeroes the rest

  [[nodiscard]] bool try_lock(LogLock lock) noexcept;
  // Errors: log.busy after `deadline_ns` of waiting (a stopped holder).
  [[nodiscard]] Status lock(LogLock lock, std::int64_t deadline_ns, const Clock& clock) noexcept;
  void unlock(LogLock lock) noexcept;
  // From shared presence to being the only one; stays shared when it cannot be.
  [[nodiscard]] bool become_alone() noexcept;
  void become_shared() noexcept;

  // Errors: log.deleted when the file has no name any more.
  [[nodiscard]] Status still_there() const;
  [[nodiscard]] ControlPage& page() const noexcept { return *page_; }

 private:
  Control(Fd fd, ControlPage* page) noexcept : fd_(std::move(fd)), page_(page) {}
  Fd fd_;
  ControlPage* page_;
};

// How long anybody waits for a turn before the log counts as unavailable.
inline constexpr std::int64_t kTurnDeadlineNs = 10'000'000'000;

}  // namespace bailey::ledger
