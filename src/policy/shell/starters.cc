// Programs that start other programs.
#include <algorithm>

#include "policy/shell.h"
#include "policy/shell/parser.h"
#include "policy/shell/reading.h"

namespace bailey::policy::shell {
namespace {

// NAME=VALUE, of which at least NAME= is known.
std::string_view assigned_name(const Value& word) {
  if (word.word.kind == WordKind::kPattern || word.word.many) return {};
  const std::size_t equals = word.word.text.find('=');
  if (equals == std::string::npos || equals == 0) return {};
  return std::string_view(word.word.text).substr(0, equals);
}

// The part of the word behind its first `size` bytes.
Value value_after(const Value& word, std::size_t size) {
  Value value = word;
  value.word.text.erase(0, size);
  value.traits = kNoTraits;
  value.variable = {};
  return value;
}

// What a program adds to the command that it was told to start.
Value added_values() {
  Value value = unknown_values();
  value.traits = kNoDash;
  return value;
}

bool has_forbidden(std::string_view forbidden, std::string_view text) {
  while (!forbidden.empty()) {
    const std::size_t cut = std::min(forbidden.find(' '), forbidden.size());
    const std::string_view part = forbidden.substr(0, cut);
    forbidden.remove_prefix(std::min(cut + 1, forbidden.size()));
    if (part.starts_with('^') ? text.starts_with(part.substr(1))
                              : text.find(part) != std::string_view::npos)
      return true;
  }
  return false;
}

// Options of ssh that neither start anything nor read another configuration.
bool is_harmless_ssh_option(const Value& value) {
  const std::string_view text = value.word.text;
  const std::string_view key = text.substr(0, text.find_first_of("= "));
  if (key.size() == text.size()) return false;
  for (const std::string_view known : {"AddressFamily",
                                       "BatchMode",
                                       "CheckHostIP",
                                       "Ciphers",
                                       "Compression",
                                       "ConnectTimeout",
                                       "ConnectionAttempts",
                                       "HostKeyAlgorithms",
                                       "IdentitiesOnly",
                                       "IdentityFile",
                                       "LogLevel",
                                       "MACs",
                                       "NumberOfPasswordPrompts",
                                       "PasswordAuthentication",
                                       "Port",
                                       "PreferredAuthentications",
                                       "PubkeyAcceptedAlgorithms",
                                       "PubkeyAuthentication",
                                       "RequestTTY",
                                       "ServerAliveCountMax",
                                       "ServerAliveInterval",
                                       "StrictHostKeyChecking",
                                       "TCPKeepAlive",
                                       "UpdateHostKeys",
                                       "User",
                                       "UserKnownHostsFile"})
    if (key == known) return true;
  return false;
}

}  // namespace

void Reading::start(std::vector<Value> argv, const Place& place) {
  if (argv.empty()) return;
  if (!argv.front().is_literal() || argv.front().word.text.empty()) {
    add_unknown("shell.unknown.program", argv, place.state, place.offset);
    return;
  }
  if (place.starters > kMaxStarters) {
    add_unknown("shell.unknown.nesting", argv, place.state, place.offset);
    return;
  }
  const Program* const program = find_program(base_name(argv.front().word.text));
  const auto segment = [&](Standing standing, std::string_view why) {
    add(standing, Role::kProgram, argv, why, place.state.directory, place.offset);
  };
  const bool asks = argv.size() == 2 && (argv[1].is("--version") || argv[1].is("--help"));
  if (program == nullptr || asks) return segment(Standing::kJudged, {});
  if (!program->forbidden.empty() &&
      std::any_of(argv.begin() + 1, argv.end(), [&](const Value& word) {
        return has_forbidden(program->forbidden, word.word.text);
      }))
    return segment(Standing::kUnknown, "shell.unknown.option");
  switch (program->handling) {
    case Handling::kStarter:
      return starter(*program, argv, place);
    case Handling::kGuarded:
      return guarded(*program, argv, place);
    case Handling::kText:
    case Handling::kTexts:
    case Handling::kFileAndText:
      return texts(*program, argv, place);
    case Handling::kEnv:
      return env(*program, argv, place);
    case Handling::kXargs:
      return xargs(*program, argv, place);
    case Handling::kFlock:
      return flock(*program, argv, place);
    case Handling::kBox:
      return busybox(argv, place);
    case Handling::kInterpreter:
      return interpreter(*program, argv, place);
    case Handling::kShell:
      return shell(*program, argv, place);
    case Handling::kFind:
      return find(argv, place);
    case Handling::kGit:
      return git(argv, place);
    case Handling::kSed:
      return sed(argv, place);
    case Handling::kAwk:
      return awk(argv, place);
    case Handling::kMake:
      return make(argv, place);
    case Handling::kCmake:
      return cmake(argv, place);
    case Handling::kTar:
      return tar(argv, place);
    case Handling::kSsh:
      return ssh(*program, argv, place);
    case Handling::kSqlite:
      return sqlite(argv, place);
    case Handling::kSubcommands:
      return subcommands(*program, argv, place);
    case Handling::kUnjudgedShell:
    case Handling::kUnjudgedCode: {
      const OptionScan scan =
          scan_options(program->options, argv, 1, Strictness::kStrict, Order::kStopAtOperand);
      if ((scan.known && !scan.uses.empty() && scan.operand == argv.size()))
        return segment(Standing::kJudged, {});
      return program->handling == Handling::kUnjudgedShell
                 ? segment(Standing::kUnjudgedShell, "shell.unjudged.input")
                 : segment(Standing::kUnjudgedInterpreter, "shell.unjudged.code");
    }
    case Handling::kUnknown:
      return segment(Standing::kUnknown, "shell.unknown.elsewhere");
  }
}

void Reading::start_rest(std::span<const Value> rest, const Place& place) {
  Place inner = place;
  ++inner.starters;
  start(std::vector<Value>(rest.begin(), rest.end()), inner);
}

// What options do besides being options. Adds the segment when it must not be judged.
bool Reading::apply(const std::vector<OptionUse>& uses, std::vector<Value>& argv, Place& place) {
  for (const OptionUse& use : uses) {
    switch (use.act) {
      case '!':
        add_unknown("shell.unknown.option", argv, place.state, place.offset);
        return false;
      case '>':
        // Some write to a program when the name says so.
        if (use.value.word.text.starts_with('|') || use.value.word.text.starts_with('!')) {
          add_unknown("shell.unknown.option", argv, place.state, place.offset);
          return false;
        }
        if (!use.value.is("-")) add_file(FileUse::kWrite, use.value, place.state, place.offset);
        break;
      case '&':
        if (!is_harmless_ssh_option(use.value)) {
          add_unknown("shell.unknown.option", argv, place.state, place.offset);
          return false;
        }
        break;
      case '@':
      case '%':
      case '*':
        if (!use.value.is_literal()) {
          add_unknown("shell.unknown.option", argv, place.state, place.offset);
          return false;
        }
        break;
      default:
        break;
    }
  }
  for (const OptionUse& use : uses) {
    if (use.act == '@') {
      run_text(use.value.word.text, place.state, place.offset);
    } else if (use.act == '%') {
      run_line(use.value, place);
    } else if (use.act == '*') {
      const Value words[] = {use.value, added_values()};
      start_rest(words, place);
    } else if (use.act == '^') {
      place.state.directory = use.value.is_literal()
                                  ? enter(place.state.directory, use.value.word.text)
                                  : kUnknownDirectory;
    } else if (use.act == '$' && (use.name == "-u" || use.name == "--unset")) {
      note_variable(use.value.word.text, literal_value({}), place.state);
    } else if (use.act == '$') {
      const std::string_view name = assigned_name(use.value);
      if (!name.empty()) {
        variables_.add_anything(name);
        note_variable(name, value_after(use.value, name.size() + 1), place.state);
      }
    }
  }
  return true;
}

// A text that a program hands to `sh -c`.
void Reading::run_text(std::string_view text, const State& state, std::uint32_t offset) {
  const Value words[] = {literal_value("sh"), literal_value("-c"), literal_value(text)};
  add(Standing::kJudged, Role::kStarter, words, {}, state.directory, offset);
  read_text(text, Dialect::kPosix, Process::kChild, state, offset);
}

// A command line that its program splits at blanks; no quotes, no expansions.
void Reading::run_line(const Value& line, const Place& place) {
  static constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:=,@%+- ";
  std::vector<Value> words;
  std::string_view text = line.word.text;
  if (!line.is_literal() || text.find_first_not_of(kPlain) != std::string_view::npos) {
    add_unknown("shell.unknown.text", std::span(&line, 1), place.state, place.offset);
    return;
  }
  while (!text.empty()) {
    const std::size_t cut = std::min(text.find(' '), text.size());
    if (cut > 0) words.push_back(literal_value(text.substr(0, cut)));
    text.remove_prefix(std::min(cut + 1, text.size()));
  }
  if (words.empty()) return;
  words.push_back(added_values());
  start_rest(words, place);
}

void Reading::starter(const Program& program, std::vector<Value>& argv, const Place& place) {
  const auto unknown = [&](std::string_view why) {
    add_unknown(why, argv, place.state, place.offset);
  };
  const OptionScan scan =
      scan_options(program.options, argv, 1, program.strictness, Order::kStopAtOperand);
  if (!scan.known) return unknown("shell.unknown.option");
  for (const OptionUse& use : scan.uses) {
    if (use.act != '.') continue;
    add(Standing::kJudged, Role::kProgram, argv, {}, place.state.directory, place.offset);
    return;
  }
  std::size_t at = scan.operand;
  for (std::size_t i = 0; i < program.operands && at < argv.size(); ++i, ++at) {
    const Value& operand = argv[at];
    const std::string_view chars = program.operand_chars;
    const bool fits =
        operand.is_literal()
            ? chars.empty() || operand.word.text.find_first_not_of(chars) == std::string::npos
            : !operand.word.many && !operand.may_be_option();
    if (!fits) return unknown("shell.unknown.option");
  }
  Place inner = place;
  if (program.takes_assignments) {
    for (; at < argv.size(); ++at) {
      const std::string_view name = assigned_name(argv[at]);
      if (name.empty()) break;
      variables_.add_anything(name);
      note_variable(name, value_after(argv[at], name.size() + 1), place.state);
    }
  }
  if (!apply(scan.uses, argv, inner)) return;
  if (at >= argv.size()) {
    if (program.alone_is_shell) {
      add(Standing::kUnjudgedShell, Role::kProgram, argv, "shell.unjudged.input",
          place.state.directory, place.offset);
      return;
    }
    add(Standing::kJudged, Role::kProgram, argv, {}, place.state.directory, place.offset);
    return;
  }
  add(Standing::kJudged, program.role, argv, {}, place.state.directory, place.offset);
  // `entr` and the like put names in the place of a word: it stays what it is here.
  start_rest(std::span(argv).subspan(at), inner);
}

void Reading::guarded(const Program& program, std::vector<Value>& argv, const Place& place) {
  const OptionScan scan =
      scan_options(program.options, argv, 1, program.strictness, Order::kPermute);
  if (!scan.known) return add_unknown("shell.unknown.option", argv, place.state, place.offset);
  Place inner = place;
  if (!apply(scan.uses, argv, inner)) return;
  add(Standing::kJudged, Role::kProgram, argv, {}, place.state.directory, place.offset);
}

void Reading::env(const Program& program, std::vector<Value>& argv, const Place& place) {
  const OptionScan scan =
      scan_options(program.options, argv, 1, Strictness::kStrict, Order::kStopAtOperand);
  for (const OptionUse& use : scan.uses) {
    if (use.act != '%') continue;
    // -S: its words stand before all that follow.
    if (!scan.known || scan.uses.size() != 1 || !use.value.is_literal() ||
        use.value.word.text.find_first_not_of(
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:=,@%+- ") !=
            std::string::npos) {
      return add_unknown("shell.unknown.text", argv, place.state, place.offset);
    }
    std::vector<Value> split{argv.front()};
    std::string_view text = use.value.word.text;
    while (!text.empty()) {
      const std::size_t cut = std::min(text.find(' '), text.size());
      if (cut > 0) split.push_back(literal_value(text.substr(0, cut)));
      text.remove_prefix(std::min(cut + 1, text.size()));
    }
    split.insert(split.end(), argv.begin() + static_cast<std::ptrdiff_t>(scan.operand), argv.end());
    add(Standing::kJudged, program.role, argv, {}, place.state.directory, place.offset);
    Place again = place;
    if (++again.starters > kMaxStarters)
      return add_unknown("shell.unknown.nesting", argv, place.state, place.offset);
    return starter(program, split, again);
  }
  starter(program, argv, place);
}

void Reading::xargs(const Program& program, std::vector<Value>& argv, const Place& place) {
  const OptionScan scan =
      scan_options(program.options, argv, 1, Strictness::kStrict, Order::kStopAtOperand);
  if (!scan.known) return add_unknown("shell.unknown.option", argv, place.state, place.offset);
  std::string replaced;
  for (const OptionUse& use : scan.uses) {
    if (use.act == '.') {
      add(Standing::kJudged, Role::kProgram, argv, {}, place.state.directory, place.offset);
      return;
    }
    if (use.act != '$' || !use.value.is_literal() || use.value.word.text.empty())
      return add_unknown("shell.unknown.option", argv, place.state, place.offset);
    replaced = use.value.word.text;
  }
  std::vector<Value> inner;
  for (std::size_t i = scan.operand; i < argv.size(); ++i) {
    Value word = argv[i];
    if (!replaced.empty()) {
      const std::size_t at = word.word.text.find(replaced);
      if (at != std::string::npos) {
        // The rest of the word is not known, the text of a shell least of all.
        const bool many = word.word.many;
        word = unknown_value(std::string_view(word.word.text).substr(0, at));
        word.word.many = many;
      }
    }
    inner.push_back(std::move(word));
  }
  if (inner.empty()) inner.push_back(literal_value("echo"));
  if (replaced.empty()) inner.push_back(unknown_values());
  add(Standing::kJudged, program.role, argv, {}, place.state.directory, place.offset);
  start_rest(inner, place);
}

void Reading::flock(const Program& program, std::vector<Value>& argv, const Place& place) {
  const OptionScan scan =
      scan_options(program.options, argv, 1, Strictness::kStrict, Order::kStopAtOperand);
  const auto unknown = [&] {
    add_unknown("shell.unknown.option", argv, place.state, place.offset);
  };
  if (!scan.known) return unknown();
  const std::size_t file = scan.operand;
  if (!scan.uses.empty() || file + 1 >= argv.size()) {  // a descriptor, or help
    add(Standing::kJudged, Role::kProgram, argv, {}, place.state.directory, place.offset);
    return;
  }
  if (argv[file].word.many) return unknown();
  add_file(FileUse::kReadWrite, argv[file], place.state, place.offset);
  const Value& next = argv[file + 1];
  if (next.is("-c") || next.is("--command")) {
    if (file + 3 != argv.size() || !argv[file + 2].is_literal()) return unknown();
    add(Standing::kJudged, program.role, argv, {}, place.state.directory, place.offset);
    run_text(argv[file + 2].word.text, place.state, place.offset);
    return;
  }
  if (next.may_be_option()) return unknown();
  add(Standing::kJudged, program.role, argv, {}, place.state.directory, place.offset);
  start_rest(std::span(argv).subspan(file + 1), place);
}

void Reading::texts(const Program& program, std::vector<Value>& argv, const Place& place) {
  const auto unknown = [&](std::string_view why) {
    add_unknown(why, argv, place.state, place.offset);
  };
  const Order order = program.handling == Handling::kText ? Order::kStopAtOperand : Order::kPermute;
  const OptionScan scan = scan_options(program.options, argv, 1, Strictness::kStrict, order);
  if (!scan.known) return unknown("shell.unknown.option");
  bool has_text = false;
  bool executes = false;
  for (const OptionUse& use : scan.uses) {
    if (use.act == '.') {
      add(Standing::kJudged, Role::kProgram, argv, {}, place.state.directory, place.offset);
      return;
    }
    has_text = has_text || use.act == '@';
    executes = executes || (use.act == '*' && program.handling == Handling::kText);
  }
  std::vector<OptionUse> uses;
  for (const OptionUse& use : scan.uses)
    if (use.act != '*') uses.push_back(use);
  Place inner = place;
  if (!apply(uses, argv, inner)) return;
  if (program.handling == Handling::kText) {
    const auto rest = std::span(argv).subspan(std::min(scan.operand, argv.size()));
    if (!executes &&
        !std::all_of(rest.begin(), rest.end(), [](const Value& word) { return word.is_literal(); }))
      return unknown("shell.unknown.text");
    add(Standing::kJudged, program.role, argv, {}, place.state.directory, place.offset);
    if (executes) return start_rest(rest, place);
    std::string text;
    for (const Value& word : rest) {
      if (!text.empty()) text += ' ';
      text += word.word.text;
    }
    run_text(text, place.state, place.offset);
    return;
  }
  if (program.handling == Handling::kFileAndText) {
    if (!has_text) {
      add(Standing::kUnjudgedShell, Role::kProgram, argv, "shell.unjudged.input",
          place.state.directory, place.offset);
      return;
    }
    for (const std::uint32_t i : scan.operands)
      add_file(FileUse::kWrite, argv[i], place.state, place.offset);
    if (scan.operands.empty())
      add_file(FileUse::kWrite, literal_value("typescript"), place.state, place.offset);
    add(Standing::kJudged, program.role, argv, {}, place.state.directory, place.offset);
    return;
  }
  for (const std::uint32_t i : scan.operands)
    if (!argv[i].is_literal()) return unknown("shell.unknown.text");
  add(Standing::kJudged, program.role, argv, {}, place.state.directory, place.offset);
  for (const std::uint32_t i : scan.operands)
    run_text(argv[i].word.text, place.state, place.offset);
}

void Reading::busybox(std::vector<Value>& argv, const Place& place) {
  if (argv.size() < 2 || argv[1].is("--help") || argv[1].is("--list")) {
    add(Standing::kJudged, Role::kProgram, argv, {}, place.state.directory, place.offset);
    return;
  }
  if (!argv[1].is_literal() || argv[1].word.text.starts_with('-'))
    return add_unknown("shell.unknown.program", argv, place.state, place.offset);
  // Its own applet, not a file: the box is what a rule must allow.
  add(Standing::kJudged, Role::kProgram, argv, {}, place.state.directory, place.offset);
  start_rest(std::span(argv).subspan(1), place);
}

void Reading::ssh(const Program& program, std::vector<Value>& argv, const Place& place) {
  // Options may stand on both sides of the host.
  std::size_t at = 1;
  bool remote = false;
  for (int side = 0; side < 2; ++side) {
    const OptionScan scan =
        scan_options(program.options, argv, at, Strictness::kStrict, Order::kStopAtOperand);
    if (!scan.known) return add_unknown("shell.unknown.option", argv, place.state, place.offset);
    Place inner = place;
    if (!apply(scan.uses, argv, inner)) return;
    if (scan.operand >= argv.size()) break;
    remote = side == 1;
    at = scan.operand + 1;
  }
  // What runs over there is text for another machine's shell.
  if (remote) return add_unknown("shell.unknown.elsewhere", argv, place.state, place.offset);
  add(Standing::kJudged, Role::kProgram, argv, {}, place.state.directory, place.offset);
}

void Reading::subcommands(const Program& program, std::vector<Value>& argv, const Place& place) {
  const auto unknown = [&](std::string_view why) {
    add_unknown(why, argv, place.state, place.offset);
  };
  // Words that may be the subcommand: the first that is no option, and, as an option may
  // take the next word, those behind options too.
  const auto candidates = [&](std::size_t from, std::vector<std::size_t>& out) {
    bool behind_option = false;
    for (std::size_t i = from; i < argv.size(); ++i) {
      const Value& word = argv[i];
      if (!word.is_literal() && (word.word.many || word.may_be_option())) return false;
      if (word.word.text.starts_with('-')) {
        behind_option = word.word.text.find('=') == std::string::npos;
        continue;
      }
      out.push_back(i);
      if (!behind_option) return true;
      behind_option = false;
    }
    return true;
  };
  std::string_view patterns = program.options;
  while (!patterns.empty()) {
    const std::size_t cut = std::min(patterns.find(','), patterns.size());
    std::string_view pattern = patterns.substr(0, cut);
    patterns.remove_prefix(std::min(cut + 1, patterns.size()));
    const std::size_t blank = std::min(pattern.find(' '), pattern.size());
    const std::string_view first = pattern.substr(0, blank);
    const std::string_view second = pattern.substr(std::min(blank + 1, pattern.size()));
    std::vector<std::size_t> places;
    if (!candidates(1, places)) return unknown("shell.unknown.words");
    for (const std::size_t i : places) {
      if (!argv[i].is(first)) continue;
      if (second.empty()) return unknown("shell.unknown.elsewhere");
      std::vector<std::size_t> inner;
      if (!candidates(i + 1, inner)) return unknown("shell.unknown.words");
      for (const std::size_t j : inner)
        if (argv[j].is(second)) return unknown("shell.unknown.elsewhere");
      if (second.starts_with('-') &&
          std::any_of(argv.begin() + static_cast<std::ptrdiff_t>(i), argv.end(),
                      [&](const Value& word) { return word.word.text.starts_with(second); }))
        return unknown("shell.unknown.option");
    }
  }
  if (program.name == "npm" && std::any_of(argv.begin(), argv.end(), [](const Value& word) {
        return word.word.text.starts_with("--script-shell") ||
               word.word.text.starts_with("--node-options");
      }))
    return unknown("shell.unknown.option");
  add(Standing::kJudged, Role::kProgram, argv, {}, place.state.directory, place.offset);
}

}  // namespace bailey::policy::shell
