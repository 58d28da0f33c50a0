// spec_file: a cage's plan as a text file, so that the bench's own programs raise exactly
// the cage that was read from inside a real one.
//
// One place a line, fields parted by tabs: "ro SOURCE TARGET", "rw SOURCE TARGET", "link
// PATH" (a symlink of the host's root), "hide PATH", "limit NAME NUMBER". For benches
// only: it trusts its file.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "effect/process/jail.h"

namespace bailey::bench {

struct Spec {
  effect::process::CageSpec cage;
  std::vector<std::string> top_links;  // as build_plan wants them
};

// Errors: bench.spec, with the line.
[[nodiscard]] Result<Spec> read_spec(const std::string& file, const std::string& directory,
                                     const std::vector<std::string>& command);

}  // namespace bailey::bench
