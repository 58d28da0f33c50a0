#include "effect/process/cage_view.h"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include "base/rel_path.h"
#include "effect/process/hidden_paths.h"
#include "effect/process/worktree.h"

namespace bailey::effect::process {
namespace {

// Places that hold a system: never a workspace, nor anything above them.
constexpr std::array<std::string_view, 20> kSystemPlaces = {
    "/bin",   "/boot",   "/dev",     "/etc",     "/home", "/lib",    "/lib32",
    "/lib64", "/libx32", "/opt",     "/proc",    "/run",  "/sbin",   "/srv",
    "/sys",   "/usr",    "/usr/bin", "/usr/lib", "/var",  "/var/lib"};
constexpr std::array<std::string_view, 3> kKernelPlaces = {"/proc", "/sys", "/dev"};

bool is_under(std::string_view path, std::string_view directory) {
  if (directory == "/") return path.starts_with('/');
  return path.starts_with(directory) &&
         (path.size() == directory.size() || path[directory.size()] == '/');
}

bool is_plain_absolute(const std::string& path) {
  if (path == "/") return true;
  return path.size() > 1 && path.front() == '/' && RelPath::create(path.substr(1)).has_value();
}

Status check_workspace(const std::string& workspace, const HostFiles& host) {
  if (!is_plain_absolute(workspace))
    return fail("run.workspace", "the workspace is not a plain absolute path");
  if (workspace == "/")
    return fail("run.workspace", "the workspace may not be the root directory",
                "name the project's folder with --workspace");
  for (const auto place : kSystemPlaces)
    if (is_under(place, workspace))
      return fail("run.workspace", "the workspace may not be or hold a system directory",
                  "name the project's folder with --workspace");
  for (const auto place : kKernelPlaces)
    if (is_under(workspace, place))
      return fail("run.workspace", "the workspace may not lie in /proc, /sys or /dev");
  if (host.kind(workspace) != FileKind::kDirectory)
    return fail("run.workspace", "the workspace does not exist or is not a directory",
                "name an existing folder with --workspace");
  if (!host.is_readable_directory(workspace))
    return fail("run.workspace", "the workspace cannot be read",
                "give yourself the right to list and enter it (chmod u+rx)");
  return {};
}

// "/usr/**" -> "/usr"; "/etc/hosts" stays; anything with a glob elsewhere is refused,
// because a mount has no finer grain than one directory or one file.
Result<std::string> mountable(const std::string& pattern) {
  std::string place = pattern;
  if (place.ends_with("/**")) place.resize(place.size() - 3);
  if (place.empty() || place.find_first_of("*?") != std::string::npos || !is_plain_absolute(place))
    return fail("files.pattern",
                "the file rule '" + model::escape_bytes(pattern) + "' is not one directory or file",
                "write '/some/directory/**' or '/some/file'; only hide rules take patterns");
  return place;
}

Status add_rules(const std::vector<std::string>& patterns, Access access, const HostFiles& host,
                 CageView& view) {
  for (const auto& pattern : patterns) {
    const std::string place = BAILEY_TRY(mountable(pattern));
    if (place == "/")
      return fail("files.pattern", "a file rule may not open the whole root directory",
                  "name the directories that are needed, for example /usr/** and /etc/**");
    switch (host.kind(place)) {
      case FileKind::kDirectory:
      case FileKind::kRegular:
        view.views.push_back({place, place, access, true});
        break;
      case FileKind::kSymlink: {
        // A link deeper than the top level is shown as the file behind it; drop_strangers()
        // sees to it that this is one that the rules list as well.
        const bool top = place.find('/', 1) == std::string::npos;
        auto real = top || access == Access::kReadWrite ? Result<std::string>(place)
                                                        : host.real_path(place);
        if (real) view.views.push_back({*std::move(real), place, access, true});
        break;
      }
      case FileKind::kSocket:
      case FileKind::kOther:
        view.notes.push_back("'" + place + "' is neither a directory nor a file and stays hidden");
        break;
      case FileKind::kMissing:
        break;
    }
  }
  return {};
}

// Parents first; of two views of one place the last added stays; a view inside another
// with the same access adds nothing.
void order(std::vector<View>& views) {
  std::stable_sort(views.begin(), views.end(),
                   [](const View& a, const View& b) { return a.target < b.target; });
  std::vector<View> kept;
  for (auto& view : views) {
    while (!kept.empty() && kept.back().target == view.target) kept.pop_back();
    const auto parent = std::find_if(kept.rbegin(), kept.rend(), [&](const View& other) {
      return is_under(view.target, other.target);
    });
    if (parent == kept.rend() || parent->access != view.access) kept.push_back(std::move(view));
  }
  views = std::move(kept);
}

// A file under another name than its own is shown only when the rules show it under its own:
// a link opens nothing.
void drop_strangers(CageView& view) {
  std::erase_if(view.views, [&](const View& place) {
    if (place.source == place.target) return false;
    const bool hidden =
        std::any_of(view.hidden.begin(), view.hidden.end(), [&](const std::string& path) {
          return is_under(place.source, path) || is_under(path, place.source);
        });
    const bool listed = std::any_of(view.views.begin(), view.views.end(), [&](const View& other) {
      return other.source == other.target && is_under(place.source, other.target);
    });
    if (listed && !hidden) return false;
    view.notes.push_back("'" + place.target +
                         "' is a link to what is not shown, and is not either");
    return true;
  });
}

void keep_outermost(std::vector<std::string>& paths) {
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> outermost;
  for (auto& path : paths)
    if (std::none_of(outermost.begin(), outermost.end(),
                     [&](const std::string& outer) { return is_under(path, outer); }))
      outermost.push_back(std::move(path));
  paths = std::move(outermost);
}

// Hiding wins: a view at or below a hidden path goes, and what is then left of the
// hidden paths are those inside a view, which the jail has to mask.
void drop_hidden_views(CageView& view) {
  std::erase_if(view.views, [&](const View& place) {
    return std::any_of(view.hidden.begin(), view.hidden.end(),
                       [&](const std::string& hidden) { return is_under(place.target, hidden); });
  });
  std::erase_if(view.hidden, [&](const std::string& hidden) {
    return std::none_of(view.views.begin(), view.views.end(),
                        [&](const View& place) { return is_under(hidden, place.target); });
  });
}

}  // namespace

bool is_visible(const CageView& view, const std::string& path) {
  for (const auto& hidden : view.hidden)
    if (is_under(path, hidden)) return false;
  return std::any_of(view.views.begin(), view.views.end(),
                     [&](const View& place) { return is_under(path, place.target); });
}

Result<CageView> plan_view(const ViewRequest& request, const HostFiles& host) {
  BAILEY_TRY(check_workspace(request.workspace, host));
  CageView view;
  BAILEY_TRY(add_rules(request.rules.read, Access::kReadOnly, host, view));
  BAILEY_TRY(add_rules(request.rules.write, Access::kReadWrite, host, view));

  const bool writable = request.access == model::WorkspaceAccess::kReadWrite;
  if (const auto common = git_directory_outside(request.workspace, host); !common.empty()) {
    view.views.push_back({common, common, Access::kReadOnly, false});
    view.notes.push_back("the git directory '" + common +
                         "' lies outside the workspace and is readable only");
  }
  view.views.push_back({request.workspace, request.workspace,
                        writable ? Access::kReadWrite : Access::kReadOnly, false});
  if (writable) view.notes.push_back("the workspace is written directly: changes are real at once");
  for (const auto& own : request.always_read_only)
    if (writable && is_under(own, request.workspace))
      view.views.push_back({own, own, Access::kReadOnly, false});
  order(view.views);

  view.hidden = BAILEY_TRY(hidden_paths(request.rules.hide, view, host));
  // Under the name that was given and under its own: through a link it may lie in the workspace.
  for (const auto& always : request.always_hidden) {
    if (host.kind(always) != FileKind::kMissing) view.hidden.push_back(always);
    if (auto real = host.real_path(always)) view.hidden.push_back(*std::move(real));
  }
  keep_outermost(view.hidden);
  drop_hidden_views(view);
  drop_strangers(view);
  if (!is_visible(view, request.workspace))
    return fail("run.workspace", "a hide rule of the policy hides the workspace itself",
                "choose another workspace, or narrow the rule; what files.ask names is hidden too");
  return view;
}

}  // namespace bailey::effect::process
