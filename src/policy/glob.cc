#include "policy/glob.h"

#include <string.h>

#include <algorithm>

#include "codec/utf8.h"

namespace bailey::policy {
namespace {

constexpr std::size_t kMaxAnyPiece = 64;
constexpr std::size_t kNone = std::string_view::npos;

}  // namespace

Result<Glob> Glob::create(std::string_view pattern) {
  Glob glob;
  glob.pieces_.emplace_back();
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    char c = pattern[i];
    if (c == '*') {
      glob.literal_only_ = false;
      // "**" inside a word says no more than "*".
      if (glob.pieces_.size() == 1 || !glob.pieces_.back().bytes.empty())
        glob.pieces_.emplace_back();
      continue;
    }
    Piece& piece = glob.pieces_.back();
    if (c == '?') {
      glob.literal_only_ = false;
      piece.has_any_character = true;
      piece.bytes += '\0';
      continue;
    }
    if (c == '\\') {
      if (++i == pattern.size())
        return fail("policy.pattern", "the pattern ends in a single '\\'",
                    "write '\\\\' for a backslash");
      c = pattern[i];
    }
    if (c == '\0') return fail("policy.pattern", "the pattern holds a NUL");
    piece.bytes += c;
  }
  for (const auto& piece : glob.pieces_)
    if (piece.has_any_character && piece.bytes.size() > kMaxAnyPiece)
      return fail("policy.pattern", "a part of the pattern with '?' is longer than 64 bytes",
                  "shorten it, or use '*'");
  return glob;
}

bool Glob::is_any() const noexcept {
  return pieces_.size() == 2 && pieces_.front().bytes.empty() && pieces_.back().bytes.empty();
}

std::string_view Glob::literal_prefix() const noexcept {
  const std::string_view bytes = pieces_.front().bytes;
  return bytes.substr(0, bytes.find('\0'));
}

std::string_view Glob::literal_suffix() const noexcept {
  const std::string_view bytes = pieces_.back().bytes;
  const auto any = bytes.rfind('\0');
  return any == std::string_view::npos ? bytes : bytes.substr(any + 1);
}

std::optional<std::string_view> Glob::only_prefix() const noexcept {
  if (pieces_.size() != 2 || !pieces_.back().bytes.empty() || pieces_.front().has_any_character)
    return std::nullopt;
  return pieces_.front().bytes;
}

std::optional<std::string_view> Glob::only_suffix() const noexcept {
  if (pieces_.size() != 2 || !pieces_.front().bytes.empty() || pieces_.back().has_any_character)
    return std::nullopt;
  return pieces_.back().bytes;
}

std::size_t Glob::match_at(const Piece& piece, std::string_view word, std::size_t from) noexcept {
  std::size_t at = from;
  for (const char c : piece.bytes) {
    if (at >= word.size()) return kNone;
    if (c == '\0') {
      at += codec::decode_utf8(word, at).length;
    } else if (word[at] == c) {
      ++at;
    } else {
      return kNone;
    }
  }
  return at;
}

bool Glob::ends_with(const Piece& piece, std::string_view word, std::size_t from) noexcept {
  if (!piece.has_any_character)
    return word.size() - from >= piece.bytes.size() && word.ends_with(piece.bytes);
  // The piece covers at most four bytes for each of its own; starts are characters.
  const std::size_t most = piece.bytes.size() * 4;
  for (std::size_t at = from;; at += codec::decode_utf8(word, at).length) {
    if (word.size() - at <= most && match_at(piece, word, at) == word.size()) return true;
    if (at == word.size()) return false;
  }
}

std::size_t Glob::find(const Piece& piece, std::string_view word, std::size_t from) noexcept {
  if (!piece.has_any_character) {
    const void* found =
        ::memmem(word.data() + from, word.size() - from, piece.bytes.data(), piece.bytes.size());
    if (found == nullptr) return kNone;
    return static_cast<std::size_t>(static_cast<const char*>(found) - word.data()) +
           piece.bytes.size();
  }
  for (std::size_t at = from; at < word.size(); at += codec::decode_utf8(word, at).length) {
    const auto end = match_at(piece, word, at);
    if (end != kNone) return end;
  }
  return kNone;
}

bool Glob::matches(std::string_view word) const noexcept {
  if (literal_only_) return word == pieces_.front().bytes;
  std::size_t at = match_at(pieces_.front(), word, 0);
  if (at == kNone) return false;
  if (pieces_.size() == 1) return at == word.size();
  for (std::size_t i = 1; i + 1 < pieces_.size(); ++i) {
    at = find(pieces_[i], word, at);
    if (at == kNone) return false;
  }
  return ends_with(pieces_.back(), word, at);
}

}  // namespace bailey::policy
