// The files that bailey-verify reads: those that are named, and those of a log's folder.
// Nothing here writes. How it fails: File::State and why, in the words of the system.
#pragma once

#include <string>

#include "bailey/verify.h"

namespace bailey::app {

inline constexpr std::size_t kMaxFileBytes = std::size_t{32} << 20;  // of any one file

// `path` relative to the opened folder (or AT_FDCWD); waits for no writer of a pipe there.
[[nodiscard]] verify::File read_at(int folder, const std::string& path);
// A file that was named on the command line; "-" is standard input.
[[nodiscard]] verify::File read_operand(const std::string& path);

}  // namespace bailey::app
