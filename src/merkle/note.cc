#include "merkle/note.h"

#include <algorithm>
#include <charconv>

#include "base/check.h"
#include "codec/json.h"
#include "codec/text.h"
#include "crypto/hash.h"

namespace bailey::merkle {
namespace {

constexpr std::size_t kMaxNoteBytes = 1U << 20;
constexpr std::size_t kMaxSignatures = 64;
constexpr std::string_view kSignatureHead = "\xE2\x80\x94 ";  // U+2014 EM DASH, space
constexpr std::uint8_t kEd25519 = 0x01;

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

bool is_key_name(std::string_view name) noexcept {
  return !name.empty() && name.find('+') == std::string_view::npos && !has_unicode_space(name) &&
         codec::is_valid_utf8(name) && std::none_of(name.begin(), name.end(), [](char c) {
           return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
         });
}

bool is_note_text(std::string_view text) noexcept {
  return !text.empty() && text.ends_with('\n') && codec::is_valid_utf8(text) &&
         std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\n'; });
}

std::uint32_t compute_key_id(std::string_view name, const crypto::PublicKey& key) noexcept {
  constexpr std::uint8_t kBetween[] = {'\n', kEd25519};
  const Digest digest =
      crypto::Sha256().update(as_bytes(name)).update(kBetween).update(key.bytes()).finish();
  return (std::uint32_t{digest[0]} << 24U) | (std::uint32_t{digest[1]} << 16U) |
         (std::uint32_t{digest[2]} << 8U) | std::uint32_t{digest[3]};
}

std::array<std::uint8_t, 4> big_endian(std::uint32_t n) noexcept {
  return {static_cast<std::uint8_t>(n >> 24U), static_cast<std::uint8_t>(n >> 16U),
          static_cast<std::uint8_t>(n >> 8U), static_cast<std::uint8_t>(n)};
}

std::unexpected<Error> bad_note(std::string why) {
  return fail("note.syntax", "not a signed note: " + std::move(why));
}

}  // namespace

NoteVerifier::NoteVerifier(std::string name, crypto::PublicKey key)
    : name_(std::move(name)), key_(key), key_id_(compute_key_id(name_, key_)) {}

Result<NoteVerifier> NoteVerifier::create(std::string name, crypto::PublicKey key) {
  if (!is_key_name(name)) {
    return fail("note.name", "a key name is not empty and has no space, '+' or control character");
  }
  return NoteVerifier(std::move(name), key);
}

Result<NoteVerifier> NoteVerifier::parse(std::string_view vkey) {
  const auto bad = [](std::string why) {
    return fail("note.vkey", "not a verifier key: " + std::move(why),
                "it looks like NAME+8 hex digits+base64, on one line");
  };
  const auto first = vkey.find('+');
  const auto second = first == std::string_view::npos ? first : vkey.find('+', first + 1);
  if (second == std::string_view::npos) return bad("two '+' are needed");
  const auto name = vkey.substr(0, first);
  const auto id = codec::from_hex(vkey.substr(first + 1, second - first - 1));
  if (!id || id->size() != 4) return bad("the key id is not 8 hex digits");
  const auto body = codec::from_base64(vkey.substr(second + 1));
  if (!body) return bad("the key is not base64");
  if (body->empty() || (*body)[0] != kEd25519) return bad("its type is not Ed25519");
  const auto key = crypto::PublicKey::create(ByteView(*body).subspan(1));
  if (!key) return bad(key.error().message);
  if (!is_key_name(name)) return bad("its name is empty or holds a space or a control character");
  NoteVerifier verifier(std::string(name), *key);
  if (!std::ranges::equal(big_endian(verifier.key_id_), *id)) {
    return bad("the key id does not belong to the name and key");
  }
  return verifier;
}

std::string NoteVerifier::vkey() const {
  Bytes body{kEd25519};
  body.insert(body.end(), key_.bytes().begin(), key_.bytes().end());
  return name_ + "+" + codec::to_hex(big_endian(key_id_)) + "+" + codec::to_base64(body);
}

Result<Note> parse_note(std::string_view bytes) {
  if (bytes.size() > kMaxNoteBytes) return fail("note.limit", "a note has at most 1 MiB");
  if (!is_note_text(bytes)) {
    return bad_note("it must be UTF-8, end in a newline and hold no control characters");
  }
  const auto blank = bytes.rfind("\n\n");
  if (blank == std::string_view::npos) return bad_note("no empty line before the signatures");
  Note note;
  note.text = bytes.substr(0, blank + 1);
  auto rest = bytes.substr(blank + 2);
  if (rest.empty()) return bad_note("no signature");
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    auto line = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    if (note.signatures.size() == kMaxSignatures) {
      return fail("note.limit", "a note has at most 64 signatures");
    }
    if (!line.starts_with(kSignatureHead)) return bad_note("a line that is no signature");
    line.remove_prefix(kSignatureHead.size());
    const auto space = line.find(' ');
    if (space == std::string_view::npos) return bad_note("a signature without a name");
    const auto name = line.substr(0, space);
    if (!is_key_name(name)) return bad_note("a signature whose key name is not allowed");
    const auto blob = codec::from_base64(line.substr(space + 1));
    if (!blob) return bad_note("a signature that is not base64");
    if (blob->size() < 5) return bad_note("a signature that is too short");
    NoteSignature signature;
    signature.name = name;
    for (std::size_t i = 0; i < 4; ++i) signature.key_id = (signature.key_id << 8U) | (*blob)[i];
    signature.signature.assign(blob->begin() + 4, blob->end());
    note.signatures.push_back(std::move(signature));
  }
  return note;
}

Status verify_note(const Note& note, const std::vector<NoteVerifier>& known) {
  bool good = false;
  for (const auto& line : note.signatures) {
    for (const auto& verifier : known) {
      if (verifier.name() != line.name || verifier.key_id() != line.key_id) continue;
      crypto::Signature signature{};
      const bool length = line.signature.size() == signature.size();
      if (length) std::copy(line.signature.begin(), line.signature.end(), signature.begin());
      if (!length || !verifier.key().verify_raw(as_bytes(note.text), signature)) {
        return fail("note.signature",
                    "the signature of '" + codec::for_terminal(line.name, 200) + "' is wrong");
      }
      good = true;
    }
  }
  if (!good) {
    return fail("note.signature", "no signature of a known key",
                "give the public key of the log that wrote it");
  }
  return {};
}

std::string sign_note(std::string_view text, const std::string& name,
                      const crypto::SigningKey& key) {
  check(is_note_text(text), "sign_note of text that no note can hold");
  check(is_key_name(name), "sign_note with a name that no key can have");
  const auto signature = key.sign_raw(as_bytes(text));
  Bytes blob;
  blob.reserve(4 + signature.size());
  for (const auto byte : big_endian(compute_key_id(name, key.public_key()))) blob.push_back(byte);
  blob.insert(blob.end(), signature.begin(), signature.end());
  std::string note(text);
  note += '\n';
  note += kSignatureHead;
  note += name;
  note += ' ';
  note += codec::to_base64(blob);
  note += '\n';
  return note;
}

}  // namespace bailey::merkle
