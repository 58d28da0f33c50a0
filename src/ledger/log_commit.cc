// How entries become durable: one leader a process, two locks between processes.
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "ledger/log.h"
#include "ledger/shared_word.h"
#include "merkle/tile.h"

namespace bailey::ledger {
namespace {

constexpr std::int64_t kLookAgainNs = 2'000'000;
constexpr std::size_t kMaxLeafFrame = kFrameHeaderBytes + merkle::kMaxEntryBytes + 8;
constexpr std::uint32_t kReservedBytes = 128U << 10;
constexpr std::size_t kFlushBytes = std::size_t{1} << 20;

class PlainDraft final : public Draft {
 public:
  explicit PlainDraft(ByteView entry) : entry_(entry) {}
  Status write(std::uint64_t, Bytes& out) override {
    out.insert(out.end(), entry_.begin(), entry_.end());
    return {};
  }

 private:
  ByteView entry_;
};

}  // namespace

Result<Appended> Log::append(ByteView entry) {
  PlainDraft draft(entry);
  return append(draft);
}

Result<Appended> Log::append(Draft& draft, Space space) {
  Pending mine{.draft = &draft, .space = space, .result = {}};
  if (!queue_.run(mine)) return fail("log.closed", "the log is closed");
  return std::move(*mine.result);
}

void Log::commit(std::span<Pending* const> pending) {
  const Status done = commit_turn(pending);
  const Head durable = [&] {
    const std::lock_guard lock(cursor_mutex_);
    return durable_head_;
  }();
  for (Pending* each : pending) {
    if (each->result) continue;  // the draft's own error
    if (each->written && each->index < durable.size) {
      each->result = Appended{each->index, each->leaf_hash, durable};
    } else if (!done) {
      each->result = std::unexpected(done.error());
    } else {
      each->result = fail("log.write_failed", "the entry was not committed");
    }
  }
  prepare_next();
}

Status Log::refuse_if_failed() const {
  if (control_.page().failed.load() != 0) {
    return fail("log.sync_failed", "the journal could not be brought to disk before",
                "stop all bailey processes, check the disk, then run `bailey log verify`");
  }
  if (read_only_.load()) {
    return fail("log.write_failed", "the journal could not be written before",
                "check the disk and start again");
  }
  if (const auto found = fence_fault()) return std::unexpected(*found);
  return control_.still_there();
}

Status Log::commit_turn(std::span<Pending* const> pending) {
  if (!control_.try_lock(LogLock::kSync)) {
    BAILEY_TRY(refuse_if_failed());
    // Another process syncs now. Our leaves go into the journal meanwhile, so that the
    // next head, whoever signs it, covers them.
    BAILEY_TRY(control_.lock(LogLock::kAppend, kTurnDeadlineNs, clock_));
    std::uint64_t mine = 0;
    const Status appended = [&]() -> Status {
      const std::lock_guard lock(cursor_mutex_);
      BAILEY_TRY(refresh_keys());
      BAILEY_TRY(catch_up());
      auto status = append_leaves(pending, Roll::kMustNot);
      mine = tail_.size();
      return status;
    }();
    control_.unlock(LogLock::kAppend);
    if (!appended) return appended;
    const bool all = std::all_of(pending.begin(), pending.end(),
                                 [](const Pending* p) { return p->written || p->result; });
    if (!all) mine = UINT64_MAX;  // some did not fit: only a leader may begin a segment
    if (BAILEY_TRY(wait_covered(mine))) {
      const std::lock_guard lock(cursor_mutex_);
      return catch_up();
    }
  }
  // From here this process signs and syncs for everybody.
  const Status status = [&]() -> Status {
    for (bool more = true; more;) {
      BAILEY_TRY(refuse_if_failed());
      BAILEY_TRY(control_.lock(LogLock::kAppend, kTurnDeadlineNs, clock_));
      const Status written = [&]() -> Status {
        const std::lock_guard lock(cursor_mutex_);
        BAILEY_TRY(refresh_keys());
        BAILEY_TRY(catch_up());
        BAILEY_TRY(append_leaves(pending, Roll::kMay));
        return write_head();
      }();
      control_.unlock(LogLock::kAppend);
      if (!written) return written;
      BAILEY_TRY(sync_newest(pending));
      more = std::any_of(pending.begin(), pending.end(),
                         [](const Pending* p) { return !p->written && !p->result; });
    }
    return {};
  }();
  control_.unlock(LogLock::kSync);
  return status;
}

// True: a durable head covers `size`. False: this process holds kSync now.
Result<bool> Log::wait_covered(std::uint64_t size) {
  ControlPage& page = control_.page();
  const auto i = static_cast<std::size_t>(LogLock::kSync);
  const std::int64_t end = clock_.monotonic().ns + kTurnDeadlineNs;
  for (std::int64_t rounds = 0; rounds * kLookAgainNs <= 4 * kTurnDeadlineNs; ++rounds) {
    BAILEY_TRY(refuse_if_failed());
    page.waiting[i].fetch_add(1);
    const std::uint32_t seen = page.released[i].load();
    const bool covered = page.synced.load() >= size;
    const bool turn = !covered && control_.try_lock(LogLock::kSync);
    if (!covered && !turn) sleep_on(page.released[i], seen, kLookAgainNs, Reach::kMachine);
    page.waiting[i].fetch_sub(1);
    if (covered) return true;
    if (turn) return false;
    if (clock_.monotonic().ns >= end) break;
  }
  return fail("log.busy", "another process holds the log and does not let go",
              "look for a stopped bailey process; nothing was started");
}

bool Log::fits(Space space) const {
  const std::size_t limit = current_bytes_ - (space == Space::kOrdinary ? kReservedBytes : 0);
  return end_.offset + kMaxLeafFrame + max_head_bytes(open_.size() + 1) <= limit;
}

Status Log::append_leaves(std::span<Pending* const> pending, Roll roll) {
  if (std::none_of(pending.begin(), pending.end(),
                   [](const Pending* p) { return !p->written && !p->result; })) {
    return {};
  }
  BAILEY_TRY(settle_tail());
  Bytes buffer;
  for (Pending* each : pending) {
    if (each->written || each->result) continue;
    if (!fits(Space::kOrdinary)) {
      BAILEY_TRY(flush(buffer));
      if (roll == Roll::kMustNot) return {};
      if (auto rolled = roll_over(); !rolled) {
        if (read_only_.load() || each->space != Space::kFinal || !fits(Space::kFinal)) {
          each->result = std::unexpected(rolled.error());
          continue;
        }
      }
    }
    BAILEY_TRY(append_one(*each, buffer));
    if (buffer.size() >= kFlushBytes) BAILEY_TRY(flush(buffer));
  }
  return flush(buffer);
}

// Puts one leaf frame behind `buffer` and moves the cursor as if it were written.
Status Log::append_one(Pending& pending, Bytes& buffer) {
  const std::uint64_t index = tail_.size();
  const Mark mark = pending.draft->mark();
  const std::uint64_t closes = mark == Mark::kCloses ? pending.draft->closes() : 0;
  if (mark == Mark::kCloses && !std::binary_search(open_.begin(), open_.end(), closes)) {
    pending.result = fail(
        "log.not_open", "intent " + std::to_string(closes) + " is not open: it was closed before");
    return {};
  }
  if (mark == Mark::kOpens && open_.size() >= kMaxOpenIntents) {
    pending.result = fail("log.too_many_open", "too many actions are running at once",
                          "wait until some have ended, or run `bailey log verify`");
    return {};
  }
  Bytes& entry = scratch_;
  entry.clear();
  if (auto written = pending.draft->write(index, entry); !written) {
    pending.result = std::unexpected(std::move(written).error());
    return {};
  }
  if (entry.empty() || entry.size() > merkle::kMaxEntryBytes) {
    pending.result = fail("log.too_big", "a log entry holds 1 to 65535 bytes");
    return {};
  }
  Frame frame{.type = FrameType::kLeaf,
              .mark = mark,
              .index = index,
              .closes = closes,
              .hash = merkle::leaf_hash(entry),
              .content = entry};
  const Position at = end_;
  append_frame(buffer, frame);
  BAILEY_TRY(follow(frame, at));
  pending.index = index;
  pending.leaf_hash = frame.hash;
  pending.written = true;
  return {};
}

// Writes what append_one gathered; the cursor already stands behind it.
Status Log::flush(Bytes& buffer) {
  if (buffer.empty()) return {};
  const auto start = static_cast<std::uint32_t>(end_.offset - buffer.size());
  if (auto written = current_->write(start, buffer); !written) {
    read_only_.store(true);
    return written;
  }
  buffer.clear();
  control_.page().end.store(end_.packed());
  return {};
}

// Signs the tree as it stands, when a leaf is not under a head yet.
Status Log::write_head() {
  // Even without a leaf to sign: what follows writes to the second place, and looks here first.
  BAILEY_TRY(fence_allows());
  if (newest_head_.size == tail_.size()) return {};
  // What is signed is what can be read back: every new leaf is hashed a second time.
  FrameReader reader(*current_, end_.offset);
  merkle::Frontier again = signed_frontier_;
  for (std::uint32_t at = unsigned_from_; at < end_.offset;) {
    const auto parsed = BAILEY_TRY(reader.at(at, FrameCheck::kContent));
    if (parsed.kind != ParsedFrame::Kind::kFrame || parsed.frame.type != FrameType::kLeaf) {
      read_only_.store(true);
      return fail("log.corrupt", "what was written to the journal reads back differently",
                  "do not trust this machine's memory or disk; run `bailey log verify`");
    }
    again.append(parsed.frame.hash);
    at += static_cast<std::uint32_t>(parsed.frame.bytes());
  }
  if (again.subtrees() != tail_.frontier().subtrees() || again.size() != tail_.size()) {
    read_only_.store(true);
    return fail("log.corrupt", "two computations of the tree differ",
                "do not trust this machine's memory or disk; run `bailey log verify`");
  }
  const Head head = BAILEY_TRY(sign_head(tail_.size(), again.root()));
  const TreeState state{tail_.frontier(), open_, tail_.last_block(), newest_head_.size};
  const Bytes content = head_content(head, state);
  Bytes buffer;
  append_frame(
      buffer,
      {.type = FrameType::kHead, .index = head.size, .hash = head.root, .content = content});
  const Position at = end_;
  if (auto written = current_->write(at.offset, buffer); !written) {
    read_only_.store(true);
    return written;
  }
  end_.offset += static_cast<std::uint32_t>(buffer.size());
  newest_head_ = head;
  newest_head_at_ = at;
  signed_frontier_ = std::move(again);
  unsigned_from_ = end_.offset;
  control_.page().last_head.store(at.packed());
  control_.page().end.store(end_.packed());
  return {};
}

// Holds kSync. After this, everything up to the newest head is on disk, or nobody
// appends any more.
Status Log::sync_newest(std::span<Pending* const> pending) {
  std::shared_ptr<const Segment> segment;
  Head head;
  {
    const std::lock_guard lock(cursor_mutex_);
    segment = current_;
    head = newest_head_;
  }
  Status synced = [&]() -> Status {
    // A journal that lost its name would take the entry with it.
    (void)BAILEY_TRY(segment->size_now());
    if (pending.size() == 1 && pending[0]->written && pending[0]->draft->has_work_meanwhile()) {
      segment->start_writing();
      pending[0]->draft->on_its_way({pending[0]->index, pending[0]->leaf_hash, head});
    }
    return segment->sync();
  }();
  if (!synced) {
    read_only_.store(true);
    control_.page().failed.store(EIO);
    return synced;
  }
  control_.page().synced.store(head.size);
  remember(head);
  const std::lock_guard lock(cursor_mutex_);
  durable_head_ = head;
  return {};
}

// Holds kSync and kAppend, and cursor_mutex_. Ends this segment under a durable head
// and begins the next one.
Status Log::roll_over() {
  const std::uint32_t next = current_->number() + 1;
  if (preparer_.joinable()) preparer_.join();
  BAILEY_TRY(Segment::prepare(journal_, next, options_.segment_bytes));
  BAILEY_TRY(write_head());
  if (auto synced = current_->sync(); !synced) {
    read_only_.store(true);
    control_.page().failed.store(EIO);
    return synced;
  }
  control_.page().synced.store(newest_head_.size);
  durable_head_ = newest_head_;
  auto segment = std::make_shared<const Segment>(BAILEY_TRY(Segment::open(journal_, next)));
  const auto bytes = segment->opened_bytes();
  SegmentStart start{.number = next,
                     .segment_bytes = static_cast<std::uint32_t>(bytes),
                     .log_id = log_id_,
                     .state = {tail_.frontier(), open_, tail_.last_block(), newest_head_.size}};
  const Bytes content = segment_content(start);
  Bytes buffer;
  append_frame(buffer, {.type = FrameType::kSegment,
                        .index = tail_.size(),
                        .closes = next,
                        .hash = newest_head_.root,
                        .content = content});
  if (auto written = segment->write(0, buffer); !written) {
    read_only_.store(true);
    return written;
  }
  current_ = std::move(segment);
  current_bytes_ = static_cast<std::uint32_t>(bytes);
  end_ = {next, static_cast<std::uint32_t>(buffer.size())};
  unsigned_from_ = end_.offset;
  next_prepared_.store(false);
  control_.page().end.store(end_.packed());
  return {};
}

// Deals with what a writer left behind who died between writing and saying so: whole
// frames are taken over (a head among them may have been signed), the rest is cleared.
Status Log::settle_tail() {
  std::array<std::uint8_t, 8> next{};
  if (BAILEY_TRY(current_->read(end_.offset, next)) < next.size()) {
    return fail("log.corrupt", "the journal was cut short under us",
                "stop all bailey processes and run `bailey log verify`");
  }
  if (next == decltype(next){}) return {};
  FrameReader reader(*current_);
  for (;;) {
    const auto parsed = BAILEY_TRY(reader.at(end_.offset, FrameCheck::kContent));
    if (parsed.kind != ParsedFrame::Kind::kFrame) break;
    const Frame& frame = parsed.frame;
    if (frame.type == FrameType::kSegment || frame.index != tail_.size()) break;
    if (frame.type == FrameType::kHead) {
      const auto head = parse_head(frame);
      if (!head || !is_ours(head->head) ||
          head->state.frontier.subtrees() != tail_.frontier().subtrees()) {
        break;
      }
    }
    const Position at = end_;
    BAILEY_TRY(follow(frame, at));
    if (frame.type != FrameType::kHead) continue;
    BAILEY_TRY(adopt_head(at));
    signed_frontier_ = tail_.frontier();
    unsigned_from_ = end_.offset;
  }
  (void)BAILEY_TRY(current_->clear_from(end_.offset, current_bytes_));
  control_.page().end.store(end_.packed());
  return {};
}

// Past the middle of a segment the next one is made ready aside, so that no commit
// has to wait for it.
void Log::prepare_next() {
  std::uint32_t next = 0;
  {
    const std::lock_guard lock(cursor_mutex_);
    if (end_.offset < current_bytes_ / 2) return;
    next = current_->number() + 1;
  }
  if (next_prepared_.exchange(true)) return;
  const auto exists = journal_.exists(RelPath::known(segment_name(next)));
  if (exists && *exists) return;
  if (preparer_.joinable()) preparer_.join();
  preparer_ = std::jthread([this, next] {
    // A failure shows again, and is told, when the segment is needed.
    (void)Segment::prepare(journal_, next, options_.segment_bytes);
  });
}

}  // namespace bailey::ledger
