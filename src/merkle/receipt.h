// Receipt v1: one action's leaf with everything needed to believe it offline
// (spec/receipt.md): the leaf, the intent that it closes, inclusion paths to one
// signed checkpoint, and a signature that binds leaf and checkpoint together.
//
// Thread rule: pure functions over values.
// Does not protect: against a log whose operator shows different checkpoints to
// different people; that takes witnesses, or comparing checkpoints.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/sign.h"
#include "merkle/leaf.h"
#include "merkle/leaf_glance.h"
#include "merkle/note.h"

namespace bailey::merkle {

inline constexpr std::string_view kReceiptContext = "bailey/receipt/v1";
inline constexpr std::string_view kReceiptKeySuffix = "/receipts";

struct IntentProof {
  Bytes leaf;
  std::vector<Hash> path;  // to the same checkpoint as the receipt's own leaf
};

struct ReceiptParts {
  Bytes leaf;
  TlogProof proof;  // of the leaf; without extra data
  std::optional<IntentProof> intent;
};

struct SignedReceipt {
  ReceiptParts parts;
  std::string vkey;  // of the signer
  crypto::Signature signature{};
};

// The file's text: canonical JSON and a newline. `key_name` is the checkpoint's
// origin, or the origin and "/receipts".
[[nodiscard]] std::string write_receipt(const ReceiptParts& parts, const std::string& key_name,
                                        const crypto::SigningKey& key);

// Errors: receipt.syntax, with the member that is wrong.
[[nodiscard]] Result<SignedReceipt> parse_receipt(std::string_view text);

struct VerifiedReceipt {
  Checkpoint checkpoint;
  LeafGlance leaf;
  Hash leaf_hash{};
  std::optional<LeafGlance> intent;
};

// `trusted`: keys of logs and receipt signers that the reader believes.
// Errors: receipt.leaf, receipt.proof, receipt.checkpoint, receipt.key,
// receipt.signature, receipt.inclusion, receipt.intent.
[[nodiscard]] Result<VerifiedReceipt> verify_receipt(const SignedReceipt& receipt,
                                                     const std::vector<NoteVerifier>& trusted);
// The same when the receipt's own checkpoint was verified already: what came of that.
[[nodiscard]] Result<VerifiedReceipt> verify_receipt_under(
    const SignedReceipt& receipt, const Result<Checkpoint>& checkpoint,
    const std::vector<NoteVerifier>& trusted);

// A signed checkpoint whose origin's own key is among `trusted` and has signed it.
// Errors: note.*, checkpoint.*.
[[nodiscard]] Result<Checkpoint> verify_checkpoint(std::string_view note,
                                                   const std::vector<NoteVerifier>& trusted);

}  // namespace bailey::merkle
