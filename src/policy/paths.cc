#include "policy/paths.h"

#include <algorithm>
#include <vector>

#include "codec/text.h"

namespace bailey::policy {
namespace {

constexpr std::size_t kMaxPath = 4095;
constexpr std::size_t kMaxName = 255;

std::unexpected<Error> wildcard(std::string_view text) {
  const auto cut = text.find_first_of("*?");
  const auto slash = text.rfind('/', cut);
  const std::string base(slash == std::string_view::npos || slash == 0 ? "."
                                                                       : text.substr(0, slash));
  return fail("policy.path_wildcard",
              "a place to read or write is one path, or ends in '/**'; other wildcards cannot be "
              "mounted",
              "name the directory: '" + codec::for_terminal(base, 200) + "/**'");
}

Status check_component(std::string_view name, bool last, PathUse use) {
  if (name.empty())
    return fail("policy.path", "the path has an empty part ('//' or a '/' at the end)");
  if (name == "..")
    return fail("policy.path", "the path holds '..'", "write the path that you mean without '..'");
  if (name == ".") return fail("policy.path", "the path holds a '.' that says nothing");
  if (name.size() > kMaxName) return fail("policy.path", "a name in the path is over 255 bytes");
  if (name == "**") {
    if (use == PathUse::kHide || last) return {};
    return fail("policy.path_wildcard", "'**' stands last in a place to read or write");
  }
  if (name.find("**") != std::string_view::npos)
    return fail("policy.path", "'**' is a whole name of a path", "write 'dir/**' or '*'");
  return {};
}

}  // namespace

std::string plain_path(std::string_view path) {
  std::vector<std::string_view> names;
  while (!path.empty()) {
    const auto cut = std::min(path.find('/'), path.size());
    const auto name = path.substr(0, cut);
    path.remove_prefix(std::min(cut + 1, path.size()));
    if (name.empty() || name == ".") continue;
    if (name != "..") {
      names.push_back(name);
    } else if (!names.empty()) {
      names.pop_back();
    }
  }
  std::string plain;
  for (const auto name : names) plain.append("/").append(name);
  return plain.empty() ? std::string("/") : plain;
}

bool is_deceptive(std::string_view text) {
  return codec::for_terminal(text, text.size() * 10 + 16) != text;
}

Status check_path(std::string_view text, PathUse use) {
  if (text.empty()) return fail("policy.path", "the path is empty");
  if (text.size() > kMaxPath) return fail("policy.path", "the path is longer than 4,095 bytes");
  if (is_deceptive(text))
    return fail("policy.path", "the path holds a control, invisible or bidirectional character",
                "type the path again by hand");
  if (text == "." || text == "/" || text == "~") return {};
  std::string_view rest = text;
  if (rest.starts_with('/')) {
    rest.remove_prefix(1);
  } else if (rest.starts_with("~/") || rest.starts_with("./")) {
    rest.remove_prefix(2);
  } else if (rest.starts_with('~')) {
    return fail("policy.path", "'~' stands for your own home only", "write '~/...' or a full path");
  }
  for (bool more = true; more;) {
    const auto slash = rest.find('/');
    more = slash != std::string_view::npos;
    const auto name = rest.substr(0, slash);
    if (auto good = check_component(name, !more, use); !good) return good;
    if (use == PathUse::kPlace && name != "**" &&
        name.find_first_of("*?") != std::string_view::npos)
      return wildcard(text);
    rest = more ? rest.substr(slash + 1) : std::string_view{};
  }
  return {};
}

std::string expand_path(std::string_view text, std::string_view home, std::string_view workspace) {
  const auto below = [](std::string_view base, std::string_view rest) {
    std::string path(base == "/" ? std::string_view{} : base);
    path += '/';
    path += rest;
    return path;
  };
  if (text.starts_with('/')) return std::string(text);
  if (text == "~") return std::string(home);
  if (text.starts_with("~/")) return below(home, text.substr(2));
  if (text == ".") return std::string(workspace);
  if (text.starts_with("./")) return below(workspace, text.substr(2));
  return below(workspace, text);
}

}  // namespace bailey::policy
