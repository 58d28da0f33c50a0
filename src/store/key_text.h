// The text of a key file: one of three forms (spec/keys.md).
//
// plain: PKCS#8 PEM, as OpenSSL reads and writes it. sealed: the same under a passphrase. token:
// where the key is to be found, and which one; the key itself never comes here. All three tell
// their public key, so that listing keys needs no secret. Thread rule: plain values; texts that
// held a secret are wiped. Errors: key.syntax, key.length, key.passphrase, key.limit.
// Does not protect: a plain key at rest, nor a sealed one whose passphrase can be guessed.
#pragma once

#include <string>
#include <string_view>

#include "base/entropy.h"
#include "base/result.h"
#include "crypto/passphrase.h"
#include "crypto/sign.h"

namespace bailey::store {

inline constexpr std::size_t kMaxKeyText = 8'192;

// Text that held a secret does not stay in memory.
class SecretText {
 public:
  explicit SecretText(std::string text) : text_(std::move(text)) {}
  SecretText(SecretText&& other) noexcept : text_(std::move(other.text_)) { other.wipe(); }
  SecretText& operator=(SecretText&&) = delete;
  SecretText(const SecretText&) = delete;
  SecretText& operator=(const SecretText&) = delete;
  ~SecretText() { wipe(); }
  [[nodiscard]] const std::string& text() const noexcept { return text_; }

 private:
  void wipe() noexcept {
    crypto::wipe({reinterpret_cast<std::uint8_t*>(text_.data()), text_.capacity()});
  }
  std::string text_;
};

enum class KeyForm { kPlain, kSealed, kToken };
[[nodiscard]] std::string_view name(KeyForm form) noexcept;

// A key in a PKCS#11 token.
struct TokenKey {
  std::string module;    // absolute path of the PKCS#11 library
  std::string label;     // of the key object; also what finds the token's slot
  std::string pin_file;  // absolute path, or empty: asked for at the terminal
  bool operator==(const TokenKey&) const = default;
};

struct KeyText {
  KeyForm form;
  crypto::PublicKey public_key;
  TokenKey token{};               // kToken
  crypto::PassphraseCost cost{};  // kSealed
  crypto::PassphraseSalt salt{};  // kSealed
  Bytes box{};                    // kSealed
};
[[nodiscard]] Result<KeyText> parse_key_text(std::string_view text);

// Errors: key.syntax when it is not plain; key.passphrase when it cannot be opened.
[[nodiscard]] Result<crypto::SigningKey> open_sealed_key(const KeyText& key,
                                                         std::string_view passphrase);
[[nodiscard]] Result<std::string> write_sealed_key(const crypto::SigningKey& key,
                                                   std::string_view passphrase, Entropy& entropy,
                                                   const crypto::PassphraseCost& cost = {});
// Errors: key.syntax: a path that is not absolute, a control character.
[[nodiscard]] Result<std::string> write_token_key(const TokenKey& token,
                                                  const crypto::PublicKey& key);

}  // namespace bailey::store
