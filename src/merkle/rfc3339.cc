#include "merkle/rfc3339.h"

#include <charconv>
#include <chrono>

namespace bailey::merkle {

std::optional<WallTime> parse_rfc3339(std::string_view text) {
  constexpr std::string_view kShape = "0000-00-00T00:00:00.000000000Z";
  if (text.size() != kShape.size()) return std::nullopt;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (kShape[i] == '0' ? !digit : text[i] != kShape[i]) return std::nullopt;
  }
  const auto number = [&](std::size_t at, std::size_t length) {
    int value = 0;
    std::from_chars(text.data() + at, text.data() + at + length, value);
    return value;
  };
  namespace chrono = std::chrono;
  const chrono::year_month_day day{chrono::year{number(0, 4)},
                                   chrono::month{static_cast<unsigned>(number(5, 2))},
                                   chrono::day{static_cast<unsigned>(number(8, 2))}};
  const std::int64_t hours_part = number(11, 2);
  const std::int64_t minutes_part = number(14, 2);
  const std::int64_t seconds_part = number(17, 2);
  // No leap seconds: WallTime counts as POSIX does.
  if (!day.ok() || hours_part > 23 || minutes_part > 59 || seconds_part > 59) return std::nullopt;
  if (number(0, 4) < 1678 || number(0, 4) > 2261) return std::nullopt;
  const auto days = static_cast<std::int64_t>(chrono::sys_days{day}.time_since_epoch().count());
  const std::int64_t seconds =
      days * 86'400 + hours_part * 3'600 + minutes_part * 60 + seconds_part;
  WallTime time{seconds * 1'000'000'000 + number(20, 9)};
  if (rfc3339(time) != text) return std::nullopt;
  return time;
}

}  // namespace bailey::merkle
