// The command table: every command with its options, help and function, once.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "cli/exit_codes.h"
#include "cli/options.h"
#include "cli/outside.h"

namespace bailey::cli {

// What a command's function gets: the world, and its own arguments.
struct Invocation {
  Outside& outside;
  const CommandSpec& spec;
  Parsed arguments;
};

struct Command {
  CommandSpec spec;
  int (*function)(Invocation&);
};

// All commands in the order of the manual.
[[nodiscard]] std::span<const Command> commands();

// Runs one command line (without the program's name) and returns the exit code.
[[nodiscard]] int run(Outside& outside, std::span<const std::string> arguments);

// Tells an error in one shape: "bailey: MESSAGE" and a hint line, or JSON when asked.
void tell(Outside& outside, const Error& error);

}  // namespace bailey::cli
