// include/bailey/verify.h over the functions of this folder.
#include <mutex>

#include "bailey/verify.h"
#include "codec/text.h"
#include "merkle/key_history.h"
#include "merkle/receipt.h"
#include "merkle/tlog_policy.h"
#include "merkle/verify_log.h"

namespace bailey::verify {
namespace {

using Keys = std::vector<merkle::NoteVerifier>;

constexpr std::string_view kUnreadable = "log.read";

Report refused(Verdict verdict, const Error& error) {
  Report report;
  report.verdict = verdict;
  report.code = error.code;
  report.message = error.message;
  report.hint = error.hint;
  return report;
}

struct Believed {
  Keys keys;
  std::optional<merkle::TlogPolicy> policy;
  std::optional<merkle::KeyHistory> history;

  // Who may speak for a log of that origin and size.
  [[nodiscard]] Keys at(const merkle::Checkpoint& checkpoint) const {
    if (!history || history->origin() != checkpoint.origin) return keys;
    return history->believed_at(checkpoint.size);
  }
};

Result<Believed> parse_trust(const Trust& trust) {
  Believed believed;
  for (const auto& vkey : trust.vkeys) {
    believed.keys.push_back(BAILEY_TRY(merkle::NoteVerifier::parse(vkey)));
  }
  if (!trust.policy.empty()) {
    believed.policy = BAILEY_TRY(merkle::parse_tlog_policy(trust.policy));
    for (const auto& log : believed.policy->logs) believed.keys.push_back(log.key);
  }
  if (believed.keys.empty()) {
    return fail("note.vkey", "no key to verify with", "give the public key of the log");
  }
  if (!trust.history.empty()) {
    const auto file = BAILEY_TRY(merkle::parse_history_file(trust.history));
    believed.history = BAILEY_TRY(merkle::verify_history_file(file, believed.keys));
  }
  return believed;
}

// A checkpoint that is believed, and on whose word.
struct Vouched {
  merkle::Checkpoint checkpoint;
  bool quorum_met = false;
  std::vector<Witness> witnesses;
};

// The signature of the log alone.
Result<merkle::Checkpoint> signed_by_log(std::string_view note, const Believed& believed) {
  const auto parsed = BAILEY_TRY(merkle::parse_note(note));
  const auto claimed = BAILEY_TRY(merkle::parse_checkpoint_text(parsed.text));
  return merkle::verify_checkpoint(note, believed.at(claimed));
}

// The words of the witnesses alone.
Result<Vouched> witnessed(std::string_view text, const Believed& believed) {
  const auto note = BAILEY_TRY(merkle::parse_note(text));
  Vouched vouched;
  vouched.checkpoint = BAILEY_TRY(merkle::parse_checkpoint_text(note.text));
  if (!believed.policy) return vouched;
  const auto counted = BAILEY_TRY(merkle::count_cosignatures(note, *believed.policy));
  if (counted.quorum == merkle::Quorum::kNotMet) {
    return fail("tlog_policy.quorum",
                "the checkpoint of " + std::to_string(vouched.checkpoint.size) +
                    " entries is cosigned by " + std::to_string(counted.by.size()) + " of " +
                    std::to_string(believed.policy->witnesses.size()) +
                    " witnesses, which is not the quorum",
                "ask for a newer checkpoint, or one with more cosignatures");
  }
  vouched.quorum_met = counted.quorum == merkle::Quorum::kMet;
  for (const auto& word : counted.by) {
    vouched.witnesses.push_back({believed.policy->witnesses[word.witness].name, word.time});
  }
  return vouched;
}

Result<Vouched> vouch(std::string_view note, const Believed& believed) {
  BAILEY_TRY(signed_by_log(note, believed));
  return witnessed(note, believed);
}

Report good(const merkle::Checkpoint& checkpoint) {
  Report report;
  report.verdict = Verdict::kGood;
  report.origin = checkpoint.origin;
  report.size = checkpoint.size;
  report.root = codec::to_hex(checkpoint.root);
  return report;
}

Report good(const Vouched& vouched) {
  Report report = good(vouched.checkpoint);
  report.quorum_met = vouched.quorum_met;
  report.witnesses = vouched.witnesses;
  return report;
}

Result<std::vector<merkle::Hash>> parse_proof(std::string_view text) {
  std::vector<merkle::Hash> proof;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto bytes = codec::from_base64(text.substr(0, end));
    if (end == std::string_view::npos || !bytes || bytes->size() != 32 || proof.size() == 64) {
      return fail("proof.syntax",
                  "not a consistency proof: at most 64 lines, each the base64 of 32 bytes");
    }
    merkle::Hash hash{};
    std::copy(bytes->begin(), bytes->end(), hash.begin());
    proof.push_back(hash);
    text.remove_prefix(end + 1);
  }
  return proof;
}

merkle::LogFiles files_of(const ReadFile& read) {
  return [&read](const std::string& path) -> Result<std::string> {
    File file = read(path);
    switch (file.state) {
      case File::State::kRead:
        return std::move(file.content);
      case File::State::kMissing:
        return fail("log.missing", path + " is missing");
      case File::State::kUnreadable:
        break;
    }
    return fail(kUnreadable, path + " could not be read: " + file.content);
  };
}

Verdict verdict_of(const Error& error) {
  return error.code == kUnreadable ? Verdict::kIncomplete : Verdict::kFailed;
}

}  // namespace

struct Verifier::Parts {
  Believed believed;
  std::mutex mutex;
  std::string last_note;  // that was believed
  Vouched last;

  Result<Vouched> vouch_once(const std::string& note) {
    {
      const std::lock_guard lock(mutex);
      if (!note.empty() && note == last_note) return last;
    }
    auto vouched = BAILEY_TRY(vouch(note, believed));
    const std::lock_guard lock(mutex);
    last_note = note;
    last = vouched;
    return vouched;
  }
};

Verifier::Verifier(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Verifier::~Verifier() = default;

std::unique_ptr<Verifier> Verifier::create(const Trust& trust, Report& why) {
  auto believed = parse_trust(trust);
  if (!believed) {
    const std::string_view code = believed.error().code;
    // A key or a policy that is none was mistyped; a history that does not hold is false.
    const bool mistyped = code == "note.vkey" || code.starts_with("tlog_policy.");
    why = refused(mistyped ? Verdict::kUsage : Verdict::kFailed, believed.error());
    return nullptr;
  }
  auto parts = std::make_unique<Parts>();
  parts->believed = *std::move(believed);
  return std::unique_ptr<Verifier>(new Verifier(std::move(parts)));
}

Report Verifier::receipt(std::string_view text) const {
  const auto receipt = merkle::parse_receipt(text);
  if (!receipt) return refused(Verdict::kFailed, receipt.error());
  const auto vouched = parts_->vouch_once(receipt->parts.proof.checkpoint);
  const auto checkpoint =
      vouched ? Result<merkle::Checkpoint>(vouched->checkpoint) : std::unexpected(vouched.error());
  const auto verified = merkle::verify_receipt_under(
      *receipt, checkpoint,
      vouched ? parts_->believed.at(vouched->checkpoint) : parts_->believed.keys);
  if (!verified) return refused(Verdict::kFailed, verified.error());
  Report report = good(*vouched);
  report.index = verified->leaf.index;
  report.leaf_hash = codec::to_hex(verified->leaf_hash);
  report.leaf = as_text(ByteView(receipt->parts.leaf).subspan(1));
  if (verified->intent) report.intent = as_text(ByteView(receipt->parts.intent->leaf).subspan(1));
  return report;
}

Report Verifier::checkpoint(std::string_view note) const {
  const auto vouched = vouch(note, parts_->believed);
  return vouched ? good(*vouched) : refused(Verdict::kFailed, vouched.error());
}

Report Verifier::signature(std::string_view note) const {
  const auto checkpoint = signed_by_log(note, parts_->believed);
  return checkpoint ? good(*checkpoint) : refused(Verdict::kFailed, checkpoint.error());
}

Report Verifier::extension(std::string_view older, std::string_view newer,
                           std::string_view proof) const {
  const auto hashes = parse_proof(proof);
  if (!hashes) return refused(Verdict::kFailed, hashes.error());
  const auto vouched = vouch(newer, parts_->believed);
  if (!vouched) return refused(Verdict::kFailed, vouched.error());
  const auto before = signed_by_log(older, parts_->believed);
  if (!before) return refused(Verdict::kFailed, before.error());
  const auto extends = merkle::verify_extension(*before, vouched->checkpoint, *hashes);
  if (!extends) return refused(Verdict::kFailed, extends.error());
  Report report = good(*vouched);
  report.older_size = before->size;
  return report;
}

Report Verifier::proof(std::string_view text, std::string_view entry) const {
  const auto proof = merkle::parse_tlog_proof(text);
  if (!proof) return refused(Verdict::kFailed, proof.error());
  const auto vouched = vouch(proof->checkpoint, parts_->believed);
  if (!vouched) return refused(Verdict::kFailed, vouched.error());
  const auto hash = merkle::leaf_hash(as_bytes(entry));
  if (const auto proven = merkle::verify_inclusion(proof->index, vouched->checkpoint.size, hash,
                                                   proof->path, vouched->checkpoint.root);
      !proven) {
    return refused(Verdict::kFailed, proven.error());
  }
  Report report = good(*vouched);
  report.index = proof->index;
  report.leaf_hash = codec::to_hex(hash);
  if (const auto leaf = merkle::parse_leaf(as_bytes(entry))) {
    if (leaf->index != proof->index) {
      return refused(Verdict::kFailed, Error{"proof.index",
                                             "the entry says index " + std::to_string(leaf->index) +
                                                 ", its proof " + std::to_string(proof->index),
                                             {}});
    }
    report.leaf = entry.substr(1);
  }
  return report;
}

Report Verifier::log(const ReadFile& read, const LogQuestion& question) const {
  const Believed& believed = parts_->believed;
  merkle::LogCheck check;
  check.progress = question.progress;
  if (question.after) {
    // Who cosigned the newer one has seen that it extends this one.
    const auto after = signed_by_log(*question.after, believed);
    if (!after) {
      return refused(Verdict::kFailed,
                     Error{after.error().code, "the older checkpoint: " + after.error().message,
                           after.error().hint});
    }
    check.after = *after;
  }
  const auto files = files_of(read);
  std::optional<Vouched> vouched;
  // The checkpoint is asked for first: before a log is read, its word must count.
  const merkle::LogFiles checked = [&](const std::string& path) -> Result<std::string> {
    auto content = BAILEY_TRY(files(path));
    if (path == "checkpoint") vouched = BAILEY_TRY(witnessed(content, believed));
    return content;
  };
  const auto verified = merkle::verify_log(checked, believed.keys, check);
  if (!verified) {
    // Without a checkpoint there is no claim that could be false.
    const bool undecided = !vouched && verified.error().code == "log.missing";
    return refused(undecided ? Verdict::kIncomplete : verdict_of(verified.error()),
                   verified.error());
  }
  Report report = good(*vouched);
  report.from = verified->from;
  report.older_size = verified->from;
  report.intents = verified->intents;
  report.closed = verified->closed;
  report.open = verified->open_count;
  report.open_indices = verified->open_intents;
  return report;
}

Report Verifier::growth(const ReadFile& read, std::string_view older,
                        std::string_view newer) const {
  const auto before = signed_by_log(older, parts_->believed);
  if (!before) return refused(Verdict::kFailed, before.error());
  const auto vouched = vouch(newer, parts_->believed);
  if (!vouched) return refused(Verdict::kFailed, vouched.error());
  const auto grown = merkle::verify_growth(files_of(read), *before, vouched->checkpoint);
  if (!grown) return refused(verdict_of(grown.error()), grown.error());
  Report report = good(*vouched);
  report.older_size = before->size;
  return report;
}

namespace {

template <class Ask>
Report once(const std::vector<std::string>& vkeys, const Ask& ask) {
  Report why;
  const auto verifier = Verifier::create(Trust{vkeys, {}, {}}, why);
  return verifier ? ask(*verifier) : why;
}

}  // namespace

Report verify_receipt(const std::vector<std::string>& vkeys, std::string_view text) {
  return once(vkeys, [&](const Verifier& verifier) { return verifier.receipt(text); });
}

Report verify_checkpoint(const std::vector<std::string>& vkeys, std::string_view note) {
  return once(vkeys, [&](const Verifier& verifier) { return verifier.checkpoint(note); });
}

Report verify_extension(const std::vector<std::string>& vkeys, std::string_view older,
                        std::string_view newer, std::string_view proof) {
  return once(vkeys,
              [&](const Verifier& verifier) { return verifier.extension(older, newer, proof); });
}

Report verify_proof(const std::vector<std::string>& vkeys, std::string_view proof,
                    std::string_view entry) {
  return once(vkeys, [&](const Verifier& verifier) { return verifier.proof(proof, entry); });
}

Report verify_log(const std::vector<std::string>& vkeys, const ReadFile& read,
                  const LogQuestion& question) {
  return once(vkeys, [&](const Verifier& verifier) { return verifier.log(read, question); });
}

}  // namespace bailey::verify
