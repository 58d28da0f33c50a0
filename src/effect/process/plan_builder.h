// plan_builder: CageSpec -> the blob that PlanReader reads. Runs in the signer.
//
// Adds what every cage has (/proc, /dev, /tmp, /var/tmp, /run), sorts the places,
// and repeats a hidden path under every other name by which a view would show it.
// Pure. Errors: cage.plan (a path that does not qualify, two views on one target, a
// view over what the cage makes itself, an unknown layer, more than 4 MiB).
#pragma once

#include <span>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "effect/process/jail.h"

namespace bailey::effect::process {

// `top_links[i]` is the text of a symlink for views[i] when its source is one of the
// host's top level ("/bin" -> "usr/bin"), otherwise empty. Same length as the views.
[[nodiscard]] Result<Bytes> build_plan(const CageSpec& spec,
                                       std::span<const std::string> top_links);

}  // namespace bailey::effect::process
