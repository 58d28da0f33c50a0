#include "policy/line.h"

#include <algorithm>

#include "policy/paths.h"
#include "policy/shell.h"

namespace bailey::policy {
namespace {

using model::Decision;
using shell::Facts;
using shell::FactWord;
using shell::Role;
using shell::WordKind;
using Standing = Part::Standing;

bool is_literal(const FactWord& word) noexcept {
  return word.kind == WordKind::kLiteral && !word.many;
}

// What is in doubt stands in the command itself, not in a file or on standard input.
bool is_in_text(std::string_view why) noexcept {
  return why != "shell.unjudged.file" && why != "shell.unjudged.input";
}

// The rules before which every part of one line is put.
class Bench {
 public:
  Bench(const CompiledPolicy& policy, const Command& command, const Surroundings& around)
      : policy_(policy), command_(command), around_(around) {}

  [[nodiscard]] Line judge(Facts facts) const {
    Line line;
    line.segments.reserve(facts.segments.size());
    for (const auto& segment : facts.segments) {
      // The first is the command itself, which was found already.
      const bool itself = &segment == &facts.segments.front() && !segment.argv.empty() &&
                          is_literal(segment.argv.front()) &&
                          segment.argv.front().text == command_.argv.front();
      line.segments.push_back(judge(segment, facts, itself));
    }
    for (const auto& file : facts.files) line.files.push_back(judge(file, facts));
    for (const auto& variable : facts.variables) line.variables.push_back(judge(variable));
    line.facts = std::move(facts);
    return line;
  }

 private:
  static Part unjudged(std::string_view code) {
    Part part;
    part.code = code;
    return part;
  }

  // Absolute; none when it is not known.
  [[nodiscard]] std::optional<std::string> directory(const Facts& facts,
                                                     std::uint32_t index) const {
    if (index >= facts.directories.size()) return std::nullopt;
    return absolute(facts.directories[index], std::string(around_.directory()));
  }
  static std::string absolute(std::string_view path, const std::string& directory) {
    if (path.starts_with('/')) return plain_path(path);
    return plain_path(directory + "/" + std::string(path));
  }

  static void take(Part& part, const CommandDecision& decided) {
    part.level = decided.level;
    part.level_rule = decided.level_rule;
    part.rule = decided.rule;
    part.outside = decided.outside;
    part.code = "policy.rule";
    if (decided.rule == nullptr) {
      part.code = decided.decision == Decision::kAllow ? "" : "policy.no_match";
      part.standing =
          decided.decision == Decision::kAllow ? Standing::kAllowed : Standing::kNoMatch;
    } else if (decided.decision == Decision::kDeny) {
      part.standing = Standing::kDenied;
    } else if (decided.decision == Decision::kAsk) {
      part.standing = Standing::kAsked;
    } else {
      part.standing = Standing::kAllowed;
    }
  }

  [[nodiscard]] CommandDecision decide(const shell::Segment& segment,
                                       const FoundProgram& program) const {
    if (!std::all_of(segment.argv.begin(), segment.argv.end(), is_literal))
      return policy_.decide(PartialCommand{segment.argv, program.found, program.real, command_.home,
                                           command_.workspace});
    std::vector<std::string> argv;
    argv.reserve(segment.argv.size());
    for (const auto& word : segment.argv) argv.push_back(word.text);
    return policy_.decide(
        Command{argv, program.found, program.real, command_.home, command_.workspace});
  }

  // Where the name leads; false when that cannot be said.
  bool look(const shell::Segment& segment, const Facts& facts, bool itself, Part& part) const {
    if (itself) {
      part.exists = true;
      part.program = {std::string(command_.found), std::string(command_.real)};
      return !command_.found.empty() && !command_.real.empty();
    }
    if (segment.argv.empty() || !is_literal(segment.argv.front())) return false;
    const std::string& name = segment.argv.front().text;
    const auto from = directory(facts, segment.directory);
    const bool relative = name.find('/') != std::string::npos && name.front() != '/';
    if (name.empty() || (relative && !from)) return false;
    const Sighting sighting = around_.find(name, from.value_or(std::string(around_.directory())));
    switch (sighting.presence) {
      case Presence::kUnclear:
        return false;
      case Presence::kNever:
        // Nothing will run. The rules are asked all the same: by its place when it has one, as
        // for a system program when it is a bare name.
        part.program.found = name.find('/') == std::string::npos
                                 ? "/usr/bin/" + name
                                 : absolute(name, from.value_or("/"));
        part.program.real = part.program.found;
        return true;
      case Presence::kThere:
        part.exists = true;
        [[fallthrough]];
      case Presence::kMayCome:
        part.program = sighting.program;
        return !part.program.found.empty() && !part.program.real.empty();
    }
    return false;
  }

  [[nodiscard]] Part judge(const shell::Segment& segment, const Facts& facts, bool itself) const {
    Part part;
    if (segment.role == Role::kBuiltin && segment.standing == shell::Standing::kJudged) {
      take(part, policy_.decide_builtin(segment.argv));
      return part;
    }
    const bool clear = look(segment, facts, itself, part);
    if (clear) take(part, decide(segment, part.program));
    // What is certain not to be allowed is denied, whatever else there is to say.
    if (part.standing == Standing::kDenied) return part;
    const auto doubt = [&](std::string_view code) {
      part.standing = Standing::kUnjudged;
      part.code = code;
      part.outside = nullptr;
    };
    if (segment.standing != shell::Standing::kJudged) {
      // Whoever is asked reads it; what stands elsewhere they cannot.
      const bool read = part.standing == Standing::kAsked && is_in_text(segment.why);
      if (!read && (part.rule == nullptr || !is_fixed(segment, part))) doubt(segment.why);
      return part;
    }
    const std::string_view name = clear ? base_name(segment.argv.front().text) : std::string_view{};
    if (!clear || !shell::reads_alike(name, base_name(part.program.real)) ||
        !shell::reads_alike(name, base_name(part.program.found))) {
      doubt("shell.unknown.program");
      return part;
    }
    // A starter is what it starts.
    if (segment.role == Role::kStarter && part.standing == Standing::kNoMatch &&
        policy_.is_trusted_program(part.program.found, command_.workspace)) {
      part.standing = Standing::kAllowed;
      part.code = {};
      part.outside = nullptr;
    }
    return part;
  }

  // A rule that has every word of it: somebody looked at exactly this.
  [[nodiscard]] bool is_fixed(const shell::Segment& segment, const Part& part) const {
    if (part.standing != Standing::kAllowed && part.standing != Standing::kAsked) return false;
    // Names of files mean what they meant to whoever wrote the rule.
    if (segment.directory != shell::kStartDirectory) return false;
    if (!std::all_of(segment.argv.begin(), segment.argv.end(), is_literal)) return false;
    return decide(segment, part.program).fixes_text;
  }

  [[nodiscard]] Part judge(const shell::FileAccess& file, const Facts& facts) const {
    Part part;
    const auto from = directory(facts, file.directory);
    const bool relative = !file.path.text.starts_with('/');
    if (!is_literal(file.path) || (relative && !from)) return unjudged("shell.unknown.file");
    const bool reads = file.use == shell::FileUse::kRead;
    const Reach reach = around_.reach(absolute(file.path.text, from.value_or("/")));
    const bool can = file.use != shell::FileUse::kConnect &&
                     (reach == Reach::kWrite || (reads && reach == Reach::kRead));
    part.standing = can ? Standing::kAllowed : Standing::kDenied;
    part.code = can ? "" : "files.out_of_reach";
    return part;
  }

  [[nodiscard]] Part judge(const shell::VariableChange& variable) const {
    Part part;
    part.standing = Standing::kAllowed;
    if (variable.effect == shell::VariableEffect::kSplitting) return part;
    if (is_literal(variable.value))
      for (const auto& set : policy_.policy().environment.set)
        if (set.name == variable.name && set.value == variable.value.text) return part;
    return unjudged("shell.variable");
  }

  const CompiledPolicy& policy_;
  const Command& command_;
  const Surroundings& around_;
};

// Does `visit` want to stop at a part? Segments first, then variables, then files.
template <class Visit>
const Part* first_part(const Line& line, Visit visit) {
  for (const auto* list : {&line.segments, &line.variables, &line.files})
    for (const auto& part : *list)
      if (visit(part)) return &part;
  return nullptr;
}

const Part* first_part(const Line& line, Standing standing) {
  return first_part(line, [&](const Part& part) { return part.standing == standing; });
}

// Any command may run, without a question: what a command starts is then no matter.
bool allows_anything(const Policy& policy) {
  if (!policy.narrowing.empty()) return false;
  bool any = false;
  for (const auto& rule : policy.commands) {
    if (rule.decision != Decision::kAllow) return false;
    any = any || (rule.argv.size() == 1 && rule.argv.front() == "**" && !rule.level);
  }
  return any;
}

bool is_shell_doubt(const Line& line, bool in_shell) {
  const auto& segments = line.facts.segments;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    if (line.segments[i].standing != Standing::kUnjudged) continue;
    if (segments[i].standing == shell::Standing::kUnjudgedShell) return true;
    if (in_shell && segments[i].standing != shell::Standing::kUnjudgedInterpreter) return true;
  }
  return false;
}

// All of what is in doubt stands in the vector, for a person to read.
bool is_readable(const Line& line) {
  for (std::size_t i = 0; i < line.facts.segments.size(); ++i) {
    if (line.segments[i].standing == Standing::kUnjudged && !is_in_text(line.facts.segments[i].why))
      return false;
  }
  return true;
}

void take_levels(const Line& line, Judged& judged) {
  for (const auto& part : line.segments) {
    if (!part.level || (judged.level && *part.level <= *judged.level)) continue;
    judged.level = part.level;
    judged.level_rule = part.level_rule;
  }
}

// The parts bear the whole: the decision is theirs.
void rest_on_parts(Judged& judged) {
  const Line& line = *judged.line;
  const CommandDecision& whole = judged.whole;
  const Part* asked = first_part(line, Standing::kAsked);
  if (asked != nullptr && !(whole.rule != nullptr && whole.decision == Decision::kAsk)) {
    judged.decision = Decision::kAsk;
    judged.rule = asked->rule;
    judged.part = asked;
  } else if (whole.rule != nullptr) {
    judged.decision = whole.decision;
    judged.rule = whole.rule;
  } else {
    judged.decision = Decision::kAllow;
    judged.part = first_part(line, [](const Part& part) { return part.rule != nullptr; });
    if (judged.part != nullptr) judged.rule = judged.part->rule;
  }
}

void conclude(const CompiledPolicy& policy, const Command& command, Judged& judged) {
  const Line& line = *judged.line;
  const CommandDecision& whole = judged.whole;
  take_levels(line, judged);
  if (const Part* denied = first_part(line, Standing::kDenied)) {
    if (denied->rule != nullptr || !whole.fixes_text || line.facts.given_matters) {
      judged.decision = Decision::kDeny;
      judged.rule = denied->rule;
      judged.part = denied;
      judged.why = denied->code;
      return;
    }
  }
  const bool accepted = whole.rule != nullptr && whole.decision != Decision::kDeny;
  const Part* no_match = first_part(line, Standing::kNoMatch);
  const Part* unjudged = first_part(line, Standing::kUnjudged);
  const bool shell = runs_shell(command.argv, command.found, command.real);
  const bool shell_doubt = is_shell_doubt(line, shell);
  // The command itself must be allowed, but for one that only starts others.
  const bool starter = !line.segments.empty() &&
                       line.segments.front().standing != Standing::kUnjudged &&
                       line.facts.segments.front().role == Role::kStarter;
  const bool beside_the_point = (whole.fixes_text && !line.facts.given_matters) ||
                                (!shell_doubt && allows_anything(policy.policy()));
  if ((accepted || starter) &&
      ((no_match == nullptr && unjudged == nullptr) || (accepted && beside_the_point))) {
    return rest_on_parts(judged);
  }
  judged.part = no_match != nullptr ? no_match : unjudged;
  judged.why = judged.part == nullptr ? "policy.no_match" : judged.part->code;
  judged.outside = judged.part == nullptr ? whole.outside : judged.part->outside;
  if (!accepted) return;  // denied: nothing allows it
  judged.decision = whole.decision;
  judged.rule = whole.rule;
  if (whole.decision == Decision::kAsk && no_match == nullptr && is_readable(line)) return;
  judged.doubt = shell || shell_doubt ? Doubt::kShell : Doubt::kOther;
}

}  // namespace

Judged judge(const CompiledPolicy& policy, const Command& command,
             const Surroundings* surroundings) {
  Judged judged;
  judged.whole = policy.decide(command);
  judged.decision = judged.whole.decision;
  judged.rule = judged.whole.rule;
  judged.outside = judged.whole.outside;
  judged.level = judged.whole.level;
  judged.level_rule = judged.whole.level_rule;
  if (command.argv.empty()) return judged;
  const bool shell = runs_shell(command.argv, command.found, command.real);
  const bool reads = shell::reads_arguments(base_name(command.argv.front())) ||
                     shell::reads_arguments(base_name(command.found)) ||
                     shell::reads_arguments(base_name(command.real));
  const bool given = surroundings != nullptr && !surroundings->given().empty();
  if (!shell && !reads && !given) return judged;
  if (judged.rule != nullptr && judged.decision == Decision::kDeny) return judged;

  Result<Facts> facts = fail("shell.unknown.program", "nobody knows what is there");
  if (surroundings != nullptr)
    facts = shell::facts(command.argv,
                         {surroundings->home(), surroundings->directory(), surroundings->given()});
  if (!facts) {
    judged.why = facts.error().code;
    if (!judged.whole.fixes_text) judged.doubt = shell ? Doubt::kShell : Doubt::kOther;
    return judged;
  }
  judged.line = Bench(policy, command, *surroundings).judge(*std::move(facts));
  conclude(policy, command, judged);
  return judged;
}

std::uint32_t offset_of(const Line& line, const Part& part) noexcept {
  const auto within = [&](const std::vector<Part>& list) {
    return !list.empty() && &part >= &list.front() && &part <= &list.back();
  };
  if (within(line.segments))
    return line.facts.segments[static_cast<std::size_t>(&part - line.segments.data())].offset;
  if (within(line.files))
    return line.facts.files[static_cast<std::size_t>(&part - line.files.data())].offset;
  if (within(line.variables))
    return line.facts.variables[static_cast<std::size_t>(&part - line.variables.data())].offset;
  return 0;
}

}  // namespace bailey::policy
