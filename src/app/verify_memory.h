// What bailey-verify saw last of each log: one signed checkpoint a log, in a folder of the
// user's, so that a log that went back or forked is noticed next time.
//
// DIR/<SHA-256 of the origin>.checkpoint is the note as it was published. Memory is believed
// for its signature only: the caller verifies what recall() gives. It is written whole and
// synced before it gets its name, under a lock that recall() and remember() share, so that
// two processes at once cannot make it go back. The folder must exist and be writable by its
// owner only. One thread.
// How it fails: closed; a memory that cannot be read or written is no "nothing seen yet".
// Does not protect: against whoever may write the folder; keep it off the machine that is
// watched.
#pragma once

#include <optional>
#include <string>

#include "base/fd.h"
#include "base/result.h"

namespace bailey::app {

class VerifyMemory {
 public:
  // Waits for other processes, at most ten seconds. Errors: remember.folder, remember.busy.
  [[nodiscard]] static Result<VerifyMemory> open(const std::string& folder);

  // The note remembered of this log; nothing when none ever was. Errors: remember.read.
  [[nodiscard]] Result<std::optional<std::string>> recall(const std::string& origin) const;
  // Errors: remember.write; then what was there before is there still.
  [[nodiscard]] Status remember(const std::string& origin, const std::string& note) const;

 private:
  VerifyMemory(Fd folder, Fd lock) noexcept : folder_(std::move(folder)), lock_(std::move(lock)) {}
  Fd folder_;
  Fd lock_;  // held until it is closed
};

}  // namespace bailey::app
