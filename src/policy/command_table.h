// CommandTable: the rules of `commands`, arranged so that a decision looks only at
// rules that may match.
//
// The patterns form a tree, word by word, below four roots: by program name, by
// absolute path, by path below the home and by path below the workspace. A literal
// word is one look-up; only globs standing at the same place are tried one by one. So
// the cost grows with the words of the command, not with the rules for other commands.
//
// Whose name is whose: a rule that allows by a bare name ("git") matches only a program
// found in a system directory that the policy does not let anybody write, so a planted
// ./git is not git. A rule that denies or asks is generous: any name or path the program
// has (as typed, as found, as resolved) will do. Deny beats ask beats allow.
// Thread rule: immutable after create(); any thread.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "policy/glob.h"
#include "policy/policy.h"
#include "policy/shell.h"
#include "policy/shell/facts.h"

namespace bailey::policy {

// A command as it would run. All paths absolute; views are borrowed for the call.
struct Command {
  std::span<const std::string> argv;  // as typed, 1 word at least, any bytes
  std::string_view found;             // where argv[0] was found; the last symlink not followed
  std::string_view real;              // the file behind it
  std::string_view home;              // of the person, or empty
  std::string_view workspace;
};

// The same of which not every word is known. `argv[0]` is literal.
struct PartialCommand {
  std::span<const shell::FactWord> argv;
  std::string_view found;
  std::string_view real;
  std::string_view home;
  std::string_view workspace;
};

struct CommandDecision {
  const CommandRule* rule = nullptr;  // the deciding one; null when nothing matched
  model::Decision decision = model::Decision::kDeny;
  bool fixes_text = false;                  // a matching rule names every word that counts
  bool unjudged_shell = false;              // a shell, and no matching rule fixes its text
  std::optional<model::Level> level;        // the highest that a matching rule demands
  const CommandRule* level_rule = nullptr;  // the first that demands it
  // The narrowing list that has no rule for it, though what is above does; or null.
  const NarrowingRules* outside = nullptr;
};

// "a/b" of "/base/a/b"; empty when it is not below.
[[nodiscard]] std::string_view below(std::string_view path, std::string_view base) noexcept;

class CommandTable {
 public:
  // `policy` says which places may be written (a system directory under one is trusted no
  // more) and what its documents are called; `rules` are its own or those of one of its
  // narrowing sections. A rule that a document below takes whole is no error. Errors:
  // policy.never_matches, policy.too_many, with the place.
  [[nodiscard]] static Result<CommandTable> create(const std::vector<CommandRule>& rules,
                                                   const Policy& policy);

  // `rules` must be the ones given to create().
  [[nodiscard]] CommandDecision decide(const std::vector<CommandRule>& rules,
                                       const Command& command) const;
  // An `allow` counts when it matches whatever the unknown words are, a `deny` and an `ask`
  // when they match for some; an `ask` alone only when it matches for all.
  [[nodiscard]] CommandDecision decide(const std::vector<CommandRule>& rules,
                                       const PartialCommand& command) const;
  // What a program's name means nowhere but in a shell: `deny` and `ask` rules by name.
  [[nodiscard]] CommandDecision decide_builtin(const std::vector<CommandRule>& rules,
                                               std::span<const shell::FactWord> argv) const;
  // Is `found` a system program whose name counts for `allow`?
  [[nodiscard]] bool is_trusted_program(std::string_view found,
                                        std::string_view workspace) const noexcept;
  // Every rule that matches, in the order of `rules`.
  [[nodiscard]] std::vector<const CommandRule*> matching(const std::vector<CommandRule>& rules,
                                                         const Command& command) const;

 private:
  struct Node {
    std::map<std::string, std::uint32_t, std::less<>> literals;
    std::vector<std::pair<Glob, std::uint32_t>> globs;
    std::map<std::string, std::uint32_t, std::less<>> glob_texts;  // text -> index in globs
    std::vector<std::uint32_t> ends;                               // rules whose pattern ends here
    std::vector<std::uint32_t> tails;                              // rules that end in "**" here
  };
  struct Pattern {
    std::uint32_t root = 0;
    std::vector<std::string> words;  // the first without its "~/" or "./"
    bool tail = false;
  };
  enum Root : std::uint32_t { kByName, kByPath, kByHome, kByWorkspace, kRoots };
  enum class Name { kTrusted, kAny };  // may the name allow, or only deny and ask
  // One name of a program, below the root where patterns of its kind stand.
  struct Entrance {
    Root root = kByName;
    std::string_view program;
    Name name = Name::kAny;
  };
  struct Entrances {
    std::array<Entrance, 9> list;
    std::size_t size = 0;
    void add(Root root, std::string_view program, Name name) {
      list[size++] = {root, program, name};
    }
  };
  struct Match;
  struct PartialMatch;

  CommandTable() = default;
  static Pattern split(const CommandRule& rule);
  Status insert(const std::vector<CommandRule>& rules, std::uint32_t index, const Policy& policy);
  bool is_shadowed(const std::vector<CommandRule>& rules, const Pattern& pattern,
                   std::uint32_t node, std::size_t word, const CommandRule& rule,
                   std::uint32_t& by) const;
  void walk(Match& match, std::uint32_t node, std::size_t word, Name name) const;
  void enter(Match& match, std::uint32_t root, std::string_view program, Name name) const;
  void find(Match& match, const Command& command) const;
  // `C`: what has found, real, home and workspace.
  template <class C>
  [[nodiscard]] Entrances entrances(const C& command, std::string_view typed) const;
  void walk(PartialMatch& match, std::uint32_t node, std::size_t word, Name name) const;
  void take_below(PartialMatch& match, std::uint32_t node, Name name) const;
  void enter(PartialMatch& match, std::uint32_t root, std::string_view program, Name name) const;
  [[nodiscard]] bool is_trusted(std::string_view directory) const noexcept;

  std::vector<Node> nodes_;
  std::vector<bool> fixes_text_;           // by rule
  std::vector<std::string_view> trusted_;  // system directories, of static storage
};

template <class C>
CommandTable::Entrances CommandTable::entrances(const C& command, std::string_view typed) const {
  Entrances out;
  const std::string_view name = base_name(command.found);
  const bool trusted = is_trusted_program(command.found, command.workspace);
  out.add(kByName, name, trusted ? Name::kTrusted : Name::kAny);
  const std::string_view real_name = base_name(command.real);
  if (real_name != name) out.add(kByName, real_name, Name::kAny);
  typed = base_name(typed);
  if (typed != name && typed != real_name) out.add(kByName, typed, Name::kAny);
  const auto by_path = [&](std::string_view path, Name strict) {
    out.add(kByPath, path, strict);
    if (const auto rest = below(path, command.home); !rest.empty()) out.add(kByHome, rest, strict);
    if (const auto rest = below(path, command.workspace); !rest.empty())
      out.add(kByWorkspace, rest, strict);
  };
  by_path(command.found, Name::kTrusted);
  if (command.real != command.found) by_path(command.real, Name::kAny);
  return out;
}

}  // namespace bailey::policy
