#include "model/verdict.h"

#include "codec/text.h"

namespace bailey::model {

Denial denial_of(const Caller& caller, const Judgement& judgement) {
  Denial denial;
  denial.decision = judgement.decision == Decision::kAsk ? Decision::kAsk : Decision::kDeny;
  if (!judgement.reasons.empty()) {
    denial.reason_code = judgement.reasons.front().code;
    denial.user_message = judgement.reasons.front().text;
    denial.rule = judgement.reasons.front().rule;
    denial.remediation_hint = judgement.reasons.front().hint;
  } else {
    denial.reason_code = "policy.no_match";
    denial.user_message = "nothing allows this";
  }
  denial.current_level = judgement.level;
  denial.required_level = judgement.required;
  denial.operation = caller.request().action().kind();
  denial.resource = caller.request().action().resource();
  denial.session_id = caller.session().id;
  denial.phase = judgement.decision == Decision::kAsk ? "consent" : "gate";
  denial.terminal = judgement.decision == Decision::kDeny;
  denial.retryable = judgement.decision == Decision::kAsk;
  const auto dot = denial.reason_code.find('.');
  denial.tags = {denial.reason_code.substr(0, dot), denial.operation,
                 judgement.decision == Decision::kAsk ? "asked" : "blocked"};
  denial.correlation_id = codec::to_hex(caller.request().action().digest().bytes).substr(0, 16);
  return denial;
}

}  // namespace bailey::model
