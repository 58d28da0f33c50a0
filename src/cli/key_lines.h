// The public keys of a home, as `bailey init` and `bailey key list` show them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/table.h"
#include "codec/json.h"
#include "store/key_ring.h"

namespace bailey::cli {

// The keys in force, one a role.
[[nodiscard]] codec::Json key_lines_json(const store::KeyRing& ring);
[[nodiscard]] std::string key_lines_text(const store::KeyRing& ring);

// Tells an error of a key command and gives its exit code. With --json the code is told too, where
// the result would have been.
int key_failed(Invocation& in, const Error& error);

// The vkeys that a receipt of this home may be verified with: those that speak for the size of
// its checkpoint. All of them when the text is no receipt: verifying says why.
[[nodiscard]] std::vector<std::string> vkeys_for(const store::KeyRing& ring,
                                                 std::string_view receipt);

}  // namespace bailey::cli
