#include "cli/run_options.h"

#include "codec/text.h"
#include "policy/units.h"

namespace bailey::cli {
namespace {

using model::LimitKind;

std::unexpected<Error> wrong(std::string_view option, const Error& error) {
  return fail("usage", std::string(option) + ": " + error.message, error.hint);
}

template <class Parse>
Status read_limit(const Parsed& arguments, std::string_view option, LimitKind kind, Parse parse,
                  model::Limits& limits) {
  const auto text = arguments.value(option);
  if (!text) return {};
  auto value = parse(*text);
  if (!value) return wrong(option, value.error());
  limits[kind] = static_cast<std::uint64_t>(*value);
  return {};
}

Result<model::Limits> read_limits(const Parsed& arguments) {
  model::Limits limits;
  BAILEY_TRY(read_limit(arguments, "--time", LimitKind::kWall, policy::parse_duration, limits));
  BAILEY_TRY(
      read_limit(arguments, "--cpu-time", LimitKind::kCpuTime, policy::parse_duration, limits));
  BAILEY_TRY(read_limit(arguments, "--memory", LimitKind::kMemory, policy::parse_size, limits));
  BAILEY_TRY(read_limit(arguments, "--cpus", LimitKind::kCpus, policy::parse_cpus, limits));
  BAILEY_TRY(
      read_limit(arguments, "--processes", LimitKind::kProcesses, policy::parse_count, limits));
  BAILEY_TRY(
      read_limit(arguments, "--open-files", LimitKind::kOpenFiles, policy::parse_count, limits));
  BAILEY_TRY(read_limit(arguments, "--disk", LimitKind::kDisk, policy::parse_size, limits));
  BAILEY_TRY(read_limit(arguments, "--output", LimitKind::kOutput, policy::parse_size, limits));
  return limits;
}

Result<std::pair<std::string, std::string>> read_variable(const std::string& text,
                                                          const Outside& outside) {
  const auto equals = text.find('=');
  const std::string name = text.substr(0, equals);
  if (name.empty() || name.find('\0') != std::string::npos)
    return fail("usage", "--env: a variable has a name", "write --env NAME or --env NAME=VALUE");
  if (equals != std::string::npos) return std::pair(name, text.substr(equals + 1));
  auto value = outside.environment(name);
  if (!value)
    return fail("usage", "--env: there is no variable '" + codec::for_terminal(name, 100) + "'",
                "set it first, or write --env NAME=VALUE");
  return std::pair(name, *std::move(value));
}

Result<model::Level> read_level(const std::string& text) {
  const auto number = policy::parse_count(text == "0" ? "1" : text);
  const auto level = text == "0" ? model::level_from(0)
                     : number    ? model::level_from(static_cast<long long>(*number))
                                 : std::nullopt;
  if (!level) return fail("usage", "--level: there is no such level", "use 0, 10, 20, 30 or 40");
  return *level;
}

}  // namespace

Result<RunOptions> read_run_options(const Parsed& arguments, const Outside& outside) {
  RunOptions options;
  options.policy_file = arguments.value("--policy");
  if (const auto profile = arguments.value("--profile")) {
    auto known = model::profile_from(*profile);
    if (!known) return wrong("--profile", known.error());
    options.profile = *known;
  }
  if (const auto level = arguments.value("--level"))
    options.ceiling = BAILEY_TRY(read_level(*level));
  options.workspace = arguments.value("--workspace");
  if (arguments.flag("--observe")) options.observe = effect::process::Observe::kFiles;
  if (arguments.flag("--read-only")) options.access = model::WorkspaceAccess::kReadOnly;
  for (const auto& variable : arguments.values("--env"))
    options.environment.push_back(BAILEY_TRY(read_variable(variable, outside)));
  options.limits = BAILEY_TRY(read_limits(arguments));
  if (const auto net = arguments.value("--net"); net && *net != "none")
    return fail("usage", "--net: this build gives no network but 'none'",
                "leave it out, or write --net none");
  const bool at_terminal = outside.input_is_terminal() && outside.is_terminal(Stream::kOut);
  if (arguments.flag("--interactive") || at_terminal)
    options.terminal = effect::process::Terminal::kPty;
  options.receipt_file = arguments.value("--receipt").value_or("");
  options.told = arguments.flag("--json")    ? Told::kJson
                 : arguments.flag("--quiet") ? Told::kOnlyTrouble
                                             : Told::kText;
  options.command = arguments.command();
  return options;
}

}  // namespace bailey::cli
