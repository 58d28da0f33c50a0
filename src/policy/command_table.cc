#include "policy/command_table.h"

#include <algorithm>

#include "policy/shell.h"

namespace bailey::policy {
namespace {

using model::Decision;

constexpr std::string_view kSystemDirectories[] = {"/usr/bin",  "/bin",  "/usr/local/bin",
                                                   "/usr/sbin", "/sbin", "/usr/local/sbin"};

// Globs at one place are tried one by one, so their number bounds a decision.
constexpr std::size_t kMaxGlobsTogether = 1'000;

bool is_below(std::string_view path, std::string_view directory) noexcept {
  if (directory == "/") return true;
  return path.starts_with(directory) &&
         (path.size() == directory.size() || path[directory.size()] == '/');
}

std::string at(const Policy& policy, Origin origin) {
  return " at " + place(policy.documents, origin);
}

// Where the other rule stands, when that is another document.
std::string other_document(const Policy& policy, const CommandRule& other,
                           const CommandRule& rule) {
  if (other.origin.document == rule.origin.document) return {};
  return ", " + place(policy.documents, other.origin);
}

}  // namespace

std::string_view below(std::string_view path, std::string_view base) noexcept {
  if (base.size() < 2 || !is_below(path, base) || path.size() <= base.size() + 1) return {};
  return path.substr(base.size() + 1);
}

struct CommandTable::Match {
  const std::vector<CommandRule>& rules;
  std::span<const std::string> argv;
  CommandDecision decision;
  std::uint32_t deciding = 0;
  bool fixes_text = false;
  std::vector<std::uint32_t>* all = nullptr;  // every match, when somebody wants to know

  void take(std::uint32_t index, bool fixes, Name name) {
    const CommandRule& rule = rules[index];
    const bool trusted_only = rule.decision == Decision::kAllow || rule.trusted_names_only;
    if (trusted_only && name == Name::kAny) return;
    if (all != nullptr) all->push_back(index);
    if (rule.decision != Decision::kDeny) {
      fixes_text = fixes_text || fixes;
      const bool higher = rule.level && (!decision.level || *rule.level > *decision.level);
      if (higher || (rule.level == decision.level && decision.level_rule > &rule)) {
        decision.level = rule.level;
        decision.level_rule = &rule;
      }
    }
    const bool stronger = decision.rule == nullptr ||
                          strength(rule.decision) > strength(decision.decision) ||
                          (rule.decision == decision.decision && index < deciding);
    if (!stronger) return;
    decision.rule = &rule;
    decision.decision = rule.decision;
    deciding = index;
  }
};

CommandTable::Pattern CommandTable::split(const CommandRule& rule) {
  Pattern pattern;
  pattern.words = rule.argv;
  if (pattern.words.back() == "**") {
    pattern.tail = true;
    pattern.words.pop_back();
  }
  if (pattern.words.empty()) return pattern;
  std::string& program = pattern.words.front();
  if (program.starts_with('/')) {
    pattern.root = kByPath;
  } else if (program.starts_with("~/")) {
    pattern.root = kByHome;
    program.erase(0, 2);
  } else if (program.find('/') != std::string::npos) {
    pattern.root = kByWorkspace;
    if (program.starts_with("./")) program.erase(0, 2);
  }
  return pattern;
}

Status CommandTable::insert(const std::vector<CommandRule>& rules, std::uint32_t index,
                            const Policy& policy) {
  const auto where = [&] { return at(policy, rules[index].origin); };
  const Pattern pattern = split(rules[index]);
  std::uint32_t node = pattern.root;
  for (const auto& word : pattern.words) {
    Glob glob = BAILEY_TRY(Glob::create(word));
    const auto next = static_cast<std::uint32_t>(nodes_.size());
    if (glob.is_literal()) {
      const auto [entry, fresh] = nodes_[node].literals.try_emplace(glob.literal(), next);
      node = entry->second;
      if (fresh) nodes_.emplace_back();
    } else {
      Node& here = nodes_[node];
      if (here.globs.size() >= kMaxGlobsTogether && !here.glob_texts.contains(word))
        return fail("policy.too_many",
                    "policy: commands: rule '" + rules[index].id +
                        "': over 1,000 different wildcards stand at this place" + where(),
                    "join them, or name the words in full");
      const auto [entry, fresh] =
          here.glob_texts.try_emplace(word, static_cast<std::uint32_t>(here.globs.size()));
      if (fresh) {
        here.globs.emplace_back(std::move(glob), next);
        node = next;
        nodes_.emplace_back();
      } else {
        node = here.globs[entry->second].second;
      }
    }
  }
  auto& list = pattern.tail ? nodes_[node].tails : nodes_[node].ends;
  for (const auto other : list) {
    if (rules[other].decision != rules[index].decision ||
        rules[other].origin.document != rules[index].origin.document)
      continue;
    return fail("policy.never_matches",
                "policy: commands: rule '" + rules[index].id + "' says again what rule '" +
                    rules[other].id + "' says" + where(),
                "remove one of the two");
  }
  list.push_back(index);
  // "**" alone stands below every root.
  if (pattern.words.empty())
    for (std::uint32_t root = kByPath; root < kRoots; ++root) nodes_[root].tails.push_back(index);
  return {};
}

bool CommandTable::is_shadowed(const std::vector<CommandRule>& rules, const Pattern& pattern,
                               std::uint32_t node, std::size_t word, const CommandRule& rule,
                               std::uint32_t& by) const {
  const Node& here = nodes_[node];
  const auto stronger = [&](const std::vector<std::uint32_t>& list) {
    for (const auto index : list) {
      if (strength(rules[index].decision) <= strength(rule.decision)) continue;
      // Who wrote the rule could not see what a document below would say.
      if (rules[index].origin.document > rule.origin.document) continue;
      by = index;
      return true;
    }
    return false;
  };
  if (stronger(here.tails)) return true;
  if (word == pattern.words.size()) return !pattern.tail && stronger(here.ends);
  const std::string& text = pattern.words[word];
  const auto glob = Glob::create(text);
  if (!glob) return false;
  if (glob->is_literal()) {
    const auto child = here.literals.find(glob->literal());
    if (child != here.literals.end() &&
        is_shadowed(rules, pattern, child->second, word + 1, rule, by))
      return true;
  }
  for (const auto& [other, child] : here.globs) {
    const bool covers = glob->is_literal() ? other.matches(glob->literal()) : other.is_any();
    if (covers && is_shadowed(rules, pattern, child, word + 1, rule, by)) return true;
  }
  // An equal glob covers too; '*' was tried above, and twice would double at each word.
  if (glob->is_any()) return false;
  const auto same = here.glob_texts.find(text);
  return same != here.glob_texts.end() &&
         is_shadowed(rules, pattern, here.globs[same->second].second, word + 1, rule, by);
}

Result<CommandTable> CommandTable::create(const std::vector<CommandRule>& rules,
                                          const Policy& policy) {
  CommandTable table;
  table.nodes_.resize(kRoots);
  for (const auto directory : kSystemDirectories) {
    const auto& writable = policy.files.write;
    const bool open = std::any_of(writable.begin(), writable.end(), [&](const Listed& listed) {
      const std::string& place = listed.text;
      const bool whole = place.ends_with("/**");
      const std::string_view base(place.data(), place.size() - (whole ? 3 : 0));
      return is_below(directory, base) || is_below(base, directory);
    });
    if (!open) table.trusted_.push_back(directory);
  }
  table.fixes_text_.reserve(rules.size());
  for (std::uint32_t i = 0; i < rules.size(); ++i) {
    BAILEY_TRY(table.insert(rules, i, policy));
    table.fixes_text_.push_back(rules[i].decision != Decision::kDeny && !rules[i].judges_no_text &&
                                fixes_shell_text(rules[i].argv));
  }
  for (const auto& rule : rules) {
    const Pattern pattern = split(rule);
    std::uint32_t by = 0;
    if (!table.is_shadowed(rules, pattern, pattern.root, 0, rule, by)) continue;
    return fail("policy.never_matches",
                "policy: commands: rule '" + rule.id + "' can never decide: rule '" + rules[by].id +
                    "' (" + std::string(name(rules[by].decision)) +
                    other_document(policy, rules[by], rule) + ") matches all that it does" +
                    at(policy, rule.origin),
                "remove it, or narrow rule '" + rules[by].id + "'");
  }
  return table;
}

bool CommandTable::is_trusted(std::string_view directory) const noexcept {
  return std::find(trusted_.begin(), trusted_.end(), directory) != trusted_.end();
}

void CommandTable::walk(Match& match, std::uint32_t node, std::size_t word, Name name) const {
  const Node& here = nodes_[node];
  for (const auto index : here.tails) match.take(index, fixes_text_[index], name);
  if (word == match.argv.size()) {
    for (const auto index : here.ends) match.take(index, fixes_text_[index], name);
    return;
  }
  const std::string& text = match.argv[word];
  if (const auto child = here.literals.find(text); child != here.literals.end())
    walk(match, child->second, word + 1, name);
  for (const auto& [glob, child] : here.globs)
    if (glob.matches(text)) walk(match, child, word + 1, name);
}

void CommandTable::enter(Match& match, std::uint32_t root, std::string_view program,
                         Name name) const {
  const Node& here = nodes_[root];
  if (const auto child = here.literals.find(program); child != here.literals.end())
    walk(match, child->second, 1, name);
  for (const auto& [glob, child] : here.globs)
    if (glob.matches(program)) walk(match, child, 1, name);
}

bool CommandTable::is_trusted_program(std::string_view found,
                                      std::string_view workspace) const noexcept {
  const std::string_view name = base_name(found);
  const std::string_view directory =
      found.substr(0, found.size() - std::min(name.size() + 1, found.size()));
  return is_trusted(directory) && !is_below(found, workspace);
}

void CommandTable::find(Match& match, const Command& command) const {
  if (command.argv.empty() || command.found.empty() || command.real.empty()) return;
  for (const auto index : nodes_[kByName].tails)
    if (match.rules[index].argv.size() == 1) match.take(index, false, Name::kTrusted);
  const Entrances all = entrances(command, command.argv.front());
  for (std::size_t i = 0; i < all.size; ++i)
    enter(match, all.list[i].root, all.list[i].program, all.list[i].name);
}

CommandDecision CommandTable::decide(const std::vector<CommandRule>& rules,
                                     const Command& command) const {
  Match match{rules, command.argv, {}, 0, false};
  find(match, command);
  match.decision.fixes_text = match.fixes_text;
  match.decision.unjudged_shell =
      !match.fixes_text && runs_shell(command.argv, command.found, command.real);
  return match.decision;
}

std::vector<const CommandRule*> CommandTable::matching(const std::vector<CommandRule>& rules,
                                                       const Command& command) const {
  std::vector<std::uint32_t> indices;
  Match match{rules, command.argv, {}, 0, false, &indices};
  find(match, command);
  std::sort(indices.begin(), indices.end());
  indices.erase(std::unique(indices.begin(), indices.end()), indices.end());
  std::vector<const CommandRule*> list;
  for (const auto index : indices) list.push_back(&rules[index]);
  return list;
}

}  // namespace bailey::policy
