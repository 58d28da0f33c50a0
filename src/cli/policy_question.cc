#include "cli/policy_question.h"

#include <algorithm>

#include "cli/command_line_door.h"
#include "cli/home_path.h"
#include "cli/household.h"
#include "cli/plan_surroundings.h"
#include "codec/text.h"
#include "identity/identifier.h"
#include "policy/paths.h"
#include "store/level_file.h"

namespace bailey::cli {
namespace {

// Every cage has its own of these; the host's files by the same names are not meant.
constexpr std::string_view kCagePlaces[] = {"/tmp", "/var/tmp", "/run", "/dev", "/proc"};
// A cage sets these whatever a policy says.
constexpr const char* kAlwaysSet[] = {"PATH", "HOME", "TMPDIR", "SHELL", "PWD"};

gate::KillState not_halted() {
  gate::KillState state;
  state.halted = false;
  state.source = gate::KillSource::kNone;
  return state;
}

// As run chooses: what was named, else the home's, else what the home would begin with.
enum class HomeState { kThere, kMissing };
Result<PolicyInput> input_of_run(Outside& outside, const RunOptions& options, HomeState state,
                                 const std::string& home) {
  if (options.policy_file) return policy_by_name(outside, *options.policy_file, store::Trust::kOwn);
  if (options.profile || state == HomeState::kMissing)
    return builtin_policy_input(options.profile.value_or(model::Profile::kBalanced));
  auto input = policy_file(outside, home + "/" + std::string(kPolicyFile), store::Trust::kOwn);
  if (input || input.error().code != "disk.missing") return input;
  return builtin_policy_input(model::Profile::kBalanced);
}

// The real path of what is there; of what is not, that of its nearest directory and the rest.
std::string real_path_of(const Outside& outside, const std::string& path) {
  std::string above = path;
  std::string rest;
  while (above.size() > 1) {
    if (const auto real = outside.host().real_path(above))
      return (*real == "/" ? std::string() : *real) + rest;
    const auto slash = above.rfind('/');
    rest = above.substr(slash) + rest;
    above.resize(slash);
  }
  return path;
}

}  // namespace

bool is_variable_name(std::string_view text) {
  if (text.empty() || text.size() > 256 || (text.front() >= '0' && text.front() <= '9'))
    return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

Result<RunOptions> read_question_options(const Parsed& arguments) {
  RunOptions options;
  options.policy_file = arguments.value("--policy");
  if (const auto profile = arguments.value("--profile")) {
    auto known = model::profile_from(*profile);
    if (!known) return fail("usage", "--profile: " + known.error().message, known.error().hint);
    options.profile = *known;
  }
  if (const auto level = arguments.value("--level")) {
    constexpr model::Level kLevels[] = {model::Level::kIsolated, model::Level::kConnected,
                                        model::Level::kFunded, model::Level::kBuilder,
                                        model::Level::kRoot};
    const auto known = std::find_if(std::begin(kLevels), std::end(kLevels), [&](model::Level one) {
      return std::to_string(number(one)) == *level;
    });
    if (known == std::end(kLevels))
      return fail("usage", "--level: there is no such level", "use 0, 10, 20, 30 or 40");
    options.ceiling = *known;
  }
  options.workspace = arguments.value("--workspace");
  options.command = arguments.command();
  return options;
}

Result<PolicyScene> scene_of_run(Outside& outside, const RunOptions& options) {
  auto workspace = BAILEY_TRY(workspace_of(options, outside));
  std::unique_ptr<Household> household;
  if (auto opened = Household::open(outside, Make::kNo)) {
    household = *std::move(opened);
  } else if (opened.error().code != "home.missing" && opened.error().code != "home.path") {
    return std::unexpected(std::move(opened).error());
  }
  const std::string home = household ? household->home().path() : home_path(outside).value_or("");
  auto input = BAILEY_TRY(
      input_of_run(outside, options, household ? HomeState::kThere : HomeState::kMissing, home));
  auto project = BAILEY_TRY(project_policy(outside, workspace));
  auto compiled = BAILEY_TRY(
      policy::CompiledPolicy::from_chain(input.source(), project, policy::read_uncached));
  BAILEY_TRY(require_outside(input, compiled, workspace));
  PolicyScene scene{std::move(input),
                    std::move(project),
                    std::move(compiled),
                    std::move(workspace),
                    home,
                    gate::LevelMatrix::built_in(),
                    {},
                    not_halted(),
                    options.ceiling};
  if (household) {
    scene.matrix = store::read_matrix(household->home()).matrix;
    scene.level = store::read_level(household->home());
    scene.kill = household->kill_switch().look();
  }
  return scene;
}

Result<PolicyScene> scene_of_policy(Outside& outside, PolicyInput input,
                                    const std::string& workspace) {
  auto compiled = BAILEY_TRY(
      policy::CompiledPolicy::from_chain(input.source(), std::nullopt, policy::read_uncached));
  return PolicyScene{std::move(input),
                     std::nullopt,
                     std::move(compiled),
                     workspace,
                     home_path(outside).value_or(""),
                     gate::LevelMatrix::built_in(),
                     {},
                     not_halted(),
                     model::Level::kRoot};
}

Result<RunPlan> plan_question(Outside& outside, const PolicyScene& scene,
                              const RunOptions& options) {
  return plan_run(options, scene.compiled.policy(), scene.bailey_home, outside);
}

Result<model::Judgement> ask_gate(Outside& outside, const PolicyScene& scene,
                                  const policy::CompiledPolicy& compiled, const RunPlan& plan) {
  std::array<std::uint8_t, 16> key{};
  outside.entropy().fill(key);
  const CommandLineDoor door(BAILEY_TRY(to_action(plan.run)), codec::to_hex(key));
  const identity::Identifier identifier(identity::LocalUser::of_this_process(), outside.entropy());
  const gate::Gate gate(outside.clock());
  const gate::NoApprovals approvals;
  const PlanSurroundings surroundings(plan, compiled.policy(), outside.host());
  const gate::Inputs inputs{compiled,     scene.matrix, approvals,
                            scene.level,  scene.kill,   outside.home_directory(),
                            std::nullopt, &surroundings};
  return gate.judge(identifier.identify(door.request(), scene.ceiling), inputs).judgement();
}

policy::Judged judge_parts(Outside& outside, const policy::CompiledPolicy& compiled,
                           const RunPlan& plan) {
  const PlanSurroundings surroundings(plan, compiled.policy(), outside.host());
  const std::string home = outside.home_directory();
  return policy::judge(compiled,
                       {plan.run.argv, plan.run.found, plan.run.program, home, plan.run.workspace},
                       &surroundings);
}

std::vector<const policy::CommandRule*> matching_rules(const policy::CompiledPolicy& compiled,
                                                       const RunPlan& plan,
                                                       const std::string& home) {
  return compiled.matching(
      {plan.run.argv, plan.run.found, plan.run.program, home, plan.run.workspace});
}

Result<FileAnswer> ask_about_file(Outside& outside, const PolicyScene& scene,
                                  const policy::CompiledPolicy& compiled, const std::string& text,
                                  policy::FileUse use) {
  const std::string home = outside.home_directory();
  if (text.empty() || text.find('\0') != std::string::npos)
    return fail("usage", "--file: the path is empty or holds a NUL");
  if (text.starts_with('~') && (home.empty() || (text != "~" && !text.starts_with("~/"))))
    return fail("usage", "--file: '~' is your own home, and it is not known",
                "write '~/...' with HOME set, or the full path");
  FileAnswer answer;
  answer.path = policy::plain_path(policy::expand_path(text, home, scene.workspace));
  // What every cage has of its own is not what the host has under that name.
  const auto is_under = [&](std::string_view place) {
    return answer.path.starts_with(place) &&
           (answer.path.size() == place.size() || answer.path[place.size()] == '/');
  };
  const bool own = !is_under(scene.workspace) &&
                   std::any_of(std::begin(kCagePlaces), std::end(kCagePlaces), is_under);
  answer.real = own ? answer.path : real_path_of(outside, answer.path);
  policy::FileScene where{home, scene.workspace};
  if (!scene.bailey_home.empty()) where.hidden.push_back(scene.bailey_home);
  where.read_only.push_back(outside.program_directory());
  const auto rules = BAILEY_TRY(policy::FileRules::create(compiled.policy(), where));
  answer.decision = rules.decide(answer.real, use);
  return answer;
}

VariableAnswer ask_about_variable(const policy::Policy& policy, const std::string& name) {
  using model::Decision;
  for (const auto& variable : policy.environment.set)
    if (variable.name == name) return {Decision::kAllow, VariableGround::kSet, variable.origin};
  for (const auto& passed : policy.environment.pass)
    if (passed.text == name) return {Decision::kAllow, VariableGround::kPassed, passed.origin};
  if (std::find(std::begin(kAlwaysSet), std::end(kAlwaysSet), name) != std::end(kAlwaysSet))
    return {Decision::kAllow, VariableGround::kAlways, std::nullopt};
  return {};
}

}  // namespace bailey::cli
