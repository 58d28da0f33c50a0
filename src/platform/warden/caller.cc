#include "platform/warden/caller.h"

namespace bailey::platform::warden {

namespace sys = cage::sys;
namespace wire = effect::process;

namespace {

constexpr int kPathOnly = 010000000 | 02000000;  // O_PATH | O_CLOEXEC
constexpr std::uint16_t kUnix = 1, kInet = 2, kInet6 = 10;

struct Piece {
  std::uint64_t base;
  std::size_t length;
};

bool is_loopback(const unsigned char* four) noexcept { return four[0] == 127 || four[0] == 0; }

// ::1, ::, and the four bytes of a mapped address.
bool is_loopback6(const unsigned char* sixteen) noexcept {
  unsigned char sum = 0;
  for (int i = 0; i < 10; ++i) sum |= sixteen[i];
  if (sum != 0) return false;
  if (sixteen[10] == 0xff && sixteen[11] == 0xff) return is_loopback(sixteen + 12);
  for (int i = 10; i < 15; ++i) sum |= sixteen[i];
  return sum == 0 && sixteen[15] <= 1;
}

}  // namespace

// Up to the end of what is mapped; the number of bytes, or a negative errno.
long Caller::read_memory(std::uint64_t at, void* to, std::size_t size) const noexcept {
  constexpr std::uint64_t kPage = 4096;
  if (at == 0) return -14;
  std::size_t done = 0;
  while (done < size) {
    // A page at a time: one that is not there must not hide the one before.
    const std::uint64_t from = at + done;
    const std::uint64_t to_end = kPage - from % kPage;
    const std::size_t part = size - done < to_end ? size - done : static_cast<std::size_t>(to_end);
    const Piece local{reinterpret_cast<std::uintptr_t>(to) + done, part};
    const Piece remote{from, part};
    const long n = sys::call(__NR_process_vm_readv, pid_, &local, 1, &remote, 1, 0);
    if (n <= 0) break;
    done += static_cast<std::size_t>(n);
    if (static_cast<std::size_t>(n) < part) break;
  }
  return done > 0 ? static_cast<long>(done) : -14;
}

long Caller::open_in_proc(std::uint32_t pid, const char* file, int flags) noexcept {
  Line<64> path;
  path.add("/proc/").add(std::uint64_t{pid}).add("/").add(file);
  return sys::openat(sys::kAtFdcwd, path.c_str(), flags);
}

long Caller::open_root(std::uint32_t pid) noexcept { return open_in_proc(pid, "root", kPathOnly); }

long Caller::read_string(std::uint64_t at, char* to, std::size_t room) const noexcept {
  const long n = read_memory(at, to, room);
  if (n < 0) return n;
  for (long i = 0; i < n; ++i) {
    if (to[i] == '\0') return i;
  }
  return static_cast<std::size_t>(n) == room ? -36 : -14;  // ENAMETOOLONG, EFAULT
}

long Caller::open_descriptor(int number) const noexcept {
  if (number == sys::kAtFdcwd) return open_in_proc(pid_, "cwd", kPathOnly);
  if (number < 0) return -9;
  Line<32> link;
  link.add("fd/").add(static_cast<std::uint64_t>(number));
  const long fd = open_in_proc(pid_, link.c_str(), kPathOnly);
  return fd == -2 ? -9 : fd;
}

// Nobody in a cage can change its root, so the caller's is ours, also for links that are absolute.
long Caller::open_path(int directory, const char* path, std::uint64_t flags) const noexcept {
  const bool absolute = path[0] == '/';
  const long from = absolute ? root_ : open_descriptor(directory);
  if (from < 0) return from;
  const std::uint64_t how = sys::kNoMagicLinks | (absolute ? sys::kInRoot : 0);
  const long file = sys::openat2(static_cast<int>(from), path,
                                 static_cast<std::uint64_t>(kPathOnly) | flags, how);
  if (!absolute) sys::close(static_cast<int>(from));
  return file;
}

Caller::Address Caller::read_address(std::uint64_t at, std::uint64_t size,
                                     wire::EventBody& body) const noexcept {
  unsigned char address[128];
  const std::size_t wanted =
      size < sizeof address ? static_cast<std::size_t>(size) : sizeof address;
  const long n = wanted < 2 ? -22 : read_memory(at, address, wanted);
  if (n < 2) return Address::kUnreadable;
  const auto got = static_cast<std::size_t>(n);
  body.family = static_cast<std::uint16_t>(address[0] | address[1] << 8);
  const auto take = [&](std::size_t from, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) body.object[i] = static_cast<char>(address[from + i]);
    body.object_size = static_cast<std::uint16_t>(count);
  };
  if (body.family == kInet && got >= 8) {
    body.port = static_cast<std::uint16_t>(address[2] << 8 | address[3]);
    take(4, 4);
    return is_loopback(address + 4) ? Address::kHere : Address::kAway;
  }
  if (body.family == kInet6 && got >= 24) {
    body.port = static_cast<std::uint16_t>(address[2] << 8 | address[3]);
    take(8, 16);
    return is_loopback6(address + 8) ? Address::kHere : Address::kAway;
  }
  if (body.family == kUnix && got > 2) {
    take(2, got - 2);
    return Address::kAway;
  }
  return Address::kHere;  // unspecified, netlink: no place
}

bool Caller::read_path(std::uint64_t at, wire::EventBody& body) const noexcept {
  const long n = read_memory(at, body.object, sizeof body.object);
  if (n <= 0) return false;
  std::size_t size = 0;
  while (size < static_cast<std::size_t>(n) && body.object[size] != '\0') ++size;
  if (size == sizeof body.object) body.flags |= wire::kEventCut;
  body.object_size = static_cast<std::uint16_t>(size);
  return size > 0;
}

bool Caller::add_directory(int directory, Path& path) const noexcept {
  Line<32> link;
  if (directory == sys::kAtFdcwd) {
    link.add("cwd");
  } else if (directory >= 0) {
    link.add("fd/").add(static_cast<std::uint64_t>(directory));
  } else {
    return false;
  }
  Line<64> where;
  where.add("/proc/").add(std::uint64_t{pid_}).add("/").add(link.view());
  char from[1024];
  const long n = sys::call(__NR_readlinkat, sys::kAtFdcwd, where.c_str(), from, sizeof from);
  if (n <= 0 || static_cast<std::size_t>(n) == sizeof from || from[0] != '/') return false;
  path.add({from, static_cast<std::size_t>(n)}).add("/");
  return path.ok;
}

bool Caller::absolute(int directory, const wire::EventBody& body, Path& path) const noexcept {
  if ((body.flags & wire::kEventCut) != 0) return false;  // not all of its name is here
  const std::string_view object(body.object, body.object_size);
  if (object[0] != '/' && !add_directory(directory, path)) return false;
  path.add(object);
  return path.ok;
}

bool Caller::read_plain_path(int directory, std::uint64_t at, Path& path) const noexcept {
  char said[1024];
  const long n = read_memory(at, said, sizeof said);
  if (n <= 0) return false;
  std::size_t size = 0;
  while (size < static_cast<std::size_t>(n) && said[size] != '\0') ++size;
  if (size == 0 || size == static_cast<std::size_t>(n)) return false;  // empty, or not all of it
  Path whole;
  if (said[0] != '/' && !add_directory(directory, whole)) return false;
  whole.add({said, size});
  if (!whole.ok) return false;
  const std::string_view text = whole.view();
  for (std::size_t from = 0; from < text.size();) {
    std::size_t to = from;
    while (to < text.size() && text[to] != '/') ++to;
    const std::string_view name = text.substr(from, to - from);
    from = to + 1;
    if (name.empty() || name == ".") continue;
    if (name != "..") {
      path.add("/").add(name);
      continue;
    }
    while (path.size > 0 && path.text[path.size - 1] != '/') --path.size;
    if (path.size > 0) --path.size;
    path.text[path.size] = '\0';
  }
  return path.ok && path.size > 1;
}

long Caller::look_up(const char* path) const noexcept {
  if (root_ < 0) return root_;
  return sys::openat2(static_cast<int>(root_), path[1] == '\0' ? "." : path + 1, kPathOnly,
                      sys::kNoMagicLinks | sys::kInRoot);
}

namespace {

// Root without its capabilities, as the caller is: what the bits say.
long access_by_mode(int file, int mode) noexcept {
  sys::Stat stat;
  if (const long e = sys::fstatat(file, "", &stat, sys::kAtEmptyPath); e < 0) return e;
  const unsigned shift = stat.uid == 0 ? 6 : stat.gid == 0 ? 3 : 0;
  const auto wanted = static_cast<unsigned>(mode);
  return (stat.mode >> shift & wanted) == wanted ? 0 : -13;
}

// What access(2) says of an open file, with our ids, which are the caller's. Closes it.
long access_of(long file, int mode) noexcept {
  constexpr int kEffective = 0x200;
  long e = sys::call(__NR_faccessat2, file, "", mode, kEffective | sys::kAtEmptyPath);
  if (e == 0 && sys::call(__NR_geteuid) == 0) e = access_by_mode(static_cast<int>(file), mode);
  sys::close(static_cast<int>(file));
  return e;
}

int as_refusal(long e) noexcept { return e == -13 || e == -30 ? static_cast<int>(-e) : 0; }

}  // namespace

bool Caller::is_kept_from(const Path& path) const noexcept {
  const long inside = look_up(path.c_str());
  // Whatever else is wrong with it is no matter of what the cage shows.
  if (inside < 0 && inside != -2 && inside != -13) return false;
  if (inside >= 0 && access_of(inside, 4) != -13) return false;
  const long outside = sys::openat2(sys::kAtFdcwd, path.c_str(), kPathOnly, sys::kNoMagicLinks);
  if (outside < 0) return false;
  sys::close(static_cast<int>(outside));
  return true;
}

int Caller::refusal_to_execute(int directory, const wire::EventBody& body) const noexcept {
  Path path;
  if (!absolute(directory, body, path)) return 0;
  const long file = look_up(path.c_str());
  // Not there is no refusal: every search of PATH has such.
  return as_refusal(file < 0 ? file : access_of(file, 1));
}

int Caller::refusal_to_open(int directory, std::uint64_t flags,
                            const wire::EventBody& body) const noexcept {
  constexpr std::uint64_t kAccess = 3, kCreate = 0100;
  Path path;
  if (!absolute(directory, body, path)) return 0;
  const std::uint64_t wanted = flags & kAccess;
  const int mode = wanted == 0 ? 4 : wanted == 1 ? 2 : 6;
  long file = look_up(path.c_str());
  if (file != -2) return as_refusal(file < 0 ? file : access_of(file, mode));
  // On the host, for us, and not in the cage: hidden. Looked up, never opened.
  file = sys::openat2(sys::kAtFdcwd, path.c_str(), kPathOnly, sys::kNoMagicLinks);
  if (file >= 0) {
    sys::close(static_cast<int>(file));
    return 2;
  }
  if ((flags & kCreate) == 0) return 0;
  // A new file: what its directory says.
  std::size_t end = path.view().rfind('/');
  Path parent;
  parent.add(path.view().substr(0, end == 0 ? 1 : end));
  file = look_up(parent.c_str());
  return as_refusal(file < 0 ? file : access_of(file, 2));
}

bool Caller::is_outside(int directory, std::uint64_t flags, const Territory& territory,
                        wire::EventBody& body) const noexcept {
  constexpr std::uint64_t kAccess = 3, kTruncate = 01000, kCreate = 0100;
  constexpr int kDenied = 13;
  Path path;
  if (!absolute(directory, body, path)) return false;
  bool writes = (flags & (kAccess | kTruncate)) != 0;
  long file = look_up(path.c_str());
  if (file == -2 && (flags & kCreate) != 0) {
    const std::size_t end = path.view().rfind('/');
    Path parent;
    parent.add(path.view().substr(0, end == 0 ? 1 : end));
    file = look_up(parent.c_str());
    writes = true;
  }
  if (file < 0) return false;
  Line<48> link;
  link.add("/proc/self/fd/").add(static_cast<std::uint64_t>(file));
  char real[1024];
  const long n = sys::call(__NR_readlinkat, sys::kAtFdcwd, link.c_str(), real, sizeof real);
  sys::close(static_cast<int>(file));
  if (n <= 0 || static_cast<std::size_t>(n) == sizeof real) return false;
  const std::string_view place(real, static_cast<std::size_t>(n));
  // The single files that are open there are not worth a list of their own.
  if (place.starts_with("/dev/") || place.starts_with("/proc/")) return false;
  if (writes ? territory.may_write(place) : territory.may_read(place)) return false;
  body.error = kDenied;
  body.flags |= wire::kEventLandlock;
  return true;
}

bool Caller::note_use(int directory, std::uint64_t flags, wire::EventBody& body) const noexcept {
  constexpr std::uint64_t kAccess = 3, kCreate = 0100, kTruncate = 01000;
  constexpr unsigned kTypeMask = 0170000, kDirectoryType = 0040000;
  Path path;
  const bool whole = absolute(directory, body, path);
  if (!whole || path.view().size() > sizeof body.object) {
    body.flags |= wire::kEventUse | wire::kEventCut;  // told as something that is not known
    return true;
  }
  bool writes = (flags & (kAccess | kTruncate)) != 0;
  if (const long file = look_up(path.c_str()); file >= 0) {
    sys::Stat stat;
    const long e = sys::fstatat(static_cast<int>(file), "", &stat, sys::kAtEmptyPath);
    sys::close(static_cast<int>(file));
    if (e < 0 || (stat.mode & kTypeMask) == kDirectoryType) return false;
  } else {
    if ((flags & kCreate) == 0) return false;
    writes = true;
  }
  body.object_size = static_cast<std::uint16_t>(path.view().size());
  for (std::size_t i = 0; i < path.view().size(); ++i) body.object[i] = path.view()[i];
  body.flags |= wire::kEventUse;
  if (writes) body.flags |= wire::kEventWrites;
  return true;
}

void Caller::name(char (&to)[16]) const noexcept {
  Line<64> path;
  path.add("/proc/").add(std::uint64_t{pid_}).add("/comm");
  char text[32];
  const std::string_view line = read_text(sys::kAtFdcwd, path.c_str(), text, sizeof text);
  for (std::size_t i = 0; i < line.size() && i < sizeof to - 1 && line[i] != '\n'; ++i) {
    to[i] = line[i];
  }
}

int Caller::open_program(wire::EventBody& body) const noexcept {
  const long fd = open_in_proc(pid_, "exe", 02000000);  // O_RDONLY | O_CLOEXEC
  if (fd < 0) return -1;
  sys::Stat stat;
  if (sys::fstatat(static_cast<int>(fd), "", &stat, sys::kAtEmptyPath) < 0) {
    sys::close(static_cast<int>(fd));
    return -1;
  }
  body.device = stat.device;
  body.inode = stat.inode;
  constexpr std::uint64_t kNanoseconds = 1'000'000'000;
  body.version = static_cast<std::uint64_t>(stat.size) ^
                 (stat.times[2] * kNanoseconds + stat.times[3]) << 1 ^
                 (stat.times[4] * kNanoseconds + stat.times[5]) << 2;
  return static_cast<int>(fd);
}

}  // namespace bailey::platform::warden
