// Following the journal, reading it, and letting go of it.
#include "ledger/log.h"

#include <algorithm>

#include "base/check.h"
#include "codec/text.h"
#include "ledger/tiles.h"
#include "merkle/tile.h"

namespace bailey::ledger {
namespace {

// After a power loss at most so many leaves have their tiles written anew.
constexpr std::uint64_t kSoundEvery = 16384;

}  // namespace

struct Log::Ahead {
  TileWriter tiles;
  Position end;
};

Log::Log(Dir dir, Dir journal, Control control, merkle::NoteVerifier first, Digest log_id,
         LogKeys keys, const Clock& clock, LogOptions options)
    : dir_(std::move(dir)),
      journal_(std::move(journal)),
      control_(std::move(control)),
      first_(std::move(first)),
      log_id_(log_id),
      keys_(std::make_shared<const LogKeys>(std::move(keys))),
      clock_(clock),
      options_(options) {}

Log::~Log() { (void)close(); }

// Moves the cursor over one frame, which lies at `at` and is whole.
Status Log::follow(const Frame& frame, Position at) {
  if (frame.type == FrameType::kLeaf) {
    if (frame.index != tail_.size()) {
      return fail("log.corrupt", "leaf " + std::to_string(frame.index) + " stands where leaf " +
                                     std::to_string(tail_.size()) + " is due");
    }
    if (frame.mark == Mark::kOpens) open_.push_back(frame.index);
    if (frame.mark == Mark::kCloses) {
      const auto found = std::lower_bound(open_.begin(), open_.end(), frame.closes);
      if (found == open_.end() || *found != frame.closes) {
        return fail("log.corrupt",
                    "leaf " + std::to_string(frame.index) + " closes an intent that is not open");
      }
      open_.erase(found);
    }
    tail_.append(frame.hash, at);
  } else if (frame.index != tail_.size()) {
    return fail("log.corrupt", "a head for " + std::to_string(frame.index) +
                                   " leaves follows leaf " + std::to_string(tail_.size()));
  }
  end_ = {at.segment, at.offset + static_cast<std::uint32_t>(frame.bytes())};
  return {};
}

// The frame at `at`, which the cursor just passed, is the newest head now.
Status Log::adopt_head(Position at) {
  FrameReader reader(*current_, end_.offset);
  const auto parsed = BAILEY_TRY(reader.at(at.offset, FrameCheck::kContent));
  if (parsed.kind != ParsedFrame::Kind::kFrame) {
    return fail("log.corrupt", "a head of the journal is damaged");
  }
  auto head = BAILEY_TRY(parse_head(parsed.frame));
  newest_head_ = head.head;
  newest_head_at_ = at;
  if (head.head.size <= control_.page().synced.load()) durable_head_ = head.head;
  return {};
}

// Reads what other processes (or other Logs) wrote since. Under cursor_mutex_.
Status Log::catch_up() {
  if (read_only_.load()) return {};
  const std::uint64_t synced = control_.page().synced.load();
  const Position target = Position::unpack(control_.page().end.load());
  // It may have come to disk since we met it, with a larger one behind it on its way.
  if (newest_head_.size <= synced) durable_head_ = newest_head_;
  if (target <= end_) return {};
  const auto reach = [&](std::uint32_t number) {
    return number == target.segment ? target.offset : 0;
  };
  FrameReader reader(*current_, reach(end_.segment));
  constexpr Position kNowhere{UINT32_MAX, UINT32_MAX};
  Position newest = kNowhere;  // heads met in the segment being followed
  Position durable = kNowhere;
  const auto adopt = [&]() -> Status {
    if (durable != kNowhere && durable != newest) {
      const auto frame = BAILEY_TRY(reader.at(durable.offset, FrameCheck::kContent));
      durable_head_ = BAILEY_TRY(parse_head(frame.frame)).head;
    }
    if (newest != kNowhere) BAILEY_TRY(adopt_head(newest));
    newest = durable = kNowhere;
    return {};
  };
  while (end_ != target) {
    const auto parsed = BAILEY_TRY(reader.at(end_.offset, FrameCheck::kHeader));
    if (parsed.kind == ParsedFrame::Kind::kEnd && target.segment > end_.segment) {
      BAILEY_TRY(adopt());
      auto next =
          std::make_shared<const Segment>(BAILEY_TRY(Segment::open(journal_, end_.segment + 1)));
      FrameReader beginning(*next);
      const auto first = BAILEY_TRY(beginning.at(0, FrameCheck::kContent));
      if (first.kind != ParsedFrame::Kind::kFrame) {
        return fail("log.corrupt", "a segment of the journal has no beginning");
      }
      const auto start = BAILEY_TRY(parse_segment(first.frame));
      if (start.number != end_.segment + 1 || start.log_id != log_id_ ||
          start.state.frontier.size() != tail_.size()) {
        return fail("log.corrupt", "a segment of the journal does not follow the one before");
      }
      current_bytes_ = static_cast<std::uint32_t>(next->opened_bytes());
      current_ = std::move(next);
      reader = FrameReader(*current_, reach(current_->number()));
      BAILEY_TRY(follow(first.frame, {end_.segment + 1, 0}));
      unsigned_from_ = end_.offset;
      next_prepared_.store(false);
      continue;
    }
    if (parsed.kind != ParsedFrame::Kind::kFrame || parsed.frame.type == FrameType::kSegment) {
      return fail("log.corrupt",
                  "the journal is damaged after leaf " + std::to_string(tail_.size()),
                  "stop all bailey processes and run `bailey log verify`");
    }
    const Position at = end_;
    BAILEY_TRY(follow(parsed.frame, at));
    if (parsed.frame.type == FrameType::kHead) {
      newest = at;
      if (parsed.frame.index <= synced) durable = at;
      signed_frontier_ = tail_.frontier();
      unsigned_from_ = end_.offset;
    }
  }
  return adopt();
}

Result<std::shared_ptr<const Segment>> Log::segment(std::uint32_t number) {
  if (number == current_->number()) return current_;
  return std::make_shared<const Segment>(BAILEY_TRY(Segment::open(journal_, number)));
}

Result<Head> Log::head() {
  const std::lock_guard lock(cursor_mutex_);
  BAILEY_TRY(catch_up());
  return durable_head_;
}

Result<std::vector<std::uint64_t>> Log::open_intents() {
  const std::lock_guard lock(cursor_mutex_);
  BAILEY_TRY(catch_up());
  return open_;
}

Result<std::vector<merkle::Hash>> Log::proof(std::uint64_t index, std::uint64_t size,
                                             ProofFrom from) {
  std::unique_lock lock(cursor_mutex_);
  if (size > tail_.size()) BAILEY_TRY(catch_up());
  if (index >= size || size > tail_.size()) {
    return fail("merkle.range",
                "leaf " + std::to_string(index) + " is not in a tree of " + std::to_string(size));
  }
  if (index >= tail_.base()) return tail_.proof(index, size);
  if (from == ProofFrom::kMemory) return fail("log.old_leaf", "the leaf is not in memory");
  lock.unlock();
  auto path = proof_by_tiles(index, size);
  if (path) return path;
  // The tiles rotted: they are derived, so write them anew from the journal.
  control_.page().published.store(0);
  return proof_by_tiles(index, size);
}

// Older than the tail: by the tiles, which are brought up to date first and believed
// only when they give the root of a signed head.
Result<std::vector<merkle::Hash>> Log::proof_by_tiles(std::uint64_t index, std::uint64_t size) {
  BAILEY_TRY(publish());
  const std::lock_guard lock(cursor_mutex_);
  const std::uint64_t published = control_.page().published.load();
  const auto source = [&](unsigned level, std::uint64_t subtree) {
    return subtree_from_tiles(dir_, published, level, subtree);
  };
  merkle::Hash leaf{};
  BAILEY_TRY(visit_locked(index, index + 1, index, [&](const Frame& frame) -> Status {
    leaf = frame.hash;
    return {};
  }));
  const auto whole = BAILEY_TRY(merkle::inclusion_proof(index, durable_head_.size, source));
  BAILEY_TRY(merkle::verify_inclusion(index, durable_head_.size, leaf, whole, durable_head_.root));
  if (size == durable_head_.size) return whole;
  return merkle::inclusion_proof(index, size, source);
}

// Where the frame of leaf 256 * block is, by the beginnings of the segments.
Result<Position> Log::find_block(std::uint64_t block) {
  if (const auto known = tail_.block_position(block)) return *known;
  const std::uint64_t index = block * merkle::kTileWidth;
  std::uint32_t low = 0;
  std::uint32_t high = current_->number();
  while (low < high) {
    const std::uint32_t middle = high - (high - low) / 2;
    const auto candidate = BAILEY_TRY(segment(middle));
    FrameReader reader(*candidate);
    const auto first = BAILEY_TRY(reader.at(0, FrameCheck::kContent));
    if (first.kind != ParsedFrame::Kind::kFrame || first.frame.type != FrameType::kSegment) {
      return fail("log.corrupt", "segment " + std::to_string(middle) + " has no beginning");
    }
    if (first.frame.index <= index) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  const auto here = BAILEY_TRY(segment(low));
  FrameReader reader(*here);
  for (std::uint32_t at = 0;;) {
    const auto parsed = BAILEY_TRY(reader.at(at, FrameCheck::kHeader));
    if (parsed.kind != ParsedFrame::Kind::kFrame) {
      return fail("log.corrupt", "leaf " + std::to_string(index) + " is not in the journal");
    }
    if (parsed.frame.type == FrameType::kLeaf && parsed.frame.index == index)
      return Position{low, at};
    at += static_cast<std::uint32_t>(parsed.frame.bytes());
  }
}

Status Log::visit(std::uint64_t first, std::uint64_t last, const Visit& visit) {
  const std::lock_guard lock(cursor_mutex_);
  BAILEY_TRY(catch_up());
  if (last > tail_.size()) return fail("log.no_entry", "the log has no such entry");
  return visit_locked(first, last, first, visit);
}

Status Log::visit_locked(std::uint64_t first, std::uint64_t last, std::uint64_t checked,
                         const Visit& visit) {
  if (first >= last) return {};
  const Position at = BAILEY_TRY(find_block(first / merkle::kTileWidth));
  return read_on(at, first / merkle::kTileWidth * merkle::kTileWidth, first, last, checked, visit);
}

// Visits entries [first, last); at `at` begins the frame of entry `index`, or a head or a
// segment's end before it.
Status Log::read_on(Position at, std::uint64_t index, std::uint64_t first, std::uint64_t last,
                    std::uint64_t checked, const Visit& visit) {
  const auto reach = [&](std::uint32_t number) { return number == end_.segment ? end_.offset : 0; };
  auto here = BAILEY_TRY(segment(at.segment));
  FrameReader reader(*here, reach(at.segment));
  while (index < last) {
    const auto parsed = BAILEY_TRY(reader.at(at.offset, FrameCheck::kHeader));
    if (parsed.kind == ParsedFrame::Kind::kEnd && at.segment < current_->number()) {
      at = {at.segment + 1, 0};
      here = BAILEY_TRY(segment(at.segment));
      reader = FrameReader(*here, reach(at.segment));
      continue;
    }
    if (parsed.kind != ParsedFrame::Kind::kFrame) {
      return fail("log.corrupt", "the journal is damaged at leaf " + std::to_string(index),
                  "run `bailey log verify`");
    }
    const Frame& frame = parsed.frame;
    at.offset += static_cast<std::uint32_t>(frame.bytes());
    if (frame.type != FrameType::kLeaf) continue;
    if (frame.index != index) {
      return fail("log.corrupt", "leaf " + std::to_string(frame.index) + " stands where leaf " +
                                     std::to_string(index) + " is due");
    }
    // Leaves before `checked` are only stepped over, or were checked when first read.
    if (index >= checked && merkle::leaf_hash(frame.content) != frame.hash) {
      return fail("log.corrupt", "leaf " + std::to_string(index) + " of the journal is damaged",
                  "run `bailey log verify`");
    }
    if (index >= first) BAILEY_TRY(visit(frame));
    ++index;
  }
  return {};
}

Result<Bytes> Log::entry(std::uint64_t index) {
  Bytes out;
  if (index == UINT64_MAX) return fail("log.no_entry", "the log has no such entry");
  BAILEY_TRY(visit(index, index + 1, [&](const Frame& leaf) -> Status {
    out.assign(leaf.content.begin(), leaf.content.end());
    return {};
  }));
  return out;
}

Status Log::publish() {
  // What contradicts the past is not shown to anybody as the newest.
  if (const auto found = fence_fault()) return std::unexpected(*found);
  const std::lock_guard door(door_mutex_);
  BAILEY_TRY(control_.lock(LogLock::kDoor, kTurnDeadlineNs, clock_));
  const Status status = [&] {
    const std::lock_guard lock(cursor_mutex_);
    return publish_locked();
  }();
  control_.unlock(LogLock::kDoor);
  return status;
}

// Holds kDoor, and cursor_mutex_.
Status Log::publish_locked() {
  const auto ahead = std::move(ahead_);
  BAILEY_TRY(catch_up());
  const Head head = durable_head_;
  const std::uint64_t published = control_.page().published.load();
  if (published > head.size) {
    return fail("log.rollback", "the published checkpoint is ahead of the journal");
  }
  if (published == head.size && head.size != 0) return {};
  const auto write = [&](TileWriter& tiles, const std::optional<Position>& from) -> Status {
    const Visit add = [&](const Frame& leaf) { return tiles.add(leaf.content, leaf.hash); };
    const std::uint64_t next = tiles.next_entry();
    if (from) {
      BAILEY_TRY(read_on(*from, next, next, head.size, published, add));
    } else {
      BAILEY_TRY(visit_locked(next, head.size, published, add));
    }
    BAILEY_TRY(tiles.finish());
    const std::string note = checkpoint_note(head);
    BAILEY_TRY(replace_checkpoint(dir_, note));
    control_.page().published.store(head.size);
    tiles.sweep();
    return {};
  };
  // Good only if it was exactly one entry, and nobody published in between.
  if (ahead && ahead->tiles.published() == published && ahead->tiles.size() == head.size) {
    BAILEY_TRY(write(ahead->tiles, ahead->end));
  } else {
    TileWriter tiles(dir_, published, head.size);
    BAILEY_TRY(write(tiles, std::nullopt));
  }
  if (published / kSoundEvery != head.size / kSoundEvery) {
    return remember_sound_tiles(dir_, head.size);
  }
  return {};
}

void Log::prepare_publish() noexcept {
  const std::lock_guard door(door_mutex_);
  if (queue_.is_closed() || !control_.try_lock(LogLock::kDoor)) return;
  // With others present the last one to leave publishes, and this is not known to be it.
  if (control_.become_alone()) {
    control_.become_shared();
    const std::lock_guard lock(cursor_mutex_);
    if (!prepare_locked()) ahead_.reset();
  }
  control_.unlock(LogLock::kDoor);
}

// Holds kDoor, and cursor_mutex_.
Status Log::prepare_locked() {
  ahead_.reset();
  BAILEY_TRY(refuse_if_failed());
  BAILEY_TRY(catch_up());
  const std::uint64_t size = tail_.size() + 1;
  const std::uint64_t published = control_.page().published.load();
  // A tile that gets full has a name that others may already look at.
  if (size % merkle::kTileWidth == 0 || published / merkle::kTileWidth != size / merkle::kTileWidth)
    return {};
  ahead_ = std::make_unique<Ahead>(Ahead{TileWriter(dir_, published, size), end_});
  BAILEY_TRY(
      visit_locked(ahead_->tiles.first_entry(), tail_.size(), published,
                   [&](const Frame& leaf) { return ahead_->tiles.add(leaf.content, leaf.hash); }));
  return ahead_->tiles.pause();
}

Status Log::close() {
  if (!queue_.close()) return {};
  if (preparer_.joinable()) preparer_.join();
  const std::lock_guard door(door_mutex_);
  BAILEY_TRY(control_.lock(LogLock::kDoor, kTurnDeadlineNs, clock_));
  Status status;
  if (current_ != nullptr && control_.become_alone()) {
    const std::lock_guard lock(cursor_mutex_);
    if (!read_only_.load() && control_.page().failed.load() == 0 && !fence_fault())
      status = publish_locked();
  }
  control_.unlock(LogLock::kPresent);
  control_.unlock(LogLock::kDoor);
  return status;
}

}  // namespace bailey::ledger
