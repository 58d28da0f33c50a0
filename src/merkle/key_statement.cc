// The record of one change of a key: its form, and its signatures.
#include <algorithm>
#include <charconv>

#include "base/check.h"
#include "codec/fields.h"
#include "codec/text.h"
#include "crypto/hash.h"
#include "merkle/key_history.h"
#include "merkle/rfc3339.h"

namespace bailey::merkle {
namespace {

constexpr std::string_view kActions[] = {"generate", "import", "rotate", "archive", "revoke"};
constexpr std::string_view kRoles[] = {"ledger", "receipts", "approval", "change", "skill"};
constexpr std::string_view kCode = "key.statement";

std::string message_of(const KeyStatement& statement) {
  return codec::canonical_json(to_json(statement));
}

std::string decimal_or_empty(const std::optional<std::uint64_t>& number) {
  return number ? std::to_string(*number) : std::string();
}

std::string time_or_empty(const std::optional<WallTime>& time) {
  return time ? rfc3339(*time) : std::string();
}

Result<NoteVerifier> vkey_member(codec::ObjectReader& reader, std::string_view name) {
  const std::string text = BAILEY_TRY(reader.required_string(name));
  auto key = NoteVerifier::parse(text);
  if (!key) return std::unexpected(reader.error(kCode, name, key.error().message));
  return key;
}

Result<WallTime> time_of(codec::ObjectReader& reader, std::string_view name,
                         const std::string& text) {
  const auto time = parse_rfc3339(text);
  if (!time) return std::unexpected(reader.error(kCode, name, "must be a time"));
  return *time;
}

Result<crypto::Signature> signature_of(codec::ObjectReader& reader, std::string_view name,
                                       const std::string& text) {
  const auto bytes = codec::from_base64(text);
  crypto::Signature signature{};
  if (!bytes || bytes->size() != signature.size())
    return std::unexpected(reader.error(kCode, name, "must be the base64 of 64 bytes"));
  std::copy(bytes->begin(), bytes->end(), signature.begin());
  return signature;
}

Result<std::size_t> word(codec::ObjectReader& reader, std::string_view name,
                         std::span<const std::string_view> words) {
  const std::string text = BAILEY_TRY(reader.required_string(name));
  const auto found = std::find(words.begin(), words.end(), text);
  if (found == words.end())
    return std::unexpected(reader.error(kCode, name, "is none of the words for it"));
  return static_cast<std::size_t>(found - words.begin());
}

Result<KeyStatement> read_statement(codec::ObjectReader reader) {
  const auto action = static_cast<KeyAction>(BAILEY_TRY(word(reader, "action", kActions)));
  const auto role = static_cast<KeyRole>(BAILEY_TRY(word(reader, "role", kRoles)));
  auto key = BAILEY_TRY(vkey_member(reader, "vkey"));
  KeyStatement out{.action = action, .role = role, .key = std::move(key)};
  const auto none = [&](std::string_view name) {
    return std::unexpected(reader.error(kCode, name, "does not belong to this action"));
  };
  const std::string previous = BAILEY_TRY(reader.required_string("previous"));
  if (previous.empty() == (action == KeyAction::kRotate)) return none("previous");
  if (!previous.empty()) out.previous = BAILEY_TRY(vkey_member(reader, "previous"));

  out.sequence = static_cast<std::uint64_t>(
      BAILEY_TRY(reader.required_int("sequence", 0, codec::kMaxJsonInt)));
  const std::string prior = BAILEY_TRY(reader.required_string("prior"));
  if (prior.empty() != (out.sequence == 0))
    return std::unexpected(reader.error(kCode, "prior", "is empty for the first one alone"));
  if (!prior.empty()) {
    const auto hash = codec::digest_from_hex(prior);
    if (!hash) return std::unexpected(reader.error(kCode, "prior", "must be 64 hex digits"));
    out.prior = *hash;
  }
  const std::string from = BAILEY_TRY(reader.required_string("valid_from"));
  out.valid_from = BAILEY_TRY(time_of(reader, "valid_from", from));
  const std::string until = BAILEY_TRY(reader.required_string("valid_until"));
  if (until.empty() == (action == KeyAction::kRotate)) return none("valid_until");
  if (!until.empty()) {
    out.valid_until = BAILEY_TRY(time_of(reader, "valid_until", until));
    if (*out.valid_until < out.valid_from)
      return std::unexpected(reader.error(kCode, "valid_until", "lies before valid_from"));
  }
  const std::string size = BAILEY_TRY(reader.required_string("until_size"));
  if (!size.empty()) {
    if (begins(action)) return none("until_size");
    std::int64_t number = 0;
    const char* end = size.data() + size.size();
    const auto [stop, status] = std::from_chars(size.data(), end, number);
    if (status != std::errc{} || stop != end || number < 0 || std::to_string(number) != size)
      return std::unexpected(reader.error(kCode, "until_size", "must be a decimal number"));
    out.until_size = static_cast<std::uint64_t>(number);
  }
  out.reason = BAILEY_TRY(reader.required_string("reason"));
  if (out.reason.size() > kMaxKeyReason)
    return std::unexpected(reader.error(kCode, "reason", "is longer than 512 bytes"));
  BAILEY_TRY(reader.finish());
  return out;
}

Result<KeyRecord> read_body(const codec::Json& body) {
  auto reader = BAILEY_TRY(codec::ObjectReader::create(body, "key leaf"));
  auto inner = BAILEY_TRY(reader.required_object("statement"));
  auto statement = BAILEY_TRY(read_statement(std::move(inner)));
  auto authority = BAILEY_TRY(vkey_member(reader, "authority"));
  KeyRecord record{.statement = std::move(statement), .authority = std::move(authority)};
  const std::string signature = BAILEY_TRY(reader.required_string("signature"));
  record.signature = BAILEY_TRY(signature_of(reader, "signature", signature));
  const std::string possession = BAILEY_TRY(reader.required_string("possession"));
  if (possession.empty() == begins(record.statement.action))
    return std::unexpected(reader.error(kCode, "possession", "is there exactly when a key begins"));
  if (!possession.empty())
    record.possession = BAILEY_TRY(signature_of(reader, "possession", possession));
  BAILEY_TRY(reader.finish());
  return record;
}

}  // namespace

std::string_view name(KeyAction action) noexcept {
  return kActions[static_cast<std::size_t>(action)];
}

std::string_view name(KeyRole role) noexcept { return kRoles[static_cast<std::size_t>(role)]; }

std::optional<KeyRole> key_role(std::string_view name) noexcept {
  const auto* found = std::find(std::begin(kRoles), std::end(kRoles), name);
  if (found == std::end(kRoles)) return std::nullopt;
  return static_cast<KeyRole>(found - std::begin(kRoles));
}

std::string key_name(std::string_view origin, KeyRole role) {
  std::string out(origin);
  if (role != KeyRole::kLedger) out.append("/").append(name(role));
  return out;
}

codec::Json to_json(const KeyStatement& s) {
  return codec::Json(codec::Json::Object{
      {"action", name(s.action)},
      {"previous", s.previous ? s.previous->vkey() : std::string()},
      {"prior", s.prior ? codec::to_hex(*s.prior) : std::string()},
      {"reason", s.reason},
      {"role", name(s.role)},
      {"sequence", static_cast<std::int64_t>(s.sequence)},
      {"until_size", decimal_or_empty(s.until_size)},
      {"valid_from", rfc3339(s.valid_from)},
      {"valid_until", time_or_empty(s.valid_until)},
      {"vkey", s.key.vkey()},
  });
}

Digest statement_hash(const KeyStatement& statement) {
  return crypto::sha256(as_bytes(message_of(statement)));
}

codec::Json to_json(const KeyRecord& record) {
  return codec::Json(codec::Json::Object{
      {"authority", record.authority.vkey()},
      {"possession", record.possession ? codec::to_base64(*record.possession) : std::string()},
      {"signature", codec::to_base64(record.signature)},
      {"statement", to_json(record.statement)},
  });
}

Result<KeyRecord> read_key_record(const codec::Json& body) {
  auto record = read_body(body);
  if (!record) return fail(kCode, record.error().message, record.error().hint);
  return record;
}

Status verify_signatures(const KeyRecord& record) {
  const std::string message = message_of(record.statement);
  if (!record.authority.key().verify(kStatementContext, as_bytes(message), record.signature))
    return fail("key.history", "the signature of the ledger's key is wrong");
  if (record.possession &&
      !record.statement.key.key().verify(kPossessionContext, as_bytes(message), *record.possession))
    return fail("key.history", "nobody proved to hold the key that begins");
  return {};
}

Result<KeyRecord> sign_statement(KeyStatement statement, const NoteVerifier& authority,
                                 const crypto::Signer& by, const crypto::Signer* own) {
  check(begins(statement.action) == (own != nullptr), "a key that begins signs for itself");
  const std::string message = message_of(statement);
  KeyRecord record{.statement = std::move(statement), .authority = authority};
  record.signature = BAILEY_TRY(by.sign(kStatementContext, as_bytes(message)));
  if (own != nullptr)
    record.possession = BAILEY_TRY(own->sign(kPossessionContext, as_bytes(message)));
  // A signer elsewhere may hold another key than the one that it was asked for.
  BAILEY_TRY(verify_signatures(record));
  return record;
}

}  // namespace bailey::merkle
