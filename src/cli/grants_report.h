// What a program wished for while it ran, and what came of it, for people and as JSON.
#pragma once

#include <string>

#include "model/outcome.h"

namespace bailey::cli {

// Lines for standard error, each beginning with "bailey: "; the first few wishes by name.
[[nodiscard]] std::string grants_text(const model::Evidence& evidence);
[[nodiscard]] codec::Json grants_json(const model::Evidence& evidence);

}  // namespace bailey::cli
