// Units of limits and times as people write them: "30s", "512M", "1.5".
//
// Durations: a whole number and one of ms s m h d ("90s", "500ms"); several parts are
// not joined ("1h30m" is refused). Sizes: a whole number of bytes, or one with K M G T
// in powers of 1,024 ("512M"; "512MB", "512MiB" and fractions are refused). CPUs: a
// decimal with at most three places ("1.5"). Zero, signs, blanks and anything that
// does not fit are errors, never rounded. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace bailey::policy {

// Nanoseconds, 1 ms .. 365 days. Errors: units.duration.
[[nodiscard]] Result<std::int64_t> parse_duration(std::string_view text);
// Bytes, 1 .. 2^53. Errors: units.size.
[[nodiscard]] Result<std::uint64_t> parse_size(std::string_view text);
// Thousandths of a CPU, 1 .. 1,024,000. Errors: units.cpus.
[[nodiscard]] Result<std::uint64_t> parse_cpus(std::string_view text);
// A plain count, 1 .. 2^53. Errors: units.count.
[[nodiscard]] Result<std::uint64_t> parse_count(std::string_view text);

// The shortest text that parses back to exactly the same value.
[[nodiscard]] std::string format_duration(std::int64_t ns);
[[nodiscard]] std::string format_size(std::uint64_t bytes);
[[nodiscard]] std::string format_cpus(std::uint64_t thousandths);

}  // namespace bailey::policy
