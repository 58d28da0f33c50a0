// Paths as a policy names them, and what they become on one machine.
//
// A path is absolute ("/usr/**"), below the person's home ("~/.cargo/**") or below the
// workspace ("build/**", "./**" or "." for the workspace itself). None may hold "..",
// an empty component, a control or bidirectional character, or more than 4,095
// bytes. A place (read, write) is one file or directory, or ends in "/**" for all that
// is below it: the cage mounts it, so no other wildcard can be held. A hide pattern may
// use '*' and '?' within a name and "**" as a whole name. Pure; any thread.
// Does not protect: against symlinks; the planner resolves and the cage checks again.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace bailey::policy {

enum class PathUse { kPlace, kHide };

// Errors: policy.path, policy.path_wildcard. Messages carry no place in the document.
[[nodiscard]] Status check_path(std::string_view text, PathUse use);

// The absolute path that `text` (checked before) means for this person and workspace.
[[nodiscard]] std::string expand_path(std::string_view text, std::string_view home,
                                      std::string_view workspace);

// "." and empty parts go, ".." takes the name before it, by the text alone; absolute in,
// absolute out, "/" at least.
[[nodiscard]] std::string plain_path(std::string_view path);

// Control characters, line separators, bidirectional controls, invisible characters or
// bytes that are not UTF-8: a person reading the policy would not see what it says.
[[nodiscard]] bool is_deceptive(std::string_view text);

}  // namespace bailey::policy
