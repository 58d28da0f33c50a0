// Envelopes and statements: what parses is written to something that parses to the same,
// and nothing verifies under a key that never signed.
#include "base/bytes.h"
#include "base/check.h"
#include "base/fakes.h"
#include "merkle/attestation.h"
#include "merkle/dsse.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bailey::merkle;
  const auto text = bailey::as_text({data, size});
  static const NoteVerifier* const kStranger = [] {
    bailey::FakeEntropy entropy;
    const auto key = bailey::crypto::SigningKey::generate(entropy);
    return new NoteVerifier(*NoteVerifier::create("stranger", key.public_key()));
  }();
  if (const auto envelope = parse_envelope(text)) {
    const auto again = parse_envelope(write_envelope(*envelope));
    bailey::check(again && again->payload == envelope->payload &&
                      again->payload_type == envelope->payload_type &&
                      again->signatures.size() == envelope->signatures.size(),
                  "an envelope is read as it was written");
    bailey::check(!verify_envelope(*envelope, {*kStranger}), "nobody signs without a key");
    if (const auto statement = parse_statement(envelope->payload)) {
      bailey::check(!verify_action(*statement, {*kStranger}), "no log without its key");
    }
  }
  if (const auto statement = parse_statement({data, size})) {
    const auto written = write_statement(*statement);
    const auto again = parse_statement(bailey::as_bytes(written));
    bailey::check(again && write_statement(*again) == written, "a statement is read as written");
    (void)verify_action(*statement, {*kStranger});
  }
  (void)verify_attestations(text, {*kStranger});
  return 0;
}
