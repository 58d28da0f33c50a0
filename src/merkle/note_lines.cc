#include "merkle/note_lines.h"

#include <algorithm>
#include <charconv>

#include "codec/json.h"
#include "codec/text.h"
#include "crypto/hash.h"

namespace bailey::merkle {
namespace {

// White_Space of the Unicode character database, as UTF-8.
bool has_unicode_space(std::string_view text) noexcept {
  static constexpr std::string_view kSpaces[] = {"\t",           "\n",           "\v",
                                                 "\f",           "\r",           " ",
                                                 "\xC2\x85",     "\xC2\xA0",     "\xE1\x9A\x80",
                                                 "\xE2\x80\x80", "\xE2\x80\x81", "\xE2\x80\x82",
                                                 "\xE2\x80\x83", "\xE2\x80\x84", "\xE2\x80\x85",
                                                 "\xE2\x80\x86", "\xE2\x80\x87", "\xE2\x80\x88",
                                                 "\xE2\x80\x89", "\xE2\x80\x8A", "\xE2\x80\xA8",
                                                 "\xE2\x80\xA9", "\xE2\x80\xAF", "\xE2\x81\x9F",
                                                 "\xE3\x80\x80"};
  return std::any_of(std::begin(kSpaces), std::end(kSpaces), [&](std::string_view space) {
    return text.find(space) != std::string_view::npos;
  });
}

std::array<std::uint8_t, 4> big_endian(std::uint32_t n) noexcept {
  return {static_cast<std::uint8_t>(n >> 24U), static_cast<std::uint8_t>(n >> 16U),
          static_cast<std::uint8_t>(n >> 8U), static_cast<std::uint8_t>(n)};
}

}  // namespace

bool is_key_name(std::string_view name) noexcept {
  return !name.empty() && name.find('+') == std::string_view::npos && !has_unicode_space(name) &&
         codec::is_valid_utf8(name) && std::none_of(name.begin(), name.end(), [](char c) {
           return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
         });
}

std::uint32_t note_key_id(std::string_view name, KeyType type,
                          const crypto::PublicKey& key) noexcept {
  const std::uint8_t between[] = {'\n', static_cast<std::uint8_t>(type)};
  const Digest digest =
      crypto::Sha256().update(as_bytes(name)).update(between).update(key.bytes()).finish();
  return (std::uint32_t{digest[0]} << 24U) | (std::uint32_t{digest[1]} << 16U) |
         (std::uint32_t{digest[2]} << 8U) | std::uint32_t{digest[3]};
}

std::string write_vkey(const Vkey& vkey, KeyType type) {
  Bytes body{static_cast<std::uint8_t>(type)};
  body.insert(body.end(), vkey.key.bytes().begin(), vkey.key.bytes().end());
  return vkey.name + "+" + codec::to_hex(big_endian(vkey.key_id)) + "+" + codec::to_base64(body);
}

Result<Vkey> parse_vkey(std::string_view text, KeyType type) {
  const auto bad = [](std::string why) {
    return fail("note.vkey", "not a verifier key: " + std::move(why),
                "it looks like NAME+8 hex digits+base64, on one line");
  };
  const auto first = text.find('+');
  const auto second = first == std::string_view::npos ? first : text.find('+', first + 1);
  if (second == std::string_view::npos) return bad("two '+' are needed");
  const auto name = text.substr(0, first);
  const auto id = codec::from_hex(text.substr(first + 1, second - first - 1));
  if (!id || id->size() != 4) return bad("the key id is not 8 hex digits");
  const auto body = codec::from_base64(text.substr(second + 1));
  if (!body) return bad("the key is not base64");
  if (body->empty() || (*body)[0] != static_cast<std::uint8_t>(type)) {
    return bad(type == KeyType::kEd25519 ? "its type is not Ed25519"
                                         : "its type is not that of an Ed25519 cosignature (4)");
  }
  const auto key = crypto::PublicKey::create(ByteView(*body).subspan(1));
  if (!key) return bad(key.error().message);
  if (!is_key_name(name)) return bad("its name is empty or holds a space or a control character");
  const std::uint32_t key_id = note_key_id(name, type, *key);
  if (!std::ranges::equal(big_endian(key_id), *id)) {
    return bad("the key id does not belong to the name and key");
  }
  return Vkey{std::string(name), key_id, *key};
}

std::string signature_line(std::string_view name, std::uint32_t key_id, ByteView signature) {
  Bytes blob;
  blob.reserve(4 + signature.size());
  for (const auto byte : big_endian(key_id)) blob.push_back(byte);
  blob.insert(blob.end(), signature.begin(), signature.end());
  std::string line(kSignatureHead);
  line.append(name).append(" ").append(codec::to_base64(blob)).append("\n");
  return line;
}

std::optional<std::uint64_t> decimal_of(std::string_view text) noexcept {
  std::uint64_t value = 0;
  if (text.empty() || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (status != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<Hash> hash_of_base64(std::string_view text) {
  if (text.size() != 44) return std::nullopt;
  const auto bytes = codec::from_base64(text);
  if (!bytes || bytes->size() != 32) return std::nullopt;
  Hash hash{};
  std::copy(bytes->begin(), bytes->end(), hash.begin());
  return hash;
}

std::optional<std::string_view> take_line(std::string_view& text) noexcept {
  const auto end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const auto line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

}  // namespace bailey::merkle
