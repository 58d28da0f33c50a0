// ApprovalStore: where asks and their answers are kept. Implemented in store.
// Every error leaves things unanswered. Thread rule: the implementation's.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "consent/ask.h"

namespace bailey::consent {

class ApprovalStore {
 public:
  virtual ~ApprovalStore() = default;
  // Stores the ask (its id and nonce are filled in) and gives what is stored: the same
  // question, asked before and not expired, stays as it is. Durable on return.
  [[nodiscard]] virtual Result<Ask> put(Ask ask) = 0;
  // Errors: approval.missing, approval.unreadable.
  [[nodiscard]] virtual Result<StoredAsk> get(const std::string& id) const = 0;
  // All that can be read, oldest first.
  [[nodiscard]] virtual Result<std::vector<StoredAsk>> list() const = 0;
  // The first answer wins. Errors: approval.answered.
  [[nodiscard]] virtual Status answer(const Ask& ask, const AnswerRecord& record) = 0;
  // Takes a granted, unexpired answer out; whoever gets OK may use it, once. Errors:
  // approval.used.
  [[nodiscard]] virtual Status use(const std::string& id) = 0;
};

}  // namespace bailey::consent
