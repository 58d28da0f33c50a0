// What the ledger signs for other people's tools (spec/attestation.md).
#include "base/check.h"
#include "ledger/ledger.h"
#include "merkle/dsse.h"

namespace bailey::ledger {
namespace {

constexpr std::size_t kMaxNoteBytes = std::size_t{1} << 20;

}  // namespace

Result<merkle::TlogProof> Ledger::proof(std::uint64_t index, const Head& head) {
  if (index >= head.size) return fail("log.no_entry", "the log has no such entry");
  return proof_of(index, head, ProofFrom::kAnywhere);
}

std::string Ledger::checkpoint(const Head& head) const {
  std::string own = log_->checkpoint_note(head);
  const auto published = log_->dir().read_file(RelPath::known("checkpoint"), kMaxNoteBytes);
  const auto note = published ? merkle::parse_note(*published)
                              : Result<merkle::Note>(std::unexpected(published.error()));
  const auto text = merkle::parse_note(own);
  const bool same = note && text && note->text == text->text &&
                    merkle::verify_note(*note, log_->verifiers()).has_value();
  return same ? *published : own;
}

Result<std::string> Ledger::attest(const merkle::Statement& statement) const {
  const auto name = merkle::NoteVerifier::create(receipt_key_name(), keys_.receipts.public_key());
  check(name.has_value(), "the key of receipts has a name");
  return merkle::write_envelope(merkle::kStatementPayload,
                                as_bytes(merkle::write_statement(statement)), *name,
                                keys_.receipts.get());
}

}  // namespace bailey::ledger
