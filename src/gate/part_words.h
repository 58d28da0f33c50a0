// What is said to people about one part of a command that starts others.
//
// No word of the command but the name of a program that really exists: the rest may be a
// secret. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "policy/line.h"

namespace bailey::gate {

// "git", or "a program that is not there"; with the byte of the text where it stands.
[[nodiscard]] std::string part_name(const policy::Line& line, const policy::Part& part);

// What is not known, for a code of spec/shell.md: "it reads a script from a file".
[[nodiscard]] std::string_view doubt_words(std::string_view code) noexcept;

}  // namespace bailey::gate
