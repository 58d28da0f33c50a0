// The `commands` section: from list items to checked rules.
//
// A rule is {id, decision, argv, reason?, level?, final?}. What is checked here is each
// rule on its own and the uniqueness of ids within one document; whether a rule can ever
// match beside the others is checked where they are compiled (command_table.h), what it
// may do to a parent's where they are merged (merge.h). Pure; any thread.
#pragma once

#include <vector>

#include "codec/fields.h"
#include "policy/document.h"

namespace bailey::policy {

// What every rule has: its id, and a reason that may be absent (then empty).
[[nodiscard]] Result<std::string> read_id(codec::ObjectReader& reader);
[[nodiscard]] Result<std::string> read_reason(codec::ObjectReader& reader);
[[nodiscard]] Status read_commands(codec::ObjectReader& top,
                                   std::optional<Said<std::vector<CommandRule>>>& out);
[[nodiscard]] codec::Json commands_to_json(const std::vector<CommandRule>& rules);

}  // namespace bailey::policy
