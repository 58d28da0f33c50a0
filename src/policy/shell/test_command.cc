// [[ ... ]]: its words, and which of them bash takes as arithmetic or as a variable.
#include <algorithm>

#include "policy/shell/parser.h"

namespace bailey::policy::shell {
namespace {

constexpr std::string_view kUnary = "abcdefghknoprstuvwxzGLNORS";

struct Binary {
  std::string_view text;
  std::uint8_t flags;
};
constexpr Binary kBinary[] = {{"=", 0},
                              {"==", 0},
                              {"!=", 0},
                              {"=~", 0},
                              {"-nt", 0},
                              {"-ot", 0},
                              {"-ef", 0},
                              {"-eq", kTestArithmetic},
                              {"-ne", kTestArithmetic},
                              {"-lt", kTestArithmetic},
                              {"-le", kTestArithmetic},
                              {"-gt", kTestArithmetic},
                              {"-ge", kTestArithmetic}};

}  // namespace

Id Parser::test_command() {
  const Id node = add_node(NodeKind::kTest);
  take_reserved(Reserved::kTest);
  Chain terms;
  if (!test_expression(terms)) return kNone;
  if (!at("]]") || !is_break(peek(2))) {
    refuse(at_end() ? "shell.unterminated" : "shell.syntax", "a [[ without its ]]");
    return kNone;
  }
  pos_ += 2;
  out_.nodes[node].child = terms.first;
  return node;
}

bool Parser::test_expression(Chain& terms) {
  const Level level(*this);
  for (;;) {
    if (failed() || !skip_newlines()) return false;
    while (peek() == '!' && is_break(peek(1))) {
      ++pos_;
      if (!skip_newlines()) return false;
    }
    if (peek() == '(') {
      ++pos_;
      if (!test_expression(terms)) return false;
      if (peek() != ')') return refuse("shell.syntax", "a parenthesis without its end");
      ++pos_;
    } else if (!test_term(terms)) {
      return false;
    }
    if (!skip_newlines()) return false;
    if (!at("&&") && !at("||")) return true;
    pos_ += 2;
  }
}

bool Parser::test_term(Chain& terms) {
  if (at_end()) return refuse("shell.unterminated", "a [[ without its ]]");
  if (is_break(peek()) || (at("]]") && is_break(peek(2))))
    return refuse("shell.syntax", "a test of nothing");
  const Id node = add_node(NodeKind::kTestTerm);
  const Id first = word();
  if (failed()) return false;
  out_.nodes[node].words = first;
  append(terms, node, out_.nodes);
  bool plain = false;
  const std::string text(literal(first, plain));
  const bool unary =
      plain && text.size() == 2 && text[0] == '-' && kUnary.find(text[1]) != std::string_view::npos;
  skip_blanks();
  if (unary) {
    if (is_break(peek()) || (at("]]") && is_break(peek(2))))
      return refuse(at_end() ? "shell.unterminated" : "shell.syntax", "a test of nothing");
    const Id operand = word();
    if (failed()) return false;
    out_.nodes[node].words = operand;
    if (text[1] == 'v' || text[1] == 'R') out_.nodes[node].flags |= kTestVariable;
    return true;
  }
  if (peek() == '<' || peek() == '>') {
    ++pos_;
    skip_blanks();
    if (is_break(peek())) return refuse("shell.syntax", "a comparison with nothing");
    const Id second = word();
    if (failed()) return false;
    out_.words[first].next = second;
    return true;
  }
  const std::string_view rest = text_.substr(pos_);
  const Binary* found = nullptr;
  for (const Binary& candidate : kBinary) {
    if (rest.starts_with(candidate.text) && rest.size() > candidate.text.size() &&
        is_break(rest[candidate.text.size()])) {
      found = &candidate;
      break;
    }
  }
  if (found == nullptr) {
    if (is_break(peek()) || at("]]")) return true;  // a word alone: is it empty?
    return refuse("shell.syntax", "a test without an operator");
  }
  pos_ += found->text.size();
  skip_blanks();
  const bool regex = found->text == "=~";
  if (at_end()) return refuse("shell.unterminated", "a comparison with nothing");
  if (is_break(peek()) && !(regex && peek() == '('))
    return refuse("shell.syntax", "a comparison with nothing");
  const Id second = regex ? regex_word() : word();
  if (failed()) return false;
  out_.words[first].next = second;
  out_.nodes[node].flags |= found->flags;
  return true;
}

Id Parser::regex_word() {
  const std::uint32_t begin = offset();
  Chain chain;
  int parentheses = 0;
  while (!failed()) {
    const char c = peek();
    if (c == '\0') {
      if (parentheses > 0) refuse("shell.unterminated", "a parenthesis without its end");
      break;
    }
    if (c == '(') {
      ++parentheses;
    } else if (c == ')') {
      if (parentheses == 0) break;
      --parentheses;
    } else if (c == '\n' || (parentheses == 0 && is_blank(c))) {
      if (parentheses > 0) refuse("shell.ambiguous", "a line end in a regular expression");
      break;
    } else if (c == ';' || c == '&' || c == '<' || c == '>') {
      refuse("shell.ambiguous", "an operator in a regular expression");
      break;
    } else if (c == '\'') {
      single_quoted(chain);
      continue;
    } else if (c == '"') {
      double_quoted(chain);
      continue;
    } else if (c == '`') {
      backquoted(chain, false);
      continue;
    } else if (c == '$') {
      dollar(chain, false);
      continue;
    } else if (c == '\\') {
      if (peek(1) == '\n' || peek(1) == '\0') {
        refuse("shell.ambiguous", "a backslash at a line end");
        break;
      }
      add_text(chain, peek(1), true);
      pos_ += 2;
      continue;
    }
    add_text(chain, c, true);
    ++pos_;
  }
  return failed() ? kNone : add_word(chain, begin);
}

}  // namespace bailey::policy::shell
