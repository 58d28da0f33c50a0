// A host of a few paths in memory, for tests of the planner.
#pragma once

#include <map>
#include <set>
#include <string>

#include "effect/process/host_files.h"

namespace bailey::effect::process {

class FakeHostFiles final : public HostFiles {
 public:
  // Makes the parents too. A symlink's content is its target, absolute.
  FakeHostFiles& add(const std::string& path, FileKind kind, std::string content = {}) {
    for (auto slash = path.find('/', 1); slash != std::string::npos;
         slash = path.find('/', slash + 1))
      files_.try_emplace(path.substr(0, slash), Entry{FileKind::kDirectory, {}});
    files_[path] = {kind, std::move(content)};
    return *this;
  }
  FakeHostFiles& program(const std::string& path) {
    programs_.insert(path);
    return add(path, FileKind::kRegular);
  }

  FileKind kind(const std::string& path) const override {
    const auto found = files_.find(path);
    return found == files_.end() ? FileKind::kMissing : found->second.kind;
  }
  Result<std::string> real_path(const std::string& path) const override {
    std::string real = path;
    for (auto dot = real.find("/./"); dot != std::string::npos; dot = real.find("/./"))
      real.erase(dot, 2);
    if (real.ends_with("/.")) real.resize(real.size() - 2);
    for (int hops = 0; hops < 16; ++hops) {
      bool moved = false;
      for (auto slash = real.find('/', 1);; slash = real.find('/', slash + 1)) {
        const std::string prefix = real.substr(0, slash);
        if (kind(prefix) == FileKind::kSymlink) {
          real = files_.at(prefix).content + (slash == std::string::npos ? "" : real.substr(slash));
          moved = true;
          break;
        }
        if (slash == std::string::npos) break;
      }
      if (!moved) break;
    }
    if (real != "/" && kind(real) == FileKind::kMissing) return fail("disk.missing", "missing");
    return real;
  }
  bool is_program(const std::string& path) const override { return programs_.contains(path); }
  bool is_readable_directory(const std::string& path) const override {
    return kind(path) == FileKind::kDirectory && !closed_.contains(path);
  }
  FakeHostFiles& close(const std::string& path) {
    closed_.insert(path);
    return *this;
  }
  std::vector<std::string> names(const std::string& directory) const override {
    std::set<std::string> names;
    const std::string prefix = directory == "/" ? "/" : directory + "/";
    for (const auto& [path, entry] : files_)
      if (path.starts_with(prefix) && path.size() > prefix.size())
        names.insert(path.substr(prefix.size(), path.find('/', prefix.size()) - prefix.size()));
    return {names.begin(), names.end()};
  }
  Result<std::string> small_file(const std::string& path) const override {
    if (kind(path) != FileKind::kRegular) return fail("disk.read", "not a regular file");
    return files_.at(path).content;
  }

 private:
  struct Entry {
    FileKind kind;
    std::string content;
  };
  std::map<std::string, Entry> files_;
  std::set<std::string> programs_;
  std::set<std::string> closed_;
};

}  // namespace bailey::effect::process
