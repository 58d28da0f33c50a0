#include "merkle/add_checkpoint.h"

#include "base/check.h"
#include "codec/text.h"
#include "merkle/note_lines.h"

namespace bailey::merkle {

std::string write_add_checkpoint(const AddCheckpoint& request) {
  check(request.proof.size() <= kMaxProofLines, "a proof has at most 63 hashes");
  std::string body = "old " + std::to_string(request.old_size) + "\n";
  for (const auto& hash : request.proof) body += codec::to_base64(hash) + "\n";
  return body + "\n" + request.checkpoint;
}

Result<AddCheckpoint> parse_add_checkpoint(std::string_view body) {
  const auto bad = [](const char* why) {
    return fail("witness.syntax", std::string("not an add-checkpoint request: ") + why);
  };
  if (body.size() > kMaxAddCheckpointBytes) return bad("larger than 128 KiB");
  AddCheckpoint request;
  auto line = take_line(body);
  if (!line || !line->starts_with("old ")) return bad("no 'old' line");
  const auto old_size = decimal_of(line->substr(4));
  if (!old_size || *old_size > INT64_MAX) {
    return bad("the old size is not a decimal number below 2^63");
  }
  request.old_size = *old_size;
  for (;;) {
    line = take_line(body);
    if (!line) return bad("no empty line before the checkpoint");
    if (line->empty()) break;
    if (request.proof.size() == kMaxProofLines) return bad("more than 63 hashes");
    const auto hash = hash_of_base64(*line);
    if (!hash) return bad("a proof line is not the base64 of 32 bytes");
    request.proof.push_back(*hash);
  }
  if (body.empty()) return bad("no checkpoint");
  request.checkpoint = body;
  return request;
}

std::string write_tlog_size(std::uint64_t size) { return std::to_string(size) + "\n"; }

Result<std::uint64_t> parse_tlog_size(std::string_view body) {
  const auto line = take_line(body);
  const auto size = line && body.empty() ? decimal_of(*line) : std::nullopt;
  if (!size || *size > INT64_MAX) {
    return fail("witness.syntax", "not a tree size: one decimal number below 2^63 and a newline");
  }
  return *size;
}

}  // namespace bailey::merkle
