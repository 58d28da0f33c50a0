// Difference: what one policy allows that another does not, section by section.
//
// Both are compared as they are in the end, parents put together: an entry that moved or was
// said twice is no difference. Rules are matched by their id. Each difference says whether the
// second policy widens what the first allowed, narrows it, or changes nothing about it; what
// patterns cannot tell (covers.h) is called incomparable and never guessed. Places of
// files.read and files.write are compared by what a cage would show there (file_rules.h), with
// the home and the workspace as places apart. Pure; any thread.
//
// Does not protect: it compares texts, not machines: what a link leads to, or which program
// has which name, is not looked at. What `final` marks bind is about documents below and is
// told as neither wider nor narrower.
#pragma once

#include <string>
#include <vector>

#include "policy/policy.h"

namespace bailey::policy {

enum class Effect { kWidens, kNarrows, kNothing, kIncomparable };
[[nodiscard]] std::string_view name(Effect effect) noexcept;  // "widens", ...

struct Difference {
  enum class Kind { kAdded, kRemoved, kChanged };
  std::string section;  // "commands", "files.write", "limits.memory", ...
  std::string what;     // the rule's id, the path, the variable; may be empty
  Kind kind = Kind::kChanged;
  Effect effect = Effect::kIncomparable;
  std::string before;  // as a policy would say it; empty when it was not there
  std::string after;
  Origin before_at;  // in the first policy's documents; line 0: nowhere
  Origin after_at;   // in the second's
};

// In the order of the sections; empty: they allow the same and are named the same.
[[nodiscard]] std::vector<Difference> differences(const Policy& before, const Policy& after);

}  // namespace bailey::policy
