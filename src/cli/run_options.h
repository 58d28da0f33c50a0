// The options of `bailey run`, read from text.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "cli/options.h"
#include "cli/outside.h"
#include "model/level.h"
#include "model/limits.h"
#include "model/process_run.h"

namespace bailey::cli {

enum class Told { kText, kJson, kOnlyTrouble };

struct RunOptions {
  std::optional<std::string> policy_file;
  std::optional<model::Profile> profile;
  model::Level ceiling = model::Level::kRoot;
  std::optional<std::string> workspace;
  model::WorkspaceAccess access = model::WorkspaceAccess::kReadWrite;
  std::vector<std::pair<std::string, std::string>> environment;
  model::Limits limits;
  effect::process::Terminal terminal = effect::process::Terminal::kPipes;
  effect::process::Observe observe = effect::process::Observe::kNo;
  std::string receipt_file;
  Told told = Told::kText;
  std::vector<std::string> command;
};

// Errors: usage, with the option and what it takes.
[[nodiscard]] Result<RunOptions> read_run_options(const Parsed& arguments, const Outside& outside);

}  // namespace bailey::cli
