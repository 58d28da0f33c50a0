// What every shell reads alike: words, quotes, && || ; | and line ends. For texts that
// are given to shells whose grammar is not known here (zsh, ksh, fish, csh, ...).
// Pure; any thread. Errors: shell.dialect.
#pragma once

#include <string_view>

#include "base/result.h"

namespace bailey::policy::shell {

[[nodiscard]] Status check_plain(std::string_view text);

}  // namespace bailey::policy::shell
