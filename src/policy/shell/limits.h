// How much of a line is looked at. Past any of these a line is refused, never cut.
#pragma once

#include <cstddef>
#include <cstdint>

namespace bailey::policy::shell {

// What execve(2) carries in one word: no shell was ever given more by `-c`.
inline constexpr std::size_t kMaxLineBytes = 131'071;
// Grammar inside grammar: groups, substitutions, quoted substitutions, parentheses.
inline constexpr int kMaxDepth = 64;
inline constexpr std::size_t kMaxNodes = 8'000;  // commands of every kind and what joins them
inline constexpr std::size_t kMaxHereDocuments = 64;

// Of one reading, text in text included.
inline constexpr std::size_t kMaxSegments = 2'000;
inline constexpr int kMaxNestedScripts = 8;  // `sh -c` in `eval` in ...
inline constexpr std::size_t kMaxNestedBytes = 2 * kMaxLineBytes;
inline constexpr int kMaxStarters = 16;             // `env nice timeout 5 ...`
inline constexpr std::size_t kMaxBraceWords = 256;  // of one word
inline constexpr std::size_t kMaxWordsOfCommand = 8'192;
inline constexpr std::size_t kMaxFunctions = 64;
inline constexpr std::size_t kMaxVariables = 1'024;

}  // namespace bailey::policy::shell
