// Reads `files.ask` of one document (spec/policy.md). Pure; any thread.
// Errors: policy.rule, policy.path, policy.path_wildcard, policy.never_matches,
// policy.too_many, fields.*.
#pragma once

#include <optional>
#include <vector>

#include "codec/fields.h"
#include "policy/document.h"

namespace bailey::policy {

// `files` is the section; `out` stays absent when it has no list.
[[nodiscard]] Status read_asks(codec::ObjectReader& files,
                               std::optional<Said<std::vector<AskRule>>>& out);
[[nodiscard]] codec::Json asks_to_json(const std::vector<AskRule>& rules);

}  // namespace bailey::policy
