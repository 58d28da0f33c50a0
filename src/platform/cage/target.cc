// target: the forked child that becomes the program.
//
// It already stands in its final confinement. While everybody waits for the word to
// go it proves that a program can live here (a pipe, a thread, a child, a file in
// /tmp) and that its clock is not the host's; then it waits, and execs.
#include <linux/prctl.h>
#include <linux/sched.h>

#include "platform/cage/context.h"

extern "C" long bailey_thread(long flags, void* stack, int* alive);
extern "C" long bailey_child(void* stack);
// clone(CLONE_VM | SIGCHLD) of a child that exits with 7.
__asm__(
    ".text\n.globl bailey_child\n.type bailey_child,@function\nbailey_child:\n"
    "  endbr64\n  mov %rdi, %rsi\n  mov $0x111, %edi\n  xor %edx, %edx\n  xor %r10d, %r10d\n"
    "  xor %r8d, %r8d\n  mov $56, %eax\n  syscall\n  test %rax, %rax\n  jnz 1f\n"
    "  mov $60, %eax\n  mov $7, %edi\n  syscall\n  hlt\n1:  ret\n");

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

// Like posix_spawn: a child in the same memory, on a stack of its own.
long start_child() {
  alignas(16) static unsigned char stack[1024];
  return bailey_child(stack + sizeof stack);
}

bool has_child(long pid) {
  int status = 0;
  return pid > 0 && sys::call(__NR_wait4, pid, &status, 0x40000000, nullptr) == pid &&
         status == 7 << 8;
}

bool has_file(const char* folder) {
  const long place = sys::openat(sys::kAtFdcwd, folder, 010000000 | 0200000 | 02000000);
  if (place < 0) return false;
  const int in = static_cast<int>(place);
  constexpr const char* kPath = ".bailey-need";
  const long fd = sys::openat(in, kPath, 02000000 | 0100 | 0200 | 2, 0600);
  if (fd < 0) return false;
  bool ok = sys::write(static_cast<int>(fd), "x", 1) == 1;
  sys::close(static_cast<int>(fd));
  ok = sys::call(__NR_unlinkat, in, kPath, 0) == 0 && ok;
  sys::close(in);
  return ok;
}

// A thread on a stack of its own that writes one word and ends.
struct Thread {
  alignas(16) unsigned char stack[1024] = {};
  int word = 0;
  int alive = 0;
};
constinit Thread thread;

void write_word(void*) { __atomic_store_n(&thread.word, 1, __ATOMIC_RELEASE); }

bool start_thread() {
  thread.alive = 1;
  auto* top = reinterpret_cast<void**>(thread.stack + sizeof thread.stack);
  *--top = reinterpret_cast<void*>(&write_word);
  *--top = nullptr;
  constexpr long kFlags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
                          CLONE_SYSVSEM | CLONE_CHILD_CLEARTID;
  return bailey_thread(kFlags, top, &thread.alive) > 0;
}

bool has_thread() {
  const sys::TimeSpec patience{1, 0};
  for (int i = 0; i < 10; ++i) {
    const int alive = __atomic_load_n(&thread.alive, __ATOMIC_ACQUIRE);
    if (alive == 0) break;
    sys::call(__NR_futex, &thread.alive, 0, alive, &patience, nullptr, 0);
  }
  return __atomic_load_n(&thread.word, __ATOMIC_ACQUIRE) == 1;
}

// Where the machine's /tmp is all there is, HOME and TMPDIR name the run's own folder instead.
const char* own_folder(const Context& context, const char* variable) {
  constexpr const char* kNames[] = {"HOME=/tmp", "TMPDIR=/tmp"};
  static char texts[2][sizeof context.scratch_path + 8];
  for (unsigned i = 0; context.bare && i < 2; ++i) {
    const char* c = variable;
    const char* n = kNames[i];
    while (*c != '\0' && *c == *n) ++c, ++n;
    if (*c != '\0' || *n != '\0') continue;
    char* to = texts[i];
    for (n = kNames[i]; *n != '='; ++n) *to++ = *n;
    *to++ = '=';
    for (n = context.scratch_path; *n != '\0'; ++n) *to++ = *n;
    *to = '\0';
    return texts[i];
  }
  return variable;
}

}  // namespace

[[noreturn]] void become_target(Context& context) {
  if (context.bare && enter_inner_domain() < 0) sys::exit(121);
  unsigned needs = 0;
  // Thread and child run beside the others, and are gone before the program starts.
  const long child = start_child();
  const bool started = start_thread();
  needs |= has_pipe() ? kPipe : 0U;
  needs |= has_file(context.bare ? context.scratch_path : "/tmp") ? kFile : 0U;
  needs |= has_child(child) ? kChild : 0U;
  needs |= started && has_thread() ? kThread : 0U;
  const bool shifted = sys::monotonic_ns() / 1000000000 + 1 < context.baseline.uptime_seconds;
  needs |= shifted ? kClock : 0U;

  const wire::PlanHeader& plan = context.plan.header();
  // All that can be done before the word to go is done before it. First the pointers.
  const std::size_t words = std::size_t{plan.arguments} + plan.environment + 2;
  const long room = sys::call(__NR_mmap, nullptr, words * sizeof(char*), 3, 0x22, -1, 0);
  if (room < 0 && room > -4096) sys::exit(121);
  auto** vector = reinterpret_cast<const char**>(room);
  for (std::uint32_t i = 0; i < plan.arguments; ++i) vector[i] = context.plan.argument(i);
  vector[plan.arguments] = nullptr;
  const char** environment = vector + plan.arguments + 1;
  for (std::uint32_t i = 0; i < plan.environment; ++i) {
    environment[i] = own_folder(context, context.plan.variable(i));
  }
  environment[plan.environment] = nullptr;

  const bool terminal = context.pty_slave >= 0;
  for (int i = 0; i < 3; ++i) {
    const int from = terminal ? context.pty_slave : context.streams[i];
    if (sys::call(__NR_dup3, from, i, 0) < 0) sys::exit(121);
  }
  // The line is close-on-exec: its closing tells the warden that execve succeeded.
  constexpr int kLine = 3;
  if (context.control != kLine && sys::call(__NR_dup3, context.control, kLine, 02000000) != kLine) {
    sys::exit(121);
  }
  if (sys::call(__NR_close_range, kLine + 1, ~0U, 0) < 0) sys::exit(121);
  // The mask would survive execve (ignored signals too: the second thread saw to them).
  const unsigned long none = 0;
  sys::call(__NR_rt_sigprocmask, 2, &none, nullptr, 8);

  const std::uint32_t answer = needs;
  if (sys::write(kLine, &answer, sizeof answer) != sizeof answer) sys::exit(121);
  char go = 0;
  if (sys::read(kLine, &go, 1) != 1 || go != 'g') sys::exit(121);
  const long e = sys::call(__NR_execve, context.plan.text(plan.program), vector, environment);
  const std::int32_t error = static_cast<std::int32_t>(-e);
  sys::write(kLine, &error, sizeof error);
  sys::exit(127);
}

}  // namespace bailey::platform::cage
