// The joints between platform and the rest: which jail is real, and what the kernel offers.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/outside.h"
#include "effect/process/jail.h"

namespace bailey::app {

[[nodiscard]] std::unique_ptr<effect::process::Jail> make_jail();
[[nodiscard]] std::vector<cli::LayerAdvice> probe_layers();

}  // namespace bailey::app
