#include "merkle/verify_log.h"

#include <algorithm>
#include <unordered_map>

#include "merkle/key_history.h"
#include "merkle/leaf_glance.h"
#include "merkle/receipt.h"
#include "merkle/tile.h"
#include "merkle/tile_tree.h"

namespace bailey::merkle {
namespace {

// What can be said of two checkpoints without a proof.
Status compare(const Checkpoint& older, const Checkpoint& newer) {
  if (older.origin != newer.origin) {
    return fail("checkpoint.origin", "the two checkpoints are of different logs");
  }
  if (newer.size < older.size) {
    return fail(
        "checkpoint.rollback",
        "rollback: the log has " + std::to_string(newer.size) + " entries, and had " +
            std::to_string(older.size) + " before",
        "entries that were signed are gone: ask the log's owner, and keep both checkpoints");
  }
  if (newer.size == older.size && newer.root != older.root) {
    return fail("checkpoint.fork",
                "fork: two roots were signed for " + std::to_string(newer.size) + " entries",
                "the log's owner showed two histories: keep both checkpoints as evidence");
  }
  return {};
}

std::unexpected<Error> forked(const Checkpoint& older, const Checkpoint& newer) {
  return fail(
      "checkpoint.fork",
      "fork: the log of " + std::to_string(newer.size) +
          " entries is not what came after its first " + std::to_string(older.size),
      "its tiles are damaged, or the past was rewritten: keep both checkpoints as evidence");
}

class LogReader {
 public:
  LogReader(const LogFiles& files, const std::vector<NoteVerifier>& trusted, const LogCheck& check)
      : files_(files), trusted_(trusted), check_(check) {}

  Result<LogReport> run() {
    const std::string note = BAILEY_TRY(files_("checkpoint"));
    const Note parsed = BAILEY_TRY(parse_note(note));
    report_.checkpoint = BAILEY_TRY(parse_checkpoint_text(parsed.text));
    const std::uint64_t size = report_.checkpoint.size;
    // Somebody trusted must have begun the log; who signs today, its leaves tell.
    history_.emplace(report_.checkpoint.origin, trusted_);
    if (history_->believed_at(size).empty()) BAILEY_TRY(verify_checkpoint(note, trusted_));
    tree_.emplace(files_, size);
    hashes_.emplace(files_, size);
    if (check_.after) BAILEY_TRY(start_after(*check_.after));
    for (std::uint64_t tile = report_.from / kTileWidth; tile * kTileWidth < size; ++tile) {
      BAILEY_TRY(read_bundle(tile));
      if (check_.progress) check_.progress(tree_->count() - report_.from, size - report_.from);
    }
    BAILEY_TRY(verify_checkpoint(note, history_->believed_at(size)));
    BAILEY_TRY(tree_->finish());
    if (tree_->root() != report_.checkpoint.root) {
      return fail("log.root", "the entries do not hash to the root of the checkpoint");
    }
    list_open();
    return std::move(report_);
  }

 private:
  Status start_after(const Checkpoint& older) {
    BAILEY_TRY(compare(older, report_.checkpoint));
    BAILEY_TRY(tree_->start_at(older.size));
    if (tree_->root() != older.root) return forked(older, report_.checkpoint);
    report_.from = older.size;
    return {};
  }

  Status read_bundle(std::uint64_t tile) {
    const unsigned width = tile_width(0, tile, report_.checkpoint.size);
    const std::string path = bundle_path(tile, width);
    const std::string bundle = BAILEY_TRY(files_(path));
    const auto entries = split_bundle(as_bytes(bundle), width);
    if (!entries) return fail(entries.error().code, path + ": " + entries.error().message);
    // Of the bundle in which the older checkpoint ends, only what came after it.
    for (std::size_t i = tree_->count() % kTileWidth; i < entries->size(); ++i) {
      BAILEY_TRY(read_entry((*entries)[i]));
    }
    return {};
  }

  Status read_entry(ByteView bytes) {
    const std::uint64_t index = tree_->count();
    const auto leaf = look_at_leaf(bytes);
    if (!leaf) return bad_entry(index, leaf.error().message);
    if (leaf->index != index) {
      return bad_entry(index, "its leaf says index " + std::to_string(leaf->index));
    }
    if (leaf->type == LeafType::kKey) BAILEY_TRY(follow_key(index, bytes));
    const Hash hash = leaf_hash(bytes);
    if (leaf->intent) BAILEY_TRY(follow(index, leaf->type, *leaf->intent));
    if (leaf->type == LeafType::kIntent) {
      ++report_.intents;
      open_.emplace(index, hash);
    }
    return tree_->append(hash);
  }

  static std::unexpected<Error> bad_entry(std::uint64_t index, const std::string& why) {
    return fail("log.entry", "entry " + std::to_string(index) + ": " + why);
  }

  Status follow_key(std::uint64_t index, ByteView bytes) {
    if (report_.from > 0) {
      return fail("log.history",
                  "entry " + std::to_string(index) +
                      " changes a key; only a log that is read from its beginning tells who may",
                  "verify the whole log");
    }
    return history_->read(index, bytes);
  }

  Status follow(std::uint64_t index, LeafType type, const IntentRef& named) {
    const auto bad = [&](const std::string& why) {
      return fail("log.intent", "entry " + std::to_string(index) + " names entry " +
                                    std::to_string(named.index) + " as its intent: " + why);
    };
    // That it lies before was checked with the leaf.
    const auto open = open_.find(named.index);
    const bool known = open != open_.end();
    if (known && open->second != named.leaf_hash) return bad("that entry has another hash");
    if (!known) {
      if (const auto looked = look_up(named); !looked) {
        // A file that cannot be had is not the leaf's fault.
        if (looked.error().code != "log.intent") return looked;
        return bad(looked.error().message);
      }
    }
    if (!closes_intent(type)) return {};
    if (known) {
      open_.erase(open);
    } else if (named.index >= report_.from || !closed_before_.emplace(named.index, index).second) {
      return bad("it has an ending already");
    }
    ++report_.closed;
    return {};
  }

  // An intent that is not open: closed, or from before where the reading began.
  Status look_up(const IntentRef& named) {
    const std::uint64_t size = report_.checkpoint.size;
    const std::uint64_t tile = named.index / kTileWidth;
    const unsigned width = tile_width(0, tile, size);
    if (old_path_ != bundle_path(tile, width)) {
      old_bundle_ = BAILEY_TRY(files_(bundle_path(tile, width)));
      old_path_ = bundle_path(tile, width);
    }
    const auto entries = split_bundle(as_bytes(old_bundle_), width);
    if (!entries) return std::unexpected(entries.error());
    const ByteView entry = (*entries)[named.index % kTileWidth];
    if (leaf_hash(entry) != named.leaf_hash) {
      return fail("log.intent", "that entry has another hash");
    }
    const auto leaf = look_at_leaf(entry);
    if (!leaf || leaf->type != LeafType::kIntent) return fail("log.intent", "that entry is none");
    // The file may be another one than when it was first read: the signed root decides.
    const auto path =
        BAILEY_TRY(inclusion_proof(named.index, size, [&](unsigned level, std::uint64_t at) {
          return hashes_->subtree(level, at);
        }));
    return verify_inclusion(named.index, size, named.leaf_hash, path, report_.checkpoint.root);
  }

  void list_open() {
    report_.open_count = open_.size();
    for (const auto& [index, hash] : open_) report_.open_intents.push_back(index);
    std::sort(report_.open_intents.begin(), report_.open_intents.end());
    if (report_.open_intents.size() > kMaxOpenListed) report_.open_intents.resize(kMaxOpenListed);
  }

  const LogFiles& files_;
  const std::vector<NoteVerifier>& trusted_;
  const LogCheck& check_;
  LogReport report_;
  std::optional<KeyHistory> history_;
  std::optional<TileStack> tree_;
  std::optional<TileHashes> hashes_;
  std::unordered_map<std::uint64_t, Hash> open_;
  std::unordered_map<std::uint64_t, std::uint64_t> closed_before_;  // of before `from`, by whom
  std::string old_path_;  // of the bundle that an old intent was last looked up in
  std::string old_bundle_;
};

}  // namespace

Result<LogReport> verify_log(const LogFiles& files, const std::vector<NoteVerifier>& trusted,
                             const LogCheck& check) {
  return LogReader(files, trusted, check).run();
}

Status verify_growth(const LogFiles& files, const Checkpoint& older, const Checkpoint& newer) {
  BAILEY_TRY(compare(older, newer));
  TileHashes hashes(files, newer.size);
  const auto proof = BAILEY_TRY(consistency_proof(
      older.size, newer.size,
      [&](unsigned level, std::uint64_t index) { return hashes.subtree(level, index); }));
  if (!verify_consistency(older.size, newer.size, proof, older.root, newer.root)) {
    return forked(older, newer);
  }
  return {};
}

Status verify_extension(const Checkpoint& older, const Checkpoint& newer,
                        const std::vector<Hash>& proof) {
  BAILEY_TRY(compare(older, newer));
  return verify_consistency(older.size, newer.size, proof, older.root, newer.root);
}

Result<CheckpointPair> verify_extension(std::string_view older, std::string_view newer,
                                        const std::vector<Hash>& proof,
                                        const std::vector<NoteVerifier>& trusted) {
  CheckpointPair pair;
  pair.older = BAILEY_TRY(verify_checkpoint(older, trusted));
  pair.newer = BAILEY_TRY(verify_checkpoint(newer, trusted));
  BAILEY_TRY(verify_extension(pair.older, pair.newer, proof));
  return pair;
}

}  // namespace bailey::merkle
