// namespaces: who we are inside, and the proof that inside is not outside.
#include <linux/if.h>
#include <linux/magic.h>
#include <linux/sockios.h>
#include <linux/utsname.h>

#include "platform/cage/context.h"

namespace bailey::platform::cage {
namespace {

using wire::Layer;

constexpr long kSigchld = 17;

long write_file(int proc, const char* path, const char* text, std::size_t size) {
  const long fd = sys::openat(proc, path, 02000001);
  if (fd < 0) return fd;
  const long written = sys::write(static_cast<int>(fd), text, size);
  sys::close(static_cast<int>(fd));
  if (written < 0) return written;
  return static_cast<std::size_t>(written) == size ? 0 : -5;
}

// "U U 1\n": the caller's own id, nothing else.
std::size_t map_line(char* to, std::uint32_t id) {
  std::size_t n = format(to, id);
  to[n++] = ' ';
  n += format(to + n, id);
  to[n++] = ' ';
  to[n++] = '1';
  to[n++] = '\n';
  return n;
}

struct SockaddrUnix {
  std::uint16_t family = 1;
  char path[108] = {};
};

std::uint64_t namespace_id(int proc, const char* kind) {
  char path[48] = "thread-self/ns/";
  std::size_t n = 15;
  for (; *kind != '\0'; ++kind) path[n++] = *kind;
  path[n] = '\0';
  sys::Stat stat;
  return sys::fstatat(proc, path, &stat, 0) < 0 ? 0 : stat.inode;
}

}  // namespace

// Refused from another network namespace, and by Landlock's scope.
long reach_abstract(const Baseline& baseline) {
  const long fd = sys::call(__NR_socket, 1, 2 | 02000000, 0);
  if (fd < 0) return fd;
  SockaddrUnix address;
  for (std::size_t i = 0; i < sizeof baseline.abstract_name; ++i) {
    address.path[i] = baseline.abstract_name[i];
  }
  const long result = sys::call(__NR_connect, fd, &address, baseline.abstract_size);
  sys::close(static_cast<int>(fd));
  return result;
}

long open_host_proc(Context& context) {
  // The host's /proc, seen through our copy of the mounts; a look-alike is refused.
  const long proc = sys::openat(sys::kAtFdcwd, "/proc", 010000000 | 0200000 | 02000000);
  if (proc < 0) return proc;
  context.host_proc = static_cast<int>(proc);
  struct {
    long type;
    long rest[14];
  } fs{};
  if (const long e = sys::call(__NR_fstatfs, proc, &fs); e < 0) return e;
  return fs.type == PROC_SUPER_MAGIC ? 0 : -22;
}

long write_identity(Context& context) {
  char line[48];
  if (const long e = write_file(context.host_proc, "self/setgroups", "deny", 4); e < 0) return e;
  std::size_t n = map_line(line, context.baseline.uid);
  if (const long e = write_file(context.host_proc, "self/uid_map", line, n); e < 0) return e;
  n = map_line(line, context.baseline.gid);
  return write_file(context.host_proc, "self/gid_map", line, n);
}

long cut_propagation(Context&) {
  return sys::mount_setattr(sys::kAtFdcwd, "/", sys::kAtRecursive, {0, 0, sys::kMsPrivate, 0});
}

long raise_loopback() {
  const long fd = sys::call(__NR_socket, 2, 2 | 02000000, 0);
  if (fd < 0) return fd;
  ifreq request{};
  request.ifr_name[0] = 'l';
  request.ifr_name[1] = 'o';
  request.ifr_flags = 1;  // IFF_UP
  const long result = sys::ioctl(static_cast<int>(fd), SIOCSIFFLAGS, &request);
  sys::close(static_cast<int>(fd));
  return result;
}

long name_host(Context&) {
  const long e = sys::call(__NR_sethostname, "bailey", 6);
  if (e < 0) return e;
  return sys::call(__NR_setdomainname, "", 0);
}

long shift_time(Context& context) {
  const long e = sys::call(__NR_unshare, sys::kNewTime);
  if (e < 0) {
    context.time_error = e;  // whether that is accepted, the plan will say
    return 0;
  }
  // The id of what comes next differs from the id of what is now.
  if (namespace_id(context.host_proc, "time_for_children") ==
      namespace_id(context.host_proc, "time")) {
    return -1;
  }
  // Inside, the machine has been up for a second: the host's uptime says when it was
  // last patched and rebooted, and is nobody's business.
  const std::uint64_t ups[2] = {context.baseline.uptime_seconds, context.baseline.boottime_seconds};
  if (ups[0] > 1 && ups[1] > 1) {
    char text[80];
    std::size_t n = 0;
    for (int i = 0; i < 2; ++i) {
      for (const char* c = i == 0 ? "monotonic -" : "boottime -"; *c != '\0'; ++c) text[n++] = *c;
      n += format(text + n, ups[i] - 1);
      text[n++] = ' ';
      text[n++] = '0';
      text[n++] = '\n';
    }
    if (const long w = write_file(context.host_proc, "self/timens_offsets", text, n); w < 0)
      return w;
  }
  return 0;
}

long settle_time(Context& context) {
  if (context.time_error == 0) return 0;
  if (!context.accepts(Layer::kTime)) return context.time_error;
  context.report(Layer::kTime, kMissing, 0, context.time_error);
  return 0;
}

// To be called after the plan, when the warden has moved us into the leaf that holds the
// limits. The view made at our start begins where we were: beside the leaf, of which it
// would show "/../bailey-N" then, and with it that there is an outside.
long settle_group(Context& context) {
  const std::uint64_t before = namespace_id(context.host_proc, "cgroup");
  if (const long e = sys::call(__NR_unshare, sys::kNewCgroup); e < 0) {
    context.failure = {wire::Step::kNamespaces, e, 0};
    return e;
  }
  const std::uint64_t after = namespace_id(context.host_proc, "cgroup");
  if (after == 0 || after == before || after == context.baseline.namespaces[kCgroupKind]) return -1;
  const long fd = sys::openat(context.host_proc, "self/cgroup", 02000000);
  if (fd < 0) return fd;
  char text[2048];
  const long n = sys::read(static_cast<int>(fd), text, sizeof text);
  sys::close(static_cast<int>(fd));
  if (n <= 0) return -1;
  // In every hierarchy we are at the root of what we see: each line ends in ":/".
  for (long i = 0; i < n; ++i) {
    if (text[i] == '\n' && (i < 2 || text[i - 1] != '/' || text[i - 2] != ':')) return -1;
  }
  if (text[n - 1] != '\n') return -1;
  context.report(Layer::kCgroup, kProven, 0, 0);
  return 0;
}

long forbid_nesting(Context& context) {
  // The second lock against nested namespaces, beside the filter. No user namespace
  // means no capability, and without one there is no other kind either.
  const long fd = sys::openat(context.proc, "sys/user/max_user_namespaces", 02000001);
  if (fd < 0) return fd;
  const long written = sys::write(static_cast<int>(fd), "0", 1);
  sys::close(static_cast<int>(fd));
  if (written != 1) return written < 0 ? written : -5;
  return 0;
}

long prove_nesting(Context& context) {
  // Before: we are in a namespace made a moment ago. Init still holds every capability, so
  // only the count can refuse: ENOSPC.
  const long after = sys::call(__NR_clone, sys::kNewUser | kSigchld, 0, 0, 0, 0);
  if (after == 0) sys::exit(121);
  if (after > 0) {
    sys::call(__NR_wait4, after, nullptr, 0x40000000, nullptr);
    return -1;
  }
  if (after != -28) return after;
  context.report(Layer::kNesting, kProven, 0, after);
  return 0;
}

long prove_namespaces(const Context& context, wire::LayersBody& layers, std::uint64_t& item) {
  const Baseline& outside = context.baseline;
  // All but time, which only what init forks will be in.
  for (int i = 0; i < kNamespaceKinds - 1; ++i) {
    const std::uint64_t inside = namespace_id(context.host_proc, kNamespaceFiles[i]);
    if (inside != 0 && outside.namespaces[i] != 0 && inside != outside.namespaces[i]) continue;
    item = static_cast<std::uint64_t>(i);
    return -1;
  }
  // user: an id that exists outside has no meaning here.
  const std::uint32_t stranger = outside.uid == 65533 ? 65532 : 65533;
  const long user = sys::call(__NR_setresuid, stranger, -1, -1);
  if (user != -22) return -1;
  add(layers, Layer::kUser, kProven, 0, user);
  const long pid = sys::kill(outside.warden_pid, 0);
  if (sys::getpid() != 1 || outside.pid_before != 0 || (pid != -3 && outside.warden_pid != 1)) {
    return -1;
  }
  add(layers, Layer::kPid, kProven, outside.pid_before, pid);
  const long net = reach_abstract(outside);
  if (outside.net_before != 0 || net != -111) return -1;
  add(layers, Layer::kNet, kProven, outside.net_before, net);
  char room[256];
  const long ipc = sys::call(__NR_shmctl, outside.shm_id, 2, room);
  if (outside.ipc_before != 0 || (ipc != -22 && ipc != -43)) return -1;
  add(layers, Layer::kIpc, kProven, outside.ipc_before, ipc);
  new_utsname names;
  if (sys::call(__NR_uname, &names) < 0) return -1;
  const char expected[] = "bailey";
  for (std::size_t i = 0; i < sizeof expected; ++i) {
    if (names.nodename[i] != expected[i]) return -1;
  }
  add(layers, Layer::kUts, kProven, 0, 0);
  return 0;
}

}  // namespace bailey::platform::cage
