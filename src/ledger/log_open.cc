// Opening: by the shared page when it is of this boot, by reading the journal otherwise.
#include <fcntl.h>

#include <algorithm>

#include "crypto/hash.h"
#include "ledger/log.h"
#include "ledger/segment_heads.h"
#include "ledger/tiles.h"
#include "merkle/tile.h"

namespace bailey::ledger {
namespace {

constexpr std::uint32_t kMinSegmentBytes = 256U << 10;
constexpr std::uint32_t kMaxSegmentBytes = 1U << 30;
constexpr std::size_t kMaxCheckpointBytes = std::size_t{64} << 10;

// What a walk through one segment found.
struct Walk {
  std::vector<Position> heads;  // whole ones, by their checksum and their frontier
  std::uint32_t stop = 0;       // where the walk ended
  std::uint64_t leaves = 0;     // leaves up to there
  std::uint64_t leaves_at_head = 0;
};

Result<Walk> walk_segment(const Segment& segment, const SegmentStart& start,
                          std::uint32_t first_offset) {
  Walk walk;
  walk.stop = first_offset;
  merkle::Frontier frontier = start.state.frontier;
  FrameReader reader(segment);
  for (;;) {
    const auto parsed = BAILEY_TRY(reader.at(walk.stop, FrameCheck::kContent));
    if (parsed.kind != ParsedFrame::Kind::kFrame) break;
    const Frame& frame = parsed.frame;
    if (frame.type == FrameType::kSegment || frame.index != frontier.size()) break;
    if (frame.type == FrameType::kHead) {
      const auto head = parse_head(frame);
      if (!head || head->state.frontier.subtrees() != frontier.subtrees()) break;
      walk.heads.push_back({segment.number(), walk.stop});
      walk.leaves_at_head = frontier.size();
    } else {
      frontier.append(frame.hash);
    }
    walk.stop += static_cast<std::uint32_t>(frame.bytes());
  }
  walk.leaves = frontier.size();
  return walk;
}

}  // namespace

Result<std::unique_ptr<Log>> Log::open(Dir dir, std::string origin, const crypto::SigningKey& key,
                                       const Clock& clock, LogOptions options, OpenReport& report) {
  report = {};
  if (options.segment_bytes < kMinSegmentBytes || options.segment_bytes > kMaxSegmentBytes) {
    return fail("log.options", "a journal segment has 256 KiB to 1 GiB");
  }
  options.segment_bytes &= ~std::uint32_t{4095};
  auto verifier = BAILEY_TRY(merkle::NoteVerifier::create(std::move(origin), key.public_key()));
  const Digest log_id = crypto::sha256(as_bytes(verifier.vkey()));
  auto taken = Control::Taken::kShared;
  auto control = BAILEY_TRY(Control::enter(dir, clock, taken));
  auto journal = dir.open_dir(RelPath::known("journal"));
  if (!journal && journal.error().code == "disk.missing") {
    journal = dir.make_dir(RelPath::known("journal"));
    if (journal) BAILEY_TRY(dir.sync());
  }
  if (!journal) return std::unexpected(std::move(journal).error());
  std::unique_ptr<Log> log(new Log(std::move(dir), *std::move(journal), std::move(control),
                                   std::move(verifier), log_id, key, clock, options));
  const bool current = log->control_.is_current(log_id, clock.boot_id());
  Status opened;
  if (taken == Control::Taken::kShared) {
    opened = current ? log->open_shared()
                     : fail("log.key",
                            "another log, or the same one under another key, is in use "
                            "in this folder");
  } else {
    const bool sound = current && log->control_.page().failed.load() == 0;
    if (!sound || !log->open_shared()) opened = log->recover(report);
    log->control_.become_shared();
  }
  report.size = log->durable_head_.size;
  if (!opened) {
    // Nothing of a log that could not be opened is published or touched.
    (void)log->queue_.close();
    log->control_.unlock(LogLock::kPresent);
    log->control_.unlock(LogLock::kDoor);
    return std::unexpected(std::move(opened).error());
  }
  log->control_.unlock(LogLock::kDoor);
  return log;
}

bool Log::is_ours(const Head& head) const {
  return head.key_id == verifier_.key_id() &&
         verifier_.key().verify_raw(
             as_bytes(merkle::checkpoint_text({verifier_.name(), head.size, head.root})),
             head.signature);
}

// Sets the cursor right behind the head frame at `at`. The signature is checked.
Status Log::start_from_head(Position at) {
  current_ = std::make_shared<const Segment>(BAILEY_TRY(Segment::open(journal_, at.segment)));
  current_bytes_ = static_cast<std::uint32_t>(current_->opened_bytes());
  FrameReader reader(*current_);
  const auto parsed = BAILEY_TRY(reader.at(at.offset, FrameCheck::kContent));
  if (parsed.kind != ParsedFrame::Kind::kFrame || parsed.frame.type != FrameType::kHead) {
    return fail("log.corrupt", "there is no head where the newest one should be");
  }
  auto head = BAILEY_TRY(parse_head(parsed.frame));
  if (!is_ours(head.head)) return fail("log.key", "the newest head was signed by another key");
  tail_.reset(std::move(head.state.frontier), head.state.block);
  signed_frontier_ = tail_.frontier();
  open_ = std::move(head.state.open);
  newest_head_ = head.head;
  newest_head_at_ = at;
  end_ = {at.segment, at.offset + static_cast<std::uint32_t>(parsed.frame.bytes())};
  unsigned_from_ = end_.offset;
  return {};
}

// The page is of this boot: start at its newest head and follow to its end.
Status Log::open_shared() {
  ControlPage& page = control_.page();
  const std::uint64_t told = std::max(page.synced.load(), page.published.load());
  BAILEY_TRY(start_from_head(Position::unpack(page.last_head.load())));
  BAILEY_TRY(catch_up());
  if (newest_head_.size < told) {
    return fail("log.rollback", "the journal is shorter than what was on disk");
  }
  if (newest_head_.size > page.synced.load()) {
    // Its sync is under way, or its writer died before it: after our turn it is on disk.
    BAILEY_TRY(control_.lock(LogLock::kSync, kTurnDeadlineNs, clock_));
    Status synced = catch_up();
    if (synced && newest_head_.size > page.synced.load()) synced = sync_newest();
    control_.unlock(LogLock::kSync);
    if (!synced) return synced;
  }
  return catch_up();
}

// The largest size that was ever told to anybody, as far as this folder remembers.
Result<std::uint64_t> Log::known_size() const {
  std::uint64_t size = 0;
  if (control_.is_of(log_id_)) {
    // Of an earlier boot too: it says what was on disk, and only makes us refuse.
    size = control_.page().synced.load();
  }
  const auto text = dir_.read_file(RelPath::known("checkpoint"), kMaxCheckpointBytes);
  if (!text) {
    if (text.error().code == "disk.missing") return size;
    return std::unexpected(text.error());
  }
  const auto note = merkle::parse_note(*text);
  // A checkpoint file torn by a power loss says nothing; it is derived and made anew.
  if (!note || !merkle::verify_note(*note, {verifier_})) return size;
  const auto checkpoint = merkle::parse_checkpoint_text(note->text);
  if (!checkpoint || checkpoint->origin != verifier_.name()) return size;
  return std::max(size, checkpoint->size);
}

// Alone, and the page says nothing: the journal is read.
Status Log::recover(OpenReport& report) {
  const std::uint64_t known = BAILEY_TRY(known_size());
  std::vector<std::uint32_t> started;
  for (const auto number : BAILEY_TRY(list_segments(journal_))) {
    const auto segment = BAILEY_TRY(Segment::open(journal_, number));
    segment.forget_cached();  // after a failed sync the cache may hold what the disk does not
    FrameReader reader(segment);
    const auto first = BAILEY_TRY(reader.at(0, FrameCheck::kContent));
    if (first.kind != ParsedFrame::Kind::kFrame) continue;  // prepared only, torn, or rotten
    const auto start = parse_segment(first.frame);
    if (!start || start->number != number) {
      return fail("log.corrupt",
                  "segment " + std::to_string(number) + " is not what its name says");
    }
    if (start->log_id != log_id_) {
      return fail("log.key", "the log in this folder was begun with another key or name",
                  "use the key that began it, or another folder");
    }
    started.push_back(number);
  }
  if (started.empty()) {
    if (known != 0) {
      return fail("log.rollback",
                  "the journal is empty, but " + std::to_string(known) + " entries were published",
                  "restore ledger/journal from a copy");
    }
    for (const auto number : BAILEY_TRY(list_segments(journal_))) {
      const auto segment = BAILEY_TRY(Segment::open(journal_, number));
      for (const auto& head : BAILEY_TRY(heads_in(segment, 0))) {
        if (!is_ours(head.head) || head.head.size == 0) continue;
        return fail("log.corrupt",
                    "the journal's beginning is damaged, but a signed head for " +
                        std::to_string(head.head.size) + " entries lies in it",
                    "restore ledger/journal from a copy; nothing was changed");
      }
      const auto bytes =
          std::max<std::uint64_t>(BAILEY_TRY(segment.size_now()), options_.segment_bytes);
      (void)BAILEY_TRY(segment.clear_from(0, static_cast<std::uint32_t>(bytes)));
    }
    BAILEY_TRY(create());
    report.created = true;
    return {};
  }
  for (std::size_t i = 0; i < started.size(); ++i) {
    if (started[i] != i) {
      return fail("log.corrupt",
                  "segment " + std::to_string(i) + " of the journal is missing or damaged",
                  "restore ledger/journal from a copy");
    }
  }
  report.recovered = true;
  BAILEY_TRY(scan_back(started, known, report));
  if (newest_head_.size < known) {
    return fail("log.rollback",
                "the journal holds " + std::to_string(newest_head_.size) + " entries, but " +
                    std::to_string(known) + " were told to be on disk",
                "restore ledger/journal from a copy");
  }
  // Now nothing speaks against the head found: the rest is torn and goes.
  for (auto number : BAILEY_TRY(list_segments(journal_))) {
    if (number < end_.segment) continue;
    const auto segment = BAILEY_TRY(Segment::open(journal_, number));
    const auto bytes = std::max<std::uint64_t>(BAILEY_TRY(segment.size_now()), current_bytes_);
    report.cut_bytes += BAILEY_TRY(segment.clear_from(number == end_.segment ? end_.offset : 0,
                                                      static_cast<std::uint32_t>(bytes)));
  }
  durable_head_ = newest_head_;
  control_.make_current(log_id_, clock_.boot_id());
  control_.page().last_head.store(newest_head_at_.packed());
  control_.page().end.store(end_.packed());
  control_.page().synced.store(newest_head_.size);
  report.tiles_rebuilt = true;
  const std::uint64_t sound = sound_tiles(dir_, newest_head_.size);
  control_.page().published.store(sound);
  return publish_locked();
}

// Finds the newest head with nothing but torn bytes behind it, and starts from it.
Status Log::scan_back(const std::vector<std::uint32_t>& started, std::uint64_t known,
                      OpenReport& report) {
  const auto numbers = BAILEY_TRY(list_segments(journal_));
  for (std::size_t i = started.size(); i-- > 0;) {
    const auto segment = BAILEY_TRY(Segment::open(journal_, started[i]));
    FrameReader reader(segment);
    const auto first = BAILEY_TRY(reader.at(0, FrameCheck::kContent));
    const auto start = BAILEY_TRY(parse_segment(first.frame));
    const auto first_offset = static_cast<std::uint32_t>(first.frame.bytes());
    auto walk = BAILEY_TRY(walk_segment(segment, start, first_offset));
    report.cut_leaves =
        walk.leaves - (walk.heads.empty() ? start.state.frontier.size() : walk.leaves_at_head);
    while (!walk.heads.empty() && !start_from_head(walk.heads.back())) walk.heads.pop_back();
    const bool found = !walk.heads.empty();
    const std::uint64_t good = found ? newest_head_.size : start.state.frontier.size();
    // Signed heads beyond the damage: one may stand alone, its commit torn before it was
    // synced. A second, or one that does not follow, proves that the damage is to
    // entries that were on disk once.
    std::uint64_t beyond = 0;
    std::uint64_t largest = good;
    bool follows = true;
    for (const auto number : numbers) {
      if (number < started[i]) continue;
      const auto later = BAILEY_TRY(Segment::open(journal_, number));
      const std::uint32_t from = number > started[i] ? 0 : found ? end_.offset : first_offset;
      for (const auto& head : BAILEY_TRY(heads_in(later, from))) {
        if (head.head.size <= good || !is_ours(head.head)) continue;
        ++beyond;
        largest = std::max(largest, head.head.size);
        follows = follows && head.state.previous_head == good;
      }
    }
    if (beyond > 1 || (beyond == 1 && !follows)) {
      return fail("log.corrupt",
                  "the journal is damaged: it is whole up to " + std::to_string(good) +
                      " entries, but a signed head for " + std::to_string(largest) + " lies beyond",
                  "restore ledger/journal from a copy; nothing was changed");
    }
    if (found) {
      if (start.segment_bytes > current_bytes_) current_bytes_ = start.segment_bytes;
      return {};
    }
  }
  if (known == 0 && started.size() == 1) {
    // Its making was cut off before the first head was whole; nothing lies beyond.
    report.created = true;
    const auto first = BAILEY_TRY(Segment::open(journal_, 0));
    const auto bytes =
        std::max<std::uint64_t>(BAILEY_TRY(first.size_now()), options_.segment_bytes);
    (void)BAILEY_TRY(first.clear_from(0, static_cast<std::uint32_t>(bytes)));
    return create();
  }
  return fail("log.corrupt", "the journal holds no signed head",
              "restore ledger/journal from a copy; nothing was changed");
}

// A new log: the first segment and the signed head of the empty tree.
Status Log::create() {
  BAILEY_TRY(Segment::prepare(journal_, 0, options_.segment_bytes));
  current_ = std::make_shared<const Segment>(BAILEY_TRY(Segment::open(journal_, 0)));
  current_bytes_ = static_cast<std::uint32_t>(current_->opened_bytes());
  control_.make_current(log_id_, clock_.boot_id());
  const TreeState empty;
  Head head{.size = 0, .root = merkle::empty_root(), .key_id = verifier_.key_id()};
  head.signature =
      key_.sign_raw(as_bytes(merkle::checkpoint_text({verifier_.name(), 0, head.root})));
  Bytes buffer;
  const Bytes start = segment_content(
      {.number = 0, .segment_bytes = current_bytes_, .log_id = log_id_, .state = empty});
  append_frame(buffer, {.type = FrameType::kSegment, .hash = head.root, .content = start});
  const Position at{0, static_cast<std::uint32_t>(buffer.size())};
  const Bytes content = head_content(head, empty);
  append_frame(buffer, {.type = FrameType::kHead, .hash = head.root, .content = content});
  BAILEY_TRY(current_->write(0, buffer));
  BAILEY_TRY(current_->sync());
  control_.page().last_head.store(at.packed());
  control_.page().end.store(Position{0, static_cast<std::uint32_t>(buffer.size())}.packed());
  BAILEY_TRY(start_from_head(at));
  durable_head_ = newest_head_;
  return {};
}

}  // namespace bailey::ledger
