// notices: the warden's answers to calls that the cage's filter hands over.
//
// Every call is answered: what the filter denies with EPERM, whatever its arguments point
// to; what it only watches with "go on", but for a few opens that wait (waiting_calls.h). What was
// read of the caller's memory becomes an event (spec/events.md), bounded and counted, and decides
// nothing. In a cage without namespaces some calls are done for the caller (errand.h). Few calls
// at a time, so that a flood of them does not keep the warden from its clocks. Freestanding, one
// thread. Does not protect: an event's object is what the caller claimed at that moment.
#pragma once

#include <linux/seccomp.h>

#include "effect/process/wire.h"
#include "platform/warden/territory.h"
#include "platform/warden/waiting_calls.h"

namespace bailey::platform::warden {

class Notices {
 public:
  // Takes over the listener.
  void listen(int listener) noexcept;
  // From now on opens that are refused; files that are opened or executed, too.
  void tell_files() noexcept { tell_ = Tell::kFiles; }
  void tell_uses() noexcept { tell_ = Tell::kUse; }
  // The cage has no namespaces: errands are run here, and Landlock alone refuses files.
  // `territory` must outlive us.
  void serve(const Territory& territory) noexcept { territory_ = &territory; }
  // From now on opens wait that the plan says may be asked for.
  void hold(const effect::process::PlanReader& plan) noexcept { held_.watch(plan); }
  [[nodiscard]] int fd() const noexcept { return listener_; }

  enum class Turn {
    kIdle,      // nothing waits
    kAnswered,  // a call was answered
    kEvent,     // and `event` is to be told, with `program` when that is not -1 (to be closed)
    kWish,      // a call waits: `event` holds its id, pid and program, wish() its path
    kLost,      // the listener is of no use any more: nobody is left who could call
  };
  // Answers one call, if one waits.
  [[nodiscard]] Turn next(effect::process::Message& event, int& program) noexcept;

  [[nodiscard]] std::string_view wish() const noexcept { return wish_.view(); }
  // As waiting_calls.h has them.
  [[nodiscard]] int end_wish(std::uint64_t id, int file) noexcept {
    return held_.end(listener_, id, file);
  }
  [[nodiscard]] std::uint64_t take_gone() noexcept { return held_.take_gone(listener_); }
  [[nodiscard]] bool holds() const noexcept { return held_.count() > 0; }

  [[nodiscard]] std::uint64_t kept() const noexcept { return kept_; }
  [[nodiscard]] std::uint64_t repeated() const noexcept { return repeated_; }
  [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_; }

 private:
  static constexpr std::uint64_t kMostEvents = 256;
  static constexpr std::uint64_t kMostUses = 4096;
  static constexpr unsigned kRemembered = 64;

  enum class Tell { kRefused, kFiles, kUse };
  struct Program {
    std::uint64_t device = 0, inode = 0, version = 0;
  };

  // The cage's "/", opened through the first caller that shows it; else a negative errno.
  [[nodiscard]] long root_of(std::uint32_t pid, std::uint64_t call) noexcept;
  enum class Success { kGoOn, kDone };  // the caller does what it called for, or it was done for it
  // Without an error it is as `success` says.
  void answer(std::uint64_t call, int error, Success success) noexcept;
  [[nodiscard]] Turn keep(effect::process::Message& event, int& program) noexcept;
  [[nodiscard]] Turn keep_use(std::uint64_t print) noexcept;
  [[nodiscard]] bool is_known(const Program& program) noexcept;

  // Of a call that is an errand: answered, and an event when it was refused.
  [[nodiscard]] Turn run(const seccomp_notif& call, effect::process::Message& event,
                         int& program) noexcept;

  const Territory* territory_ = nullptr;
  int listener_ = -1;
  int root_ = -1;
  Tell tell_ = Tell::kRefused;
  WaitingCalls held_;
  Path wish_;
  std::uint64_t uses_ = 0;
  std::uint64_t kept_ = 0, repeated_ = 0, dropped_ = 0;
  std::uint64_t seen_[kRemembered] = {};  // fingerprints of the last events
  unsigned seen_next_ = 0;
  Program programs_[kRemembered];  // whose files the signer has had
  unsigned programs_next_ = 0;
};

}  // namespace bailey::platform::warden
