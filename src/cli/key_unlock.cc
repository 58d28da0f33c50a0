#include "cli/key_unlock.h"

namespace bailey::cli {
namespace {

constexpr std::size_t kMaxSecret = 4'096;
constexpr const char* kVariable = "BAILEY_KEY_PASSPHRASE_FILE";

}  // namespace

Result<store::SecretText> secret_from_file(Outside& outside, const std::string& path) {
  std::string text = BAILEY_TRY(outside.read_user_file(path, kMaxSecret));
  const store::SecretText whole(std::move(text));
  std::string line = whole.text().substr(0, whole.text().find('\n'));
  if (line.empty())
    return fail("key.passphrase", "the file that should hold a passphrase or PIN is empty");
  return store::SecretText(std::move(line));
}

Result<store::SecretText> find_passphrase(Outside& outside, const std::optional<std::string>& file,
                                          const std::string& what, Typed typed) {
  if (file) return secret_from_file(outside, *file);
  if (const auto named = outside.environment(kVariable); named && !named->empty())
    return secret_from_file(outside, *named);
  auto first = BAILEY_TRY(outside.ask_secret("Passphrase for " + what + ": "));
  if (first.text().empty()) return fail("key.passphrase", "the passphrase is empty");
  if (typed == Typed::kOnce) return first;
  const auto again = BAILEY_TRY(outside.ask_secret("Again: "));
  if (again.text() != first.text())
    return fail("key.passphrase", "the two passphrases are not the same");
  return first;
}

Result<store::SecretText> find_pin(Outside& outside, const store::TokenKey& token) {
  if (!token.pin_file.empty()) return secret_from_file(outside, token.pin_file);
  return outside.ask_secret("PIN of the token with the key '" + token.label + "': ");
}

void KeyUnlock::add_passphrase(const store::SecretText& passphrase) {
  const std::lock_guard lock(mutex_);
  passphrases_.emplace_back(std::string(passphrase.text()));
}

Result<crypto::AnySigner> KeyUnlock::open(const store::RingKey& key,
                                          const store::SecretText& text) {
  const auto parsed = BAILEY_TRY(store::parse_key_text(text.text()));
  switch (parsed.form) {
    case store::KeyForm::kPlain:
      return crypto::AnySigner(BAILEY_TRY(crypto::SigningKey::from_pem(text.text())));
    case store::KeyForm::kSealed: {
      const std::lock_guard lock(mutex_);
      for (const auto& each : passphrases_) {
        auto opened = store::open_sealed_key(parsed, each.text());
        if (opened) return crypto::AnySigner(*std::move(opened));
      }
      auto passphrase = BAILEY_TRY(
          find_passphrase(outside_, std::nullopt, "the key " + key.key.name(), Typed::kOnce));
      auto opened = BAILEY_TRY(store::open_sealed_key(parsed, passphrase.text()));
      passphrases_.push_back(std::move(passphrase));
      return crypto::AnySigner(std::move(opened));
    }
    case store::KeyForm::kToken: {
      const auto pin = BAILEY_TRY(find_pin(outside_, parsed.token));
      return outside_.token_signer(parsed.token, parsed.public_key, pin);
    }
  }
  return fail("key.syntax", "a key in no form that is known");
}

}  // namespace bailey::cli
