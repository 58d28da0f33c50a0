// Value: one word of a command after expansion, with what is known of its unknown part.
// Internal to policy/shell.
#pragma once

#include <string>
#include <string_view>

#include "policy/shell/facts.h"

namespace bailey::policy::shell {

// What may be said of a text that is not known. Bits.
using Traits = std::uint8_t;
inline constexpr Traits kNoTraits = 0;
inline constexpr Traits kNumeric = 1;  // digits, blanks and + - * / % ( ) only
inline constexpr Traits kNoDash = 2;   // does not begin with '-'; may be empty
inline constexpr Traits kSingle = 4;   // neither empty nor split nor a pattern, IFS being usual
inline constexpr Traits kAllTraits = kNumeric | kNoDash | kSingle;

struct Value {
  FactWord word;
  Traits traits = kNoTraits;  // of the whole word; meaningful when it is not literal
  bool process = false;       // a process substitution is part of it
  std::string_view variable;  // the word is "$variable" and nothing else
  bool* assumed = nullptr;    // set when somebody relies on traits that are only assumed

  [[nodiscard]] bool is_literal() const noexcept { return word.kind == WordKind::kLiteral; }
  [[nodiscard]] bool is(std::string_view text) const noexcept {
    return is_literal() && word.text == text;
  }
  [[nodiscard]] bool has(Traits wanted) const noexcept {
    if (assumed != nullptr) *assumed = true;
    return (traits & wanted) == wanted;
  }
  // May a program take it for an option?
  [[nodiscard]] bool may_be_option() const noexcept {
    if (is_literal()) return word.text.starts_with('-');
    const bool fixed = !word.text.empty() && (word.kind == WordKind::kUnknown ||
                                              std::string_view("*?[\\").find(word.text.front()) ==
                                                  std::string_view::npos);
    if (fixed) return word.text.front() == '-';
    return !has(kNoDash);
  }
};

inline Value literal_value(std::string_view text) {
  Value value;
  value.word.text = text;
  return value;
}
inline Value unknown_value(std::string_view prefix = {}) {
  Value value;
  value.word.kind = WordKind::kUnknown;
  value.word.text = prefix;
  return value;
}
inline Value unknown_values() {
  Value value = unknown_value();
  value.word.many = true;
  return value;
}

}  // namespace bailey::policy::shell
