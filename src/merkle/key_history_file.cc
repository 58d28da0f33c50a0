// The history file: key leaves of a log with their proofs to one checkpoint.
#include <algorithm>

#include "codec/fields.h"
#include "codec/text.h"
#include "merkle/key_history.h"
#include "merkle/receipt.h"

namespace bailey::merkle {
namespace {

constexpr std::size_t kMaxFileBytes = std::size_t{4} << 20;
constexpr std::size_t kMaxPath = 63;
constexpr std::string_view kType = "bailey-key-history";

Result<HistoryLeaf> read_leaf(const codec::Json& item) {
  auto reader = BAILEY_TRY(codec::ObjectReader::create(item, "key history", "leaves"));
  HistoryLeaf out;
  const std::string leaf = BAILEY_TRY(reader.required_string("leaf"));
  out.leaf = BAILEY_TRY(codec::from_base64(leaf));
  const std::vector<std::string> path = BAILEY_TRY(reader.strings("path"));
  if (path.size() > kMaxPath) return fail("key.history_file", "a path has more than 63 hashes");
  for (const auto& line : path) {
    const auto bytes = codec::from_base64(line);
    if (!bytes || bytes->size() != sizeof(Hash))
      return fail("key.history_file", "an item of a path is not the base64 of 32 bytes");
    std::copy(bytes->begin(), bytes->end(), out.path.emplace_back().begin());
  }
  BAILEY_TRY(reader.finish());
  return out;
}

Result<HistoryFile> read_file(std::string_view text) {
  if (!text.ends_with('\n')) return fail("key.history_file", "the text does not end in a newline");
  text.remove_suffix(1);
  codec::JsonLimits limits;
  limits.max_bytes = kMaxFileBytes;
  limits.max_depth = 4;
  const auto value = BAILEY_TRY(codec::parse_json(text, limits));
  if (codec::canonical_json(value) != text)
    return fail("key.history_file", "the JSON is not in canonical form (RFC 8785)");
  auto reader = BAILEY_TRY(codec::ObjectReader::create(value, "key history"));
  BAILEY_TRY(reader.required_int("v", 1, 1));
  if (BAILEY_TRY(reader.required_string("type")) != kType)
    return fail("key.history_file", "type: must be 'bailey-key-history'");
  HistoryFile file;
  file.checkpoint = BAILEY_TRY(reader.required_string("checkpoint"));
  const codec::Json::Array* leaves = BAILEY_TRY(reader.required_array("leaves"));
  for (const auto& item : *leaves) file.leaves.push_back(BAILEY_TRY(read_leaf(item)));
  BAILEY_TRY(reader.finish());
  return file;
}

}  // namespace

std::string write_history_file(const HistoryFile& file) {
  codec::Json::Array leaves;
  for (const auto& each : file.leaves) {
    codec::Json::Array path;
    for (const auto& hash : each.path) path.emplace_back(codec::to_base64(hash));
    leaves.emplace_back(codec::Json::Object{{"leaf", codec::to_base64(each.leaf)},
                                            {"path", codec::Json(std::move(path))}});
  }
  return codec::canonical_json(codec::Json(codec::Json::Object{
             {"checkpoint", file.checkpoint},
             {"leaves", codec::Json(std::move(leaves))},
             {"type", kType},
             {"v", 1},
         })) +
         "\n";
}

Result<HistoryFile> parse_history_file(std::string_view text) {
  auto file = read_file(text);
  if (!file)
    return fail("key.history_file", "not a key history: " + file.error().message,
                file.error().hint);
  return file;
}

Result<KeyHistory> verify_history_file(const HistoryFile& file,
                                       const std::vector<NoteVerifier>& trusted) {
  const Note note = BAILEY_TRY(parse_note(file.checkpoint));
  const Checkpoint checkpoint = BAILEY_TRY(parse_checkpoint_text(note.text));
  KeyHistory history(checkpoint.origin, trusted);
  for (const auto& each : file.leaves) {
    const LeafEnvelope leaf = BAILEY_TRY(parse_leaf(each.leaf));
    if (leaf.type != LeafType::kKey)
      return fail("key.history", "entry " + std::to_string(leaf.index) + " is no change of a key");
    BAILEY_TRY(verify_inclusion(leaf.index, checkpoint.size, leaf_hash(each.leaf), each.path,
                                checkpoint.root));
    BAILEY_TRY(history.add(leaf.index, leaf.body));
  }
  BAILEY_TRY(verify_checkpoint(file.checkpoint, history.believed_at(checkpoint.size)));
  return history;
}

}  // namespace bailey::merkle
