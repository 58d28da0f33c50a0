// Words and quotes.
#include "policy/shell/parser.h"

namespace bailey::policy::shell {
namespace {

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

Id Parser::add_word(const Chain& parts, std::uint32_t offset) {
  out_.words.push_back(Word{parts.first, kNone, offset});
  return static_cast<Id>(out_.words.size() - 1);
}

Id Parser::add_part(Chain& chain, Part part) {
  out_.parts.push_back(part);
  const auto id = static_cast<Id>(out_.parts.size() - 1);
  if (chain.first == kNone) {
    chain.first = id;
  } else {
    out_.parts[chain.last].next = id;
  }
  chain.last = id;
  return id;
}

void Parser::add_text(Chain& chain, std::string_view text, bool quoted) {
  if (chain.last != kNone) {
    Part& last = out_.parts[chain.last];
    if (last.kind == PartKind::kText && last.quoted == quoted &&
        last.text.begin + last.text.size == out_.chars.size()) {
      out_.chars.append(text);
      last.text.size += static_cast<std::uint32_t>(text.size());
      return;
    }
  }
  Part part;
  part.quoted = quoted;
  part.text = keep(text);
  add_part(chain, part);
}

void Parser::add_text(Chain& chain, char c, bool quoted) {
  add_text(chain, std::string_view(&c, 1), quoted);
}

std::string_view Parser::literal(Id word, bool& plain) const {
  plain = false;
  const Id first = out_.words[word].parts;
  if (first == kNone) return {};
  const Part& part = out_.parts[first];
  plain = part.kind == PartKind::kText && !part.quoted && part.next == kNone;
  return plain ? out_.text(part.text) : std::string_view{};
}

Id Parser::word() {
  const std::uint32_t begin = offset();
  const std::size_t from = pos_;
  Chain chain;
  bool continued = false;
  while (!failed()) {
    // What needs no look: most of every line.
    std::size_t run = pos_;
    while (run < text_.size()) {
      const char c = text_[run];
      if (is_break(c) || c == '\'' || c == '"' || c == '\\' || c == '$' || c == '`') break;
      ++run;
    }
    if (run != pos_) {
      add_text(chain, text_.substr(pos_, run - pos_), false);
      pos_ = run;
    }
    const char c = peek();
    if ((c == '<' || c == '>') && peek(1) == '(') {
      if (!bash_only("<( or >(")) break;
      if (continued) refuse("shell.ambiguous", "an operator after a split word");
      ++pos_;
      substitution(chain, false, PartKind::kProcess);
    } else if (is_break(c)) {
      break;
    } else if (c == '\'') {
      single_quoted(chain);
    } else if (c == '"') {
      double_quoted(chain);
    } else if (c == '`') {
      backquoted(chain, false);
    } else if (c == '$') {
      dollar(chain, false);
    } else if (peek(1) == '\n') {
      pos_ += 2;
      // A number in front of '<' or '>' is its descriptor, over lines too in some shells.
      continued = continued || !is_break(peek()) || peek() == '<' || peek() == '>';
    } else if (pos_ + 1 >= text_.size()) {
      refuse("shell.unterminated", "a backslash at the end");
    } else {
      // The rest of a character of several bytes is added by the next run, unquoted: no
      // byte of it means anything.
      add_text(chain, peek(1), true);
      pos_ += 2;
    }
  }
  if (failed()) return kNone;
  if (continued && (peek() == '<' || peek() == '>' || peek() == '(')) {
    refuse("shell.ambiguous", "an operator after a split word");
    return kNone;
  }
  if (pending_.size() > pending_base_ &&
      text_.substr(from, pos_ - from).find('\n') != std::string_view::npos) {
    refuse("shell.ambiguous", "a word over several lines before a here-document's text");
    return kNone;
  }
  return add_word(chain, begin);
}

bool Parser::single_quoted(Chain& chain) {
  const std::size_t end = text_.find('\'', pos_ + 1);
  if (end == std::string_view::npos) return refuse("shell.unterminated", "a quote without its end");
  add_text(chain, text_.substr(pos_ + 1, end - pos_ - 1), true);
  pos_ = end + 1;
  return true;
}

bool Parser::double_quoted(Chain& chain) {
  const Level level(*this);
  ++pos_;
  const Id before = chain.last;
  while (!failed()) {
    std::size_t run = pos_;
    while (run < text_.size()) {
      const char c = text_[run];
      if (c == '"' || c == '\\' || c == '$' || c == '`') break;
      ++run;
    }
    if (run != pos_) {
      add_text(chain, text_.substr(pos_, run - pos_), true);
      pos_ = run;
    }
    if (at_end()) return refuse("shell.unterminated", "a quote without its end");
    const char c = peek();
    if (c == '"') {
      ++pos_;
      if (chain.last == before) add_text(chain, std::string_view{}, true);  // "" is a word, too
      return true;
    }
    if (c == '$') {
      dollar(chain, true);
    } else if (c == '`') {
      backquoted(chain, true);
    } else {
      const char next = peek(1);
      if (next == '\n') {
        pos_ += 2;
      } else if (next == '$' || next == '`' || next == '"' || next == '\\') {
        add_text(chain, next, true);
        pos_ += 2;
      } else {
        add_text(chain, '\\', true);
        ++pos_;
      }
    }
  }
  return false;
}

// $'...': pos_ is at the quote.
bool Parser::ansi_quoted(Chain& chain) {
  ++pos_;
  add_text(chain, std::string_view{}, true);
  for (;;) {
    if (at_end()) return refuse("shell.unterminated", "a quote without its end");
    const char c = peek();
    if (c == '\'') {
      ++pos_;
      return true;
    }
    if (c != '\\') {
      add_text(chain, c, true);
      ++pos_;
      continue;
    }
    const char escape = peek(1);
    pos_ += 2;
    static constexpr std::string_view kNames = "abeEfnrtv\\'\"?";
    static constexpr std::string_view kValues = "\a\b\x1b\x1b\f\n\r\t\v\\'\"?";
    const std::size_t known = escape == '\0' ? std::string_view::npos : kNames.find(escape);
    if (known != std::string_view::npos) {
      add_text(chain, kValues[known], true);
    } else if (escape >= '0' && escape <= '7') {
      int value = escape - '0';
      for (int i = 0; i < 2 && peek() >= '0' && peek() <= '7'; ++i)
        value = value * 8 + (text_[pos_++] - '0');
      value &= 0xFF;
      if (value == 0) return refuse("shell.nul", "a NUL");
      add_text(chain, static_cast<char>(value), true);
    } else if (escape == 'x' || escape == 'u' || escape == 'U') {
      const int most = escape == 'x' ? 2 : escape == 'u' ? 4 : 8;
      std::uint32_t value = 0;
      int digits = 0;
      for (; digits < most && hex_value(peek()) >= 0; ++digits)
        value = value * 16 + static_cast<std::uint32_t>(hex_value(text_[pos_++]));
      if (digits == 0) return refuse("shell.ambiguous", "an escape without digits");
      if (value == 0) return refuse("shell.nul", "a NUL");
      if (escape == 'x' || value < 0x80) {
        add_text(chain, static_cast<char>(value), true);
      } else {
        // What it becomes depends on the locale.
        Part part;
        part.kind = PartKind::kTranslated;
        part.quoted = true;
        add_part(chain, part);
      }
    } else {
      // \cX, and what is no escape at all.
      return refuse("shell.ambiguous", "an escape that shells read differently");
    }
  }
}

bool Parser::backquoted(Chain& chain, bool quoted) {
  const Level level(*this);
  if (failed()) return false;
  const std::uint32_t begin = offset();
  if (pending_.size() > pending_base_)
    return refuse("shell.ambiguous", "a backquote before a here-document's text");
  ++pos_;
  std::string inner;
  for (;;) {
    if (at_end()) return refuse("shell.unterminated", "a backquote without its end");
    const char c = text_[pos_++];
    if (c == '`') break;
    if (c != '\\') {
      inner.push_back(c);
      continue;
    }
    if (at_end()) return refuse("shell.unterminated", "a backquote without its end");
    const char next = peek();
    if (next == '`' || next == '\\' || next == '$') {
      inner.push_back(next);
    } else if (next == '"' && quoted) {
      if (in_here_document_) return refuse("shell.ambiguous", "a quote in a backquote");
      inner.push_back(next);
    } else {
      inner.push_back('\\');
      inner.push_back(next);
    }
    ++pos_;
  }
  Parser parser(*this, inner, begin);
  const Id child = parser.run();
  adopt(parser);
  if (failed()) return false;
  Part part;
  part.kind = PartKind::kCommand;
  part.quoted = quoted;
  part.child = child;
  add_part(chain, part);
  return true;
}

}  // namespace bailey::policy::shell
