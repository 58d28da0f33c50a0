// Event: one act that a cage refused or watched while its program ran (spec/events.md).
//
// Evidence, never a decision. The object may have been read from the program's memory, and
// is then only what the program claimed. A value; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace bailey::model {

enum class EventKind : std::uint32_t { kSyscall, kConnect, kBind, kExec, kOpen };
inline constexpr std::uint32_t kEventKinds = 5;
[[nodiscard]] constexpr const char* name(EventKind kind) noexcept {
  constexpr const char* kNames[kEventKinds] = {"syscall", "connect", "bind", "exec", "open"};
  return kNames[static_cast<std::uint32_t>(kind)];
}

struct Event {
  EventKind kind = EventKind::kSyscall;
  std::string act;      // "ptrace", "connect", ...
  std::string object;   // "192.0.2.1:443", "/etc/shadow", "" when the act has none
  bool claimed = true;  // the object was read from memory that the program may change
  bool cut = false;     // the object was longer
  bool use = false;     // nothing was refused: a file was opened or executed; `object` is absolute
  bool writes = false;  // of a use: opened for changing
  std::string layer;    // "seccomp", "namespace.net", ...
  std::string rule;     // of the policy, in words, for the report; "" when it was none
  std::string error;    // "EPERM"; "" when the call went on
  std::uint64_t mono_ns = 0;
  std::uint64_t pid = 0;                                       // as seen outside
  std::string program;                                         // the kernel's name of the thread
  std::optional<std::array<std::uint8_t, 32>> program_digest;  // SHA-256 of the file

  bool operator==(const Event&) const = default;
};

// How much of what happened the events tell.
struct EventCounts {
  bool listening = false;
  bool files = false;          // opens too
  std::string why_not;         // when not listening
  std::uint64_t kept = 0;      // events told
  std::uint64_t repeated = 0;  // like one that was told
  std::uint64_t dropped = 0;   // beyond the bound
};

}  // namespace bailey::model
