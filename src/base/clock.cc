#include "base/clock.h"

#include <algorithm>
#include <cstdio>

namespace bailey {
namespace {

constexpr std::int64_t kNsPerSecond = 1'000'000'000;
constexpr std::int64_t kFirstSecond = -62167219200;  // 0000-01-01
constexpr std::int64_t kLastSecond = 253402300799;   // 9999-12-31T23:59:59

struct Civil {
  std::int64_t year;
  unsigned month, day;
};

// Days since 1970-01-01 to a civil date of the proleptic Gregorian calendar.
Civil civil_from_days(std::int64_t days) {
  days += 719468;
  const std::int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  const auto doe = static_cast<unsigned>(days - era * 146097);
  const unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  const unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const unsigned mp = (5 * doy + 2) / 153;
  const unsigned month = mp < 10 ? mp + 3 : mp - 9;
  return {static_cast<std::int64_t>(yoe) + era * 400 + (month <= 2 ? 1 : 0), month,
          doy - (153 * mp + 2) / 5 + 1};
}

}  // namespace

std::string rfc3339(WallTime time) {
  std::int64_t seconds = time.unix_ns / kNsPerSecond;
  std::int64_t nanos = time.unix_ns % kNsPerSecond;
  if (nanos < 0) {
    nanos += kNsPerSecond;
    --seconds;
  }
  seconds = std::clamp(seconds, kFirstSecond, kLastSecond);
  std::int64_t days = seconds / 86400;
  std::int64_t rest = seconds % 86400;
  if (rest < 0) {
    rest += 86400;
    --days;
  }
  const Civil date = civil_from_days(days);
  char text[48];
  const int length =
      std::snprintf(text, sizeof text, "%04lld-%02u-%02uT%02lld:%02lld:%02lld.%09lldZ",
                    static_cast<long long>(date.year), date.month, date.day,
                    static_cast<long long>(rest / 3600), static_cast<long long>(rest / 60 % 60),
                    static_cast<long long>(rest % 60), static_cast<long long>(nanos));
  return {text, static_cast<std::size_t>(length)};
}

}  // namespace bailey
