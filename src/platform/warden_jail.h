// WardenJail: effect::process::Jail over the bailey-warden program.
//
// The signer's half of the cage. It opens the warden's executable once, checks who
// may write to it, and starts it by descriptor; everything else is messages
// (effect/process/wire.h) and one sealed memfd. Thread rule: a jail may be used from
// any one thread at a time; a cage belongs to the thread that raised it, and run()
// blocks the signals it passes on in that thread while it lasts.
// Errors: cage.warden, cage.plan, cage.setup, cage.limit, cage.layer_missing.
// Does not protect: against the caller's own user outside the cage.
#pragma once

#include <memory>

#include "base/fd.h"
#include "base/result.h"
#include "effect/process/jail.h"

namespace bailey::platform {

class WardenJail final : public effect::process::Jail {
 public:
  // `warden`: the executable, open for reading or as a path only (see open_warden).
  explicit WardenJail(Fd warden) noexcept : warden_(std::move(warden)) {}

  [[nodiscard]] Result<std::unique_ptr<effect::process::Cage>> raise() override;

 private:
  Fd warden_;
};

// Opens bailey-warden beside the running program: <dir>/bailey-warden, as in a build
// tree, or <dir>/../libexec/bailey/bailey-warden, as installed. It must belong to root
// or to the caller and be writable by nobody else. Errors: cage.warden.
[[nodiscard]] Result<Fd> open_warden();

}  // namespace bailey::platform
