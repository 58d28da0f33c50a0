// Here-documents: announced by <<WORD, read when their line has ended.
#include "policy/shell/parser.h"

namespace bailey::policy::shell {

bool Parser::here_document(Id redirection, bool strip_tabs) {
  if (++documents_ > kMaxHereDocuments) return refuse("shell.too_many", "too many here-documents");
  Pending made{redirection, {}, false, strip_tabs};
  const std::size_t begin = pos_;
  for (;;) {
    const char c = peek();
    if (c == '\'' || c == '"') {
      const std::size_t end = text_.find(c, pos_ + 1);
      if (end == std::string_view::npos)
        return refuse("shell.unterminated", "a quote without its end");
      const std::string_view inside = text_.substr(pos_ + 1, end - pos_ - 1);
      if (c == '"' && inside.find_first_of("\\$`") != std::string_view::npos)
        return refuse("shell.ambiguous", "a here-document whose end is no plain word");
      made.delimiter += inside;
      made.quoted = true;
      pos_ = end + 1;
    } else if (c == '\\') {
      if (peek(1) == '\n' || peek(1) == '\0')
        return refuse("shell.ambiguous", "a here-document whose end is no plain word");
      made.delimiter += peek(1);
      made.quoted = true;
      pos_ += 2;
    } else if (c == '$' || c == '`') {
      return refuse("shell.ambiguous", "a here-document whose end is no plain word");
    } else if (is_break(c)) {
      break;
    } else {
      made.delimiter += c;
      ++pos_;
    }
  }
  if (pos_ == begin)
    return refuse(at_end() ? "shell.unterminated" : "shell.syntax", "a here-document without end");
  if (made.delimiter.find('\n') != std::string::npos)
    return refuse("shell.ambiguous", "a here-document whose end is no plain word");
  if (peek() == '(') return refuse("shell.syntax", "a parenthesis after a word");
  pending_.push_back(std::move(made));
  return true;
}

bool Parser::read_here_documents() {
  if (pending_base_ > 0 && !pending_.empty())
    return refuse("shell.ambiguous", "a line end before an outer here-document's text");
  for (std::size_t i = 0; i < pending_.size(); ++i) {
    const Pending& document = pending_[i];
    const std::size_t begin = pos_;
    const std::uint32_t begin_offset = offset();
    std::size_t end = std::string_view::npos;
    std::string stripped;
    bool joined = false;  // this line goes on the one before
    while (end == std::string_view::npos) {
      if (at_end()) return refuse("shell.unterminated", "a here-document without its end");
      const std::size_t line_end = std::min(text_.find('\n', pos_), text_.size());
      std::string_view line = text_.substr(pos_, line_end - pos_);
      if (document.strip_tabs && !joined) {
        const std::size_t tabs = std::min(line.find_first_not_of('\t'), line.size());
        line.remove_prefix(tabs);
      }
      if (line == document.delimiter) {
        // Shells do not agree whether a line that was joined to the one before can be it.
        if (joined) return refuse("shell.ambiguous", "a here-document that ends in a joined line");
        end = pos_;
        pos_ = std::min(line_end + 1, text_.size());
        break;
      }
      if (document.strip_tabs) stripped.append(line).push_back('\n');
      joined = false;
      if (!document.quoted) {
        std::size_t backslashes = 0;
        while (backslashes < line.size() && line[line.size() - 1 - backslashes] == '\\')
          ++backslashes;
        joined = backslashes % 2 == 1;
      }
      pos_ = line_end + 1;
    }
    const std::string_view body =
        document.strip_tabs ? std::string_view(stripped) : text_.substr(begin, end - begin);
    Id text = kNone;
    if (document.quoted) {
      Chain chain;
      add_text(chain, body, true);
      text = add_word(chain, begin_offset);
    } else {
      const Level level(*this);
      if (failed()) return false;
      Parser parser(*this, body, begin_offset);
      parser.in_here_document_ = true;
      text = parser.here_text();
      adopt(parser);
    }
    if (failed()) return false;
    out_.redirections[document.redirection].target = text;
  }
  pending_.clear();
  return true;
}

Id Parser::here_text() {
  Chain chain;
  const std::uint32_t begin = offset();
  add_text(chain, std::string_view{}, true);
  while (!failed() && !at_end()) {
    const std::size_t run = std::min(text_.find_first_of("\\$`", pos_), text_.size());
    if (run != pos_) {
      add_text(chain, text_.substr(pos_, run - pos_), true);
      pos_ = run;
    }
    const char c = peek();
    if (c == '$') {
      dollar(chain, true);
    } else if (c == '`') {
      backquoted(chain, true);
    } else if (c == '\\') {
      const char next = peek(1);
      if (next == '\n') {
        pos_ += 2;
      } else if (next == '$' || next == '`' || next == '\\') {
        add_text(chain, next, true);
        pos_ += 2;
      } else {
        add_text(chain, c, true);
        ++pos_;
      }
    }
  }
  return failed() ? kNone : add_word(chain, begin);
}

}  // namespace bailey::policy::shell
