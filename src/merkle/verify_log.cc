#include "merkle/verify_log.h"

#include <algorithm>
#include <unordered_set>

#include "base/check.h"
#include "merkle/key_history.h"
#include "merkle/leaf.h"
#include "merkle/receipt.h"
#include "merkle/tile.h"

namespace bailey::merkle {
namespace {

class LogReader {
 public:
  LogReader(const LogFiles& files, const std::vector<NoteVerifier>& trusted)
      : files_(files), trusted_(trusted) {}

  Result<LogReport> run() {
    const Bytes bytes = BAILEY_TRY(files_("checkpoint"));
    const Note note = BAILEY_TRY(parse_note(as_text(bytes)));
    report_.checkpoint = BAILEY_TRY(parse_checkpoint_text(note.text));
    const std::uint64_t size = report_.checkpoint.size;
    // Somebody trusted must have begun the log; who signs today, its leaves tell.
    history_.emplace(report_.checkpoint.origin, trusted_);
    if (history_->believed_at(size).empty())
      BAILEY_TRY(verify_checkpoint(as_text(bytes), trusted_));
    for (std::uint64_t tile = 0; tile * kTileWidth < size; ++tile) BAILEY_TRY(read_bundle(tile));
    BAILEY_TRY(verify_checkpoint(as_text(bytes), history_->believed_at(size)));
    BAILEY_TRY(check_tiles(size));
    BAILEY_TRY(list_open());
    return std::move(report_);
  }

 private:
  Status read_bundle(std::uint64_t tile) {
    const unsigned width = tile_width(0, tile, report_.checkpoint.size);
    const std::string path = bundle_path(tile, width);
    const Bytes bundle = BAILEY_TRY(files_(path));
    const auto entries = split_bundle(bundle, width);
    if (!entries) return fail(entries.error().code, path + ": " + entries.error().message);
    for (const auto& entry : *entries) BAILEY_TRY(read_entry(entry));
    return {};
  }

  Status read_entry(ByteView bytes) {
    const std::uint64_t index = leaves_.size();
    const auto at = [&](const std::string& why) {
      return fail("log.entry", "entry " + std::to_string(index) + ": " + why);
    };
    const auto leaf = parse_leaf(bytes);
    if (!leaf) return at(leaf.error().message);
    if (leaf->index != index) return at("its leaf says index " + std::to_string(leaf->index));
    if (leaf->type == LeafType::kKey) BAILEY_TRY(history_->add(index, leaf->body));
    const auto named = BAILEY_TRY(intent_of(*leaf));
    if (named) BAILEY_TRY(follow(index, leaf->type, *named));
    if (leaf->type == LeafType::kIntent) {
      ++report_.intents;
      open_.insert(index);
    }
    is_intent_.push_back(leaf->type == LeafType::kIntent);
    leaves_.push_back(leaf_hash(bytes));
    return {};
  }

  Status follow(std::uint64_t index, LeafType type, const IntentRef& named) {
    const auto bad = [&](std::string_view why) {
      return fail("log.intent", "entry " + std::to_string(index) + " names entry " +
                                    std::to_string(named.index) +
                                    " as its intent: " + std::string(why));
    };
    // intent_of() has checked that it lies before.
    if (leaves_[named.index] != named.leaf_hash) return bad("that entry has another hash");
    if (!is_intent_[named.index]) return bad("that entry is none");
    if (closes_intent(type)) {
      if (open_.erase(named.index) == 0) return bad("it has an ending already");
      ++report_.closed;
    }
    return {};
  }

  // Level by level: what the entries hash to must be what the tiles say.
  Status check_tiles(std::uint64_t size) {
    std::vector<Hash> upper;
    for (unsigned level = 0; level < 8; ++level) {
      const std::vector<Hash>& level_hashes = level == 0 ? leaves_ : upper;
      if (level_hashes.empty()) break;
      std::vector<Hash> above;
      for (std::uint64_t tile = 0; tile * kTileWidth < level_hashes.size(); ++tile) {
        const unsigned width = tile_width(level, tile, size);
        const std::string path = tile_path(level, tile, width);
        const Bytes content = BAILEY_TRY(files_(path));
        if (content.size() != std::size_t{width} * 32) {
          return fail("log.tile", path + ": it has " + std::to_string(content.size()) +
                                      " bytes, not " + std::to_string(width * 32));
        }
        for (unsigned i = 0; i < width; ++i) {
          const Hash& hash = level_hashes[tile * kTileWidth + i];
          if (!std::equal(hash.begin(), hash.end(), content.begin() + 32L * i)) {
            return fail("log.tile",
                        path + ": hash " + std::to_string(i) + " is not that of the entries");
          }
        }
        if (width == kTileWidth) {
          Frontier whole;
          for (unsigned i = 0; i < width; ++i) whole.append(level_hashes[tile * kTileWidth + i]);
          above.push_back(whole.root());
        }
      }
      upper = std::move(above);
    }
    Frontier tree;
    for (const auto& leaf : leaves_) tree.append(leaf);
    if (tree.root() != report_.checkpoint.root) {
      return fail("log.root", "the entries do not hash to the root of the checkpoint");
    }
    return {};
  }

  Status list_open() {
    report_.open_count = open_.size();
    report_.open_intents.assign(open_.begin(), open_.end());
    std::sort(report_.open_intents.begin(), report_.open_intents.end());
    if (report_.open_intents.size() > kMaxOpenListed) report_.open_intents.resize(kMaxOpenListed);
    return {};
  }

  const LogFiles& files_;
  const std::vector<NoteVerifier>& trusted_;
  LogReport report_;
  std::optional<KeyHistory> history_;
  std::vector<Hash> leaves_;
  std::vector<bool> is_intent_;
  std::unordered_set<std::uint64_t> open_;
};

}  // namespace

Result<LogReport> verify_log(const LogFiles& files, const std::vector<NoteVerifier>& trusted) {
  return LogReader(files, trusted).run();
}

Result<CheckpointPair> verify_extension(std::string_view older, std::string_view newer,
                                        const std::vector<Hash>& proof,
                                        const std::vector<NoteVerifier>& trusted) {
  CheckpointPair pair;
  pair.older = BAILEY_TRY(verify_checkpoint(older, trusted));
  pair.newer = BAILEY_TRY(verify_checkpoint(newer, trusted));
  if (pair.older.origin != pair.newer.origin) {
    return fail("checkpoint.origin", "the two checkpoints are of different logs");
  }
  BAILEY_TRY(verify_consistency(pair.older.size, pair.newer.size, proof, pair.older.root,
                                pair.newer.root));
  return pair;
}

}  // namespace bailey::merkle
