// The log and its past: earlier trees of it, and the second place that remembers its head.
#include <algorithm>

#include "ledger/log.h"
#include "ledger/tiles.h"
#include "merkle/tile.h"

namespace bailey::ledger {

// The tree as it was at `size`, by the journal. Under cursor_mutex_.
Result<merkle::Frontier> Log::frontier_at(std::uint64_t size) {
  if (size > tail_.size()) {
    return fail("merkle.range", "the log never had " + std::to_string(size) + " entries here");
  }
  if (size == tail_.size()) return tail_.frontier();
  std::uint32_t low = 0;
  std::uint32_t high = current_->number();
  const auto start_of = [&](std::uint32_t number) -> Result<SegmentStart> {
    const auto here = BAILEY_TRY(segment(number));
    FrameReader reader(*here);
    const auto first = BAILEY_TRY(reader.at(0, FrameCheck::kContent));
    if (first.kind != ParsedFrame::Kind::kFrame) {
      return fail("log.corrupt", "segment " + std::to_string(number) + " has no beginning");
    }
    return parse_segment(first.frame);
  };
  while (low < high) {
    const std::uint32_t middle = high - (high - low) / 2;
    if (BAILEY_TRY(start_of(middle)).state.frontier.size() <= size) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  merkle::Frontier frontier = BAILEY_TRY(start_of(low)).state.frontier;
  const auto here = BAILEY_TRY(segment(low));
  FrameReader reader(*here);
  for (std::uint32_t at = 0; frontier.size() < size;) {
    const auto parsed = BAILEY_TRY(reader.at(at, FrameCheck::kHeader));
    if (parsed.kind != ParsedFrame::Kind::kFrame) {
      return fail("log.corrupt", "the journal ends before entry " + std::to_string(size));
    }
    if (parsed.frame.type == FrameType::kLeaf) frontier.append(parsed.frame.hash);
    at += static_cast<std::uint32_t>(parsed.frame.bytes());
  }
  return frontier;
}

Result<merkle::Hash> Log::root_at(std::uint64_t size) {
  const std::lock_guard lock(cursor_mutex_);
  BAILEY_TRY(catch_up());
  return BAILEY_TRY(frontier_at(size)).root();
}

Result<std::vector<merkle::Hash>> Log::consistency(std::uint64_t first, std::uint64_t second) {
  const auto prove = [&]() -> Result<std::vector<merkle::Hash>> {
    BAILEY_TRY(publish());
    const std::lock_guard lock(cursor_mutex_);
    const std::uint64_t published = control_.page().published.load();
    if (first > second || second > published) {
      return fail("merkle.range", "no such two trees of this log");
    }
    auto proof = BAILEY_TRY(
        merkle::consistency_proof(first, second, [&](unsigned level, std::uint64_t index) {
          return subtree_from_tiles(dir_, published, level, index);
        }));
    // Tiles are believed only when they lead to the roots that the journal gives.
    const merkle::Frontier older = BAILEY_TRY(frontier_at(first));
    const merkle::Frontier newer = BAILEY_TRY(frontier_at(second));
    BAILEY_TRY(merkle::verify_consistency(first, second, proof, older.root(), newer.root()));
    return proof;
  };
  auto proof = prove();
  if (proof || proof.error().code == "merkle.range") return proof;
  control_.page().published.store(0);
  return prove();
}

// At opening, before anything can be signed.
Status Log::check_fence() {
  if (!fence_) return {};
  place_ = BAILEY_TRY(place_of(dir_));
  const auto found = fence_->look();
  if (!found && !found.error().code.starts_with("ledger.")) return std::unexpected(found.error());
  const std::lock_guard lock(cursor_mutex_);
  // After looking: a head is remembered only once the page says that it is on disk.
  BAILEY_TRY(catch_up());
  if (!found && durable_head_.size != 0) return fault(FenceFault::kDamaged);
  if (!found || !*found) {
    // A log without entries contradicts nothing; its making may have been cut off half way.
    if (durable_head_.size != 0) return fault(FenceFault::kMissing);
    return fence_->remember({.place = place_, .head = durable_head_}, Sync::kYes);
  }
  const Remembered& known = **found;
  epoch_ = known.epoch;
  remembered_ = known;
  if (known.stopped == FenceFault::kNone) given_up_size_ = known.other_size;
  if (known.stopped != FenceFault::kNone) return fault(known.stopped);
  if (!is_ours(known.head)) return fault(FenceFault::kDamaged);
  // Somebody may be bringing a larger head to disk just now: then the newest one that is known
  // to be there is not among what we read. The one that is extends it, or the roots differ.
  if (known.head.size > newest_head_.size) return fault(FenceFault::kRolledBack);
  const merkle::Hash root = known.head.size == newest_head_.size
                                ? newest_head_.root
                                : BAILEY_TRY(frontier_at(known.head.size)).root();
  if (root != known.head.root) return fault(FenceFault::kForked);
  if (known.place != place_) return fault(FenceFault::kCopied);
  return {};
}

// The log can still be read; nothing is signed any more.
Status Log::fault(FenceFault found) {
  fault_.store(found);
  return {};
}

std::optional<Error> Log::fence_fault() const {
  const FenceFault found = fault_.load();
  if (found == FenceFault::kNone) return std::nullopt;
  return fence_error(found);
}

// Holds kSync, before a head is signed: the one before is the newest that anybody signed.
Status Log::fence_allows() {
  if (!fence_ || anchoring_) return {};
  const auto found = fence_->look();
  FenceFault wrong = FenceFault::kNone;
  if (!found) {
    wrong = FenceFault::kDamaged;
  } else if (!*found) {
    wrong = FenceFault::kMissing;
  } else {
    const Remembered& known = **found;
    if (known.stopped != FenceFault::kNone) {
      wrong = known.stopped;
    } else if (known.epoch != epoch_) {
      wrong = FenceFault::kMoved;
    } else if (known.head.size > newest_head_.size) {
      wrong = FenceFault::kRolledBack;
    } else if (known.head.size == newest_head_.size && known.head.root != newest_head_.root) {
      wrong = FenceFault::kForked;
    } else if (known.place != place_) {
      wrong = FenceFault::kCopied;
    }
  }
  if (wrong == FenceFault::kNone) return {};
  fault_.store(wrong);
  return std::unexpected(fence_error(wrong));
}

// Holds kSync; the head is on disk.
void Log::remember(const Head& head) {
  if (!fence_ || anchoring_) return;
  const auto written = fence_->remember(
      {.epoch = epoch_, .place = place_, .head = head, .other_size = given_up_size_}, Sync::kNo);
  // This head is on disk and told; without a memory of it there is not another.
  if (!written) fault_.store(FenceFault::kDamaged);
}

Status Log::stop_signing(FenceFault found, std::uint64_t size, const merkle::Hash& root) {
  if (!fence_) return fail("ledger.fence", "this log has no second place");
  BAILEY_TRY(control_.lock(LogLock::kSync, kTurnDeadlineNs, clock_));
  const Status done = [&]() -> Status {
    const auto known = fence_->look();
    Remembered next{.epoch = epoch_, .place = place_, .head = {}};
    if (known && *known) next = **known;
    next.stopped = found;
    next.other_size = size;
    next.other_root = root;
    return fence_->remember(next, Sync::kYes);
  }();
  control_.unlock(LogLock::kSync);
  fault_.store(found);
  return done;
}

Result<Appended> Log::re_anchor(Draft& draft) {
  if (!fence_) return fail("ledger.fence", "this log has no second place");
  const FenceFault found = fault_.load();
  anchoring_ = true;
  fault_.store(FenceFault::kNone);
  auto appended = append(draft);
  anchoring_ = false;
  fault_.store(found);
  if (!appended) return appended;
  // The leaf is on disk. Until the second place says so too, the fault stands.
  std::uint64_t given_up =
      remembered_ ? std::max(remembered_->head.size, remembered_->other_size) : 0;
  BAILEY_TRY(control_.lock(LogLock::kSync, kTurnDeadlineNs, clock_));
  const Status done = [&]() -> Status {
    const Head head = BAILEY_TRY(this->head());
    given_up = std::max<std::uint64_t>(given_up, given_up_size_);
    return fence_->remember(
        {.epoch = epoch_ + 1, .place = place_, .head = head, .other_size = given_up}, Sync::kYes);
  }();
  control_.unlock(LogLock::kSync);
  if (!done) return std::unexpected(done.error());
  ++epoch_;
  given_up_size_ = given_up;
  fault_.store(FenceFault::kNone);
  return appended;
}

}  // namespace bailey::ledger
