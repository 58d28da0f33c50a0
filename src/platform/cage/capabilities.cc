// capabilities: none is left, and none comes back.
#include <linux/capability.h>
#include <linux/prctl.h>
#include <linux/securebits.h>

#include "platform/cage/context.h"

namespace bailey::platform::cage {

using wire::Layer;

long drop_capabilities(Context& context) {
  const long before = sys::call(__NR_sethostname, "bailey", 6);
  constexpr unsigned long kLocked = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |
                                    SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED |
                                    SECBIT_NO_CAP_AMBIENT_RAISE |
                                    SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;
  if (const long e = sys::prctl(PR_SET_SECUREBITS, kLocked); e < 0) return e;
  for (unsigned long cap = 0; cap < 64; ++cap) {
    const long e = sys::prctl(PR_CAPBSET_DROP, cap);
    if (e == -22) break;  // past the last capability of this kernel
    if (e < 0) return e;
  }
  if (const long e = sys::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL); e < 0) return e;
  struct {
    std::uint32_t version = _LINUX_CAPABILITY_VERSION_3;
    std::int32_t pid = 0;
  } header;
  std::uint32_t sets[6] = {};
  if (const long e = sys::call(__NR_capset, &header, sets); e < 0) return e;
  if (const long e = sys::call(__NR_capget, &header, sets); e < 0) return e;
  for (const std::uint32_t set : sets) {
    if (set != 0) return -1;
  }
  if (sys::prctl(PR_GET_SECUREBITS) != static_cast<long>(kLocked)) return -1;
  if (sys::prctl(PR_CAPBSET_READ, 0) != 0 || sys::prctl(PR_CAPBSET_READ, 21) != 0) return -1;
  const long after = sys::call(__NR_sethostname, "bailey", 6);
  if (before != 0 || after != -1) return -1;
  context.report(Layer::kCapabilities, kProven, before, after);
  return 0;
}

}  // namespace bailey::platform::cage
