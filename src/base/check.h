// check(): a broken invariant of our own ends the process; the ledger's
// recovery closes what was open. Never used for input, only for our mistakes.
#pragma once

namespace bailey {

// Prints "bailey: invariant broken: WHAT" to fd 2 and aborts. Async-signal-safe.
[[noreturn]] void abort_because(const char* what) noexcept;

inline void check(bool holds, const char* what) noexcept {
  if (!holds) [[unlikely]]
    abort_because(what);
}

}  // namespace bailey
