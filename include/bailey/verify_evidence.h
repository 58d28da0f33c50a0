// The offline verifier: evidence folders and in-toto bundles of Bailey.
//
// As verify.h: nothing is opened here, trust comes from the keys given, any thread. The rules
// are spec/attestation.md. A folder must be listed by the caller, because a file that the
// manifest does not name is no evidence and is refused.
//
// Does not protect: a selection does not show what was left out of it; `whole` says whether
// it is one.
#pragma once

#include "bailey/verify.h"

namespace bailey::verify {

struct EvidenceReport {
  Report report;
  std::uint64_t first = 0;  // entries that were selected, both included
  std::uint64_t last = 0;
  std::string session{};  // only its entries, or empty
  bool whole = false;     // the whole log is there, and was verified
  std::uint64_t receipts = 0;
  std::uint64_t actions = 0;
};
// `there`: the paths of all files below the folder ("log/checkpoint").
// Codes besides those of logs and receipts: evidence.*, attestation.*, dsse.*.
[[nodiscard]] EvidenceReport verify_evidence(const std::vector<std::string>& vkeys,
                                             const ReadFile& read,
                                             const std::vector<std::string>& there);

struct AttestationReport {
  Report report;  // of the newest checkpoint that an action was proven against
  std::uint64_t actions = 0;
  std::uint64_t sessions = 0;  // whose actions are all there, between the entries they name
  std::uint64_t ignored = 0;   // lines of others
};
// A bundle: one envelope a line.
[[nodiscard]] AttestationReport verify_attestations(const std::vector<std::string>& vkeys,
                                                    std::string_view bundle);

}  // namespace bailey::verify
