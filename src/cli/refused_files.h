// refused_files: which files a run's cage refused, kept for `bailey policy suggest`.
//
// The ledger tells of them as salted digests (spec/events.md). Their paths lie sealed beside
// the arguments of denied actions (spec/denials.md), one text a run, and each counts only
// where an event of that run has its digest: what use was refused is the ledger's word.
// Pure; any thread. Errors: none; what cannot be read is nothing.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/seal.h"
#include "merkle/leaf.h"
#include "model/event.h"
#include "policy/file_rules.h"

namespace bailey::cli {

struct RefusedFiles {
  std::string workspace;           // of the run
  std::vector<std::string> paths;  // absolute, in the order of their events
};

// What is kept of a run. Empty: none of the events is about a file that can be named.
[[nodiscard]] std::string refused_files_text(const std::vector<model::Event>& events,
                                             const std::string& workspace);
[[nodiscard]] std::optional<RefusedFiles> parse_refused_files(std::string_view text);

struct RefusedFile {
  std::string path;
  policy::FileUse use = policy::FileUse::kRead;
};

// Those of `kept` that `leaf`, of type events, tells of.
[[nodiscard]] std::vector<RefusedFile> recognise(const RefusedFiles& kept,
                                                 const merkle::LeafEnvelope& leaf,
                                                 const crypto::SealKey& disclosure);

}  // namespace bailey::cli
