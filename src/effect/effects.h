// Effects: the one class that can use up a Recorded<Permit> and mint an Outcome.
//
// Each kind of effect is a member here and a folder beside this file; there is no
// other way to reach it. An effect never judges: it obeys the permit's leash and
// limits and says what happened. Thread rule: one call at a time per object.
#pragma once

#include <memory>
#include <optional>

#include "base/clock.h"
#include "base/result.h"
#include "effect/file/file_source.h"
#include "effect/process/jail.h"
#include "model/outcome.h"
#include "model/permit.h"

namespace bailey::effect {

class Effects {
 public:
  explicit Effects(const Clock& clock) noexcept : clock_(clock) {}

  // Runs the program of a furnished cage. Waits for the cage to be ready first; a
  // layer that is missing and was not accepted, a limit that cannot be held, or a
  // start after the permit's start_by ends in an Outcome of status kFailed with
  // reason cage.*, and the program never started. Always ends in an Outcome: the
  // authority is used up whatever happens.
  // The caller drops the cage afterwards: what runs in it is gone already, and our own
  // warden may be reaped while the outcome is being written.
  [[nodiscard]] model::Outcome run_process(model::Recorded<model::Permit> permit,
                                           process::Cage& cage,
                                           const std::vector<std::string>& accepted,
                                           process::Watch& watch, process::EventSink& events,
                                           process::WishDesk& wishes);

  // A copy of the file that was found, for a program that waits for it. Always ends in an
  // Outcome; the copy is to be handed out when that is durable.
  struct FileRead {
    model::Outcome outcome;
    std::optional<Fd> copy;
  };
  [[nodiscard]] FileRead read_file(model::Recorded<model::Permit> permit,
                                   const file::FileSource& source, const file::Found& found,
                                   process::Watch& watch);

 private:
  const Clock& clock_;
};

}  // namespace bailey::effect
