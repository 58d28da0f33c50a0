// Ledger: the stage that makes intents durable and turns endings into receipts.
//
// record() writes the intent of a permit and gives it back as Recorded<Permit>, the only
// thing that starts an effect. close() writes the ending and answers with a receipt whose
// leaf and intent are proven against one signed checkpoint that is on disk. Authority
// that is dropped unused is closed as `abandoned`, runs that died as `interrupted`.
//
// How it fails: closed. Without a durable intent there is no Recorded<Permit>; without a
// durable outcome no receipt, and the intent stays open until recovery closes it. When
// the disk is full, endings and one last note still find reserved room.
// Thread rule: every method from any thread. The Ledger outlives its permits. A child
// process that does not exec must close the Ledger's descriptors: it would keep the
// run's lock and the log's presence alive.
// Does not protect: see log.h; and spec/ledger.md on what a dishonest owner can do.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/entropy.h"
#include "crypto/seal.h"
#include "crypto/signer.h"
#include "ledger/log.h"
#include "ledger/run_locks.h"
#include "merkle/attestation.h"
#include "merkle/leaf.h"
#include "model/event.h"
#include "model/outcome.h"
#include "model/permit.h"
#include "model/receipt.h"

namespace bailey::ledger {

struct LedgerKeys {
  std::string origin;          // the checkpoint's first line, also the log key's name
  crypto::AnySigner log;       // signs heads
  crypto::AnySigner receipts;  // named "<origin>/receipts"
  crypto::SealKey disclosure;  // makes the salts of digests
  // As in LogKeys: the log's keys over time, those that sign beside, and the keys of now.
  std::vector<merkle::NoteVerifier> ring{};
  std::vector<crypto::AnySigner> cosigners{};
  std::function<Result<LedgerKeys>()> reload{};
};

struct RecoveryReport {
  std::vector<std::uint64_t> interrupted;  // intents closed now
  std::uint64_t still_running = 0;         // open, and held by somebody
};

// What a full check of the log found to be good.
struct VerifyReport {
  std::uint64_t size = 0;
  merkle::Hash root{};
  std::uint64_t heads = 0;  // signed heads in the journal
  std::uint32_t segments = 0;
  std::uint64_t intents = 0;
  std::uint64_t closed = 0;
  std::vector<std::uint64_t> open;  // running, or not closed by recovery yet
  std::string rewritten;            // why tiles were written anew, or empty
};

inline constexpr std::size_t kEventsALeaf = 32;

class Ledger {
 public:
  // Errors: those of Log::open, disk.*.
  [[nodiscard]] static Result<std::unique_ptr<Ledger>> open(Dir dir, LedgerKeys keys,
                                                            const Clock& clock, Entropy& entropy,
                                                            OpenReport& report,
                                                            LogOptions options = {});
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;
  ~Ledger();

  // Hears of permits dropped unused; writes them with the next leaf, or on close.
  [[nodiscard]] model::AuthorityWatch& watch() noexcept { return watch_; }

  // Whose session an action belongs to: the intent of the run that it was asked for in.
  using Parent = std::optional<model::IntentId>;
  // Errors: those of Log::append; the permit is then gone, its abandonment noted.
  [[nodiscard]] Result<model::Recorded<model::Permit>> record(model::Permit permit,
                                                              const Parent& parent = {});
  [[nodiscard]] Result<model::Receipt> close(model::Outcome outcome, const Parent& parent = {});
  [[nodiscard]] Result<model::Receipt> close(model::Refusal refusal, const Parent& parent = {});
  // Control, ask, answer and advice leaves, and events of an intent that is open. The
  // body is an object without secrets. Errors: ledger.note for other types.
  [[nodiscard]] Result<model::Receipt> note(merkle::LeafType type, codec::Json body);
  // A batch of at most kEventsALeaf events of an open intent, and how many of the run are not
  // told so far (spec/events.md). Errors: those of Log::append, ledger.note when there are more.
  [[nodiscard]] Status note_events(const model::IntentId& intent,
                                   const std::vector<model::Event>& events, std::uint64_t dropped);
  // Closes as `interrupted` every open intent that nobody holds.
  [[nodiscard]] Result<RecoveryReport> recover();

  // Goes on after the second place or a witness spoke against this log (Log::fence_fault): the
  // body is that of a control leaf (spec/leaf.md, `re_anchor`). Errors: those of Log::re_anchor.
  [[nodiscard]] Result<model::Receipt> re_anchor(codec::Json body);

  [[nodiscard]] Result<std::uint64_t> size();
  // The signed checkpoint note of the newest durable head.
  [[nodiscard]] Result<std::string> checkpoint();
  [[nodiscard]] Result<Bytes> leaf(std::uint64_t index);
  // A receipt for a leaf of any age, against the newest durable head.
  [[nodiscard]] Result<model::Receipt> prove(std::uint64_t index);
  // The newest durable head, and what was true at it: a receipt, a proof and a checkpoint
  // against one head agree, whoever appends meanwhile. Errors: log.no_entry.
  [[nodiscard]] Result<Head> head() { return log_->head(); }
  [[nodiscard]] Result<model::Receipt> prove(std::uint64_t index, const Head& head);
  [[nodiscard]] Result<merkle::TlogProof> proof(std::uint64_t index, const Head& head);
  // The signed note of `head`; as it was published, with what others signed, when that is
  // the published one.
  [[nodiscard]] std::string checkpoint(const Head& head) const;
  // A DSSE envelope over the statement, signed with the key of receipts: canonical JSON
  // without a newline.
  [[nodiscard]] Result<std::string> attest(const merkle::Statement& statement) const;
  // C2SP tlog-proof text for a leaf of any age.
  [[nodiscard]] Result<std::string> tlog_proof(std::uint64_t index);
  // The changes of keys, proven in the newest durable head (spec/key-history.md). Reads the whole
  // log.
  [[nodiscard]] Result<std::string> key_history();
  // The same under a checkpoint of this log that is given, cosigned perhaps.
  // Errors: ledger.checkpoint (not of this log, or not of this tree), merkle.range, those above.
  [[nodiscard]] Result<std::string> tlog_proof(std::uint64_t index, const std::string& checkpoint);
  // Leaves [first, last) in order; last is cut to the size.
  using Read = std::function<Status(std::uint64_t index, const merkle::LeafEnvelope& leaf,
                                    const merkle::Hash& leaf_hash)>;
  [[nodiscard]] Status read(std::uint64_t first, std::uint64_t last, const Read& read);

  // The whole log: the journal from its first byte; every leaf, and that its frame says
  // what it does to intents; every intent closed at most once; then the published files by
  // the verifier's own rules. Rotten tiles are written anew and said in the report.
  // Errors: log.corrupt, log.intent, leaf.*, and those of merkle::verify_log.
  using Progress = std::function<void(std::uint64_t done, std::uint64_t all)>;
  [[nodiscard]] Result<VerifyReport> verify(const Progress& progress = {});

  // Writes tiles and checkpoint up to now; a run that ends does so through close_log().
  [[nodiscard]] Status publish() { return log_->publish(); }
  // Between record() and close(), while the effect runs: makes close_log() short. Takes
  // some hundred microseconds of processor time, waits for nobody, and never fails.
  void prepare_close() noexcept { log_->prepare_publish(); }
  // Writes what was abandoned, publishes when this is the last user, lets go of the log.
  [[nodiscard]] Status close_log();

  [[nodiscard]] Log& log() noexcept { return *log_; }
  // Whoever changed the keys says so: all that have the log open load them before they write.
  void announce_new_keys() noexcept { log_->announce_new_keys(); }
  [[nodiscard]] std::string receipt_key_name() const;
  [[nodiscard]] std::vector<merkle::NoteVerifier> verifiers() const;

 private:
  // Queues from destructors, writes from the ledger's own calls.
  class AbandonedWatch final : public model::AuthorityWatch {
   public:
    void abandoned(const model::ActionDigest& action,
                   const std::optional<model::IntentId>& intent) noexcept override;
    [[nodiscard]] std::vector<model::Abandoned> take();

   private:
    std::mutex mutex_;
    std::vector<model::Abandoned> queue_;
  };
  class LeafDraft;

  Ledger(std::unique_ptr<Log> log, RunLocks runs, LedgerKeys keys, const Clock& clock,
         Entropy& entropy);
  merkle::LeafEnvelope envelope(merkle::LeafType type, const Parent& parent = {});
  Status write_abandoned();
  void say_log_is_full() noexcept;
  Result<model::Receipt> commit(LeafDraft& draft, Space space);
  Result<model::Receipt> receipt_of(std::uint64_t index, Bytes leaf,
                                    const std::optional<merkle::IntentRef>& intent,
                                    const Head& head, ProofFrom from);
  Result<merkle::TlogProof> proof_of(std::uint64_t index, const Head& head, ProofFrom from);

  [[nodiscard]] crypto::AnySigner receipt_signer() const;
  [[nodiscard]] LogKeys log_keys();

  AbandonedWatch watch_;
  mutable std::mutex keys_mutex_;  // of the signers in keys_
  LedgerKeys keys_;
  std::unique_ptr<Log> log_;
  RunLocks runs_;
  const Clock& clock_;
  Entropy& entropy_;
  std::mutex intents_mutex_;
  std::map<std::uint64_t, Bytes> intents_;  // leaves of the intents held here
  std::atomic<bool> said_full_{false};
};

}  // namespace bailey::ledger
