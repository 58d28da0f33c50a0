#include "cli/witness_round.h"

#include <algorithm>

#include "codec/text.h"
#include "merkle/receipt.h"
#include "witness/submit.h"

namespace bailey::cli {
namespace {

constexpr std::int64_t kRoundSeconds = 60;
constexpr std::size_t kMaxNoteBytes = std::size_t{1} << 20;

class LedgerSide final : public witness::LogSide {
 public:
  explicit LedgerSide(ledger::Ledger& ledger) : ledger_(ledger) {}
  Result<std::uint64_t> size() override { return ledger_.size(); }
  Result<std::vector<merkle::Hash>> consistency(std::uint64_t first,
                                                std::uint64_t second) override {
    return ledger_.log().consistency(first, second);
  }
  Result<merkle::Hash> root_at(std::uint64_t size) override { return ledger_.log().root_at(size); }

 private:
  ledger::Ledger& ledger_;
};

std::int64_t seconds(const Clock& clock) { return clock.wall().unix_ns / 1'000'000'000; }

// Beside the checkpoint: the new note in the place of the old one, unless that one is witnessed
// and the new one is not. Lines for the same text are joined.
Status keep_cosigned(const Dir& dir, const std::string& note, const merkle::TlogPolicy& policy,
                     RoundResult& round) {
  const auto quorum_of = [&](const std::string& text) {
    const auto parsed = merkle::parse_note(text);
    const auto counted = parsed ? merkle::count_cosignatures(*parsed, policy)
                                : Result<merkle::QuorumReport>(merkle::QuorumReport{});
    return counted ? counted->quorum : merkle::Quorum::kNotMet;
  };
  std::string kept = note;
  const auto path = RelPath::known(kCosignedFile);
  const auto before = dir.read_file(path, kMaxNoteBytes);
  if (!before && before.error().code != "disk.missing") return std::unexpected(before.error());
  const auto old = before ? merkle::parse_note(*before) : fail("disk.missing", "none");
  const auto fresh = merkle::parse_note(note);
  if (old && fresh && old->text == fresh->text) {
    for (const auto& line : old->signatures) {
      const bool again = std::ranges::any_of(fresh->signatures, [&](const auto& one) {
        return one.name == line.name && one.key_id == line.key_id;
      });
      if (!again) kept += merkle::signature_line(line.name, line.key_id, line.signature);
    }
  }
  round.quorum = quorum_of(kept);
  if (before && old && fresh && old->text != fresh->text &&
      round.quorum == merkle::Quorum::kNotMet && quorum_of(*before) == merkle::Quorum::kMet) {
    return {};
  }
  return dir.replace_file(path, as_bytes(kept), Sync::kYes);
}

// A key that was rotated speaks no more, and who checks by the policy has to know the next one.
Status name_key_in_force(const WitnessFolder& folder, const merkle::TlogPolicy& policy,
                         const merkle::NoteVerifier& key) {
  bool named = false;
  for (const auto& log : policy.logs) {
    if (log.key.vkey() == key.vkey()) return {};
    named = named || log.key.name() == key.name();
  }
  if (!named) return {};
  const auto text = BAILEY_TRY(folder.policy_text());
  if (!text) return {};
  const auto changed = BAILEY_TRY(add_log_key(*text, key.vkey()));
  return folder.write_policy(changed);
}

}  // namespace

bool is_round_due(const WitnessFolder& folder, const Clock& clock) {
  const auto policy = folder.policy();
  if (!policy || policy->witnesses.empty()) return false;
  std::int64_t last = 0;
  for (const auto& [name, status] : folder.statuses()) last = std::max(last, status.asked);
  const std::int64_t now = seconds(clock);
  return now - last >= kRoundSeconds || last > now;
}

Result<RoundResult> ask_witnesses(const WitnessFolder& folder, ledger::Ledger& ledger,
                                  const Clock& clock) {
  const auto policy = BAILEY_TRY(folder.policy());
  if (policy.witnesses.empty()) {
    return fail("witness.none", "the policy names no witness", "bailey log witness add URL VKEY");
  }
  const Fd lock = BAILEY_TRY(folder.lock());
  BAILEY_TRY(ledger.publish());
  std::string note = BAILEY_TRY(ledger.checkpoint());
  const auto log = ledger.log().verifiers();
  const auto signing = ledger.log().signing();
  const auto checkpoint = BAILEY_TRY(merkle::verify_checkpoint(note, log));
  const std::string asked = note;
  BAILEY_TRY(name_key_in_force(folder, policy, signing.front()));

  RoundResult round;
  round.size = checkpoint.size;
  LedgerSide side(ledger);
  const auto before = folder.statuses();
  WitnessStatuses statuses;
  for (const auto& witness : policy.witnesses) {
    WitnessStatus& status = statuses[witness.name];
    const auto known = before.find(witness.name);
    if (known != before.end() && known->second.vkey == witness.key.vkey()) status = known->second;
    status.vkey = witness.key.vkey();
    status.asked = seconds(clock);
    const auto came = witness::submit({asked, log, signing, witness, status.size}, side, {});
    status.code = came.code;
    status.message = came.message;
    if (came.came == witness::Came::kCosigned) {
      note += came.line;
      status.answered = seconds(clock);
      status.size = came.size;
      status.time = came.time;
      round.cosigned.push_back(witness.name);
      continue;
    }
    round.failed.push_back(witness.name + ": " + came.message + " (" + std::string(came.code) +
                           ")");
    const bool rolled_back = came.came == witness::Came::kRolledBack;
    if (!rolled_back && came.came != witness::Came::kForked) continue;
    // A past that somebody gave up by name does not stop the log a second time.
    if (ledger.log().is_given_up(came.other.size)) continue;
    // First of all nothing more is signed; the evidence is kept after.
    const auto stopped = ledger.log().stop_signing(
        rolled_back ? ledger::FenceFault::kRolledBack : ledger::FenceFault::kForked,
        came.other.size, came.other.root);
    round.stopped = came.message;
    if (!stopped) round.stopped += "; and it could not be written down: " + stopped.error().message;
    (void)folder.keep_evidence(witness.name, came.evidence);
  }
  BAILEY_TRY(folder.write_statuses(statuses));
  if (round.cosigned.empty()) return round;
  BAILEY_TRY(keep_cosigned(ledger.log().dir(), note, policy, round));
  return round;
}

}  // namespace bailey::cli
