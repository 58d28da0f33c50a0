// Leaf: the bytes that the log commits to (spec/leaf.md).
//
// One version byte, then RFC 8785 JSON: a closed envelope around a body whose
// members depend on the type. Parsing accepts only what encoding writes, byte for
// byte, so a leaf has one spelling. Pure; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "codec/json.h"
#include "crypto/seal.h"
#include "merkle/tree.h"

namespace bailey::merkle {

inline constexpr std::uint8_t kLeafVersion = 0x01;
inline constexpr std::uint8_t kKeyLeafVersion = 0x02;  // of LeafType::kKey alone
inline constexpr std::size_t kMaxLeafBytes = 65'535;

enum class LeafType {
  kIntent,       // an effect is about to start
  kOutcome,      // an effect ended; closes its intent
  kRefusal,      // a verdict that was no
  kInterrupted,  // recovery found an intent that nobody holds; closes it
  kAbandoned,    // authority dropped unused; closes its intent when there was one
  kEvents,       // a batch of events of a running effect
  kControl,      // the gate or the keys changed: kill switch, level, policy, key
  kAsk,          // a question to a person was stored
  kAnswer,       // and answered, or expired
  kAdvice,       // a decision whose effect happens elsewhere
  kKey,          // a key of the log began or ended (merkle/key_history.h)
};
[[nodiscard]] std::string_view name(LeafType type) noexcept;
[[nodiscard]] std::optional<LeafType> leaf_type(std::string_view name) noexcept;

using Nonce = std::array<std::uint8_t, 16>;

struct IntentRef {
  std::uint64_t index = 0;
  Hash leaf_hash{};
  bool operator==(const IntentRef&) const = default;
};
// {"index":N,"leaf_hash":"<hex>"}, the value of a body's member "intent".
[[nodiscard]] codec::Json to_json(const IntentRef& ref);

struct LeafEnvelope {
  LeafType type = LeafType::kIntent;
  std::uint64_t index = 0;  // its place in the log; at most 2^53 - 1
  WallTime time;
  MonoTime mono;  // not negative
  BootId boot;
  Nonce nonce{};               // fresh for each leaf; salts derive from it
  std::optional<Hash> parent;  // leaf hash of the intent of the session it belongs to
  codec::Json body;            // an object
};

// Errors: leaf.too_big; leaf.body (the body is no object, holds what a reader would
// refuse, or its "intent" does not fit the type); leaf.field (boot id, index or monotonic time out
// of form).
[[nodiscard]] Result<Bytes> encode_leaf(const LeafEnvelope& leaf);
// Errors: leaf.version, leaf.too_big, leaf.syntax, leaf.not_canonical, leaf.field,
// leaf.type, leaf.body.
[[nodiscard]] Result<LeafEnvelope> parse_leaf(ByteView bytes);
// The intent that the body names. Outcome, interrupted and events must name one, an
// intent must not, the others may. It lies before the leaf. Errors: leaf.body.
[[nodiscard]] Result<std::optional<IntentRef>> intent_of(const LeafEnvelope& leaf);
// Outcome, refusal, interrupted, abandoned: no second one may close the same intent.
[[nodiscard]] bool closes_intent(LeafType type) noexcept;

// Salted digests (spec/leaf.md, "What is not in the leaf"). The salt of one member of
// one leaf can be told without telling that of any other.
using Salt = Digest;
[[nodiscard]] Salt salt_for(const crypto::SealKey& disclosure_key, const Nonce& nonce,
                            std::string_view member);
[[nodiscard]] Digest salted_digest(const Salt& salt, ByteView payload) noexcept;

}  // namespace bailey::merkle
