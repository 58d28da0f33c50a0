// The policies that Bailey brings along, one a profile: the same bytes as
// samples/policies/<profile>.yaml. `bailey init` writes one of them into the home; a
// home without a policy of its own is judged by the default of the profile.
#pragma once

#include <string_view>

#include "model/process_run.h"

namespace bailey::policy {

[[nodiscard]] std::string_view default_policy(model::Profile profile) noexcept;

}  // namespace bailey::policy
