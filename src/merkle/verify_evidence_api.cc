// include/bailey/verify_evidence.h over the functions of this folder.
#include <algorithm>

#include "bailey/verify_evidence.h"
#include "codec/text.h"
#include "merkle/attestation.h"
#include "merkle/evidence.h"

namespace bailey::verify {
namespace {

constexpr std::string_view kUnreadable = "evidence.read";

Result<std::vector<merkle::NoteVerifier>> parse_keys(const std::vector<std::string>& vkeys) {
  std::vector<merkle::NoteVerifier> keys;
  for (const auto& vkey : vkeys) keys.push_back(BAILEY_TRY(merkle::NoteVerifier::parse(vkey)));
  if (keys.empty()) {
    return fail("note.vkey", "no key to verify with", "give the public keys of the log");
  }
  return keys;
}

Report refused(Verdict verdict, const Error& error) {
  Report report;
  report.verdict = verdict;
  report.code = error.code;
  report.message = error.message;
  report.hint = error.hint;
  return report;
}

Report good(const merkle::Checkpoint& checkpoint) {
  Report report;
  report.verdict = Verdict::kGood;
  report.origin = checkpoint.origin;
  report.size = checkpoint.size;
  report.root = codec::to_hex(checkpoint.root);
  return report;
}

}  // namespace

EvidenceReport verify_evidence(const std::vector<std::string>& vkeys, const ReadFile& read,
                               const std::vector<std::string>& there) {
  EvidenceReport out;
  const auto keys = parse_keys(vkeys);
  if (!keys) return {refused(Verdict::kUsage, keys.error())};
  bool has_manifest = false;
  const merkle::LogFiles files = [&](const std::string& path) -> Result<std::string> {
    File file = read(path);
    if (file.state == File::State::kMissing) return fail("log.missing", path + " is missing");
    if (file.state == File::State::kUnreadable) {
      return fail(kUnreadable, path + " could not be read: " + file.content);
    }
    has_manifest = true;  // it is the first to be read
    return std::move(file.content);
  };
  const auto verified = merkle::verify_evidence(files, *keys);
  if (!verified) {
    // Without a manifest there is no claim that could be false.
    const bool undecided = verified.error().code == kUnreadable || !has_manifest;
    return {refused(undecided ? Verdict::kIncomplete : Verdict::kFailed, verified.error())};
  }
  for (const auto& path : there) {
    if (std::find(verified->paths.begin(), verified->paths.end(), path) != verified->paths.end()) {
      continue;
    }
    return {refused(Verdict::kFailed, {"evidence.stray", path + " is not named by the manifest",
                                       "whoever added it is not who signed"})};
  }
  out.report = good(verified->checkpoint);
  out.first = verified->scope.first;
  out.last = verified->scope.last;
  out.session = verified->scope.session;
  out.whole = verified->log.has_value();
  out.receipts = verified->scope.receipts;
  out.actions = verified->scope.actions;
  if (verified->log) {
    out.report.intents = verified->log->intents;
    out.report.closed = verified->log->closed;
    out.report.open = verified->log->open_count;
    out.report.open_indices = verified->log->open_intents;
  }
  return out;
}

AttestationReport verify_attestations(const std::vector<std::string>& vkeys,
                                      std::string_view bundle) {
  AttestationReport out;
  const auto keys = parse_keys(vkeys);
  if (!keys) return {refused(Verdict::kUsage, keys.error())};
  const auto verified = merkle::verify_attestations(bundle, *keys);
  if (!verified) return {refused(Verdict::kFailed, verified.error())};
  out.report = good(verified->checkpoints.back());
  out.actions = verified->actions;
  out.sessions = verified->sessions;
  out.ignored = verified->ignored;
  return out;
}

}  // namespace bailey::verify
