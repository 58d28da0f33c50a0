// Gate: Caller -> Verdict. The one judge of every door.
//
// Precedence: kill switch > deny rule > missing capability > level too low > budget >
// ask > allow > nothing matched: deny. Every reason that applies is in the verdict, the
// deciding one first. judge() never fails: what it cannot understand it denies. Budgets
// do not exist in this build; a policy that names them denies everything.
// Pure but for the approval source. Thread rule: const; any thread.
// Does not protect: against what an allowed command does; that is the cage's part.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "gate/approval_source.h"
#include "gate/kill_switch.h"
#include "gate/level_matrix.h"
#include "gate/session_level.h"
#include "model/verdict.h"
#include "policy/compiled_policy.h"
#include "policy/file_rules.h"
#include "policy/surroundings.h"

namespace bailey::gate {

// All that a judgement looks at besides the caller.
struct Inputs {
  const policy::CompiledPolicy& policy;
  const LevelMatrix& matrix;
  const ApprovalSource& approvals;
  LevelState level;
  KillState kill;
  std::string home;  // of the person ("~" in the policy); empty: no "~" path matches
  // The kinds of action that the session holds. Absent: those of a local session.
  std::optional<std::vector<std::string>> capabilities = std::nullopt;
  // Where a command would begin. Null: whatever starts other programs is in doubt.
  const policy::Surroundings* surroundings = nullptr;
  // What the policy says of single files, for `file.read`. Null: none is given.
  const policy::FileRules* files = nullptr;
};

class Gate {
 public:
  explicit Gate(const Clock& clock) noexcept : clock_(clock) {}
  [[nodiscard]] model::Verdict judge(model::Caller&& caller, const Inputs& inputs) const;

 private:
  const Clock& clock_;
};

}  // namespace bailey::gate
