// spawn: starts a program by descriptor, with descriptors 0..2, 3 and 4 and nothing else.
#pragma once

#include <sys/types.h>

#include "base/fd.h"
#include "base/result.h"

namespace bailey::platform {

struct Spawned {
  pid_t pid = -1;
  Fd pidfd;
};

// vfork-like: the caller stands still until the program runs, so that nothing of its
// memory is copied. Its environment is empty. Errors: cage.warden.
[[nodiscard]] Result<Spawned> spawn_with(int program, int on_three, int on_four);

}  // namespace bailey::platform
