// Words that several commands use for people. The JSON forms are exact; these are short.
#pragma once

#include <string>

#include "base/clock.h"

namespace bailey::cli {

// To the second: "2026-11-21T08:41:00Z".
[[nodiscard]] inline std::string to_the_second(WallTime time) {
  return rfc3339(time).substr(0, 19) + "Z";
}

}  // namespace bailey::cli
