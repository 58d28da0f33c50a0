// One file name against one pattern: '*' is any run of bytes, '?' one byte, everything
// else means itself. There is no '/' in either. Pure; any thread; linear in both but for
// one factor, because only the last '*' is ever taken back.
#pragma once

#include <string_view>

namespace bailey {

[[nodiscard]] bool name_matches(std::string_view pattern, std::string_view name) noexcept;

}  // namespace bailey
