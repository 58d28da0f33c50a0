// CommandTable for commands of which not every word is known.
#include <algorithm>

#include "policy/command_table.h"
#include "policy/shell.h"

namespace bailey::policy {
namespace {

using model::Decision;
using shell::FactWord;
using shell::WordKind;

// The bytes that the word begins with whatever it becomes.
std::string_view known_beginning(const FactWord& word) noexcept {
  const std::string_view text = word.text;
  if (word.kind != WordKind::kPattern) return text;
  return text.substr(0, std::min(text.find_first_of("*?[\\"), text.size()));
}

// A pattern of file names becomes any number of them; without a match it stays as it is.
bool is_many(const FactWord& word) noexcept { return word.many || word.kind == WordKind::kPattern; }

// Every word with this beginning matches.
bool always_matches(const Glob& glob, std::string_view beginning) noexcept {
  if (glob.is_any()) return true;
  const auto prefix = glob.only_prefix();
  return prefix && beginning.starts_with(*prefix);
}

// Some word with this beginning may match.
bool may_match(const Glob& glob, std::string_view beginning) noexcept {
  const auto prefix = glob.literal_prefix();
  return prefix.starts_with(beginning) || beginning.starts_with(prefix);
}

bool is_literal(const FactWord& word) noexcept {
  return word.kind == WordKind::kLiteral && !word.many;
}

}  // namespace

// Certain: what holds whatever the words are. Possible: what holds for some of them.
struct CommandTable::PartialMatch {
  enum class Pass { kCertain, kPossible };

  const std::vector<CommandRule>& rules;
  std::span<const FactWord> argv;
  Pass pass = Pass::kCertain;
  const CommandRule* allow = nullptr;
  const CommandRule* ask = nullptr;  // certain
  const CommandRule* possible_ask = nullptr;
  const CommandRule* deny = nullptr;
  std::optional<model::Level> level = {};
  const CommandRule* level_rule = nullptr;

  static void earlier(const CommandRule*& kept, const CommandRule& rule) noexcept {
    if (kept == nullptr || &rule < kept) kept = &rule;
  }
  void take(std::uint32_t index, Name name) {
    const CommandRule& rule = rules[index];
    const bool trusted_only = rule.decision == Decision::kAllow || rule.trusted_names_only;
    if (trusted_only && name == Name::kAny) return;
    if (pass == Pass::kCertain) {
      if (rule.decision == Decision::kAllow) earlier(allow, rule);
      if (rule.decision == Decision::kAsk) earlier(ask, rule);
      return;
    }
    if (rule.decision == Decision::kDeny) return earlier(deny, rule);
    if (rule.decision == Decision::kAsk) earlier(possible_ask, rule);
    if (!rule.level || (level && *rule.level <= *level)) return;
    level = rule.level;
    level_rule = &rule;
  }
  [[nodiscard]] CommandDecision decision() const {
    CommandDecision out;
    out.level = level;
    out.level_rule = level_rule;
    if (deny != nullptr) {
      out.rule = deny;
      return out;
    }
    if (allow == nullptr && ask == nullptr) return out;
    out.rule = ask != nullptr ? ask : possible_ask;
    out.decision = Decision::kAsk;
    if (out.rule != nullptr) return out;
    out.rule = allow;
    out.decision = Decision::kAllow;
    return out;
  }
};

void CommandTable::take_below(PartialMatch& match, std::uint32_t node, Name name) const {
  const Node& here = nodes_[node];
  for (const auto index : here.tails) match.take(index, name);
  for (const auto index : here.ends) match.take(index, name);
  for (const auto& [text, child] : here.literals) take_below(match, child, name);
  for (const auto& [glob, child] : here.globs) take_below(match, child, name);
}

void CommandTable::walk(PartialMatch& match, std::uint32_t node, std::size_t word,
                        Name name) const {
  const Node& here = nodes_[node];
  for (const auto index : here.tails) match.take(index, name);
  if (word == match.argv.size()) {
    for (const auto index : here.ends) match.take(index, name);
    return;
  }
  const FactWord& fact = match.argv[word];
  const bool possible = match.pass == PartialMatch::Pass::kPossible;
  if (is_literal(fact)) {
    if (const auto child = here.literals.find(fact.text); child != here.literals.end())
      walk(match, child->second, word + 1, name);
    for (const auto& [glob, child] : here.globs)
      if (glob.matches(fact.text)) walk(match, child, word + 1, name);
    return;
  }
  // From here on any number of words may follow: only a "**" takes them all, and for
  // some number of them every rule below may be met.
  if (is_many(fact)) {
    if (possible) take_below(match, node, name);
    return;
  }
  const std::string_view beginning = known_beginning(fact);
  if (possible)
    for (auto child = here.literals.lower_bound(beginning);
         child != here.literals.end() && child->first.starts_with(beginning); ++child)
      walk(match, child->second, word + 1, name);
  for (const auto& [glob, child] : here.globs)
    if (possible ? may_match(glob, beginning) : always_matches(glob, beginning))
      walk(match, child, word + 1, name);
}

void CommandTable::enter(PartialMatch& match, std::uint32_t root, std::string_view program,
                         Name name) const {
  const Node& here = nodes_[root];
  if (const auto child = here.literals.find(program); child != here.literals.end())
    walk(match, child->second, 1, name);
  for (const auto& [glob, child] : here.globs)
    if (glob.matches(program)) walk(match, child, 1, name);
}

CommandDecision CommandTable::decide(const std::vector<CommandRule>& rules,
                                     const PartialCommand& command) const {
  if (command.argv.empty() || !is_literal(command.argv.front()) || command.found.empty() ||
      command.real.empty())
    return {};
  PartialMatch match{rules, command.argv};
  const Entrances all = entrances(command, command.argv.front().text);
  for (const auto pass : {PartialMatch::Pass::kCertain, PartialMatch::Pass::kPossible}) {
    match.pass = pass;
    for (const auto index : nodes_[kByName].tails)
      if (rules[index].argv.size() == 1) match.take(index, Name::kTrusted);
    for (std::size_t i = 0; i < all.size; ++i)
      enter(match, all.list[i].root, all.list[i].program, all.list[i].name);
  }
  return match.decision();
}

CommandDecision CommandTable::decide_builtin(const std::vector<CommandRule>& rules,
                                             std::span<const FactWord> argv) const {
  if (argv.empty() || !is_literal(argv.front())) return {};
  PartialMatch match{rules, argv};
  match.pass = PartialMatch::Pass::kPossible;
  for (const auto index : nodes_[kByName].tails)
    if (rules[index].argv.size() == 1) match.take(index, Name::kTrusted);
  enter(match, kByName, argv.front().text, Name::kAny);
  CommandDecision out;
  out.level = match.level;
  out.level_rule = match.level_rule;
  out.rule = match.deny != nullptr ? match.deny : match.possible_ask;
  if (out.rule == nullptr) {
    out.decision = Decision::kAllow;
  } else {
    out.decision = out.rule->decision;
  }
  return out;
}

}  // namespace bailey::policy
