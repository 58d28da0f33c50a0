#include "gate/level_matrix.h"

#include <algorithm>

#include "codec/fields.h"
#include "codec/yaml.h"

namespace bailey::gate {
namespace {

using codec::ObjectReader;
using model::Level;

bool has(const LevelRow& row, Ability ability) noexcept {
  switch (ability) {
    case Ability::kNetwork:
      return row.network;
    case Ability::kPaidApi:
      return row.paid_api;
    case Ability::kFilesWrite:
      return row.files_write;
    case Ability::kShell:
      return row.shell;
    case Ability::kDesktopInput:
      return row.desktop_input;
  }
  return false;
}

constexpr Ability kAbilities[] = {Ability::kNetwork, Ability::kPaidApi, Ability::kFilesWrite,
                                  Ability::kShell, Ability::kDesktopInput};

Result<LevelRow> read_row(const codec::Json& item) {
  ObjectReader reader = BAILEY_TRY(ObjectReader::create(item, "levels", "levels[]"));
  LevelRow row;
  const auto id = model::level_from(BAILEY_TRY(reader.required_int("id", 0, 40)));
  if (!id)
    return std::unexpected(
        reader.error("level.matrix", "id", "there are the levels 0, 10, 20, 30 and 40 only"));
  row.id = *id;
  row.name = BAILEY_TRY(reader.required_string("name"));
  row.description = BAILEY_TRY(reader.optional_string("description")).value_or("");
  row.color = BAILEY_TRY(reader.optional_string("color")).value_or("");
  row.color_name = BAILEY_TRY(reader.optional_string("color_name")).value_or("");
  row.risk_level = BAILEY_TRY(reader.optional_string("risk_level")).value_or("");
  row.examples = BAILEY_TRY(reader.strings("examples"));
  ObjectReader permissions = BAILEY_TRY(reader.required_object("permissions"));
  row.network = BAILEY_TRY(permissions.required_bool("network_enabled"));
  row.paid_api = BAILEY_TRY(permissions.required_bool("paid_api_enabled"));
  const auto mode = BAILEY_TRY(permissions.required_string("filesystem_mode"));
  if (mode != "read_only" && mode != "read_write")
    return std::unexpected(
        permissions.error("level.matrix", "filesystem_mode", "is 'read_only' or 'read_write'"));
  row.files_write = mode == "read_write";
  row.shell = BAILEY_TRY(permissions.required_bool("shell_enabled"));
  // Venom's rule for matrices written before the flag existed.
  row.desktop_input =
      BAILEY_TRY(permissions.optional_bool("desktop_input_enabled")).value_or(row.shell);
  BAILEY_TRY(permissions.finish());
  BAILEY_TRY(reader.finish());
  return row;
}

}  // namespace

LevelMatrix LevelMatrix::built_in() {
  return LevelMatrix({
      {Level::kIsolated,
       "ISOLATED",
       "Reads local files and memory",
       "#22c55e",
       "green",
       "zero",
       false,
       false,
       false,
       false,
       false,
       {"FileRead", "MemoryRecall", "LocalLlm"}},
      {Level::kConnected,
       "CONNECTED",
       "Also reaches the network",
       "#3b82f6",
       "blue",
       "low",
       true,
       false,
       false,
       false,
       false,
       {"DuckDuckGo", "BrowserVisit", "WeatherApi"}},
      {Level::kFunded,
       "FUNDED",
       "Also uses paid services",
       "#eab308",
       "yellow",
       "medium",
       true,
       true,
       false,
       false,
       false,
       {"GPT-4o", "Gemini Pro", "DeepL"}},
      {Level::kBuilder,
       "BUILDER",
       "Also writes files and runs judged commands",
       "#f97316",
       "orange",
       "high",
       true,
       true,
       true,
       false,
       false,
       {"FileWrite", "FileEdit", "GitCommit"}},
      {Level::kRoot,
       "ROOT",
       "Also runs unjudged shells",
       "#ef4444",
       "red",
       "critical",
       true,
       true,
       true,
       true,
       true,
       {"ShellExecute", "DockerRun", "PipInstall"}},
  });
}

LevelMatrix LevelMatrix::isolated_only() {
  auto rows = built_in().rows_;
  rows.resize(1);
  return LevelMatrix(std::move(rows));
}

Result<LevelMatrix> LevelMatrix::parse(std::string_view yaml) {
  codec::JsonLimits limits;
  limits.max_bytes = 64U << 10;
  limits.max_depth = 8;
  const codec::Json document = BAILEY_TRY(codec::parse_yaml(yaml, limits));
  ObjectReader reader = BAILEY_TRY(ObjectReader::create(document, "levels"));
  const codec::Json::Array* list = BAILEY_TRY(reader.required_array("levels"));
  BAILEY_TRY(reader.finish());
  std::vector<LevelRow> rows;
  for (const auto& item : *list) {
    LevelRow row = BAILEY_TRY(read_row(item));
    if (!rows.empty() && row.id <= rows.back().id)
      return fail("level.matrix",
                  "levels: the levels must ascend, each once" + codec::at_mark(item.mark()));
    for (const auto ability : kAbilities)
      if (!rows.empty() && has(rows.back(), ability) && !has(row, ability))
        return fail("level.matrix", "levels: a higher level may not lose what a lower one has" +
                                        codec::at_mark(item.mark()));
    rows.push_back(std::move(row));
  }
  if (rows.empty() || rows.front().id != Level::kIsolated)
    return fail("level.matrix", "levels: the first level must be 0");
  return LevelMatrix(std::move(rows));
}

std::optional<Level> LevelMatrix::least_for(Ability ability) const noexcept {
  for (const auto& row : rows_)
    if (has(row, ability)) return row.id;
  return std::nullopt;
}

Level LevelMatrix::clamp(Level level) const noexcept {
  Level best = Level::kIsolated;
  for (const auto& row : rows_)
    if (row.id <= level) best = row.id;
  return best;
}

}  // namespace bailey::gate
