// The arguments of `process.run` as the gate reads them (model/process_run.h writes
// them): what is judged is what the action's digest binds. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/action.h"
#include "model/limits.h"

namespace bailey::gate {

struct ProcessArguments {
  std::vector<std::string> argv;  // bytes, escapes undone
  std::string found;              // where argv[0] was found
  std::string real;               // "program": the file behind it
  std::string workspace;          // the action's resource
  model::Limits requested;
};

// Errors: action.arguments.
[[nodiscard]] Result<ProcessArguments> process_arguments(const model::Action& action);

// Undoes model::escape_bytes. Errors: action.arguments.
[[nodiscard]] Result<std::string> unescape_bytes(std::string_view text);

}  // namespace bailey::gate
