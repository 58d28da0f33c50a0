// Autonomy levels: how much a session may do at most. Only these five exist.
#pragma once

#include <optional>
#include <string_view>

namespace bailey::model {

enum class Level : int { kIsolated = 0, kConnected = 10, kFunded = 20, kBuilder = 30, kRoot = 40 };

[[nodiscard]] constexpr std::optional<Level> level_from(long long value) noexcept {
  switch (value) {
    case 0:
      return Level::kIsolated;
    case 10:
      return Level::kConnected;
    case 20:
      return Level::kFunded;
    case 30:
      return Level::kBuilder;
    case 40:
      return Level::kRoot;
    default:
      return std::nullopt;
  }
}
[[nodiscard]] constexpr int number(Level level) noexcept { return static_cast<int>(level); }
[[nodiscard]] constexpr std::string_view name(Level level) noexcept {
  switch (level) {
    case Level::kIsolated:
      return "ISOLATED";
    case Level::kConnected:
      return "CONNECTED";
    case Level::kFunded:
      return "FUNDED";
    case Level::kBuilder:
      return "BUILDER";
    case Level::kRoot:
      return "ROOT";
  }
  return "ISOLATED";
}

}  // namespace bailey::model
