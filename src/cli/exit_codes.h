// Exit codes (product.md, "Command line"). `run` passes the program's own code
// through and has codes of its own from 120, as shells use 126 and 127.
#pragma once

namespace bailey::cli {

inline constexpr int kDone = 0;
inline constexpr int kError = 1;
inline constexpr int kUsage = 2;
inline constexpr int kDenied = 3;
inline constexpr int kNeedsApproval = 4;
inline constexpr int kVerificationFailed = 5;
inline constexpr int kHalted = 6;

inline constexpr int kRunError = 120;
inline constexpr int kRunUsage = 121;
inline constexpr int kRunDenied = 122;
inline constexpr int kRunNeedsApproval = 123;
inline constexpr int kRunLimit = 124;
inline constexpr int kRunHalted = 125;
inline constexpr int kRunNotExecutable = 126;
inline constexpr int kRunNotFound = 127;

}  // namespace bailey::cli
