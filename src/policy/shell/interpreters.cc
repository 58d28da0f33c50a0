// Shells and interpreters: a text in the line is read or named, a file is named, what
// comes by standard input is nobody's to judge.
#include <algorithm>

#include "policy/shell.h"
#include "policy/shell/reading.h"

namespace bailey::policy::shell {
namespace {

// Other names for standard input, or for something that the line itself produced.
bool is_input(const Value& word) {
  const std::string_view text = word.word.text;
  return word.process || word.is("-") || text.starts_with("/dev/") || text.starts_with("/proc/");
}

Dialect dialect_of(std::string_view shell) {
  if (shell == "bash" || shell == "rbash") return Dialect::kBash;
  if (shell == "sh" || shell == "dash" || shell == "ash") return Dialect::kPosix;
  return Dialect::kPlain;
}

}  // namespace

void Reading::shell(const Program& program, std::vector<Value>& argv, const Place& place) {
  const auto unjudged = [&](std::string_view why) {
    add(Standing::kUnjudgedShell, Role::kProgram, argv, why, place.state.directory, place.offset);
  };
  const auto judged = [&](Role role) {
    add(Standing::kJudged, role, argv, {}, place.state.directory, place.offset);
  };
  const Dialect dialect = dialect_of(program.name);
  const std::string_view letters = dialect == Dialect::kPlain ? "f" : "abefhmuvxCE";
  bool has_text = false;
  bool only_checks = false;
  std::size_t at = 1;
  for (; at < argv.size(); ++at) {
    const Value& word = argv[at];
    if (!word.is_literal()) {
      if (word.may_be_option() || word.word.many)
        return add_unknown("shell.unknown.option", argv, place.state, place.offset);
      break;
    }
    const std::string& text = word.word.text;
    if (text == "--" || text == "-") {
      ++at;
      break;
    }
    if (text == "--version" || text == "--help") return judged(Role::kProgram);
    if (text == "--norc" || text == "--noprofile") continue;
    if (text.size() < 2 || (text.front() != '-' && text.front() != '+')) break;
    for (const char c : std::string_view(text).substr(1)) {
      if (c == 'c' && text.front() == '-') {
        has_text = true;
      } else if (c == 'n' && dialect != Dialect::kPlain) {
        only_checks = text.front() == '-';
      } else if (c == 'o' && dialect != Dialect::kPlain) {
        // It takes the next word; of the options that change the grammar none is taken.
        if (++at >= argv.size()) return unjudged("shell.unjudged.input");
        const Value& name = argv[at];
        if (!name.is("pipefail") && !name.is("errexit") && !name.is("nounset") &&
            !name.is("xtrace") && !name.is("verbose") && !name.is("noglob"))
          return add_unknown("shell.unknown.option", argv, place.state, place.offset);
      } else if (letters.find(c) == std::string_view::npos) {
        // -l and -i read startup files, -s standard input, others change more.
        return c == 's' || c == 'i' || c == 'l'
                   ? unjudged("shell.unjudged.input")
                   : add_unknown("shell.unknown.option", argv, place.state, place.offset);
      }
    }
  }
  if (at >= argv.size()) return unjudged("shell.unjudged.input");
  if (!has_text) {
    if (only_checks && argv[at].is_literal()) return judged(Role::kProgram);
    return unjudged(is_input(argv[at]) ? "shell.unjudged.input" : "shell.unjudged.file");
  }
  if (!argv[at].is_literal()) return unjudged("shell.unjudged.text");
  judged(Role::kStarter);
  const bool itself = from_words_ && place.starters == 0;
  read_text(argv[at].word.text, dialect, itself ? Process::kItself : Process::kChild, place.state,
            place.offset);
}

void Reading::interpreter(const Program& program, std::vector<Value>& argv, const Place& place) {
  const auto segment = [&](Standing standing, std::string_view why) {
    add(standing, Role::kProgram, argv, why, place.state.directory, place.offset);
  };
  const OptionScan scan =
      scan_options(program.options, argv, 1, Strictness::kStrict, Order::kStopAtOperand);
  for (const OptionUse& use : scan.uses)
    if (use.act == '#') return segment(Standing::kUnjudgedInterpreter, "shell.unjudged.code");
  if (!scan.known) return segment(Standing::kUnknown, "shell.unknown.option");
  for (const OptionUse& use : scan.uses) {
    if (use.act == '!') return segment(Standing::kUnknown, "shell.unknown.option");
    if (use.act == '.') return segment(Standing::kJudged, {});
    if (use.act != '~') continue;
    // Modules that take code from the line or from standard input.
    static constexpr std::string_view kCode[] = {"code",    "pdb",   "timeit", "IPython", "asyncio",
                                                 "profile", "trace", "runpy",  "sqlite3"};
    if (!use.value.is_literal()) return segment(Standing::kUnknown, "shell.unknown.words");
    for (const std::string_view module : kCode)
      if (use.value.is(module))
        return segment(Standing::kUnjudgedInterpreter, "shell.unjudged.code");
    return segment(Standing::kJudged, {});
  }
  if (scan.operand >= argv.size() || is_input(argv[scan.operand]))
    return segment(Standing::kUnjudgedInterpreter, "shell.unjudged.input");
  if (argv[scan.operand].word.many) return segment(Standing::kUnknown, "shell.unknown.words");
  segment(Standing::kJudged, {});
}

// The shell of sqlite3 knows commands of its own, which begin with a dot.
void Reading::sqlite(std::vector<Value>& argv, const Place& place) {
  const auto segment = [&](Standing standing, std::string_view why) {
    add(standing, Role::kProgram, argv, why, place.state.directory, place.offset);
  };
  std::size_t operands = 0;
  for (std::size_t i = 1; i < argv.size(); ++i) {
    const Value& word = argv[i];
    const std::string_view text = word.word.text;
    if (word.may_be_option() || word.word.many) {
      static constexpr std::string_view kHarmless[] = {
          "-header",   "-noheader", "-csv",      "-json",  "-line",     "-list", "-column",
          "-table",    "-box",      "-markdown", "-batch", "-readonly", "-bail", "-version",
          "--version", "-html",     "-quote",    "-tabs",  "-safe"};
      if (std::none_of(std::begin(kHarmless), std::end(kHarmless),
                       [&](std::string_view known) { return word.is(known); }))
        return segment(Standing::kUnknown, "shell.unknown.option");
      if (word.is("-version") || word.is("--version")) return segment(Standing::kJudged, {});
      continue;
    }
    if (++operands == 1) continue;
    if (!word.is_literal()) return segment(Standing::kUnjudgedInterpreter, "shell.unjudged.code");
    if (text.starts_with('.')) {
      const std::string_view command = text.substr(0, text.find(' '));
      if (text.find('\n') != std::string_view::npos ||
          (command != ".tables" && command != ".schema" && command != ".databases" &&
           command != ".indexes" && command != ".dump" && command != ".headers" &&
           command != ".mode"))
        return segment(Standing::kUnknown, "shell.unknown.script");
      continue;
    }
    for (const std::string_view code :
         {"\n.", "load_extension", "edit(", "writefile", "fts3_tokenizer", "LOAD_EXTENSION"})
      if (text.find(code) != std::string_view::npos)
        return segment(Standing::kUnknown, "shell.unknown.script");
  }
  if (operands < 2) return segment(Standing::kUnjudgedInterpreter, "shell.unjudged.input");
  segment(Standing::kJudged, {});
}

}  // namespace bailey::policy::shell
