#include "cli/plan_surroundings.h"

#include <algorithm>

#include "policy/paths.h"

namespace bailey::cli {
namespace {

using policy::Presence;
using policy::Reach;
using policy::Sighting;

std::string variable(const std::vector<std::string>& environment, std::string_view name) {
  for (const auto& each : environment)
    if (each.size() > name.size() && each.starts_with(name) && each[name.size()] == '=')
      return each.substr(name.size() + 1);
  return {};
}

Sighting unclear() { return {}; }

}  // namespace

PlanSurroundings::PlanSurroundings(const RunPlan& plan, const policy::Policy& policy,
                                   const effect::process::HostFiles& host)
    : plan_(plan),
      policy_(policy),
      host_(host),
      path_(variable(plan.environment, "PATH")),
      home_(variable(plan.environment, "HOME")) {
  if (!home_.starts_with('/')) home_.clear();
}

Reach PlanSurroundings::reach_of(const std::string& path) const {
  if (!asked_) {
    asked_ = true;
    auto rules = policy::FileRules::create(policy_, plan_.scene);
    if (rules) rules_.emplace(*std::move(rules));
  }
  if (!rules_) return Reach::kNothing;
  const auto allows = [&](policy::FileUse use) {
    return rules_->decide(path, use).decision == model::Decision::kAllow;
  };
  if (allows(policy::FileUse::kWrite)) return Reach::kWrite;
  // What a person is asked about when it is opened is in reach until they say no.
  const auto read = rules_->decide(path, policy::FileUse::kRead).decision;
  return read != model::Decision::kDeny ? Reach::kRead : Reach::kNothing;
}

// As it is spelled and as it really is: the weaker of the two.
Reach PlanSurroundings::reach(std::string_view path) const {
  const std::string spelled(path);
  const Reach first = reach_of(spelled);
  if (first == Reach::kNothing || spelled.starts_with("/dev/")) return first;
  auto real = host_.real_path(spelled);
  if (!real) {
    const auto slash = spelled.rfind('/');
    real = host_.real_path(slash == 0 ? "/" : spelled.substr(0, slash));
    if (!real) return first;
    real = (*real == "/" ? "" : *real) + spelled.substr(slash);
  }
  return *real == spelled ? first : std::min(first, reach_of(*real));
}

Sighting PlanSurroundings::look(const std::string& path) const {
  auto found = find_program(path, {}, "/", plan_.view, host_);
  if (found) return {Presence::kThere, {std::move(found->found), std::move(found->real)}};
  // What is not there has no real path to go by, and a ".." may stand behind a link.
  if (path.find("/../") != std::string::npos || path.ends_with("/..")) return unclear();
  std::string plain = policy::plain_path(path);
  if (reach(plain) != Reach::kWrite) return {Presence::kNever, {}};
  return {Presence::kMayCome, {plain, plain}};
}

Sighting PlanSurroundings::find(std::string_view name, std::string_view directory) const {
  if (name.empty() || name.find('\0') != std::string_view::npos) return unclear();
  const std::string text(name);
  if (text.find('/') != std::string::npos) {
    if (text.front() == '/') return look(text);
    return directory.starts_with('/') ? look(std::string(directory) + "/" + text) : unclear();
  }
  Sighting best{Presence::kNever, {}};
  std::string_view rest = path_;
  while (!rest.empty()) {
    const auto colon = std::min(rest.find(':'), rest.size());
    const std::string_view place = rest.substr(0, colon);
    rest.remove_prefix(std::min(colon + 1, rest.size()));
    // A shell would look into its own directory, whichever that is then.
    if (!place.starts_with('/')) return unclear();
    auto sighting = look(std::string(place) + "/" + text);
    if (sighting.presence == Presence::kThere) return sighting;
    if (sighting.presence == Presence::kUnclear) return sighting;
    if (best.presence == Presence::kNever) best = std::move(sighting);
  }
  return best;
}

}  // namespace bailey::cli
