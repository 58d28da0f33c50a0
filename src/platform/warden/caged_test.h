// caged: runs cage-probe and raw-call from a test, and keeps what they said.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace bailey::platform::testing {

struct Said {
  int code = -1;  // exit code, or 128 + signal
  std::string out;
  std::string err;
};

// The folder with bailey-warden, cage-probe and raw-call.
[[nodiscard]] std::string programs();
// Runs a program to its end with `input` on its standard input.
[[nodiscard]] Said run(const std::vector<std::string>& command, const std::string& input = {});
// cage-probe OPTIONS -- COMMAND; raw-call is in view.
[[nodiscard]] Said caged(std::vector<std::string> options, const std::vector<std::string>& command,
                         const std::string& input = {});
[[nodiscard]] Said caged(const std::vector<std::string>& command);
// raw-call with these arguments, inside.
[[nodiscard]] std::string call(const std::vector<std::string>& arguments,
                               std::vector<std::string> options = {});

// The children of a process, by its own /proc entry.
[[nodiscard]] std::vector<pid_t> children_of(pid_t pid);

}  // namespace bailey::platform::testing
