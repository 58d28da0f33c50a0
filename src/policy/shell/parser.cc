#include "policy/shell/parser.h"

#include <algorithm>

#include "policy/shell/parse.h"
#include "policy/shell/plain.h"

namespace bailey::policy::shell {
namespace {

// Words after which NAME=VALUE is an assignment, too, as bash reads them: not split, and
// with arrays.
constexpr std::string_view kDeclarations[] = {"declare", "export", "local", "readonly", "typeset"};
// Words after which the working directory may be another.
constexpr std::string_view kMovers[] = {"cd", "pushd", "popd",    "eval",   "source",
                                        ".",  "trap",  "builtin", "command"};

template <std::size_t N>
bool one_of(const std::string_view (&words)[N], std::string_view word) {
  return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

bool is_function_name(std::string_view name) {
  if (name.empty() || !is_name_start(name.front())) return false;
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return is_name_char(c) || c == '-' || c == '.' || c == ':'; });
}

struct ReservedWord {
  std::string_view text;
  Reserved word;
};
constexpr ReservedWord kReserved[] = {
    {"!", Reserved::kBang},      {"{", Reserved::kOpen},        {"}", Reserved::kClose},
    {"if", Reserved::kIf},       {"then", Reserved::kThen},     {"else", Reserved::kElse},
    {"elif", Reserved::kElif},   {"fi", Reserved::kFi},         {"while", Reserved::kWhile},
    {"until", Reserved::kUntil}, {"do", Reserved::kDo},         {"done", Reserved::kDone},
    {"for", Reserved::kFor},     {"select", Reserved::kSelect}, {"in", Reserved::kIn},
    {"case", Reserved::kCase},   {"esac", Reserved::kEsac},     {"function", Reserved::kFunction},
    {"[[", Reserved::kTest},     {"coproc", Reserved::kCoproc}, {"time", Reserved::kTime}};

Reserved reserved_word(std::string_view text) noexcept {
  if (text.empty() || text.size() > 8) return Reserved::kNo;
  for (const auto& entry : kReserved)
    if (entry.text == text) return entry.word;
  return Reserved::kNo;
}

}  // namespace

Error Parser::error() const {
  return Error{
      code_, std::string(what_) + " at byte " + std::to_string(where_) + " of the line", {}};
}

bool Parser::refuse(std::string_view code, std::string_view what) {
  if (code_.empty()) {
    code_ = code;
    what_ = what;
    where_ = offset();
  }
  return false;
}

bool Parser::bash_only(std::string_view what) {
  return out_.dialect == Dialect::kBash || refuse("shell.dialect", what);
}

void Parser::adopt(Parser& inner) {
  commands_ = inner.commands_;
  documents_ = inner.documents_;
  moves_directory_ = moves_directory_ || inner.moves_directory_;
  if (inner.failed() && !failed()) {
    code_ = inner.code_;
    what_ = inner.what_;
    where_ = inner.where_;
  }
}

void Parser::skip_blanks() {
  for (;;) {
    const char c = peek();
    if (is_blank(c)) {
      ++pos_;
    } else if (c == '\\' && peek(1) == '\n') {
      pos_ += 2;
    } else if (c == '#') {
      while (!at_end() && peek() != '\n') ++pos_;
      return;
    } else {
      return;
    }
  }
}

bool Parser::newline() {
  ++pos_;
  return read_here_documents();
}

bool Parser::skip_newlines() {
  for (;;) {
    skip_blanks();
    if (peek() != '\n') return !failed();
    if (!newline()) return false;
  }
}

bool Parser::take(std::size_t bytes) {
  pos_ += bytes;
  if (peek() != '\\' || peek(1) != '\n') return !failed();
  std::size_t at = pos_;
  while (text_.substr(at, 2) == "\\\n") at += 2;
  const char c = at < text_.size() ? text_[at] : '\0';
  // Blanks end a word too, but after them no operator goes on.
  if (c != '\0' && !is_blank(c) && c != '\n' && (is_break(c) || c == '-' || c == '#'))
    return refuse("shell.ambiguous", "an operator is split over lines");
  return !failed();
}

Reserved Parser::reserved() const noexcept {
  std::size_t end = pos_;
  while (end < text_.size() && end - pos_ < 9 && !is_break(text_[end])) ++end;
  return reserved_word(text_.substr(pos_, end - pos_));
}

void Parser::take_reserved(Reserved word) noexcept {
  for (const auto& entry : kReserved)
    if (entry.word == word) pos_ += entry.text.size();
}

std::size_t Parser::name_length(std::size_t from) const noexcept {
  if (from >= text_.size() || !is_name_start(text_[from])) return 0;
  std::size_t end = from + 1;
  while (end < text_.size() && is_name_char(text_[end])) ++end;
  return end - from;
}

Id Parser::add_node(NodeKind kind) {
  if (++commands_ > kMaxNodes) refuse("shell.too_many", "too many commands");
  Node node;
  node.kind = kind;
  node.offset = offset();
  out_.nodes.push_back(node);
  return static_cast<Id>(out_.nodes.size() - 1);
}

void Parser::append(Chain& chain, Id id, std::vector<Node>& nodes) {
  if (id == kNone) return;
  if (chain.first == kNone) {
    chain.first = id;
  } else {
    nodes[chain.last].next = id;
  }
  chain.last = id;
}

Slice Parser::keep(std::string_view text) {
  const Slice slice{static_cast<std::uint32_t>(out_.chars.size()),
                    static_cast<std::uint32_t>(text.size())};
  out_.chars.append(text);
  return slice;
}

Id Parser::run() {
  const Id root = list();
  if (failed()) return kNone;
  if (!at_end()) {
    refuse("shell.syntax", "something that ends nothing");
    return kNone;
  }
  if (pending_.size() > pending_base_) {
    refuse("shell.unterminated", "a here-document without a text");
    return kNone;
  }
  return out_.nodes[root].child == kNone ? kNone : root;
}

bool Parser::at_list_end() const noexcept {
  const char c = peek();
  if (c == '\0' || c == ')') return true;
  if (c == ';') return peek(1) == ';' || peek(1) == '&';
  switch (reserved()) {
    case Reserved::kClose:
    case Reserved::kThen:
    case Reserved::kElse:
    case Reserved::kElif:
    case Reserved::kFi:
    case Reserved::kDo:
    case Reserved::kDone:
    case Reserved::kEsac:
      return true;
    default:
      return false;
  }
}

Id Parser::list() {
  const Id node = add_node(NodeKind::kList);
  Chain children;
  if (!skip_newlines()) return node;
  while (!at_list_end()) {
    const Id child = and_or();
    if (failed()) return node;
    append(children, child, out_.nodes);
    skip_blanks();
    const char c = peek();
    if (c == ';' && peek(1) != ';' && peek(1) != '&') {
      if (!take(1)) return node;
    } else if (c == '&' && peek(1) != '&') {
      if (peek(1) == '>' && !bash_only("&>")) return node;
      out_.nodes[child].flags |= kBackground;
      if (!take(1)) return node;
    } else if (c != '\n') {
      break;
    }
    if (!skip_newlines()) return node;
  }
  out_.nodes[node].child = children.first;
  return node;
}

Id Parser::and_or() {
  const Id first = pipeline();
  if (failed()) return kNone;
  skip_blanks();
  if (!at("&&") && !at("||")) return first;
  const Id node = add_node(NodeKind::kAndOr);
  Chain children{first, first};
  for (;;) {
    skip_blanks();
    const bool if_failed = at("||");
    if (!if_failed && !at("&&")) break;
    if (!take(2) || !skip_newlines()) return kNone;
    const Id next = pipeline();
    if (failed()) return kNone;
    if (if_failed) out_.nodes[next].flags |= kIfFailed;
    append(children, next, out_.nodes);
  }
  out_.nodes[node].child = children.first;
  return node;
}

Id Parser::pipeline() {
  skip_blanks();
  bool negated = false;
  bool bare = false;  // `time` and `!` may stand alone for bash
  for (;;) {
    skip_blanks();
    const Reserved word = reserved();
    if (word == Reserved::kBang) {
      negated = true;
    } else if (word == Reserved::kTime && out_.dialect == Dialect::kBash) {
      bare = true;
    } else {
      break;
    }
    take_reserved(word);
    if (word == Reserved::kBang) continue;
    skip_blanks();
    if (at("-p") && is_break(peek(2))) pos_ += 2;
    skip_blanks();
    if (at("--") && is_break(peek(2))) pos_ += 2;
    skip_blanks();
    if (peek() == '-') {
      refuse("shell.ambiguous", "an option of `time`");
      return kNone;
    }
  }
  if (bare && (peek() == '\n' || peek() == ';' || at_end())) return add_node(NodeKind::kList);
  const Id first = command();
  if (failed()) return kNone;
  Id whole = first;
  skip_blanks();
  if (peek() == '|' && peek(1) != '|') {
    whole = add_node(NodeKind::kPipeline);
    Chain children{first, first};
    while (peek() == '|' && peek(1) != '|') {
      if (peek(1) == '&' && !bash_only("|&")) return kNone;
      if (!take(peek(1) == '&' ? 2 : 1) || !skip_newlines()) return kNone;
      const Id next = command();
      if (failed()) return kNone;
      append(children, next, out_.nodes);
      skip_blanks();
    }
    out_.nodes[whole].child = children.first;
  }
  if (!negated) return whole;
  const Id node = add_node(NodeKind::kNot);
  out_.nodes[node].child = whole;
  return node;
}

Id Parser::command() {
  skip_blanks();
  Id node = kNone;
  if (peek() == '(') {
    node = subshell_or_arithmetic();
  } else {
    const Reserved word = reserved();
    switch (word) {
      case Reserved::kNo:
      case Reserved::kTime:
        return simple();
      case Reserved::kIn:
        refuse("shell.syntax", "a word that begins nothing");
        return kNone;
      case Reserved::kSelect:
      case Reserved::kFunction:
      case Reserved::kTest:
      case Reserved::kCoproc:
        if (!bash_only("a word that is reserved in bash only")) return kNone;
        break;
      default:
        break;
    }
    node = compound(word);
    if (word == Reserved::kFunction || word == Reserved::kCoproc) return node;
  }
  if (failed() || !redirections(node)) return kNone;
  skip_blanks();
  if (!is_break(peek()) || peek() == '(') {
    refuse("shell.syntax", "a word after a compound command");
    return kNone;
  }
  return node;
}

bool Parser::at_redirection() const noexcept {
  const char c = peek();
  if (c == '<' || c == '>') return peek(1) != '(';
  if (c == '&') return peek(1) == '>' && out_.dialect == Dialect::kBash;
  std::size_t end = pos_;
  if (is_digit(c)) {
    while (end < text_.size() && is_digit(text_[end])) ++end;
  } else if (c == '{') {
    const std::size_t name = name_length(pos_ + 1);
    if (name == 0 || pos_ + 1 + name >= text_.size() || text_[pos_ + 1 + name] != '}') return false;
    end = pos_ + name + 2;
  } else {
    return false;
  }
  if (end >= text_.size() || (text_[end] != '<' && text_[end] != '>')) return false;
  return end + 1 >= text_.size() || text_[end + 1] != '(';
}

bool Parser::redirections(Id node) {
  Chain chain;
  Id last = out_.nodes[node].redirections;
  while (last != kNone && out_.redirections[last].next != kNone)
    last = out_.redirections[last].next;
  chain.first = out_.nodes[node].redirections;
  chain.last = last;
  for (;;) {
    skip_blanks();
    if (!at_redirection()) break;
    if (!redirection(chain)) return false;
  }
  out_.nodes[node].redirections = chain.first;
  return true;
}

bool Parser::redirection(Chain& chain) {
  Redirection made;
  if (is_digit(peek())) {
    int number = 0;
    while (is_digit(peek())) {
      number = number * 10 + (text_[pos_++] - '0');
      if (number > 9999) return refuse("shell.syntax", "a descriptor that large");
    }
    made.descriptor = number;
  } else if (peek() == '{') {
    if (!bash_only("{name}>")) return false;
    const std::size_t name = name_length(pos_ + 1);
    made.variable = keep(text_.substr(pos_ + 1, name));
    pos_ += name + 2;
  }
  struct Operator {
    std::string_view text;
    RedirectionKind kind;
  };
  // Longest first.
  static constexpr Operator kOperators[] = {
      {"<<<", RedirectionKind::kHereString},  {"<<-", RedirectionKind::kHereDocument},
      {"&>>", RedirectionKind::kAppendBoth},  {"<<", RedirectionKind::kHereDocument},
      {"<&", RedirectionKind::kDuplicateIn},  {"<>", RedirectionKind::kReadWrite},
      {">&", RedirectionKind::kDuplicateOut}, {">>", RedirectionKind::kAppend},
      {">|", RedirectionKind::kWrite},        {"&>", RedirectionKind::kWriteBoth},
      {"<", RedirectionKind::kRead},          {">", RedirectionKind::kWrite}};
  const Operator* found = nullptr;
  for (const Operator& candidate : kOperators) {
    if (at(candidate.text)) {
      found = &candidate;
      break;
    }
  }
  if (found == nullptr) return refuse("shell.syntax", "no redirection");
  if (found->text == "<<<" && !bash_only("<<<")) return false;
  if (!take(found->text.size())) return false;
  made.kind = found->kind;
  out_.redirections.push_back(made);
  const auto id = static_cast<Id>(out_.redirections.size() - 1);
  if (chain.first == kNone) {
    chain.first = id;
  } else {
    out_.redirections[chain.last].next = id;
  }
  chain.last = id;
  skip_blanks();
  if (is_digit(peek()) || peek() == '{') {
    // `> 2>x`: what stands there is read as the number of the next one.
    if (at_redirection()) return refuse("shell.syntax", "a redirection to nowhere");
  }
  if (made.kind == RedirectionKind::kHereDocument) return here_document(id, found->text == "<<-");
  const bool process = (peek() == '<' || peek() == '>') && peek(1) == '(';
  if (is_break(peek()) && !process)
    return refuse(at_end() ? "shell.unterminated" : "shell.syntax", "a redirection to nowhere");
  const Id target = word();
  if (failed()) return false;
  out_.redirections[id].target = target;
  if (made.kind == RedirectionKind::kDuplicateOut) {
    bool plain = false;
    const std::string_view text = literal(target, plain);
    const bool number = plain && !text.empty() &&
                        (std::all_of(text.begin(), text.end() - 1, is_digit) &&
                         (is_digit(text.back()) || text.back() == '-'));
    if (!number && !bash_only(">& and a name")) return false;
  }
  return true;
}

bool Parser::assignment(Chain& chain) {
  Assignment made;
  const std::size_t length = name_length(pos_);
  made.name = keep(text_.substr(pos_, length));
  pos_ += length;
  if (peek() == '[') {
    if (!bash_only("an array")) return false;
    ++pos_;
    made.subscript = subscript();
    if (failed()) return false;
    if (peek() != '=' && !at("+="))
      return refuse("shell.ambiguous", "a command that looks like an array");
  }
  if (peek() == '+') {
    if (!bash_only("+=")) return false;
    made.append = true;
    ++pos_;
  }
  ++pos_;  // '='
  if (peek() == '(') {
    if (!bash_only("an array")) return false;
    if (made.subscript != kNone) return refuse("shell.syntax", "an array in an array");
    const Level level(*this);
    ++pos_;
    made.array = true;
    made.elements = array_elements();
    if (failed()) return false;
    if (!is_break(peek()) || peek() == '(') return refuse("shell.syntax", "a word after an array");
  } else if (!is_break(peek()) || ((peek() == '<' || peek() == '>') && peek(1) == '(')) {
    made.value = word();
  }
  if (failed()) return false;
  out_.assignments.push_back(made);
  const auto id = static_cast<Id>(out_.assignments.size() - 1);
  if (chain.first == kNone) {
    chain.first = id;
  } else {
    out_.assignments[chain.last].next = id;
  }
  chain.last = id;
  return true;
}

Id Parser::array_elements() {
  Chain chain;
  for (;;) {
    if (!skip_newlines()) return kNone;
    if (peek() == ')') break;
    if (at_end()) {
      refuse("shell.unterminated", "an array without an end");
      return kNone;
    }
    Assignment element;
    if (peek() == '[') {
      ++pos_;
      element.subscript = subscript();
      if (failed()) return kNone;
      if (peek() == '+' && peek(1) == '=') ++pos_;
      if (peek() == '=') {
        ++pos_;
        if (!is_break(peek())) element.value = word();
      } else {
        refuse("shell.ambiguous", "an element that begins with a bracket");
        return kNone;
      }
    } else if (is_break(peek()) && !((peek() == '<' || peek() == '>') && peek(1) == '(')) {
      refuse("shell.syntax", "an operator in an array");
      return kNone;
    } else {
      element.value = word();
    }
    if (failed()) return kNone;
    out_.assignments.push_back(element);
    const auto id = static_cast<Id>(out_.assignments.size() - 1);
    if (chain.first == kNone) {
      chain.first = id;
    } else {
      out_.assignments[chain.last].next = id;
    }
    chain.last = id;
  }
  ++pos_;
  return chain.first;
}

Id Parser::simple() {
  const Id node = add_node(NodeKind::kSimple);
  Chain words;
  Chain assigned;
  Chain redirected;
  std::size_t count = 0;
  bool declares = false;
  while (!failed()) {
    skip_blanks();
    if (at_redirection()) {
      if (!redirection(redirected)) return kNone;
      continue;
    }
    const char c = peek();
    if (c == '&' && peek(1) == '>') {
      bash_only("&>");
      return kNone;
    }
    if (c == '(' && count == 1 && assigned.first == kNone && redirected.first == kNone) {
      bool plain = false;
      const std::string_view name = literal(words.first, plain);
      ++pos_;
      skip_blanks();
      if (!plain || !is_function_name(name) || reserved_word(name) != Reserved::kNo ||
          peek() != ')') {
        refuse("shell.syntax", "a parenthesis after a word");
        return kNone;
      }
      ++pos_;
      out_.nodes[node].kind = NodeKind::kFunction;
      out_.nodes[node].name = keep(std::string(name));
      return function_body(node) ? node : kNone;
    }
    const bool process = (c == '<' || c == '>') && peek(1) == '(';
    if (is_break(c) && !process) {
      if (c == '(') refuse("shell.syntax", "a parenthesis after a word");
      break;
    }
    const std::size_t name = count == 0 || declares ? name_length(pos_) : 0;
    if (name != 0) {
      const std::size_t after = pos_ + name;
      const std::string_view rest = text_.substr(after, 3);
      const bool assigns = rest.starts_with('=') || rest.starts_with("+=");
      if (assigns || (count == 0 && rest.starts_with('['))) {
        if (!assignment(assigned)) return kNone;
        continue;
      }
    }
    const std::size_t begin = pos_;
    const Id id = word();
    if (failed()) return kNone;
    if (words.first == kNone) {
      words.first = id;
    } else {
      out_.words[words.last].next = id;
    }
    words.last = id;
    if (++count == 1) {
      // Reserved words and assignments are known by their plain spelling; one that a line
      // continuation hides from this parser is none of bash's business to guess.
      if (text_.substr(begin, pos_ - begin).find("\\\n") != std::string_view::npos) {
        refuse("shell.ambiguous", "a command name that is split over lines");
        return kNone;
      }
      bool plain = false;
      const std::string_view text = literal(id, plain);
      // Reserved where a command begins, and only there.
      if (text == "]]" && assigned.first == kNone && redirected.first == kNone) {
        refuse("shell.syntax", "a word that begins nothing");
        return kNone;
      }
      declares = plain && out_.dialect == Dialect::kBash && one_of(kDeclarations, text);
      moves_directory_ = moves_directory_ || !plain || one_of(kMovers, text);
    }
    if (count > kMaxWordsOfCommand) refuse("shell.too_many", "too many words");
  }
  if (failed()) return kNone;
  if (words.first == kNone && assigned.first == kNone && redirected.first == kNone) {
    refuse(at_end() ? "shell.unterminated" : "shell.syntax", "no command where one must be");
    return kNone;
  }
  Node& made = out_.nodes[node];
  made.words = words.first;
  made.assignments = assigned.first;
  made.redirections = redirected.first;
  return node;
}

Result<Script> parse(std::string_view text, Dialect dialect) {
  BAILEY_TRY(check_bytes(text));
  Script script;
  script.dialect = dialect;
  script.chars.reserve(text.size() + 16);
  script.nodes.reserve(8 + text.size() / 32);
  script.words.reserve(8 + text.size() / 8);
  script.parts.reserve(8 + text.size() / 8);
  if (dialect == Dialect::kPlain) BAILEY_TRY(check_plain(text));
  Parser parser(text, script);
  script.root = parser.run();
  if (parser.failed()) return std::unexpected(parser.error());
  return script;
}

}  // namespace bailey::policy::shell
