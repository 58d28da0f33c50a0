#include "policy/shell.h"

#include <algorithm>
#include <iterator>

#include "policy/glob.h"

namespace bailey::policy {
namespace {

// Both sorted. A shell, or a program whose arguments are handed to one.
constexpr std::string_view kShells[] = {
    "ash",  "at",     "bash", "batch", "csh",      "dash",  "elvish", "fish",  "ksh", "ksh93",
    "lksh", "mksh",   "nu",   "osh",   "parallel", "posh",  "pwsh",   "rbash", "rc",  "runuser",
    "rzsh", "script", "sh",   "su",    "tcsh",     "watch", "xonsh",  "yash",  "zsh"};
constexpr std::string_view kStarters[] = {"busybox", "chroot",   "chrt",      "doas",
                                          "env",     "find",     "flock",     "gdb",
                                          "ionice",  "ltrace",   "nice",      "nohup",
                                          "nsenter", "perf",     "prlimit",   "setarch",
                                          "setpriv", "setsid",   "ssh-agent", "start-stop-daemon",
                                          "stdbuf",  "strace",   "sudo",      "systemd-run",
                                          "taskset", "time",     "timeout",   "toybox",
                                          "unshare", "valgrind", "xargs"};
static_assert(std::is_sorted(std::begin(kShells), std::end(kShells)));
static_assert(std::is_sorted(std::begin(kStarters), std::end(kStarters)));

bool is_shell(std::string_view name) noexcept {
  return std::binary_search(std::begin(kShells), std::end(kShells), name);
}

bool is_starter(std::string_view name) noexcept {
  return std::binary_search(std::begin(kStarters), std::end(kStarters), name) ||
         name.starts_with("ld-linux") || name.starts_with("ld-musl") || name == "ld.so";
}

// Any blank-separated part of the word names a shell ("bash", "-S/bin/sh -c x").
bool names_shell(std::string_view word) noexcept {
  constexpr std::string_view kBlanks = " \t\n\r=";
  while (!word.empty()) {
    const auto cut = std::min(word.find_first_of(kBlanks), word.size());
    if (is_shell(base_name(word.substr(0, cut)))) return true;
    word.remove_prefix(std::min(cut + 1, word.size()));
  }
  return false;
}

bool is_literal(const std::string& word) {
  const auto glob = Glob::create(word);
  return word != "**" && glob && glob->is_literal();
}

// How a literal option word of a shell bears on where its program text stands.
enum class Option { kPlain, kTakesNext, kText, kUnknown };

Option option_of(const std::string& word) {
  if (word.starts_with("--")) {
    for (const std::string_view known : {"--norc", "--noprofile", "--posix", "--restricted"})
      if (word == known) return Option::kPlain;
    return Option::kUnknown;
  }
  Option option = Option::kPlain;
  for (const char c : std::string_view(word).substr(1)) {
    if (c == 'c') {
      if (option == Option::kTakesNext) return Option::kUnknown;
      option = Option::kText;
    } else if (c == 'o' || c == 'O') {
      if (option != Option::kPlain) return Option::kUnknown;
      option = Option::kTakesNext;
    } else if (std::string_view("abefhkmnptuvxBCEHPT").find(c) == std::string_view::npos) {
      return Option::kUnknown;  // -s reads standard input, -i a person; others are not known
    }
  }
  return option;
}

}  // namespace

std::string_view base_name(std::string_view path) noexcept {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

bool runs_shell(std::span<const std::string> argv, std::string_view found,
                std::string_view real) noexcept {
  const std::string_view typed = argv.empty() ? std::string_view{} : base_name(argv.front());
  const std::string_view names[] = {base_name(found), base_name(real),
                                    typed.starts_with('-') ? typed.substr(1) : typed};
  bool starter = false;
  for (std::size_t i = 0; i < std::size(names); ++i) {
    if (i > 0 && names[i] == names[i - 1]) continue;
    if (is_shell(names[i])) return true;
    starter = starter || is_starter(names[i]);
  }
  if (!starter) return false;
  return std::any_of(argv.begin() + (argv.empty() ? 0 : 1), argv.end(),
                     [](const std::string& word) { return names_shell(word); });
}

bool fixes_shell_text(const std::vector<std::string>& pattern) {
  if (pattern.empty() || !is_literal(pattern.front())) return false;
  if (std::all_of(pattern.begin(), pattern.end(), is_literal) &&
      !is_shell(base_name(pattern.front())))
    return true;  // every word is fixed, whichever of them the shell is
  if (!is_shell(base_name(pattern.front()))) return false;
  for (std::size_t i = 1; i < pattern.size(); ++i) {
    const std::string& word = pattern[i];
    if (!is_literal(word)) return false;
    if (word == "--") return i + 1 < pattern.size() && is_literal(pattern[i + 1]);
    if (word.size() < 2 || (word.front() != '-' && word.front() != '+'))
      return !word.empty() && word != "-";
    switch (option_of(word)) {
      case Option::kPlain:
      case Option::kText:
        break;  // the first word that is no option is the text
      case Option::kTakesNext:
        if (++i >= pattern.size() || !is_literal(pattern[i])) return false;
        break;
      case Option::kUnknown:
        return false;
    }
  }
  return false;  // no script and no text: standard input is the program
}

}  // namespace bailey::policy
