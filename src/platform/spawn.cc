#include "platform/spawn.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstring>
#include <string>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif
#if defined(__SANITIZE_THREAD__)
// ThreadSanitizer takes every child of clone for one with a memory of its own, and looks away
// in what is ours as well from then on. The same function by this name it leaves alone.
extern "C" int __clone(int (*)(void*), void*, int, void*, ...) noexcept;
#define clone __clone
#endif

namespace bailey::platform {
namespace {

struct Orders {
  int program;
  int three;
  int four;
  int error;
};

// Runs in the parent's memory until execveat: system calls only.
int child(void* argument) {
  auto* orders = static_cast<Orders*>(argument);
  // Out of the way first, so that no dup2 below overwrites what is still needed.
  const int program = fcntl(orders->program, F_DUPFD_CLOEXEC, 10);
  const int three = fcntl(orders->three, F_DUPFD_CLOEXEC, 10);
  const int four = fcntl(orders->four, F_DUPFD_CLOEXEC, 10);
  bool ok = program >= 0 && three >= 0 && four >= 0;
  for (int fd = 0; ok && fd < 3; ++fd) {
    if (fcntl(fd, F_GETFD) >= 0) continue;
    const int null = open("/dev/null", fd == 0 ? O_RDONLY : O_WRONLY);
    ok = null == fd || (null >= 0 && dup2(null, fd) == fd);
  }
  ok = ok && dup2(three, 3) == 3 && dup2(four, 4) == 4 &&
       syscall(SYS_close_range, 5U, ~0U, CLOSE_RANGE_CLOEXEC) == 0;
  if (ok) {
    char name[] = "bailey-warden";
    char* argv[] = {name, nullptr};
    char* environment[] = {nullptr};
    syscall(SYS_execveat, program, "", argv, environment, AT_EMPTY_PATH);
  }
  orders->error = errno;
  _exit(127);
}

}  // namespace

Result<Spawned> spawn_with(int program, int on_three, int on_four) {
  Orders orders{program, on_three, on_four, 0};
  alignas(16) char stack[16384];
  int pidfd = -1;
  // No handler of ours may run in the child, which shares our memory.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  const pid_t pid = clone(child, stack + sizeof stack,
                          CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, &orders, &pidfd);
  const int error = errno;
#if defined(__SANITIZE_ADDRESS__)
  // The child left its frames marked as in use, on a stack that is a part of ours.
  __asan_unpoison_memory_region(stack, sizeof stack);
#endif
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0) {
    return fail("cage.warden", std::string("the warden cannot be started: ") + strerror(error));
  }
  Spawned spawned{pid, Fd(pidfd)};
  if (orders.error != 0) {
    waitpid(pid, nullptr, 0);
    return fail("cage.warden",
                std::string("the warden cannot be executed: ") + strerror(orders.error));
  }
  return spawned;
}

}  // namespace bailey::platform
