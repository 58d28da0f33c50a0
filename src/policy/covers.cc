#include "policy/covers.h"

#include "policy/glob.h"

namespace bailey::policy {
namespace {

// "~/x", "./x" and "x" name their base in the word itself, "/x" and "x" stand alone.
enum class Base { kName, kRoot, kHome, kWorkspace };

struct Program {
  Base base = Base::kName;
  std::string_view word;
};

Program program_of(std::string_view word) {
  if (word.starts_with('/')) return {Base::kRoot, word};
  if (word.starts_with("~/")) return {Base::kHome, word.substr(2)};
  if (word.starts_with("./")) return {Base::kWorkspace, word.substr(2)};
  if (word.find('/') != std::string_view::npos) return {Base::kWorkspace, word};
  return {Base::kName, word};
}

bool covers_word(std::string_view wide, std::string_view narrow) {
  if (wide == narrow) return true;
  const auto outer = Glob::create(wide);
  const auto inner = Glob::create(narrow);
  if (!outer || !inner) return false;
  if (outer->is_any()) return true;
  if (inner->is_literal()) return outer->matches(inner->literal());
  if (outer->is_literal()) return false;
  if (const auto prefix = outer->only_prefix()) return inner->literal_prefix().starts_with(*prefix);
  if (const auto suffix = outer->only_suffix()) return inner->literal_suffix().ends_with(*suffix);
  return false;
}

struct Place {
  Base base = Base::kWorkspace;
  std::string_view path;  // without a final "/**"; empty for the base itself
};

Place place_of(std::string_view text) {
  if (text.ends_with("/**")) text.remove_suffix(3);
  if (text.empty() || text == "/") return {Base::kRoot, {}};
  if (text == "~") return {Base::kHome, {}};
  if (text == ".") return {Base::kWorkspace, {}};
  if (text == "**") return {Base::kWorkspace, {}};
  const Program program = program_of(text);
  return {program.base == Base::kName ? Base::kWorkspace : program.base,
          program.base == Base::kRoot ? program.word.substr(1) : program.word};
}

}  // namespace

bool covers(const std::vector<std::string>& wide, const std::vector<std::string>& narrow) {
  if (wide.empty() || narrow.empty()) return false;
  const bool wide_tail = wide.back() == "**";
  const bool narrow_tail = narrow.back() == "**";
  const std::size_t words = wide.size() - (wide_tail ? 1 : 0);
  const std::size_t others = narrow.size() - (narrow_tail ? 1 : 0);
  if (words > others || (!wide_tail && (narrow_tail || words != others))) return false;
  for (std::size_t i = 0; i < words; ++i) {
    if (i > 0) {
      if (!covers_word(wide[i], narrow[i])) return false;
      continue;
    }
    const Program outer = program_of(wide.front());
    const Program inner = program_of(narrow.front());
    if (outer.base != inner.base || !covers_word(outer.word, inner.word)) return false;
  }
  return true;
}

bool covers_place(std::string_view wide, std::string_view narrow) {
  const Place outer = place_of(wide);
  const Place inner = place_of(narrow);
  if (outer.base != inner.base || !inner.path.starts_with(outer.path)) return false;
  return outer.path.empty() || inner.path.size() == outer.path.size() ||
         inner.path[outer.path.size()] == '/';
}

}  // namespace bailey::policy
