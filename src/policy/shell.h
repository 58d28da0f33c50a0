// Which commands are a shell whose program nobody has judged.
//
// A shell runs text. A rule judges it only when the rule itself fixes that text: a
// script named in full, or `-c` with the exact words (docs/decisions/0010). Programs
// that start another one (env, nice, xargs, a dynamic loader, ...) count as the shell
// that any of their arguments names. Pure; any thread.
// Does not protect: against programs that run a shell of their own (make, git, an
// interpreter); what those do is held by the cage, not by the level.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bailey::policy {

// "sh" of "/bin/sh".
[[nodiscard]] std::string_view base_name(std::string_view path) noexcept;

// True when the command is a shell by any of its names.
[[nodiscard]] bool runs_shell(std::span<const std::string> argv, std::string_view found,
                              std::string_view real) noexcept;

// True when a pattern fixes the program text of the shell that it matches.
[[nodiscard]] bool fixes_shell_text(const std::vector<std::string>& pattern);

}  // namespace bailey::policy
