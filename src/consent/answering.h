// Answering: the rules by which a person may answer a stored ask.
//
//   - the agent's session, the requester, never answers
//   - `self`: the owner answers at the terminal (a TerminalAnswer proves it), or
//     somebody else by command
//   - `other`: a principal other than the owner answers; the owner may only say no
//   - one answer, before the end, for this very ask; the first wins
//   - while halted, only no
// One thread. Errors: approval.missing, approval.expired, approval.answered,
// approval.requester, approval.terminal, kill.active.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "consent/approval_store.h"
#include "consent/terminal_prompt.h"
#include "model/principal.h"

namespace bailey::consent {

enum class Halt { kRunning, kHalted };

class Answering {
 public:
  Answering(ApprovalStore& store, const Clock& clock) noexcept : store_(store), clock_(clock) {}

  // By command (`bailey approve grant|deny ID`); `by` is what the kernel says of the
  // process.
  [[nodiscard]] Result<StoredAsk> by_command(const std::string& id, Answer answer,
                                             const model::Principal& by, Halt halt);
  // At the terminal, by the owner.
  [[nodiscard]] Result<StoredAsk> at_terminal(const std::string& id, const TerminalAnswer& answer,
                                              const model::Principal& by, Halt halt);

 private:
  [[nodiscard]] Result<StoredAsk> open_ask(const std::string& id, Answer answer,
                                           const model::Principal& by, Halt halt) const;
  [[nodiscard]] Result<StoredAsk> record(StoredAsk stored, Answer answer,
                                         const model::Principal& by);

  ApprovalStore& store_;
  const Clock& clock_;
};

}  // namespace bailey::consent
