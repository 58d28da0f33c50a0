// Line: what a command would start and touch, each thing judged by the rules.
//
// A shell's text, `env`, `xargs`, `find -exec`, `git -c ...`: the vector alone does not say
// what runs. shell/facts.h lists everything; here each program of that list is looked for
// and put before the rules, each file before the cage's view, each variable before the
// policy's environment. A word that is not known matches an `allow` only where every word
// would, a `deny` or an `ask` wherever some word could.
// Pure but for Surroundings. Immutable results; one thread.
// Does not protect: see shell/facts.h; advice before the fact, the cage is what holds.
//
// spec/policy.md, "Commands that start others".
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/compiled_policy.h"
#include "policy/shell/facts.h"
#include "policy/surroundings.h"

namespace bailey::policy {

// One thing of a line.
struct Part {
  enum class Standing {
    kAllowed,
    kAsked,     // by `rule`
    kDenied,    // by `rule`, or a file that cannot be reached
    kNoMatch,   // no rule allows it
    kUnjudged,  // what it is or does cannot be said
  };
  Standing standing = Standing::kUnjudged;
  // policy.rule, policy.no_match, files.out_of_reach, shell.* (spec/shell.md); empty for
  // what needs no rule.
  std::string_view code;
  const CommandRule* rule = nullptr;
  const NarrowingRules* outside = nullptr;  // the narrowing list that has no rule for it
  std::optional<model::Level> level;        // that a matching rule demands
  const CommandRule* level_rule = nullptr;
  FoundProgram program;  // of a segment; empty when there is none
  bool exists = false;   // `program` is there now
};

// Everything that a command would do, in the order in which it stands.
struct Line {
  shell::Facts facts;
  // One for each of facts.segments, files, variables.
  std::vector<Part> segments;
  std::vector<Part> files;
  std::vector<Part> variables;
};

enum class Doubt {
  kNone,
  kShell,  // text that a shell would read is not known, or not allowed in every part
  kOther,  // the same of another program's code or arguments
};

struct Judged {
  // The rules against the vector as it stands.
  CommandDecision whole;
  // Absent: the vector says all (or a limit was met, then doubt is not kNone).
  std::optional<Line> line;

  model::Decision decision = model::Decision::kDeny;
  // The rule that decided, and the part it did so for; null: the vector as a whole.
  const CommandRule* rule = nullptr;
  const Part* part = nullptr;  // of `line`; deciding, or the first of which there is doubt
  const NarrowingRules* outside = nullptr;
  // What was decided rests on `whole` although the parts do not bear it.
  Doubt doubt = Doubt::kNone;
  std::string_view why;  // of the doubt: a code of spec/shell.md, or policy.no_match
  std::optional<model::Level> level;
  const CommandRule* level_rule = nullptr;
};

// `surroundings` null: whatever would have to be looked for is in doubt.
[[nodiscard]] Judged judge(const CompiledPolicy& policy, const Command& command,
                           const Surroundings* surroundings);

// The byte of facts that `part` of `line` stands at.
[[nodiscard]] std::uint32_t offset_of(const Line& line, const Part& part) noexcept;

}  // namespace bailey::policy
