#include "cli/commands.h"
#include "cli/household.h"
#include "cli/json_line.h"
#include "cli/records.h"
#include "cli/words.h"
#include "codec/redaction.h"
#include "codec/text.h"
#include "identity/identifier.h"

namespace bailey::cli {
namespace {

using codec::Json;

Json to_json(const gate::KillState& state) {
  Json json{Json::Object{}};
  json.set("v", 1);
  json.set("halted", state.halted);
  json.set("epoch", std::to_string(state.epoch));
  json.set("source", gate::name(state.source));
  json.set("reason", codec::valid_utf8(state.reason));
  if (state.since.unix_ns != 0) json.set("since", rfc3339(state.since));
  return json;
}

std::string_view by_words(gate::KillSource source) {
  switch (source) {
    case gate::KillSource::kEnvironment:
      return "by BAILEY_ENABLE in the environment";
    case gate::KillSource::kFile:
      return "by the file KILL_SWITCH in the home";
    case gate::KillSource::kStore:
      return "by an earlier halt that was not lifted";
    case gate::KillSource::kUnreadable:
      return "because its state cannot be read";
    case gate::KillSource::kNone:
      break;
  }
  return "";
}

std::string to_text(const gate::KillState& state) {
  if (!state.halted) return "running, epoch " + std::to_string(state.epoch) + "\n";
  std::string text = "HALTED";
  if (state.since.unix_ns != 0) text += " since " + to_the_second(state.since);
  text += ", " + std::string(by_words(state.source));
  if (!state.reason.empty()) text += ": " + codec::for_terminal(state.reason, 500);
  return text + "\nbailey kill off lifts it\n";
}

void show(Invocation& in, const gate::KillState& state) {
  in.outside.write(Stream::kOut,
                   in.arguments.flag("--json") ? json_line(to_json(state)) : to_text(state));
}

int failed(Invocation& in, const Error& error) {
  tell(in.outside, error);
  return kError;
}

}  // namespace

int kill_on(Invocation& in) {
  auto household = Household::open(in.outside, Make::kYes);
  if (!household) return failed(in, household.error());
  const auto& kill_switch = (*household)->kill_switch();
  const auto engaged = kill_switch.engage(
      codec::redacted(in.arguments.value("--reason").value_or("")), in.outside.clock());
  if (!engaged) return failed(in, engaged.error());
  show(in, kill_switch.look());
  // The halt stands. Recording it comes after and may fail without weakening it.
  auto ledger = (*household)->ledger();
  if (ledger) {
    const auto by = identity::LocalUser::of_this_process().principal();
    const auto noted = (*ledger)->note(
        merkle::LeafType::kControl,
        control_body({"kill_on", by, codec::redacted(in.arguments.value("--reason").value_or("")),
                      "", "halted", kill_switch.look().epoch}));
    if (noted) return kDone;
    in.outside.write(Stream::kErr, "bailey: halted, but not recorded: " +
                                       codec::for_terminal(noted.error().message) + "\n");
    return kDone;
  }
  in.outside.write(Stream::kErr, "bailey: halted, but not recorded: " +
                                     codec::for_terminal(ledger.error().message) + "\n");
  return kDone;
}

int kill_off(Invocation& in) {
  auto household = Household::open(in.outside, Make::kNo);
  if (!household) return failed(in, household.error());
  const auto& kill_switch = (*household)->kill_switch();
  const auto seen = kill_switch.notice(in.outside.clock());
  if (!seen.halted) {
    show(in, seen);
    return kDone;
  }
  if (seen.source == gate::KillSource::kEnvironment)
    return failed(in, Error{"kill.environment", "BAILEY_ENABLE halts Bailey in this environment",
                            "unset BAILEY_ENABLE, or set it to on, then bailey kill off"});
  auto ledger = (*household)->ledger();
  if (!ledger) return failed(in, ledger.error());
  // Recorded first: a halt that nobody can see lifted was not lifted.
  const std::string reason = codec::redacted(in.arguments.value("--reason").value_or(""));
  const auto by = identity::LocalUser::of_this_process().principal();
  const auto noted =
      (*ledger)->note(merkle::LeafType::kControl,
                      control_body({"kill_off", by, reason, "halted", "running", seen.epoch}));
  if (!noted) return failed(in, noted.error());
  const auto lifted = kill_switch.lift(seen, reason, in.outside.clock());
  if (!lifted) return failed(in, lifted.error());
  show(in, kill_switch.look());
  return kDone;
}

int kill_status(Invocation& in) {
  auto household = Household::open(in.outside, Make::kNo);
  if (!household) return failed(in, household.error());
  const auto state = (*household)->kill_switch().notice(in.outside.clock());
  show(in, state);
  return state.halted ? kHalted : kDone;
}

}  // namespace bailey::cli
