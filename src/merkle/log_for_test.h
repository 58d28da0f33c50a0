// A small log in memory, for tests: leaves in, published files and receipts out.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/fakes.h"
#include "codec/text.h"
#include "crypto/sign.h"
#include "merkle/leaf.h"
#include "merkle/receipt.h"
#include "merkle/tile.h"
#include "merkle/tree.h"
#include "merkle/verify_log.h"

namespace bailey::merkle {

class LogForTest {
 public:
  explicit LogForTest(std::string origin = "bailey.example/test")
      : origin_(std::move(origin)), key_(crypto::SigningKey::generate(entropy_)) {}

  // Appends a leaf of that type; `intent` is put into the body when given.
  std::uint64_t add(LeafType type, std::optional<std::uint64_t> intent = {}) {
    codec::Json body(codec::Json::Object{});
    body.set("kind", codec::Json("test"));
    if (intent) body.set("intent", to_json(IntentRef{*intent, leaf_hash(entries_[*intent])}));
    return add_body(type, std::move(body));
  }
  std::uint64_t add_body(LeafType type, codec::Json body) {
    LeafEnvelope leaf;
    leaf.type = type;
    leaf.index = entries_.size();
    clock_.advance_ns(1'000'001);
    leaf.time = clock_.wall();
    leaf.mono = clock_.monotonic();
    leaf.boot = clock_.boot_id();
    entropy_.fill(leaf.nonce);
    leaf.body = std::move(body);
    return add_bytes(*encode_leaf(leaf));
  }
  std::uint64_t add_bytes(Bytes bytes) {
    hashes_.push_back(leaf_hash(bytes));
    entries_.push_back(std::move(bytes));
    return entries_.size() - 1;
  }

  [[nodiscard]] SubtreeSource source() const {
    return [this](unsigned level, std::uint64_t index) -> Result<Hash> {
      Frontier frontier;
      for (std::uint64_t i = index << level; i < (index + 1) << level; ++i) {
        if (i >= hashes_.size()) return fail("test.source", "no such subtree");
        frontier.append(hashes_[i]);
      }
      return frontier.root();
    };
  }
  [[nodiscard]] Checkpoint checkpoint(std::uint64_t size) const {
    Frontier frontier;
    for (std::uint64_t i = 0; i < size; ++i) frontier.append(hashes_[i]);
    return {origin_, size, frontier.root()};
  }
  [[nodiscard]] std::string note(std::uint64_t size) const {
    return sign_note(checkpoint_text(checkpoint(size)), origin_, key_);
  }
  [[nodiscard]] std::string note() const { return note(entries_.size()); }

  [[nodiscard]] ReceiptParts parts(std::uint64_t index, std::optional<std::uint64_t> intent) const {
    const auto size = entries_.size();
    ReceiptParts parts;
    parts.leaf = entries_[index];
    parts.proof.index = index;
    parts.proof.path = *inclusion_proof(index, size, source());
    parts.proof.checkpoint = note();
    if (intent) {
      parts.intent = IntentProof{entries_[*intent], *inclusion_proof(*intent, size, source())};
    }
    return parts;
  }
  [[nodiscard]] std::string receipt(std::uint64_t index,
                                    std::optional<std::uint64_t> intent = {}) const {
    return write_receipt(parts(index, intent), origin_, key_);
  }

  // Path -> content, as a published folder holds them.
  [[nodiscard]] std::map<std::string, Bytes> files() const {
    std::map<std::string, Bytes> files;
    const auto text = note();
    files["checkpoint"] = Bytes(text.begin(), text.end());
    const std::uint64_t size = entries_.size();
    for (std::uint64_t tile = 0; tile * kTileWidth < size; ++tile) {
      Bytes bundle;
      const unsigned width = tile_width(0, tile, size);
      for (unsigned i = 0; i < width; ++i) {
        append_to_bundle(bundle, entries_[tile * kTileWidth + i]);
      }
      files[bundle_path(tile, width)] = bundle;
    }
    std::vector<Hash> level_hashes = hashes_;
    for (unsigned level = 0; !level_hashes.empty(); ++level) {
      std::vector<Hash> above;
      for (std::uint64_t tile = 0; tile * kTileWidth < level_hashes.size(); ++tile) {
        const unsigned width = tile_width(level, tile, size);
        Bytes content;
        Frontier whole;
        for (unsigned i = 0; i < width; ++i) {
          const Hash& hash = level_hashes[tile * kTileWidth + i];
          content.insert(content.end(), hash.begin(), hash.end());
          whole.append(hash);
        }
        files[tile_path(level, tile, width)] = content;
        if (width == kTileWidth) above.push_back(whole.root());
      }
      level_hashes = above;
    }
    return files;
  }

  [[nodiscard]] NoteVerifier verifier() const {
    return *NoteVerifier::create(origin_, key_.public_key());
  }
  [[nodiscard]] const crypto::SigningKey& key() const { return key_; }
  [[nodiscard]] const std::string& origin() const { return origin_; }
  [[nodiscard]] const std::vector<Bytes>& entries() const { return entries_; }
  [[nodiscard]] std::vector<Hash>& hashes() { return hashes_; }
  [[nodiscard]] FakeEntropy& entropy() { return entropy_; }

 private:
  FakeEntropy entropy_;
  FakeClock clock_;
  std::string origin_;
  crypto::SigningKey key_;
  std::vector<Bytes> entries_;
  std::vector<Hash> hashes_;
};

inline LogFiles files_from(const std::map<std::string, Bytes>& files) {
  return [&files](const std::string& path) -> Result<std::string> {
    const auto found = files.find(path);
    if (found == files.end()) return fail("log.missing", path + " is missing");
    return std::string(as_text(found->second));
  };
}

}  // namespace bailey::merkle
