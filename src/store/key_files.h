// The keys of a home, each a file of its own, 0600 from the moment it exists.
//
// Made on first use, never replaced here. What is loaded was checked: owner, mode, no
// link, syntax, length. Thread rule: any thread. Errors: key.owner, key.mode,
// key.syntax, key.length, key.missing, disk.*.
// Does not protect: keys from the owner's other programs, nor from root; they are not
// encrypted at rest.
#pragma once

#include <string_view>

#include "base/entropy.h"
#include "base/result.h"
#include "crypto/seal.h"
#include "crypto/sign.h"
#include "store/home.h"

namespace bailey::store {

// ledger: signs checkpoints. receipts: signs leaves and receipts. approval: signs answers.
enum class KeyUse { kLedger, kReceipts, kApproval };
[[nodiscard]] std::string_view name(KeyUse use) noexcept;

// Loads the key; makes it first when the home has none. `made` says which.
enum class Made { kLoaded, kNow };
template <class T>
struct KeyFile {
  T key;
  Made made;
};

[[nodiscard]] Result<KeyFile<crypto::SigningKey>> signing_key(const Home& home, KeyUse use,
                                                              Entropy& entropy);
[[nodiscard]] Result<KeyFile<crypto::SealKey>> disclosure_key(const Home& home, Entropy& entropy);
// Loads only. Errors: key.missing.
[[nodiscard]] Result<crypto::SealKey> existing_disclosure_key(const Home& home);

}  // namespace bailey::store
