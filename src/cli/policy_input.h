// PolicyInput: the text of a policy that somebody named, and the folder in which its
// parents lie. A command that runs something asks that the files be the person's own; one
// that only reads does not. Thread rule: one thread.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "cli/outside.h"
#include "model/process_run.h"
#include "policy/chain.h"
#include "policy/compiled_policy.h"
#include "store/policy_folder.h"

namespace bailey::cli {

struct PolicyInput {
  std::string name;  // as the person knows it
  std::string text;
  std::string path;         // its name in the folder; empty when there is no folder
  std::string folder_path;  // real; empty when there is none
  std::unique_ptr<store::PolicyFolder> folder;

  [[nodiscard]] policy::PolicySource source() const { return {name, text, path, folder.get()}; }
};

// A file ("-" is standard input; that and a pipe have no folder). Errors: disk.*,
// policy.file_owner, policy.file_mode, policy.too_big.
[[nodiscard]] Result<PolicyInput> policy_file(Outside& outside, const std::string& path,
                                              store::Trust trust);
[[nodiscard]] PolicyInput builtin_policy_input(model::Profile profile);
// What `name` means: "builtin:NAME" or a file. Errors: also policy.extends.
[[nodiscard]] Result<PolicyInput> policy_by_name(Outside& outside, const std::string& name,
                                                 store::Trust trust);
// Files inside a workspace never configure the gate that judges it: whoever writes there
// would write the next run's rules. So for the policy and each of its parents. Errors:
// policy.inside_workspace.
[[nodiscard]] Status require_outside(const PolicyInput& input,
                                     const policy::CompiledPolicy& compiled,
                                     const std::string& workspace);
// The project's policy of a workspace (a real path), if it has one.
[[nodiscard]] Result<std::optional<policy::ProjectSource>> project_policy(
    Outside& outside, const std::string& workspace);

}  // namespace bailey::cli
