#include "platform/warden/caller.h"

#include "platform/warden/text.h"

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

long Caller::open_in_proc(const char* file, int flags) const noexcept {
  Line<64> path;
  path.add("/proc/").add(std::uint64_t{pid_}).add("/").add(file);
  return sys::openat(sys::kAtFdcwd, path.c_str(), flags);
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

bool Caller::is_refused_program(int directory, const wire::EventBody& body) const noexcept {
  if ((body.flags & wire::kEventCut) != 0) return false;  // not all of its name is here
  char path[wire::kObjectBytes + 1] = {};
  __builtin_memcpy(path, body.object, body.object_size);
  const bool absolute = path[0] == '/';
  // An absolute path is looked up from the caller's root and stays in it. A relative one
  // begins in a directory of the caller's; what leads out of it by a symlink is not followed.
  long from = -1;
  if (absolute) {
    from = open_in_proc("root", kPathOnly);
  } else if (directory == sys::kAtFdcwd) {
    from = open_in_proc("cwd", kPathOnly);
  } else if (directory >= 0) {
    Line<32> name;
    name.add("fd/").add(static_cast<std::uint64_t>(directory));
    from = open_in_proc(name.c_str(), kPathOnly);
  }
  if (from < 0) return false;
  const long file = sys::openat2(static_cast<int>(from), absolute ? path + 1 : path, kPathOnly,
                                 sys::kNoMagicLinks | (absolute ? sys::kInRoot : sys::kBeneath));
  sys::close(static_cast<int>(from));
  if (file == -13) return true;
  if (file < 0) return false;  // not there: every search of PATH has such
  constexpr int kExecute = 1, kEffective = 0x200;
  const long e = sys::call(__NR_faccessat2, file, "", kExecute, kEffective | sys::kAtEmptyPath);
  sys::close(static_cast<int>(file));
  return e == -13;
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
  const long fd = open_in_proc("exe", 02000000);  // O_RDONLY | O_CLOEXEC
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
