// without: runs a program that one system call is refused to, by the kernel.
//
//   without CALL[:ERRNO] COMMAND [ARG...]
//   without namespaces COMMAND [ARG...]
//
// The second form refuses what makes or enters a namespace, as Docker's usual filter does.
//
// So that a test can ask what Bailey does when a step of its setup cannot be had: the
// filter is a stranger's, as in a container, and no switch in the product knows of it.
// Does not protect: one call by its number, this architecture only.
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

struct Call {
  const char* name;
  unsigned number;
};
constexpr Call kCalls[] = {
    {"unshare", SYS_unshare},
    {"clone", SYS_clone},
    {"clone3", SYS_clone3},
    {"mount", SYS_mount},
    {"mount_setattr", SYS_mount_setattr},
    {"open_tree", SYS_open_tree},
    {"move_mount", SYS_move_mount},
    {"fsopen", SYS_fsopen},
    {"fsconfig", SYS_fsconfig},
    {"fsmount", SYS_fsmount},
    {"pivot_root", SYS_pivot_root},
    {"seccomp", SYS_seccomp},
    {"landlock_create_ruleset", SYS_landlock_create_ruleset},
    {"landlock_add_rule", SYS_landlock_add_rule},
    {"landlock_restrict_self", SYS_landlock_restrict_self},
    {"pidfd_open", SYS_pidfd_open},
    {"pidfd_send_signal", SYS_pidfd_send_signal},
    {"close_range", SYS_close_range},
    {"capset", SYS_capset},
    {"openat2", SYS_openat2},
    {"setns", SYS_setns},
    {"sethostname", SYS_sethostname},
    {"prlimit64", SYS_prlimit64},
    {"memfd_create", SYS_memfd_create},
    {"fdatasync", SYS_fdatasync},
    {"fsync", SYS_fsync},
    {"getrandom", SYS_getrandom},
    {"timerfd_create", SYS_timerfd_create},
    {"signalfd4", SYS_signalfd4},
    {"setsid", SYS_setsid},
    {"umount2", SYS_umount2},
};

int die(const char* what) {
  std::perror(what);
  return 125;
}

int refuse(const sock_fprog& program, char** command) {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return die("no_new_privs");
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) return die("seccomp");
  execvp(command[0], command);
  return die(command[0]);
}

int without_namespaces(char** command) {
  // The flags of clone3 lie in memory, so that it is not there at all.
  constexpr unsigned kFlags = 0x7e020000;
  sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_unshare, 6, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_setns, 5, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 3, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 1),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args[0])),
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, kFlags, 1, 2),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  // The number of another call never has the bits of the flags: it is compared as it is.
  return refuse({sizeof filter / sizeof filter[0], filter}, command);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fputs("usage: without CALL[:ERRNO] COMMAND [ARG...]\n", stderr);
    return 125;
  }
  std::string name = argv[1];
  if (name == "namespaces") return without_namespaces(argv + 2);
  unsigned error = EPERM;
  if (const auto colon = name.find(':'); colon != std::string::npos) {
    error = static_cast<unsigned>(std::atoi(name.c_str() + colon + 1));
    name.resize(colon);
  }
  for (const Call& call : kCalls) {
    if (name != call.name) continue;
    sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call.number, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    return refuse({sizeof filter / sizeof filter[0], filter}, argv + 2);
  }
  std::fprintf(stderr, "without: no call '%s'\n", name.c_str());
  return 125;
}
