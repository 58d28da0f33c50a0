#include "ledger/ledger.h"

#include <algorithm>

#include "base/check.h"
#include "codec/json.h"
#include "codec/redaction.h"
#include "ledger/event_bodies.h"
#include "ledger/leaf_bodies.h"
#include "merkle/key_history.h"
#include "merkle/note.h"
#include "merkle/receipt.h"

namespace bailey::ledger {

// A leaf made ready but for its index, so that the append lock is held for a copy only.
class Ledger::LeafDraft final : public Draft {
 public:
  [[nodiscard]] static Result<LeafDraft> create(merkle::LeafEnvelope leaf) {
    // The largest index stands in: the real one is never longer.
    leaf.index = kStandIn;
    const auto intent = BAILEY_TRY(merkle::intent_of(leaf));
    const Bytes bytes = BAILEY_TRY(merkle::encode_leaf(leaf));
    const std::string text(as_text(bytes));
    const std::string stand_in = ",\"index\":" + std::to_string(kStandIn) + ",\"mono\":\"";
    // The body comes first in a leaf: the last match is the envelope's own.
    const auto at = text.rfind(stand_in);
    check(at != std::string::npos, "a leaf has no index");
    constexpr std::size_t kName = sizeof(",\"index\":") - 1;
    LeafDraft draft(text.substr(0, at + kName),
                    text.substr(at + kName + std::to_string(kStandIn).size()));
    draft.intent_ = intent;
    return draft;
  }

  // Opens an intent, and holds its run's lock from the moment that it has an index.
  void opens(RunLocks& runs) {
    mark_ = Mark::kOpens;
    runs_ = &runs;
  }
  void closes(std::uint64_t intent) {
    mark_ = Mark::kCloses;
    closes_ = intent;
  }
  // Makes its receipt while the disk is at work, when it is committed alone.
  void receipt_by(Ledger& ledger) { ledger_ = &ledger; }

  Status write(std::uint64_t index, Bytes& out) override {
    if (runs_ != nullptr) {
      if (held_ && *held_ != index) runs_->let_go(*held_);
      if (held_ != index && !runs_->try_hold(index)) {
        return fail("ledger.run_lock", "the lock of a run that is not there yet is taken");
      }
      held_ = index;
    }
    const std::string text = front_ + std::to_string(index) + back_;
    const auto bytes = as_bytes(text);
    out.assign(bytes.begin(), bytes.end());
    written_ = out;
    return {};
  }
  Mark mark() const override { return mark_; }
  std::uint64_t closes() const override { return closes_; }

  bool has_work_meanwhile() const override { return ledger_ != nullptr; }
  void on_its_way(const Appended& signed_under) override {
    auto receipt = ledger_->receipt_of(signed_under.index, written_, intent_, signed_under.head,
                                       ProofFrom::kMemory);
    if (!receipt) return;  // what is wrong is told when it is made in the end
    early_.emplace(*std::move(receipt));
    early_under_ = signed_under.head;
  }

  // Of the entry, which is on disk now.
  [[nodiscard]] Result<model::Receipt> receipt(Ledger& ledger, const Appended& appended) {
    if (early_ && early_->index() == appended.index && early_under_.size == appended.head.size &&
        early_under_.root == appended.head.root) {
      return *std::move(early_);
    }
    return ledger.receipt_of(appended.index, std::move(written_), intent_, appended.head,
                             ProofFrom::kAnywhere);
  }

  // The entry could not be committed.
  void give_up() {
    if (held_) runs_->let_go(*held_);
    held_.reset();
  }
  [[nodiscard]] Bytes take_written() { return std::move(written_); }

 private:
  static constexpr std::uint64_t kStandIn = (std::uint64_t{1} << 53) - 1;

  LeafDraft(std::string front, std::string back)
      : front_(std::move(front)), back_(std::move(back)) {}
  std::string front_;
  std::string back_;
  Mark mark_ = Mark::kNone;
  std::uint64_t closes_ = 0;
  RunLocks* runs_ = nullptr;
  std::optional<std::uint64_t> held_;
  Bytes written_;
  std::optional<merkle::IntentRef> intent_;
  Ledger* ledger_ = nullptr;
  std::optional<model::Receipt> early_;
  Head early_under_;
};

void Ledger::AbandonedWatch::abandoned(const model::ActionDigest& action,
                                       const std::optional<model::IntentId>& intent) noexcept {
  const std::lock_guard lock(mutex_);
  queue_.push_back({action, intent});
}

std::vector<model::Abandoned> Ledger::AbandonedWatch::take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(queue_, {});
}

Ledger::Ledger(std::unique_ptr<Log> log, RunLocks runs, LedgerKeys keys, const Clock& clock,
               Entropy& entropy)
    : keys_(std::move(keys)),
      log_(std::move(log)),
      runs_(std::move(runs)),
      clock_(clock),
      entropy_(entropy) {}

Result<std::unique_ptr<Ledger>> Ledger::open(Dir dir, LedgerKeys keys, const Clock& clock,
                                             Entropy& entropy, OpenReport& report,
                                             LogOptions options) {
  auto runs = BAILEY_TRY(RunLocks::open(dir));
  // The log asks the ledger for new keys, so the ledger has its place first.
  std::unique_ptr<Ledger> ledger(
      new Ledger(nullptr, std::move(runs), std::move(keys), clock, entropy));
  ledger->log_ = BAILEY_TRY(Log::open(std::move(dir), ledger->log_keys(), clock, options, report));
  return ledger;
}

crypto::AnySigner Ledger::receipt_signer() const {
  const std::lock_guard lock(keys_mutex_);
  return keys_.receipts;
}

LogKeys Ledger::log_keys() {
  const std::lock_guard lock(keys_mutex_);
  LogKeys keys{.origin = keys_.origin,
               .signer = keys_.log,
               .ring = keys_.ring,
               .cosigners = keys_.cosigners};
  if (!keys_.reload) return keys;
  keys.reload = [this]() -> Result<LogKeys> {
    LedgerKeys fresh = BAILEY_TRY(keys_.reload());
    {
      const std::lock_guard inner(keys_mutex_);
      keys_.log = fresh.log;
      keys_.receipts = fresh.receipts;
      keys_.ring = fresh.ring;
      keys_.cosigners = fresh.cosigners;
    }
    return log_keys();
  };
  return keys;
}

Ledger::~Ledger() {
  if (log_) (void)close_log();
}

std::string Ledger::receipt_key_name() const {
  return keys_.origin + std::string(merkle::kReceiptKeySuffix);
}

std::vector<merkle::NoteVerifier> Ledger::verifiers() const {
  std::vector<merkle::NoteVerifier> out{log_->verifier()};
  auto receipts = merkle::NoteVerifier::create(receipt_key_name(), receipt_signer().public_key());
  check(receipts.has_value(), "a receipt key without a name");
  out.push_back(*std::move(receipts));
  return out;
}

merkle::LeafEnvelope Ledger::envelope(merkle::LeafType type, const Parent& parent) {
  merkle::LeafEnvelope leaf;
  leaf.type = type;
  leaf.time = clock_.wall();
  leaf.mono = clock_.monotonic();
  leaf.boot = clock_.boot_id();
  if (parent) leaf.parent = parent->leaf_hash;
  entropy_.fill(leaf.nonce);
  return leaf;
}

Result<model::Recorded<model::Permit>> Ledger::record(model::Permit permit, const Parent& parent) {
  BAILEY_TRY(write_abandoned());
  auto leaf = envelope(merkle::LeafType::kIntent, parent);
  leaf.body = intent_body(permit, Discloser(keys_.disclosure, leaf.nonce));
  auto draft = BAILEY_TRY(LeafDraft::create(std::move(leaf)));
  draft.opens(runs_);
  const auto appended = log_->append(draft);
  if (!appended) {
    draft.give_up();
    if (appended.error().code == "disk.full") say_log_is_full();
    return std::unexpected(appended.error());
  }
  {
    const std::lock_guard lock(intents_mutex_);
    intents_[appended->index] = draft.take_written();
  }
  return model::Recorded<model::Permit>(PassKey<Ledger>(), std::move(permit),
                                        model::IntentId{appended->index, appended->leaf_hash});
}

Result<model::Receipt> Ledger::commit(LeafDraft& draft, Space space) {
  draft.receipt_by(*this);
  const auto appended = log_->append(draft, space);
  if (!appended) {
    if (appended.error().code == "disk.full") say_log_is_full();
    return std::unexpected(appended.error());
  }
  return draft.receipt(*this, *appended);
}

Result<model::Receipt> Ledger::close(model::Outcome outcome, const Parent& parent) {
  BAILEY_TRY(write_abandoned());
  const model::IntentId intent = outcome.intent();
  auto leaf = envelope(merkle::LeafType::kOutcome, parent);
  leaf.body = outcome_body(outcome, Discloser(keys_.disclosure, leaf.nonce));
  auto draft = BAILEY_TRY(LeafDraft::create(std::move(leaf)));
  draft.closes(intent.index);
  auto receipt = commit(draft, Space::kFinal);
  if (receipt) {
    // The intent is closed on disk: only now may recovery look at its byte.
    runs_.let_go(intent.index);
    const std::lock_guard lock(intents_mutex_);
    intents_.erase(intent.index);
  }
  return receipt;
}

Result<model::Receipt> Ledger::close(model::Refusal refusal, const Parent& parent) {
  BAILEY_TRY(write_abandoned());
  auto leaf = envelope(merkle::LeafType::kRefusal, parent);
  leaf.body = refusal_body(refusal, Discloser(keys_.disclosure, leaf.nonce));
  auto draft = BAILEY_TRY(LeafDraft::create(std::move(leaf)));
  return commit(draft, Space::kOrdinary);
}

Result<model::Receipt> Ledger::note(merkle::LeafType type, codec::Json body) {
  switch (type) {
    case merkle::LeafType::kControl:
    case merkle::LeafType::kAsk:
    case merkle::LeafType::kAnswer:
    case merkle::LeafType::kAdvice:
    case merkle::LeafType::kEvents:
    case merkle::LeafType::kKey:
      break;
    case merkle::LeafType::kIntent:
    case merkle::LeafType::kOutcome:
    case merkle::LeafType::kRefusal:
    case merkle::LeafType::kInterrupted:
    case merkle::LeafType::kAbandoned:
      return fail("ledger.note", "a leaf of this type has a way of its own into the ledger");
  }
  BAILEY_TRY(write_abandoned());
  auto leaf = envelope(type);
  leaf.body = codec::redacted_strings(std::move(body));
  auto draft = BAILEY_TRY(LeafDraft::create(std::move(leaf)));
  return commit(draft, Space::kOrdinary);
}

Status Ledger::note_events(const model::IntentId& intent, const std::vector<model::Event>& events,
                           std::uint64_t dropped) {
  if (events.size() > kEventsALeaf) return fail("ledger.note", "too many events for one leaf");
  auto leaf = envelope(merkle::LeafType::kEvents);
  leaf.body = events_body(intent, events, dropped, Discloser(keys_.disclosure, leaf.nonce));
  auto draft = BAILEY_TRY(LeafDraft::create(std::move(leaf)));
  const auto appended = log_->append(draft);
  if (!appended) return std::unexpected(appended.error());
  return {};
}

Status Ledger::write_abandoned() {
  for (const auto& each : watch_.take()) {
    auto leaf = envelope(merkle::LeafType::kAbandoned);
    leaf.body = abandoned_body(each, Discloser(keys_.disclosure, leaf.nonce));
    auto draft = BAILEY_TRY(LeafDraft::create(std::move(leaf)));
    if (each.intent) draft.closes(each.intent->index);
    const auto appended = log_->append(draft, Space::kFinal);
    if (!appended && appended.error().code != "log.not_open") {
      watch_.abandoned(each.action, each.intent);
      return std::unexpected(appended.error());
    }
    if (each.intent) {
      runs_.let_go(each.intent->index);
      const std::lock_guard lock(intents_mutex_);
      intents_.erase(each.intent->index);
    }
  }
  return {};
}

// Said once, in the reserved room: whoever reads the log later sees why it stops.
void Ledger::say_log_is_full() noexcept {
  if (said_full_.exchange(true)) return;
  auto leaf = envelope(merkle::LeafType::kControl);
  leaf.body.set("what", codec::Json("log_full"));
  auto draft = LeafDraft::create(std::move(leaf));
  if (draft) (void)log_->append(*draft, Space::kFinal);
}

Result<RecoveryReport> Ledger::recover() {
  BAILEY_TRY(write_abandoned());
  RecoveryReport report;
  for (const auto index : BAILEY_TRY(log_->open_intents())) {
    if (!runs_.try_hold(index)) {
      ++report.still_running;
      continue;
    }
    const auto closed = [&]() -> Result<Appended> {
      const Bytes bytes = BAILEY_TRY(log_->entry(index));
      auto leaf = envelope(merkle::LeafType::kInterrupted);
      leaf.body = interrupted_body({index, merkle::leaf_hash(bytes)});
      auto draft = BAILEY_TRY(LeafDraft::create(std::move(leaf)));
      draft.closes(index);
      return log_->append(draft, Space::kFinal);
    }();
    runs_.let_go(index);
    // Somebody else may have closed it since we looked.
    if (!closed && closed.error().code == "log.not_open") continue;
    if (!closed) return std::unexpected(closed.error());
    report.interrupted.push_back(index);
  }
  return report;
}

Result<model::Receipt> Ledger::re_anchor(codec::Json body) {
  auto leaf = envelope(merkle::LeafType::kControl);
  leaf.body = std::move(body);
  auto draft = BAILEY_TRY(LeafDraft::create(std::move(leaf)));
  const auto appended = log_->re_anchor(draft);
  if (!appended) return std::unexpected(appended.error());
  return draft.receipt(*this, *appended);
}

Result<std::uint64_t> Ledger::size() { return BAILEY_TRY(log_->head()).size; }

Result<std::string> Ledger::checkpoint() { return log_->checkpoint_note(BAILEY_TRY(log_->head())); }

Result<Bytes> Ledger::leaf(std::uint64_t index) { return log_->entry(index); }

Result<merkle::TlogProof> Ledger::proof_of(std::uint64_t index, const Head& head, ProofFrom from) {
  merkle::TlogProof proof;
  proof.index = index;
  proof.path = BAILEY_TRY(log_->proof(index, head.size, from));
  proof.checkpoint = log_->checkpoint_note(head);
  return proof;
}

Result<model::Receipt> Ledger::receipt_of(std::uint64_t index, Bytes leaf,
                                          const std::optional<merkle::IntentRef>& intent,
                                          const Head& head, ProofFrom from) {
  merkle::ReceiptParts parts;
  parts.proof = BAILEY_TRY(proof_of(index, head, from));
  if (intent) {
    merkle::IntentProof proof;
    {
      const std::lock_guard lock(intents_mutex_);
      if (const auto held = intents_.find(intent->index); held != intents_.end()) {
        proof.leaf = held->second;
      }
    }
    if (proof.leaf.empty() && from == ProofFrom::kMemory) {
      return fail("log.old_leaf", "the intent is not in memory");
    }
    if (proof.leaf.empty()) proof.leaf = BAILEY_TRY(log_->entry(intent->index));
    proof.path = BAILEY_TRY(log_->proof(intent->index, head.size, from));
    parts.intent = std::move(proof);
  }
  const auto hash = merkle::leaf_hash(leaf);
  parts.leaf = std::move(leaf);
  const auto signer = receipt_signer();
  std::string text = BAILEY_TRY(merkle::write_receipt(parts, receipt_key_name(), signer.get()));
  return model::Receipt(PassKey<Ledger>(), index, hash, std::move(text));
}

Result<model::Receipt> Ledger::prove(std::uint64_t index) {
  return prove(index, BAILEY_TRY(log_->head()));
}

Result<model::Receipt> Ledger::prove(std::uint64_t index, const Head& head) {
  if (index >= head.size) return fail("log.no_entry", "the log has no such entry");
  Bytes leaf = BAILEY_TRY(log_->entry(index));
  const auto envelope = BAILEY_TRY(merkle::parse_leaf(leaf));
  const auto intent = BAILEY_TRY(merkle::intent_of(envelope));
  return receipt_of(index, std::move(leaf), intent, head, ProofFrom::kAnywhere);
}

Result<std::string> Ledger::tlog_proof(std::uint64_t index, const std::string& checkpoint) {
  const auto named = merkle::verify_checkpoint(checkpoint, log_->verifiers());
  if (!named) return fail("ledger.checkpoint", named.error().message);
  if (BAILEY_TRY(log_->root_at(named->size)) != named->root) {
    return fail("ledger.checkpoint", "the checkpoint is of another tree than this log");
  }
  const auto path = BAILEY_TRY(log_->proof(index, named->size));
  return merkle::write_tlog_proof({index, path, checkpoint, std::nullopt});
}

Result<std::string> Ledger::tlog_proof(std::uint64_t index) {
  const Head head = BAILEY_TRY(log_->head());
  if (index >= head.size) return fail("log.no_entry", "the log has no such entry");
  return merkle::write_tlog_proof(BAILEY_TRY(proof_of(index, head, ProofFrom::kAnywhere)));
}

Result<std::string> Ledger::key_history() {
  const Head head = BAILEY_TRY(log_->head());
  merkle::HistoryFile file;
  file.checkpoint = log_->checkpoint_note(head);
  std::vector<std::uint64_t> indices;
  BAILEY_TRY(log_->visit(0, head.size, [&](const Frame& frame) -> Status {
    if (frame.content.empty() || frame.content[0] != merkle::kKeyLeafVersion) return {};
    indices.push_back(frame.index);
    file.leaves.push_back({Bytes(frame.content.begin(), frame.content.end()), {}});
    return {};
  }));
  for (std::size_t i = 0; i < indices.size(); ++i)
    file.leaves[i].path = BAILEY_TRY(log_->proof(indices[i], head.size));
  return merkle::write_history_file(file);
}

Status Ledger::read(std::uint64_t first, std::uint64_t last, const Read& read) {
  last = std::min(last, BAILEY_TRY(size()));
  return log_->visit(first, last, [&](const Frame& frame) -> Status {
    return read(frame.index, BAILEY_TRY(merkle::parse_leaf(frame.content)), frame.hash);
  });
}

Status Ledger::close_log() {
  const Status abandoned = write_abandoned();
  const Status closed = log_->close();
  return abandoned ? closed : abandoned;
}

}  // namespace bailey::ledger
