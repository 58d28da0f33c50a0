#include "cli/home_path.h"

#include "base/rel_path.h"

namespace bailey::cli {
namespace {

Result<std::string> absolute(const std::string& path, std::string_view variable) {
  std::string trimmed = path;
  while (trimmed.size() > 1 && trimmed.back() == '/') trimmed.pop_back();
  if (trimmed.size() < 2 || trimmed.front() != '/' || !RelPath::create(trimmed.substr(1)))
    return fail("home.path", std::string(variable) + " is not a plain absolute path",
                "set BAILEY_HOME to an absolute path without '..'");
  return trimmed;
}

}  // namespace

Result<std::string> home_path(const Outside& outside) {
  if (const auto own = outside.environment("BAILEY_HOME")) return absolute(*own, "BAILEY_HOME");
  if (const auto state = outside.environment("XDG_STATE_HOME"); state && !state->empty())
    return absolute(*state + "/bailey", "XDG_STATE_HOME");
  const std::string user = outside.home_directory();
  if (user.empty())
    return fail("home.path", "neither BAILEY_HOME nor HOME is set",
                "set BAILEY_HOME to an absolute path");
  return absolute(user + "/.local/state/bailey", "HOME");
}

}  // namespace bailey::cli
