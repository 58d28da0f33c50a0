#include "conduct/conductor.h"

#include <utility>

#include "conduct/event_batches.h"

namespace bailey::conduct {

Result<Refused> Conductor::refuse(model::Refusal refusal, std::optional<consent::Ask> ask) {
  auto denial = refusal.denial;
  auto judgement = refusal.verdict.judgement();
  auto* ledger = BAILEY_TRY(stages_.ledger());
  auto receipt = BAILEY_TRY(ledger->close(std::move(refusal)));
  return Refused{std::move(denial), std::move(judgement), std::move(ask), std::move(receipt)};
}

Result<Conductor::Decided> Conductor::decide(const RequestMaker& request, model::Level ceiling) {
  // Twice at most: once as it comes, once more when a person here answered.
  for (bool asked = false;; asked = true) {
    auto caller = stages_.identifier.identify(request(), ceiling);
    auto verdict = stages_.gate.judge(std::move(caller), stages_.inputs());
    auto granted = BAILEY_TRY(stages_.consent.grant(std::move(verdict)));
    if (auto* permit = std::get_if<model::Permit>(&granted)) return Decided(std::move(*permit));
    if (auto* refusal = std::get_if<model::Refusal>(&granted))
      return Decided(BAILEY_TRY(refuse(std::move(*refusal), std::nullopt)));

    auto& pending = std::get<consent::PendingAsk>(granted);
    if (!asked && BAILEY_TRY(stages_.ask_here(pending.ask))) continue;
    return Decided(BAILEY_TRY(refuse(std::move(pending.refusal), std::move(pending.ask))));
  }
}

Result<Conducted> Conductor::run_process(const RequestMaker& request, model::Level ceiling,
                                         std::unique_ptr<effect::process::Cage> cage,
                                         const SpecMaker& spec, effect::process::Watch& watch) {
  auto decided = BAILEY_TRY(decide(request, ceiling));
  if (auto* refused = std::get_if<Refused>(&decided)) return Conducted(std::move(*refused));
  auto permit = std::get<model::Permit>(std::move(decided));

  const model::Judgement judgement = permit.verdict().judgement();
  // The cage is built while the intent becomes durable; the program starts after both.
  BAILEY_TRY(cage->furnish(spec(judgement)));
  auto* ledger = BAILEY_TRY(stages_.ledger());
  auto recorded = BAILEY_TRY(ledger->record(std::move(permit)));
  EventBatches events(*ledger, recorded.intent(), stages_.clock);
  effect::process::NoWishes nobody;
  std::optional<LiveGrants> live;
  if (stages_.live)
    live.emplace(stages_, *stages_.live, *ledger, recorded.intent(), ceiling, watch, events);
  effect::process::WishDesk* wishes = &nobody;
  if (live) wishes = &*live;
  auto outcome = stages_.effects.run_process(std::move(recorded), *cage, judgement.degradations,
                                             watch, events, *wishes);
  events.finish();
  const auto status = outcome.status();
  const auto reason = outcome.reason_code();
  auto evidence = outcome.evidence();
  if (events.unwritten() > 0)
    evidence.notes.push_back(std::to_string(events.unwritten()) +
                             " events are not in the ledger: it could not be written");
  auto taken = std::move(events).take();
  auto receipt = BAILEY_TRY(ledger->close(std::move(outcome)));
  return Conducted(Ran{status, reason, std::move(evidence), judgement, std::move(taken.all),
                       std::move(taken.uses), std::move(receipt)});
}

}  // namespace bailey::conduct
