// What covers what: is everything that one pattern matches also matched by another?
//
// The answer is never a wrong yes; a no may mean that it could not be seen. Words are
// compared one by one: equal, '*', a literal that the pattern matches, a shorter prefix
// before a last '*', a shorter suffix after a first one. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bailey::policy {

// Of two argv patterns, as matched by rules of the same decision.
[[nodiscard]] bool covers(const std::vector<std::string>& wide,
                          const std::vector<std::string>& narrow);

// Of two places as files.read and files.write name them: `narrow` is at or below `wide`.
[[nodiscard]] bool covers_place(std::string_view wide, std::string_view narrow);

}  // namespace bailey::policy
