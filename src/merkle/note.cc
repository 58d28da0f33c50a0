#include "merkle/note.h"

#include <algorithm>

#include "base/check.h"
#include "codec/json.h"
#include "codec/text.h"
#include "merkle/note_lines.h"

namespace bailey::merkle {
namespace {

constexpr std::size_t kMaxNoteBytes = 1U << 20;
constexpr std::size_t kMaxSignatures = 64;

bool is_note_text(std::string_view text) noexcept {
  return !text.empty() && text.ends_with('\n') && codec::is_valid_utf8(text) &&
         std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\n'; });
}

std::unexpected<Error> bad_note(std::string why) {
  return fail("note.syntax", "not a signed note: " + std::move(why));
}

}  // namespace

NoteVerifier::NoteVerifier(std::string name, crypto::PublicKey key)
    : name_(std::move(name)), key_(key), key_id_(note_key_id(name_, KeyType::kEd25519, key_)) {}

Result<NoteVerifier> NoteVerifier::create(std::string name, crypto::PublicKey key) {
  if (!is_key_name(name)) {
    return fail("note.name", "a key name is not empty and has no space, '+' or control character");
  }
  return NoteVerifier(std::move(name), key);
}

Result<NoteVerifier> NoteVerifier::parse(std::string_view vkey) {
  auto parsed = BAILEY_TRY(parse_vkey(vkey, KeyType::kEd25519));
  return NoteVerifier(std::move(parsed.name), parsed.key);
}

std::string NoteVerifier::vkey() const {
  return write_vkey({name_, key_id_, key_}, KeyType::kEd25519);
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
  const auto key_id = note_key_id(name, KeyType::kEd25519, key.public_key());
  return std::string(text) + "\n" + signature_line(name, key_id, signature);
}

}  // namespace bailey::merkle
