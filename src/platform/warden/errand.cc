#include "platform/warden/errand.h"

#include <asm/ioctl.h>

namespace bailey::platform::warden {

namespace sys = cage::sys;
namespace wire = effect::process;

namespace {

constexpr int kNotPermitted = 1, kMissing = 2, kBadAddress = 14, kInvalid = 22;
constexpr std::uint32_t kSetIdBits = 06000, kModeBits = 07777;
constexpr std::int64_t kNow = (1L << 30) - 1, kOmit = (1L << 30) - 2;  // UTIME_NOW, UTIME_OMIT

enum class Act { kMode, kOwner, kTimes };
enum class Link { kFollow, kItself };

// A call of the family, with its arguments in their places.
struct Wanted {
  Act act = Act::kMode;
  bool by_descriptor = false;  // no path: `directory` is the file
  int directory = sys::kAtFdcwd;
  std::uint64_t path = 0;
  Link link = Link::kFollow;
  bool empty_path = false;  // AT_EMPTY_PATH
  std::uint32_t mode = 0;
  std::uint32_t user = 0, group = 0;
  std::uint64_t times = 0;  // address, 0: now
};

constexpr std::uint64_t kKnownFlags = sys::kAtSymlinkNofollow | sys::kAtEmptyPath;

// False for flags that nobody knows.
bool take_flags(std::uint64_t flags, Wanted& wanted) noexcept {
  flags &= 0xffffffff;
  if ((flags & ~kKnownFlags) != 0) return false;
  if ((flags & sys::kAtSymlinkNofollow) != 0) wanted.link = Link::kItself;
  wanted.empty_path = (flags & sys::kAtEmptyPath) != 0;
  return true;
}

bool parse(const seccomp_data& call, Wanted& wanted) noexcept {
  const auto& args = call.args;
  const auto word = [&](unsigned i) { return static_cast<std::uint32_t>(args[i]); };
  const auto at = [&] {
    wanted.directory = static_cast<int>(args[0]);
    wanted.path = args[1];
  };
  switch (call.nr) {
    case __NR_chmod:
      wanted.path = args[0];
      wanted.mode = word(1);
      return true;
    case __NR_fchmod:
      wanted.by_descriptor = true;
      wanted.directory = static_cast<int>(args[0]);
      wanted.mode = word(1);
      return true;
    case __NR_fchmodat:
      at();
      wanted.mode = word(2);
      return true;
    case __NR_fchmodat2:
      at();
      wanted.mode = word(2);
      return take_flags(args[3], wanted);
    case __NR_lchown:
      wanted.link = Link::kItself;
      [[fallthrough]];
    case __NR_chown:
      wanted.act = Act::kOwner;
      wanted.path = args[0];
      wanted.user = word(1);
      wanted.group = word(2);
      return true;
    case __NR_fchown:
      wanted.act = Act::kOwner;
      wanted.by_descriptor = true;
      wanted.directory = static_cast<int>(args[0]);
      wanted.user = word(1);
      wanted.group = word(2);
      return true;
    case __NR_fchownat:
      wanted.act = Act::kOwner;
      at();
      wanted.user = word(2);
      wanted.group = word(3);
      return take_flags(args[4], wanted);
    case __NR_utime:
    case __NR_utimes:
      wanted.act = Act::kTimes;
      wanted.path = args[0];
      wanted.times = args[1];
      return true;
    case __NR_futimesat:
    case __NR_utimensat:
      wanted.act = Act::kTimes;
      at();
      wanted.times = args[2];
      wanted.by_descriptor = wanted.path == 0;
      return call.nr == __NR_futimesat || take_flags(args[3], wanted);
    default:
      return false;
  }
}

// Two moments as utimensat(2) has them; 0 or an errno.
int read_times(const Caller& caller, int number, std::uint64_t at,
               sys::TimeSpec (&times)[2]) noexcept {
  if (at == 0) {
    times[0].nanoseconds = times[1].nanoseconds = kNow;
    return 0;
  }
  std::int64_t words[4] = {};
  const std::size_t size = number == __NR_utime ? 16 : 32;
  if (!caller.read_all(at, words, size)) return kBadAddress;
  if (number == __NR_utime) {
    times[0] = {words[0], 0};
    times[1] = {words[1], 0};
    return 0;
  }
  const bool micro = number != __NR_utimensat;
  for (int i = 0; i < 2; ++i) {
    std::int64_t fraction = words[2 * i + 1];
    if (micro) {
      if (fraction < 0 || fraction >= 1000000) return kInvalid;
      fraction *= 1000;
    } else if (fraction != kNow && fraction != kOmit && (fraction < 0 || fraction >= 1000000000)) {
      return kInvalid;
    }
    times[i] = {words[2 * i], fraction};
  }
  return 0;
}

// Whether the file behind `fd` may be changed for the caller.
bool is_ours(int fd, const sys::Stat& stat, const Territory& territory) noexcept {
  // Our capabilities, where we have any, are not the caller's.
  if (stat.uid != static_cast<std::uint32_t>(sys::call(__NR_geteuid))) return false;
  Line<48> link;
  link.add("/proc/self/fd/").add(static_cast<std::uint64_t>(fd));
  static char path[4096];
  const long n = sys::call(__NR_readlinkat, sys::kAtFdcwd, link.c_str(), path, sizeof path);
  if (n <= 0 || static_cast<std::size_t>(n) == sizeof path) return false;
  return territory.may_write({path, static_cast<std::size_t>(n)});
}

int act_on(int fd, const Wanted& wanted, const sys::Stat& stat,
           const sys::TimeSpec (&times)[2]) noexcept {
  constexpr std::uint32_t kSame = ~0U;
  long e = 0;
  switch (wanted.act) {
    case Act::kMode:
      if ((wanted.mode & kSetIdBits) != 0) return kNotPermitted;
      e = sys::call(__NR_fchmodat2, fd, "", wanted.mode & kModeBits, sys::kAtEmptyPath);
      break;
    case Act::kOwner:
      // To whom it belongs already, as archivers ask; there is nobody else to give it to.
      if (wanted.user != kSame && wanted.user != stat.uid) return kNotPermitted;
      if (wanted.group != kSame && wanted.group != stat.gid) return kNotPermitted;
      return 0;
    case Act::kTimes:
      e = sys::call(__NR_utimensat, fd, "", times, sys::kAtEmptyPath);
      break;
  }
  return static_cast<int>(-e);
}

}  // namespace

bool is_errand(int number) noexcept {
  switch (number) {
    case __NR_chmod:
    case __NR_fchmod:
    case __NR_fchmodat:
    case __NR_fchmodat2:
    case __NR_chown:
    case __NR_fchown:
    case __NR_lchown:
    case __NR_fchownat:
    case __NR_utime:
    case __NR_utimes:
    case __NR_futimesat:
    case __NR_utimensat:
      return true;
    default:
      return false;
  }
}

bool StillWaiting::operator()() const noexcept {
  return sys::ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) >= 0;
}

int run_errand(const Caller& caller, const seccomp_data& call, const Territory& territory,
               const StillWaiting& still_waiting, wire::EventBody& body) noexcept {
  Wanted wanted;
  if (!parse(call, wanted)) return kInvalid;
  sys::TimeSpec times[2];
  if (wanted.act == Act::kTimes) {
    if (const int error = read_times(caller, call.nr, wanted.times, times); error != 0)
      return error;
  }
  static char path[4096];
  long file = -kMissing;
  if (wanted.by_descriptor) {
    file = caller.open_descriptor(wanted.directory);
  } else {
    const long size = caller.read_string(wanted.path, path, sizeof path);
    if (size < 0) return static_cast<int>(-size);
    body.object_size = static_cast<std::uint16_t>(
        static_cast<std::size_t>(size) < sizeof body.object ? static_cast<std::size_t>(size)
                                                            : sizeof body.object);
    for (std::size_t i = 0; i < body.object_size; ++i) body.object[i] = path[i];
    if (static_cast<std::size_t>(size) > body.object_size) body.flags |= wire::kEventCut;
    if (size == 0 && wanted.empty_path) {
      file = caller.open_descriptor(wanted.directory);
    } else if (size > 0) {
      constexpr std::uint64_t kNoFollow = 0400000;
      file = caller.open_path(wanted.directory, path, wanted.link == Link::kItself ? kNoFollow : 0);
    }
  }
  if (file < 0) return static_cast<int>(-file);
  const int fd = static_cast<int>(file);
  sys::Stat stat;
  int error = kNotPermitted;
  if (sys::fstatat(fd, "", &stat, sys::kAtEmptyPath) == 0 && is_ours(fd, stat, territory) &&
      still_waiting()) {
    error = act_on(fd, wanted, stat, times);
  }
  sys::close(fd);
  return error;
}

}  // namespace bailey::platform::warden
