// Options of programs, as a data table says what they take and do.
//
// A grammar is words separated by blanks, each an option: `-i` alone, `-u:` and
// `--unset=` with an argument, `-e?` and `--color?` with one that can only be attached,
// `-exec:` long with one dash, `-` the word itself, `-#` a number (nice -5). A letter
// behind it says what the option does to a reading; no letter, nothing:
//
//   !  nobody can say what      @  its argument is a shell text
//   #  code of another language %  its argument is a command line, split at blanks
//   >  writes that file         *  its argument is a program
//   ^  changes the directory    $  its argument assigns a variable
//   .  says that nothing is started (--help, a syntax check)
//   ~  names a module of code that is installed; ends the options, as '#' does
//   &  sets an option of ssh
//
// Strict: what the grammar does not have is an error (for programs that start others).
// Loose: what it does not have is ignored (for programs of which some options do), and a
// prefix of a long option that does something counts as that option.
// Pure; any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "policy/shell/value.h"

namespace bailey::policy::shell {

enum class Strictness : std::uint8_t {
  kStrict,
  kLoose,
  kLooseWords,  // loose, and what follows one dash is one option, not a letter each
};
enum class Order : std::uint8_t { kStopAtOperand, kPermute };

struct OptionUse {
  char act = 0;
  std::string_view name;  // of the grammar
  Value value;            // its argument; empty literal when it has none
};

struct OptionScan {
  bool known = true;  // false: an option, or the number of words, cannot be said
  std::size_t operand =
      0;  // kStopAtOperand, or ended by '#' or '~': of the first; else argv.size()
  std::vector<std::uint32_t> operands;  // kPermute: indices
  std::vector<OptionUse> uses;          // those that do something
};

// Options begin at argv[from].
[[nodiscard]] OptionScan scan_options(std::string_view grammar, std::span<const Value> argv,
                                      std::size_t from, Strictness strictness, Order order);

}  // namespace bailey::policy::shell
