// landlock: the second wall. It mirrors the views, so that a mount that is wrong one
// day is still not enough; TCP is not handled, because the network namespace has no
// way out and servers inside must be able to talk to each other.
#include "platform/cage/landlock.h"

#include "platform/cage/context.h"

namespace bailey::platform::cage {

using wire::Layer;

long begin_landlock(Context& context) {
  const long abi = sys::call(__NR_landlock_create_ruleset, 0, 0, 1);
  if (abi < 1) {
    if (!context.accepts(Layer::kLandlock)) return abi < 0 ? abi : -38;
    context.report(Layer::kLandlock, kMissing, 0, abi);
    return 0;
  }
  context.landlock_abi = static_cast<int>(abi);
  const landlock::RulesetAttr attr{landlock::file_rights(context.landlock_abi), 0,
                                   landlock::scopes(context.landlock_abi)};
  const std::size_t size = abi >= 6 ? 24 : abi >= 4 ? 16 : 8;
  const long fd = sys::call(__NR_landlock_create_ruleset, &attr, size, 0);
  if (fd < 0) return fd;
  context.ruleset = static_cast<int>(fd);
  return 0;
}

long allow_beneath(Context& context, int fd, std::uint64_t rights) {
  if (context.ruleset < 0) return 0;
  const landlock::BeneathAttr attr{rights & landlock::file_rights(context.landlock_abi), fd};
  return sys::call(__NR_landlock_add_rule, context.ruleset, 1, &attr, 0);
}

long enforce_landlock(Context& context) {
  if (context.ruleset < 0) return 0;
  // The canary is a file in the cage's root, where no rule allows reading a file.
  constexpr const char* kCanary = "/.bailey";
  const long before = sys::openat(sys::kAtFdcwd, kCanary, 02000000);
  if (before >= 0) sys::close(static_cast<int>(before));
  if (const long e = sys::call(__NR_landlock_restrict_self, context.ruleset, 0); e < 0) return e;
  sys::close(context.ruleset);
  context.ruleset = -1;
  const long after = sys::openat(sys::kAtFdcwd, kCanary, 02000000);
  if (before < 0 || after != -13) return -1;
  context.report(Layer::kLandlock, kProven, 0, after, static_cast<unsigned>(context.landlock_abi));
  return 0;
}

}  // namespace bailey::platform::cage
