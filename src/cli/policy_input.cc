#include "cli/policy_input.h"

#include "policy/defaults.h"

namespace bailey::cli {

Result<PolicyInput> policy_file(Outside& outside, const std::string& path, store::Trust trust) {
  PolicyInput input;
  input.name = path == "-" ? "standard input" : path;
  const auto whole = [&]() -> Result<std::string> {
    if (path.starts_with('/')) return path;
    return BAILEY_TRY(outside.working_directory()) + "/" + path;
  };
  // What has no real path is no file: standard input, a pipe of the shell, or missing.
  Result<std::string> real = fail("disk.missing", "");
  if (path != "-") real = outside.host().real_path(BAILEY_TRY(whole()));
  if (!real) {
    input.text = BAILEY_TRY(outside.read_user_file(path, policy::kMaxPolicyBytes));
    return input;
  }
  const auto slash = real->rfind('/');
  input.path = real->substr(slash + 1);
  input.folder_path = real->substr(0, slash);
  auto folder = BAILEY_TRY(
      outside.open_directory(slash == 0 ? std::string("/") : input.folder_path, Make::kNo));
  input.folder = std::make_unique<store::PolicyFolder>(std::move(folder), outside.uid(), trust);
  input.text = BAILEY_TRY(input.folder->read(input.path));
  return input;
}

PolicyInput builtin_policy_input(model::Profile profile) {
  PolicyInput input;
  input.path = std::string(policy::kBuiltinPrefix) + std::string(model::name(profile));
  input.name = input.path;
  input.text = policy::default_policy(profile);
  return input;
}

Result<PolicyInput> policy_by_name(Outside& outside, const std::string& name, store::Trust trust) {
  if (!name.starts_with(policy::kBuiltinPrefix)) return policy_file(outside, name, trust);
  const auto text =
      policy::builtin_policy(std::string_view(name).substr(policy::kBuiltinPrefix.size()));
  if (!text)
    return fail("policy.extends", "there is no policy '" + name + "'",
                "there are builtin:base, builtin:strict, builtin:balanced and builtin:permissive");
  PolicyInput input;
  input.path = name;
  input.name = name;
  input.text = *text;
  return input;
}

Status require_outside(const PolicyInput& input, const policy::CompiledPolicy& compiled,
                       const std::string& workspace) {
  for (const auto& file : compiled.files()) {
    const std::string real = input.folder_path + "/" + file;
    if (!real.starts_with(workspace + "/")) continue;
    return fail("policy.inside_workspace",
                "the policy '" + file + "' lies inside the workspace that it judges",
                "keep it elsewhere, for example in the home as policy.yaml");
  }
  return {};
}

Result<std::optional<policy::ProjectSource>> project_policy(Outside& outside,
                                                            const std::string& workspace) {
  const auto dir = BAILEY_TRY(outside.open_directory(workspace, Make::kNo));
  auto text = store::read_project_policy(dir);
  if (!text) {
    const Error& error = text.error();
    return fail(error.code, "the project's policy cannot be read: " + error.message,
                error.hint.empty()
                    ? "mend or remove " + std::string(store::kProjectPolicy) + " in the workspace"
                    : error.hint);
  }
  if (!*text) return std::optional<policy::ProjectSource>();
  return policy::ProjectSource{std::string(store::kProjectPolicy), **std::move(text)};
}

}  // namespace bailey::cli
