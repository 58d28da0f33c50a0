// Parser: the recursive descent behind parse(). Internal to policy/shell.
//
// One object reads one text from front to back. Texts inside the text that have to be
// unescaped first (backquotes, here-documents) get a Parser of their own that writes into
// the same Script and shares its counters. The first error wins; after it every method
// returns at once. What is where: parser.cc lists and commands, compound.cc compound
// commands, test_command.cc [[ ]], words.cc words and quotes, expansions.cc everything
// after a '$', here_documents.cc.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "policy/shell/limits.h"
#include "policy/shell/script.h"

namespace bailey::policy::shell {

enum class Reserved : std::uint8_t {
  kNo,
  kBang,
  kOpen,
  kClose,
  kIf,
  kThen,
  kElse,
  kElif,
  kFi,
  kWhile,
  kUntil,
  kDo,
  kDone,
  kFor,
  kSelect,
  kIn,
  kCase,
  kEsac,
  kFunction,
  kTest,
  kCoproc,
  kTime,
};

class Parser {
 public:
  Parser(std::string_view text, Script& out) : text_(text), out_(out) {}

  // The whole text as a list; its kList node, kNone when there is nothing.
  Id run();
  [[nodiscard]] bool failed() const noexcept { return !code_.empty(); }
  [[nodiscard]] Error error() const;

 private:
  struct Chain {
    Id first = kNone;
    Id last = kNone;
  };
  struct Pending {
    Id redirection;
    std::string delimiter;
    bool quoted;
    bool strip_tabs;
  };
  // One level of grammar inside grammar.
  class Level {
   public:
    explicit Level(Parser& parser) : parser_(parser) {
      if (++parser_.depth_ > kMaxDepth) parser_.refuse("shell.too_deep", "too many levels");
    }
    ~Level() { --parser_.depth_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;

   private:
    Parser& parser_;
  };
  enum class Stop : std::uint8_t { kDoubleParen, kSemicolon, kOperand, kBracket };
  enum class Until : std::uint8_t { kBrace, kSlashOrBrace };

  // A text inside `outer`'s; every offset in it is reported as `offset` of the line.
  Parser(Parser& outer, std::string_view text, std::uint32_t offset)
      : text_(text),
        out_(outer.out_),
        depth_(outer.depth_),
        commands_(outer.commands_),
        documents_(outer.documents_),
        fixed_offset_(offset) {}

  // parser.cc
  Id list();
  Id and_or();
  Id pipeline();
  Id command();
  Id simple();
  bool assignment(Chain& chain);
  Id array_elements();
  bool redirections(Id node);
  bool redirection(Chain& chain);
  [[nodiscard]] bool at_redirection() const noexcept;
  [[nodiscard]] bool at_list_end() const noexcept;
  bool function_body(Id node);
  void adopt(Parser& inner);

  // compound.cc
  Id compound(Reserved word);
  Id subshell_or_arithmetic();
  Id if_command();
  Id loop_command();
  Id for_command(Reserved word);
  Id case_command();
  Id function_command();
  Id coprocess();
  Id body_of_loop();
  bool expect(Reserved word);
  Id non_empty_list();

  // test_command.cc
  Id test_command();
  bool test_expression(Chain& terms);
  bool test_term(Chain& terms);
  Id regex_word();

  // words.cc
  Id word();
  bool single_quoted(Chain& chain);
  bool double_quoted(Chain& chain);
  bool ansi_quoted(Chain& chain);
  bool backquoted(Chain& chain, bool quoted);
  std::string_view literal(Id word, bool& plain) const;

  // expansions.cc
  bool dollar(Chain& chain, bool quoted);
  bool parameter(Chain& chain, bool quoted);
  bool operator_of(Part& part, bool quoted);
  Id operand(bool quoted, Until until);
  Id arithmetic(Stop stop);
  Id subscript();
  bool substitution(Chain& chain, bool quoted, PartKind kind);

  // here_documents.cc
  bool here_document(Id redirection, bool strip_tabs);
  bool read_here_documents();
  Id here_text();

  // Characters. '\0' is the end: no text holds one.
  [[nodiscard]] char peek(std::size_t ahead = 0) const noexcept {
    return pos_ + ahead < text_.size() ? text_[pos_ + ahead] : '\0';
  }
  [[nodiscard]] bool at(std::string_view what) const noexcept {
    return text_.substr(pos_, what.size()) == what;
  }
  [[nodiscard]] bool at_end() const noexcept { return pos_ >= text_.size(); }
  void skip_blanks();
  bool skip_newlines();
  bool newline();
  // Steps over an operator; refuses one that goes on after a line continuation.
  bool take(std::size_t bytes);
  [[nodiscard]] Reserved reserved() const noexcept;
  void take_reserved(Reserved word) noexcept;
  [[nodiscard]] std::size_t name_length(std::size_t from) const noexcept;

  // What is made.
  Id add_node(NodeKind kind);
  Id add_word(const Chain& parts, std::uint32_t offset);
  void add_text(Chain& chain, char c, bool quoted);
  void add_text(Chain& chain, std::string_view text, bool quoted);
  Id add_part(Chain& chain, Part part);
  void append(Chain& chain, Id id, std::vector<Node>& nodes);
  Slice keep(std::string_view text);
  [[nodiscard]] std::uint32_t offset() const noexcept {
    return fixed_offset_ ? *fixed_offset_ : static_cast<std::uint32_t>(pos_);
  }
  bool refuse(std::string_view code, std::string_view what);
  bool bash_only(std::string_view what);

  std::string_view text_;
  std::size_t pos_ = 0;
  Script& out_;
  int depth_ = 0;
  std::size_t commands_ = 0;
  std::size_t documents_ = 0;
  std::optional<std::uint32_t> fixed_offset_;
  std::vector<Pending> pending_;
  std::size_t pending_base_ = 0;  // those before it belong to an outer list
  bool in_here_document_ = false;
  bool moves_directory_ = false;
  std::string_view code_;
  std::string_view what_;
  std::uint32_t where_ = 0;
};

[[nodiscard]] constexpr bool is_name_start(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
[[nodiscard]] constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
[[nodiscard]] constexpr bool is_name_char(char c) noexcept {
  return is_name_start(c) || is_digit(c);
}
[[nodiscard]] constexpr bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }
// Where an unquoted word ends; the end of the text, too.
[[nodiscard]] constexpr bool is_break(char c) noexcept {
  return c == '\0' || c == ' ' || c == '\t' || c == '\n' || c == ';' || c == '&' || c == '|' ||
         c == '<' || c == '>' || c == '(' || c == ')';
}

}  // namespace bailey::policy::shell
