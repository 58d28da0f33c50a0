// Consent: Verdict -> Permit. The only maker of authority.
//
// allow: a Permit for exactly this action, to be started within a minute; an approval
// that allowed it is used up first. deny: a Refusal. ask: a stored Ask and a Refusal to
// record; when a person has answered, the same request is judged again from the start.
// Errors mean that nothing was granted. Thread rule: one thread.
#pragma once

#include <stop_token>
#include <variant>

#include "base/clock.h"
#include "base/result.h"
#include "consent/approval_store.h"
#include "model/outcome.h"
#include "model/permit.h"

namespace bailey::consent {

inline constexpr std::int64_t kStartWithinNs = 60'000'000'000;

struct PendingAsk {
  Ask ask;
  model::Refusal refusal;  // decision `ask`: what the ledger records
};

using Granted = std::variant<model::Permit, model::Refusal, PendingAsk>;

class Consent {
 public:
  // `watch` hears of permits that are dropped; `stop` ends what runs under them.
  Consent(const Clock& clock, ApprovalStore& approvals, model::AuthorityWatch& watch,
          std::stop_token stop)
      : clock_(clock), approvals_(approvals), watch_(watch), stop_(std::move(stop)) {}

  // Errors: those of ApprovalStore::put.
  [[nodiscard]] Result<Granted> grant(model::Verdict&& verdict);

 private:
  [[nodiscard]] Result<Granted> ask(model::Verdict&& verdict);

  const Clock& clock_;
  ApprovalStore& approvals_;
  model::AuthorityWatch& watch_;
  std::stop_token stop_;
};

// What a person is asked about, in one line: the command, its workspace, what it adds to
// the environment. Not safe for a terminal.
[[nodiscard]] std::string describe(const model::Action& action);

}  // namespace bailey::consent
