// Script: a parsed shell text, as plain data.
//
// Nodes, words and parts lie in vectors and name each other by index (Id), so a line of
// any shape costs a handful of allocations and nothing recursive is ever destroyed.
// Quotes and escapes are resolved: `chars` holds what they mean, a part tells whether it
// was quoted. Made by parse() only; immutable then; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bailey::policy::shell {

using Id = std::uint32_t;
inline constexpr Id kNone = 0xFFFF'FFFFU;

// Which shell reads the text.
enum class Dialect : std::uint8_t {
  kBash,
  kPosix,  // sh, whichever it is: what bash and dash read differently is refused
  kPlain,  // any other shell: words, quotes, && || ; | and nothing that expands
};

// A stretch of Script::chars.
struct Slice {
  std::uint32_t begin = 0;
  std::uint32_t size = 0;
};

enum class PartKind : std::uint8_t {
  kText,        // `text`
  kParameter,   // $name, ${name...}: `text` is the name, `child` words that it expands
  kCommand,     // $(...) and `...`: `child` is a node
  kProcess,     // <(...) and >(...): `child` is a node
  kArithmetic,  // $((...)): `child` is a word
  kTranslated,  // $"...": `child` is a word
};

// What ${...} does besides looking the parameter up.
enum class ParameterUse : std::uint8_t {
  kPlain,
  kLength,     // ${#x}
  kIndirect,   // ${!x}
  kNames,      // ${!prefix*}, ${!array[@]}
  kAssign,     // ${x=word}, ${x:=word}
  kOperand,    // any operator whose words are only expanded
  kSubstring,  // ${x:offset:length}: the words are arithmetic
  kTransform,  // ${x@P} and the like
};

struct Part {
  PartKind kind = PartKind::kText;
  bool quoted = false;
  bool whole = false;  // ${name[@]} and ${name[*]}
  ParameterUse use = ParameterUse::kPlain;
  char transform = 0;  // the letter of kTransform
  Slice text;
  Id child = kNone;
  Id subscript = kNone;  // a word, of ${name[...]}
  Id next = kNone;
};

struct Word {
  Id parts = kNone;
  Id next = kNone;
  std::uint32_t offset = 0;  // of its first byte in the line
};

// name=value, name[subscript]+=value, name=(elements); an element of an array has no name.
struct Assignment {
  Slice name;
  bool append = false;
  bool array = false;
  Id subscript = kNone;  // a word
  Id value = kNone;      // a word; kNone when empty
  Id elements = kNone;   // assignments
  Id next = kNone;
};

enum class RedirectionKind : std::uint8_t {
  kRead,          // <
  kWrite,         // > and >|
  kAppend,        // >>
  kReadWrite,     // <>
  kWriteBoth,     // &> and >&word
  kAppendBoth,    // &>>
  kDuplicateIn,   // <&
  kDuplicateOut,  // >& with a number, a dash or something not known
  kHereDocument,
  kHereString,
};

struct Redirection {
  RedirectionKind kind = RedirectionKind::kRead;
  int descriptor = -1;  // as written before the operator
  Slice variable;       // {name}>
  Id target = kNone;    // a word; the text of a here-document
  Id next = kNone;
};

enum class NodeKind : std::uint8_t {
  kSimple,         // words, assignments, redirections
  kList,           // children, one after the other; kBackground marks those with '&'
  kAndOr,          // children a && b || c; kIfFailed marks those after ||
  kPipeline,       // children
  kNot,            // child
  kGroup,          // child
  kSubshell,       // child
  kIf,             // children: condition, then, condition, then, ..., [else]
  kWhile,          // children: condition, body (until, too)
  kFor,            // name, words, child body (select, too)
  kForArithmetic,  // words (three), child body
  kCase,           // words (one), children are kCaseItem
  kCaseItem,       // words are patterns, child body
  kFunction,       // name, child body
  kTest,           // [[ ]]: children are kTestTerm
  kTestTerm,       // words (one or two)
  kArithmetic,     // ((...)): words (one)
  kCoprocess,      // name, child
};

enum NodeFlag : std::uint8_t {
  kBackground = 1,
  kHasElse = 2,           // kIf
  kEmptyIsArguments = 4,  // kFor without `in`
  kTestArithmetic = 8,    // kTestTerm: -eq, -lt, ...
  kTestVariable = 16,     // kTestTerm: -v, -R
  kMovesDirectory = 32,   // kFunction: some command in it may be `cd`
  kSelect = 64,           // kFor
  kIfFailed = 128,
};

struct Node {
  NodeKind kind = NodeKind::kSimple;
  std::uint8_t flags = 0;
  Id child = kNone;  // the first; siblings by `next`
  Id next = kNone;
  Id words = kNone;
  Id assignments = kNone;
  Id redirections = kNone;
  Slice name;
  std::uint32_t offset = 0;  // of its first byte in the line
};

struct Script {
  Dialect dialect = Dialect::kBash;
  Id root = kNone;  // a kList; kNone when there is nothing to run
  std::vector<Node> nodes;
  std::vector<Word> words;
  std::vector<Part> parts;
  std::vector<Assignment> assignments;
  std::vector<Redirection> redirections;
  std::vector<Id> functions;  // every kFunction node, as they come
  std::string chars;

  [[nodiscard]] std::string_view text(Slice slice) const noexcept {
    return std::string_view(chars).substr(slice.begin, slice.size);
  }
};

}  // namespace bailey::policy::shell
