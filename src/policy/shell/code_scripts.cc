#include "policy/shell/code_scripts.h"

#include <algorithm>

#include "policy/shell/parser.h"

namespace bailey::policy::shell {
namespace {

class Sed {
 public:
  explicit Sed(std::string_view text) : text_(text) {}

  ScriptEffects scan() {
    while (effects_.known && pos_ < text_.size()) command();
    return std::move(effects_);
  }

 private:
  [[nodiscard]] char peek() const { return pos_ < text_.size() ? text_[pos_] : '\0'; }
  void unknown() { effects_.known = false; }
  void skip_blanks() {
    while (is_blank(peek())) ++pos_;
  }
  void skip_digits() {
    while (is_digit(peek())) ++pos_;
  }

  // To behind the next `delimiter` that is neither escaped nor in brackets. In a pattern
  // a bracket may hold it; whether it does, sed implementations do not all agree.
  bool skip_to(char delimiter, bool pattern) {
    while (pos_ < text_.size()) {
      const char c = text_[pos_++];
      if (c == delimiter) return true;
      if (c == '\\') {
        if (pos_ >= text_.size()) break;
        ++pos_;
      } else if (c == '\n' && pattern) {
        break;
      } else if (c == '[' && pattern) {
        std::size_t end = pos_;
        if (end < text_.size() && text_[end] == '^') ++end;
        if (end < text_.size() && text_[end] == ']') ++end;
        while (end < text_.size() && text_[end] != ']' && text_[end] != '\n') {
          if (text_[end] == '[' && end + 1 < text_.size() &&
              (text_[end + 1] == ':' || text_[end + 1] == '.' || text_[end + 1] == '=')) {
            const char kind[] = {text_[end + 1], ']'};
            const std::size_t close = text_.find(std::string_view(kind, 2), end + 2);
            if (close == std::string_view::npos) break;
            end = close + 1;
          }
          const bool escapes = text_[end] == '\\' && end + 1 < text_.size();
          if (text_[end] == delimiter ||
              (escapes && (text_[end + 1] == ']' || text_[end + 1] == '\n'))) {
            unknown();
            return false;
          }
          end += escapes ? 2 : 1;
        }
        if (end >= text_.size() || text_[end] != ']') break;
        pos_ = end + 1;
      }
    }
    unknown();
    return false;
  }

  bool address() {
    const char c = peek();
    if (is_digit(c)) {
      skip_digits();
      if (peek() == '~') {
        ++pos_;
        skip_digits();
      }
      return true;
    }
    if (c == '$') {
      ++pos_;
      return true;
    }
    if (c == '/' || c == '\\') {
      ++pos_;
      if (c == '\\' && pos_ >= text_.size()) return false;
      const char delimiter = c == '/' ? '/' : text_[pos_++];
      if (delimiter == '\n' || delimiter == '\\' || !skip_to(delimiter, true)) return false;
      while (peek() == 'I' || peek() == 'M') ++pos_;
      return true;
    }
    return false;
  }

  std::string rest_of_line() {
    const std::size_t end = std::min(text_.find('\n', pos_), text_.size());
    std::string out(text_.substr(pos_, end - pos_));
    pos_ = end;
    return out;
  }

  void file(std::vector<std::string>& into) {
    skip_blanks();
    std::string name = rest_of_line();
    if (name.empty()) return unknown();
    into.push_back(std::move(name));
  }

  // After a command: its end.
  void ends() {
    skip_blanks();
    const char c = peek();
    if (c == '#') {
      rest_of_line();
    } else if (c == ';' || c == '\n') {
      ++pos_;
    } else if (c != '}' && c != '\0') {
      unknown();
    }
  }

  void substitution() {
    const char delimiter = peek();
    ++pos_;
    if (delimiter == '\0' || delimiter == '\n' || delimiter == '\\') return unknown();
    if (!skip_to(delimiter, true) || !skip_to(delimiter, false)) return;
    for (;;) {
      const char c = peek();
      if (is_digit(c) || c == 'g' || c == 'p' || c == 'i' || c == 'I' || c == 'm' || c == 'M') {
        ++pos_;
      } else if (c == 'w') {
        ++pos_;
        return file(effects_.writes);
      } else if (c == 'e') {
        return unknown();
      } else {
        return ends();
      }
    }
  }

  // a, i and c: a text to the end of the line, and further when it ends in a backslash.
  void text() {
    skip_blanks();
    while (pos_ < text_.size()) {
      const char c = text_[pos_++];
      if (c == '\\') {
        ++pos_;
      } else if (c == '\n') {
        return;
      }
    }
  }

  void command() {
    while (is_blank(peek()) || peek() == '\n' || peek() == ';') ++pos_;
    if (pos_ >= text_.size()) return;
    if (peek() == '#') {
      rest_of_line();
      return;
    }
    if (address()) {
      skip_blanks();
      if (peek() == ',') {
        ++pos_;
        skip_blanks();
        if (peek() == '+' || peek() == '~') {
          ++pos_;
          skip_digits();
        } else if (!address()) {
          return unknown();
        }
      }
    }
    if (!effects_.known) return;
    skip_blanks();
    while (peek() == '!' || is_blank(peek())) ++pos_;
    const char c = peek();
    ++pos_;
    switch (c) {
      case '{':
        return;
      case '}':
      case '=':
      case 'd':
      case 'D':
      case 'F':
      case 'g':
      case 'G':
      case 'h':
      case 'H':
      case 'n':
      case 'N':
      case 'p':
      case 'P':
      case 'x':
      case 'z':
        return ends();
      case 'l':
      case 'L':
      case 'q':
      case 'Q':
        skip_blanks();
        skip_digits();
        return ends();
      case 'b':
      case 't':
      case 'T':
      case ':': {
        skip_blanks();
        while (is_name_char(peek()) || peek() == '-' || peek() == '.') ++pos_;
        return ends();
      }
      case 'a':
      case 'i':
      case 'c':
        return text();
      case 's':
        return substitution();
      case 'y': {
        const char delimiter = peek();
        ++pos_;
        if (delimiter == '\0' || delimiter == '\n' || delimiter == '\\') return unknown();
        if (skip_to(delimiter, false) && skip_to(delimiter, false)) ends();
        return;
      }
      case 'r':
      case 'R':
        return file(effects_.reads);
      case 'w':
      case 'W':
        return file(effects_.writes);
      default:  // e, and what there is not
        return unknown();
    }
  }

  std::string_view text_;
  std::size_t pos_ = 0;
  ScriptEffects effects_;
};

class Awk {
 public:
  explicit Awk(std::string_view text) : text_(text) {}

  ScriptEffects scan() {
    while (effects_.known && next()) {
    }
    return std::move(effects_);
  }

 private:
  enum class Token : std::uint8_t { kStart, kOperator, kOperand, kString, kClose };

  [[nodiscard]] char peek(std::size_t ahead = 0) const {
    return pos_ + ahead < text_.size() ? text_[pos_ + ahead] : '\0';
  }
  void unknown() { effects_.known = false; }

  // The string at pos_, when no escape in it hides what it is.
  bool string(std::string& out) {
    ++pos_;
    out.clear();
    while (pos_ < text_.size()) {
      const char c = text_[pos_++];
      if (c == '"') return true;
      if (c == '\n') break;
      if (c == '\\') {
        if (pos_ >= text_.size()) break;
        const char escaped = text_[pos_++];
        out.push_back(escaped == '"' || escaped == '\\' || escaped == '/' ? escaped : '\x01');
      } else {
        out.push_back(c);
      }
    }
    unknown();
    return false;
  }

  bool regex() {
    ++pos_;
    while (pos_ < text_.size()) {
      const char c = text_[pos_++];
      if (c == '/') return true;
      if (c == '\n') break;
      if (c == '\\') {
        ++pos_;
      } else if (c == '[') {
        // A slash in brackets ends the pattern for some and not for others.
        std::size_t end = pos_;
        if (end < text_.size() && text_[end] == '^') ++end;
        if (end < text_.size() && text_[end] == ']') ++end;
        while (end < text_.size() && text_[end] != ']' && text_[end] != '\n') {
          if (text_[end] == '/' || text_[end] == '\\') {
            if (text_[end] == '/') unknown();
            ++end;
          }
          ++end;
        }
        // "[[:alpha:]]": the outer bracket closes later; what is between holds no slash.
        if (end >= text_.size() || text_[end] != ']') break;
        pos_ = end + 1;
      }
    }
    unknown();
    return false;
  }

  void skip_space() {
    while (is_blank(peek()) || (peek() == '\\' && peek(1) == '\n'))
      pos_ += peek() == '\\' ? 2U : 1U;
  }
  [[nodiscard]] bool at_statement_end() const {
    const char c = peek();
    return c == '\0' || c == ';' || c == '\n' || c == '}' || c == '#';
  }
  void statement() {
    prints_ = false;
    parentheses_ = 0;
  }

  bool next() {
    skip_space();
    const char c = peek();
    if (c == '\0') return false;
    if (c != '"') opened_ = c == '(';
    if (c == '#') {
      while (peek() != '\0' && peek() != '\n') ++pos_;
      return true;
    }
    if (c == '"') {
      const Token before = last_;
      const bool opened = opened_;
      opened_ = false;
      std::string value;
      if (!string(value)) return false;
      last_ = Token::kString;
      skip_space();
      if (peek() == '|' && peek(1) != '|') {
        // "command" | getline
        ++pos_;
        if (peek() == '&') return unknown(), false;
        skip_space();
        const bool alone = before == Token::kStart || opened;
        if (text_.substr(pos_, 7) != "getline" || !alone) return unknown(), false;
        pos_ += 7;
        effects_.texts.push_back(value);
      }
      return true;
    }
    if (c == '/' && (last_ == Token::kStart || last_ == Token::kOperator)) {
      if (!regex()) return false;
      last_ = Token::kOperand;
      return true;
    }
    if (is_name_start(c)) return word();
    if (is_digit(c) || (c == '.' && is_digit(peek(1)))) {
      while (is_name_char(peek()) || peek() == '.') ++pos_;
      last_ = Token::kOperand;
      return true;
    }
    return punctuation(c);
  }

  bool word() {
    const std::size_t begin = pos_;
    while (is_name_char(peek())) ++pos_;
    const std::string_view name = text_.substr(begin, pos_ - begin);
    if (name == "system") {
      skip_space();
      if (peek() != '(') return unknown(), false;
      ++pos_;
      skip_space();
      std::string value;
      if (peek() != '"' || !string(value)) return unknown(), false;
      skip_space();
      if (peek() != ')') return unknown(), false;
      ++pos_;
      effects_.texts.push_back(value);
      last_ = Token::kOperand;
      return true;
    }
    if (name == "getline") {
      // Alone it reads the next line of input; from a file, when that is a string.
      skip_space();
      if (is_name_start(peek()))
        while (is_name_char(peek())) ++pos_;
      skip_space();
      if (peek() == '<') {
        ++pos_;
        skip_space();
        std::string value;
        if (peek() != '"' || !string(value)) return unknown(), false;
        effects_.reads.push_back(value);
      }
      last_ = Token::kOperand;
      return true;
    }
    if (name == "print" || name == "printf") {
      statement();
      prints_ = true;
      last_ = Token::kOperator;
      return true;
    }
    if (name == "extension") return unknown(), false;
    const bool operand_follows =
        name == "return" || name == "in" || name == "exit" || name == "else" || name == "do";
    last_ = operand_follows ? Token::kOperator : Token::kOperand;
    return true;
  }

  bool punctuation(char c) {
    ++pos_;
    switch (c) {
      case '\n':
        // Behind a comma or an operator the statement goes on.
        if (last_ != Token::kOperator) statement();
        last_ = Token::kStart;
        return true;
      case ';':
      case '{':
      case '}':
        statement();
        last_ = Token::kStart;
        return true;
      case '(':
        ++parentheses_;
        last_ = Token::kOperator;
        return true;
      case ')':
        if (parentheses_ > 0) --parentheses_;
        last_ = Token::kClose;
        return true;
      case ']':
        last_ = Token::kClose;
        return true;
      case '$':
      case '[':
      case ',':
      case '!':
      case '~':
      case '?':
      case ':':
      case '=':
      case '<':
      case '*':
      case '%':
      case '^':
      case '/':
        last_ = Token::kOperator;
        return true;
      case '+':
      case '-':
        if (peek() == c) {  // before or after its operand: what follows is no pattern
          ++pos_;
          last_ = Token::kOperand;
        } else {
          last_ = Token::kOperator;
        }
        return true;
      case '&':
        if (peek() != '&') return unknown(), false;
        ++pos_;
        last_ = Token::kOperator;
        return true;
      case '|':
        if (peek() == '|') {
          ++pos_;
          last_ = Token::kOperator;
          return true;
        }
        return pipe();
      case '>':
        if (prints_ && parentheses_ == 0) return write();
        last_ = Token::kOperator;
        return true;
      default:  // '@', quotes of other languages, what there is not
        return unknown(), false;
    }
  }

  bool pipe() {
    std::string value;
    skip_space();
    if (!prints_ || peek() != '"' || !string(value)) return unknown(), false;
    skip_space();
    if (!at_statement_end()) return unknown(), false;
    effects_.texts.push_back(value);
    last_ = Token::kString;
    return true;
  }

  bool write() {
    if (peek() == '>') ++pos_;
    std::string value;
    skip_space();
    if (peek() != '"' || !string(value)) return unknown(), false;
    skip_space();
    if (!at_statement_end()) return unknown(), false;
    effects_.writes.push_back(value);
    last_ = Token::kString;
    return true;
  }

  std::string_view text_;
  std::size_t pos_ = 0;
  Token last_ = Token::kStart;
  bool prints_ = false;
  bool opened_ = false;  // the last character was a '('
  int parentheses_ = 0;
  ScriptEffects effects_;
};

}  // namespace

ScriptEffects effects_of_sed(std::string_view script) { return Sed(script).scan(); }
ScriptEffects effects_of_awk(std::string_view program) { return Awk(program).scan(); }

}  // namespace bailey::policy::shell
