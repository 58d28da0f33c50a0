// What follows a '$', and the arithmetic and subscripts found there.
#include "policy/shell/parser.h"

namespace bailey::policy::shell {
namespace {

constexpr std::string_view kSpecial = "@*#?-$!_";

}  // namespace

bool Parser::substitution(Chain& chain, bool quoted, PartKind kind) {
  const Level level(*this);
  if (failed()) return false;
  const std::size_t outer = pending_base_;
  pending_base_ = pending_.size();
  if (!take(1)) return false;
  skip_blanks();
  // bash 5.2 takes the word after it for a program, whatever it is: `$(time if a; ...)`.
  if (reserved() == Reserved::kTime && out_.dialect == Dialect::kBash)
    return refuse("shell.ambiguous", "`time` as the first word of a substitution");
  const Id body = list();
  if (failed()) return false;
  if (peek() != ')')
    return refuse(at_end() ? "shell.unterminated" : "shell.syntax",
                  "a substitution without its end");
  if (pending_.size() > pending_base_)
    return refuse("shell.unterminated", "a here-document without a text");
  pending_base_ = outer;
  ++pos_;
  Part part;
  part.kind = kind;
  part.quoted = quoted;
  part.child = out_.nodes[body].child == kNone ? kNone : body;
  add_part(chain, part);
  return true;
}

bool Parser::dollar(Chain& chain, bool quoted) {
  const char next = peek(1);
  if (next == '\\' && peek(2) == '\n')
    return refuse("shell.ambiguous", "a dollar sign at a line end");
  if (next == '(') {
    ++pos_;
    if (peek(1) != '(') return substitution(chain, quoted, PartKind::kCommand);
    const Level level(*this);
    pos_ += 2;
    const Id expression = arithmetic(Stop::kDoubleParen);
    if (failed()) return false;
    Part part;
    part.kind = PartKind::kArithmetic;
    part.quoted = quoted;
    part.child = expression;
    add_part(chain, part);
    return true;
  }
  if (next == '{') return parameter(chain, quoted);
  if (next == '[') return refuse("shell.ambiguous", "the old form of arithmetic");
  if (!quoted && next == '\'') {
    if (!bash_only("$'")) return false;
    ++pos_;
    return ansi_quoted(chain);
  }
  if (!quoted && next == '"') {
    if (!bash_only("$\"")) return false;
    ++pos_;
    const std::uint32_t begin = offset();
    Chain inner;
    if (!double_quoted(inner)) return false;
    Part part;
    part.kind = PartKind::kTranslated;
    part.quoted = true;
    part.child = add_word(inner, begin);
    add_part(chain, part);
    return true;
  }
  std::size_t length = name_length(pos_ + 1);
  if (length == 0 && next != '\0' &&
      (is_digit(next) || kSpecial.find(next) != std::string_view::npos))
    length = 1;
  if (length == 0) {
    add_text(chain, '$', true);
    ++pos_;
    return true;
  }
  Part part;
  part.kind = PartKind::kParameter;
  part.quoted = quoted;
  part.text = keep(text_.substr(pos_ + 1, length));
  pos_ += 1 + length;
  if (peek() == '\\' && peek(1) == '\n' && is_name_char(peek(2)))
    return refuse("shell.ambiguous", "a name that is split over lines");
  add_part(chain, part);
  return true;
}

bool Parser::parameter(Chain& chain, bool quoted) {
  const Level level(*this);
  pos_ += 2;
  Part part;
  part.kind = PartKind::kParameter;
  part.quoted = quoted;
  const bool special_then_end =
      peek() != '\0' && kSpecial.find(peek()) != std::string_view::npos && peek(1) == '}';
  if (!special_then_end && peek() == '#') {
    part.use = ParameterUse::kLength;
    ++pos_;
  } else if (!special_then_end && peek() == '!') {
    if (!bash_only("${!")) return false;
    part.use = ParameterUse::kIndirect;
    ++pos_;
  }
  std::size_t length = name_length(pos_);
  if (length == 0 && is_digit(peek())) {
    while (is_digit(peek(length))) ++length;
  } else if (length == 0 && peek() != '\0' && kSpecial.find(peek()) != std::string_view::npos) {
    length = 1;
  }
  if (length == 0)
    return refuse(at_end() ? "shell.unterminated" : "shell.syntax", "an expansion of nothing");
  part.text = keep(text_.substr(pos_, length));
  pos_ += length;
  bool whole_array = false;
  if (peek() == '[') {
    if (!bash_only("an array")) return false;
    ++pos_;
    whole_array = (peek() == '@' || peek() == '*') && peek(1) == ']';
    if (whole_array) {
      pos_ += 2;
    } else {
      part.subscript = subscript();
      if (failed()) return false;
    }
  }
  if (part.use == ParameterUse::kIndirect &&
      ((whole_array && peek() == '}') || ((peek() == '@' || peek() == '*') && peek(1) == '}'))) {
    part.use = ParameterUse::kNames;
    if (peek() != '}') ++pos_;
  }
  part.whole = whole_array || part.use == ParameterUse::kNames;
  if (peek() != '}') {
    if (part.use == ParameterUse::kLength || part.use == ParameterUse::kNames)
      return refuse(at_end() ? "shell.unterminated" : "shell.syntax",
                    "an expansion that does not end where it must");
    if (!operator_of(part, quoted)) return false;
  }
  if (peek() != '}')
    return refuse(at_end() ? "shell.unterminated" : "shell.syntax", "an expansion without its end");
  ++pos_;
  add_part(chain, part);
  return !failed();
}

bool Parser::operator_of(Part& part, bool quoted) {
  const bool indirect = part.use == ParameterUse::kIndirect;
  const auto use = [&](ParameterUse other) {
    if (!indirect) part.use = other;
  };
  const char c = peek();
  const char next = peek(1);
  const bool colon = c == ':' && (next == '-' || next == '=' || next == '?' || next == '+');
  const char kind = colon ? next : c;
  switch (kind) {
    case '-':
    case '?':
    case '+':
      use(ParameterUse::kOperand);
      break;
    case '=':
      use(ParameterUse::kAssign);
      break;
    case '#':
    case '%':
      use(ParameterUse::kOperand);
      pos_ += next == c ? 2 : 1;
      part.child = operand(quoted, Until::kBrace);
      return !failed();
    case '^':
    case ',':
      if (!bash_only("${x^}")) return false;
      use(ParameterUse::kOperand);
      pos_ += next == c ? 2 : 1;
      part.child = operand(quoted, Until::kBrace);
      return !failed();
    case '/': {
      if (!bash_only("${x/}")) return false;
      use(ParameterUse::kOperand);
      pos_ += next == '/' || next == '#' || next == '%' ? 2 : 1;
      part.child = operand(quoted, Until::kSlashOrBrace);
      if (failed()) return false;
      if (peek() != '/') return true;
      ++pos_;
      const Id replacement = operand(quoted, Until::kBrace);
      if (failed()) return false;
      out_.words[part.child].next = replacement;
      return true;
    }
    case ':': {
      if (!bash_only("${x:n}")) return false;
      use(ParameterUse::kSubstring);
      ++pos_;
      part.child = arithmetic(Stop::kOperand);
      if (failed()) return false;
      if (peek() != ':') return true;
      ++pos_;
      const Id length = arithmetic(Stop::kOperand);
      if (failed()) return false;
      out_.words[part.child].next = length;
      return true;
    }
    case '@':
      if (!bash_only("${x@}")) return false;
      if (!is_name_start(next)) return refuse("shell.syntax", "a transformation into nothing");
      if (!indirect) {
        part.use = ParameterUse::kTransform;
        part.transform = next;
      }
      pos_ += 2;
      return true;
    default:
      return refuse(at_end() ? "shell.unterminated" : "shell.syntax",
                    "an expansion that does not end where it must");
  }
  pos_ += colon ? 2 : 1;
  part.child = operand(quoted, Until::kBrace);
  return !failed();
}

Id Parser::operand(bool quoted, Until until) {
  const std::uint32_t begin = offset();
  Chain chain;
  while (!failed()) {
    const char c = peek();
    if (c == '\0') {
      refuse("shell.unterminated", "an expansion without its end");
    } else if (c == '}' || (c == '/' && until == Until::kSlashOrBrace)) {
      return add_word(chain, begin);
    } else if (c == '\\') {
      if (peek(1) == '\0') {
        refuse("shell.unterminated", "a backslash at the end");
      } else {
        if (peek(1) != '\n') add_text(chain, peek(1), true);
        pos_ += 2;
      }
    } else if (c == '$') {
      if (!quoted && peek(1) == '\'') {
        refuse("shell.ambiguous", "a quote in an expansion");
      } else {
        dollar(chain, quoted);
      }
    } else if (c == '`') {
      backquoted(chain, quoted);
    } else if (c == '\'') {
      // Within double quotes it depends on the operator, and on the shell.
      if (quoted) {
        refuse("shell.ambiguous", "a quote in a quoted expansion");
      } else {
        single_quoted(chain);
      }
    } else if (c == '"') {
      if (in_here_document_ || (quoted && out_.dialect != Dialect::kBash)) {
        refuse("shell.ambiguous", "a quote in a quoted expansion");
      } else {
        double_quoted(chain);
      }
    } else if ((c == '<' || c == '>') && peek(1) == '(') {
      refuse("shell.ambiguous", "a process substitution in an expansion");
    } else {
      add_text(chain, c, quoted);
      ++pos_;
    }
  }
  return kNone;
}

Id Parser::arithmetic(Stop stop) {
  const Level level(*this);
  const std::uint32_t begin = offset();
  Chain chain;
  int parentheses = 0;
  int brackets = 0;
  while (!failed()) {
    const char c = peek();
    if (c == '\0') {
      refuse("shell.unterminated", "an arithmetic expression without its end");
    } else if (c == '\\' && peek(1) == '\n') {
      pos_ += 2;
    } else if (c == '\\' || c == '\'') {
      if (c == '\'' && stop == Stop::kBracket) {
        single_quoted(chain);
      } else {
        refuse("shell.ambiguous", "a quote in an arithmetic expression");
      }
    } else if (c == '"') {
      if (in_here_document_) {
        refuse("shell.ambiguous", "a quote in an arithmetic expression");
      } else {
        double_quoted(chain);
      }
    } else if (c == '$') {
      if (peek(1) == '\'' || peek(1) == '"') {
        refuse("shell.ambiguous", "a quote in an arithmetic expression");
      } else {
        dollar(chain, true);
      }
    } else if (c == '`') {
      backquoted(chain, true);
    } else if (c == '#' && chain.first == kNone && stop != Stop::kBracket) {
      refuse("shell.ambiguous", "a number sign in an arithmetic expression");
    } else if (c == '(') {
      // Not nested here, but in whoever evaluates it.
      if (++parentheses > kMaxDepth - depth_) refuse("shell.too_deep", "too many levels");
      add_text(chain, c, false);
      ++pos_;
    } else if (c == ')' && parentheses > 0) {
      --parentheses;
      add_text(chain, c, false);
      ++pos_;
    } else if (c == ')') {
      if (stop != Stop::kDoubleParen) {
        refuse("shell.syntax", "a parenthesis that closes nothing");
      } else if (peek(1) != ')') {
        refuse("shell.ambiguous", "arithmetic, or a subshell in a substitution");
      } else {
        pos_ += 2;
        return add_word(chain, begin);
      }
    } else if (parentheses == 0 && c == ';') {
      if (stop != Stop::kSemicolon) {
        refuse("shell.ambiguous", "arithmetic, or a subshell in a substitution");
      } else {
        ++pos_;
        return add_word(chain, begin);
      }
    } else if (parentheses == 0 && stop == Stop::kOperand && (c == ':' || c == '}')) {
      return add_word(chain, begin);
    } else if (c == '?' && stop == Stop::kOperand) {
      refuse("shell.ambiguous", "a condition in a substring");
    } else if (stop == Stop::kBracket && c == '[') {
      if (++brackets > kMaxDepth - depth_) refuse("shell.too_deep", "too many levels");
      add_text(chain, c, false);
      ++pos_;
    } else if (stop == Stop::kBracket && c == ']') {
      ++pos_;
      if (brackets == 0) return add_word(chain, begin);
      --brackets;
      add_text(chain, c, false);
    } else {
      add_text(chain, c, false);
      ++pos_;
    }
  }
  return kNone;
}

Id Parser::subscript() { return arithmetic(Stop::kBracket); }

}  // namespace bailey::policy::shell
