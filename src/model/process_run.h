// The action "process.run": run one program with these arguments in a cage.
//
// Arguments of the action, a closed set of members:
//   argv         array of strings, 1..: as typed; argv[0] is what the person wrote
//   found        string: where argv[0] was found in the cage's view; the last symlink
//                not followed
//   program      string: the real file behind it
//   environment  object of strings: what `--env` and the policy add (values too, so
//                that an approval is bound to them)
//   directory    string: the working directory in the cage
//   access       "read-write" | "read-only": of the workspace
//   profile      "strict" | "balanced" | "permissive"
//   limits       object: name -> decimal string, as requested
// The resource is the workspace's real path. Bytes that are not UTF-8 are written as
// "\x" escapes by escape_bytes, so that two different argument vectors never
// look the same.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "model/action.h"
#include "model/limits.h"

namespace bailey::model {

inline constexpr const char* kProcessRun = "process.run";

enum class Profile { kStrict, kBalanced, kPermissive };
[[nodiscard]] std::string_view name(Profile profile) noexcept;
[[nodiscard]] Result<Profile> profile_from(std::string_view text);  // Errors: usage.profile

enum class WorkspaceAccess { kReadOnly, kReadWrite };

struct ProcessRun {
  std::vector<std::string> argv;
  std::string found;
  std::string program;
  std::vector<std::pair<std::string, std::string>> environment;
  std::string workspace;  // real path
  std::string directory;
  WorkspaceAccess access = WorkspaceAccess::kReadWrite;
  Profile profile = Profile::kBalanced;
  Limits requested;
};

// Errors: those of Action::create; run.empty when argv is empty.
[[nodiscard]] Result<Action> to_action(const ProcessRun& run);

// Valid UTF-8 without a backslash stays; '\' becomes "\\" and each other byte "\xNN".
[[nodiscard]] std::string escape_bytes(std::string_view bytes);

}  // namespace bailey::model
