#include "policy/shell/braces.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <span>
#include <string>

#include "policy/shell/limits.h"

namespace bailey::policy::shell {
namespace {

using View = std::span<const Atom>;
using Words = std::optional<std::vector<Atoms>>;
constexpr std::size_t kMaxAtoms = 65'536;
constexpr int kMaxBraceDepth = 16;
// Braces that nothing closes: each is looked for to the end of the word.
constexpr int kMaxUnclosed = 64;

// Where `wanted` stands outside of inner braces, from `at` on; a '}' counts only when a
// comma or ".." stood before it.
std::size_t find_outside(View text, std::size_t at, char wanted) {
  int level = 0;
  bool separated = wanted != '}';
  for (; at < text.size(); ++at) {
    const Atom& atom = text[at];
    if (atom.is(wanted) && level == 0 && separated) {
      if (wanted == '{' && at == 0 && text.size() > 1 && text[1].is('}')) continue;
      return at;
    }
    if (atom.is('{')) {
      ++level;
    } else if (atom.is('}') && level > 0) {
      --level;
    } else if (wanted == '}' && level == 0 &&
               (atom.is(',') || (atom.is('.') && at + 2 < text.size() && text[at + 1].is('.') &&
                                 !text[at + 2].is('}')))) {
      separated = true;
    }
  }
  return text.size();
}

std::optional<std::string> plain_text(View text) {
  std::string out;
  for (const Atom& atom : text) {
    if (atom.part != kNone || atom.quoted) return std::nullopt;
    out.push_back(atom.c);
  }
  return out;
}

std::optional<long> number(std::string_view text) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return std::nullopt;
  }
  if (text.empty() || text.size() > 9) return std::nullopt;
  long value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool is_padded(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  return text.size() > 1 && text.front() == '0';
}

Atoms atoms_of(std::string_view text) {
  Atoms out;
  for (const char c : text) out.push_back(Atom{c, false, kNone});
  return out;
}

enum class Sequence : std::uint8_t { kNone, kMade, kUnsure };

Sequence expand_sequence(View amble, std::vector<Atoms>& out) {
  const auto text = plain_text(amble);
  if (!text) return Sequence::kNone;
  const std::size_t dots = text->find("..");
  if (dots == std::string::npos) return Sequence::kNone;
  const std::string first = text->substr(0, dots);
  std::string last = text->substr(dots + 2);
  long step = 1;
  if (const std::size_t more = last.find(".."); more != std::string::npos) {
    const auto given = number(std::string_view(last).substr(more + 2));
    if (!given) return Sequence::kNone;
    step = *given;
    last.resize(more);
  }
  const auto from = number(first);
  const auto to = number(last);
  const bool letters = first.size() == 1 && last.size() == 1 && !from && !to;
  if (letters) {
    const auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
    const auto upper = [](char c) { return c >= 'A' && c <= 'Z'; };
    const char a = first.front();
    const char b = last.front();
    // From one case to the other it passes characters that mean something to a shell.
    if (!(lower(a) && lower(b)) && !(upper(a) && upper(b)))
      return lower(a) || upper(a) ? Sequence::kUnsure : Sequence::kNone;
  } else if (!from || !to) {
    return (from || to) && first.size() == 1 && last.size() == 1 ? Sequence::kUnsure
                                                                 : Sequence::kNone;
  }
  const long begin = letters ? first.front() : *from;
  const long end = letters ? last.front() : *to;
  step = step == 0 ? 1 : std::labs(step);
  if (std::labs(end - begin) / step >= static_cast<long>(kMaxBraceWords)) return Sequence::kUnsure;
  const bool padded = !letters && (is_padded(first) || is_padded(last));
  const std::size_t width = padded ? std::max(first.size(), last.size()) : 0;
  for (long at = begin; begin <= end ? at <= end : at >= end; at += begin <= end ? step : -step) {
    if (letters) {
      out.push_back(atoms_of(std::string(1, static_cast<char>(at))));
      continue;
    }
    std::string digits = std::to_string(std::labs(at));
    const std::size_t sign = at < 0 ? 1 : 0;
    if (digits.size() + sign < width) digits.insert(0, width - sign - digits.size(), '0');
    if (at < 0) digits.insert(0, 1, '-');
    out.push_back(atoms_of(digits));
  }
  return Sequence::kMade;
}

// Each of `left` before each of `right`.
Words combine(const std::vector<Atoms>& left, const std::vector<Atoms>& right) {
  if (left.size() * right.size() > kMaxBraceWords) return std::nullopt;
  std::vector<Atoms> out;
  std::size_t total = 0;
  for (const Atoms& a : left) {
    for (const Atoms& b : right) {
      total += a.size() + b.size();
      if (total > kMaxAtoms) return std::nullopt;
      out.push_back(a);
      out.back().insert(out.back().end(), b.begin(), b.end());
    }
  }
  return out;
}

Words expand(View text, int depth) {
  if (depth > kMaxBraceDepth) return std::nullopt;
  std::size_t open = 0;
  std::size_t close = 0;  // NOLINT(clang-analyzer-deadcode.DeadStores): the loop sets it
  for (int unclosed = 0;; ++open, ++unclosed) {
    if (unclosed > kMaxUnclosed) return std::nullopt;
    open = find_outside(text, open, '{');
    if (open >= text.size()) return std::vector<Atoms>{Atoms(text.begin(), text.end())};
    close = find_outside(text, open + 1, '}');
    if (close < text.size()) break;
  }
  const View amble = text.subspan(open + 1, close - open - 1);
  const View rest = text.subspan(close + 1);
  std::vector<Atoms> middle;
  const bool comma =
      std::any_of(amble.begin(), amble.end(), [](const Atom& atom) { return atom.is(','); });
  if (comma) {
    std::size_t from = 0;
    for (;;) {
      const std::size_t to = find_outside(amble, from, ',');
      auto piece = expand(amble.subspan(from, to - from), depth + 1);
      if (!piece || middle.size() + piece->size() > kMaxBraceWords) return std::nullopt;
      std::move(piece->begin(), piece->end(), std::back_inserter(middle));
      if (to >= amble.size()) break;
      from = to + 1;
    }
  } else {
    switch (expand_sequence(amble, middle)) {
      case Sequence::kMade:
        break;
      case Sequence::kUnsure:
        return std::nullopt;
      case Sequence::kNone:
        middle.emplace_back(text.begin() + static_cast<std::ptrdiff_t>(open),
                            text.begin() + static_cast<std::ptrdiff_t>(close) + 1);
        break;
    }
  }
  const std::vector<Atoms> before{
      Atoms(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(open))};
  auto left = combine(before, middle);
  if (!left || rest.empty()) return left;
  auto right = expand(rest, depth + 1);
  if (!right) return std::nullopt;
  return combine(*left, *right);
}

}  // namespace

std::optional<std::vector<Atoms>> expand_braces(const Atoms& word) { return expand(word, 0); }

}  // namespace bailey::policy::shell
