/* Runs a command beneath a seccomp filter that allows everything.
 *
 *   beneath listener|plain COMMAND...
 *
 * With `listener` the filter has one, held by this process and never asked, so that the
 * kernel refuses the command a listener of its own: a cage then stands as always, but nobody
 * hears of refused calls. `plain` is the same filter without: what the filter itself costs
 * is then on both sides. Ends as the command does; 125: could not start it.
 */
#define _GNU_SOURCE
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int filter(unsigned int flags) {
  struct sock_filter allow = {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW};
  const struct sock_fprog program = {1, &allow};
  return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

int main(int count, char** words) {
  if (count < 3) return 125;
  const int listens = strcmp(words[1], "listener") == 0;
  if (!listens && strcmp(words[1], "plain") != 0) return 125;
  /* One table of descriptors until the exec, so that the listener stays here. */
  const pid_t child = (pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
  if (child < 0) return 125;
  if (child == 0) {
    unsigned int flags = listens ? SECCOMP_FILTER_FLAG_NEW_LISTENER : 0;
    int made = filter(flags);
    if (made < 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0) made = filter(flags);
    if (made < 0) _exit(125);
    execv(words[2], words + 2);
    _exit(125);
  }
  int status = 0;
  if (waitpid(child, &status, 0) != child) return 125;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
