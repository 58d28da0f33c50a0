// Why: the reasons of a verdict, and the one shape that every denial has.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/json.h"
#include "model/level.h"

namespace bailey::model {

enum class Decision { kAllow, kDeny, kAsk };
// Deny beats ask beats allow; what is none of them counts as a denial.
[[nodiscard]] constexpr int strength(Decision decision) noexcept {
  return decision == Decision::kAllow ? 0 : decision == Decision::kAsk ? 1 : 2;
}
[[nodiscard]] std::string_view name(Decision decision) noexcept;

// One fact that took part in a verdict. `code` is stable: "policy.rule",
// "policy.no_match", "level.too_low", "kill.active", "budget.exhausted",
// "capability.missing", "approval.granted", ... (docs/reason-codes.md).
struct Reason {
  std::string code;
  Decision decision = Decision::kDeny;
  std::string text;  // one sentence for people; no secret, no host path outside the workspace
  std::string rule;  // the id of the policy rule, or empty
  // The narrowest rule or command that would change it; as free of secrets.
  std::string hint = {};
};

// product.md, "Denials are data". One shape on every door.
struct Denial {
  std::string reason_code;
  std::string user_message;
  std::string remediation_hint;
  std::optional<Level> current_level;
  std::optional<Level> required_level;
  std::string operation;
  std::string resource;
  std::string rule;
  std::string session_id;
  std::string phase;  // "gate", "consent", "effect"
  bool terminal = true;
  bool retryable = false;
  std::vector<std::string> tags;
  std::string correlation_id;
  Decision decision = Decision::kDeny;
};

[[nodiscard]] codec::Json to_json(const Denial& denial);

}  // namespace bailey::model
