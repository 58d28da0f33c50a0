// F12, N08-N10, N13, S17: reaching other processes, and staying behind.
#include <fcntl.h>
#include <linux/kcmp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "victim.h"

namespace victim {
namespace {

// `pid` is a process of the host with a secret in its environment; `secret` a file.
void f12_other_proc() {
  const std::string host = "/proc/" + argument("pid");
  attempt("environ", [&] { return loot("environ", host + "/environ"); });
  attempt("cmdline", [&] { return loot("cmdline", host + "/cmdline"); });
  attempt("root", [&] { return loot("root", host + "/root" + argument("secret")); });
  attempt("cwd", [&] { return outcome(open((host + "/cwd").c_str(), O_RDONLY)); });
  attempt("fd", [&] { return outcome(open((host + "/fd").c_str(), O_RDONLY | O_DIRECTORY)); });
  attempt("mem", [&] { return outcome(open((host + "/mem").c_str(), O_RDWR)); });
  attempt("maps", [&] { return loot("maps", host + "/maps"); });
  attempt("init-root", [&] { return loot("init-root", "/proc/1/root" + argument("secret")); });
}

int peek(pid_t pid) {
  char here[8];
  iovec local{here, sizeof here};
  iovec remote{reinterpret_cast<void*>(0x400000), sizeof here};
  const ssize_t got = process_vm_readv(pid, &local, 1, &remote, 1, 0);
  // EFAULT: it was allowed to look, and there was nothing at that address.
  return got >= 0 || errno == EFAULT ? kHappened : errno;
}

void reach(const std::string& who, pid_t pid) {
  attempt("ptrace-seize-" + who, [&] { return outcome(ptrace(PTRACE_SEIZE, pid, 0, 0)); });
  attempt("vm-read-" + who, [&] { return peek(pid); });
  attempt("pidfd-getfd-" + who, [&] {
    const long fd = syscall(SYS_pidfd_open, pid, 0);
    if (fd < 0) return errno;
    return outcome(syscall(SYS_pidfd_getfd, fd, 0, 0));
  });
  attempt("kcmp-" + who, [&] { return outcome(syscall(SYS_kcmp, pid, getpid(), KCMP_VM, 0, 0)); });
}

void n08_other_processes() {
  const pid_t host = number("pid");
  reach("host", host);
  attempt("kill-host", [&] { return outcome(kill(host, SIGUSR1)); });
  attempt("pidfd-signal-host", [&] {
    const long fd = syscall(SYS_pidfd_open, host, 0);
    if (fd < 0) return errno;
    return outcome(syscall(SYS_pidfd_send_signal, fd, SIGUSR1, nullptr, 0));
  });
  attempt("sigqueue-host", [&] { return outcome(sigqueue(host, SIGUSR1, {})); });
  attempt("tgkill-host", [&] { return outcome(syscall(SYS_tgkill, host, host, SIGUSR1)); });
  attempt("prlimit-host", [&] {
    return outcome(syscall(SYS_prlimit64, host, 7 /* RLIMIT_NOFILE */, nullptr, nullptr));
  });
  reach("init", 1);
  attempt("trace-me", [] {
    // A tracer and its own child: the family is closed whoever is traced.
    const pid_t child = fork();
    if (child == 0) _exit(ptrace(PTRACE_TRACEME, 0, 0, 0) == 0 ? 0 : errno);
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : EPERM;
  });
}

void n09_init_files() {
  for (const char* name : {"mem", "environ", "maps", "fd/0", "root/etc/shadow", "stack", "io",
                           "auxv", "syscall", "pagemap", "ns/mnt"})
    attempt(std::string("of/") + name,
            [&] { return loot(name, "/proc/" + argument("of") + "/" + name); });
}

void n10_overwrite_helper() {
  attempt("write-self", [] { return outcome(open("/proc/self/exe", O_WRONLY)); });
  attempt("write",
          [] { return outcome(open(("/proc/" + argument("of") + "/exe").c_str(), O_WRONLY)); });
  attempt("read",
          [] { return outcome(open(("/proc/" + argument("of") + "/exe").c_str(), O_RDONLY)); });
}

// Heartbeats in `beat` for some seconds; several ways to slip away from the parent.
[[noreturn]] void beat_on(const char* name, pid_t take_along = 0) {
  for (int signal_number = 1; signal_number < 32; signal_number++) signal(signal_number, SIG_IGN);
  for (int fd = 0; fd < 3; fd++) close(fd);
  prctl(PR_SET_PDEATHSIG, 0);
  const std::string path = argument("beat") + "." + name;
  for (int left = number("seconds") * 20; left > 0; left--) {
    const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (fd >= 0) {
      (void)!write(fd, ".", 1);
      close(fd);
    }
    const timespec pause{0, 50'000'000};
    nanosleep(&pause, nullptr);
  }
  if (take_along > 0) kill(take_along, SIGKILL);
  _exit(0);
}

void n13_outlive() {
  const auto leave = [](const char* name, int forks) {
    attempt(name, [&] {
      for (int i = 0; i < forks; i++) {
        const pid_t child = fork();
        if (child < 0) return errno;
        if (child > 0) return kHappened;
        setsid();
      }
      beat_on(name);
    });
  };
  leave("setsid", 1);
  leave("double-fork", 2);
  leave("many-forks", 6);
  attempt("own-group-stopped", [] {
    const pid_t child = fork();
    if (child < 0) return errno;
    if (child == 0) {
      setpgid(0, 0);
      const pid_t stopped = getpid();
      for (int fd = 0; fd < 3; fd++) close(fd);
      if (fork() == 0) beat_on("own-group-stopped", stopped);
      raise(SIGSTOP);
      _exit(0);
    }
    return kHappened;
  });
}

// What a program may do to the group and the tree that it was started in.
void s17_signals() {
  attempt("kill-host", [] { return outcome(kill(number("pid"), SIGUSR1)); });
  attempt("kill-group-of-host", [] { return outcome(kill(-number("pgid"), SIGUSR1)); });
}

void s17_kill_all() {
  setsid();
  kill(-1, SIGKILL);
  say("survived", kHappened);
}

void s17_stop_all() {
  kill(-1, SIGSTOP);
  kill(getppid(), SIGSTOP);
  kill(0, SIGSTOP);
  say("went-on", kHappened);
}

// The init of the cage takes no signal from inside.
void n08_kill_init() {
  for (int signal_number : {SIGKILL, SIGSTOP, SIGTERM, SIGSEGV, SIGHUP, SIGCHLD, SIGUSR1})
    kill(1, signal_number);
  const timespec pause{0, 200'000'000};
  nanosleep(&pause, nullptr);
  say("went-on", kHappened);
}

}  // namespace

std::vector<Row> process_rows() {
  return {{"F12", f12_other_proc}, {"N08", n08_other_processes},   {"N08-init", n08_kill_init},
          {"N09", n09_init_files}, {"N10", n10_overwrite_helper},  {"N13", n13_outlive},
          {"S17", s17_signals},    {"S17-kill-all", s17_kill_all}, {"S17-stop-all", s17_stop_all}};
}

}  // namespace victim
