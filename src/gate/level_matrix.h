// LevelMatrix: which autonomy level may do what.
//
// The built-in matrix is Venom's: five levels, each row saying whether it may reach the
// network, spend money, write files, run an unjudged shell, drive the desktop. A home may
// override it with levels.yaml in Venom's shape (`levels:` a list of {id, name,
// permissions{...}, ...}). A file that cannot be read or says anything unknown leaves
// isolated_only(): level 0 and no more. Higher levels never lose an ability.
// Immutable; any thread. Specification: spec/levels.md.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/level.h"

namespace bailey::gate {

enum class Ability { kNetwork, kPaidApi, kFilesWrite, kShell, kDesktopInput };

struct LevelRow {
  model::Level id = model::Level::kIsolated;
  std::string name;
  std::string description;
  std::string color;
  std::string color_name;
  std::string risk_level;
  bool network = false;
  bool paid_api = false;
  bool files_write = false;
  bool shell = false;
  bool desktop_input = false;
  std::vector<std::string> examples;
};

class LevelMatrix {
 public:
  [[nodiscard]] static LevelMatrix built_in();
  [[nodiscard]] static LevelMatrix isolated_only();
  // Errors: level.matrix, and those of codec, with line and column.
  [[nodiscard]] static Result<LevelMatrix> parse(std::string_view yaml);

  [[nodiscard]] const std::vector<LevelRow>& rows() const noexcept { return rows_; }
  // The lowest level that has the ability; none when no row has.
  [[nodiscard]] std::optional<model::Level> least_for(Ability ability) const noexcept;
  // `level`, or the highest row below it: a level without a row gives no rights.
  [[nodiscard]] model::Level clamp(model::Level level) const noexcept;

 private:
  explicit LevelMatrix(std::vector<LevelRow> rows) : rows_(std::move(rows)) {}
  std::vector<LevelRow> rows_;  // ascending; the first is level 0
};

}  // namespace bailey::gate
