#include "conduct/event_batches.h"

#include <algorithm>

namespace bailey::conduct {
namespace {
constexpr std::int64_t kLongestWaitNs = 500'000'000;
// As many as the warden keeps and tells, and a few for each file that was given.
constexpr std::size_t kMost = 256 + 64;
constexpr std::size_t kMostUses = 4096;
}  // namespace

void EventBatches::take(model::Event event) {
  if (event.use) {
    if (uses_.size() < kMostUses) uses_.push_back(std::move(event));
    return;
  }
  if (all_.size() == kMost) {
    ++unwritten_;
    return;
  }
  if (written_ == all_.size()) first_waits_since_ns_ = clock_.monotonic().ns;
  all_.push_back(std::move(event));
  if (all_.size() - written_ >= ledger::kEventsALeaf) write();
}

void EventBatches::look_at_the_clock() {
  if (!prepared_) {
    prepared_ = true;
    ledger_.prepare_close();
  }
  if (written_ == all_.size()) return;
  if (clock_.monotonic().ns - first_waits_since_ns_ >= kLongestWaitNs) write();
}

void EventBatches::write() {
  while (written_ < all_.size()) {
    const std::size_t count = std::min(all_.size() - written_, ledger::kEventsALeaf);
    const auto first = all_.begin() + static_cast<std::ptrdiff_t>(written_);
    const std::vector<model::Event> batch(first, first + static_cast<std::ptrdiff_t>(count));
    if (!ledger_.note_events(intent_, batch, unwritten_)) unwritten_ += count;
    written_ += count;
  }
}

}  // namespace bailey::conduct
