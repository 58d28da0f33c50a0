// Sensitive: places that hold keys, passwords, sessions or histories, by their usual names.
//
// Whoever proposes to open a place asks here first and says so, instead of opening it by the
// way. Also what holds such a place counts: to open "~" is to open "~/.ssh". Pure; any thread.
// Does not protect: a list of names is never whole; a secret in a file of another name is not
// seen. It decides nothing: policies and cages do.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace bailey::policy {

// What is kept there ("keys of SSH"), when `path` is such a place, lies in one or holds one.
// `path`: absolute and plain, "/**" at its end ignored; `home`: of the person, or empty.
[[nodiscard]] std::optional<std::string_view> sensitive_place(std::string_view path,
                                                              std::string_view home);
// The same of a variable's name: "GITHUB_TOKEN", "LD_PRELOAD".
[[nodiscard]] std::optional<std::string_view> sensitive_variable(std::string_view name);
// Does this word of a command look like a secret, or carry one ("--token=...")?
[[nodiscard]] bool looks_secret(std::string_view word);

}  // namespace bailey::policy
