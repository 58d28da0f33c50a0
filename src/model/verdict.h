// Verdict: allow, deny or ask, with every reason. Made by the gate only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/linear.h"
#include "base/pass_key.h"
#include "model/limits.h"
#include "model/reason.h"
#include "model/request.h"

namespace bailey::gate {
class Gate;
}

namespace bailey::model {

// What the gate looked at and concluded; plain data that goes into leaf and receipt.
struct Judgement {
  Decision decision = Decision::kDeny;
  std::vector<Reason> reasons;  // the deciding one first
  Level level = Level::kIsolated;
  Level required = Level::kRoot;
  std::string policy_name;
  Digest policy_digest{};
  std::optional<Digest> project_digest;  // of a project's policy that narrowed it
  std::uint64_t kill_epoch = 0;
  Limits limits;                          // of the policy and the request, the smaller each
  std::vector<std::string> degradations;  // accepted by name
  std::string approvals_by;               // "self", "other"; who may answer an ask
  std::int64_t approval_timeout_ns = 0;
  bool halted = false;              // the kill switch decided
  std::string approval;             // the granted ask that allowed it; consent uses it up
  std::int64_t level_until_ns = 0;  // monotonic end of a raised level that this needs; 0: none
};

class Verdict {
 public:
  Verdict(PassKey<gate::Gate>, Caller caller, Judgement judgement)
      : caller_(std::move(caller)), judgement_(std::move(judgement)) {}

  [[nodiscard]] Decision decision() const {
    live_.require("Verdict used after move");
    return judgement_.decision;
  }
  [[nodiscard]] const Caller& caller() const {
    live_.require("Verdict used after move");
    return caller_;
  }
  [[nodiscard]] const Judgement& judgement() const {
    live_.require("Verdict used after move");
    return judgement_;
  }

 private:
  Live live_;
  Caller caller_;
  Judgement judgement_;
};

// The denial that a verdict of deny, or an ask without an answer, tells.
[[nodiscard]] Denial denial_of(const Caller& caller, const Judgement& judgement);

}  // namespace bailey::model
