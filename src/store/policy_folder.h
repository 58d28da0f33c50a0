// PolicyFolder: the folder of a policy, from which its parents are read.
//
// A file counts only when it is a regular one of the person or of root that nobody else
// may write; no symlink is followed on the way to it. Thread rule: const; any thread.
// Errors: policy.file_owner, policy.file_mode, policy.too_big, path.*, disk.*.
// Does not protect: against root, nor against the person's other programs.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/dir.h"
#include "policy/chain.h"

namespace bailey::store {

// kOwn: only what is the person's own counts. kAny: for looking at a policy without
// running anything by it.
enum class Trust { kOwn, kAny };

class PolicyFolder final : public policy::ParentFiles {
 public:
  PolicyFolder(Dir dir, uid_t user, Trust trust = Trust::kOwn)
      : dir_(std::move(dir)), user_(user), trust_(trust) {}
  // The policy itself is read by the same rules.
  [[nodiscard]] Result<std::string> read(const std::string& path) const override;

 private:
  Dir dir_;
  uid_t user_;
  Trust trust_;
};

// The text of .bailey/policy.yaml below a workspace; nothing when there is none. Whose it
// is does not matter: it can only take away. Errors: policy.too_big, disk.*.
[[nodiscard]] Result<std::optional<std::string>> read_project_policy(const Dir& workspace);
inline constexpr std::string_view kProjectPolicy = ".bailey/policy.yaml";

}  // namespace bailey::store
