// The arguments of `file.read` as the gate reads them (model/file_read.h writes them). Pure;
// any thread.
#pragma once

#include <string>

#include "base/result.h"
#include "model/action.h"

namespace bailey::gate {

struct FileArguments {
  std::string path;   // as claimed
  std::string file;   // what it is
  std::string asker;  // for people; not safe for a terminal
};

// Errors: action.arguments.
[[nodiscard]] Result<FileArguments> file_arguments(const model::Action& action);

}  // namespace bailey::gate
