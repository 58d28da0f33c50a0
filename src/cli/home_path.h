// Where Bailey's state lives: $BAILEY_HOME, else $XDG_STATE_HOME/bailey, else
// ~/.local/state/bailey. Absolute, or an error that says what to set.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/outside.h"

namespace bailey::cli {

inline constexpr std::string_view kPolicyFile = "policy.yaml";

// Errors: home.path.
[[nodiscard]] Result<std::string> home_path(const Outside& outside);

}  // namespace bailey::cli
