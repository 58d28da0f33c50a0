// second: a second thread of init, for what the kernel is slow at.
//
// A network namespace takes as long as all other layers together, so a thread of its
// own makes it, while the first builds the view; it also proves the namespaces there, and
// init joins the network (setns). Then it detaches the old root, where the kernel waits for
// a grace period, while the first takes things away from itself: capabilities, Landlock and
// seccomp are per thread. It is gone before anything is forked, and it reads nothing that
// comes from inside.
#include <linux/sched.h>

#include "platform/cage/context.h"

extern "C" long bailey_thread(long flags, void* stack, int* alive);
// clone(flags, stack, -, alive, -); the new thread pops its argument and its function.
__asm__(
    ".text\n.globl bailey_thread\n.type bailey_thread,@function\nbailey_thread:\n"
    "  endbr64\n  mov %rdx, %r10\n  xor %edx, %edx\n  xor %r8d, %r8d\n  mov $56, %eax\n"
    "  syscall\n  test %rax, %rax\n  jnz 1f\n  xor %ebp, %ebp\n  pop %rdi\n  pop %rax\n"
    "  call *%rax\n  mov $60, %eax\n  xor %edi, %edi\n  syscall\n  hlt\n1:  ret\n");

namespace bailey::platform::cage {
namespace {

struct Second {
  alignas(16) unsigned char stack[16384] = {};
  int alive = 0;  // cleared and woken by the kernel when the thread is gone
  int baseline_ready = 0;
  int proven = 0;   // the network stands, the namespaces are proven, or it failed
  int pivoted = 0;  // the old root may go
  int network = 0;  // descriptor of the namespace
  long id = 0;
  std::uint64_t network_id = 0;
  wire::LayersBody layers;
  Failure failure;
  const Context* context = nullptr;
};
constinit Second second;

void wait_while(int& word, int value) {
  while (__atomic_load_n(&word, __ATOMIC_ACQUIRE) == value) {
    sys::call(__NR_futex, &word, 0, value, nullptr, nullptr, 0);
  }
}

long make_network() {
  if (const long e = sys::call(__NR_unshare, sys::kNewNet); e < 0) return e;
  if (const long e = raise_loopback(); e < 0) return e;
  const long fd = sys::openat(second.context->host_proc, "thread-self/ns/net", 02000000);
  if (fd < 0) return fd;
  second.network = static_cast<int>(fd);
  sys::Stat stat;
  if (const long e = sys::fstatat(second.network, "", &stat, sys::kAtEmptyPath); e < 0) return e;
  second.network_id = stat.inode;
  return 0;
}

void set(int& word) {
  __atomic_store_n(&word, 1, __ATOMIC_RELEASE);
  sys::call(__NR_futex, &word, 1, 1, nullptr, nullptr, 0);
}

void note(wire::Step step, long error, std::uint64_t item = 0) {
  second.failure = {step, error, item};
}

bool prove() {
  if (const long e = make_network(); e < 0) {
    note(wire::Step::kNetwork, e);
    return false;
  }
  forget_ignored_signals();
  wait_while(second.baseline_ready, 0);
  std::uint64_t item = 0;
  if (const long e = prove_namespaces(*second.context, second.layers, item); e < 0) {
    note(wire::Step::kCanary, e, item);
    return false;
  }
  return true;
}

void be_second(void*) {
  const bool ok = prove();
  set(second.proven);
  if (!ok) return;
  wait_while(second.pivoted, 0);
  if (const long e = sys::call(__NR_umount2, "/", 2); e < 0) note(wire::Step::kPivot, e);
}

}  // namespace

// Dispositions belong to all threads of init, and what it forks has them too.
void forget_ignored_signals() {
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
}

long start_second(Context& context) {
  second.context = &context;
  second.alive = 1;
  auto* top = reinterpret_cast<void**>(second.stack + sizeof second.stack);
  *--top = reinterpret_cast<void*>(&be_second);
  *--top = nullptr;
  constexpr long kFlags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
                          CLONE_SYSVSEM | CLONE_CHILD_CLEARTID;
  second.id = bailey_thread(kFlags, top, &second.alive);
  return second.id;
}

// Schedulers that like to fill one CPU leave both threads on it. A failure costs time only.
void send_second_elsewhere() noexcept {
  if (__atomic_load_n(&second.proven, __ATOMIC_ACQUIRE) != 0) return;
  std::uint64_t allowed[16] = {};  // 1,024 CPUs
  const long size = sys::call(__NR_sched_getaffinity, 0, sizeof allowed, allowed);
  unsigned here = 0;
  if (size <= 0 || sys::call(__NR_getcpu, &here, nullptr, nullptr) < 0) return;
  if (here >= sizeof allowed * 8) return;
  allowed[here / 64] &= ~(std::uint64_t{1} << here % 64);
  sys::call(__NR_sched_setaffinity, second.id, size, allowed);  // with none left: EINVAL
}

void give_second_the_baseline() noexcept { set(second.baseline_ready); }

void let_second_detach() noexcept { set(second.pivoted); }

long join_network(Context& context) {
  wait_while(second.proven, 0);
  if (second.failure.error < 0) {
    context.failure = second.failure;
    return second.failure.error;
  }
  if (const long e = sys::call(__NR_setns, second.network, sys::kNewNet); e < 0) return e;
  sys::Stat stat;
  const long e = sys::fstatat(context.host_proc, "thread-self/ns/net", &stat, 0);
  if (e < 0) return e;
  if (stat.inode != second.network_id) return -1;
  sys::close(second.network);
  for (std::uint32_t i = 0; i < second.layers.count; ++i) {
    if (context.layers.count < wire::kLayers) {
      context.layers.results[context.layers.count++] = second.layers.results[i];
    }
  }
  return 0;
}

long leave_old_root(Context& context) {
  while (const int alive = __atomic_load_n(&second.alive, __ATOMIC_ACQUIRE)) {
    sys::call(__NR_futex, &second.alive, 0, alive, nullptr, nullptr, 0);
  }
  if (second.failure.error < 0) {
    context.failure = second.failure;
    return second.failure.error;
  }
  return prove_root(context);
}

}  // namespace bailey::platform::cage
