// Brace expansion, as bash does it: before everything else, on the text of a word.
// Internal to policy/shell; pure.
#pragma once

#include <optional>
#include <vector>

#include "policy/shell/script.h"

namespace bailey::policy::shell {

// One character of a word, or one expansion as a whole.
struct Atom {
  char c = 0;
  bool quoted = false;
  Id part = kNone;  // an expansion

  [[nodiscard]] bool is(char other) const noexcept {
    return part == kNone && !quoted && c == other;
  }
};
using Atoms = std::vector<Atom>;

// The words that `word` becomes, one when nothing in it expands; none when there are more
// than kMaxBraceWords, or when it cannot be said what bash makes of it.
[[nodiscard]] std::optional<std::vector<Atoms>> expand_braces(const Atoms& word);

}  // namespace bailey::policy::shell
