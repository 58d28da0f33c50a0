// RunTrace: what a governed run used, for whoever learns from it (`bailey learn`).
//
// Filled in as far as the run came. Plain data of one run; one thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/outside.h"
#include "cli/run_options.h"
#include "cli/run_plan.h"
#include "model/event.h"

namespace bailey::cli {

struct RunTrace {
  std::optional<policy::Policy> policy;  // under which it ran
  std::optional<RunPlan> plan;
  bool ran = false;
  std::vector<model::Event> uses;     // files that were opened or executed
  std::vector<model::Event> refused;  // what the cage refused
  std::uint64_t dropped = 0;          // events of either kind beyond the bounds
};

// `bailey run` with a trace; the exit code.
[[nodiscard]] int run_traced(Outside& outside, RunOptions options, RunTrace& trace);

}  // namespace bailey::cli
