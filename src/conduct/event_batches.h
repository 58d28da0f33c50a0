// EventBatches: what the ledger does while an effect runs: it takes its events, and gets
// ready for its end, because nobody waits for it now.
//
// Written while the effect runs, so that a crash keeps them: when a batch is full, or half
// a second after its first event (spec/events.md). The sink never fails the run: what cannot
// be written is counted, and said in the next batch that can be and in the closing report.
// Keeps the events for the closing report too. One thread, that of the run.
#pragma once

#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "effect/process/jail.h"
#include "ledger/ledger.h"
#include "model/event.h"

namespace bailey::conduct {

class EventBatches final : public effect::process::EventSink {
 public:
  EventBatches(ledger::Ledger& ledger, const model::IntentId& intent, const Clock& clock)
      : ledger_(ledger), intent_(intent), clock_(clock) {}

  void take(model::Event event) override;
  void look_at_the_clock() override;
  // What still waits; to be called before the outcome is recorded.
  void finish() { write(); }

  [[nodiscard]] std::uint64_t unwritten() const noexcept { return unwritten_; }
  struct Taken {
    std::vector<model::Event> all;
    // Files that were opened or executed; not in the ledger, which is about what was refused.
    std::vector<model::Event> uses;
  };
  [[nodiscard]] Taken take() && { return {std::move(all_), std::move(uses_)}; }

 private:
  void write();

  ledger::Ledger& ledger_;
  model::IntentId intent_;
  const Clock& clock_;
  std::vector<model::Event> all_;
  std::vector<model::Event> uses_;
  std::size_t written_ = 0;  // how many of all_ were tried
  std::uint64_t unwritten_ = 0;
  std::int64_t first_waits_since_ns_ = 0;
  bool prepared_ = false;
};

}  // namespace bailey::conduct
