#include "ledger/evidence_folder.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "base/check.h"
#include "codec/text.h"
#include "crypto/hash.h"
#include "ledger/published_file.h"
#include "ledger/tiles.h"
#include "merkle/tile.h"

namespace bailey::ledger {
namespace {

using merkle::EvidenceScope;

constexpr std::size_t kMaxFileBytes = std::size_t{64} << 20;

class FolderWriter {
 public:
  FolderWriter(Ledger& ledger, const Head& head, const Selection& selection, const Dir& into)
      : ledger_(ledger), head_(head), selection_(selection), into_(into) {
    scope_.first = selection.first;
    scope_.last = selection.last;
    scope_.session = selection.session;
    const bool whole =
        selection.session.empty() && selection.first == 0 && selection.last + 1 == head.size;
    scope_.log = whole ? EvidenceScope::Log::kWhole : EvidenceScope::Log::kCheckpointOnly;
  }

  Result<EvidenceScope> run(const EvidenceProgress& progress) {
    if (!BAILEY_TRY(into_.list()).empty()) {
      return fail("evidence.exists", "the folder for the evidence is not empty", "name a new one");
    }
    note_ = ledger_.checkpoint(head_);
    const auto text = BAILEY_TRY(merkle::parse_note(note_));
    checkpoint_ = BAILEY_TRY(merkle::parse_checkpoint_text(text.text));
    const Status visited =
        visit_selected(ledger_, selection_, [&](const SelectedEntry& entry) -> Status {
          BAILEY_TRY(add(entry));
          if (progress)
            progress(entry.leaf.index - scope_.first + 1, scope_.last - scope_.first + 1);
          return {};
        });
    if (!visited) return std::unexpected(visited.error());
    if (scope_.receipts == 0) {
      return fail("evidence.empty", "no entry was selected", "bailey log tail shows the newest");
    }
    for (const auto& [session, tally] : tallies_) {
      BAILEY_TRY(attest(tally.statement(scope_.first, scope_.last)));
    }
    if (receipts_) BAILEY_TRY(receipts_->end());
    if (attestations_) BAILEY_TRY(attestations_->end());
    if (scope_.log == EvidenceScope::Log::kWhole) BAILEY_TRY(add_tiles());
    BAILEY_TRY(put(std::string(merkle::kEvidenceCheckpoint), note_));
    BAILEY_TRY(add_keys());
    BAILEY_TRY(put("README.md", evidence_readme(checkpoint_.origin, scope_)));
    BAILEY_TRY(put("check.py", evidence_script()));
    BAILEY_TRY(finish());
    return scope_;
  }

 private:
  Status add(const SelectedEntry& entry) {
    const auto receipt = BAILEY_TRY(ledger_.prove(entry.leaf.index, head_));
    BAILEY_TRY(line(receipts_, merkle::receipts_file(scope_.receipts / merkle::kEvidenceLines),
                    receipt.text()));
    ++scope_.receipts;
    if (!merkle::closes_intent(entry.leaf.type)) return {};
    const auto statement = BAILEY_TRY(entry_statement(ledger_, head_, entry.leaf));
    BAILEY_TRY(attest(statement));
    ++scope_.actions;
    if (!entry.session.empty()) {
      tallies_.try_emplace(entry.session, checkpoint_.origin, entry.session)
          .first->second.add(entry.hash, entry.leaf.type);
    }
    return {};
  }

  Status attest(const merkle::Statement& statement) {
    const auto path = merkle::attestations_file(attested_++ / merkle::kEvidenceLines);
    return line(attestations_, path, BAILEY_TRY(ledger_.attest(statement)) + "\n");
  }

  // Adds to the file `path`, which is opened when it is a new one.
  Status line(std::optional<PublishedFile>& file, const std::string& path, std::string_view text) {
    if (paths_.insert(path).second) {
      if (file) BAILEY_TRY(file->end());
      file = BAILEY_TRY(PublishedFile::open(into_, path));
    }
    return file->add(as_bytes(text));
  }

  Status put(const std::string& path, std::string_view text) {
    paths_.insert(path);
    auto file = BAILEY_TRY(PublishedFile::open(into_, path));
    BAILEY_TRY(file.add(as_bytes(text)));
    return file.end();
  }

  // The published log as it is at our head, from the entries and not from the published files.
  Status add_tiles() {
    const Dir log = BAILEY_TRY(into_.make_dir(RelPath::known("log")));
    TileWriter tiles(log, 0, head_.size);
    BAILEY_TRY(ledger_.log().visit(tiles.first_entry(), head_.size, [&](const Frame& leaf) {
      return tiles.add(leaf.content, leaf.hash);
    }));
    BAILEY_TRY(tiles.finish());
    std::uint64_t width = head_.size;
    for (unsigned level = 0; width > 0; ++level, width /= merkle::kTileWidth) {
      for (std::uint64_t tile = 0; tile * merkle::kTileWidth < width; ++tile) {
        const unsigned filled = merkle::tile_width(level, tile, head_.size);
        if (filled == 0) continue;
        paths_.insert("log/" + merkle::tile_path(level, tile, filled));
        if (level == 0) paths_.insert("log/" + merkle::bundle_path(tile, filled));
      }
    }
    return {};
  }

  Status add_keys() {
    for (const auto& key : ledger_.verifiers()) {
      const std::string name = key.name() == checkpoint_.origin ? "ledger" : "receipts";
      BAILEY_TRY(put("keys/" + name + ".vkey", key.vkey() + "\n"));
      BAILEY_TRY(put("keys/" + name + ".pem", crypto::to_spki_pem(key.key())));
    }
    return {};
  }

  // Every file as it lies on the disk now, and the manifest over all of them.
  Status finish() {
    std::vector<merkle::EvidenceFile> files;
    std::string sums;
    for (const auto& path : paths_) {
      const auto content = BAILEY_TRY(into_.read_file(RelPath::known(path), kMaxFileBytes));
      const auto digest = crypto::sha256(as_bytes(content));
      files.push_back({path, digest});
      sums += codec::to_hex(digest) + "  " + path + "\n";
    }
    BAILEY_TRY(put("SHA256SUMS", sums));
    files.push_back({"SHA256SUMS", crypto::sha256(as_bytes(sums))});
    std::sort(files.begin(), files.end(),
              [](const auto& a, const auto& b) { return a.path < b.path; });
    const auto statement = merkle::manifest_statement(scope_, checkpoint_, files);
    return into_.create_file(RelPath::known(merkle::kManifestFile),
                             as_bytes(BAILEY_TRY(ledger_.attest(statement)) + "\n"), Sync::kYes);
  }

  Ledger& ledger_;
  const Head& head_;
  const Selection& selection_;
  const Dir& into_;
  EvidenceScope scope_;
  std::string note_;
  merkle::Checkpoint checkpoint_;
  std::set<std::string> paths_;
  std::optional<PublishedFile> receipts_;
  std::optional<PublishedFile> attestations_;
  std::uint64_t attested_ = 0;
  std::map<std::string, merkle::SessionTally> tallies_;
};

}  // namespace

Result<EvidenceScope> write_evidence(Ledger& ledger, const Head& head, const Selection& selection,
                                     const Dir& into, const EvidenceProgress& progress) {
  check(selection.first <= selection.last && selection.last < head.size, "a range of the log");
  return FolderWriter(ledger, head, selection, into).run(progress);
}

Result<merkle::Statement> entry_statement(Ledger& ledger, const Head& head,
                                          const merkle::LeafEnvelope& leaf) {
  const Bytes bytes = BAILEY_TRY(ledger.leaf(leaf.index));
  std::optional<Bytes> intent;
  if (const auto named = BAILEY_TRY(merkle::intent_of(leaf))) {
    intent = BAILEY_TRY(ledger.leaf(named->index));
  }
  return merkle::action_statement(bytes, intent, BAILEY_TRY(ledger.proof(leaf.index, head)));
}

}  // namespace bailey::ledger
