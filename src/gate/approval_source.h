// ApprovalSource: answers that people gave to stored asks, as one more input of the
// gate. Asked only when the policy says `ask`. Implemented in store; errors deny.
#pragma once

#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "model/action.h"

namespace bailey::gate {

enum class Answer { kGranted, kDenied };

struct Approval {
  std::string id;  // of the ask
  Answer answer = Answer::kDenied;
  std::string by;  // the principal who answered
};

class ApprovalSource {
 public:
  virtual ~ApprovalSource() = default;
  // The unused, unexpired answer for exactly this action under exactly this policy.
  [[nodiscard]] virtual Result<std::optional<Approval>> find(const model::ActionDigest& action,
                                                             const Digest& policy) const = 0;
};

// For doors that never have answers.
class NoApprovals final : public ApprovalSource {
 public:
  Result<std::optional<Approval>> find(const model::ActionDigest&, const Digest&) const override {
    return std::optional<Approval>();
  }
};

}  // namespace bailey::gate
