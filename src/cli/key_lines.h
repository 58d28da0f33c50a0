// The public keys of a home, as `bailey init` and `bailey key list` show them.
#pragma once

#include <string>
#include <vector>

#include "base/entropy.h"
#include "base/result.h"
#include "codec/json.h"
#include "crypto/sign.h"
#include "merkle/note.h"
#include "store/home.h"

namespace bailey::cli {

// The name of the log that this key signs: "bailey/" and 16 hex digits of its hash.
[[nodiscard]] std::string ledger_origin(const crypto::PublicKey& key);

struct KeyLine {
  std::string role;  // "ledger", "receipts", "approval"
  merkle::NoteVerifier verifier;
};

// The keys that a home has; makes none. Errors: key.*.
[[nodiscard]] Result<std::vector<KeyLine>> key_lines(const store::Home& home, Entropy& entropy);
[[nodiscard]] codec::Json to_json(const std::vector<KeyLine>& keys);
[[nodiscard]] std::string to_text(const std::vector<KeyLine>& keys);

}  // namespace bailey::cli
