#include "effect/process/hidden_paths.h"

#include <algorithm>
#include <map>

#include "base/name_pattern.h"

namespace bailey::effect::process {
namespace {

constexpr std::size_t kMaxNames = 200'000;
constexpr std::size_t kMaxHidden = 4'096;

bool has_glob(std::string_view text) { return text.find_first_of("*?") != std::string_view::npos; }

// Is anything of the view at, under or above this path?
bool touches_view(const CageView& view, const std::string& path) {
  const auto is_under = [](std::string_view inner, std::string_view outer) {
    return inner.starts_with(outer) &&
           (inner.size() == outer.size() || outer == "/" || inner[outer.size()] == '/');
  };
  return std::any_of(view.views.begin(), view.views.end(), [&](const View& place) {
    return is_under(path, place.target) || is_under(place.target, path);
  });
}

class Walk {
 public:
  Walk(const CageView& view, const HostFiles& host) : view_(view), host_(host) {}

  Status run(const std::string& pattern) {
    std::vector<std::string> parts;
    for (std::size_t start = 1; start <= pattern.size();) {
      const auto end = std::min(pattern.find('/', start), pattern.size());
      parts.push_back(pattern.substr(start, end - start));
      start = end + 1;
    }
    if (parts.size() > 1 && parts.back() == "**") parts.pop_back();
    return descend("", parts, 0);
  }

  [[nodiscard]] std::vector<std::string> take() { return std::move(found_); }

 private:
  Status descend(const std::string& directory, const std::vector<std::string>& parts,
                 std::size_t at) {
    if (at == parts.size()) return add(directory);
    if (parts[at] == "**") {
      BAILEY_TRY(descend(directory, parts, at + 1));
      return each_name(directory, [&](const std::string& name) -> Status {
        const std::string path = directory + "/" + name;
        if (host_.kind(path) != FileKind::kDirectory) return {};
        return descend(path, parts, at);
      });
    }
    if (!has_glob(parts[at])) return step(directory + "/" + parts[at], parts, at);
    return each_name(directory, [&](const std::string& name) -> Status {
      if (!name_matches(parts[at], name)) return {};
      return step(directory + "/" + name, parts, at);
    });
  }

  Status step(const std::string& path, const std::vector<std::string>& parts, std::size_t at) {
    if (!touches_view(view_, path)) return {};
    const auto kind = host_.kind(path);
    if (kind == FileKind::kMissing) return {};
    if (at + 1 < parts.size() && kind != FileKind::kDirectory) return {};
    return descend(path, parts, at + 1);
  }

  template <class Visit>
  Status each_name(const std::string& directory, const Visit& visit) {
    const std::string place = directory.empty() ? "/" : directory;
    if (!touches_view(view_, place)) return {};
    const auto [listing, is_new] = listings_.try_emplace(place);
    if (is_new) listing->second = host_.names(place);
    // A map keeps its nodes where they are while deeper directories are added.
    for (const auto& name : listing->second) {
      if (++looked_at_ > kMaxNames)
        return fail("files.too_many", "a hide rule looks at more than 200,000 names",
                    "anchor the rule at a directory instead of '**'");
      BAILEY_TRY(visit(name));
    }
    return {};
  }

  Status add(const std::string& path) {
    if (path.empty()) return fail("files.pattern", "a hide rule may not hide the root directory");
    // A symlink is hidden by what it leads to: the mask lies on the inode.
    std::string target = path;
    if (host_.kind(path) == FileKind::kSymlink) {
      auto real = host_.real_path(path);
      if (!real) return {};  // dangling: nothing to read
      target = *std::move(real);
    }
    if (!touches_view(view_, target)) return {};
    if (found_.size() == kMaxHidden)
      return fail("files.too_many", "the hide rules name more than 4,096 paths",
                  "hide their directory instead");
    found_.push_back(std::move(target));
    return {};
  }

  const CageView& view_;
  const HostFiles& host_;
  std::vector<std::string> found_;
  std::map<std::string, std::vector<std::string>> listings_;  // many rules share "/etc"
  std::size_t looked_at_ = 0;
};

}  // namespace

Result<std::vector<std::string>> hidden_paths(const std::vector<std::string>& patterns,
                                              const CageView& view, const HostFiles& host) {
  Walk walk(view, host);
  for (const auto& pattern : patterns) {
    if (pattern.size() < 2 || pattern.front() != '/')
      return fail("files.pattern", "a hide rule is not an absolute path");
    BAILEY_TRY(walk.run(pattern));
  }
  auto found = walk.take();
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

}  // namespace bailey::effect::process
