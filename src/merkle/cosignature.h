// A witness's word about a checkpoint: C2SP tlog-cosignature v1 with Ed25519 (type 0x04).
//
// A cosignature says: "at this time (POSIX seconds), this was the largest tree that I had seen
// of this log, and it extends every one I had seen before". It is a signature line on the
// checkpoint's note; its blob is 8 bytes of time, big-endian, and 64 of signature, over
//
//   "cosignature/v1\n" "time <decimal>\n" || the note's text
//
// Thread rule: values and pure functions.
// Does not protect: the signed bytes hold no name, so one key must serve one cosigner only;
// and the time is the witness's clock, nobody else's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "crypto/sign.h"
#include "merkle/note.h"
#include "merkle/note_lines.h"

namespace bailey::merkle {

// A witness's public key with its name: "<name>+<hex key id>+base64(0x04 || key)".
class CosignatureVerifier {
 public:
  // Errors: note.name.
  [[nodiscard]] static Result<CosignatureVerifier> create(std::string name, crypto::PublicKey key);
  // Errors: note.vkey.
  [[nodiscard]] static Result<CosignatureVerifier> parse(std::string_view vkey);
  [[nodiscard]] std::string vkey() const;
  [[nodiscard]] const std::string& name() const noexcept { return vkey_.name; }
  [[nodiscard]] std::uint32_t key_id() const noexcept { return vkey_.key_id; }
  [[nodiscard]] const crypto::PublicKey& key() const noexcept { return vkey_.key; }

 private:
  explicit CosignatureVerifier(Vkey vkey) : vkey_(std::move(vkey)) {}
  Vkey vkey_;
};

// When this witness cosigned the note, in POSIX seconds: the newest of its lines, or nothing
// when it has none. Lines of other keys are not looked at.
// Errors: cosignature.signature when a line of this key is malformed or wrong; the whole note is
// then not to be believed.
[[nodiscard]] Result<std::optional<std::uint64_t>> cosigned_at(const Note& note,
                                                               const CosignatureVerifier& witness);

// One signature line to append to a note with this text; `time` is at most 2^63 - 1. What is to
// be checked before a witness may call this is spec/witness.md's.
[[nodiscard]] std::string cosign(std::string_view note_text, const std::string& name,
                                 std::uint64_t time, const crypto::SigningKey& key);

}  // namespace bailey::merkle
