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

}  // namespace

bool measure(int proc, unsigned what, std::uint64_t memfd_device, Usage& usage) noexcept {
  seen.count = 0;
  const long listing = sys::openat(proc, ".", 0200000 | 02000000);
  if (listing < 0) return false;
  alignas(8) static char entries[16384];
  char text[1024];
  for (;;) {
    const long n = sys::call(__NR_getdents64, listing, entries, sizeof entries);
    if (n <= 0) break;
    for (long at = 0; at < n;) {
      std::uint16_t length = 0;
      __builtin_memcpy(&length, entries + at + 16, sizeof length);
      const std::string_view name(entries + at + 19);
      at += length;
      const std::uint64_t pid = number(name);
      if (pid == kNoNumber) continue;
      Line<48> path;
      path.add(name).add("/stat");
      add_stat(read_text(proc, path.c_str(), text, sizeof text), pid == 1, usage);
      if (pid == 1) continue;
      if ((what & kMeasureMemory) != 0) {
        Line<48> memory;
        memory.add(name).add("/status");
        char status[2048];
        const std::string_view lines = read_text(proc, memory.c_str(), status, sizeof status);
        for (const std::string_view kind : {"RssAnon", "RssShmem"}) {
          const std::uint64_t kilobytes = field(lines, kind);
          if (kilobytes != kNoNumber) usage.memory += kilobytes * 1024;
        }
        add_memfds(proc, name, memfd_device, usage);
      }
      if ((what & kMeasureDisk) != 0) {
        Line<48> io;
        io.add(name).add("/io");
        const std::uint64_t written =
            field(read_text(proc, io.c_str(), text, sizeof text), "write_bytes");
        if (written != kNoNumber) usage.disk += written;
      }
    }
  }
  sys::close(static_cast<int>(listing));
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
