#include "effect/effects.h"

namespace bailey::effect {

Effects::FileRead Effects::read_file(model::Recorded<model::Permit> permit,
                                     const file::FileSource& source, const file::Found& found,
                                     process::Watch& watch) {
  using model::OutcomeStatus;
  const model::IntentId intent = permit.intent();
  const Leash leash = permit.value().leash();
  const MonoTime start_by = permit.value().start_by();
  model::Permit spent = permit.consume(PassKey<Effects>());
  model::Evidence evidence;
  evidence.started_mono_ns = static_cast<std::uint64_t>(clock_.monotonic().ns);
  const auto seal = [&](OutcomeStatus status, std::string reason) {
    evidence.ended_mono_ns = static_cast<std::uint64_t>(clock_.monotonic().ns);
    return model::Outcome(PassKey<Effects>(), std::move(spent), intent, status, std::move(reason),
                          std::move(evidence));
  };
  if (clock_.monotonic() > start_by)
    return {seal(OutcomeStatus::kFailed, "permit.expired"), std::nullopt};
  if (leash.stop_requested()) return {seal(OutcomeStatus::kStopped, "run.stopped"), std::nullopt};
  if (watch.must_stop()) return {seal(OutcomeStatus::kHalted, "kill.active"), std::nullopt};
  auto copy = source.copy(found);
  if (!copy) {
    evidence.extra = codec::Json::Object{};
    evidence.extra.set("error", copy.error().code);
    return {seal(OutcomeStatus::kFailed, std::string(copy.error().code)), std::nullopt};
  }
  evidence.streams.push_back({"file", copy->bytes, copy->digest});
  return {seal(OutcomeStatus::kDone, "grant.given"), std::move(copy->file)};
}

}  // namespace bailey::effect
