#include "consent/ask.h"

namespace bailey::consent {

bool is_expired(const Ask& ask, const Clock& clock) {
  const WallTime now = clock.wall();
  if (now < ask.created || now >= ask.expires) return true;
  return ask.boot == clock.boot_id() && clock.monotonic() >= ask.expires_mono;
}

}  // namespace bailey::consent
