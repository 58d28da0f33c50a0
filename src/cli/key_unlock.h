// KeyUnlock: from a key file to something that signs, asking for what the form needs.
//
// A passphrase or a PIN comes from a file that an option or the environment names
// ($BAILEY_KEY_PASSPHRASE_FILE), or from the terminal; never from the command line. What was
// asked for is kept as long as the command runs and wiped then. Thread rule: one thread at a time.
// Does not protect: against whoever reads the file that holds the passphrase.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "cli/outside.h"
#include "store/key_ring.h"

namespace bailey::cli {

class KeyUnlock {
 public:
  explicit KeyUnlock(Outside& outside) : outside_(outside) {}

  // Errors: key.syntax, key.passphrase, key.no_terminal, token.*, disk.*.
  [[nodiscard]] Result<crypto::AnySigner> open(const store::RingKey& key,
                                               const store::SecretText& text);
  // One more that may open a key: that of a key which was just made.
  void add_passphrase(const store::SecretText& passphrase);

 private:
  Outside& outside_;
  std::mutex mutex_;
  std::vector<store::SecretText> passphrases_;
};

// The first line of a file that is the user's alone. Errors: key.passphrase_file, disk.*.
[[nodiscard]] Result<store::SecretText> secret_from_file(Outside& outside, const std::string& path);
// The passphrase for a new or an opened key: of `file`, of the environment, or typed (twice for a
// new one). Errors: key.passphrase, key.no_terminal, disk.*.
enum class Typed { kOnce, kTwice };
[[nodiscard]] Result<store::SecretText> find_passphrase(Outside& outside,
                                                        const std::optional<std::string>& file,
                                                        const std::string& what, Typed typed);
// The PIN of a token: of its file, or typed.
[[nodiscard]] Result<store::SecretText> find_pin(Outside& outside, const store::TokenKey& token);

}  // namespace bailey::cli
