/* The table of acts; see act.h. */
#include "act.h"

#include <signal.h>
#include <unistd.h>

static const struct {
  const char* name;
  int (*run)(char**);
  int arguments;
} kActs[] = {
    {"tcp", act_tcp, 3},
    {"udp", act_udp, 3},
    {"unix", act_unix, 2},
    {"resolve", act_resolve, 3},
    {"signal", act_signal, 1},
    {"ptrace", act_ptrace, 1},
    {"type", act_type, 0},
    {"unshare", act_unshare, 0},
    {"mount", act_mount, 1},
    {"raise", act_raise, 0},
    {"setuid", act_setuid, 1},
    {"outlive", act_outlive, 2},
    {"processes", act_processes, 1},
    {"memory", act_memory, 1},
    {"disk", act_disk, 2},
};

int main(int argc, char** argv) {
  signal(SIGPIPE, SIG_IGN);
  for (size_t i = 0; argc > 1 && i < sizeof kActs / sizeof kActs[0]; i++)
    if (strcmp(argv[1], kActs[i].name) == 0 && argc - 2 == kActs[i].arguments)
      return kActs[i].run(argv + 2);
  fputs("usage: act NAME [ARG...] (see act.h)\n", stderr);
  return kNotTried;
}
