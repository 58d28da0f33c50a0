// Sleeping and waking on a 32-bit word, within or across processes (futex(2)).
//
// A word is only a hint to look again: what counts is always read elsewhere (a
// kernel-owned lock, a size under it). Between processes every sleep has an end: who should
// wake may be dead. Any thread.
#pragma once

#include <atomic>
#include <cstdint>

namespace bailey::ledger {

enum class Reach { kProcess, kMachine };

// Sleeps while `word` holds `seen`, until woken or `timeout_ns` went by. May return early.
void sleep_on(std::atomic<std::uint32_t>& word, std::uint32_t seen, std::int64_t timeout_ns,
              Reach reach) noexcept;
// The same without an end and within a process. A timer costs a waiting thread as much as
// half of its sleep.
void sleep_on(std::atomic<std::uint32_t>& word, std::uint32_t seen) noexcept;
void wake(std::atomic<std::uint32_t>& word, int how_many, Reach reach) noexcept;

}  // namespace bailey::ledger
