// Signed notes (C2SP signed-note v1.0.0) and checkpoints (C2SP tlog-checkpoint).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "crypto/sign.h"
#include "merkle/tree.h"

namespace bailey::merkle {

// A public key with its name: "<name>+<hex key id>+base64(0x01 || key)".
class NoteVerifier {
 public:
  // Errors: note.name (empty, a Unicode space, or '+').
  [[nodiscard]] static Result<NoteVerifier> create(std::string name, crypto::PublicKey key);
  // Errors: note.vkey.
  [[nodiscard]] static Result<NoteVerifier> parse(std::string_view vkey);
  [[nodiscard]] std::string vkey() const;
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] std::uint32_t key_id() const noexcept { return key_id_; }
  [[nodiscard]] const crypto::PublicKey& key() const noexcept { return key_; }

 private:
  NoteVerifier(std::string name, crypto::PublicKey key);
  std::string name_;
  crypto::PublicKey key_;
  std::uint32_t key_id_;
};

struct NoteSignature {
  std::string name;
  std::uint32_t key_id = 0;
  Bytes signature;  // without the key id
};

struct Note {
  std::string text;  // ends in '\n'
  std::vector<NoteSignature> signatures;
};

// Errors: note.syntax (with what is wrong), note.limit (1 MiB, 64 signatures).
[[nodiscard]] Result<Note> parse_note(std::string_view bytes);
// Ignores unknown keys; a bad signature of a known key refuses the note; at least
// one good one is needed. Errors: note.signature.
[[nodiscard]] Status verify_note(const Note& note, const std::vector<NoteVerifier>& known);
// One signature line more; the text must end in '\n' and hold no control characters.
[[nodiscard]] std::string sign_note(std::string_view text, const std::string& name,
                                    const crypto::SigningKey& key);

struct Checkpoint {
  std::string origin;
  std::uint64_t size = 0;
  Hash root{};
  bool operator==(const Checkpoint&) const = default;
};

[[nodiscard]] std::string checkpoint_text(const Checkpoint& checkpoint);
// Errors: checkpoint.syntax.
[[nodiscard]] Result<Checkpoint> parse_checkpoint_text(std::string_view text);

// c2sp.org/tlog-proof@v1: index, path and checkpoint in one text.
struct TlogProof {
  std::uint64_t index = 0;
  std::vector<Hash> path;
  std::string checkpoint;  // the signed note, whole
  std::optional<std::string> extra;
};
[[nodiscard]] std::string write_tlog_proof(const TlogProof& proof);
// Errors: proof.syntax.
[[nodiscard]] Result<TlogProof> parse_tlog_proof(std::string_view text);

}  // namespace bailey::merkle
