// What a command of the command line looks like, as data: one table feeds the parser,
// the help, the completions and the man pages.
//
// Parsing is CLI11's; nothing of it leaves options.cc. Values stay text here and each
// command turns them into what it needs, so that every refusal can say what to type.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace bailey::cli {

enum class Arity { kFlag, kOne, kMany };

struct OptionSpec {
  std::string_view name;   // "--level"
  std::string_view value;  // "N"; empty for a flag
  std::string_view help;   // one line
  Arity arity = Arity::kOne;
  char letter = '\0';  // 'f' for "-f"; most have none
};

// kCommand: "-- COMMAND [ARG...]" follows; kMaybeCommand: it may.
enum class Tail { kNone, kCommand, kMaybeCommand };

struct CommandSpec {
  std::string_view path;         // "policy check"
  std::string_view summary;      // one line
  std::string_view positionals;  // "FILE [FILE...]", or empty
  std::size_t min_positionals = 0;
  std::size_t max_positionals = 0;
  std::string_view example;  // whole command lines, each with what it does
  std::span<const OptionSpec> options;
  Tail tail = Tail::kNone;
};

class Parsed {
 public:
  [[nodiscard]] bool flag(std::string_view name) const;
  [[nodiscard]] std::optional<std::string> value(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> values(std::string_view name) const;
  [[nodiscard]] const std::vector<std::string>& positionals() const { return positionals_; }
  [[nodiscard]] const std::vector<std::string>& command() const { return command_; }
  [[nodiscard]] bool wants_help() const { return help_; }

 private:
  friend Result<Parsed> parse(const CommandSpec&, std::span<const std::string>);
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
  std::vector<std::string> positionals_;
  std::vector<std::string> command_;
  bool help_ = false;
};

// Errors: usage, with the option that was wrong and the help to ask for.
[[nodiscard]] Result<Parsed> parse(const CommandSpec& spec, std::span<const std::string> arguments);

// The help page: usage line, summary, options, examples.
[[nodiscard]] std::string help_text(const CommandSpec& spec);

}  // namespace bailey::cli
