// One JSON object as one line that is safe on a terminal.
//
// The value is the same as canonical JSON's; control characters above ASCII, invisible
// and bidirectional characters are written as \u escapes, so that a report cannot move
// the cursor or turn text around although names in it come from elsewhere.
#pragma once

#include <string>

#include "codec/json.h"

namespace bailey::cli {

// Ends in a newline.
[[nodiscard]] std::string json_line(const codec::Json& value);

}  // namespace bailey::cli
