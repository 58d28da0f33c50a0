// The command line of bailey-verify, taken apart.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace bailey::app {

struct VerifyOptions {
  std::string command;  // "receipt", "log", ...: see usage_text()
  std::vector<std::string> operands;
  std::vector<std::string> keys;        // as given: a key, or a file with keys
  std::optional<std::string> policy;    // a tlog-policy file
  std::optional<std::string> history;   // a history file
  std::optional<std::string> entry;     // proof: the file with the entry
  std::optional<std::string> newer;     // checkpoint
  std::optional<std::string> proof;     // checkpoint
  std::optional<std::string> from;      // log: a checkpoint
  std::optional<std::string> remember;  // log, checkpoint: a folder
  bool json = false;
};

struct ParsedCommandLine {
  enum class Kind { kRun, kHelp, kVersion, kUsage } kind = Kind::kUsage;
  VerifyOptions options;
  std::string wrong;  // with kUsage: what
};

// Uses getopt, so it is called once and from one thread.
[[nodiscard]] ParsedCommandLine parse_command_line(int argc, char** argv);

[[nodiscard]] const char* usage_text();

}  // namespace bailey::app
