// facts: what a parsed line may do, as a flat list of things to be judged.
//
// Every simple command that may run is a segment, wherever it stands: both branches of a
// condition, the bodies of loops and functions, substitutions, the command behind `env`,
// `xargs` or `find -exec`, the text behind `eval` and `sh -c`. A line is allowed only
// when every segment, every file and every variable of it is. What cannot be known from
// the text is marked so and never left out; where a value decides which program runs,
// the segment is kUnknown. Variables are not followed but for what spec/shell.md says.
// Time and memory are linear in the line and bounded (limits.h). Pure; any thread.
// Does not protect: programs run programs of their own (make, npm, git hooks, python
// scripts); files may be changed between this reading and the run; the environment and
// the startup files of the shell are taken as harmless. The cage is what holds.
//
// Errors: shell.too_many; a text inside the line that cannot be parsed is no error but a
// segment of standing kUnknown.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "policy/shell/script.h"

namespace bailey::policy::shell {

enum class WordKind : std::uint8_t {
  kLiteral,  // exactly `text`
  kPattern,  // file names that match `text` (quoted characters escaped with '\')
  kUnknown,  // begins with `text`, which may be empty
};

// One word of a command as written; it may become several.
struct FactWord {
  WordKind kind = WordKind::kLiteral;
  bool many = false;  // none, one or several words when it runs
  std::string text;
  bool operator==(const FactWord&) const = default;
};

enum class Standing : std::uint8_t {
  kJudged,               // argv says what runs; the rules decide
  kUnjudgedShell,        // a shell that reads a file or its standard input
  kUnjudgedInterpreter,  // another language's code in the line or on standard input
  kUnknown,              // what runs, or with which effect, cannot be said
};

enum class Role : std::uint8_t {
  kProgram,  // a file that is found and executed
  kStarter,  // the same, and all it does is start the command of a later segment
  kBuiltin,  // part of the shell, harmless by itself; nothing is executed
};

inline constexpr std::uint32_t kStartDirectory = 0;
inline constexpr std::uint32_t kUnknownDirectory = 0xFFFF'FFFFU;

struct Segment {
  Standing standing = Standing::kJudged;
  Role role = Role::kProgram;
  std::vector<FactWord> argv;
  // Why it is not kJudged: a code of spec/shell.md ("shell.unknown.program"), static.
  std::string_view why;
  std::uint32_t directory = kStartDirectory;  // index in Facts::directories
  std::uint32_t offset = 0;                   // byte of the line
};

enum class FileUse : std::uint8_t { kRead, kWrite, kAppend, kReadWrite, kDelete, kConnect };

// A file that the shell itself opens, or that an option makes a known program write.
struct FileAccess {
  FileUse use = FileUse::kRead;
  FactWord path;
  std::uint32_t directory = kStartDirectory;
  std::uint32_t offset = 0;
};

enum class VariableEffect : std::uint8_t {
  kLookup,     // where programs are found, or what a name means to the shell
  kCode,       // loaded or run by programs (LD_PRELOAD, BASH_ENV, PYTHONPATH, ...)
  kSplitting,  // IFS: nothing here depends on it
};

// A variable that changes what runs. Others are not listed; those whose value is a
// command text (PAGER, EDITOR, CC) become segments instead when the value is literal.
struct VariableChange {
  std::string name;
  FactWord value;
  VariableEffect effect = VariableEffect::kCode;
  std::uint32_t offset = 0;
};

struct Environment {
  // Both absolute, as $HOME and $PWD will be when the line begins; empty: not known.
  std::string_view home;
  std::string_view directory;
  // Variables that come with a command (not with a Script), beside those that everything has.
  std::span<const std::pair<std::string, std::string>> given = {};
};

struct Facts {
  std::vector<Segment> segments;
  std::vector<FileAccess> files;
  std::vector<VariableChange> variables;
  // Working directories: "" is where the line starts, others are absolute or below it
  // as the shell spells them ("build", "../x", "/tmp").
  std::vector<std::string> directories;
  // A variable that came with the command changes what runs: no word of it says so.
  bool given_matters = false;

  // Nothing unjudged and nothing unknown.
  [[nodiscard]] bool is_judged() const noexcept;
};

[[nodiscard]] Result<Facts> facts(const Script& script, const Environment& environment = {});

// The same for a command that is started without a shell: `argv` is what execve(2) takes,
// any bytes. The first segment is the command itself. Offsets are 0.
[[nodiscard]] Result<Facts> facts(std::span<const std::string> argv,
                                  const Environment& environment = {});

// False: the arguments of this program, called by this name or path, start nothing and
// write nothing as far as a reading knows; facts() would give one judged segment.
[[nodiscard]] bool reads_arguments(std::string_view program) noexcept;

// False: the file behind a program reads its arguments in another way than its name says
// (a link named `ls` to a shell), so that nothing was learned from them.
[[nodiscard]] bool reads_alike(std::string_view name, std::string_view file) noexcept;

}  // namespace bailey::policy::shell
