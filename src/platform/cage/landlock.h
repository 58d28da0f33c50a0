// landlock: our own constants (linux/landlock.h up to ABI 9), because the headers of
// the build machine may be older than the kernel of the running one. Freestanding.
#pragma once

#include <cstdint>

namespace bailey::platform::cage::landlock {

inline constexpr std::uint64_t kExecute = 1U << 0, kWriteFile = 1U << 1, kReadFile = 1U << 2,
                               kReadDir = 1U << 3, kRemoveDir = 1U << 4, kRemoveFile = 1U << 5,
                               kMakeChar = 1U << 6, kMakeDir = 1U << 7, kMakeReg = 1U << 8,
                               kMakeSock = 1U << 9, kMakeFifo = 1U << 10, kMakeBlock = 1U << 11,
                               kMakeSym = 1U << 12, kRefer = 1U << 13,    // ABI 2
    kTruncate = 1U << 14,                                                 // ABI 3
    kIoctlDevice = 1U << 15,                                              // ABI 5
    kResolveUnix = 1U << 16;                                              // ABI 9
inline constexpr std::uint64_t kBindTcp = 1, kConnectTcp = 2;             // ABI 4
inline constexpr std::uint64_t kScopeAbstractUnix = 1, kScopeSignal = 2;  // ABI 6

// All file system rights that a kernel of this ABI knows.
[[nodiscard]] constexpr std::uint64_t file_rights(int abi) noexcept {
  std::uint64_t rights = (kMakeSym << 1) - 1;
  if (abi >= 2) rights |= kRefer;
  if (abi >= 3) rights |= kTruncate;
  if (abi >= 5) rights |= kIoctlDevice;
  if (abi >= 9) rights |= kResolveUnix;
  return rights;
}
[[nodiscard]] constexpr std::uint64_t scopes(int abi) noexcept {
  return abi >= 6 ? kScopeAbstractUnix | kScopeSignal : 0;
}

inline constexpr std::uint64_t kReading = kExecute | kReadFile | kReadDir;
inline constexpr std::uint64_t kWriting = kReading | kWriteFile | kRemoveDir | kRemoveFile |
                                          kMakeDir | kMakeReg | kMakeSock | kMakeFifo | kMakeSym |
                                          kRefer | kTruncate | kResolveUnix;
inline constexpr std::uint64_t kDevices =
    kReadFile | kReadDir | kWriteFile | kTruncate | kIoctlDevice;
// What a rule on a file, not a directory, may hold.
inline constexpr std::uint64_t kOnFiles =
    kExecute | kReadFile | kWriteFile | kTruncate | kIoctlDevice | kResolveUnix;

struct RulesetAttr {
  std::uint64_t files = 0, net = 0, scoped = 0;
};
struct [[gnu::packed]] BeneathAttr {
  std::uint64_t allowed = 0;
  std::int32_t parent = -1;
};
static_assert(sizeof(BeneathAttr) == 12);

}  // namespace bailey::platform::cage::landlock
