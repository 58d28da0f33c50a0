#include "cli/run_plan.h"

#include <algorithm>
#include <map>

#include "policy/paths.h"

namespace bailey::cli {
namespace {

using effect::process::CageView;
using effect::process::ViewRequest;

constexpr const char* kDefaultPath = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin";

// Rules about the workspace itself become its access; the rest is expanded.
ViewRequest view_request(const RunOptions& options, const policy::Policy& policy,
                         const std::string& workspace, const std::string& home,
                         const Outside& outside) {
  ViewRequest request;
  request.workspace = workspace;
  request.access = model::WorkspaceAccess::kReadOnly;
  const std::string user = outside.home_directory();
  const bool may_write = options.access == model::WorkspaceAccess::kReadWrite;
  const auto expand = [&](const std::string& path) {
    return policy::expand_path(path, user, workspace);
  };
  const auto needs_home = [&](const std::string& path) {
    return user.empty() && path.starts_with('~');
  };
  for (const auto& [path, origin] : policy.files.read)
    if (!needs_home(path)) request.rules.read.push_back(expand(path));
  for (const auto& [path, origin] : policy.files.write) {
    if (needs_home(path)) continue;
    const std::string place = expand(path);
    if (place == workspace || place == workspace + "/**") {
      if (may_write) request.access = model::WorkspaceAccess::kReadWrite;
    } else if (may_write || !place.starts_with(workspace + "/")) {
      request.rules.write.push_back(place);
    }
  }
  for (const auto& [path, origin] : policy.files.hide)
    if (!needs_home(path)) request.rules.hide.push_back(expand(path));
  // What a person is asked about is not seen until then.
  for (const auto& ask : policy.files.ask)
    if (!needs_home(ask.place.text)) request.rules.hide.push_back(expand(ask.place.text));
  request.always_hidden = {home};
  // The rules are asked about real paths, and the home may be named through a link.
  if (auto real = outside.host().real_path(home); real && *real != home)
    request.always_hidden.push_back(*std::move(real));
  request.always_read_only = {outside.program_directory()};
  // What runs in a project does not write the project's rules.
  const std::string governed = workspace + "/.bailey";
  if (outside.host().kind(governed) == effect::process::FileKind::kDirectory)
    request.always_read_only.push_back(governed);
  return request;
}

std::vector<std::string> environment_of(const RunOptions& options, const policy::Policy& policy,
                                        const std::string& directory, const Outside& outside) {
  std::map<std::string, std::string> variables = {
      {"PATH", kDefaultPath}, {"HOME", "/tmp"}, {"TMPDIR", "/tmp"}, {"SHELL", "/bin/sh"}};
  for (const auto& [name, origin] : policy.environment.pass)
    if (auto value = outside.environment(name)) variables[name] = *std::move(value);
  for (const auto& [name, value, origin] : policy.environment.set) variables[name] = value;
  for (const auto& [name, value] : options.environment) variables[name] = value;
  variables["PWD"] = directory;
  std::vector<std::string> list;
  for (const auto& [name, value] : variables) list.push_back(name + "=" + value);
  return list;
}

std::string path_variable(const std::vector<std::string>& environment) {
  for (const auto& variable : environment)
    if (variable.starts_with("PATH=")) return variable.substr(5);
  return kDefaultPath;
}

// What may be asked for while the program runs; of Bailey's own home nothing is.
void add_asks(const policy::Policy& policy, const std::string& home, RunPlan& plan) {
  for (const auto& ask : policy.files.ask) {
    if (plan.scene.home.empty() && ask.place.text.starts_with('~')) continue;
    auto place = policy::expand_path(ask.place.text, plan.scene.home, plan.run.workspace);
    if (place.ends_with("/**")) place.resize(place.size() - 3);
    if (place == home || place.starts_with(home + "/"))
      plan.view.notes.push_back("rule '" + ask.id +
                                "' of files.ask names Bailey's home, of which nothing is given");
    else
      plan.asks.push_back(std::move(place));
  }
}

}  // namespace

Result<std::string> workspace_of(const RunOptions& options, const Outside& outside) {
  const std::string current = BAILEY_TRY(outside.working_directory());
  std::string named = options.workspace.value_or(current);
  if (named.empty() || named.find('\0') != std::string::npos)
    return fail("run.workspace", "the workspace is an empty path");
  if (named.front() != '/') named = current + "/" + named;
  auto real = outside.host().real_path(named);
  if (!real)
    return fail("run.workspace", "the workspace does not exist or cannot be reached",
                "name an existing folder with --workspace");
  return real;
}

Result<RunPlan> plan_run(const RunOptions& options, const policy::Policy& policy,
                         const std::string& home, const Outside& outside) {
  RunPlan plan;
  plan.run.argv = options.command;
  plan.run.environment = options.environment;
  plan.run.profile = options.profile.value_or(model::Profile::kBalanced);
  plan.run.requested = options.limits;
  plan.run.workspace = BAILEY_TRY(workspace_of(options, outside));

  const auto request = view_request(options, policy, plan.run.workspace, home, outside);
  plan.run.access = request.access;
  plan.view = BAILEY_TRY(plan_view(request, outside.host()));
  plan.scene = {.home = outside.home_directory(),
                .workspace = plan.run.workspace,
                .access = options.access,
                .hidden = request.always_hidden,
                .read_only = request.always_read_only};

  add_asks(policy, home, plan);

  auto current = outside.working_directory();
  const bool inside =
      current && (*current == plan.run.workspace || current->starts_with(plan.run.workspace + "/"));
  plan.run.directory = inside && is_visible(plan.view, *current) ? *current : plan.run.workspace;

  plan.environment = environment_of(options, policy, plan.run.directory, outside);
  const auto program =
      BAILEY_TRY(find_program(options.command.front(), path_variable(plan.environment),
                              plan.run.directory, plan.view, outside.host()));
  plan.run.found = program.found;
  plan.run.program = program.real;
  return plan;
}

}  // namespace bailey::cli
