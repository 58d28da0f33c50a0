// sys: system calls without a libc.
//
// The warden and the init of a cage start without libc's start-up (0.3 ms of CPUID
// and relocation on a virtual machine) and never allocate. Every call here returns
// what the kernel returned: zero or more, or a negative errno. Names follow the
// manual pages. Freestanding; any thread, any moment, also between fork and exec.
#pragma once

#include <asm/unistd.h>
#include <linux/types.h>

#include <cstddef>
#include <cstdint>
#include <type_traits>

// Newer than the headers this is built with (x86-64).
#ifndef __NR_mseal
#define __NR_mseal 462  // NOLINT(bugprone-reserved-identifier): the kernel's name
#endif
#ifndef __NR_fchmodat2
#define __NR_fchmodat2 452  // NOLINT(bugprone-reserved-identifier): the kernel's name
#endif

namespace bailey::platform::cage::sys {

inline long raw(long n, long a, long b, long c, long d, long e, long f) noexcept {
  long result;  // NOLINT(cppcoreguidelines-init-variables): the kernel sets it
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
}

template <class T>
inline long word(T value) noexcept {
  if constexpr (std::is_pointer_v<T>) {
    return reinterpret_cast<long>(value);
  } else if constexpr (std::is_null_pointer_v<T>) {
    return 0;
  } else {
    return static_cast<long>(value);
  }
}

template <class... A>
inline long call(long number, A... arguments) noexcept {
  static_assert(sizeof...(A) <= 6);
  const long words[6] = {word(arguments)...};
  return raw(number, words[0], words[1], words[2], words[3], words[4], words[5]);
}

inline long close(int fd) noexcept { return call(__NR_close, fd); }
inline long read(int fd, void* to, std::size_t n) noexcept { return call(__NR_read, fd, to, n); }
inline long write(int fd, const void* from, std::size_t n) noexcept {
  return call(__NR_write, fd, from, n);
}
inline long openat(int dir, const char* path, int flags, unsigned mode = 0) noexcept {
  return call(__NR_openat, dir, path, flags, mode);
}
inline long getpid() noexcept { return call(__NR_getpid); }
inline long kill(long pid, int signal) noexcept { return call(__NR_kill, pid, signal); }
[[noreturn]] inline void exit(int status) noexcept {
  for (;;) call(__NR_exit_group, status);
}
inline long prctl(int option, unsigned long a = 0, unsigned long b = 0, unsigned long c = 0,
                  unsigned long d = 0) noexcept {
  return call(__NR_prctl, option, a, b, c, d);
}
inline long mkdirat(int dir, const char* path, unsigned mode) noexcept {
  return call(__NR_mkdirat, dir, path, mode);
}
inline long ioctl(int fd, unsigned long request, const void* argument) noexcept {
  return call(__NR_ioctl, fd, request, argument);
}
inline long fcntl(int fd, int command, unsigned long argument = 0) noexcept {
  return call(__NR_fcntl, fd, command, argument);
}

// struct stat as the kernel fills it (x86-64); only what is used has a name.
struct Stat {
  std::uint64_t device, inode, links;
  std::uint32_t mode, uid, gid, pad0;
  std::uint64_t rdev;
  std::int64_t size, block_size, blocks;
  std::uint64_t times[6];
  std::int64_t unused[3];
};
inline long fstatat(int dir, const char* path, Stat* out, int flags) noexcept {
  return call(__NR_newfstatat, dir, path, out, flags);
}

struct TimeSpec {
  std::int64_t seconds = 0;
  std::int64_t nanoseconds = 0;
};
inline std::uint64_t monotonic_ns() noexcept {
  TimeSpec now;
  call(__NR_clock_gettime, 1, &now);
  return static_cast<std::uint64_t>(now.seconds) * 1000000000ULL +
         static_cast<std::uint64_t>(now.nanoseconds);
}

struct OpenHow {
  std::uint64_t flags = 0, mode = 0, resolve = 0;
};
inline constexpr std::uint64_t kNoMagicLinks = 2, kNoSymlinks = 4, kBeneath = 8, kInRoot = 16;
inline long openat2(int dir, const char* path, std::uint64_t flags,
                    std::uint64_t resolve) noexcept {
  const OpenHow how{flags, 0, resolve};
  return call(__NR_openat2, dir, path, &how, sizeof how);
}

inline constexpr int kAtFdcwd = -100;
inline constexpr int kAtEmptyPath = 0x1000;
inline constexpr int kAtSymlinkNofollow = 0x100;
inline constexpr int kAtRecursive = 0x8000;

// mount API (linux/mount.h)
struct MountAttr {
  std::uint64_t set = 0, clear = 0, propagation = 0, userns = 0;
};
inline constexpr std::uint64_t kAttrReadOnly = 1, kAttrNoSuid = 2, kAttrNoDev = 4, kAttrNoExec = 8;
inline constexpr std::uint64_t kMsPrivate = 1U << 18;
inline long open_tree(int dir, const char* path, unsigned flags) noexcept {
  return call(__NR_open_tree, dir, path, flags);
}
inline constexpr unsigned kTreeClone = 1, kTreeCloexec = 02000000;
inline long move_mount(int from, int to, const char* to_path) noexcept {
  return call(__NR_move_mount, from, "", to, to_path, *to_path == '\0' ? 0x44 : 0x04);
}
inline long mount_setattr(int dir, const char* path, unsigned flags,
                          const MountAttr& attr) noexcept {
  return call(__NR_mount_setattr, dir, path, flags, &attr, sizeof attr);
}
inline constexpr unsigned kFsSetFlag = 0, kFsSetString = 1, kFsCreate = 6;
inline long fsconfig(int fd, unsigned command, const char* key, const char* value) noexcept {
  return call(__NR_fsconfig, fd, command, key, value, 0);
}

struct CloneArgs {
  std::uint64_t flags = 0, pidfd = 0, child_tid = 0, parent_tid = 0, exit_signal = 0, stack = 0,
                stack_size = 0, tls = 0, set_tid = 0, set_tid_size = 0, cgroup = 0;
};
// fork(2) with flags. Returns 0 in the child.
inline long clone3(CloneArgs& args) noexcept { return call(__NR_clone3, &args, sizeof args); }

inline constexpr std::uint64_t kNewTime = 0x80, kNewNs = 0x20000, kNewCgroup = 0x2000000,
                               kNewUts = 0x4000000, kNewIpc = 0x8000000, kNewUser = 0x10000000,
                               kNewPid = 0x20000000, kNewNet = 0x40000000, kPidfd = 0x1000,
                               kIntoCgroup = 0x200000000ULL;

struct PollFd {
  int fd = -1;
  std::int16_t events = 0;
  std::int16_t revents = 0;
};
inline constexpr std::int16_t kPollIn = 1, kPollOut = 4, kPollErr = 8, kPollHup = 16;
// `timeout_ns` < 0 waits for ever.
inline long poll(PollFd* fds, unsigned count, std::int64_t timeout_ns) noexcept {
  TimeSpec timeout{timeout_ns / 1000000000, timeout_ns % 1000000000};
  return call(__NR_ppoll, fds, count, timeout_ns < 0 ? nullptr : &timeout, nullptr, 8);
}

struct Rlimit {
  std::uint64_t soft = 0, hard = 0;
};
inline long prlimit(long pid, int resource, const Rlimit* set, Rlimit* old) noexcept {
  return call(__NR_prlimit64, pid, resource, set, old);
}

}  // namespace bailey::platform::cage::sys
