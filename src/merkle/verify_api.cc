// include/bailey/verify.h over the functions of this folder.
#include "bailey/verify.h"
#include "codec/text.h"
#include "merkle/receipt.h"
#include "merkle/verify_log.h"

namespace bailey::verify {
namespace {

using Keys = std::vector<merkle::NoteVerifier>;

Report refused(Verdict verdict, const Error& error) {
  Report report;
  report.verdict = verdict;
  report.code = error.code;
  report.message = error.message;
  report.hint = error.hint;
  return report;
}

Result<Keys> parse_keys(const std::vector<std::string>& vkeys) {
  Keys keys;
  for (const auto& vkey : vkeys) keys.push_back(BAILEY_TRY(merkle::NoteVerifier::parse(vkey)));
  if (keys.empty()) {
    return fail("note.vkey", "no key to verify with", "give the public key of the log");
  }
  return keys;
}

Report good(const merkle::Checkpoint& checkpoint) {
  Report report;
  report.verdict = Verdict::kGood;
  report.origin = checkpoint.origin;
  report.size = checkpoint.size;
  report.root = codec::to_hex(checkpoint.root);
  return report;
}

std::string json_of(const merkle::LeafEnvelope& leaf) {
  const auto bytes = merkle::encode_leaf(leaf);
  return bytes ? std::string(as_text(ByteView(*bytes).subspan(1))) : std::string();
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

constexpr std::string_view kUnreadable = "log.read";

}  // namespace

Report verify_receipt(const std::vector<std::string>& vkeys, std::string_view text) {
  const auto keys = parse_keys(vkeys);
  if (!keys) return refused(Verdict::kUsage, keys.error());
  const auto receipt = merkle::parse_receipt(text);
  if (!receipt) return refused(Verdict::kFailed, receipt.error());
  const auto verified = merkle::verify_receipt(*receipt, *keys);
  if (!verified) return refused(Verdict::kFailed, verified.error());
  Report report = good(verified->checkpoint);
  report.index = verified->leaf.index;
  report.leaf_hash = codec::to_hex(verified->leaf_hash);
  report.leaf = json_of(verified->leaf);
  if (verified->intent) report.intent = json_of(*verified->intent);
  return report;
}

Report verify_checkpoint(const std::vector<std::string>& vkeys, std::string_view note) {
  const auto keys = parse_keys(vkeys);
  if (!keys) return refused(Verdict::kUsage, keys.error());
  const auto checkpoint = merkle::verify_checkpoint(note, *keys);
  if (!checkpoint) return refused(Verdict::kFailed, checkpoint.error());
  return good(*checkpoint);
}

Report verify_extension(const std::vector<std::string>& vkeys, std::string_view older,
                        std::string_view newer, std::string_view proof) {
  const auto keys = parse_keys(vkeys);
  if (!keys) return refused(Verdict::kUsage, keys.error());
  const auto hashes = parse_proof(proof);
  if (!hashes) return refused(Verdict::kFailed, hashes.error());
  const auto pair = merkle::verify_extension(older, newer, *hashes, *keys);
  if (!pair) return refused(Verdict::kFailed, pair.error());
  Report report = good(pair->newer);
  report.older_size = pair->older.size;
  return report;
}

Report verify_log(const std::vector<std::string>& vkeys, const ReadFile& read) {
  const auto keys = parse_keys(vkeys);
  if (!keys) return refused(Verdict::kUsage, keys.error());
  bool has_checkpoint = false;
  const merkle::LogFiles files = [&](const std::string& path) -> Result<Bytes> {
    const File file = read(path);
    switch (file.state) {
      case File::State::kRead: {
        has_checkpoint = true;
        const auto bytes = as_bytes(file.content);
        return Bytes(bytes.begin(), bytes.end());
      }
      case File::State::kMissing:
        return fail("log.missing", path + " is missing");
      case File::State::kUnreadable:
        break;
    }
    return fail(kUnreadable, path + " could not be read: " + file.content);
  };
  const auto verified = merkle::verify_log(files, *keys);
  if (!verified) {
    // Without a checkpoint there is no claim that could be false.
    const bool undecided = verified.error().code == kUnreadable ||
                           (!has_checkpoint && verified.error().code == "log.missing");
    return refused(undecided ? Verdict::kIncomplete : Verdict::kFailed, verified.error());
  }
  Report report = good(verified->checkpoint);
  report.intents = verified->intents;
  report.closed = verified->closed;
  report.open = verified->open_count;
  report.open_indices = verified->open_intents;
  return report;
}

}  // namespace bailey::verify
