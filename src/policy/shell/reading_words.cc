// Words: what they expand to, as far as the text says, and what expanding them runs.
#include <algorithm>

#include "policy/shell/parser.h"
#include "policy/shell/reading.h"

namespace bailey::policy::shell {
namespace {

bool is_numeric_char(char c) {
  return (c >= '0' && c <= '9') || c == ' ' || c == '+' || c == '-' || c == '*' || c == '/' ||
         c == '%' || c == '(' || c == ')';
}

// Neither a blank nor a pattern, under any locale.
bool is_single_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '.' || c == '/' || c == ',' || c == ':' || c == '@' || c == '%' || c == '+' ||
         c == '=' || c == '-';
}

bool is_single(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_single_char);
}

bool is_pattern_char(char c) { return c == '*' || c == '?' || c == '['; }

}  // namespace

// One word as it grows from left to right.
class Reading::Builder {
 public:
  explicit Builder(Use use) : splits_(use == Use::kArgument) {}

  void add_text(std::string_view text, bool quoted) {
    any_ = any_ || quoted || !text.empty();
    if (text.empty()) return;
    const bool special = splits_ && !quoted;
    begin(text.front() != '-' && !(special && is_pattern_char(text.front())), true);
    numeric_ = numeric_ && std::all_of(text.begin(), text.end(), is_numeric_char);
    single_ = single_ && is_single(text);
    if (special) find_pattern(text);
    if (!unknown_) text_.append(text);
  }

  void add_unknown(Traits traits, bool quoted, bool many) {
    any_ = true;
    unknown_ = true;
    begin((traits & kNoDash) != 0, (traits & kSingle) != 0);
    numeric_ = numeric_ && (traits & kNumeric) != 0;
    single_ = single_ && (traits & kSingle) != 0;
    value_.word.many = value_.word.many || many || (splits_ && !quoted && (traits & kSingle) == 0);
  }

  void add_process() {
    value_.process = true;
    add_unknown(kNoDash | kSingle, true, false);
  }
  void assume(bool* assumed) { value_.assumed = assumed; }
  void name(std::string_view variable) { value_.variable = variable; }

  [[nodiscard]] bool at_start() const noexcept { return !any_; }
  [[nodiscard]] char last() const noexcept { return text_.empty() ? '\0' : text_.back(); }

  Value finish() {
    Traits traits = kNoTraits;
    if (numeric_) traits |= kNumeric;
    if (no_dash_) traits |= kNoDash;
    if (single_ && any_) traits |= kSingle;
    value_.traits = traits;
    if (unknown_) {
      value_.word.kind = WordKind::kUnknown;
      value_.word.many = value_.word.many || is_pattern_;
    } else if (is_pattern_) {
      value_.word.kind = WordKind::kPattern;
      value_.word.many = true;
      value_.traits = static_cast<Traits>(traits & kNoDash);
      escape();
    }
    value_.word.text = std::move(text_);
    return std::move(value_);
  }

 private:
  // What the word begins with, unless an earlier piece has settled it.
  void begin(bool no_dash, bool not_empty) {
    if (begun_) return;
    no_dash_ = no_dash_ && no_dash;
    begun_ = not_empty || !no_dash;
  }

  void find_pattern(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      if (!is_pattern_char(c) && c != ']') continue;
      if (c == '[') bracket_ = true;
      is_pattern_ = is_pattern_ || (c == ']' ? bracket_ : c != '[');
      if (!unknown_) active_.push_back(static_cast<std::uint32_t>(text_.size() + i));
    }
  }

  // Escapes what was quoted.
  void escape() {
    std::string out;
    auto active = active_.begin();
    for (std::size_t i = 0; i < text_.size(); ++i) {
      const char c = text_[i];
      const bool means = active != active_.end() && *active == i;
      if (means) ++active;
      if (!means && (is_pattern_char(c) || c == ']' || c == '\\')) out.push_back('\\');
      out.push_back(c);
    }
    text_ = std::move(out);
  }

  bool splits_;
  Value value_;
  std::string text_;
  std::vector<std::uint32_t> active_;  // where in text_ a character means a pattern
  bool any_ = false;
  bool unknown_ = false;
  bool is_pattern_ = false;
  bool bracket_ = false;
  bool begun_ = false;
  bool no_dash_ = true;
  bool numeric_ = true;
  bool single_ = true;
};

// Unquoted text: a tilde at the start, or where an assignment would take one.
void Reading::add_unquoted(Builder& builder, std::string_view text, bool last) {
  std::size_t at = 0;
  if (builder.at_start() && text.starts_with('~')) {
    const std::size_t slash = std::min(text.find('/'), text.size());
    const bool alone = slash == 1 && (slash < text.size() || last);
    if (alone && premises_.home && !environment_.home.empty()) {
      builder.add_text(environment_.home, true);
    } else {
      builder.add_unknown(kNoDash, true, false);
    }
    at = slash;
  }
  for (std::size_t i = at; i < text.size(); ++i) {
    if (text[i] != '~') continue;
    const char before = i > at ? text[i - 1] : builder.last();
    if (before != '=' && before != ':') continue;
    builder.add_text(text.substr(at, i - at), false);
    builder.add_unknown(kNoDash, true, false);
    at = i + 1;
  }
  builder.add_text(text.substr(at), false);
}

void Reading::add_variable(Builder& builder, const Part& part) {
  const std::string_view name = script_->text(part.text);
  const bool list = part.whole || name == "@" || name == "*";
  const bool plain = part.use == ParameterUse::kPlain && part.subscript == kNone && !list;
  if (part.use == ParameterUse::kLength) {
    builder.add_unknown(kAllTraits, part.quoted, false);
    return;
  }
  if (name == "PIPESTATUS" && !list && part.use == ParameterUse::kPlain) {
    builder.add_unknown(variables_.traits(name), part.quoted, false);
    return;
  }
  if (!plain) {
    builder.add_unknown(kNoTraits, part.quoted, list || part.use == ParameterUse::kNames);
    return;
  }
  if (name == "PWD" && premises_.directory && !environment_.directory.empty() &&
      directory_ != kUnknownDirectory) {
    const std::string_view below = facts_.directories[directory_];
    std::string text(below.starts_with('/') ? std::string_view{} : environment_.directory);
    if (!below.empty() && !below.starts_with('/')) text += '/';
    text += below;
    if (!below.starts_with("..") && (part.quoted || (premises_.splitting && is_single(text)))) {
      builder.add_text(text, true);
      return;
    }
  }
  if (name == "HOME" && premises_.home && !environment_.home.empty() &&
      (part.quoted || (premises_.splitting && is_single(environment_.home)))) {
    builder.add_text(environment_.home, true);
    return;
  }
  if (premises_.variables == nullptr) {
    // The first run: what the line gives to it is not known yet. The best is assumed of
    // variables that it may give something to; who relies on that asks for a second run.
    const bool fixed = !is_name_start(name.front());
    if (!fixed) {
      if (variables_.is_set(name)) asked_ = true;
      builder.assume(&asked_);
    }
    builder.add_unknown(fixed ? variables_.traits(name) : Traits{kNumeric | kNoDash}, part.quoted,
                        false);
    return;
  }
  if (process_depth_ == 0) {
    if (const std::string* value = premises_.variables->value(name, now_);
        value != nullptr && (part.quoted || (premises_.splitting && is_single(*value)))) {
      builder.add_text(*value, true);
      return;
    }
  }
  Traits traits = premises_.variables->traits(name);
  if (!premises_.splitting) traits &= static_cast<Traits>(~kSingle);
  builder.add_unknown(traits, part.quoted, false);
}

void Reading::add_part(Builder& builder, const Part& part, bool last) {
  switch (part.kind) {
    case PartKind::kText:
      if (part.quoted) {
        builder.add_text(script_->text(part.text), true);
      } else {
        add_unquoted(builder, script_->text(part.text), last);
      }
      break;
    case PartKind::kParameter:
      add_variable(builder, part);
      break;
    case PartKind::kCommand:
      builder.add_unknown(output_traits(part.child), part.quoted, false);
      break;
    case PartKind::kProcess:
      builder.add_process();
      break;
    case PartKind::kArithmetic:
      builder.add_unknown(premises_.splitting ? kNumeric | kSingle : kNumeric, part.quoted, false);
      break;
    case PartKind::kTranslated:
      builder.add_unknown(kNoTraits, true, false);
      break;
  }
}

void Reading::expand(Id id, Use use, const State& state, std::vector<Value>& out) {
  const Word& word = script_->words[id];
  const Id first = word.parts;
  if (first == kNone) return;
  // Most words are one plain text.
  const Part& only = script_->parts[first];
  if (only.kind == PartKind::kText && only.next == kNone) {
    const std::string_view text = script_->text(only.text);
    if (only.quoted || text.find_first_of("*?[{~") == std::string_view::npos) {
      out.push_back(literal_value(text));
      return;
    }
  }
  now_ = offset_of(word.offset);
  read_effects(id, state);
  directory_ = state.directory;
  bool braces = false;
  for (Id part = first; part != kNone; part = script_->parts[part].next) {
    const Part& piece = script_->parts[part];
    braces = braces || (piece.kind == PartKind::kText && !piece.quoted &&
                        script_->text(piece.text).find('{') != std::string_view::npos);
  }
  if (!braces || use != Use::kArgument) {
    Builder builder(use);
    for (Id part = first; part != kNone; part = script_->parts[part].next) {
      const Part& piece = script_->parts[part];
      add_part(builder, piece, piece.next == kNone);
    }
    const bool one = only.next == kNone && only.kind == PartKind::kParameter &&
                     only.use == ParameterUse::kPlain && only.subscript == kNone && !only.whole;
    if (one) builder.name(script_->text(only.text));
    out.push_back(builder.finish());
    return;
  }
  Atoms atoms;
  for (Id part = first; part != kNone; part = script_->parts[part].next) {
    const Part& piece = script_->parts[part];
    if (piece.kind != PartKind::kText) {
      atoms.push_back(Atom{0, piece.quoted, part});
      continue;
    }
    const std::string_view text = script_->text(piece.text);
    // An empty quoted text keeps its word from vanishing.
    if (text.empty()) atoms.push_back(Atom{0, true, part});
    for (const char c : text) atoms.push_back(Atom{c, piece.quoted, kNone});
  }
  const auto words = expand_braces(atoms);
  // Other shells than bash take the braces as they are, or refuse them.
  if (!words || (script_->dialect != Dialect::kBash &&
                 (words->size() != 1 || words->front().size() != atoms.size()))) {
    out.push_back(unknown_values());
    return;
  }
  for (const Atoms& made : *words) {
    if (made.empty()) continue;
    Builder builder(use);
    std::string run;
    for (std::size_t i = 0; i < made.size();) {
      if (made[i].part != kNone) {
        add_part(builder, script_->parts[made[i].part], i + 1 == made.size());
        ++i;
        continue;
      }
      run.clear();
      const bool quoted = made[i].quoted;
      for (; i < made.size() && made[i].part == kNone && made[i].quoted == quoted; ++i)
        run.push_back(made[i].c);
      if (quoted) {
        builder.add_text(run, true);
      } else {
        add_unquoted(builder, run, i == made.size());
      }
    }
    out.push_back(builder.finish());
  }
}

Value Reading::expand_one(Id word, Use use, const State& state) {
  std::vector<Value> values;
  expand(word, use, state, values);
  if (values.size() == 1) return std::move(values.front());
  return unknown_values();
}

void Reading::read_effects(Id word, const State& state) {
  for (Id id = script_->words[word].parts; id != kNone; id = script_->parts[id].next) {
    const Part& part = script_->parts[id];
    switch (part.kind) {
      case PartKind::kText:
        break;
      case PartKind::kParameter:
        read_parameter(part, state);
        break;
      case PartKind::kCommand:
      case PartKind::kProcess:
        read_aside(part.child, state);
        break;
      case PartKind::kArithmetic:
        read_arithmetic(part.child, state);
        break;
      case PartKind::kTranslated:
        if (part.child != kNone) read_effects(part.child, state);
        break;
    }
  }
}

void Reading::read_parameter(const Part& part, const State& state) {
  if (part.subscript != kNone) read_subscript(part.subscript, script_->text(part.text), state);
  switch (part.use) {
    case ParameterUse::kPlain:
    case ParameterUse::kLength:
    case ParameterUse::kNames:
      break;
    case ParameterUse::kIndirect:
      add_unknown("shell.unknown.expansion", state, now_);
      break;
    case ParameterUse::kAssign:
      if (part.child != kNone) {
        const Value value = expand_one(part.child, Use::kAssignment, state);
        set_variable(script_->text(part.text), value, part.child, true, state);
      }
      return;
    case ParameterUse::kSubstring:
      for (Id word = part.child; word != kNone; word = script_->words[word].next)
        read_arithmetic(word, state);
      return;
    case ParameterUse::kTransform:
      if (part.transform == 'P') add_unknown("shell.unknown.expansion", state, now_);
      break;
    case ParameterUse::kOperand:
      break;
  }
  for (Id word = part.child; word != kNone; word = script_->words[word].next)
    read_effects(word, state);
}

}  // namespace bailey::policy::shell
