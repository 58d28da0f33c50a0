// RelPath: a relative path that cannot leave the directory it is used under.
//
// Holds only: one or more components, each 1..255 bytes, none "." or "..", no
// NUL, no leading or doubled slash, at most 4,095 bytes in all. It says nothing
// about symlinks: Dir resolves beneath (openat2), so those cannot leave either.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace bailey {

class RelPath {
 public:
  // Errors: path.empty, path.absolute, path.component, path.too_long.
  [[nodiscard]] static Result<RelPath> create(std::string_view text);
  // For names that the program itself composes; aborts when they do not qualify.
  [[nodiscard]] static RelPath known(std::string_view text);

  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  [[nodiscard]] const char* c_str() const noexcept { return text_.c_str(); }
  [[nodiscard]] RelPath operator/(std::string_view component) const;  // aborts like known()

  bool operator==(const RelPath&) const = default;

 private:
  explicit RelPath(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

}  // namespace bailey
