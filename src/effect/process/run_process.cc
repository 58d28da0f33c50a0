#include <algorithm>

#include "effect/effects.h"

namespace bailey::effect {
namespace {

using model::Evidence;
using model::OutcomeStatus;

struct Ending {
  OutcomeStatus status = OutcomeStatus::kFailed;
  std::string reason;
};

codec::Json failure(const Error& error) {
  codec::Json json{codec::Json::Object{}};
  json.set("error", error.code);
  json.set("message", codec::valid_utf8(error.message));
  if (!error.hint.empty()) json.set("hint", codec::valid_utf8(error.hint));
  return json;
}

// The name of the first layer that is neither proven nor accepted, or empty.
std::string unproven_layer(const std::vector<model::LayerReport>& layers,
                           const std::vector<std::string>& accepted) {
  for (const auto& layer : layers) {
    if (layer.state == model::LayerState::kProven) continue;
    if (std::find(accepted.begin(), accepted.end(), layer.name) == accepted.end())
      return layer.name;
  }
  return {};
}

void note_degradations(Evidence& evidence) {
  for (const auto& layer : evidence.layers)
    if (layer.state != model::LayerState::kProven) evidence.degradations.push_back(layer.name);
}

// The limits as they stood before the start, overlaid with what was used.
void merge_limits(std::vector<model::LimitReport>& limits,
                  const std::vector<model::LimitReport>& final) {
  for (const auto& report : final) {
    const auto same = std::find_if(limits.begin(), limits.end(),
                                   [&](const auto& limit) { return limit.kind == report.kind; });
    if (same == limits.end())
      limits.push_back(report);
    else
      *same = report;
  }
}

codec::Json hints_json(const process::Hints& hints) {
  codec::Json::Array seen;
  if (hints.missing_file) seen.emplace_back("missing_file");
  if (hints.permission) seen.emplace_back("permission");
  if (hints.read_only) seen.emplace_back("read_only");
  if (hints.network) seen.emplace_back("network");
  return seen;
}

// What the events tell, and what they cannot: silence means something only with this.
codec::Json events_json(const model::EventCounts& counts) {
  codec::Json json{codec::Json::Object{}};
  json.set("listener", counts.listening ? "own" : "none");
  if (!counts.why_not.empty()) json.set("why", codec::valid_utf8(counts.why_not));
  json.set("kept", std::to_string(counts.kept));
  json.set("repeated", std::to_string(counts.repeated));
  json.set("dropped", std::to_string(counts.dropped));
  codec::Json::Array unseen;
  if (!counts.listening) unseen.emplace_back("denied system calls, connects, binds and execs");
  json.set("files", counts.files);
  unseen.emplace_back(counts.files ? "what was done to files without opening them"
                                   : "files that were hidden or could not be opened");
  unseen.emplace_back("datagrams sent to an address without connect");
  json.set("unseen", std::move(unseen));
  return json;
}

Ending classify(const process::CageEnd& end, process::Watch& watch, bool leash_stopped) {
  switch (end.end) {
    case process::End::kExited:
      return {OutcomeStatus::kDone, "run.exited"};
    case process::End::kNotRunnable:
      return {OutcomeStatus::kFailed, "run.not_runnable"};
    case process::End::kLimit:
      return {OutcomeStatus::kLimit, "limit." + std::string(model::name(end.limit))};
    case process::End::kLeash:
      if (watch.must_stop()) return {OutcomeStatus::kHalted, "kill.active"};
      if (leash_stopped) return {OutcomeStatus::kStopped, "run.stopped"};
      return {OutcomeStatus::kLimit, "limit.wall"};
    case process::End::kWardenLost:
      return {OutcomeStatus::kFailed, "cage.warden_lost"};
  }
  return {OutcomeStatus::kFailed, "cage.warden_lost"};
}

Evidence evidence_of(process::CageEnd end) {
  Evidence evidence;
  evidence.exit_code = end.exit_code;
  evidence.signal = end.signal;
  evidence.streams = std::move(end.streams);
  evidence.leftover_processes = end.leftover_processes;
  evidence.started_mono_ns = end.started_mono_ns;
  evidence.ended_mono_ns = end.ended_mono_ns;
  evidence.extra = codec::Json::Object{};
  evidence.extra.set("hints", hints_json(end.hints));
  evidence.extra.set("events", events_json(end.events));
  if (end.end == process::End::kNotRunnable) evidence.extra.set("exec_errno", end.exec_errno);
  return evidence;
}

}  // namespace

model::Outcome Effects::run_process(model::Recorded<model::Permit> permit, process::Cage& cage,
                                    const std::vector<std::string>& accepted, process::Watch& watch,
                                    process::EventSink& events, process::WishDesk& wishes) {
  const model::IntentId intent = permit.intent();
  const Leash leash = permit.value().leash();
  const MonoTime start_by = permit.value().start_by();
  model::Permit spent = permit.consume(PassKey<Effects>());
  const auto seal = [&](OutcomeStatus status, std::string reason, Evidence evidence) {
    return model::Outcome(PassKey<Effects>(), std::move(spent), intent, status, std::move(reason),
                          std::move(evidence));
  };
  const auto refused = [&](const Error& error, Evidence evidence) {
    evidence.extra = failure(error);
    return seal(OutcomeStatus::kFailed, std::string(error.code), std::move(evidence));
  };

  auto ready = cage.await_ready();
  if (!ready) return refused(ready.error(), {});
  Evidence before;
  before.layers = std::move(ready->layers);
  before.limits = std::move(ready->limits);
  before.notes = std::move(ready->notes);
  if (ready->asks && !ready->deaf_because.empty())
    before.notes.push_back("nobody can be asked for a file here: " + ready->deaf_because);
  note_degradations(before);
  if (const auto layer = unproven_layer(before.layers, accepted); !layer.empty())
    return refused({"cage.layer_missing", "the layer '" + layer + "' could not be proven",
                    "bailey doctor says how to get it; a policy may accept its loss by name "
                    "under 'degradations'"},
                   std::move(before));
  if (clock_.monotonic() > start_by)
    return refused({"permit.expired", "the permit expired before the program could start",
                    "run the command again"},
                   std::move(before));
  if (leash.stop_requested())
    return seal(OutcomeStatus::kStopped, "run.stopped", std::move(before));
  if (watch.must_stop()) return seal(OutcomeStatus::kHalted, "kill.active", std::move(before));

  const std::string deaf_because = ready->deaf_because;
  const bool observes = ready->observe != process::Observe::kNo;
  auto end = cage.run(leash, watch, events, wishes);
  wishes.close();
  auto wished = wishes.report();
  before.grants = std::move(wished.grants);
  before.grants_uncounted = wished.uncounted;
  if (!end) return refused(end.error(), std::move(before));
  end->events.listening = deaf_because.empty();
  end->events.why_not = deaf_because;
  end->events.files = observes;
  const Ending ending = classify(*end, watch, leash.stop_requested());
  auto limits = std::move(before.limits);
  merge_limits(limits, end->limits);
  Evidence evidence = evidence_of(*std::move(end));
  evidence.layers = std::move(before.layers);
  evidence.limits = std::move(limits);
  evidence.degradations = std::move(before.degradations);
  evidence.notes = std::move(before.notes);
  evidence.grants = std::move(before.grants);
  evidence.grants_uncounted = before.grants_uncounted;
  return seal(ending.status, ending.reason, std::move(evidence));
}

}  // namespace bailey::effect
