// The bodies of the ledger entries that commands write themselves (spec/leaf.md):
// `control` for the kill switch, the level and the keys, `answer` for approvals.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "codec/json.h"
#include "consent/ask.h"
#include "model/principal.h"

namespace bailey::cli {

struct Control {
  std::string what;  // "kill_on", "kill_off", "level", "policy", "key"
  model::Principal by;
  std::string reason;  // as given
  std::string before;
  std::string after;
  std::optional<std::uint64_t> kill_epoch;
};

[[nodiscard]] codec::Json control_body(const Control& control);
[[nodiscard]] codec::Json answer_body(const consent::StoredAsk& stored, const model::Principal& by,
                                      const std::string& reason);

}  // namespace bailey::cli
