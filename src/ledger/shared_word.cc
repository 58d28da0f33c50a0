#include "ledger/shared_word.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

namespace bailey::ledger {
namespace {

static_assert(std::atomic<std::uint32_t>::is_always_lock_free);
static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t));

std::uint32_t* address(std::atomic<std::uint32_t>& word) noexcept {
  return reinterpret_cast<std::uint32_t*>(&word);
}

}  // namespace

void sleep_on(std::atomic<std::uint32_t>& word, std::uint32_t seen, std::int64_t timeout_ns,
              Reach reach) noexcept {
  constexpr std::int64_t kSecond = 1'000'000'000;
  timespec timeout{};
  timeout.tv_sec = timeout_ns / kSecond;
  timeout.tv_nsec = timeout_ns % kSecond;
  const int op = reach == Reach::kProcess ? FUTEX_WAIT_PRIVATE : FUTEX_WAIT;
  ::syscall(SYS_futex, address(word), op, seen, &timeout, nullptr, 0);
}

void sleep_on(std::atomic<std::uint32_t>& word, std::uint32_t seen) noexcept {
  ::syscall(SYS_futex, address(word), FUTEX_WAIT_PRIVATE, seen, nullptr, nullptr, 0);
}

void wake(std::atomic<std::uint32_t>& word, int how_many, Reach reach) noexcept {
  const int op = reach == Reach::kProcess ? FUTEX_WAKE_PRIVATE : FUTEX_WAKE;
  ::syscall(SYS_futex, address(word), op, how_many, nullptr, nullptr, 0);
}

}  // namespace bailey::ledger
