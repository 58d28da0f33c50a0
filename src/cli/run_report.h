// The closing report of a run: one value, told as text or as JSON.
//
// Nothing of what the program wrote is in it: names, numbers and Bailey's own words
// only, and paths through for_terminal.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "codec/json.h"
#include "model/event.h"
#include "model/outcome.h"
#include "model/reason.h"

namespace bailey::cli {

enum class RunEnd { kRan, kRefused, kWaiting, kFailed };

struct RunReport {
  RunEnd end = RunEnd::kFailed;
  std::string command;  // the program's name, safe for a terminal
  std::string session;
  int level = 0;
  std::string policy;
  std::optional<model::Denial> denial;  // kRefused, kWaiting
  std::optional<Error> error;           // kFailed, or what kept the program from starting
  std::optional<model::OutcomeStatus> status;
  std::string reason_code;
  model::Evidence evidence;              // kRan
  std::vector<std::string> notes;        // of the planner
  std::vector<std::string> hidden_hint;  // what to try when hidden things matter
  std::optional<std::uint64_t> receipt_index;
  std::vector<model::Event> events;  // what was refused or watched, in the clear
  std::string receipt_leaf_hash;     // hex
  std::string receipt_file;          // where --receipt wrote it
  std::string ask_id;
  bool other_answers = false;  // the ask is for somebody else than the owner
};

// The exit code that `bailey run` ends with.
[[nodiscard]] int exit_code(const RunReport& report);
[[nodiscard]] codec::Json to_json(const RunReport& report);
// Lines for standard error, each beginning with "bailey: ".
[[nodiscard]] std::string to_text(const RunReport& report);

}  // namespace bailey::cli
