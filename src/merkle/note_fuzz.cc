// Notes, checkpoints, vkeys and tlog-proofs: what parses prints back to itself, and
// nothing of it verifies under a key that never signed.
#include "base/bytes.h"
#include "base/check.h"
#include "base/fakes.h"
#include "merkle/note.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bailey::merkle;
  const auto text = bailey::as_text({data, size});
  static const NoteVerifier* const kStranger = [] {
    bailey::FakeEntropy entropy;
    const auto key = bailey::crypto::SigningKey::generate(entropy);
    return new NoteVerifier(*NoteVerifier::create("stranger", key.public_key()));
  }();
  if (const auto note = parse_note(text)) {
    bailey::check(text.starts_with(note->text), "a note begins with its text");
    bailey::check(!verify_note(*note, {*kStranger}), "nobody signs without a key");
  }
  if (const auto checkpoint = parse_checkpoint_text(text)) {
    bailey::check(text.starts_with(checkpoint_text(*checkpoint)), "a checkpoint prints back");
  }
  if (const auto key = NoteVerifier::parse(text)) {
    bailey::check(key->vkey() == text, "a vkey has one spelling");
  }
  if (const auto proof = parse_tlog_proof(text)) {
    bailey::check(write_tlog_proof(*proof) == text, "a proof has one spelling");
  }
  return 0;
}
