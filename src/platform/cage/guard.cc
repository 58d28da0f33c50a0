// guard: who ends all that a cage without a pid namespace holds, when init is gone.
//
// With a pid namespace the kernel does it. Here a process of our own waits on a pipe that
// init alone holds open; when init is gone, however that came about, it kills whatever it may
// signal. It stands in init's Landlock domain, whose scope lets no signal out, and the program
// stands in a domain further in, from which nothing signals the guard. kill(-1) takes all at
// once: what is forking meanwhile has the signal pending and does not fork.
// Does not protect: when init and the guard are both killed by somebody outside, the warden
// has to find what is left (warden/orphans.h), and when it is killed as well, nobody does.
#include <linux/prctl.h>

#include "platform/cage/context.h"

namespace bailey::platform::cage {
namespace {

constexpr long kSigchld = 17;

[[noreturn]] void be_guard(int line) {
  const unsigned long all = ~0UL;
  sys::call(__NR_rt_sigprocmask, 2, &all, nullptr, 8);
  if (line > 0) sys::call(__NR_close_range, 0, line - 1, 0);
  sys::call(__NR_close_range, line + 1, ~0U, 0);
  char byte = 0;
  while (sys::read(line, &byte, 1) > 0) {
  }
  kill_all();
  sys::exit(0);
}

}  // namespace

void kill_all() {
  // Once is enough; again for what the kernel was about to give us, at no cost.
  for (int i = 0; i < 3; ++i) {
    sys::kill(-1, 9);
    const sys::TimeSpec pause{0, 1000000};
    sys::call(__NR_nanosleep, &pause, nullptr);
  }
}

long start_guard(Context& context) {
  // kill(-1) is deadly for all processes of the user where the scope does not hold.
  if (sys::kill(context.baseline.warden_pid, 0) != -1) return -1;
  int ends[2];
  if (const long e = sys::call(__NR_pipe2, ends, 02000000); e < 0) return e;
  context.guard = sys::call(__NR_clone, kSigchld, 0, 0, 0, 0);
  if (context.guard == 0) be_guard(ends[0]);
  sys::close(ends[0]);
  context.guard_line = ends[1];
  return context.guard < 0 ? context.guard : 0;
}

void dismiss_guard(Context& context) {
  if (context.guard <= 0) return;
  sys::kill(context.guard, 9);
  sys::call(__NR_wait4, context.guard, nullptr, 0x40000000, nullptr);
  context.guard = -1;
}

}  // namespace bailey::platform::cage
