// TokenDoor: bailey's side of bailey-token (spec/token.md).
//
// Starts the program, gives it a module, a label and a PIN, and asks it to sign; the private key
// never comes here. Every answer has a deadline, and every signature is verified before it is
// used. When an answer is late or wrong the program is ended and the signer is spent: every later
// signature fails with the same code. Thread rule: any thread, one question at a time.
// Errors: token.program (cannot be started, or died), token.timeout, token.protocol, token.module,
// token.slot, token.pin, token.key, token.exists, token.mechanism, token.failed, token.signature.
// Does not protect: the PIN and the token from the module, which the user chose.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/fd.h"
#include "crypto/signer.h"

namespace bailey::platform {

struct TokenPlace {
  std::string module;
  std::string label;  // "KEY", or "TOKEN/KEY"
};

struct TokenProgram {
  std::string path;                      // of bailey-token
  std::vector<std::string> environment;  // NAME=VALUE, for the module
  int timeout_ms = 10'000;               // of one answer
};

[[nodiscard]] Result<crypto::PublicKey> token_generate(const TokenProgram& program,
                                                       const TokenPlace& place,
                                                       const std::string& pin);
[[nodiscard]] Result<std::shared_ptr<const crypto::Signer>> token_signer(
    const TokenProgram& program, const TokenPlace& place, const std::string& pin,
    const crypto::PublicKey& key);

}  // namespace bailey::platform
