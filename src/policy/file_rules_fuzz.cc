// Any lists and any path: a policy, a NUL, then paths with a NUL between them. What may be
// written may be read, what is hidden hides all below it, and a path that is not plain is
// never allowed nor asked about. A person is asked about reading only, and by a rule.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "policy/file_rules.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bailey;
  using policy::FileUse;
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  const auto cut = rest.find('\0');
  if (cut == std::string_view::npos) return 0;
  const auto parsed = policy::parse_policy(rest.substr(0, cut));
  if (!parsed) return 0;
  const auto rules = policy::FileRules::create(*parsed, {"/home/u", "/home/u/w"});
  if (!rules) std::abort();
  rest.remove_prefix(cut + 1);
  while (!rest.empty()) {
    const auto end = std::min(rest.find('\0'), rest.size());
    const std::string path(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const auto allows = [&](const std::string& one, FileUse use) {
      return rules->decide(one, use).decision == model::Decision::kAllow;
    };
    if (allows(path, FileUse::kWrite) && !allows(path, FileUse::kRead)) std::abort();
    if (allows(path, FileUse::kDelete) && !allows(path, FileUse::kWrite)) std::abort();
    const auto decision = rules->decide(path, FileUse::kRead);
    const bool allowed = decision.decision != model::Decision::kDeny;
    const bool asked = decision.ground == policy::FileGround::kAsked;
    if (asked != (decision.decision == model::Decision::kAsk) || asked != (decision.ask != nullptr))
      std::abort();
    if (asked && rules->decide(path, FileUse::kWrite).decision != model::Decision::kDeny)
      std::abort();
    if (allowed && (path.empty() || path.front() != '/' || path.find("//") != path.npos ||
                    (path + "/").find("/../") != path.npos))
      std::abort();
    if (decision.ground == policy::FileGround::kHidden && path != "/" &&
        allows(path + "/below", FileUse::kRead))
      std::abort();
  }
  return 0;
}
