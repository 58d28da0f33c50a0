// Log: bytes in, an index and a durable signed head back. The lower half of the ledger.
//
// It appends opaque entries to the journal (spec/journal.md), grows the RFC 6962 tree,
// signs a head over it and returns only when entry and head are on disk together.
// Commits are shared: threads of a process by one leader at a time, processes through
// the locks of the control file; the order is the one of the journal, and nobody can
// fork it. It knows nothing of what an entry says, save whether it opens or closes an
// intent, so that open intents are known without reading the past.
//
// How it fails: closed. A failed write makes this Log read-only, a failed sync all Logs
// of this journal; nothing is tried twice. A turn that does not come within ten seconds
// is log.busy. Disk full is disk.full before anything is written.
// Thread rule: every method from any thread. A child process must close the descriptors.
// Does not protect: against whoever holds the signing key; against the loss of the
// whole directory (compare heads kept elsewhere).
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/dir.h"
#include "crypto/signer.h"
#include "ledger/commit_queue.h"
#include "ledger/control.h"
#include "ledger/draft.h"
#include "ledger/fence.h"
#include "ledger/frame_reader.h"
#include "ledger/journal_frame.h"
#include "ledger/segment.h"
#include "ledger/tail.h"
#include "merkle/note.h"

namespace bailey::ledger {

enum class ProofFrom { kAnywhere, kMemory };

struct LogOptions {
  std::uint32_t segment_bytes = 8U << 20;  // of new segments; at least 256 KiB
  // Where the last head is remembered a second time (fence.h); borrowed for open(). None: the
  // log alone says what it signed.
  const Dir* second_place = nullptr;
};

// The keys that a log is signed with. Its first key names it for good (spec/journal.md, log id).
struct LogKeys {
  std::string origin;
  crypto::AnySigner signer;  // signs heads
  std::vector<merkle::NoteVerifier>
      ring{};  // all keys it ever had, the first one first; empty: one
  std::vector<crypto::AnySigner> cosigners{};  // of keys that overlap: they sign checkpoints too
  // The keys of now, after another process changed them. Without it a change ends the writing.
  std::function<Result<LogKeys>()> reload{};
};

struct OpenReport {
  bool created = false;
  bool recovered = false;        // the journal was scanned: new boot, or foreign hints
  std::uint64_t size = 0;        // leaves under the newest signed head
  std::uint64_t cut_bytes = 0;   // of a torn tail, never acknowledged to anybody
  std::uint64_t cut_leaves = 0;  // whole ones among them
  bool tiles_rebuilt = false;
};

class Log {
 public:
  // `dir` is the ledger's own; origin and key name the log (C2SP: the checkpoint's
  // first line and the note's key name). Borrowed references outlive the Log.
  // Errors: log.corrupt, log.rollback (smaller than what was published), log.key,
  // log.busy, disk.*.
  [[nodiscard]] static Result<std::unique_ptr<Log>> open(Dir dir, LogKeys keys, const Clock& clock,
                                                         LogOptions options, OpenReport& report);
  // Of a log with one key, which outlives it.
  [[nodiscard]] static Result<std::unique_ptr<Log>> open(Dir dir, std::string origin,
                                                         const crypto::SigningKey& key,
                                                         const Clock& clock, LogOptions options,
                                                         OpenReport& report);
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;
  // Closes; the last one leaves a covering checkpoint if it can.
  ~Log();

  // Errors: the draft's, log.too_big, log.not_open, log.too_many_open, log.busy,
  // log.write_failed, log.sync_failed, log.deleted, disk.full.
  [[nodiscard]] Result<Appended> append(Draft& draft, Space space = Space::kOrdinary);
  [[nodiscard]] Result<Appended> append(ByteView entry);

  // The newest head that is on disk, as far as this Log has followed the journal.
  [[nodiscard]] Result<Head> head();
  [[nodiscard]] Result<std::vector<std::uint64_t>> open_intents();
  // RFC 6962 inclusion path of `index` in the tree of `size`, which a durable head has.
  // Errors: merkle.range, log.corrupt; with kMemory log.old_leaf instead of reading tiles.
  [[nodiscard]] Result<std::vector<merkle::Hash>> proof(std::uint64_t index, std::uint64_t size,
                                                        ProofFrom from = ProofFrom::kAnywhere);
  // Errors: log.no_entry, log.corrupt.
  [[nodiscard]] Result<Bytes> entry(std::uint64_t index);
  // What the tree was at an earlier size, by the journal. Errors: merkle.range, log.corrupt.
  [[nodiscard]] Result<merkle::Hash> root_at(std::uint64_t size);
  // RFC 6962 consistency proof between two sizes that this log had; publishes first.
  // Errors: merkle.range, log.*, disk.*.
  [[nodiscard]] Result<std::vector<merkle::Hash>> consistency(std::uint64_t first,
                                                              std::uint64_t second);

  // Why nothing is signed any more: what the second place says against this log, or nothing.
  // Everything that reads still works.
  [[nodiscard]] std::optional<Error> fence_fault() const;
  // What the second place said when the log was opened.
  [[nodiscard]] const std::optional<Remembered>& remembered() const noexcept { return remembered_; }
  [[nodiscard]] std::uint64_t epoch() const noexcept { return epoch_; }
  // True for a head of a past that a re-anchoring gave up: no larger than what it recorded.
  [[nodiscard]] bool is_given_up(std::uint64_t size) const noexcept {
    return epoch_ > 0 && size <= given_up_size_;
  }
  // A head of this log that a witness holds contradicts it: nothing is signed from now on, by
  // anybody who shares the second place. Errors: ledger.fence, disk.*, log.busy.
  [[nodiscard]] Status stop_signing(FenceFault found, std::uint64_t size, const merkle::Hash& root);
  // Goes on after a fault: appends the leaf that says so, then the second place takes over the
  // present head with one epoch more. Errors: ledger.fence, those of append(), disk.*.
  [[nodiscard]] Result<Appended> re_anchor(Draft& draft);

  // Entries [first, last), in order, checked against their leaf hash. Stops at the
  // first error of `visit`.
  using Visit = std::function<Status(const Frame& leaf)>;
  [[nodiscard]] Status visit(std::uint64_t first, std::uint64_t last, const Visit& visit);

  // Reads the whole journal up to the newest durable head, which it gives: checksums, leaf
  // hashes, order, the subtrees of every head, the signature of the last one of each segment
  // and of the newest. `visit` sees every leaf. Errors: log.corrupt with the place.
  struct JournalCheck {
    Head head;
    std::uint64_t heads = 0;
    std::uint32_t segments = 0;
  };
  [[nodiscard]] Result<JournalCheck> check_journal(const Visit& visit);
  // Writes every tile and bundle anew.
  [[nodiscard]] Status republish();

  // Brings tiles and checkpoint up to the newest durable head. Errors: disk.*.
  [[nodiscard]] Status publish();
  // For the time when this process waits: writes ahead the tiles of a log that is longer by
  // one entry, all but that entry, so that publishing after exactly one more append has
  // little left to do. No reader looks at them before a checkpoint says so. Does nothing
  // when others have the log open, and what fails here is left to publish().
  void prepare_publish() noexcept;
  // Publishes when nobody else has the log open, then lets go. Idempotent.
  [[nodiscard]] Status close();

  // Signed by the head's own key, and by those that overlap.
  [[nodiscard]] std::string checkpoint_note(const Head& head) const;
  // The first key of the log, from which its leaves lead to the others.
  [[nodiscard]] const merkle::NoteVerifier& verifier() const noexcept { return first_; }
  // All keys that it ever had, each once, the first one first: one of them signed any head of it.
  [[nodiscard]] std::vector<merkle::NoteVerifier> verifiers() const;
  // Those that sign now: the key in force, then keys that overlap.
  [[nodiscard]] std::vector<merkle::NoteVerifier> signing() const;
  // Tells every process that has the log open that its keys are others now: each loads them
  // before it writes again.
  void announce_new_keys() noexcept { control_.page().key_epoch.fetch_add(1); }
  [[nodiscard]] const Dir& dir() const noexcept { return dir_; }
  [[nodiscard]] const Dir& journal() const noexcept { return journal_; }

 private:
  enum class Roll { kMay, kMustNot };

  Log(Dir dir, Dir journal, Control control, merkle::NoteVerifier first, Digest log_id,
      LogKeys keys, const Clock& clock, LogOptions options);

  // log_open.cc
  Status open_shared();
  Status start_from_head(Position at);
  Status recover(OpenReport& report);
  Status create();
  Status scan_back(const std::vector<std::uint32_t>& started, std::uint64_t known,
                   OpenReport& report);
  Result<std::uint64_t> known_size() const;
  bool is_ours(const Head& head) const;
  [[nodiscard]] std::shared_ptr<const LogKeys> keys() const;
  Status refresh_keys();
  Result<Head> sign_head(std::uint64_t size, const merkle::Hash& root) const;

  // log_commit.cc
  void commit(std::span<Pending* const> pending);
  Status commit_turn(std::span<Pending* const> pending);
  Status append_leaves(std::span<Pending* const> pending, Roll roll);
  Status append_one(Pending& pending, Bytes& buffer);
  Status flush(Bytes& buffer);
  Status write_head();
  Status sync_newest(std::span<Pending* const> pending = {});
  Status roll_over();
  Status settle_tail();
  bool fits(Space space) const;
  Result<bool> wait_covered(std::uint64_t size);
  Status refuse_if_failed() const;
  void prepare_next();

  // log.cc: following the journal, under cursor_mutex_
  Status catch_up();
  Status follow(const Frame& frame, Position at);
  Status adopt_head(Position at);
  Result<std::shared_ptr<const Segment>> segment(std::uint32_t number);
  Result<Position> find_block(std::uint64_t block);
  Status visit_locked(std::uint64_t first, std::uint64_t last, std::uint64_t checked,
                      const Visit& visit);
  Status read_on(Position at, std::uint64_t index, std::uint64_t first, std::uint64_t last,
                 std::uint64_t checked, const Visit& visit);
  Status publish_locked();
  Status prepare_locked();
  Result<std::vector<merkle::Hash>> proof_by_tiles(std::uint64_t index, std::uint64_t size);

  // log_fence.cc
  Status check_fence();
  Status fault(FenceFault found);
  Status fence_allows();
  void remember(const Head& head);
  Result<merkle::Frontier> frontier_at(std::uint64_t size);

  const Dir dir_;
  const Dir journal_;
  Control control_;
  const merkle::NoteVerifier first_;
  const Digest log_id_;
  mutable std::mutex keys_mutex_;  // the innermost
  std::shared_ptr<const LogKeys> keys_;
  std::uint32_t key_epoch_ = 0;  // that keys_ is of; 0 is before the first change
  const Clock& clock_;
  const LogOptions options_;

  // Before kDoor, which holds off other processes only, and before cursor_mutex_.
  std::mutex door_mutex_;

  CommitQueue queue_{[this](std::span<Pending* const> pending) { commit(pending); }};
  std::atomic<bool> read_only_{false};
  std::atomic<bool> anchoring_{false};
  std::atomic<FenceFault> fault_{FenceFault::kNone};

  std::optional<Fence> fence_;
  std::optional<Remembered> remembered_;
  std::uint64_t place_ = 0;
  std::atomic<std::uint64_t> epoch_{0};
  std::atomic<std::uint64_t> given_up_size_{0};

  // The cursor: how far this Log has read (or written) the journal.
  std::mutex cursor_mutex_;
  std::shared_ptr<const Segment> current_;
  Position end_;
  std::uint32_t current_bytes_ = 0;
  Tail tail_;
  std::vector<std::uint64_t> open_;
  merkle::Frontier signed_frontier_;  // of the newest head frame, synced or not
  std::uint32_t unsigned_from_ = 0;   // offset of the first frame after that head
  Head newest_head_;                  // of the newest head frame
  Position newest_head_at_;
  Head durable_head_;  // the newest one known to be on disk
  Bytes scratch_;      // of append_one

  // Tiles written ahead, and where the journal goes on behind what is in them.
  struct Ahead;
  std::unique_ptr<Ahead> ahead_;

  std::atomic<bool> next_prepared_{false};
  std::jthread preparer_;
};

}  // namespace bailey::ledger
