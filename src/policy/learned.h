// Learned: the narrowest file lists under which what was watched would have worked.
//
// Files that were opened or executed become places, one each; what was written becomes the
// folder that it was written in, because a place must be there before a run and editors
// replace files. With kYes, folders of which several files were used become one place. Never
// wider than the policy that it was watched under, and never a sensitive place: those are
// given apart, with what is kept there, for a person to decide. Pure; any thread.
// Does not protect: what a program does another time, or only looks at without opening it,
// is not in what was watched.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "policy/file_rules.h"

namespace bailey::policy {

struct FileUseSeen {
  std::string path;  // absolute; made plain here
  FileUse use = FileUse::kRead;
};

enum class Collapse { kNo, kYes };

struct LearnedFiles {
  std::vector<std::string> read;   // as a policy writes them, sorted
  std::vector<std::string> write;  // the same
  // What was used and is not in the lists, with the reason.
  std::vector<std::pair<std::string, std::string>> left_out;
};

// `rules`: of the policy that was watched under. `read` and `write` of `before`, when it is
// not null, are kept and added to.
[[nodiscard]] LearnedFiles learned_files(const std::vector<FileUseSeen>& seen,
                                         const FileRules& rules, const FileScene& scene,
                                         Collapse collapse, const Files* before = nullptr);

}  // namespace bailey::policy
