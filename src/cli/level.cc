#include "cli/commands.h"
#include "cli/household.h"
#include "cli/json_line.h"
#include "cli/records.h"
#include "cli/words.h"
#include "codec/redaction.h"
#include "codec/text.h"
#include "gate/session_level.h"
#include "identity/identifier.h"
#include "policy/units.h"
#include "store/level_file.h"

namespace bailey::cli {
namespace {

using codec::Json;

constexpr std::int64_t kDefaultForNs = 8LL * 3600 * 1'000'000'000;

int failed(Invocation& in, const Error& error) {
  tell(in.outside, error);
  return kError;
}

struct Shown {
  model::Level level = model::Level::kIsolated;
  gate::LevelState state;
  policy::Levels bounds;
  store::MatrixState matrix{gate::LevelMatrix::isolated_only(), std::nullopt};
};

Result<Shown> look(Household& household, const Clock& clock) {
  const auto policy = BAILEY_TRY(household.policy());
  Shown shown{model::Level::kIsolated, store::read_level(household.home()),
              policy.policy.policy().levels, store::read_matrix(household.home())};
  shown.level = shown.matrix.matrix.clamp(
      gate::session_level(shown.state, shown.bounds, model::Level::kRoot, clock));
  return shown;
}

Json to_json(const Shown& shown) {
  Json json{Json::Object{}};
  json.set("v", 1);
  json.set("level", model::number(shown.level));
  json.set("name", model::name(shown.level));
  json.set("start", model::number(shown.bounds.start));
  json.set("max", model::number(shown.bounds.max));
  if (shown.state.stored) json.set("expires", rfc3339(shown.state.stored->expires));
  json.set("unreadable", shown.state.unreadable || shown.matrix.error.has_value());
  Json::Array rows;
  for (const auto& row : shown.matrix.matrix.rows()) {
    Json entry{Json::Object{}};
    entry.set("id", model::number(row.id));
    entry.set("name", codec::valid_utf8(row.name));
    entry.set("color", codec::valid_utf8(row.color));
    entry.set("risk_level", codec::valid_utf8(row.risk_level));
    entry.set("network_enabled", row.network);
    entry.set("paid_api_enabled", row.paid_api);
    entry.set("filesystem_mode", row.files_write ? "read_write" : "read_only");
    entry.set("shell_enabled", row.shell);
    entry.set("desktop_input_enabled", row.desktop_input);
    rows.push_back(std::move(entry));
  }
  json.set("matrix", std::move(rows));
  return json;
}

std::string to_text(const Shown& shown) {
  std::string text = "level " + std::to_string(model::number(shown.level)) + " " +
                     std::string(model::name(shown.level));
  if (shown.state.stored) text += ", until " + to_the_second(shown.state.stored->expires);
  text += "; the policy starts at " + std::to_string(model::number(shown.bounds.start)) +
          " and allows up to " + std::to_string(model::number(shown.bounds.max)) + "\n";
  if (shown.state.unreadable) text += "the stored level cannot be read: bailey level reset\n";
  if (shown.matrix.error)
    text += "levels.yaml cannot be used, so only level 0 is left: " +
            codec::for_terminal(shown.matrix.error->message) + "\n";
  text += "\n";
  for (const auto& row : shown.matrix.matrix.rows()) {
    std::string name = codec::for_terminal(row.name, 40);
    name.resize(std::max<std::size_t>(name.size(), 10), ' ');
    text += (row.id == shown.level ? "* " : "  ") +
            std::string(model::number(row.id) < 10 ? " " : "") +
            std::to_string(model::number(row.id)) + " " + name + "  files " +
            (row.files_write ? "written" : "read") + (row.network ? ", network" : "") +
            (row.paid_api ? ", paid services" : "") + (row.shell ? ", any shell" : "") +
            (row.desktop_input ? ", desktop" : "") + "\n";
  }
  return text;
}

int show(Invocation& in, Household& household) {
  const auto shown = look(household, in.outside.clock());
  if (!shown) return failed(in, shown.error());
  in.outside.write(Stream::kOut,
                   in.arguments.flag("--json") ? json_line(to_json(*shown)) : to_text(*shown));
  return kDone;
}

Status record(Household& household, const std::string& reason, const std::string& before,
              const std::string& after) {
  auto* ledger = BAILEY_TRY(household.ledger());
  const auto by = identity::LocalUser::of_this_process().principal();
  BAILEY_TRY(ledger->note(merkle::LeafType::kControl,
                          control_body({"level", by, reason, before, after, std::nullopt})));
  return {};
}

Status change(Invocation& in, Household& household, std::optional<model::Level> to,
              std::int64_t for_ns) {
  const auto now = BAILEY_TRY(look(household, in.outside.clock()));
  if (to && *to > now.bounds.max)
    return fail("level.too_high",
                "the policy allows no level above " + std::to_string(model::number(now.bounds.max)),
                "raise levels.max in the policy, if it is yours to change");
  if (household.kill_switch().notice(in.outside.clock()).halted)
    return fail("kill.active", "Bailey is halted, so no level is set", "bailey kill off lifts it");
  const std::string reason = codec::redacted(in.arguments.value("--reason").value_or(""));
  BAILEY_TRY(record(household, reason, std::to_string(model::number(now.level)),
                    to ? std::to_string(model::number(*to)) : "policy"));
  return to ? store::write_level(household.home(), *to, for_ns, in.outside.clock())
            : store::clear_level(household.home());
}

int change_and_show(Invocation& in, std::optional<model::Level> to, std::int64_t for_ns) {
  auto household = Household::open(in.outside, Make::kYes);
  if (!household) return failed(in, household.error());
  const auto changed = change(in, **household, to, for_ns);
  if (!changed) {
    tell(in.outside, changed.error());
    return changed.error().code == "kill.active"      ? kHalted
           : changed.error().code == "level.too_high" ? kDenied
                                                      : kError;
  }
  return show(in, **household);
}

}  // namespace

int level_show(Invocation& in) {
  auto household = Household::open(in.outside, Make::kYes);
  if (!household) return failed(in, household.error());
  return show(in, **household);
}

int level_set(Invocation& in) {
  const std::string& text = in.arguments.positionals().front();
  std::optional<model::Level> level;
  for (const int number : {0, 10, 20, 30, 40})
    if (text == std::to_string(number)) level = model::level_from(number);
  if (!level) {
    tell(in.outside, Error{"usage", "there is no such level", "use 0, 10, 20, 30 or 40"});
    return kUsage;
  }
  std::int64_t for_ns = kDefaultForNs;
  if (const auto duration = in.arguments.value("--for")) {
    const auto parsed = policy::parse_duration(*duration);
    if (!parsed) {
      tell(in.outside, parsed.error());
      return kUsage;
    }
    for_ns = *parsed;
  }
  return change_and_show(in, level, for_ns);
}

int level_reset(Invocation& in) { return change_and_show(in, std::nullopt, 0); }

}  // namespace bailey::cli
