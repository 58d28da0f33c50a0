#include "policy/units.h"

#include <charconv>
#include <optional>

namespace bailey::policy {
namespace {

constexpr std::uint64_t kMaxExact = 1ULL << 53;
constexpr std::uint64_t kMillisecond = 1'000'000;
constexpr std::uint64_t kMaxDuration = 365ULL * 24 * 3600 * 1'000'000'000;
constexpr std::uint64_t kMaxCpus = 1'024'000;

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};
constexpr Unit kTimes[] = {{"d", 86'400'000 * kMillisecond},
                           {"h", 3'600'000 * kMillisecond},
                           {"m", 60'000 * kMillisecond},
                           {"s", 1'000 * kMillisecond},
                           {"ms", kMillisecond}};
constexpr Unit kSizes[] = {
    {"T", 1ULL << 40}, {"G", 1ULL << 30}, {"M", 1ULL << 20}, {"K", 1ULL << 10}, {"", 1}};

// "12" of "12ms", and what is left; nothing when there are no digits or too many.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end == text.data()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

template <std::size_t N>
std::optional<std::uint64_t> parse_with(std::string_view text, const Unit (&units)[N],
                                        std::uint64_t most) {
  const auto number = take_number(text);
  if (!number) return std::nullopt;
  for (const auto& unit : units) {
    if (text != unit.name) continue;
    std::uint64_t value = 0;
    if (__builtin_mul_overflow(*number, unit.factor, &value)) return std::nullopt;
    if (value == 0 || value > most) return std::nullopt;
    return value;
  }
  return std::nullopt;
}

template <std::size_t N>
std::string format_with(std::uint64_t value, const Unit (&units)[N]) {
  for (const auto& unit : units)
    if (value % unit.factor == 0)
      return std::to_string(value / unit.factor) + std::string(unit.name);
  return std::to_string(value) + "ns";
}

}  // namespace

Result<std::int64_t> parse_duration(std::string_view text) {
  const auto value = parse_with(text, kTimes, kMaxDuration);
  if (!value)
    return fail("units.duration", "a duration is a number with ms, s, m, h or d, from 1ms to 365d",
                "for example 30s");
  return static_cast<std::int64_t>(*value);
}

Result<std::uint64_t> parse_size(std::string_view text) {
  const auto value = parse_with(text, kSizes, kMaxExact);
  if (!value)
    return fail("units.size", "a size is a number of bytes, or one with K, M, G or T, above zero",
                "for example 512M");
  return *value;
}

Result<std::uint64_t> parse_cpus(std::string_view text) {
  const auto refuse = [] {
    return fail("units.cpus", "a number of CPUs is a decimal with at most three places, up to 1024",
                "for example 1.5");
  };
  const auto whole = take_number(text);
  if (!whole || *whole > kMaxCpus) return refuse();
  std::uint64_t thousandths = 0;
  if (!text.empty()) {
    if (text.front() != '.' || text.size() < 2 || text.size() > 4) return refuse();
    text.remove_prefix(1);
    std::uint64_t place = 100;
    for (const char c : text) {
      if (c < '0' || c > '9') return refuse();
      thousandths += static_cast<std::uint64_t>(c - '0') * place;
      place /= 10;
    }
  }
  const std::uint64_t value = *whole * 1000 + thousandths;
  if (value == 0 || value > kMaxCpus) return refuse();
  return value;
}

Result<std::uint64_t> parse_count(std::string_view text) {
  const auto value = take_number(text);
  if (!value || !text.empty() || *value == 0 || *value > kMaxExact)
    return fail("units.count", "a count is a whole number above zero", "for example 64");
  return *value;
}

std::string format_duration(std::int64_t ns) {
  return format_with(static_cast<std::uint64_t>(ns), kTimes);
}

std::string format_size(std::uint64_t bytes) { return format_with(bytes, kSizes); }

std::string format_cpus(std::uint64_t thousandths) {
  std::string text = std::to_string(thousandths / 1000);
  const std::uint64_t rest = thousandths % 1000;
  if (rest == 0) return text;
  std::string places = std::to_string(1000 + rest).substr(1);
  while (places.back() == '0') places.pop_back();
  return text + "." + places;
}

}  // namespace bailey::policy
