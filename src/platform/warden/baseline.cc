#include "platform/warden/warden.h"

namespace bailey::platform::warden {

void take_identity(cage::Baseline& baseline) noexcept {
  // The caller's session keyring stays behind: its keys would be possessed inside. All
  // cages of a user share one empty keyring that nobody may write, because a new one
  // for each would count against the user's 200 keys until the kernel gets around to
  // freeing it; inside, every key call is refused besides.
  baseline.session_before = static_cast<std::int32_t>(sys::call(__NR_keyctl, 0, -3, 0));
  baseline.session_joined = static_cast<std::int32_t>(sys::call(__NR_keyctl, 1, "_bailey_cage"));
  if (baseline.session_joined >= 0) {
    constexpr unsigned kLookOnly = 0x1b1b0000;  // view, read, search, link; no write
    sys::call(__NR_keyctl, 5, baseline.session_joined, kLookOnly);
    // Somebody may have made one of this name and filled it.
    char contents[64];
    if (sys::call(__NR_keyctl, 11, baseline.session_joined, contents, sizeof contents) != 0) {
      baseline.session_joined = static_cast<std::int32_t>(sys::call(__NR_keyctl, 1, nullptr));
    }
  }
  baseline.uid = static_cast<std::uint32_t>(sys::call(__NR_geteuid));
  baseline.gid = static_cast<std::uint32_t>(sys::call(__NR_getegid));
  sys::TimeSpec now;
  sys::call(__NR_clock_gettime, 1, &now);
  baseline.uptime_seconds = static_cast<std::uint64_t>(now.seconds);
  sys::call(__NR_clock_gettime, 7, &now);
  baseline.boottime_seconds = static_cast<std::uint64_t>(now.seconds);
}

long take_baseline(cage::Baseline& baseline) noexcept {
  for (int i = 0; i < cage::kNamespaceKinds; ++i) {
    char path[48] = "/proc/self/ns/";
    std::size_t n = 14;
    for (const char* c = cage::kNamespaceFiles[i]; *c != '\0'; ++c) path[n++] = *c;
    path[n] = '\0';
    sys::Stat stat;
    if (sys::fstatat(sys::kAtFdcwd, path, &stat, 0) == 0) baseline.namespaces[i] = stat.inode;
  }
  baseline.warden_pid = sys::getpid();
  baseline.pid_before = static_cast<std::int16_t>(sys::kill(baseline.warden_pid, 0));

  // An abstract socket with a name of the kernel's choice, reached once from outside.
  const long listener = sys::call(__NR_socket, 1, 2 | 02000000, 0);
  if (listener < 0) return listener;
  std::uint16_t family = 1;
  if (const long e = sys::call(__NR_bind, listener, &family, 2); e < 0) return e;
  struct {
    std::uint16_t family = 0;
    char path[108] = {};
  } address;
  std::uint32_t size = sizeof address;
  if (const long e = sys::call(__NR_getsockname, listener, &address, &size); e < 0) return e;
  if (size > 8) return -90;
  for (std::size_t i = 0; i < sizeof baseline.abstract_name; ++i) {
    baseline.abstract_name[i] = address.path[i];
  }
  baseline.abstract_size = size;
  const long probe = sys::call(__NR_socket, 1, 2 | 02000000, 0);
  if (probe < 0) return probe;
  baseline.net_before = static_cast<std::int16_t>(sys::call(__NR_connect, probe, &address, size));
  sys::close(static_cast<int>(probe));

  // A SysV segment that is attached and already marked for removal: it vanishes with
  // the warden, however the warden ends.
  const long segment = sys::call(__NR_shmget, 0, 4096, 0600);
  if (segment < 0) return segment;
  const long attached = sys::call(__NR_shmat, segment, nullptr, 0);
  const long removed = sys::call(__NR_shmctl, segment, 0, nullptr);
  if (attached < 0 && attached > -4096) return attached;
  if (removed < 0) return removed;
  char room[256];
  baseline.ipc_before = static_cast<std::int16_t>(sys::call(__NR_shmctl, segment, 2, room));
  baseline.shm_id = segment;
  return listener;
}

}  // namespace bailey::platform::warden
