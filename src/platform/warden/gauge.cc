#include "platform/warden/gauge.h"

#include "platform/warden/text.h"

namespace bailey::platform::warden {

namespace sys = cage::sys;

namespace {

constexpr std::uint64_t kTickNs = 10000000;  // USER_HZ is 100 on every Linux ABI

// Fields of /proc/PID/stat after the name in parentheses, which may hold anything.
void add_stat(std::string_view text, bool init, Usage& usage) {
  const std::size_t close = text.rfind(')');
  if (close == std::string_view::npos) return;
  std::uint64_t fields[18] = {};
  std::size_t count = 0;
  std::size_t at = close + 4;  // ") S "
  while (at < text.size() && count < 18) {
    const std::uint64_t value = number(text.substr(at));
    fields[count++] = value == kNoNumber ? 0 : value;
    const std::size_t space = text.find(' ', at);
    if (space == std::string_view::npos) break;
    at = space + 1;
  }
  // The state is field 3; the first read here is field 4: utime 14, stime 15,
  // cutime 16, cstime 17, num_threads 20.
  for (std::size_t i = 10; i <= 13; ++i) usage.cpu_ns += fields[i] * kTickNs;
  if (!init) usage.tasks += fields[16];
}

// The inodes that were counted in one look. When it is full, what follows may count
// more than once.
struct Seen {
  static constexpr std::size_t kRoom = 1024;
  std::uint64_t inodes[kRoom];
  std::size_t count = 0;

  bool add(std::uint64_t inode) {
    for (std::size_t i = 0; i < count; ++i) {
      if (inodes[i] == inode) return false;
    }
    if (count < kRoom) inodes[count++] = inode;
    return true;
  }
};
constinit Seen seen{};

// Memory that lies in memfds: written to, it belongs to no process's resident set.
void add_memfds(int proc, std::string_view pid, std::uint64_t device, Usage& usage) {
  Line<48> path;
  path.add(pid).add("/fd");
  const long fd = sys::openat(proc, path.c_str(), 0200000 | 02000000);
  if (fd < 0) return;
  const int directory = static_cast<int>(fd);
  alignas(8) static char entries[8192];
  for (;;) {
    const long n = sys::call(__NR_getdents64, directory, entries, sizeof entries);
    if (n <= 0) break;
    for (long at = 0; at < n;) {
      std::uint16_t length = 0;
      __builtin_memcpy(&length, entries + at + 16, sizeof length);
      sys::Stat stat;
      const char* name = entries + at + 19;
      at += length;
      if (name[0] == '.' || sys::fstatat(directory, name, &stat, 0) < 0) continue;
      if (stat.device != device || !seen.add(stat.inode)) continue;
      usage.memory += static_cast<std::uint64_t>(stat.blocks) * 512;
    }
  }
  sys::close(directory);
}

// What one process uses, but for what its /proc/PID/stat says.
void add_process(int proc, std::string_view pid, unsigned what, std::uint64_t memfd_device,
                 Usage& usage) {
  if ((what & kMeasureMemory) != 0) {
    Line<48> memory;
    memory.add(pid).add("/status");
    char status[2048];
    const std::string_view lines = read_text(proc, memory.c_str(), status, sizeof status);
    for (const std::string_view kind : {"RssAnon", "RssShmem"}) {
      const std::uint64_t kilobytes = field(lines, kind);
      if (kilobytes != kNoNumber) usage.memory += kilobytes * 1024;
    }
    add_memfds(proc, pid, memfd_device, usage);
  }
  if ((what & kMeasureDisk) != 0) {
    Line<48> io;
    io.add(pid).add("/io");
    char text[1024];
    const std::uint64_t written =
        field(read_text(proc, io.c_str(), text, sizeof text), "write_bytes");
    if (written != kNoNumber) usage.disk += written;
  }
}

// Calls `visit` with each process's name in /proc. False when /proc cannot be read.
template <class Visit>
bool each_process(int proc, Visit visit) {
  const long listing = sys::openat(proc, ".", 0200000 | 02000000);
  if (listing < 0) return false;
  alignas(8) static char entries[16384];
  for (;;) {
    const long n = sys::call(__NR_getdents64, listing, entries, sizeof entries);
    if (n <= 0) break;
    for (long at = 0; at < n;) {
      std::uint16_t length = 0;
      __builtin_memcpy(&length, entries + at + 16, sizeof length);
      const std::string_view name(entries + at + 19);
      at += length;
      const std::uint64_t pid = number(name);
      if (pid != kNoNumber) visit(name, pid);
    }
  }
  sys::close(static_cast<int>(listing));
  return true;
}

std::string_view stat_of(int proc, std::string_view pid, char (&text)[1024]) {
  Line<48> path;
  path.add(pid).add("/stat");
  return read_text(proc, path.c_str(), text, sizeof text);
}

// Who descends from one process, in a list of all. In the zero pages of the image until used.
struct Kin {
  static constexpr std::size_t kRoom = 32768;
  struct One {
    std::uint32_t pid, parent;
    bool ours;
  };
  One all[kRoom];
  std::size_t count = 0;
  bool is_full = false;

  void add(std::uint64_t pid, std::uint64_t parent, bool ours) {
    if (count == kRoom) {
      is_full = true;
      return;
    }
    all[count++] = {static_cast<std::uint32_t>(pid), static_cast<std::uint32_t>(parent), ours};
  }
  [[nodiscard]] const One* find(std::uint32_t pid) const {
    // /proc lists them in order.
    std::size_t from = 0, to = count;
    while (from < to) {
      const std::size_t middle = (from + to) / 2;
      if (all[middle].pid == pid) return &all[middle];
      if (all[middle].pid < pid) {
        from = middle + 1;
      } else {
        to = middle;
      }
    }
    return nullptr;
  }
  // A parent mostly comes before its child, so one turn is mostly enough.
  void settle() {
    for (bool changed = true; changed;) {
      changed = false;
      for (std::size_t i = 0; i < count; ++i) {
        if (all[i].ours) continue;
        const One* parent = find(all[i].parent);
        if (parent == nullptr || !parent->ours) continue;
        all[i].ours = changed = true;
      }
    }
  }
};
constinit Kin kin{};

// The field after the state: who its parent is.
std::uint64_t parent_in(std::string_view stat) {
  const std::size_t close = stat.rfind(')');
  if (close == std::string_view::npos || close + 4 >= stat.size()) return 0;
  return number(stat.substr(close + 4));
}

}  // namespace

bool measure(int proc, unsigned what, std::uint64_t memfd_device, Usage& usage) noexcept {
  seen.count = 0;
  return each_process(proc, [&](std::string_view name, std::uint64_t pid) {
    char text[1024];
    add_stat(stat_of(proc, name, text), pid == 1, usage);
    if (pid != 1) add_process(proc, name, what, memfd_device, usage);
  });
}

bool measure_tree(int proc, const Tree& tree, unsigned what, std::uint64_t memfd_device,
                  Usage& usage) noexcept {
  seen.count = kin.count = 0;
  kin.is_full = false;
  const bool listed = each_process(proc, [&](std::string_view name, std::uint64_t pid) {
    char text[1024];
    kin.add(pid, parent_in(stat_of(proc, name, text)), pid == tree.init);
  });
  if (!listed) return false;
  kin.settle();
  for (std::size_t i = 0; i < kin.count; ++i) {
    const Kin::One& one = kin.all[i];
    if (!one.ours || one.pid == tree.guard) continue;
    Line<24> name;
    name.add(std::uint64_t{one.pid});
    char text[1024];
    add_stat(stat_of(proc, name.view(), text), one.pid == tree.init, usage);
  }
  if (kin.is_full) usage.tasks = kNoNumber - 1;
  if (usage.tasks > tree.most_tasks) return true;
  for (std::size_t i = 0; i < kin.count; ++i) {
    const Kin::One& one = kin.all[i];
    if (!one.ours || one.pid == tree.guard || one.pid == tree.init) continue;
    Line<24> name;
    name.add(std::uint64_t{one.pid});
    add_process(proc, name.view(), what, memfd_device, usage);
  }
  return true;
}

std::uint64_t measure_segments(int list) noexcept {
  // key shmid perms size cpid lpid nattch uid gid cuid cgid atime dtime ctime rss swap
  constexpr unsigned kResident = 14;
  std::uint64_t total = 0, value = 0;
  unsigned column = 0;
  bool in_number = false, heading = true;
  std::uint64_t offset = 0;
  char text[2048];
  for (;;) {
    const long n = sys::call(__NR_pread64, list, text, sizeof text, offset);
    if (n <= 0) return total;
    offset += static_cast<std::uint64_t>(n);
    for (long i = 0; i < n; ++i) {
      const char c = text[i];
      if (c != ' ' && c != '\n') {
        in_number = true;
        if (c >= '0' && c <= '9') value = value * 10 + static_cast<std::uint64_t>(c - '0');
        continue;
      }
      if (in_number && !heading && column == kResident) total += value;
      if (in_number) ++column;
      in_number = false;
      value = 0;
      if (c == '\n') {
        column = 0;
        heading = false;
      }
    }
  }
}

}  // namespace bailey::platform::warden
