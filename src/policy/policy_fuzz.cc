// Any bytes as a policy: parse, merge with the parents that it names, compile, decide,
// cache. What compiles must come back the same from its cached form, and nothing may be
// decided that no rule says.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "policy/cached_document.h"
#include "policy/compiled_policy.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bailey;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto compiled = policy::CompiledPolicy::from_source(text);
  if (!compiled) return 0;
  const std::vector<std::string> argv{"git", "push", std::string(text.substr(0, 64))};
  const policy::Command command{argv, "/usr/bin/git", "/usr/bin/git", "/home/u", "/home/u/w"};
  const auto decided = compiled->decide(command);
  if (decided.rule == nullptr && decided.decision != model::Decision::kDeny) std::abort();
  if (decided.rule != nullptr && decided.rule->decision != decided.decision) std::abort();
  (void)policy::findings(compiled->policy());
  const auto through_cache = [](std::string_view part,
                                const Digest& digest) -> Result<policy::Document> {
    const auto json = BAILEY_TRY(policy::parse_text(part));
    const auto again =
        BAILEY_TRY(policy::from_cached_form(policy::cached_form(json, digest), digest));
    return policy::read_document(again);
  };
  const auto again =
      policy::CompiledPolicy::from_chain({"", std::string(text)}, std::nullopt, through_cache);
  if (!again || again->digest() != compiled->digest()) std::abort();
  if (!(policy::to_json(again->policy()) == policy::to_json(compiled->policy()))) std::abort();
  const auto twice = again->decide(command);
  if (twice.decision != decided.decision || twice.unjudged_shell != decided.unjudged_shell)
    std::abort();
  return 0;
}
