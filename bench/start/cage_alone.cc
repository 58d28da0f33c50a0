// cage_alone: one whole cage of the product without policy, ledger or receipt.
//
//   cage_alone PRODUCT SPEC DIRECTORY PROGRAM [ARG...]
//
// PRODUCT is the folder of bailey-warden. Raised, furnished, proven and run through the
// same port and the same implementation as a governed run; every layer and every canary is
// there, and a layer that is not proven ends it with exit code 1. Otherwise it exits as the
// program does.
#include <fcntl.h>

#include <cstdio>
#include <string>
#include <vector>

#include "base/leash.h"
#include "platform/cage/sys.h"
#include "platform/warden_jail.h"
#include "start/spec_file.h"

namespace {

using bailey::effect::process::End;

constexpr std::int64_t kHourNs = 3'600'000'000'000;

class NobodyWatches final : public bailey::effect::process::Watch {
 public:
  bool must_stop() override { return false; }
};

// Takes events as a run does, and keeps none.
class NobodyListens final : public bailey::effect::process::EventSink {
 public:
  void take(bailey::model::Event) override {}
  void look_at_the_clock() override {}
};

int fail(const std::string& what) {
  std::fprintf(stderr, "cage_alone: %s\n", what.c_str());
  return 1;
}

}  // namespace

int main(int count, char** words) {
  if (count < 5) return fail("usage: cage_alone PRODUCT SPEC DIRECTORY PROGRAM [ARG...]");
  const std::vector<std::string> command(words + 4, words + count);
  const std::string warden = std::string(words[1]) + "/bailey-warden";
  bailey::Fd program(open(warden.c_str(), O_RDONLY | O_CLOEXEC));
  if (!program) return fail("cannot open " + warden);
  bailey::platform::WardenJail jail(std::move(program));
  auto cage = jail.raise();
  if (!cage) return fail(cage.error().message);
  const auto spec = bailey::bench::read_spec(words[2], words[3], command);
  if (!spec) return fail(spec.error().message);
  if (const auto sent = (*cage)->furnish(spec->cage); !sent) return fail(sent.error().message);
  const auto ready = (*cage)->await_ready();
  if (!ready) return fail(ready.error().message);
  for (const auto& layer : ready->layers)
    if (layer.state != bailey::model::LayerState::kProven)
      return fail("the layer " + layer.name + " is not proven");
  NobodyWatches nobody;
  const auto now = bailey::platform::cage::sys::monotonic_ns();
  const bailey::Leash leash(0, {static_cast<std::int64_t>(now) + kHourNs}, {});
  NobodyListens deaf;
  bailey::effect::process::NoWishes content;
  const auto end = (*cage)->run(leash, nobody, deaf, content);
  if (!end) return fail(end.error().message);
  if (end->end != End::kExited || end->signal != 0)
    return fail("the program did not end by itself");
  return end->exit_code;
}
