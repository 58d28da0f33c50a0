/* Touching what is not one's own: other processes, the terminal, the machine's shape. */
#include <fcntl.h>
#include <pty.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "act.h"

int act_signal(char** args) {
  if (kill(atoi(args[0]), SIGUSR1) != 0) return refused("kill");
  return tell(kHappened, "signalled process %s", args[0]);
}

int act_ptrace(char** args) {
  const pid_t pid = atoi(args[0]);
  if (ptrace(PTRACE_SEIZE, pid, 0, 0) != 0) return refused("ptrace");
  /* Leaves it as it was: a seized process is let go when its tracer ends. */
  return tell(kHappened, "holds process %s as a debugger does", args[0]);
}

static int type_into(int fd) {
  const char letter = 'x';
  return ioctl(fd, TIOCSTI, &letter);
}

/* Tries the terminal it was given; without one, a terminal of its own making. */
int act_type(char** args) {
  (void)args;
  const int given = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (given >= 0) {
    if (type_into(given) != 0) return refused("TIOCSTI on the terminal");
    tcflush(given, TCIFLUSH); /* takes the letter back before a shell reads it */
    return tell(kHappened, "typed into the terminal");
  }
  int leader = -1;
  int follower = -1;
  if (openpty(&leader, &follower, NULL, NULL, NULL) != 0) return refused("openpty");
  const pid_t child = fork();
  if (child < 0) return tell(kNotTried, "fork: %s", strerrorname_np(errno));
  if (child == 0) {
    if (setsid() < 0 || ioctl(follower, TIOCSCTTY, 0) != 0 || type_into(follower) != 0)
      _exit(errno);
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFSIGNALED(status)) return tell(kRefused, "TIOCSTI: killed by signal %d", WTERMSIG(status));
  errno = WEXITSTATUS(status);
  if (errno != 0) return refused("TIOCSTI on a terminal of its own");
  return tell(kHappened, "typed into a terminal of its own");
}

int act_unshare(char** args) {
  (void)args;
  if (unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS) != 0)
    return refused("unshare");
  return tell(kHappened, "is root in new user, mount, network, IPC and UTS namespaces");
}

int act_mount(char** args) {
  /* First as it is, in a private copy of the mounts; if that is refused, by way of a
   * user namespace, which any user has on most machines. */
  if (unshare(CLONE_NEWNS) != 0) (void)unshare(CLONE_NEWUSER | CLONE_NEWNS);
  (void)mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
  if (mount("none", args[0], "tmpfs", 0, "size=64k") != 0) return refused("mount");
  return tell(kHappened, "mounted a file system over %s", args[0]);
}

int act_raise(char** args) {
  (void)args;
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return tell(kNotTried, "getrlimit");
  const rlim_t given = limit.rlim_cur;
  limit.rlim_cur = limit.rlim_max;
  (void)setrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_max = limit.rlim_cur = limit.rlim_cur + 1;
  const int lifted = setrlimit(RLIMIT_NOFILE, &limit);
  const int error = errno;
  getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur <= given)
    return tell(kRefused, "%llu open files stay %llu: %s", (unsigned long long)given,
                (unsigned long long)limit.rlim_cur,
                lifted == 0 ? "no effect" : strerrorname_np(error));
  return tell(kHappened, "from %llu to %llu open files", (unsigned long long)given,
              (unsigned long long)limit.rlim_cur);
}

int act_setuid(char** args) {
  struct stat now;
  const int fd = open(args[0], O_RDWR | O_CREAT | O_CLOEXEC, 0755);
  if (fd < 0) return tell(kNotTried, "cannot make %s", args[0]);
  const int changed = fchmod(fd, 04755);
  const int error = errno;
  if (fstat(fd, &now) == 0 && (now.st_mode & S_ISUID) != 0)
    return tell(kHappened, "%s is setuid for uid %u", args[0], now.st_uid);
  errno = changed == 0 ? 0 : error;
  return changed == 0 ? tell(kRefused, "the bit was dropped") : refused("fchmod");
}

/* A daemon as old books teach it: two forks, a session of its own, deaf to signals. Its
 * heartbeat in FILE tells whoever looks later whether it is still there. */
int act_outlive(char** args) {
  const pid_t first = fork();
  if (first < 0) return refused("fork");
  if (first > 0) {
    waitpid(first, NULL, 0);
    return tell(kLeft, "left a daemon behind for %s seconds", args[1]);
  }
  setsid();
  if (fork() != 0) _exit(0);
  for (int number = 1; number < 32; number++) signal(number, SIG_IGN);
  const int null = open("/dev/null", O_RDWR);
  for (int fd = 0; fd < 3; fd++) dup2(null, fd);
  const struct timespec beat = {0, 100 * 1000 * 1000};
  for (int left = atoi(args[1]) * 10; left > 0; left--) {
    const int fd = open(args[0], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (fd >= 0) {
      (void)!write(fd, ".", 1);
      close(fd);
    }
    nanosleep(&beat, NULL);
  }
  _exit(0);
}
