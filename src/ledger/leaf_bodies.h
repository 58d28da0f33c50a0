// What the leaves of an action say: verdicts and outcomes as JSON bodies.
//
// No argument, environment value or output byte is in a body; what must be bound is
// there as a salted digest (spec/leaf.md), whose salt only the holder of the disclosure
// key can make again, one member at a time. The program's path is told, if the action
// names it as "program". Pure; any thread.
// Does not protect: text that the gate or an effect puts into a reason, a note or a
// detail is written as it is; they see to it that it holds no secret.
#pragma once

#include "codec/json.h"
#include "crypto/seal.h"
#include "merkle/leaf.h"
#include "model/outcome.h"
#include "model/permit.h"

namespace bailey::ledger {

// Makes the salted digests of one leaf.
class Discloser {
 public:
  Discloser(const crypto::SealKey& key, const merkle::Nonce& nonce) : key_(key), nonce_(nonce) {}
  [[nodiscard]] codec::Json digest(std::string_view member, ByteView payload) const;

 private:
  const crypto::SealKey& key_;
  const merkle::Nonce& nonce_;
};

[[nodiscard]] codec::Json intent_body(const model::Permit& permit, const Discloser& discloser);
[[nodiscard]] codec::Json outcome_body(const model::Outcome& outcome, const Discloser& discloser);
[[nodiscard]] codec::Json refusal_body(const model::Refusal& refusal, const Discloser& discloser);
[[nodiscard]] codec::Json abandoned_body(const model::Abandoned& abandoned,
                                         const Discloser& discloser);
[[nodiscard]] codec::Json interrupted_body(const model::IntentId& intent);

}  // namespace bailey::ledger
