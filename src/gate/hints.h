// The sentences that a denial gives to people: what was missing, and the narrowest
// rule or command that would change it. Arguments of the command never appear: they may
// be secrets, so a rule shows their places only. Pure; any thread.
#pragma once

#include <string>

#include "gate/process_arguments.h"
#include "model/level.h"
#include "policy/policy.h"
#include "policy/shell/facts.h"

namespace bailey::gate {

// The program as a person would call it: a bare name, made safe for a terminal.
[[nodiscard]] std::string program_name(const ProcessArguments& arguments);

// "add to the policy under commands: - {id: allow-git, decision: allow, argv: [...]}"
[[nodiscard]] std::string rule_hint(const ProcessArguments& arguments);
// The same for a program that a command would start.
[[nodiscard]] std::string rule_hint(const std::string& found, const std::string& workspace,
                                    const policy::shell::Segment& segment);
// The same for a shell: a rule must name the script.
[[nodiscard]] std::string shell_rule_hint(const ProcessArguments& arguments);

// How this session could get to `required`, or why it cannot.
[[nodiscard]] std::string level_hint(model::Level required, model::Level ceiling,
                                     const policy::Levels& levels);

}  // namespace bailey::gate
