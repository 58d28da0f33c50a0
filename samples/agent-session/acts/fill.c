/* Taking more than one's share: processes, memory, disk. Each stops at the bound that it
 * was given and says how far it got; whoever ends it earlier finds its last line. */
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "act.h"

enum { kMebibyte = 1 << 20, kStep = 16 };

int act_processes(char** args) {
  const int wanted = atoi(args[0]);
  int gate[2];
  if (pipe(gate) != 0) return tell(kNotTried, "pipe: %s", strerrorname_np(errno));
  int made = 0;
  int error = 0;
  for (; made < wanted; made++) {
    const pid_t child = fork();
    if (child == 0) {
      char byte;
      close(gate[1]);
      alarm(20);
      (void)!read(gate[0], &byte, 1); /* until the parent is done or dead */
      _exit(0);
    }
    if (child < 0) {
      error = errno;
      break;
    }
  }
  close(gate[1]);
  while (waitpid(-1, NULL, 0) > 0) {
  }
  if (made == wanted) return tell(kHappened, "%d processes at once", made);
  return tell(kRefused, "stopped at %d of %d processes: %s", made, wanted, strerrorname_np(error));
}

int act_memory(char** args) {
  const size_t wanted = (size_t)atol(args[0]);
  size_t have = 0;
  while (have < wanted) {
    void* piece = mmap(NULL, (size_t)kStep * kMebibyte, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (piece == MAP_FAILED)
      return tell(kRefused, "stopped at %zu of %zu MiB: %s", have, wanted, strerrorname_np(errno));
    memset(piece, 0x5a, (size_t)kStep * kMebibyte);
    have += kStep;
    fprintf(stderr, "memory: %zu MiB touched\n", have);
  }
  return tell(kHappened, "%zu MiB touched", have);
}

int act_disk(char** args) {
  const size_t wanted = (size_t)atol(args[1]);
  signal(SIGXFSZ, SIG_IGN);
  static char piece[kMebibyte];
  memset(piece, 0x5a, sizeof piece);
  const int fd = open(args[0], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return tell(kNotTried, "cannot make %s", args[0]);
  size_t have = 0;
  int error = 0;
  while (have < wanted) {
    const ssize_t wrote = write(fd, piece, sizeof piece);
    if (wrote != (ssize_t)sizeof piece) {
      error = wrote < 0 ? errno : ENOSPC;
      break;
    }
    have++;
    if (have % kStep == 0) fprintf(stderr, "disk: %zu MiB written\n", have);
    if (have % kStep == 0) fdatasync(fd);
  }
  close(fd);
  unlink(args[0]);
  if (have >= wanted) return tell(kHappened, "%zu MiB written", have);
  return tell(kRefused, "stopped at %zu of %zu MiB: %s", have, wanted, strerrorname_np(error));
}
