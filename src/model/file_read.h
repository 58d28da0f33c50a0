// The action "file.read": a copy of one file for a program that runs and waits for it.
//
// Arguments of the action, a closed set of members (spec/live-grants.md):
//   run      64 hex digits: leaf hash of the intent of the run; so no answer outlives it
//   path     string: absolute and plain, as the program claimed it
//   file     string: the real path of what was found there
//   device, inode  decimal strings: of what was found
//   asker    string: the kernel's name of the thread
//   pid      decimal string, as seen outside
// The resource is the workspace's real path. Strings by escape_bytes.
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "model/action.h"

namespace bailey::model {

inline constexpr const char* kFileRead = "file.read";

struct FileRead {
  Digest run{};
  std::string workspace;
  std::string path;
  std::string file;
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::string asker;
  std::uint64_t pid = 0;
};

// Errors: those of Action::create.
[[nodiscard]] Result<Action> to_action(const FileRead& read);

}  // namespace bailey::model
