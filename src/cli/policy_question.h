// PolicyQuestion: what the gate would say to a command, asked without running it.
//
// The scene is what a run would find: the policy with its parents and a project's, the
// workspace, the level, the kill switch. The command is planned as `run` plans it and put
// before the same gate, so that an explanation and a run cannot differ; only stored answers
// to asks are left out. Nothing is started, recorded or written. One thread.
//
// Errors: those of plan_run and of reading a policy; run.* means that a run would end
// there, before anything is judged.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/outside.h"
#include "cli/policy_input.h"
#include "cli/run_plan.h"
#include "gate/gate.h"
#include "policy/file_rules.h"
#include "policy/line.h"

namespace bailey::cli {

struct PolicyScene {
  PolicyInput input;
  std::optional<policy::ProjectSource> project;
  policy::CompiledPolicy compiled;
  std::string workspace;     // real
  std::string bailey_home;   // where it is or would be; empty when no place is known
  gate::LevelMatrix matrix;  // of the home, or the built-in one
  gate::LevelState level;
  gate::KillState kill;
  model::Level ceiling = model::Level::kRoot;
};

// --policy, --profile, --workspace, --level and the command. Errors: usage.
[[nodiscard]] Result<RunOptions> read_question_options(const Parsed& arguments);

// Of `bailey run` with the same options: the policy must be the person's own and lie outside
// the workspace. Without a home the built-in balanced policy counts. Errors: those of run.
[[nodiscard]] Result<PolicyScene> scene_of_run(Outside& outside, const RunOptions& options);
// Apart from any home and any project: nothing halts, nobody set a level.
[[nodiscard]] Result<PolicyScene> scene_of_policy(Outside& outside, PolicyInput input,
                                                  const std::string& workspace);

// `options`: the command, workspace and limits of a run. The rules of `compiled` count, which
// may be those of the scene or what somebody thinks of making of them.
[[nodiscard]] Result<RunPlan> plan_question(Outside& outside, const PolicyScene& scene,
                                            const RunOptions& options);
[[nodiscard]] Result<model::Judgement> ask_gate(Outside& outside, const PolicyScene& scene,
                                                const policy::CompiledPolicy& compiled,
                                                const RunPlan& plan);

// The same judgement part by part: what the command would start and touch, each thing with
// its rule. Places of `compiled` are borrowed.
[[nodiscard]] policy::Judged judge_parts(Outside& outside, const policy::CompiledPolicy& compiled,
                                         const RunPlan& plan);
// The rules that match the command as a whole, the deciding one among them.
[[nodiscard]] std::vector<const policy::CommandRule*> matching_rules(
    const policy::CompiledPolicy& compiled, const RunPlan& plan, const std::string& home);

struct FileAnswer {
  std::string path;  // absolute and plain, as it was asked for
  std::string real;  // what it leads to; the same when nothing is there
  policy::FileDecision decision;
};
// `text`: absolute, "~/..." or below the workspace. Errors: usage.
[[nodiscard]] Result<FileAnswer> ask_about_file(Outside& outside, const PolicyScene& scene,
                                                const policy::CompiledPolicy& compiled,
                                                const std::string& text, policy::FileUse use);

[[nodiscard]] bool is_variable_name(std::string_view text);

enum class VariableGround { kSet, kPassed, kAlways, kNotListed };
struct VariableAnswer {
  model::Decision decision = model::Decision::kDeny;
  VariableGround ground = VariableGround::kNotListed;
  std::optional<policy::Origin> origin;
};
[[nodiscard]] VariableAnswer ask_about_variable(const policy::Policy& policy,
                                                const std::string& name);

}  // namespace bailey::cli
