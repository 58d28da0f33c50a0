#include "ledger/commit_queue.h"

#include <sched.h>

#include <climits>
#include <utility>

#include "base/check.h"
#include "ledger/shared_word.h"

namespace bailey::ledger {
namespace {

constexpr std::uint32_t kDone = 1;
constexpr std::uint32_t kElect = 2;
constexpr int kMaxRounds = 32;
// How often a leader gives way: some tens of microseconds when nobody else wants to run, and
// as long as the others take when they do.
constexpr int kGiveWay = 32;

}  // namespace

bool CommitQueue::run(Pending& mine) {
  std::unique_lock lock(mutex_);
  if (closed_) return false;
  const auto batch = queue_;
  batch->pending.push_back(&mine);
  for (;;) {
    if (!leading_) {
      leading_ = true;
      lock.unlock();
      lead(mine);
    } else {
      const std::uint32_t seen = batch->word.load(std::memory_order_acquire);
      lock.unlock();
      if (seen != kDone) sleep_on(batch->word, seen);
    }
    if (batch->word.load(std::memory_order_acquire) == kDone) {
      // The leader woke one and went on with the next commit: that one wakes the others.
      const bool others = batch->pending.size() > 1;
      if (others && !batch->all_woken.exchange(true)) wake(batch->word, INT_MAX, Reach::kProcess);
      return true;
    }
    lock.lock();
  }
}

// Lets those come who wrote a moment ago and are about to write again.
void CommitQueue::gather(std::unique_lock<std::mutex>& lock, std::size_t expected) {
  for (int i = 0; i < kGiveWay && queue_->pending.size() < expected; ++i) {
    lock.unlock();
    ::sched_yield();
    lock.lock();
  }
}

void CommitQueue::lead(const Pending& own) {
  for (int round = 0;; ++round) {
    std::unique_lock lock(mutex_);
    if (queue_->pending.empty()) {
      leading_ = false;
      return;
    }
    if (round == kMaxRounds) {
      // Others have waited long enough for this thread's own call to return.
      leading_ = false;
      queue_->word.store(kElect, std::memory_order_release);
      wake(queue_->word, 1, Reach::kProcess);
      return;
    }
    // This thread itself cannot come again before it has returned.
    gather(lock, round == 0 ? writers_ : writers_ - 1);
    const auto batch = std::exchange(queue_, std::make_shared<Batch>());
    lock.unlock();
    commit_(batch->pending);
    lock.lock();
    writers_ = batch->pending.size() + queue_->pending.size();
    lock.unlock();
    const bool own_alone = batch->pending.size() == 1 && batch->pending.front() == &own;
    batch->word.store(kDone, std::memory_order_release);
    if (!own_alone) wake(batch->word, 1, Reach::kProcess);
  }
}

bool CommitQueue::close() {
  const std::lock_guard lock(mutex_);
  if (closed_) return false;
  closed_ = true;
  check(!leading_ && queue_->pending.empty(), "a log was closed while in use");
  return true;
}

bool CommitQueue::is_closed() {
  const std::lock_guard lock(mutex_);
  return closed_;
}

}  // namespace bailey::ledger
