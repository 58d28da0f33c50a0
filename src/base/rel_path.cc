#include "base/rel_path.h"

#include "base/check.h"

namespace bailey {
namespace {

constexpr std::size_t kMaxPath = 4095;
constexpr std::size_t kMaxName = 255;

bool is_component(std::string_view name) {
  return !name.empty() && name.size() <= kMaxName && name != "." && name != ".." &&
         name.find('\0') == std::string_view::npos;
}

}  // namespace

Result<RelPath> RelPath::create(std::string_view text) {
  if (text.empty()) return fail("path.empty", "the path is empty");
  if (text.size() > kMaxPath) return fail("path.too_long", "the path is longer than 4,095 bytes");
  if (text.front() == '/') return fail("path.absolute", "the path is absolute");
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t end = std::min(text.find('/', start), text.size());
    if (!is_component(text.substr(start, end - start)))
      return fail("path.component", "a path component is empty, '.', '..', too long or has a NUL");
    start = end + 1;
  }
  return RelPath(std::string(text));
}

RelPath RelPath::known(std::string_view text) {
  auto path = create(text);
  check(path.has_value(), "a path composed by the program is not a RelPath");
  return *std::move(path);
}

RelPath RelPath::operator/(std::string_view component) const {
  return known(text_ + "/" + std::string(component));
}

}  // namespace bailey
