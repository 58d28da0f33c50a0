#include "policy/learned.h"

#include <algorithm>
#include <map>
#include <set>

#include "policy/paths.h"
#include "policy/sensitive.h"

namespace bailey::policy {
namespace {

constexpr std::size_t kEnoughForAFolder = 3;  // files used of one folder that make it a place

using Paths = std::set<std::string>;

std::string parent_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

bool is_below(const std::string& path, const std::string& folder) {
  return path.size() > folder.size() && path.starts_with(folder) && path[folder.size()] == '/';
}

// One list of places: folders ("/a/**") swallow what lies below them.
class Places {
 public:
  void add_file(const std::string& path) { files_.insert(path); }
  void add_folder(const std::string& path) { folders_.insert(path); }

  // Folders with enough files become places, from below upwards, while `may` agrees.
  template <class May>
  void collapse(May may) {
    for (bool changed = true; changed;) {
      changed = false;
      std::map<std::string, std::size_t> used;
      for (const auto& file : files_) ++used[parent_of(file)];
      for (const auto& folder : folders_) ++used[parent_of(folder)];
      for (const auto& [folder, count] : used) {
        if (count < kEnoughForAFolder || folders_.contains(folder) || !may(folder)) continue;
        folders_.insert(folder);
        changed = true;
      }
      tidy();
    }
  }

  // As a policy writes them.
  template <class Write>
  std::vector<std::string> texts(Write write) {
    tidy();
    std::vector<std::string> out;
    for (const auto& file : files_) out.push_back(write(file));
    for (const auto& folder : folders_) out.push_back(write(folder) + "/**");
    std::sort(out.begin(), out.end());
    return out;
  }

 private:
  void tidy() {
    const auto covered = [&](const std::string& path) {
      for (std::string up = parent_of(path); !up.empty(); up = parent_of(up))
        if (folders_.contains(up)) return true;
      return false;
    };
    std::erase_if(files_,
                  [&](const auto& file) { return covered(file) || folders_.contains(file); });
    std::erase_if(folders_, covered);
  }

  Paths files_;
  Paths folders_;
};

}  // namespace

LearnedFiles learned_files(const std::vector<FileUseSeen>& seen, const FileRules& rules,
                           const FileScene& scene, Collapse collapse, const Files* before) {
  LearnedFiles out;
  Places read;
  Places write;
  const auto keep = [&](const std::vector<Listed>& list, Places& places) {
    for (const auto& listed : list) {
      std::string path = expand_path(listed.text, scene.home, scene.workspace);
      if (path.ends_with("/**")) {
        path.resize(path.size() - 3);
        places.add_folder(path);
      } else {
        places.add_file(path);
      }
    }
  };
  if (before != nullptr) {
    keep(before->read, read);
    keep(before->write, write);
  }

  std::set<std::string> told;
  const auto leave_out = [&](const std::string& path, std::string why) {
    if (told.insert(path).second) out.left_out.emplace_back(path, std::move(why));
  };
  const auto allows = [&](const std::string& path, FileUse use) {
    return rules.decide(path, use).decision == model::Decision::kAllow;
  };
  for (const auto& each : seen) {
    const std::string path = plain_path(each.path);
    const FileDecision decided = rules.decide(path, each.use);
    // What every cage has needs no place; what was refused was not used.
    if (decided.ground == FileGround::kCage || decided.decision != model::Decision::kAllow)
      continue;
    const bool writes = each.use != FileUse::kRead;
    if (!writes && (path == scene.workspace || is_below(path, scene.workspace))) continue;
    if (is_deceptive(path)) {
      leave_out(path, "its name cannot be shown as it is");
      continue;
    }
    if (const auto kept = sensitive_place(path, scene.home)) {
      leave_out(path, std::string(*kept));
      continue;
    }
    if (!writes) {
      read.add_file(path);
      continue;
    }
    const std::string folder = parent_of(path);
    const bool whole = !folder.empty() && allows(folder + "/x", FileUse::kWrite) &&
                       !sensitive_place(folder, scene.home);
    if (whole) {
      write.add_folder(folder);
    } else {
      write.add_file(path);
    }
  }

  if (collapse == Collapse::kYes) {
    const auto may = [&](FileUse use) {
      return [&, use](const std::string& folder) {
        // "/usr" and its like stand for the whole system: two names at least.
        return std::count(folder.begin(), folder.end(), '/') >= 2 && folder != scene.home &&
               !is_below(scene.workspace, folder) && allows(folder + "/x", use) &&
               !sensitive_place(folder, scene.home);
      };
    };
    read.collapse(may(FileUse::kRead));
    write.collapse(may(FileUse::kWrite));
  }

  const auto text = [&](const std::string& path) {
    if (path == scene.workspace) return std::string(".");
    if (is_below(path, scene.workspace)) return "./" + path.substr(scene.workspace.size() + 1);
    if (!scene.home.empty() && is_below(path, scene.home))
      return "~/" + path.substr(scene.home.size() + 1);
    return path;
  };
  out.write = write.texts(text);
  out.read = read.texts(text);
  std::erase_if(out.read, [&](const std::string& place) {
    return std::binary_search(out.write.begin(), out.write.end(), place);
  });
  return out;
}

}  // namespace bailey::policy
