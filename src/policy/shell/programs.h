// Programs that start other programs, run a text as code, or do so when an option says so.
//
// A table, not a judgement: a program that is not in it starts nothing as far as a
// reading knows, and is judged by its own rule. Pure; any thread.
// Does not protect: programs that are not in the table, and what a program does by its
// configuration (aliases of git, hooks, a Makefile).
#pragma once

#include <cstdint>
#include <string_view>

#include "policy/shell/facts.h"
#include "policy/shell/options.h"

namespace bailey::policy::shell {

enum class Handling : std::uint8_t {
  kStarter,      // options, some operands, then a command
  kGuarded,      // some of its options do something; all others nothing
  kText,         // options, then words that are joined to a text for sh
  kTexts,        // options, then texts for sh
  kFileAndText,  // script: a file it writes, and a text by option
  kEnv,
  kXargs,
  kFlock,
  kBox,          // busybox: its first operand is the program
  kInterpreter,  // options, then a file of code
  kShell,
  kFind,
  kGit,
  kSed,
  kAwk,
  kMake,
  kCmake,
  kTar,
  kSsh,
  kSqlite,
  kSubcommands,    // `options` lists those of its subcommands that nobody can judge
  kUnjudgedShell,  // reads commands from where no line shows them
  kUnjudgedCode,
  kUnknown,
};

// In the order in which the table is written and read, not in that of their sizes.
struct Program {  // NOLINT(clang-analyzer-optin.performance.Padding)
  std::string_view name;
  Handling handling;
  std::string_view options = {};  // a grammar (options.h), or subcommands
  std::uint8_t operands = 0;      // before the command; for kTexts unused
  Role role = Role::kProgram;
  // kStarter: characters that its operands are made of; others make it unknown.
  std::string_view operand_chars = {};
  // A word with one of these in it (at its beginning after '^') makes it unknown.
  std::string_view forbidden = {};
  bool takes_assignments = false;               // NAME=VALUE before the command, as env does
  bool alone_is_shell = false;                  // without a command it starts a shell
  Strictness strictness = Strictness::kStrict;  // of kStarter and kGuarded
};

// By the last part of the path, and without a version ("python3.11", "gcc-12").
[[nodiscard]] const Program* find_program(std::string_view name) noexcept;

}  // namespace bailey::policy::shell
