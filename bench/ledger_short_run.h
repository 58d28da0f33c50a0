// What one governed run costs at the ledger: the life of a short process, stage by stage.
#pragma once

#include <string>
#include <vector>

namespace bailey::ledger {

// Microseconds; one item a run.
struct ShortRuns {
  std::vector<double> raw;      // an outcome's bytes over prepared zeros, and fdatasync
  std::vector<double> open;     // Ledger::open and recover()
  std::vector<double> intent;   // record()
  std::vector<double> prepare;  // prepare_close(), while the program runs
  std::vector<double> outcome;  // close(): durable, with its receipt
  std::vector<double> leave;    // close_log(): tiles and checkpoint
  std::vector<double> end;      // the last two together
};

// Opens the ledger in `folder` (made when missing) `runs` times, as many processes would one
// after another. Leaves are as long as those of a real run.
[[nodiscard]] ShortRuns measure_short_runs(const std::string& folder, int runs);

}  // namespace bailey::ledger
