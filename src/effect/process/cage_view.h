// From a policy's file rules to the view that a cage gets: which places it sees, how,
// and what is hidden inside them. Plans only; the jail builds.
//
// The root is empty: what no rule names does not exist in the cage. Rules name
// directories ("/usr/**") or single files; a rule for something that the host does
// not have is skipped. `hide` wins over everything, and the home of Bailey and its own
// programs are always protected. A workspace must be a real directory, not "/", and not
// one of the places that a rule hides as a whole.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "effect/process/host_files.h"
#include "effect/process/jail.h"
#include "model/process_run.h"

namespace bailey::effect::process {

struct FileRules {
  std::vector<std::string> read;   // absolute, "/usr/**" or "/etc/hosts"
  std::vector<std::string> write;  // as read
  std::vector<std::string> hide;   // absolute; '*' and '?' within a name, "**" for any depth
};

struct ViewRequest {
  FileRules rules;
  std::string workspace;  // real path
  model::WorkspaceAccess access = model::WorkspaceAccess::kReadWrite;
  std::vector<std::string> always_hidden;     // Bailey's home
  std::vector<std::string> always_read_only;  // Bailey's programs, when the workspace holds them
};

struct CageView {
  std::vector<View> views;          // parents before children
  std::vector<std::string> hidden;  // existing paths in the view, sorted
  std::vector<std::string> notes;   // what the report must say
};

// Errors: run.workspace (what is wrong with it), files.pattern, files.too_many (more
// than 4,096 hidden paths).
[[nodiscard]] Result<CageView> plan_view(const ViewRequest& request, const HostFiles& host);

// True when `path` lies under a view and not under a hidden path.
[[nodiscard]] bool is_visible(const CageView& view, const std::string& path);

struct FoundProgram {
  std::string found;  // where the name was found; the last symlink not followed
  std::string real;   // the file behind it
};

// Resolves argv[0] as execvp would inside the cage. Errors: run.not_found (127),
// run.not_executable (126), run.hidden (127: it exists on the host and is hidden here).
[[nodiscard]] Result<FoundProgram> find_program(const std::string& name,
                                                const std::string& path_variable,
                                                const std::string& directory, const CageView& view,
                                                const HostFiles& host);

}  // namespace bailey::effect::process
