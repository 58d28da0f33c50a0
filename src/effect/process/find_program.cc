#include <string_view>

#include "effect/process/cage_view.h"

namespace bailey::effect::process {
namespace {

std::string shown(const std::string& name) { return "'" + model::escape_bytes(name) + "'"; }

// The file at `path` as the cage would find it, or the reason why not.
Result<FoundProgram> at(const std::string& path, const CageView& view, const HostFiles& host) {
  auto real = host.real_path(path);
  if (!real) return fail("run.not_found", "there is no program " + shown(path));
  const auto slash = path.rfind('/');
  const auto parent = host.real_path(slash == 0 ? "/" : path.substr(0, slash));
  if (!parent) return fail("run.not_found", "there is no program " + shown(path));
  std::string found = (*parent == "/" ? "" : *parent) + path.substr(slash);
  if (!is_visible(view, found) || !is_visible(view, *real))
    return fail("run.hidden", "the program " + shown(path) + " is hidden in this cage",
                "list its folder under files.read in the policy, for example '" +
                    real->substr(0, real->rfind('/')) + "/**'");
  if (!host.is_program(*real))
    return fail("run.not_executable", "the file " + shown(path) + " is not an executable program",
                "make it executable (chmod +x) or name its interpreter");
  return FoundProgram{std::move(found), *std::move(real)};
}

}  // namespace

Result<FoundProgram> find_program(const std::string& name, const std::string& path_variable,
                                  const std::string& directory, const CageView& view,
                                  const HostFiles& host) {
  if (name.empty() || name.find('\0') != std::string::npos)
    return fail("run.not_found", "the name of the program is empty or holds a NUL");
  if (name.find('/') != std::string::npos)
    return at(name.front() == '/' ? name : directory + "/" + name, view, host);

  Error last{"run.not_found", "there is no program " + shown(name) + " on the cage's PATH",
             "install it, or list its folder under files.read and PATH under environment.set"};
  std::string_view rest = path_variable;
  while (!rest.empty()) {
    const auto colon = std::min(rest.find(':'), rest.size());
    const std::string_view place = rest.substr(0, colon);
    rest.remove_prefix(std::min(colon + 1, rest.size()));
    if (!place.starts_with('/')) continue;  // a relative PATH entry would be a planted program
    auto found = at(std::string(place) + "/" + name, view, host);
    if (found) return found;
    if (found.error().code != "run.not_found") last = std::move(found).error();
  }
  return std::unexpected(std::move(last));
}

}  // namespace bailey::effect::process
