// The policies that Bailey brings along: the same bytes as samples/policies/<name>.yaml.
//
// `base` allows no command; it is what the three profiles extend. `bailey init` writes one
// of the profiles into the home; a home without a policy of its own is judged by the
// default of the profile. Any policy may extend "builtin:<name>".
#pragma once

#include <optional>
#include <string_view>

#include "model/process_run.h"

namespace bailey::policy {

inline constexpr std::string_view kBuiltinPrefix = "builtin:";

[[nodiscard]] std::string_view default_policy(model::Profile profile) noexcept;
// "base", "strict", "balanced", "permissive"; nothing for any other name.
[[nodiscard]] std::optional<std::string_view> builtin_policy(std::string_view name) noexcept;

}  // namespace bailey::policy
