#include "gate/part_words.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "codec/text.h"
#include "policy/shell.h"

namespace bailey::gate {
namespace {

using Words = std::pair<std::string_view, std::string_view>;

constexpr Words kDoubts[] = {
    {"policy.no_match", "no rule allows all that it would start"},
    {"shell.too_many", "it does too many things"},
    {"shell.unjudged.code", "code of another language stands in it"},
    {"shell.unjudged.file", "a shell reads a script from a file"},
    {"shell.unjudged.input", "commands come from standard input"},
    {"shell.unjudged.text", "the text that a shell would read is not known"},
    {"shell.unknown.arithmetic", "a value is evaluated that is not known"},
    {"shell.unknown.builtin", "a builtin changes what the rest means"},
    {"shell.unknown.elsewhere", "it runs in another place"},
    {"shell.unknown.expansion", "an expansion runs what is not known"},
    {"shell.unknown.file", "the name of a file is not known"},
    {"shell.unknown.nesting", "it is nested too deep"},
    {"shell.unknown.option", "an option starts something or is not known"},
    {"shell.unknown.program", "which program a name means is not known"},
    {"shell.unknown.script", "a script in it does what is not understood"},
    {"shell.unknown.subcommand", "a subcommand may be an alias or start others"},
    {"shell.unknown.subscript", "a subscript is evaluated that is not known"},
    {"shell.unknown.text", "a text in it cannot be parsed"},
    {"shell.unknown.variable", "a variable is assigned whose name is not known"},
    {"shell.unknown.variables", "it sets too many variables"},
    {"shell.unknown.words", "the words of a command are not known"},
    {"shell.variable", "a variable that changes what runs is set"},
};
static_assert(std::is_sorted(std::begin(kDoubts), std::end(kDoubts)));

}  // namespace

std::string part_name(const policy::Line& line, const policy::Part& part) {
  std::string name = "a program that is not there";
  if (part.exists) name = codec::for_terminal(policy::base_name(part.program.found), 100);
  const auto offset = offset_of(line, part);
  if (offset > 0) name += " (byte " + std::to_string(offset) + " of the text)";
  return name;
}

std::string_view doubt_words(std::string_view code) noexcept {
  const auto* const found = std::lower_bound(
      std::begin(kDoubts), std::end(kDoubts), code,
      [](const Words& words, std::string_view wanted) { return words.first < wanted; });
  if (found == std::end(kDoubts) || found->first != code) return "it is not understood";
  return found->second;
}

}  // namespace bailey::gate
