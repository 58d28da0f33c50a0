// Which variables change what programs do, and for which values of them that is harmless.
// Data and its look-up; pure.
#pragma once

#include <cstdint>
#include <string_view>

#include "policy/shell/facts.h"

namespace bailey::policy::shell {

enum class VariableKind : std::uint8_t {
  kHarmless,   // not in the table
  kLookup,     // where programs are found, what names mean to the shell
  kDirectory,  // the same, and `cd` goes elsewhere (CDPATH, PWD)
  kHome,       // the same, and "~" is another
  kSplitting,  // IFS
  kCode,       // what is loaded or run; no value is harmless but the empty one
  kSwitch,     // the same, but digits and plain yes or no are harmless
  kPaths,      // the same, but places below the working directory are harmless
  kFlags,      // flags for a compiler, linker or interpreter
  kText,       // a command text for sh
};

[[nodiscard]] VariableKind variable_kind(std::string_view name) noexcept;

// For kSwitch, kPaths and kFlags: nothing is run or loaded by this value that would not be
// without it. `directory`: where the line begins, or empty.
[[nodiscard]] bool is_harmless_value(VariableKind kind, std::string_view value,
                                     std::string_view directory) noexcept;

}  // namespace bailey::policy::shell
