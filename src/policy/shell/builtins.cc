// The shell's own commands: which are harmless, which run, set or change something.
#include <algorithm>
#include <iterator>

#include "policy/shell/parser.h"
#include "policy/shell/reading.h"

namespace bailey::policy::shell {
namespace {

enum class Builtin : std::uint8_t {
  kHarmless,
  kProgram,  // harmless only to the shell (kill): judged by the rules as a program
  kUnknown,  // changes what the rest of the line means
  kReturns,  // what follows in the list does not run
  kAlias,
  kBuiltin,
  kCd,
  kCommand,
  kDeclare,
  kEval,
  kExec,
  kGetopts,
  kHash,
  kHistory,
  kLet,
  kMapfile,
  kMove,  // pushd, popd
  kPrintf,
  kRead,
  kSet,
  kShopt,
  kSource,
  kTest,
  kTrap,
  kType,
  kUnset,
  kWait,
};

struct Entry {
  std::string_view name;
  Builtin builtin;
};
constexpr Entry kBuiltins[] = {{".", Builtin::kSource},
                               {":", Builtin::kHarmless},
                               {"[", Builtin::kTest},
                               {"alias", Builtin::kAlias},
                               {"bg", Builtin::kHarmless},
                               {"bind", Builtin::kUnknown},
                               {"break", Builtin::kHarmless},
                               {"builtin", Builtin::kBuiltin},
                               {"caller", Builtin::kHarmless},
                               {"cd", Builtin::kCd},
                               {"command", Builtin::kCommand},
                               {"compgen", Builtin::kUnknown},
                               {"complete", Builtin::kUnknown},
                               {"compopt", Builtin::kUnknown},
                               {"continue", Builtin::kHarmless},
                               {"declare", Builtin::kDeclare},
                               {"dirs", Builtin::kHarmless},
                               {"disown", Builtin::kHarmless},
                               {"echo", Builtin::kHarmless},
                               {"enable", Builtin::kUnknown},
                               {"eval", Builtin::kEval},
                               {"exec", Builtin::kExec},
                               {"exit", Builtin::kReturns},
                               {"export", Builtin::kDeclare},
                               {"false", Builtin::kHarmless},
                               {"fc", Builtin::kUnknown},
                               {"fg", Builtin::kHarmless},
                               {"getopts", Builtin::kGetopts},
                               {"hash", Builtin::kHash},
                               {"help", Builtin::kHarmless},
                               {"history", Builtin::kHistory},
                               {"jobs", Builtin::kHarmless},
                               {"kill", Builtin::kProgram},
                               {"let", Builtin::kLet},
                               {"local", Builtin::kDeclare},
                               {"logout", Builtin::kReturns},
                               {"mapfile", Builtin::kMapfile},
                               {"popd", Builtin::kMove},
                               {"printf", Builtin::kPrintf},
                               {"pushd", Builtin::kMove},
                               {"pwd", Builtin::kHarmless},
                               {"read", Builtin::kRead},
                               {"readarray", Builtin::kMapfile},
                               {"readonly", Builtin::kDeclare},
                               {"return", Builtin::kReturns},
                               {"set", Builtin::kSet},
                               {"shift", Builtin::kHarmless},
                               {"shopt", Builtin::kShopt},
                               {"source", Builtin::kSource},
                               {"suspend", Builtin::kUnknown},
                               {"test", Builtin::kTest},
                               {"times", Builtin::kHarmless},
                               {"trap", Builtin::kTrap},
                               {"true", Builtin::kHarmless},
                               {"type", Builtin::kType},
                               {"typeset", Builtin::kDeclare},
                               {"ulimit", Builtin::kHarmless},
                               {"umask", Builtin::kHarmless},
                               {"unalias", Builtin::kHarmless},
                               {"unset", Builtin::kUnset},
                               {"wait", Builtin::kWait}};
static_assert(std::is_sorted(std::begin(kBuiltins), std::end(kBuiltins),
                             [](const Entry& a, const Entry& b) { return a.name < b.name; }));

const Entry* find_builtin(std::string_view name) {
  const auto* const found =
      std::lower_bound(std::begin(kBuiltins), std::end(kBuiltins), name,
                       [](const Entry& entry, std::string_view key) { return entry.name < key; });
  return found != std::end(kBuiltins) && found->name == name ? found : nullptr;
}

bool is_name(std::string_view text) {
  return !text.empty() && is_name_start(text.front()) &&
         std::all_of(text.begin(), text.end(), is_name_char);
}

class Nesting {
 public:
  explicit Nesting(int& level) : level_(level) { ++level_; }
  ~Nesting() { --level_; }
  Nesting(const Nesting&) = delete;
  Nesting& operator=(const Nesting&) = delete;

 private:
  int& level_;
};

}  // namespace

std::optional<Reading::Flow> Reading::builtin(std::vector<Value>& argv, const State& state,
                                              std::uint32_t offset) {
  const Entry* const entry = find_builtin(argv.front().word.text);
  if (entry == nullptr) return std::nullopt;
  const Nesting nesting(builtins_);  // `command command command ...`
  if (builtins_ > kMaxStarters) {
    add_unknown("shell.unknown.nesting", argv, state, offset);
    return both(state);
  }
  const auto harmless = [&] {
    add(Standing::kJudged, Role::kBuiltin, argv, {}, state.directory, offset);
    return both(state);
  };
  const auto unknown = [&](std::string_view why) {
    add_unknown(why, argv, state, offset);
    return both(state);
  };
  switch (entry->builtin) {
    case Builtin::kHarmless:
      return harmless();
    case Builtin::kProgram:
      add(Standing::kJudged, Role::kProgram, argv, {}, state.directory, offset);
      return both(state);
    case Builtin::kUnknown:
      return unknown("shell.unknown.builtin");
    case Builtin::kReturns:
      harmless();
      return Flow{};
    case Builtin::kAlias: {
      const bool lists = argv.size() == 1 || (argv.size() == 2 && argv[1].is("-p"));
      return lists ? harmless() : unknown("shell.unknown.builtin");
    }
    case Builtin::kHash: {
      const bool looks = std::all_of(argv.begin() + 1, argv.end(), [](const Value& value) {
        return value.is("-r") || value.is("-t") || !value.may_be_option();
      });
      return looks ? harmless() : unknown("shell.unknown.builtin");
    }
    case Builtin::kHistory: {
      const bool shows = argv.size() == 1 || (argv.size() == 2 && argv[1].is_literal() &&
                                              std::all_of(argv[1].word.text.begin(),
                                                          argv[1].word.text.end(), is_digit));
      return shows ? harmless() : unknown("shell.unknown.builtin");
    }
    case Builtin::kBuiltin: {
      std::size_t first = 1;
      if (first < argv.size() && argv[first].is("--")) ++first;
      if (first >= argv.size()) return harmless();
      std::vector<Value> rest(argv.begin() + static_cast<std::ptrdiff_t>(first), argv.end());
      if (!rest.front().is_literal()) return unknown("shell.unknown.program");
      if (auto flow = builtin(rest, state, offset)) return flow;
      return unknown("shell.unknown.program");
    }
    case Builtin::kCd:
      return change_directory(argv, state, offset);
    case Builtin::kMove: {
      harmless();
      moved_ = true;
      State moved = state;
      moved.directory = kUnknownDirectory;
      return both(moved);
    }
    case Builtin::kCommand:
      return command_builtin(argv, state, offset);
    case Builtin::kDeclare:
      declare(argv, state, offset);
      return both(state);
    case Builtin::kEval:
      return evaluate(argv, state, offset);
    case Builtin::kExec:
      return execute(argv, state, offset);
    case Builtin::kGetopts: {
      const bool known = argv.size() >= 3 && !argv[1].word.many && set_named(argv[2], state);
      if (!known) return unknown("shell.unknown.variable");
      set_variable("OPTARG", state);
      return harmless();
    }
    case Builtin::kLet: {
      bool safe = true;
      for (std::size_t i = 1; i < argv.size(); ++i)
        safe = safe && argv[i].is_literal() &&
               is_safe_expression(argv[i].word.text, state, Names::kAreNumbers);
      return safe ? harmless() : unknown("shell.unknown.arithmetic");
    }
    case Builtin::kMapfile:
      read_into("-d: -n: -O: -s: -t -u: -C:! -c:!", argv, state, offset);
      return both(state);
    case Builtin::kRead:
      read_into("-a:$ -d: -e -i: -n: -N: -p: -r -s -t: -u:", argv, state, offset);
      return both(state);
    case Builtin::kPrintf:
      print_formatted(argv, state, offset);
      return both(state);
    case Builtin::kSet: {
      State after = state;
      set_options(argv, after, offset);
      return both(after);
    }
    case Builtin::kShopt: {
      static constexpr std::string_view kSafe[] = {
          "-q",       "-s",           "-u",       "-p",        "checkjobs",       "dotglob",
          "failglob", "globskipdots", "globstar", "huponexit", "inherit_errexit", "nocaseglob",
          "nullglob", "xpg_echo"};
      const bool safe = std::all_of(argv.begin() + 1, argv.end(), [](const Value& value) {
        return std::any_of(std::begin(kSafe), std::end(kSafe),
                           [&](std::string_view known) { return value.is(known); });
      });
      return safe ? harmless() : unknown("shell.unknown.builtin");
    }
    case Builtin::kSource: {
      add(Standing::kUnjudgedShell, Role::kProgram, argv, "shell.unjudged.file", state.directory,
          offset);
      moved_ = true;
      State moved = state;
      moved.directory = kUnknownDirectory;
      return both(moved);
    }
    case Builtin::kTest:
      test_builtin(argv, state, offset);
      return both(state);
    case Builtin::kTrap:
      trap(argv, state, offset);
      return both(state);
    case Builtin::kType:
      return harmless();
    case Builtin::kUnset:
      unset(argv, state, offset);
      return both(state);
    case Builtin::kWait: {
      const auto named = std::find_if(argv.begin(), argv.end(), [](const Value& value) {
        return value.word.text.starts_with("-p") || (!value.is_literal() && value.may_be_option());
      });
      return named == argv.end() ? harmless() : unknown("shell.unknown.variable");
    }
  }
  return std::nullopt;
}

Reading::Flow Reading::change_directory(std::vector<Value>& argv, const State& state,
                                        std::uint32_t offset) {
  add(Standing::kJudged, Role::kBuiltin, argv, {}, state.directory, offset);
  moved_ = true;
  State moved = state;
  moved.directory = kUnknownDirectory;
  std::size_t at = 1;
  bool by_text = true;
  while (at < argv.size() && argv[at].is_literal() && argv[at].word.text.size() > 1 &&
         argv[at].word.text.front() == '-') {
    const std::string& option = argv[at++].word.text;
    if (option == "--") break;
    if (option != "-L") by_text = false;
  }
  if (by_text && premises_.directory) {
    if (at == argv.size()) {
      if (premises_.home && !environment_.home.empty())
        moved.directory = enter(state.directory, environment_.home);
    } else if (at + 1 == argv.size() && argv[at].is_literal() && !argv[at].is("-")) {
      moved.directory = enter(state.directory, argv[at].word.text);
    }
  }
  return {moved, state};
}

Reading::Flow Reading::command_builtin(std::vector<Value>& argv, const State& state,
                                       std::uint32_t offset) {
  std::size_t at = 1;
  bool looks = false;
  for (; at < argv.size(); ++at) {
    const Value& word = argv[at];
    if (!word.is_literal()) {
      if (word.may_be_option()) {
        add_unknown("shell.unknown.program", argv, state, offset);
        return both(state);
      }
      break;
    }
    if (word.is("--")) {
      ++at;
      break;
    }
    if (!word.word.text.starts_with('-') || word.word.text.size() < 2) break;
    if (word.word.text.find_first_not_of("pvV", 1) != std::string::npos) {
      add_unknown("shell.unknown.option", argv, state, offset);
      return both(state);
    }
    looks = looks || word.word.text.find_first_of("vV") != std::string::npos;
  }
  if (looks || at >= argv.size()) {
    add(Standing::kJudged, Role::kBuiltin, argv, {}, state.directory, offset);
    return both(state);
  }
  std::vector<Value> rest(argv.begin() + static_cast<std::ptrdiff_t>(at), argv.end());
  if (!rest.front().is_literal() || rest.front().word.text.empty()) {
    add_unknown("shell.unknown.program", argv, state, offset);
    return both(state);
  }
  if (auto flow = builtin(rest, state, offset)) return *flow;
  start(std::move(rest), Place{state, offset, 1});
  return both(state);
}

Reading::Flow Reading::evaluate(std::vector<Value>& argv, const State& state,
                                std::uint32_t offset) {
  std::string text;
  const std::size_t first = argv.size() > 1 && argv[1].is("--") ? 2 : 1;
  for (std::size_t i = first; i < argv.size(); ++i) {
    if (!argv[i].is_literal()) {
      add_unknown("shell.unknown.text", argv, state, offset);
      moved_ = true;
      State moved = state;
      moved.directory = kUnknownDirectory;
      return both(moved);
    }
    if (i > first) text += ' ';
    text += argv[i].word.text;
  }
  return read_text(text, script_->dialect, Process::kSame, state, offset);
}

Reading::Flow Reading::execute(std::vector<Value>& argv, const State& state, std::uint32_t offset) {
  const OptionScan scan =
      scan_options("-c -l -a:", argv, 1, Strictness::kStrict, Order::kStopAtOperand);
  if (!scan.known) {
    add_unknown("shell.unknown.option", argv, state, offset);
    return both(state);
  }
  if (scan.operand >= argv.size()) {  // only redirections, for what follows
    add(Standing::kJudged, Role::kBuiltin, argv, {}, state.directory, offset);
    return both(state);
  }
  start(std::vector<Value>(argv.begin() + static_cast<std::ptrdiff_t>(scan.operand), argv.end()),
        Place{state, offset, 1});
  return {std::nullopt, state};  // `execfail` apart, what follows does not run
}

// NAME or NAME=VALUE that is known well enough to be set; false when it is not.
bool Reading::set_named(const Value& name, const State& state) {
  if (!name.is_literal() || !is_name(name.word.text)) return false;
  set_variable(name.word.text, state);
  return true;
}

void Reading::declare(std::vector<Value>& argv, const State& state, std::uint32_t offset) {
  bool transforms = false;
  bool integer = false;
  bool functions = false;
  bool prints = false;
  std::size_t at = 1;
  for (; at < argv.size(); ++at) {
    const Value& word = argv[at];
    if (!word.is_literal() || word.word.text.size() < 2 ||
        (word.word.text.front() != '-' && word.word.text.front() != '+'))
      break;
    if (word.is("--")) {
      ++at;
      break;
    }
    for (const char c : std::string_view(word.word.text).substr(1)) {
      if (c == 'n' && !argv.front().is("export")) {
        // A name for another name: nothing below holds.
        add_unknown("shell.unknown.variable", argv, state, offset);
        return;
      }
      functions = functions || c == 'f' || c == 'F';
      integer = integer || c == 'i';
      prints = prints || c == 'p';
      transforms = transforms || (c != 'x' && c != 'r' && c != 'g' && c != 'a' && c != 'n');
      if (c == 'A') {
        for (std::size_t i = at + 1; i < argv.size(); ++i)
          if (argv[i].is_literal()) associative_.push_back(argv[i].word.text);
      }
    }
  }
  if (functions || prints) {
    add(Standing::kJudged, Role::kBuiltin, argv, {}, state.directory, offset);
    return;
  }
  bool known = true;
  for (; at < argv.size(); ++at) {
    const Value& word = argv[at];
    const std::string_view text = word.word.text;
    const std::size_t equals = text.find('=');
    std::string_view name = text.substr(0, equals);
    if (name.ends_with('+')) name.remove_suffix(1);
    if (word.word.kind == WordKind::kPattern || !is_name(name) ||
        (equals == std::string_view::npos && !word.is_literal())) {
      known = false;
      continue;
    }
    // Unquoted in another shell, the value may go on as further words.
    if (word.word.many && (script_->dialect != Dialect::kBash)) known = false;
    if (equals == std::string_view::npos) {
      variables_.change(name);
      if (integer && !is_numeric(name)) known = false;
      continue;
    }
    Value value = word;
    value.word.text = std::string(text.substr(equals + 1));
    value.word.many = false;
    value.variable = {};
    if (transforms || text.substr(0, equals).ends_with('+')) {
      value.word.kind = WordKind::kUnknown;
      value.word.text.clear();
      value.traits = kNoTraits;
    } else if (!value.is_literal()) {
      value.traits = kNoTraits;
    }
    set_variable(name, value, kNone, true, state);
  }
  if (!known) {
    add_unknown("shell.unknown.variable", argv, state, offset);
  } else {
    add(Standing::kJudged, Role::kBuiltin, argv, {}, state.directory, offset);
  }
}

void Reading::trap(std::vector<Value>& argv, const State& state, std::uint32_t offset) {
  std::size_t at = 1;
  if (at < argv.size() && (argv[at].is("-p") || argv[at].is("-l"))) at = argv.size();
  if (at < argv.size() && argv[at].is("--")) ++at;
  if (at >= argv.size()) {
    add(Standing::kJudged, Role::kBuiltin, argv, {}, state.directory, offset);
    return;
  }
  if (!argv[at].is_literal()) {
    add_unknown("shell.unknown.text", argv, state, offset);
    return;
  }
  add(Standing::kJudged, Role::kBuiltin, argv, {}, state.directory, offset);
  const std::string& text = argv[at].word.text;
  if (text == "-" || text.empty()) return;
  // It runs whenever the signal comes.
  State later;
  later.directory = kUnknownDirectory;
  read_text(text, script_->dialect, Process::kSame, later, offset);
}

void Reading::unset(std::vector<Value>& argv, const State& state, std::uint32_t offset) {
  bool known = true;
  for (std::size_t i = 1; i < argv.size(); ++i) {
    const Value& word = argv[i];
    if (word.is("-v") || word.is("--")) continue;
    if (word.is("-f")) {
      found_.functions = false;
      continue;
    }
    if (!word.is_literal() || !is_name(word.word.text)) {
      known = false;
      continue;
    }
    for (const Function& function : functions_)
      if (function.name == word.word.text) found_.functions = false;
    variables_.change(word.word.text);
    set_variable(word.word.text, literal_value({}), kNone, false, state);
  }
  if (!known) {
    found_.functions = false;
    add_unknown("shell.unknown.variable", argv, state, offset);
  } else {
    add(Standing::kJudged, Role::kBuiltin, argv, {}, state.directory, offset);
  }
}

void Reading::set_options(std::vector<Value>& argv, State& state, std::uint32_t offset) {
  static constexpr std::string_view kNames[] = {
      "allexport", "errexit", "errtrace", "functrace", "monitor",    "noclobber", "noexec",
      "noglob",    "nolog",   "nounset",  "pipefail",  "privileged", "verbose",   "xtrace"};
  const auto unknown = [&] { add_unknown("shell.unknown.builtin", argv, state, offset); };
  for (std::size_t i = 1; i < argv.size(); ++i) {
    const Value& word = argv[i];
    if (!word.is_literal()) {
      if (word.may_be_option()) return unknown();
      break;  // the positional parameters
    }
    const std::string& text = word.word.text;
    if (text == "--" || text == "-") break;
    if (text.empty() || (text.front() != '-' && text.front() != '+')) break;
    for (const char c : std::string_view(text).substr(1)) {
      if (c == 'e') state.stops = text.front() == '-';
      if (c == 'o') {
        if (i + 1 >= argv.size()) break;  // lists them
        const Value& name = argv[++i];
        if (std::none_of(std::begin(kNames), std::end(kNames),
                         [&](std::string_view known) { return name.is(known); }))
          return unknown();
        if (name.is("errexit")) state.stops = text.front() == '-';
        continue;
      }
      if (std::string_view("abefhmnuvxCET").find(c) == std::string_view::npos) return unknown();
    }
  }
  add(Standing::kJudged, Role::kBuiltin, argv, {}, state.directory, offset);
}

void Reading::read_into(std::string_view grammar, std::vector<Value>& argv, const State& state,
                        std::uint32_t offset) {
  const OptionScan scan =
      scan_options(grammar, argv, 1, Strictness::kStrict, Order::kStopAtOperand);
  bool known = scan.known;
  for (const OptionUse& use : scan.uses)
    known = known && use.act == '$' && set_named(use.value, state);
  for (std::size_t i = scan.operand; known && i < argv.size(); ++i)
    known = set_named(argv[i], state);
  if (!known) {
    add_unknown("shell.unknown.variable", argv, state, offset);
    return;
  }
  if (scan.operand >= argv.size())
    set_variable(argv.front().is("read") ? "REPLY" : "MAPFILE", state);
  add(Standing::kJudged, Role::kBuiltin, argv, {}, state.directory, offset);
}

void Reading::print_formatted(std::vector<Value>& argv, const State& state, std::uint32_t offset) {
  const std::size_t at = 1;
  if (at < argv.size() && argv[at].is("-v")) {
    if (at + 1 >= argv.size() || !set_named(argv[at + 1], state)) {
      add_unknown("shell.unknown.variable", argv, state, offset);
      return;
    }
  } else if (at < argv.size()) {
    // "-vname" would set one; a name cannot end in anything but a letter, a digit or ']'.
    const Value& format = argv[at];
    const bool literal_v = format.is_literal() && format.word.text.starts_with("-v");
    if (literal_v || (!format.is_literal() && format.may_be_option())) {
      add_unknown("shell.unknown.variable", argv, state, offset);
      return;
    }
  }
  add(Standing::kJudged, Role::kBuiltin, argv, {}, state.directory, offset);
}

// test and [: `-v` evaluates the subscript of its operand, so neither the operator nor
// the operand may come from elsewhere.
void Reading::test_builtin(std::vector<Value>& argv, const State& state, std::uint32_t offset) {
  std::size_t end = argv.size();
  if (argv.front().is("[") && argv.back().is("]")) --end;
  bool safe = true;
  bool before_unknown = false;
  for (std::size_t i = 1; i < end; ++i) {
    const Value& word = argv[i];
    if (word.is_literal()) {
      if ((word.is("-v") || word.is("-R")) && i + 1 < end)
        safe = safe && argv[i + 1].is_literal() && is_name(argv[i + 1].word.text);
      before_unknown = false;
      continue;
    }
    // Numbers are neither operators nor names; file names may be both.
    const bool number = word.has(kNumeric);
    const bool names = word.word.kind == WordKind::kPattern && !word.may_be_option();
    if (word.word.many && !number && !names) safe = false;
    if (before_unknown && !number) safe = false;
    before_unknown = word.may_be_option();
  }
  if (!safe) {
    add_unknown("shell.unknown.subscript", argv, state, offset);
  } else {
    add(Standing::kJudged, Role::kBuiltin, argv, {}, state.directory, offset);
  }
}

}  // namespace bailey::policy::shell
