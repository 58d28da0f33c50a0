#include "platform/warden/cgroup.h"

#include "platform/cage/channel.h"

namespace bailey::platform::warden {

namespace sys = cage::sys;

namespace {

constexpr std::string_view kNames[kControllers] = {"memory", "pids", "cpu", "cpuacct"};
constexpr long kCgroup2Magic = 0x63677270;
constexpr int kDirectory = 0200000 | 02000000;

// Our path in the hierarchy whose list of controllers is `controllers` ("" for v2).
std::string_view own_path(std::string_view file, std::string_view controller) {
  std::size_t at = 0;
  while (at < file.size()) {
    std::size_t end = file.find('\n', at);
    if (end == std::string_view::npos) end = file.size();
    const std::string_view line = file.substr(at, end - at);
    at = end + 1;
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string_view::npos ? first : line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    std::string_view list = line.substr(first + 1, second - first - 1);
    if (controller.empty()) {
      if (list.empty()) return line.substr(second + 1);
      continue;
    }
    while (!list.empty()) {
      const std::size_t comma = list.find(',');
      if (list.substr(0, comma) == controller) return line.substr(second + 1);
      if (comma == std::string_view::npos) break;
      list.remove_prefix(comma + 1);
    }
  }
  return {};
}

// Removes leaves of wardens that are not alive any more.
void sweep(int directory) {
  const long listing = sys::openat(directory, ".", kDirectory);
  if (listing < 0) return;
  char buffer[4096];
  for (;;) {
    const long n = sys::call(__NR_getdents64, listing, buffer, sizeof buffer);
    if (n <= 0) break;
    for (long at = 0; at < n;) {
      std::uint16_t length = 0;
      __builtin_memcpy(&length, buffer + at + 16, sizeof length);
      const char* entry = buffer + at + 19;
      const std::string_view name(entry);
      at += length;
      if (!name.starts_with("bailey-")) continue;
      const std::uint64_t pid = number(name.substr(7));
      if (pid > 0x7fffffff || sys::kill(static_cast<long>(pid), 0) != -3) {
        continue;
      }
      sys::call(__NR_unlinkat, directory, entry, 0x200);
    }
  }
  sys::close(static_cast<int>(listing));
}

// Whether a process is us, our signer, or a child of ours: init.
bool is_ours(std::uint64_t pid) {
  const long self = sys::getpid();
  if (pid == static_cast<std::uint64_t>(self)) return true;
  if (pid == 0 || pid == kNoNumber) return false;  // 0: of another pid namespace
  if (static_cast<long>(pid) == sys::call(__NR_getppid)) return true;
  Line<32> path;
  path.add("/proc/").add(pid).add("/stat");
  char text[512];
  const std::string_view stat = read_text(sys::kAtFdcwd, path.c_str(), text, sizeof text);
  const std::size_t name = stat.rfind(')');  // ") S PARENT"
  return name != std::string_view::npos && name + 4 < stat.size() &&
         number(stat.substr(name + 4)) == static_cast<std::uint64_t>(self);
}

// A group that was delegated to us alone holds us, and so cannot hand controllers on: we
// step down into a leaf of it. Where anybody else is in it, it is not ours to arrange.
void step_down(int group) {
  char list[512];
  const std::string_view pids = read_text(group, "cgroup.procs", list, sizeof list);
  if (pids.empty() || pids.size() == sizeof list) return;
  for (std::size_t at = 0; at < pids.size(); at = pids.find('\n', at) + 1) {
    if (!is_ours(number(pids.substr(at)))) return;
    if (pids.find('\n', at) == std::string_view::npos) return;
  }
  constexpr const char* kLeaf = "bailey-self";
  const long made = sys::mkdirat(group, kLeaf, 0700);
  if (made < 0 && made != -17) return;
  const long leaf = sys::openat(group, kLeaf, kDirectory);
  if (leaf < 0) return;
  for (std::size_t at = 0; at < pids.size(); at = pids.find('\n', at) + 1) {
    Line<32> pid;
    pid.add(number(pids.substr(at)));
    write_text(static_cast<int>(leaf), "cgroup.procs", pid.view());
  }
  sys::close(static_cast<int>(leaf));
  // Each by itself: one that is not ours to hand on takes no other with it.
  for (const char* controller : {"+memory", "+pids", "+cpu"}) {
    write_text(group, "cgroup.subtree_control", controller);
  }
}

long open_beneath(std::string_view mount, std::string_view path) {
  Line<1024> full;
  full.add(mount).add(path);
  if (!full.ok) return -36;
  return sys::openat(sys::kAtFdcwd, full.c_str(), kDirectory);
}

std::uint64_t read_number(int dir, const char* file) {
  char text[64];
  return number(read_text(dir, file, text, sizeof text));
}

long set_and_read(int dir, const char* file, std::uint64_t value, std::uint64_t& effective) {
  Line<32> text;
  text.add(value);
  if (const long e = write_text(dir, file, text.view()); e < 0) return e;
  effective = read_number(dir, file);
  // The kernel may round down to whole pages, never up.
  return effective == kNoNumber || effective > value ? -5 : 0;
}

}  // namespace

void Cgroup::open(unsigned wanted) noexcept {
  name_.add("bailey-").add(static_cast<std::uint64_t>(sys::getpid()));
  struct {
    long type;
    long rest[14];
  } fs{};
  const bool pure = sys::call(__NR_statfs, "/sys/fs/cgroup", &fs) == 0 && fs.type == kCgroup2Magic;
  if (pure) {
    open_v2(wanted);
  } else {
    open_v1(wanted);
  }
}

void Cgroup::open_v1(unsigned wanted) noexcept {
  char buffer[4096];
  const std::string_view own = read_text(sys::kAtFdcwd, "/proc/self/cgroup", buffer, sizeof buffer);
  for (unsigned i = 0; i < kControllers; ++i) {
    if ((wanted >> i & 1U) == 0) continue;
    const std::string_view path = own_path(own, kNames[i]);
    if (path.empty()) continue;
    Line<64> mount;
    mount.add("/sys/fs/cgroup/").add(kNames[i]);
    const long parent = open_beneath(mount.view(), path);
    if (parent < 0) continue;
    sweep(static_cast<int>(parent));
    const long made = sys::mkdirat(static_cast<int>(parent), name_.c_str(), 0700);
    // Two controllers on one hierarchy share the leaf.
    const long leaf = made < 0 && made != -17
                          ? made
                          : sys::openat(static_cast<int>(parent), name_.c_str(), kDirectory);
    if (leaf < 0) {
      sys::close(static_cast<int>(parent));
      continue;
    }
    parent_[i] = static_cast<int>(parent);
    leaf_[i] = static_cast<int>(leaf);
  }
}

void Cgroup::open_v2(unsigned wanted) noexcept {
  v2_ = true;
  char buffer[4096];
  std::string_view path =
      own_path(read_text(sys::kAtFdcwd, "/proc/self/cgroup", buffer, sizeof buffer), "");
  if (path.empty()) return;
  // Beside us first: our own cgroup holds processes, so it cannot hand controllers on.
  const std::size_t slash = path.rfind('/');
  const std::string_view beside = slash == std::string_view::npos ? path : path.substr(0, slash);
  const std::string_view places[3] = {beside, path, path};
  constexpr const char* kMarks[kControllers] = {"memory.max", "pids.max", "cpu.max", "cpu.stat"};
  for (unsigned i = 0; i < 3; ++i) {
    const long parent = open_beneath("/sys/fs/cgroup", places[i]);
    if (parent < 0) continue;
    if (i == 2) step_down(static_cast<int>(parent));
    sweep(static_cast<int>(parent));
    if (sys::mkdirat(static_cast<int>(parent), name_.c_str(), 0700) < 0) {
      sys::close(static_cast<int>(parent));
      continue;
    }
    const long leaf = sys::openat(static_cast<int>(parent), name_.c_str(), kDirectory);
    bool any = false;
    for (unsigned c = 0; leaf >= 0 && c < kControllers; ++c) {
      if ((wanted >> c & 1U) == 0) continue;
      sys::Stat stat;
      if (sys::fstatat(static_cast<int>(leaf), kMarks[c], &stat, 0) < 0) continue;
      leaf_[c] = static_cast<int>(leaf);
      parent_[c] = static_cast<int>(parent);
      any = any || c != static_cast<unsigned>(Controller::kCpuacct);
    }
    if (any) return;
    for (unsigned c = 0; c < kControllers; ++c) leaf_[c] = parent_[c] = -1;
    if (leaf >= 0) sys::close(static_cast<int>(leaf));
    sys::call(__NR_unlinkat, parent, name_.c_str(), 0x200);
    sys::close(static_cast<int>(parent));
  }
}

long Cgroup::adopt(long pid) noexcept {
  Line<32> text;
  text.add(static_cast<std::uint64_t>(pid));
  for (const int leaf : leaf_) {
    if (leaf >= 0) return write_text(leaf, "cgroup.procs", text.view());  // one for all
  }
  return 0;
}

long Cgroup::admit(int init_socket, long init) noexcept {
  if (v2_) return adopt(init);
  for (const int leaf : leaf_) {
    if (leaf < 0) continue;
    const long tasks = sys::openat(leaf, "tasks", 02000001);
    if (tasks < 0) return tasks;
    effect::process::Message join;
    join.type = effect::process::MessageType::kJoin;
    const long e = cage::send(init_socket, join, static_cast<int>(tasks));
    sys::close(static_cast<int>(tasks));
    if (e < 0) return e;
  }
  return 0;
}

long Cgroup::limit_memory(std::uint64_t bytes, std::uint64_t& effective) noexcept {
  const int dir = leaf(Controller::kMemory);
  if (!v2_) {
    if (const long e = set_and_read(dir, "memory.limit_in_bytes", bytes, effective); e < 0) {
      return e;
    }
    // Swap counts too where the kernel counts it.
    std::uint64_t both = 0;
    const long e = set_and_read(dir, "memory.memsw.limit_in_bytes", bytes, both);
    return e == -2 || e == -95 || e == -13 ? 0 : e;
  }
  write_text(dir, "memory.swap.max", "0");
  write_text(dir, "memory.oom.group", "1");
  return set_and_read(dir, "memory.max", bytes, effective);
}

long Cgroup::limit_processes(std::uint64_t count, std::uint64_t& effective) noexcept {
  // One more for init.
  const long e = set_and_read(leaf(Controller::kPids), "pids.max", count + 1, effective);
  if (e == 0 && effective > 0) --effective;
  return e;
}

long Cgroup::limit_cpus(std::uint64_t thousandths, std::uint64_t& effective) noexcept {
  const int dir = leaf(Controller::kCpu);
  constexpr std::uint64_t kPeriod = 100000;  // us
  const std::uint64_t quota = thousandths * (kPeriod / 1000);
  if (quota < 1000) return -22;  // the kernel's smallest
  std::uint64_t read_back = 0;
  if (!v2_) {
    if (const long e = set_and_read(dir, "cpu.cfs_period_us", kPeriod, read_back); e < 0) return e;
    if (const long e = set_and_read(dir, "cpu.cfs_quota_us", quota, read_back); e < 0) return e;
  } else {
    Line<48> text;
    text.add(quota).add(" ").add(kPeriod);
    if (const long e = write_text(dir, "cpu.max", text.view()); e < 0) return e;
    read_back = read_number(dir, "cpu.max");
    if (read_back == kNoNumber || read_back > quota) return -5;
  }
  effective = read_back / (kPeriod / 1000);
  return 0;
}

std::uint64_t Cgroup::oom_kills() const noexcept {
  const int dir = leaf(Controller::kMemory);
  if (dir < 0) return 0;
  char text[1024];
  const std::uint64_t count = field(
      read_text(dir, v2_ ? "memory.events" : "memory.oom_control", text, sizeof text), "oom_kill ");
  return count == kNoNumber ? 0 : count;
}

std::uint64_t Cgroup::peak_memory() const noexcept {
  return read_number(leaf(Controller::kMemory), v2_ ? "memory.peak" : "memory.max_usage_in_bytes");
}

std::uint64_t Cgroup::processes_refused() const noexcept {
  char text[64];
  const std::uint64_t count =
      field(read_text(leaf(Controller::kPids), "pids.events", text, sizeof text), "max");
  return count == kNoNumber ? 0 : count;
}

std::uint64_t Cgroup::peak_processes() const noexcept {
  const std::uint64_t peak = read_number(leaf(Controller::kPids), "pids.peak");
  return peak == kNoNumber || peak == 0 ? peak : peak - 1;
}

std::uint64_t Cgroup::cpu_ns() const noexcept {
  const int dir = leaf(Controller::kCpuacct);
  if (dir < 0) return kNoNumber;
  if (!v2_) return read_number(dir, "cpuacct.usage");
  char text[1024];
  const std::uint64_t us = field(read_text(dir, "cpu.stat", text, sizeof text), "usage_usec");
  return us == kNoNumber ? us : us * 1000;
}

void Cgroup::close() noexcept {
  for (unsigned i = 0; i < kControllers; ++i) {
    if (parent_[i] < 0) continue;
    // All of it died with init; should anything be left, it ends here.
    if (v2_) write_text(leaf_[i], "cgroup.kill", "1");
    // A dying task may keep the leaf busy for a moment.
    for (int tries = 0; tries < 100; ++tries) {
      const long e = sys::call(__NR_unlinkat, parent_[i], name_.c_str(), 0x200);
      if (e != -16) break;
      const sys::TimeSpec moment{0, 1000000};
      sys::call(__NR_nanosleep, &moment, nullptr);
    }
    leaf_[i] = parent_[i] = -1;
  }
}

}  // namespace bailey::platform::warden
