// Reading: the walk over a script that collects its facts. Internal to policy/shell.
//
// It follows the order of execution as far as the working directory and the functions
// that are defined for certain need it (State), and visits everything else once. What a
// variable was given elsewhere in the line matters in a few places (arithmetic runs
// commands hidden in values; a word may be an option); such a question is answered with
// the best case in the first run, and the reading is repeated with what the run found
// until the answers were true. Each run is linear; there are at most kMaxRuns.
//
// What is where: reading.cc control flow, reading_words.cc words, reading_arithmetic.cc
// values and arithmetic, builtins.cc, starters.cc programs that start others,
// interpreters.cc, find.cc, git.cc, build_tools.cc.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/shell/braces.h"
#include "policy/shell/facts.h"
#include "policy/shell/limits.h"
#include "policy/shell/options.h"
#include "policy/shell/programs.h"
#include "policy/shell/value.h"
#include "policy/shell/variables.h"

namespace bailey::policy::shell {

// What one run takes for granted.
struct Premises {
  const Variables* variables = nullptr;  // null: the best case
  bool home = true;                      // nobody sets HOME
  bool directory = true;                 // nobody sets CDPATH, PWD, ...
  bool splitting = true;                 // nobody sets IFS
  bool functions = true;                 // nobody unsets functions
};

class Reading {
 public:
  Reading(const Environment& environment, const Premises& premises)
      : environment_(environment), premises_(premises) {}

  void run(const Script& script);
  void run(std::span<const std::string> argv);

  // After run().
  [[nodiscard]] Facts& facts() noexcept { return facts_; }
  [[nodiscard]] Variables& variables() noexcept { return variables_; }
  [[nodiscard]] bool asked() const noexcept { return asked_; }
  [[nodiscard]] bool too_many() const noexcept { return too_many_; }
  // Which premises turned out to be wrong.
  [[nodiscard]] Premises found() const noexcept { return found_; }

 private:
  struct State {
    std::uint32_t directory = kStartDirectory;
    std::uint64_t functions = 0;  // bits of those defined for certain
    bool stops = false;           // set -e
  };
  // After a command; an absent one cannot happen.
  struct Flow {
    std::optional<State> ok;
    std::optional<State> failed;
  };
  // Where a command stands, for the programs that it starts.
  struct Place {
    State state;
    std::uint32_t offset = 0;
    int starters = 0;
  };
  struct Function {
    std::string_view name;
    const Script* script;
    Id node;
    std::optional<std::uint32_t> offset;  // of the text inside the line that it is part of
  };
  enum class Use : std::uint8_t {
    kArgument,    // braces, tilde, splitting, patterns
    kAssignment,  // tilde
    kText,        // here-documents and the like: neither
  };
  // kItself: the shell that the whole command is.
  enum class Process : std::uint8_t { kSame, kChild, kItself };
  enum class Names : std::uint8_t { kAreNumbers, kMayBeKeys };
  class Uncertain;  // sets certain_ to false for a while

  // reading.cc
  Flow read(Id node, State state);
  Flow read_list(const Node& node, State state);
  Flow read_and_or(const Node& node, State state);
  Flow read_if(const Node& node, State state);
  Flow read_loop(const Node& node, State state);
  Flow read_case(const Node& node, State state);
  Flow read_function(Id id, State state);
  Flow read_coprocess(const Node& node, State state);
  Flow read_simple(const Node& node, State state);
  void read_aside(Id node, State state);  // in a process of its own
  void read_bodies();
  void read_redirections(const Node& node, const State& state);
  void read_redirection(const Redirection& redirection, const State& state);
  void read_assignments(Id first, const State& state, bool lasting);
  void read_attributes(const std::vector<Value>& argv, const Node& node, const State& state);
  void read_test(const Node& node, const State& state);
  Flow call(std::vector<Value> argv, State state, std::uint32_t offset);
  // A text inside the line.
  Flow read_text(std::string_view text, Dialect dialect, Process process, const State& state,
                 std::uint32_t offset);
  static State merge(const State& a, const State& b);
  static std::optional<State> merge(const std::optional<State>& a, const std::optional<State>& b);
  static Flow both(const State& state) { return {state, state}; }
  void forget_directory_since(std::size_t segments, std::size_t files);
  std::uint32_t enter(std::uint32_t directory, std::string_view path);

  // reading_words.cc
  void expand(Id word, Use use, const State& state, std::vector<Value>& out);
  Value expand_one(Id word, Use use, const State& state);
  void expand_list(Id first, Use use, const State& state, std::vector<Value>& out);
  void read_effects(Id word, const State& state);
  void read_parameter(const Part& part, const State& state);
  class Builder;
  void add_part(Builder& builder, const Part& part, bool last);
  void add_unquoted(Builder& builder, std::string_view text, bool last);
  void add_variable(Builder& builder, const Part& part);

  // reading_arithmetic.cc
  [[nodiscard]] Traits output_traits(Id node) const;
  // What `word` gives to a variable, other variables apart.
  Traits value_traits(Id word, std::vector<TraitSource>& sources) const;
  [[nodiscard]] bool is_numeric(std::string_view name);
  bool is_safe_expression(std::string_view text, const State& state, Names names);
  void read_arithmetic(Id word, const State& state);
  void read_subscript(Id word, std::string_view array, const State& state);
  void set_variable(std::string_view name, const Value& value, Id word, bool lasting,
                    const State& state);
  void set_variable(std::string_view name, const State& state);  // to anything
  void note_variable(std::string_view name, const Value& value, const State& state);

  // builtins.cc
  std::optional<Flow> builtin(std::vector<Value>& argv, const State& state, std::uint32_t offset);
  Flow change_directory(std::vector<Value>& argv, const State& state, std::uint32_t offset);
  Flow evaluate(std::vector<Value>& argv, const State& state, std::uint32_t offset);
  Flow execute(std::vector<Value>& argv, const State& state, std::uint32_t offset);
  Flow command_builtin(std::vector<Value>& argv, const State& state, std::uint32_t offset);
  void declare(std::vector<Value>& argv, const State& state, std::uint32_t offset);
  void trap(std::vector<Value>& argv, const State& state, std::uint32_t offset);
  void unset(std::vector<Value>& argv, const State& state, std::uint32_t offset);
  void set_options(std::vector<Value>& argv, State& state, std::uint32_t offset);
  void read_into(std::string_view grammar, std::vector<Value>& argv, const State& state,
                 std::uint32_t offset);
  void print_formatted(std::vector<Value>& argv, const State& state, std::uint32_t offset);
  void test_builtin(std::vector<Value>& argv, const State& state, std::uint32_t offset);
  bool set_named(const Value& name, const State& state);

  // starters.cc and its neighbours
  void start(std::vector<Value> argv, const Place& place);
  void starter(const Program& program, std::vector<Value>& argv, const Place& place);
  void guarded(const Program& program, std::vector<Value>& argv, const Place& place);
  void env(const Program& program, std::vector<Value>& argv, const Place& place);
  void xargs(const Program& program, std::vector<Value>& argv, const Place& place);
  void flock(const Program& program, std::vector<Value>& argv, const Place& place);
  void texts(const Program& program, std::vector<Value>& argv, const Place& place);
  void busybox(std::vector<Value>& argv, const Place& place);
  void interpreter(const Program& program, std::vector<Value>& argv, const Place& place);
  void shell(const Program& program, std::vector<Value>& argv, const Place& place);
  void find(std::vector<Value>& argv, const Place& place);
  void git(std::vector<Value>& argv, const Place& place);
  void sed(std::vector<Value>& argv, const Place& place);
  void awk(std::vector<Value>& argv, const Place& place);
  void make(std::vector<Value>& argv, const Place& place);
  void cmake(std::vector<Value>& argv, const Place& place);
  void tar(std::vector<Value>& argv, const Place& place);
  void ssh(const Program& program, std::vector<Value>& argv, const Place& place);
  void sqlite(std::vector<Value>& argv, const Place& place);
  void subcommands(const Program& program, std::vector<Value>& argv, const Place& place);
  // What the options did; false when the segment cannot be judged (and was added so).
  bool apply(const std::vector<OptionUse>& uses, std::vector<Value>& argv, Place& place);
  void start_rest(std::span<const Value> rest, const Place& place);
  void run_text(std::string_view text, const State& state, std::uint32_t offset);
  void run_line(const Value& line, const Place& place);  // split at blanks

  // What is found.
  Segment& add(Standing standing, Role role, std::span<const Value> argv, std::string_view why,
               std::uint32_t directory, std::uint32_t offset);
  void add_unknown(std::string_view why, std::span<const Value> argv, const State& state,
                   std::uint32_t offset) {
    add(Standing::kUnknown, Role::kProgram, argv, why, state.directory, offset);
  }
  void add_unknown(std::string_view why, const State& state, std::uint32_t offset) {
    add_unknown(why, {}, state, offset);
  }
  void add_file(FileUse use, const Value& path, const State& state, std::uint32_t offset);

  [[nodiscard]] std::uint32_t offset_of(std::uint32_t own) const noexcept {
    return fixed_offset_ ? *fixed_offset_ : own;
  }

  const Environment& environment_;
  const Premises premises_;
  Premises found_;
  Facts facts_;
  Variables variables_;
  const Script* script_ = nullptr;             // the one that is read now
  std::optional<std::uint32_t> fixed_offset_;  // inside a text: where it stands in the line
  std::deque<Script> texts_;
  std::size_t text_bytes_ = 0;
  int text_depth_ = 0;
  int process_depth_ = 0;
  int builtins_ = 0;
  std::deque<Function> functions_;
  std::vector<std::string> associative_;        // arrays declared with -A
  std::uint64_t at_calls_ = ~std::uint64_t{0};  // defined at every call so far
  std::uint32_t directory_ = kStartDirectory;   // in which the words are that are expanded
  bool certain_ = true;  // what is read now runs, once, if the line gets here
  int conditions_ = 0;   // `set -e` does not count here
  bool in_body_ = false;
  bool from_words_ = false;  // a command without a shell around it is read
  bool moved_ = false;       // some command changed the directory
  std::uint32_t now_ = 0;    // offset of the command that is read
  bool asked_ = false;
  bool too_many_ = false;
};

}  // namespace bailey::policy::shell
