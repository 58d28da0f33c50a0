// The text of a checkpoint (C2SP tlog-checkpoint) and the tlog-proof around it.
#include "base/check.h"
#include "codec/json.h"
#include "codec/text.h"
#include "merkle/note.h"
#include "merkle/note_lines.h"

namespace bailey::merkle {
namespace {

constexpr std::string_view kProofHead = "c2sp.org/tlog-proof@v1\n";
constexpr std::size_t kMaxProofBytes = 2U << 20;
}  // namespace

std::string checkpoint_text(const Checkpoint& checkpoint) {
  check(!checkpoint.origin.empty() && checkpoint.origin.find('\n') == std::string::npos,
        "an origin is one line");
  return checkpoint.origin + "\n" + std::to_string(checkpoint.size) + "\n" +
         codec::to_base64(checkpoint.root) + "\n";
}

Result<Checkpoint> parse_checkpoint_text(std::string_view text) {
  const auto bad = [](const char* why) {
    return fail("checkpoint.syntax", std::string("not a checkpoint: ") + why);
  };
  if (!codec::is_valid_utf8(text)) return bad("it is not UTF-8");
  const auto origin = take_line(text);
  const auto size_line = take_line(text);
  const auto root_line = take_line(text);
  if (!root_line) return bad("fewer than three lines");
  if (origin->empty()) return bad("the origin is empty");
  for (const char c : *origin) {
    if (static_cast<unsigned char>(c) < 0x20) return bad("a control character in the origin");
  }
  const auto size = decimal_of(*size_line);
  if (!size || *size > INT64_MAX) return bad("the size is not a decimal number below 2^63");
  const auto root = hash_of_base64(*root_line);
  if (!root) return bad("the root is not the base64 of 32 bytes");
  while (!text.empty()) {
    const auto extension = take_line(text);
    if (!extension) return bad("the last line does not end");
    if (extension->empty()) return bad("an empty extension line");
  }
  return Checkpoint{std::string(*origin), *size, *root};
}

std::string write_tlog_proof(const TlogProof& proof) {
  std::string out(kProofHead);
  if (proof.extra) out += "extra " + codec::to_base64(as_bytes(*proof.extra)) + "\n";
  out += "index " + std::to_string(proof.index) + "\n";
  for (const auto& hash : proof.path) out += codec::to_base64(hash) + "\n";
  out += "\n" + proof.checkpoint;
  return out;
}

Result<TlogProof> parse_tlog_proof(std::string_view text) {
  const auto bad = [](const char* why) {
    return fail("proof.syntax", std::string("not a tlog-proof: ") + why);
  };
  if (text.size() > kMaxProofBytes) return bad("larger than 2 MiB");
  if (!text.starts_with(kProofHead)) return bad("the first line is not c2sp.org/tlog-proof@v1");
  text.remove_prefix(kProofHead.size());
  TlogProof proof;
  auto line = take_line(text);
  if (line && line->starts_with("extra ")) {
    const auto extra = codec::from_base64(line->substr(6));
    if (!extra) return bad("the extra data is not base64");
    proof.extra = std::string(as_text(*extra));
    line = take_line(text);
  }
  if (!line || !line->starts_with("index ")) return bad("no index line");
  const auto index = decimal_of(line->substr(6));
  if (!index) return bad("the index is not a decimal number");
  proof.index = *index;
  for (;;) {
    line = take_line(text);
    if (!line) return bad("no empty line before the checkpoint");
    if (line->empty()) break;
    if (proof.path.size() == kMaxProofLines) return bad("more than 63 hashes");
    const auto hash = hash_of_base64(*line);
    if (!hash) return bad("a path line is not the base64 of 32 bytes");
    proof.path.push_back(*hash);
  }
  if (text.empty()) return bad("no checkpoint");
  proof.checkpoint = text;
  return proof;
}

}  // namespace bailey::merkle
