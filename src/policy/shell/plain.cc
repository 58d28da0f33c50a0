#include "policy/shell/plain.h"

#include <algorithm>
#include <iterator>

#include "policy/shell/parser.h"

namespace bailey::policy::shell {
namespace {

// Where a command may begin, these mean something of their own to one shell or another.
constexpr std::string_view kWords[] = {
    "-",      "@",         "and",    "begin",   "builtin",  "case",  "coproc", "do",
    "done",   "elif",      "else",   "end",     "endif",    "endsw", "esac",   "eval",
    "exec",   "fi",        "for",    "foreach", "function", "goto",  "if",     "in",
    "math",   "nocorrect", "noglob", "not",     "onintr",   "or",    "repeat", "select",
    "setenv", "source",    "switch", "then",    "time",     "until", "while",  "zmodload"};
static_assert(std::is_sorted(std::begin(kWords), std::end(kWords)));

bool is_safe(char c) {
  return is_name_char(c) || c == '.' || c == '/' || c == ',' || c == ':' || c == '@' || c == '%' ||
         c == '+' || c == '-' || static_cast<unsigned char>(c) >= 0x80;
}

}  // namespace

Status check_plain(std::string_view text) {
  const auto refuse = [](std::size_t at) {
    return fail("shell.dialect", "byte " + std::to_string(at) + " is not read alike by all shells");
  };
  bool command = true;  // the next word is a command's name
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (is_blank(c)) {
      ++i;
    } else if (c == '\n' || c == ';') {
      command = true;
      ++i;
    } else if (c == '|' || c == '&') {
      const bool twice = i + 1 < text.size() && text[i + 1] == c;
      if (c == '&' && !twice) return refuse(i);
      i += twice ? 2 : 1;
      if (i < text.size() && (text[i] == '|' || text[i] == '&')) return refuse(i);
      command = true;
    } else {
      const std::size_t begin = i;
      const bool option = c == '-' && !command;
      while (i < text.size()) {
        const char in = text[i];
        if (in == '\'' || in == '"') {
          if (command) return refuse(i);
          const std::size_t end = text.find(in, i + 1);
          if (end == std::string_view::npos) return refuse(i);
          if (text.substr(i, end - i).find_first_of("\\$`!\n") != std::string_view::npos)
            return refuse(i);
          i = end + 1;
        } else if (is_safe(in) || (in == '=' && option)) {
          ++i;
        } else {
          break;
        }
      }
      if (i == begin) return refuse(i);
      const std::string_view word = text.substr(begin, i - begin);
      if (command &&
          (std::binary_search(std::begin(kWords), std::end(kWords), word) ||
           !(is_name_start(word.front()) || word.front() == '/' || word.starts_with("./"))))
        return refuse(begin);
      command = false;
    }
  }
  return {};
}

}  // namespace bailey::policy::shell
