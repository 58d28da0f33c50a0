#include "cli/event_rules.h"

#include "policy/paths.h"

namespace bailey::cli {
namespace {

using policy::FileGround;

std::string words(const policy::FileDecision& decision, const policy::Policy& policy) {
  const std::string at =
      decision.rule == nullptr
          ? ""
          : " '" + decision.rule->text + "' at " + place(policy.documents, decision.rule->origin);
  switch (decision.ground) {
    case FileGround::kHidden:
      return decision.rule == nullptr ? "hidden from every cage" : "files.hide" + at;
    case FileGround::kReadOnly:
      return decision.rule == nullptr ? "not in files.write" : "files.read" + at;
    case FileGround::kAsked:
      return decision.ask == nullptr ? "files.ask"
                                     : "files.ask rule '" + decision.ask->id + "'" + at;
    case FileGround::kNotListed:
      return "not in files.read";
    case FileGround::kCage:
      return "every cage has its own";
    case FileGround::kListed:
    case FileGround::kWorkspace:
    case FileGround::kMounted:
    case FileGround::kNotPlain:
      break;  // the policy would let it be: what refused was the file itself
  }
  return {};
}

}  // namespace

void name_rules(std::vector<model::Event>& events, const policy::Policy& policy,
                const policy::FileScene& scene) {
  std::optional<policy::FileRules> rules;
  for (auto& event : events) {
    const bool file =
        event.kind == model::EventKind::kOpen || event.kind == model::EventKind::kExec;
    if (!file || event.cut || !event.object.starts_with('/')) continue;
    if (!rules) {
      auto made = policy::FileRules::create(policy, scene);
      if (!made) return;
      rules.emplace(*std::move(made));
    }
    const auto use = event.error == "EROFS" ? policy::FileUse::kWrite : policy::FileUse::kRead;
    event.rule = words(rules->decide(policy::plain_path(event.object), use), policy);
  }
}

}  // namespace bailey::cli
