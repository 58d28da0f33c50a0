// Glob: one word of a command pattern.
//
// '*' is any run of bytes, '/' included, also none; '?' is one character (a UTF-8
// sequence, or one byte that belongs to none); '\' takes the next character as it is.
// '[' and '{' mean themselves. Matching never backtracks over a '*': each piece
// between two stars is looked for once, from where the last one ended, which is
// enough because the leftmost place leaves most room for the rest. A piece with '?'
// is at most 64 bytes long, so the cost is linear in the word. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace bailey::policy {

class Glob {
 public:
  // Errors: policy.pattern (a '\' at the end, a piece with '?' that is too long).
  [[nodiscard]] static Result<Glob> create(std::string_view pattern);

  [[nodiscard]] bool matches(std::string_view word) const noexcept;
  // True when no '*' or '?' takes part: then matches() is equality with literal().
  [[nodiscard]] bool is_literal() const noexcept { return literal_only_; }
  [[nodiscard]] const std::string& literal() const noexcept { return pieces_.front().bytes; }
  // The pattern is '*' alone (or several): it matches every word.
  [[nodiscard]] bool is_any() const noexcept;
  // The bytes that every match begins and ends with; a '?' ends them. Empty when unknown.
  [[nodiscard]] std::string_view literal_prefix() const noexcept;
  [[nodiscard]] std::string_view literal_suffix() const noexcept;
  // "abc" when the pattern is "abc*" and nothing else, or "*abc" respectively.
  [[nodiscard]] std::optional<std::string_view> only_prefix() const noexcept;
  [[nodiscard]] std::optional<std::string_view> only_suffix() const noexcept;

 private:
  struct Piece {
    std::string bytes;  // at a '?', a NUL byte, which no word can hold
    bool has_any_character = false;
  };
  Glob() = default;
  // Where the piece ends when it is matched at exactly `from`; npos when it is not.
  static std::size_t match_at(const Piece& piece, std::string_view word, std::size_t from) noexcept;
  static bool ends_with(const Piece& piece, std::string_view word, std::size_t from) noexcept;
  static std::size_t find(const Piece& piece, std::string_view word, std::size_t from) noexcept;

  std::vector<Piece> pieces_;  // what is between the stars; never empty
  bool literal_only_ = true;
};

}  // namespace bailey::policy
