// KillSwitch: the big red button, read from three places, and closed when in doubt.
//
//   BAILEY_ENABLE  read once at start: unset is on; anything but on/true/1/yes halts
//   KILL_SWITCH    a name in the home: whatever it is (file, directory, dangling link)
//                  halts; so does an error while looking
//   kill.json      {epoch, halted, reason, since, source, v}: missing, unreadable or
//                  corrupt halts. The epoch grows at every change and never shrinks
//
// Seen once it sticks: notice() writes `halted` into kill.json, and only lift() takes it
// back, which the caller may call after the ledger has recorded who lifted it. engage()
// takes no lock and waits for nobody; when it meets a lift() halfway, the halt wins.
// Nothing here reads the ledger. Any thread, any process. Specification:
// spec/kill-switch.md.
// Does not protect: against the home's owner, who may write kill.json by hand.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/dir.h"
#include "base/result.h"

namespace bailey::gate {

enum class KillSource { kNone, kEnvironment, kFile, kStore, kUnreadable };
[[nodiscard]] std::string_view name(KillSource source) noexcept;

// Which KILL_SWITCH was seen, so that lifting it cannot lift a newer one.
struct SwitchMark {
  dev_t device = 0;
  ino_t inode = 0;
  std::int64_t changed_ns = 0;  // st_mtim
  bool operator==(const SwitchMark&) const = default;
};

struct KillState {
  bool halted = true;
  std::uint64_t epoch = 0;
  KillSource source = KillSource::kUnreadable;
  std::string reason;  // as given; not safe for a terminal
  WallTime since;      // of the last change; zero when unknown
  std::optional<SwitchMark> file;
};

// How BAILEY_ENABLE reads.
[[nodiscard]] bool is_enabled(const std::optional<std::string>& bailey_enable);

class KillSwitch {
 public:
  // `bailey_enable`: the variable as it was when the process began. `home` is borrowed
  // and must outlive this.
  KillSwitch(const Dir& home, const std::optional<std::string>& bailey_enable)
      : home_(home), enabled_(is_enabled(bailey_enable)) {}

  // A fresh home's kill.json, not halted; does nothing when there is one. Errors: disk.*.
  [[nodiscard]] static Status initialise(const Dir& home, const Clock& clock);

  // Looks and changes nothing. Never fails: what cannot be read is halted.
  [[nodiscard]] KillState look() const;
  // Looks, and makes what it saw stick. Halted even when that cannot be written.
  [[nodiscard]] KillState notice(const Clock& clock) const;
  // `kill on`. The file comes first, so a failing disk halts as early as it can. Errors:
  // disk.*, when neither place could be written.
  [[nodiscard]] Status engage(std::string_view reason, const Clock& clock) const;
  // `kill off`, of the halt that `seen` describes and no newer one. Errors:
  // kill.environment (BAILEY_ENABLE still halts), kill.changed (halted anew), disk.*.
  [[nodiscard]] Status lift(const KillState& seen, std::string_view reason,
                            const Clock& clock) const;

 private:
  const Dir& home_;
  bool enabled_;
};

// For a running cage: asks whether it must die, for about a microsecond.
class KillWatch {
 public:
  // `epoch`: of the permit's leash. A larger one in the store ends the run, even when
  // the switch is off again by then.
  KillWatch(const Dir& home, std::uint64_t epoch);
  [[nodiscard]] bool must_stop();

 private:
  const Dir& home_;
  std::uint64_t epoch_;
  bool stopped_ = false;
  bool read_ = false;  // kill.json was read in the state of `last_`
  struct stat last_{};
};

}  // namespace bailey::gate
