// Variables and arithmetic: what a value may be, and whether evaluating it is harmless.
//
// bash takes the value of a variable in an arithmetic expression as an expression again,
// and an expression may hold a[$(command)]. So every name in one must be known to hold
// numbers: given numbers in this line and nothing else.
#include <algorithm>

#include "policy/shell/parser.h"
#include "policy/shell/reading.h"
#include "policy/shell/variable_table.h"

namespace bailey::policy::shell {
namespace {

bool is_numeric_char(char c) {
  return is_digit(c) || c == ' ' || c == '+' || c == '-' || c == '*' || c == '/' || c == '%' ||
         c == '(' || c == ')';
}

}  // namespace

bool Reading::is_numeric(std::string_view name) {
  if (premises_.variables == nullptr) {
    asked_ = true;
    return true;
  }
  return (premises_.variables->traits(name) & kNumeric) != 0;
}

// The output of a command that prints a number and a line end, whatever it reads.
Traits Reading::output_traits(Id node) const {
  if (node == kNone) return kNoTraits;
  const Node* at = &script_->nodes[node];
  if (at->kind == NodeKind::kList) {
    if (at->child == kNone || script_->nodes[at->child].next != kNone) return kNoTraits;
    at = &script_->nodes[at->child];
  }
  if (at->kind == NodeKind::kPipeline) {
    Id last = at->child;
    while (script_->nodes[last].next != kNone) last = script_->nodes[last].next;
    at = &script_->nodes[last];
  }
  if (at->kind != NodeKind::kSimple || at->assignments != kNone || at->flags != 0) return kNoTraits;
  std::vector<std::string_view> words;
  for (Id word = at->words; word != kNone; word = script_->words[word].next) {
    const Id part = script_->words[word].parts;
    if (part == kNone || script_->parts[part].kind != PartKind::kText ||
        script_->parts[part].next != kNone || words.size() >= 4)
      return kNoTraits;
    words.push_back(script_->text(script_->parts[part].text));
  }
  for (Id id = at->redirections; id != kNone; id = script_->redirections[id].next) {
    const Redirection& redirection = script_->redirections[id];
    const bool error = redirection.descriptor == 2;
    if (redirection.kind != RedirectionKind::kRead && !error) return kNoTraits;
  }
  if (words.empty()) return kNoTraits;
  const std::string_view program = words.front();
  for (const Function& function : functions_)
    if (function.name == program) return kNoTraits;
  const auto only = [&](std::size_t index, std::string_view letters) {
    return words.size() > index &&
           words[index].find_first_not_of(letters) == std::string_view::npos;
  };
  if (program == "nproc" && words.size() == 1) return kAllTraits;
  if (program == "id" && words.size() == 2 && (words[1] == "-u" || words[1] == "-g"))
    return kAllTraits;
  // "  12": with blanks in front on some systems, and with the name of a file behind it.
  if (program == "wc" && words.size() == 2 && words[1].starts_with('-') && only(1, "-lwcm"))
    return kNumeric | kNoDash;
  if (program == "date" && words.size() == 2 && words[1].starts_with('+') && only(1, "+%sNYmdHMS-"))
    return words[1].find('-', 1) == std::string_view::npos ? Traits{kAllTraits}
                                                           : Traits{kNumeric | kNoDash | kSingle};
  if (program == "seq" && words.size() > 1 && only(1, "0123456789") &&
      (words.size() < 3 || only(2, "0123456789")) && (words.size() < 4 || only(3, "0123456789")))
    return kNumeric | kNoDash;
  if (program == "pwd" && words.size() == 1) return kNoDash;
  if (program == "mktemp" && (words.size() == 1 || (words.size() == 2 && words[1] == "-d")))
    return kNoDash;
  if (program == "git" && words.size() == 3 && words[1] == "rev-parse" &&
      (words[2] == "--show-toplevel" || words[2] == "HEAD"))
    return words[2] == "HEAD" ? Traits{kNoDash | kSingle} : kNoDash;
  if (program == "git" && words.size() == 4 && words[1] == "merge-base" &&
      !words[2].starts_with('-') && !words[3].starts_with('-'))
    return kNoDash | kSingle;
  return kNoTraits;
}

Traits Reading::value_traits(Id word, std::vector<TraitSource>& sources) const {
  for (Id id = script_->words[word].parts; id != kNone; id = script_->parts[id].next) {
    const Part& part = script_->parts[id];
    if (part.kind != PartKind::kParameter || part.use != ParameterUse::kPlain) continue;
    const std::string_view name = script_->text(part.text);
    if (is_name_start(name.front())) sources.push_back({std::string(name), kAllTraits});
  }
  return kAllTraits;
}

void Reading::set_variable(std::string_view name, const Value& value, Id word, bool lasting,
                           const State& state) {
  std::vector<TraitSource> sources;
  Traits traits = value.traits;
  if (value.is_literal()) {
    const std::string_view text = value.word.text;
    traits = kNoTraits;
    if (std::all_of(text.begin(), text.end(), is_numeric_char)) traits |= kNumeric;
    if (!text.starts_with('-')) traits |= kNoDash;
    if (!text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
          return is_name_char(c) || std::string_view("./,:@%+=-").find(c) != std::string_view::npos;
        }))
      traits |= kSingle;
  } else if (premises_.variables == nullptr && word != kNone) {
    // What other variables of the line give to it is settled when all of it was read.
    value_traits(word, sources);
  }
  std::optional<std::string_view> literal;
  if (value.is_literal() && lasting && certain_ && process_depth_ == 0 && text_depth_ == 0)
    literal = value.word.text;
  variables_.add(name, traits, sources, literal, now_);
  if (lasting && name == "IFS") found_.splitting = false;
  note_variable(name, value, state);
}

void Reading::set_variable(std::string_view name, const State& state) {
  variables_.add_anything(name);
  if (name == "IFS") found_.splitting = false;
  note_variable(name, unknown_value(), state);
}

void Reading::note_variable(std::string_view name, const Value& value, const State& state) {
  const VariableKind kind = variable_kind(name);
  if (kind == VariableKind::kHarmless) return;
  if (kind == VariableKind::kHome) found_.home = false;
  if (kind == VariableKind::kDirectory || kind == VariableKind::kHome) found_.directory = false;
  if (kind == VariableKind::kText) {
    // `PAGER=less git log` runs less: as if the line had said so.
    if (value.is_literal()) {
      if (!value.word.text.empty()) run_text(value.word.text, state, now_);
      return;
    }
  } else if (value.is_literal() &&
             is_harmless_value(kind, value.word.text, environment_.directory)) {
    return;
  }
  if (facts_.variables.size() >= kMaxVariables) {
    too_many_ = true;
    return;
  }
  VariableEffect effect = VariableEffect::kCode;
  if (kind == VariableKind::kLookup || kind == VariableKind::kDirectory ||
      kind == VariableKind::kHome)
    effect = VariableEffect::kLookup;
  if (kind == VariableKind::kSplitting) effect = VariableEffect::kSplitting;
  facts_.variables.push_back({std::string(name), value.word, effect, now_});
}

void Reading::read_arithmetic(Id word, const State& state) {
  if (word == kNone) return;
  read_effects(word, state);
  bool safe = true;
  for (Id id = script_->words[word].parts; id != kNone; id = script_->parts[id].next) {
    const Part& part = script_->parts[id];
    switch (part.kind) {
      case PartKind::kText:
        safe = is_safe_expression(script_->text(part.text), state, Names::kAreNumbers) && safe;
        break;
      case PartKind::kParameter: {
        const bool number = part.use == ParameterUse::kLength;
        const bool simple = part.use == ParameterUse::kPlain && !part.whole;
        safe = safe && (number || (simple && is_numeric(script_->text(part.text))));
        break;
      }
      case PartKind::kCommand:
        safe = safe && (output_traits(part.child) & kNumeric) != 0;
        break;
      case PartKind::kArithmetic:
        break;
      case PartKind::kProcess:
      case PartKind::kTranslated:
        safe = false;
        break;
    }
  }
  // A name that an expansion completes ("a$x") is another name.
  if (safe) {
    Id previous = kNone;
    for (Id id = script_->words[word].parts; id != kNone; id = script_->parts[id].next) {
      const Part& part = script_->parts[id];
      if (previous != kNone) {
        const Part& before = script_->parts[previous];
        const bool joined =
            (part.kind == PartKind::kText && part.text.size > 0 &&
             is_name_char(script_->text(part.text).front()) && before.kind != PartKind::kText) ||
            (before.kind == PartKind::kText && before.text.size > 0 &&
             is_name_char(script_->text(before.text).back()) && part.kind != PartKind::kText);
        if (joined) safe = false;
      }
      previous = id;
    }
  }
  if (!safe) add_unknown("shell.unknown.arithmetic", state, now_);
}

bool Reading::is_safe_expression(std::string_view text, const State& state, Names names) {
  bool safe = true;
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (is_digit(c)) {  // 12, 0x1F, 16#ff
      while (i < text.size() && (is_name_char(text[i]) || text[i] == '#' || text[i] == '@')) ++i;
      continue;
    }
    if (!is_name_start(c)) {
      // Nothing that is quoted or expanded by the evaluation itself.
      if (c == '$' || c == '`' || c == '\'' || c == '"' || c == '\\') safe = false;
      ++i;
      continue;
    }
    std::size_t end = i;
    while (end < text.size() && is_name_char(text[end])) ++end;
    const std::string_view name = text.substr(i, end - i);
    std::size_t after = end;
    while (after < text.size() && is_blank(text[after])) ++after;
    const std::string_view rest = text.substr(after);
    const bool sets = rest.starts_with('=') && !rest.starts_with("==");
    const bool changes = rest.starts_with("++") || rest.starts_with("--") ||
                         (rest.size() > 1 && rest[1] == '=' &&
                          std::string_view("+-*/%&|^").find(rest[0]) != std::string_view::npos) ||
                         rest.starts_with("<<=") || rest.starts_with(">>=");
    if (sets) {
      Value number = unknown_value();
      number.traits = kNumeric;
      set_variable(name, number, kNone, true, state);
    } else {
      const bool key = names == Names::kMayBeKeys && !variables_.is_set(name) &&
                       (premises_.variables == nullptr || !premises_.variables->is_set(name));
      safe = (key || is_numeric(name)) && safe;
      if (changes) {
        variables_.change(name);
        if (variable_kind(name) != VariableKind::kHarmless) set_variable(name, state);
      }
    }
    i = end;
  }
  return safe;
}

// A subscript is arithmetic, or the key of an associative array: then a name in it means
// itself. The declaration may never have run, but a name that the line does not set
// has no value of the line's making.
void Reading::read_subscript(Id word, std::string_view array, const State& state) {
  const Id first = script_->words[word].parts;
  if (first == kNone) return;
  const Part& part = script_->parts[first];
  if (part.kind == PartKind::kText && part.next == kNone) {
    const bool keys =
        std::find(associative_.begin(), associative_.end(), array) != associative_.end();
    if (!is_safe_expression(script_->text(part.text), state,
                            keys ? Names::kMayBeKeys : Names::kAreNumbers))
      add_unknown("shell.unknown.subscript", state, now_);
    return;
  }
  read_arithmetic(word, state);
}

}  // namespace bailey::policy::shell
