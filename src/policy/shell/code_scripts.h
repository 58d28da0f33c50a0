// Scripts for sed and awk, as far as it takes to say what they run and write.
//
// Neither is parsed whole: a scanner steps over what it knows to be harmless (addresses,
// patterns, strings, comments) and stops at the first thing that it does not know. Pure;
// any thread. Linear in the text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bailey::policy::shell {

struct ScriptEffects {
  bool known = true;                // false: it may do anything
  std::vector<std::string> texts;   // commands for sh
  std::vector<std::string> writes;  // files
  std::vector<std::string> reads;
};

[[nodiscard]] ScriptEffects effects_of_sed(std::string_view script);
[[nodiscard]] ScriptEffects effects_of_awk(std::string_view program);

}  // namespace bailey::policy::shell
