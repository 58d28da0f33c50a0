// Compound commands: groups, subshells, conditions, loops, case, functions, coprocesses.
#include "policy/shell/parser.h"

namespace bailey::policy::shell {

bool Parser::expect(Reserved word) {
  skip_blanks();
  if (reserved() != word)
    return refuse(at_end() ? "shell.unterminated" : "shell.syntax",
                  "a compound command that does not go on as it must");
  take_reserved(word);
  return !failed();
}

Id Parser::non_empty_list() {
  const Id node = list();
  if (failed()) return kNone;
  if (out_.nodes[node].child == kNone) {
    refuse(at_end() ? "shell.unterminated" : "shell.syntax", "a list without a command");
    return kNone;
  }
  return node;
}

Id Parser::compound(Reserved word) {
  const Level level(*this);
  if (failed()) return kNone;
  switch (word) {
    case Reserved::kOpen: {
      const Id node = add_node(NodeKind::kGroup);
      take_reserved(word);
      const Id body = non_empty_list();
      if (failed() || !expect(Reserved::kClose)) return kNone;
      out_.nodes[node].child = body;
      return node;
    }
    case Reserved::kIf:
      return if_command();
    case Reserved::kWhile:
    case Reserved::kUntil:
      take_reserved(word);
      return loop_command();
    case Reserved::kFor:
    case Reserved::kSelect:
      take_reserved(word);
      return for_command(word);
    case Reserved::kCase:
      return case_command();
    case Reserved::kFunction:
      return function_command();
    case Reserved::kTest:
      return test_command();
    case Reserved::kCoproc:
      return coprocess();
    default:
      refuse("shell.syntax", "a reserved word where a command must be");
      return kNone;
  }
}

Id Parser::subshell_or_arithmetic() {
  const Level level(*this);
  if (failed()) return kNone;
  if (peek(1) == '(') {
    if (!bash_only("((")) return kNone;
    const Id node = add_node(NodeKind::kArithmetic);
    pos_ += 2;
    const Id words = arithmetic(Stop::kDoubleParen);
    if (failed()) return kNone;
    out_.nodes[node].words = words;
    return node;
  }
  const Id node = add_node(NodeKind::kSubshell);
  if (!take(1)) return kNone;
  const Id body = non_empty_list();
  if (failed()) return kNone;
  if (peek() != ')') {
    refuse(at_end() ? "shell.unterminated" : "shell.syntax", "a subshell without an end");
    return kNone;
  }
  ++pos_;
  out_.nodes[node].child = body;
  return node;
}

Id Parser::if_command() {
  const Id node = add_node(NodeKind::kIf);
  Chain children;
  Reserved word = Reserved::kIf;
  while (word == Reserved::kIf || word == Reserved::kElif) {
    take_reserved(word);
    append(children, non_empty_list(), out_.nodes);
    if (failed() || !expect(Reserved::kThen)) return kNone;
    append(children, non_empty_list(), out_.nodes);
    if (failed()) return kNone;
    word = reserved();
  }
  if (word == Reserved::kElse) {
    take_reserved(word);
    append(children, non_empty_list(), out_.nodes);
    if (failed()) return kNone;
    out_.nodes[node].flags |= kHasElse;
  }
  if (!expect(Reserved::kFi)) return kNone;
  out_.nodes[node].child = children.first;
  return node;
}

Id Parser::body_of_loop() {
  if (!expect(Reserved::kDo)) return kNone;
  const Id body = non_empty_list();
  if (failed() || !expect(Reserved::kDone)) return kNone;
  return body;
}

Id Parser::loop_command() {
  const Id node = add_node(NodeKind::kWhile);
  Chain children;
  append(children, non_empty_list(), out_.nodes);
  if (failed()) return kNone;
  append(children, body_of_loop(), out_.nodes);
  if (failed()) return kNone;
  out_.nodes[node].child = children.first;
  return node;
}

Id Parser::for_command(Reserved word) {
  skip_blanks();
  if (peek() == '(' && word == Reserved::kFor) {
    if (peek(1) != '(') {
      refuse("shell.syntax", "a loop over nothing");
      return kNone;
    }
    if (!bash_only("for ((")) return kNone;
    const Id node = add_node(NodeKind::kForArithmetic);
    pos_ += 2;
    const Id first = arithmetic(Stop::kSemicolon);
    if (failed()) return kNone;
    const Id second = arithmetic(Stop::kSemicolon);
    if (failed()) return kNone;
    const Id third = arithmetic(Stop::kDoubleParen);
    if (failed()) return kNone;
    out_.words[first].next = second;
    out_.words[second].next = third;
    skip_blanks();
    if (peek() == ';' && !take(1)) return kNone;
    if (!skip_newlines()) return kNone;
    const Id body = body_of_loop();
    if (failed()) return kNone;
    out_.nodes[node].words = first;
    out_.nodes[node].child = body;
    return node;
  }
  const Id node = add_node(NodeKind::kFor);
  if (word == Reserved::kSelect) out_.nodes[node].flags |= kSelect;
  const std::size_t length = name_length(pos_);
  if (length == 0 || !is_break(peek(length))) {
    refuse(at_end() ? "shell.unterminated" : "shell.syntax", "a loop without a variable");
    return kNone;
  }
  const Slice name = keep(text_.substr(pos_, length));
  out_.nodes[node].name = name;
  pos_ += length;
  if (!skip_newlines()) return kNone;
  Chain words;
  if (reserved() == Reserved::kIn) {
    take_reserved(Reserved::kIn);
    for (;;) {
      skip_blanks();
      const bool process = (peek() == '<' || peek() == '>') && peek(1) == '(';
      if (is_break(peek()) && !process) break;
      const Id id = this->word();
      if (failed()) return kNone;
      if (words.first == kNone) {
        words.first = id;
      } else {
        out_.words[words.last].next = id;
      }
      words.last = id;
    }
    if (peek() != ';' && peek() != '\n') {
      refuse(at_end() ? "shell.unterminated" : "shell.syntax", "a loop without a body");
      return kNone;
    }
  } else {
    out_.nodes[node].flags |= kEmptyIsArguments;
  }
  if (peek() == ';' && (peek(1) == ';' || !take(1))) {
    refuse("shell.syntax", "a loop without a body");
    return kNone;
  }
  if (!skip_newlines()) return kNone;
  const Id body = body_of_loop();
  if (failed()) return kNone;
  out_.nodes[node].words = words.first;
  out_.nodes[node].child = body;
  return node;
}

Id Parser::case_command() {
  const Id node = add_node(NodeKind::kCase);
  take_reserved(Reserved::kCase);
  skip_blanks();
  if (is_break(peek())) {
    refuse(at_end() ? "shell.unterminated" : "shell.syntax", "a case of nothing");
    return kNone;
  }
  const Id subject = word();
  if (failed() || !skip_newlines() || !expect(Reserved::kIn)) return kNone;
  Chain items;
  for (;;) {
    if (!skip_newlines()) return kNone;
    if (reserved() == Reserved::kEsac) break;
    const Id item = add_node(NodeKind::kCaseItem);
    append(items, item, out_.nodes);
    if (peek() == '(') {
      ++pos_;
      skip_blanks();
    }
    Chain patterns;
    for (;;) {
      skip_blanks();
      if (is_break(peek())) {
        refuse(at_end() ? "shell.unterminated" : "shell.syntax", "a case without a pattern");
        return kNone;
      }
      const Id pattern = word();
      if (failed()) return kNone;
      if (patterns.first == kNone) {
        patterns.first = pattern;
      } else {
        out_.words[patterns.last].next = pattern;
      }
      patterns.last = pattern;
      skip_blanks();
      if (peek() != '|') break;
      if (!take(1)) return kNone;
    }
    if (peek() != ')') {
      refuse(at_end() ? "shell.unterminated" : "shell.syntax", "a pattern without an end");
      return kNone;
    }
    ++pos_;
    const Id body = list();
    if (failed()) return kNone;
    out_.nodes[item].words = patterns.first;
    out_.nodes[item].child = body;
    if (peek() != ';') break;
    if (at(";;&") || at(";&")) {
      if (!bash_only(";&") || !take(at(";&") ? 2 : 3)) return kNone;
    } else if (!take(2)) {
      return kNone;
    }
  }
  if (!expect(Reserved::kEsac)) return kNone;
  out_.nodes[node].words = subject;
  out_.nodes[node].child = items.first;
  return node;
}

bool Parser::function_body(Id node) {
  const Level level(*this);
  if (failed() || !skip_newlines()) return false;
  const Reserved word = reserved();
  const bool compound_follows =
      peek() == '(' ||
      (word != Reserved::kNo && word != Reserved::kIn && word != Reserved::kTime &&
       word != Reserved::kBang && word != Reserved::kFunction && word != Reserved::kCoproc);
  if (!compound_follows)
    return refuse(at_end() ? "shell.unterminated" : "shell.syntax", "a function without a body");
  out_.functions.push_back(node);
  const bool outer_moves = moves_directory_;
  moves_directory_ = false;
  const Id body = command();
  if (failed()) return false;
  if (moves_directory_) out_.nodes[node].flags |= kMovesDirectory;
  moves_directory_ = moves_directory_ || outer_moves;
  out_.nodes[node].child = body;
  return true;
}

Id Parser::function_command() {
  const Id node = add_node(NodeKind::kFunction);
  take_reserved(Reserved::kFunction);
  skip_blanks();
  std::size_t length = name_length(pos_);
  while (length != 0 && (is_name_char(peek(length)) || peek(length) == '-' || peek(length) == '.' ||
                         peek(length) == ':'))
    ++length;
  if (length == 0 || !is_break(peek(length))) {
    refuse(at_end() ? "shell.unterminated" : "shell.syntax", "a function without a name");
    return kNone;
  }
  const Slice name = keep(text_.substr(pos_, length));
  out_.nodes[node].name = name;
  pos_ += length;
  skip_blanks();
  if (peek() == '(') {
    ++pos_;
    skip_blanks();
    if (peek() != ')') {
      refuse("shell.ambiguous", "a function whose body is a subshell");
      return kNone;
    }
    ++pos_;
  }
  return function_body(node) ? node : kNone;
}

Id Parser::coprocess() {
  const Id node = add_node(NodeKind::kCoprocess);
  take_reserved(Reserved::kCoproc);
  skip_blanks();
  const std::size_t length = name_length(pos_);
  if (length != 0 && reserved() == Reserved::kNo && is_blank(peek(length))) {
    // NAME is one only before a compound command.
    const std::size_t begin = pos_;
    pos_ += length;
    skip_blanks();
    const Reserved word = reserved();
    if (peek() == '(' || (word != Reserved::kNo && word != Reserved::kIn)) {
      const Slice name = keep(text_.substr(begin, length));
      out_.nodes[node].name = name;
    } else {
      pos_ = begin;
    }
  }
  const Id child = command();
  if (failed()) return kNone;
  out_.nodes[node].child = child;
  return node;
}

}  // namespace bailey::policy::shell
