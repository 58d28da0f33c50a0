// target: the forked child that becomes the program.
//
// It already stands in its final confinement. While everybody waits for the word to
// go it proves that a program can live here (a pipe, a thread, a child, a file in
// /tmp) and that its clock is not the host's; then it waits, and execs.
#include <linux/prctl.h>
#include <linux/sched.h>

#include "platform/cage/context.h"

namespace bailey::platform::cage {
namespace {

enum Need : unsigned { kPipe = 1, kThread = 2, kChild = 4, kFile = 8, kClock = 16 };

bool has_pipe() {
  int ends[2];
  if (sys::call(__NR_pipe2, ends, 02000000) < 0) return false;
  char byte = 'x';
  bool ok = sys::write(ends[1], &byte, 1) == 1;
  byte = 0;
  ok = ok && sys::read(ends[0], &byte, 1) == 1 && byte == 'x';
  sys::close(ends[0]);
  sys::close(ends[1]);
  return ok;
}

bool has_child() {
  const long pid = sys::call(__NR_clone, 17, 0, 0, 0, 0);
  if (pid == 0) sys::exit(7);
  if (pid < 0) return false;
  int status = 0;
  return sys::call(__NR_wait4, pid, &status, 0x40000000, nullptr) == pid && status == 7 << 8;
}

bool has_file() {
  constexpr const char* kPath = "/tmp/.bailey-need";
  const long fd = sys::openat(sys::kAtFdcwd, kPath, 02000000 | 0100 | 0200 | 2, 0600);
  if (fd < 0) return false;
  bool ok = sys::write(static_cast<int>(fd), "x", 1) == 1;
  sys::close(static_cast<int>(fd));
  ok = sys::call(__NR_unlinkat, sys::kAtFdcwd, kPath, 0) == 0 && ok;
  return ok;
}

// A thread on a stack of its own that writes one word and ends.
bool has_thread() {
  alignas(16) static unsigned char stack[4096];
  static int word;
  static int alive;
  word = 0;
  alive = 1;
  constexpr long kFlags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
                          CLONE_SYSVSEM | CLONE_CHILD_CLEARTID;
  long result;
  register long r10 __asm__("r10") = reinterpret_cast<long>(&alive);
  register long r8 __asm__("r8") = 0;
  __asm__ volatile(
      "syscall\n"
      "test %%rax, %%rax\n"
      "jnz 1f\n"
      "movl $1, (%[word])\n"
      "mov %[exit], %%eax\n"
      "xor %%edi, %%edi\n"
      "syscall\n"
      "hlt\n"
      "1:\n"
      : "=a"(result)
      : "a"(__NR_clone), "D"(kFlags), "S"(stack + sizeof stack), "d"(0L), "r"(r10), "r"(r8),
        [word] "r"(&word), [exit] "i"(__NR_exit)
      : "rcx", "r11", "memory");
  if (result < 0) return false;
  const sys::TimeSpec patience{1, 0};
  for (int i = 0; i < 50 && __atomic_load_n(&alive, __ATOMIC_ACQUIRE) != 0; ++i) {
    sys::call(__NR_futex, &alive, 0, 1, &patience, nullptr, 0);
  }
  return __atomic_load_n(&word, __ATOMIC_ACQUIRE) == 1;
}

}  // namespace

[[noreturn]] void become_target(Context& context, int control) {
  unsigned needs = 0;
  needs |= has_pipe() ? kPipe : 0U;
  needs |= has_child() ? kChild : 0U;
  needs |= has_file() ? kFile : 0U;
  needs |= has_thread() ? kThread : 0U;
  const bool shifted = sys::monotonic_ns() / 1000000000 + 1 < context.baseline.uptime_seconds;
  needs |= shifted ? kClock : 0U;
  const std::uint32_t answer = needs;
  if (sys::write(control, &answer, sizeof answer) != sizeof answer) sys::exit(121);

  const wire::PlanHeader& plan = context.plan.header();
  // The pointers for execve, made before the word to go.
  const std::size_t words = std::size_t{plan.arguments} + plan.environment + 2;
  const long room = sys::call(__NR_mmap, nullptr, words * sizeof(char*), 3, 0x22, -1, 0);
  if (room < 0 && room > -4096) sys::exit(121);
  auto** vector = reinterpret_cast<const char**>(room);
  for (std::uint32_t i = 0; i < plan.arguments; ++i) vector[i] = context.plan.argument(i);
  vector[plan.arguments] = nullptr;
  const char** environment = vector + plan.arguments + 1;
  for (std::uint32_t i = 0; i < plan.environment; ++i) environment[i] = context.plan.variable(i);
  environment[plan.environment] = nullptr;

  // Init has no standard streams, so `control` may sit on one of their numbers.
  const long moved = sys::fcntl(control, 1030, 32);  // F_DUPFD_CLOEXEC
  if (moved < 0) sys::exit(121);
  control = static_cast<int>(moved);
  const bool terminal = context.pty_slave >= 0;
  for (int i = 0; i < 3; ++i) {
    const int from = terminal ? context.pty_slave : context.streams[i];
    if (sys::call(__NR_dup3, from, i, 0) < 0) sys::exit(121);
  }

  char go = 0;
  if (sys::read(control, &go, 1) != 1 || go != 'g') sys::exit(121);
  // Ignored signals and the mask would survive execve.
  struct {
    const void* handler = nullptr;
    unsigned long flags = 0;
    const void* restorer = nullptr;
    unsigned long mask = 0;
  } standard;
  for (int signal = 1; signal <= 64; ++signal) {
    if (signal == 9 || signal == 19) continue;
    sys::call(__NR_rt_sigaction, signal, &standard, nullptr, 8);
  }
  const unsigned long none = 0;
  sys::call(__NR_rt_sigprocmask, 2, &none, nullptr, 8);
  // `control` is close-on-exec: its closing tells init that execve succeeded.
  sys::call(__NR_dup3, control, 3, 02000000);
  sys::call(__NR_close_range, 4, ~0U, 0);
  const long e = sys::call(__NR_execve, context.plan.text(plan.program), vector, environment);
  const std::int32_t error = static_cast<std::int32_t>(-e);
  sys::write(3, &error, sizeof error);
  sys::exit(127);
}

}  // namespace bailey::platform::cage
