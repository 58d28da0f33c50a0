#include "cli/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>

namespace bailey::cli {
namespace {

std::string usage_line(const CommandSpec& spec) {
  std::string line = "bailey " + std::string(spec.path);
  if (!spec.options.empty()) line += " [OPTION...]";
  if (!spec.positionals.empty()) line += " " + std::string(spec.positionals);
  if (spec.tail == Tail::kCommand) line += " -- COMMAND [ARG...]";
  if (spec.tail == Tail::kMaybeCommand) line += " [-- COMMAND [ARG...]]";
  return line;
}

std::unexpected<Error> usage(const CommandSpec& spec, const std::string& what) {
  return fail("usage", what, "bailey " + std::string(spec.path) + " --help shows what it takes");
}

}  // namespace

bool Parsed::flag(std::string_view name) const { return values_.contains(name); }

std::optional<std::string> Parsed::value(std::string_view name) const {
  const auto found = values_.find(name);
  if (found == values_.end() || found->second.empty()) return std::nullopt;
  return found->second.back();
}

std::vector<std::string> Parsed::values(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::vector<std::string>{} : found->second;
}

Result<Parsed> parse(const CommandSpec& spec, std::span<const std::string> arguments) {
  Parsed parsed;
  CLI::App app{std::string(spec.summary)};
  app.set_help_flag();
  bool help = false;
  app.add_flag("-h,--help", help);
  std::map<std::string, std::vector<std::string>, std::less<>> values;
  std::map<std::string, int, std::less<>> flags;
  for (const auto& option : spec.options) {
    const std::string name(option.name);
    if (option.arity == Arity::kFlag) {
      const std::string short_name =
          option.letter == '\0' ? std::string() : std::string("-") + option.letter + ",";
      app.add_flag(short_name + name, flags[name]);
      continue;
    }
    auto* added = app.add_option(name, values[name])->expected(1)->allow_extra_args(false);
    added->multi_option_policy(option.arity == Arity::kMany ? CLI::MultiOptionPolicy::TakeAll
                                                            : CLI::MultiOptionPolicy::Throw);
  }
  if (spec.max_positionals > 0) app.add_option("arguments", parsed.positionals_);
  if (spec.tail != Tail::kNone) app.prefix_command();

  const auto tail = std::find(arguments.begin(), arguments.end(), "--");
  std::vector<std::string> own(arguments.begin(), tail);
  std::reverse(own.begin(), own.end());  // CLI11 takes them from the back
  try {
    app.parse(own);
  } catch (const CLI::ParseError& error) {
    return usage(spec, error.what());
  }
  parsed.help_ = help;
  for (auto& [name, list] : values)
    if (!list.empty()) parsed.values_.emplace(name, std::move(list));
  for (const auto& [name, count] : flags)
    if (count > 0) parsed.values_.emplace(name, std::vector<std::string>{});
  if (help) return parsed;

  parsed.command_ = app.remaining();
  if (!parsed.command_.empty() && parsed.command_.front().starts_with('-'))
    return usage(spec, "there is no option '" + parsed.command_.front() + "'");
  if (tail != arguments.end()) {
    if (spec.tail == Tail::kNone) return usage(spec, "this command takes nothing after '--'");
    if (!parsed.command_.empty())
      return usage(
          spec, "'" + parsed.command_.front() + "' is not an option; write the command after '--'");
    parsed.command_.assign(tail + 1, arguments.end());
  } else if (spec.tail == Tail::kNone && !parsed.command_.empty()) {
    return usage(spec, "'" + parsed.command_.front() + "' is one argument too many");
  }
  if (spec.tail == Tail::kCommand && parsed.command_.empty())
    return usage(spec, "there is no command to run; write it after '--'");
  if (parsed.positionals_.size() < spec.min_positionals)
    return usage(spec, "it needs " + std::string(spec.positionals));
  if (parsed.positionals_.size() > spec.max_positionals)
    return usage(spec, "'" + parsed.positionals_.back() + "' is one argument too many");
  return parsed;
}

std::string help_text(const CommandSpec& spec) {
  std::string text = "Usage: " + usage_line(spec) + "\n\n" + std::string(spec.summary) + "\n";
  if (!spec.options.empty()) {
    text += "\nOptions:\n";
    std::size_t width = 0;
    const auto label = [](const OptionSpec& option) {
      return (option.letter == '\0' ? "" : std::string("-") + option.letter + ", ") +
             std::string(option.name) +
             (option.value.empty() ? "" : " " + std::string(option.value));
    };
    for (const auto& option : spec.options) width = std::max(width, label(option).size());
    for (const auto& option : spec.options) {
      std::string left = label(option);
      left.resize(width, ' ');
      text += "  " + left + "  " + std::string(option.help) + "\n";
    }
  }
  if (!spec.example.empty()) text += "\nExamples:\n" + std::string(spec.example) + "\n";
  return text;
}

}  // namespace bailey::cli
