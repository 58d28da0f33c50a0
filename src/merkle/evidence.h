// Evidence folders: what is handed to somebody who shall check it without us
// (spec/attestation.md, "Evidence").
//
// A folder with a signed manifest that names every other file with its SHA-256: the
// checkpoint, receipts and attestations of the entries that were selected, and, when all
// were, the published log. The manifest has one spelling, so that every bit of the folder
// is either under a digest or under the signature. The files come through a function:
// this code opens nothing. One thread; memory is that of the largest file and of the
// manifest.
// Does not protect: it does not say that the selection is all there is, unless it is the
// whole log; nor that the keys in the folder are whose it says: bring your own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "merkle/attestation.h"
#include "merkle/note.h"
#include "merkle/verify_log.h"

namespace bailey::merkle {

inline constexpr std::string_view kManifestFile = "manifest.dsse.json";
inline constexpr std::string_view kEvidenceCheckpoint = "log/checkpoint";

struct EvidenceScope {
  std::uint64_t first = 0;  // entries looked at, both included
  std::uint64_t last = 0;
  std::string session;  // only entries of this session, or empty for all
  // kWhole: the published log from its first entry to the checkpoint is in the folder.
  enum class Log { kCheckpointOnly, kWhole } log = Log::kCheckpointOnly;
  std::uint64_t receipts = 0;
  std::uint64_t actions = 0;
};

struct EvidenceFile {
  std::string path;  // below the folder, plain: no "..", no empty part
  Digest sha256{};
};

// What the manifest file states; in it: one envelope in canonical JSON, whose keyid is the
// signer's vkey, and a newline. `files` are sorted by path and different.
[[nodiscard]] Statement manifest_statement(const EvidenceScope& scope, const Checkpoint& checkpoint,
                                           const std::vector<EvidenceFile>& files);

// Names of the files of receipts and attestations: a thousand lines each.
inline constexpr std::uint64_t kEvidenceLines = 1000;
[[nodiscard]] std::string receipts_file(std::uint64_t number);  // receipts/0000.jsonl
[[nodiscard]] std::string attestations_file(
    std::uint64_t number);  // attestations/0000.intoto.jsonl

struct EvidenceReport {
  EvidenceScope scope;
  Checkpoint checkpoint;
  std::optional<LogReport> log;    // of the whole log, when it is there
  std::vector<std::string> paths;  // all that the manifest covers, and itself: no file besides
};

// Errors: evidence.manifest, evidence.missing, evidence.digest (with the path),
// evidence.receipt, evidence.scope, and those of verify_checkpoint, verify_log and
// verify_attestations.
[[nodiscard]] Result<EvidenceReport> verify_evidence(const LogFiles& files,
                                                     const std::vector<NoteVerifier>& trusted);

}  // namespace bailey::merkle
