// A git worktree keeps its repository elsewhere: ".git" is a file that says where.
//
// A workspace must not be able to open any folder of the host by writing such a
// file, so the other side is asked too: the directory it names has to point back at
// exactly this ".git", as git itself demands, and has to be inside a repository.
#pragma once

#include <string>

#include "effect/process/host_files.h"

namespace bailey::effect::process {

// The repository's common git directory when it is real, points back and lies outside
// the workspace; empty otherwise.
[[nodiscard]] std::string git_directory_outside(const std::string& workspace,
                                                const HostFiles& host);

}  // namespace bailey::effect::process
