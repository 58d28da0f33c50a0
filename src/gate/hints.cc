#include "gate/hints.h"

#include <algorithm>

#include "codec/text.h"
#include "policy/shell.h"

namespace bailey::gate {
namespace {

constexpr std::size_t kMaxShown = 8;

std::string rule_id(const std::string& program) {
  std::string id = "allow-";
  for (const char c : program.substr(0, 40)) {
    const bool word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    id += word ? c : '-';
  }
  return id;
}

std::string shown_name(const std::string& found) {
  return codec::for_terminal(policy::base_name(found), 100);
}

// The program's word in a rule: its name, or its place when it is no system program.
std::string program_word(const std::string& found, const std::string& workspace) {
  if (found.starts_with(workspace + "/"))
    return "./" + codec::for_terminal(found.substr(workspace.size() + 1), 200);
  for (const char* directory : {"/usr/bin/", "/bin/", "/usr/local/bin/", "/usr/sbin/", "/sbin/"})
    if (found.starts_with(directory)) return shown_name(found);
  return "FULL-PATH-OF-" + shown_name(found);
}

enum class More { kNone, kAnyNumber };

std::string rule_for(const std::string& found, const std::string& workspace, std::size_t words,
                     More more) {
  std::string rule = "add to the policy under commands: {id: " + rule_id(shown_name(found)) +
                     ", decision: allow, argv: [\"" + program_word(found, workspace) + "\"";
  for (std::size_t i = 0; i < std::min(words, kMaxShown); ++i)
    rule += ", \"ARG" + std::to_string(i + 1) + "\"";
  if (words > kMaxShown || more == More::kAnyNumber) rule += ", \"**\"";
  rule += "]}";
  if (words > 0) rule += " with your own arguments";
  return rule;
}

}  // namespace

std::string program_name(const ProcessArguments& arguments) { return shown_name(arguments.found); }

std::string rule_hint(const ProcessArguments& arguments) {
  return rule_for(arguments.found, arguments.workspace, arguments.argv.size() - 1, More::kNone);
}

std::string rule_hint(const std::string& found, const std::string& workspace,
                      const policy::shell::Segment& segment) {
  std::size_t words = 0;
  for (const auto& word : segment.argv) {
    if (word.many || word.kind == policy::shell::WordKind::kPattern)
      return rule_for(found, workspace, words - 1, More::kAnyNumber);
    ++words;
  }
  return rule_for(found, workspace, words - 1, More::kNone);
}

std::string shell_rule_hint(const ProcessArguments& arguments) {
  const std::string name = program_name(arguments);
  return "name the script in a rule: {id: " + rule_id(name + "-script") +
         ", decision: allow, argv: [\"" + name + "\", \"SCRIPT\", \"**\"]}";
}

std::string level_hint(model::Level required, model::Level ceiling, const policy::Levels& levels) {
  const std::string wanted = std::to_string(number(required));
  if (levels.max < required)
    return "the policy caps sessions at levels.max: " + std::to_string(number(levels.max)) +
           "; it would have to say " + wanted;
  if (ceiling < required) return "leave --level out, or give --level " + wanted;
  return "raise the level for a time: bailey level set " + wanted + " --for 1h";
}

}  // namespace bailey::gate
