// The plan of one run: what will be seen, which program, which environment. Made from
// the options and the policy before anything is judged; nothing of it has happened yet.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "cli/outside.h"
#include "cli/run_options.h"
#include "effect/process/cage_view.h"
#include "model/process_run.h"
#include "policy/file_rules.h"
#include "policy/policy.h"

namespace bailey::cli {

struct RunPlan {
  model::ProcessRun run;
  effect::process::CageView view;
  policy::FileScene scene;               // the same view, for questions about single files
  std::vector<std::string> environment;  // "NAME=value", whole
  std::vector<std::string> asks;         // places of files.ask, absolute
};

// The workspace's real path. Errors: run.workspace.
[[nodiscard]] Result<std::string> workspace_of(const RunOptions& options, const Outside& outside);

// `home`: Bailey's own, hidden whatever the policy says. Errors: run.workspace,
// run.not_found, run.not_executable, run.hidden, files.*.
[[nodiscard]] Result<RunPlan> plan_run(const RunOptions& options, const policy::Policy& policy,
                                       const std::string& home, const Outside& outside);

}  // namespace bailey::cli
