// Conductor: the only code that knows the order of the stages.
//
//   door -> identity -> gate -> consent -> ledger (intent) -> effect -> ledger (ending)
//
// No record, no effect: the intent is durable before the program starts, the ending
// before its status is told. Every branch ends in a receipt or in an Error that says
// why nothing was decided or recorded. What a running program is given on request takes the
// same way, as an action of its own (live_grants.h). An ask that a person here answers is judged
// again from the start. What can overlap does: the cage builds while the intent is made
// durable. Thread rule: one thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "conduct/live_grants.h"
#include "consent/consent.h"
#include "effect/effects.h"
#include "effect/process/jail.h"
#include "gate/gate.h"
#include "identity/identifier.h"
#include "ledger/ledger.h"
#include "model/receipt.h"

namespace bailey::conduct {

// The door makes the same request anew each time it has to be judged.
using RequestMaker = std::function<model::Request()>;

// Opens the ledger when it is first needed; the same one each time. Borrowed.
using LedgerSource = std::function<Result<ledger::Ledger*>()>;

// Puts an ask to the person who may answer it here and now. True when an answer was
// stored; false when nobody is here to ask.
using AskHere = std::function<Result<bool>(const consent::Ask&)>;

// Completes the plan of a cage with what the verdict allows.
using SpecMaker = std::function<effect::process::CageSpec(const model::Judgement&)>;

struct Stages {
  const Clock& clock;
  const identity::Identifier& identifier;
  const gate::Gate& gate;
  std::function<gate::Inputs()> inputs;  // read afresh for each judgement
  consent::Consent& consent;
  effect::Effects& effects;
  LedgerSource ledger;
  AskHere ask_here;
  // How a person is asked while a program runs; absent: nobody is.
  std::optional<LiveAsking> live = std::nullopt;
};

// An effect happened (or its cage refused): what, and the receipt of it.
struct Ran {
  model::OutcomeStatus status = model::OutcomeStatus::kFailed;
  std::string reason_code;
  model::Evidence evidence;
  model::Judgement judgement;
  std::vector<model::Event> events;  // as they were told, objects in the clear
  std::vector<model::Event> uses;    // files that were used, when that was asked for
  model::Receipt receipt;
};

// The answer was no, or nobody has answered yet (`ask` is set then).
struct Refused {
  model::Denial denial;
  model::Judgement judgement;
  std::optional<consent::Ask> ask;
  model::Receipt receipt;
};

using Conducted = std::variant<Ran, Refused>;

class Conductor {
 public:
  explicit Conductor(Stages stages) : stages_(std::move(stages)) {}

  // `cage` was raised and not furnished. Errors: of any stage that could not decide or
  // could not record; nothing of the program ran then, or the receipt of what ran is
  // written by recovery.
  [[nodiscard]] Result<Conducted> run_process(const RequestMaker& request, model::Level ceiling,
                                              std::unique_ptr<effect::process::Cage> cage,
                                              const SpecMaker& spec, effect::process::Watch& watch);

 private:
  using Decided = std::variant<model::Permit, Refused>;
  [[nodiscard]] Result<Decided> decide(const RequestMaker& request, model::Level ceiling);
  [[nodiscard]] Result<Refused> refuse(model::Refusal refusal, std::optional<consent::Ask> ask);

  Stages stages_;
};

}  // namespace bailey::conduct
