// DSSE envelopes (Dead Simple Signing Envelope 1.0.2) with Ed25519 keys (spec/attestation.md).
//
// A payload and its type under one or more signatures of their pre-authentication
// encoding (PAE), which fixes every byte that is signed: no other context is put before
// it. Reading is as the standard asks: both base64 alphabets, unknown members ignored,
// `keyid` a hint that decides nothing. What verifies is the payload's exact bytes, and
// only those are handed on. Pure; any thread.
// Does not protect: against an envelope that was left out; a log shows that.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/sign.h"
#include "crypto/signer.h"
#include "merkle/note.h"

namespace bailey::merkle {

inline constexpr std::size_t kMaxEnvelopeBytes = std::size_t{32} << 20;
inline constexpr std::size_t kMaxEnvelopeSignatures = 64;

struct EnvelopeSignature {
  std::string keyid;  // a hint, or empty
  Bytes signature;
};

struct Envelope {
  std::string payload_type;
  Bytes payload;
  std::vector<EnvelopeSignature> signatures;
};

// "DSSEv1" SP length SP type SP length SP body.
[[nodiscard]] Bytes pre_authentication(std::string_view payload_type, ByteView payload);

// Canonical JSON without a newline; `keyid` is the signer's vkey. The type is ASCII.
[[nodiscard]] std::string write_envelope(std::string_view payload_type, ByteView payload,
                                         const NoteVerifier& name, const crypto::SigningKey& key);
// Errors: those of the signer.
[[nodiscard]] Result<std::string> write_envelope(std::string_view payload_type, ByteView payload,
                                                 const NoteVerifier& name,
                                                 const crypto::Signer& signer);
[[nodiscard]] std::string write_envelope(const Envelope& envelope);

// Errors: dsse.syntax with the member that is wrong.
[[nodiscard]] Result<Envelope> parse_envelope(std::string_view text);

// Which of `keys` signed it, each once, in their order. At least `threshold` (1 or more)
// different public keys are needed. Errors: dsse.threshold, dsse.signature.
[[nodiscard]] Result<std::vector<NoteVerifier>> verify_envelope(
    const Envelope& envelope, const std::vector<NoteVerifier>& keys, std::size_t threshold = 1);

}  // namespace bailey::merkle
