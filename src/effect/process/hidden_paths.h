// Which existing paths the hide rules of a policy mean inside a view.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "effect/process/cage_view.h"

namespace bailey::effect::process {

// '*' and '?' match within one name, "**" any number of directories, a final "/**" the
// directory itself. Looks at no more than 200,000 names and gives no more than 4,096
// paths; past either it fails closed. Errors: files.pattern, files.too_many.
[[nodiscard]] Result<std::vector<std::string>> hidden_paths(
    const std::vector<std::string>& patterns, const CageView& view, const HostFiles& host);

}  // namespace bailey::effect::process
