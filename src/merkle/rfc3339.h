// Reading back what base's rfc3339() writes, and nothing else.
#pragma once

#include <optional>
#include <string_view>

#include "base/clock.h"

namespace bailey::merkle {

// Exactly "YYYY-MM-DDTHH:MM:SS.nnnnnnnnnZ" naming an existing day, within the range
// of WallTime (1678 to 2261).
[[nodiscard]] std::optional<WallTime> parse_rfc3339(std::string_view text);

}  // namespace bailey::merkle
