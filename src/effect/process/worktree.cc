#include "effect/process/worktree.h"

#include <string_view>

namespace bailey::effect::process {
namespace {

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

// A path in a git file is absolute or relative to the directory that holds the file.
std::string against(const std::string& directory, const std::string& path) {
  return path.starts_with('/') ? path : directory + "/" + path;
}

bool is_repository(const std::string& directory, const HostFiles& host) {
  return host.kind(directory + "/HEAD") == FileKind::kRegular &&
         host.kind(directory + "/objects") == FileKind::kDirectory &&
         host.kind(directory + "/refs") == FileKind::kDirectory;
}

}  // namespace

std::string git_directory_outside(const std::string& workspace, const HostFiles& host) {
  constexpr std::string_view kPrefix = "gitdir: ";
  const std::string pointer = workspace + "/.git";
  if (host.kind(pointer) != FileKind::kRegular) return {};
  const auto text = host.small_file(pointer);
  if (!text || !text->starts_with(kPrefix)) return {};
  const auto entry = host.real_path(against(workspace, first_line(text->substr(kPrefix.size()))));
  if (!entry) return {};

  const auto back = host.small_file(*entry + "/gitdir");
  if (!back) return {};
  const auto back_path = host.real_path(against(*entry, first_line(*back)));
  if (!back_path || *back_path != pointer) return {};

  const auto common_text = host.small_file(*entry + "/commondir");
  if (!common_text) return {};
  const auto common = host.real_path(against(*entry, first_line(*common_text)));
  if (!common || !entry->starts_with(*common + "/worktrees/") || !is_repository(*common, host))
    return {};
  if (common->starts_with(workspace + "/")) return {};
  return *common;
}

}  // namespace bailey::effect::process
