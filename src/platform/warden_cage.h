// WardenCage: one cage, seen from the signer (see warden_jail.h). Internal.
#pragma once

#include <sys/types.h>

#include "base/bytes.h"
#include "base/fd.h"
#include "effect/process/jail.h"
#include "effect/process/wire.h"
#include "platform/program_digests.h"

namespace bailey::platform {

class WardenCage final : public effect::process::Cage {
 public:
  WardenCage(pid_t pid, Fd pidfd, Fd socket, Fd plan) noexcept
      : pid_(pid), pidfd_(std::move(pidfd)), socket_(std::move(socket)), plan_(std::move(plan)) {}
  ~WardenCage() override;
  WardenCage(const WardenCage&) = delete;
  WardenCage& operator=(const WardenCage&) = delete;

  [[nodiscard]] Status furnish(const effect::process::CageSpec& spec) override;
  [[nodiscard]] Result<effect::process::Readiness> await_ready() override;
  [[nodiscard]] Result<effect::process::CageEnd> run(const Leash& leash,
                                                     effect::process::Watch& watch,
                                                     effect::process::EventSink& events,
                                                     effect::process::WishDesk& wishes) override;

  // The warden's process, for tests that kill or stop it from outside.
  [[nodiscard]] pid_t warden_pid() const noexcept { return pid_; }

 private:
  enum class State { kRaised, kFurnished, kReady, kOver };

  [[nodiscard]] Status send(const effect::process::Message& message, int file = -1);
  // Passes on what the desk has decided, and whether the program must be silent.
  [[nodiscard]] Status tell_decisions(effect::process::WishDesk& wishes);
  // A part of a wish; the last one hands it in. Errors: cage.warden when it does not fit.
  [[nodiscard]] Status take_wish(const effect::process::Message& message,
                                 effect::process::WishDesk& wishes);
  // Waits up to `timeout_ms` (-1: for ever). False: nothing came. A descriptor that travels
  // along is in came_with_.
  [[nodiscard]] Result<bool> receive(effect::process::Message& message, int timeout_ms);
  [[nodiscard]] std::unexpected<Error> explain(const effect::process::Message& failed) const;
  void kill_warden() noexcept;

  pid_t pid_;
  Fd pidfd_;
  Fd socket_;
  Fd plan_;
  Fd init_pidfd_;
  Fd came_with_;
  ProgramDigests programs_;
  Bytes blob_;
  bool has_terminal_ = false;
  bool asks_ = false;
  effect::process::Observe observe_ = effect::process::Observe::kNo;
  std::string wish_;       // the path of one, as far as it came
  bool silenced_ = false;  // the warden was told to
  bool hushed_ = false;    // and the streams stand still
  std::uint64_t hush_number_ = 0;
  State state_ = State::kRaised;
};

}  // namespace bailey::platform
