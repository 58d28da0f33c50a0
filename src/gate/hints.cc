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

// The program's word in a rule: its name, or its place when it is no system program.
std::string program_word(const ProcessArguments& arguments) {
  const std::string prefix = arguments.workspace + "/";
  if (arguments.found.starts_with(prefix))
    return "./" + codec::for_terminal(arguments.found.substr(prefix.size()), 200);
  for (const char* directory : {"/usr/bin/", "/bin/", "/usr/local/bin/", "/usr/sbin/", "/sbin/"})
    if (arguments.found.starts_with(directory)) return program_name(arguments);
  return "FULL-PATH-OF-" + program_name(arguments);
}

}  // namespace

std::string program_name(const ProcessArguments& arguments) {
  return codec::for_terminal(policy::base_name(arguments.found), 100);
}

std::string rule_hint(const ProcessArguments& arguments) {
  std::string rule = "add to the policy under commands: {id: " + rule_id(program_name(arguments)) +
                     ", decision: allow, argv: [\"" + program_word(arguments) + "\"";
  const std::size_t words = arguments.argv.size() - 1;
  for (std::size_t i = 0; i < std::min(words, kMaxShown); ++i)
    rule += ", \"ARG" + std::to_string(i + 1) + "\"";
  if (words > kMaxShown) rule += ", \"**\"";
  rule += "]}";
  if (words > 0) rule += " with your own arguments";
  return rule;
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
