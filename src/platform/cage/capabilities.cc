// capabilities: none is left, and none comes back.
#include <linux/capability.h>
#include <linux/prctl.h>
#include <linux/securebits.h>

#include "platform/cage/context.h"

namespace bailey::platform::cage {
namespace {

using wire::Layer;

struct Capabilities {
  std::uint32_t effective = 0, permitted = 0, inheritable = 0;
};
struct CapabilityHeader {
  std::uint32_t version = _LINUX_CAPABILITY_VERSION_3;
  std::int32_t pid = 0;
};

constexpr unsigned long kLocked = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |
                                  SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED |
                                  SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;

long read_capabilities(Capabilities (&sets)[2]) {
  CapabilityHeader header;
  return sys::call(__NR_capget, &header, sets);
}

// What would give capabilities again at an execve.
long lock_sources() {
  if (const long e = sys::prctl(PR_SET_SECUREBITS, kLocked); e < 0) return e;
  for (unsigned long cap = 0; cap < 64; ++cap) {
    const long e = sys::prctl(PR_CAPBSET_DROP, cap);
    if (e == -22) break;  // past the last capability of this kernel
    if (e < 0) return e;
  }
  if (sys::prctl(PR_GET_SECUREBITS) != static_cast<long>(kLocked)) return -1;
  if (sys::prctl(PR_CAPBSET_READ, 0) != 0 || sys::prctl(PR_CAPBSET_READ, 21) != 0) return -1;
  return 0;
}

long empty_sets() {
  if (const long e = sys::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL); e < 0) return e;
  CapabilityHeader header;
  Capabilities sets[2];
  if (const long e = sys::call(__NR_capset, &header, sets); e < 0) return e;
  if (const long e = read_capabilities(sets); e < 0) return e;
  for (const Capabilities& set : sets) {
    if ((set.effective | set.permitted | set.inheritable) != 0) return -1;
  }
  return 0;
}

// Needs a capability, and changes nothing where it succeeds.
long try_host_name() { return sys::call(__NR_sethostname, "bailey", 6); }
long try_root() { return sys::call(__NR_chroot, "/"); }

}  // namespace

long drop_capabilities(Context& context) {
  const long before = try_host_name();
  if (const long e = lock_sources(); e < 0) return e;
  if (const long e = empty_sets(); e < 0) return e;
  const long after = try_host_name();
  if (before != 0 || after != -1) return -1;
  context.report(Layer::kCapabilities, kProven, before, after);
  return 0;
}

// An ordinary user has none to drop, and may not empty the bounding set; no_new_privs is
// what keeps it from giving anything.
long drop_bare_capabilities(Context& context) {
  constexpr unsigned kSetPcap = 8;
  Capabilities sets[2];
  if (const long e = read_capabilities(sets); e < 0) return e;
  const long before = try_root();
  if ((sets[0].effective >> kSetPcap & 1U) != 0) {
    if (const long e = lock_sources(); e < 0) return e;
  }
  if (const long e = empty_sets(); e < 0) return e;
  const long after = try_root();
  if (after != -1) return -1;
  context.report(Layer::kCapabilities, kProven, before, after);
  return 0;
}

}  // namespace bailey::platform::cage
