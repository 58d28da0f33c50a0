#include "store/key_text.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "codec/json.h"
#include "codec/text.h"

namespace bailey::store {
namespace {

constexpr std::string_view kSealedHead = "-----BEGIN BAILEY SEALED KEY-----\n";
constexpr std::string_view kSealedFoot = "-----END BAILEY SEALED KEY-----\n";
constexpr std::string_view kTokenHead = "-----BEGIN BAILEY TOKEN KEY-----\n";
constexpr std::string_view kTokenFoot = "-----END BAILEY TOKEN KEY-----\n";
constexpr std::string_view kPurpose = "bailey/sealed-key/v1\n";

std::unexpected<Error> bad(std::string_view why) {
  return fail("key.syntax", "not a key file: " + std::string(why),
              "put the right file back from a copy");
}

// Takes "NAME: VALUE\n" off the front.
std::optional<std::string_view> take(std::string_view& text, std::string_view name) {
  if (!text.starts_with(name) || !text.substr(name.size()).starts_with(": ")) return std::nullopt;
  const auto end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const auto value = text.substr(name.size() + 2, end - name.size() - 2);
  text.remove_prefix(end + 1);
  return value;
}

std::optional<std::uint32_t> number(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (status != std::errc{} || end != text.data() + text.size() || std::to_string(value) != text)
    return std::nullopt;
  return value;
}

bool is_line(std::string_view text) {
  return text.size() <= 1'024 && codec::is_valid_utf8(text) &&
         std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

std::string sealed_fields(const crypto::PublicKey& key, const crypto::PassphraseCost& cost,
                          const crypto::PassphraseSalt& salt) {
  return "public: " + codec::to_base64(key.bytes()) + "\nkib: " + std::to_string(cost.kib) +
         "\npasses: " + std::to_string(cost.passes) + "\nsalt: " + codec::to_base64(salt) + "\n";
}

std::string purpose(std::string_view fields) { return std::string(kPurpose) + std::string(fields); }

Result<crypto::PublicKey> public_member(std::string_view& text) {
  const auto value = take(text, "public");
  if (!value) return bad("no public key");
  const auto bytes = codec::from_base64(*value);
  if (!bytes) return bad("its public key is not base64");
  const auto key = crypto::PublicKey::create(*bytes);
  if (!key) return bad(key.error().message);
  return *key;
}

Result<KeyText> parse_sealed(std::string_view text) {
  const auto key = BAILEY_TRY(public_member(text));
  KeyText out{.form = KeyForm::kSealed, .public_key = key};
  const auto kib = take(text, "kib");
  const auto passes = kib ? take(text, "passes") : std::nullopt;
  const auto salt = passes ? take(text, "salt") : std::nullopt;
  const auto box = salt ? take(text, "sealed") : std::nullopt;
  if (!box || text != kSealedFoot) return bad("a line is missing, or one too many");
  const auto memory = number(*kib);
  const auto times = number(*passes);
  const auto salt_bytes = codec::from_base64(*salt);
  auto box_bytes = codec::from_base64(*box);
  if (!memory || !times || !salt_bytes || salt_bytes->size() != out.salt.size() || !box_bytes)
    return bad("a value that is out of its form");
  out.cost = {*memory, *times};
  std::copy(salt_bytes->begin(), salt_bytes->end(), out.salt.begin());
  out.box = *std::move(box_bytes);
  return out;
}

Result<KeyText> parse_token(std::string_view text) {
  const auto key = BAILEY_TRY(public_member(text));
  KeyText out{.form = KeyForm::kToken, .public_key = key};
  const auto module = take(text, "module");
  const auto label = module ? take(text, "label") : std::nullopt;
  const auto pin_file = label ? take(text, "pin-file") : std::nullopt;
  if (!pin_file || text != kTokenFoot) return bad("a line is missing, or one too many");
  out.token = {std::string(*module), std::string(*label), std::string(*pin_file)};
  BAILEY_TRY(write_token_key(out.token, out.public_key));  // the same rules
  return out;
}

}  // namespace

std::string_view name(KeyForm form) noexcept {
  switch (form) {
    case KeyForm::kPlain:
      return "file";
    case KeyForm::kSealed:
      return "sealed file";
    case KeyForm::kToken:
      return "token";
  }
  return "file";
}

Result<KeyText> parse_key_text(std::string_view text) {
  if (text.size() > kMaxKeyText) return bad("it is too long");
  if (text.starts_with(kSealedHead)) return parse_sealed(text.substr(kSealedHead.size()));
  if (text.starts_with(kTokenHead)) return parse_token(text.substr(kTokenHead.size()));
  if (text.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"))
    return fail("key.syntax", "the key is encrypted by OpenSSL",
                "openssl pkey -in FILE -out PLAIN, then import it with --passphrase-file");
  const auto key = BAILEY_TRY(crypto::SigningKey::from_pem(text));
  return KeyText{.form = KeyForm::kPlain, .public_key = key.public_key()};
}

Result<crypto::SigningKey> open_sealed_key(const KeyText& key, std::string_view passphrase) {
  const auto sealing = BAILEY_TRY(crypto::key_from_passphrase(passphrase, key.salt, key.cost));
  auto opened = crypto::open_sealed(
      sealing, purpose(sealed_fields(key.public_key, key.cost, key.salt)), key.box);
  if (!opened) return fail("key.passphrase", "this passphrase does not open the key");
  const SecretText pem{std::string(as_text(*opened))};
  crypto::wipe(*opened);
  auto out = BAILEY_TRY(crypto::SigningKey::from_pem(pem.text()));
  if (out.public_key() != key.public_key) return bad("it holds another key than it says");
  return out;
}

Result<std::string> write_sealed_key(const crypto::SigningKey& key, std::string_view passphrase,
                                     Entropy& entropy, const crypto::PassphraseCost& cost) {
  crypto::PassphraseSalt salt{};
  entropy.fill(salt);
  const auto sealing = BAILEY_TRY(crypto::key_from_passphrase(passphrase, salt, cost));
  const std::string fields = sealed_fields(key.public_key(), cost, salt);
  const SecretText pem(key.to_pem());
  const Bytes box = crypto::seal(sealing, purpose(fields), as_bytes(pem.text()), entropy);
  return std::string(kSealedHead) + fields + "sealed: " + codec::to_base64(box) + "\n" +
         std::string(kSealedFoot);
}

Result<std::string> write_token_key(const TokenKey& token, const crypto::PublicKey& key) {
  const bool good = token.module.starts_with('/') && is_line(token.module) &&
                    !token.label.empty() && is_line(token.label) && is_line(token.pin_file) &&
                    (token.pin_file.empty() || token.pin_file.starts_with('/'));
  if (!good) return bad("module and PIN file are absolute paths, the label one line");
  return std::string(kTokenHead) + "public: " + codec::to_base64(key.bytes()) +
         "\nmodule: " + token.module + "\nlabel: " + token.label + "\npin-file: " + token.pin_file +
         "\n" + std::string(kTokenFoot);
}

}  // namespace bailey::store
