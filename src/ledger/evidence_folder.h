// Evidence folders: what a ledger hands to an outsider, with all that is needed to check it
// (spec/attestation.md, "Evidence").
//
// Everything is proven against one head, taken when the writing begins. The manifest comes
// last, so that a folder whose making was cut short verifies as nothing. Without a session
// and from the first entry to the last the published log itself is in the folder; of a
// selection only the entries selected are, and the intents that they name.
// Thread rule: one thread. Errors: those of Ledger, disk.*, evidence.exists, evidence.empty.
#pragma once

#include <functional>

#include "base/dir.h"
#include "ledger/selection.h"
#include "merkle/evidence.h"

namespace bailey::ledger {

// Of `selection` entries the first `done` were looked at.
using EvidenceProgress = std::function<void(std::uint64_t done, std::uint64_t all)>;

// `into`: an empty folder.
[[nodiscard]] Result<merkle::EvidenceScope> write_evidence(Ledger& ledger, const Head& head,
                                                           const Selection& selection,
                                                           const Dir& into,
                                                           const EvidenceProgress& progress);

// The statement about one entry at `head`.
[[nodiscard]] Result<merkle::Statement> entry_statement(Ledger& ledger, const Head& head,
                                                        const merkle::LeafEnvelope& leaf);

// The folder's README.md and check.py; `origin` names the log.
[[nodiscard]] std::string evidence_readme(const std::string& origin,
                                          const merkle::EvidenceScope& scope);
[[nodiscard]] std::string_view evidence_script();

}  // namespace bailey::ledger
