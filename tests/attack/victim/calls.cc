// S01-S05, S07-S10: the surface of system calls.
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <linux/perf_event.h>
#include <linux/userfaultfd.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "victim.h"

namespace victim {
namespace {

long ring_setup() {
  io_uring_params parameters{};
  return syscall(SYS_io_uring_setup, 4, &parameters);
}

void s01_io_uring() {
  attempt("setup", [] { return outcome(ring_setup()); });
  // Without a ring the calls fail with EBADF when they are let through at all.
  attempt("enter", [] {
    const long ring = ring_setup();
    const int error =
        outcome(syscall(SYS_io_uring_enter, ring < 0 ? 0 : ring, 0, 0, 0, nullptr, 0));
    return error == EBADF || error == EOPNOTSUPP ? kHappened : error;
  });
  attempt("register", [] {
    const long ring = ring_setup();
    const int error = outcome(syscall(SYS_io_uring_register, ring < 0 ? 0 : ring,
                                      IORING_REGISTER_PERSONALITY, nullptr, 0));
    return error == EBADF || error == EOPNOTSUPP ? kHappened : error;
  });
}

// The 32-bit gate of a 64-bit kernel: other numbers for the same calls.
int by_int80(long call, long first) {
  long result = 0;
  asm volatile("int $0x80"
               : "=a"(result)
               : "a"(call), "b"(first), "c"(0L), "d"(0L)
               : "memory", "r8", "r9", "r10", "r11");
  if (result < 0 && result > -4096) {
    errno = static_cast<int>(-result);
    return errno;
  }
  return kHappened;
}

void s02_foreign_calls() {
  attempt("int80-getpid", [] { return by_int80(20, 0); });
  attempt("int80-unshare", [] { return by_int80(310, 0x10000000 /* CLONE_NEWUSER */); });
  attempt("int80-socketcall", [] {
    const int error = by_int80(102, 1);
    return error == EFAULT ? kHappened : error;  // it looked at its arguments
  });
  attempt("x32-getpid", [] { return outcome(syscall(0x40000000L | SYS_getpid)); });
  attempt("x32-unshare", [] { return outcome(syscall(0x40000000L | SYS_unshare, 0x10000000)); });
}

void s03_unknown_calls() {
  // Not 335 and 336: the kernel lets those past every filter (return probes).
  for (long number : {350L, 423L, 470L, 548L, 1000L, 0x3fffffffL, -5L})
    attempt("call-" + std::to_string(number),
            [&] { return outcome(syscall(number, 0, 0, 0, 0, 0, 0)); });
}

// A terminal of one's own, in a session of its own, with `act` as its leader.
int with_terminal(const std::function<int(int)>& act) {
  int leader = -1;
  int follower = -1;
  if (openpty(&leader, &follower, nullptr, nullptr, nullptr) != 0) return errno;
  if (setsid() < 0) return kUntried;
  if (ioctl(follower, TIOCSCTTY, 0) != 0) return errno;
  return act(follower);
}

int type_letter(int fd, unsigned long request) {
  const char letter = 'x';
  return outcome(syscall(SYS_ioctl, fd, request, &letter));
}

void s04_high_bits() {
  attempt("tiocsti", [] {
    return with_terminal([](int fd) { return type_letter(fd, TIOCSTI | 1UL << 32); });
  });
  attempt("tiocsti-sign", [] {
    return with_terminal([](int fd) { return type_letter(fd, TIOCSTI | 0xffffffffUL << 32); });
  });
  attempt("socket", [] {
    return outcome(syscall(SYS_socket, AF_UNIX | 1UL << 32, SOCK_STREAM | 7UL << 32, 0UL));
  });
  attempt("clone", [] {
    const long child =
        syscall(SYS_clone, 0x10000000UL | 17UL | 1UL << 40, nullptr, nullptr, nullptr, 0);
    if (child == 0) _exit(0);
    return outcome(child);
  });
}

// Standard input is the caller's terminal when there is one.
void s05_terminal() {
  const auto each = [](const char* name, const std::function<int(int)>& act) {
    attempt(name, [&] { return with_terminal(act); });
    if (isatty(0)) attempt(std::string("given-") + name, [&] { return act(0); });
  };
  each("tiocsti", [](int fd) { return type_letter(fd, TIOCSTI); });
  each("tioclinux", [](int fd) {
    char paste = 3;
    const int error = outcome(ioctl(fd, TIOCLINUX, &paste));
    return error == ENOTTY ? kHappened : error;  // the driver was asked: it is no console
  });
  each("tiocsetd", [](int fd) {
    int discipline = 0;
    return outcome(ioctl(fd, TIOCSETD, &discipline));
  });
  attempt("tiocvhangup", [] {  // never of the given one: the rest is said there
    return with_terminal([](int fd) { return outcome(ioctl(fd, TIOCVHANGUP, 0)); });
  });
}

// HAPPENED: the call was entered (it failed over its arguments, which name nothing).
int entered(long result) {
  if (result >= 0) return kHappened;
  return errno == EPERM || errno == ENOSYS || errno == EACCES ? errno : kHappened;
}

void s07_privileged_calls() {
  attempt("bpf", [] {
    bpf_attr attributes{};
    attributes.map_type = BPF_MAP_TYPE_ARRAY;
    attributes.key_size = 4;
    attributes.value_size = 4;
    attributes.max_entries = 1;
    return outcome(syscall(SYS_bpf, BPF_MAP_CREATE, &attributes, sizeof attributes));
  });
  attempt("perf-event-open", [] {
    perf_event_attr attributes{};
    attributes.type = PERF_TYPE_SOFTWARE;
    attributes.size = sizeof attributes;
    attributes.config = PERF_COUNT_SW_TASK_CLOCK;
    attributes.exclude_kernel = 1;
    attributes.exclude_hv = 1;
    return outcome(syscall(SYS_perf_event_open, &attributes, 0, -1, -1, 0));
  });
  attempt("userfaultfd", [] { return outcome(syscall(SYS_userfaultfd, UFFD_USER_MODE_ONLY)); });
  attempt("add-key", [] {
    return outcome(syscall(SYS_add_key, "user", "bailey-attack", "x", 1, -1 /* thread keyring */));
  });
  attempt("request-key",
          [] { return entered(syscall(SYS_request_key, "user", "bailey-none", nullptr, 0)); });
  attempt("keyctl", [] { return entered(syscall(SYS_keyctl, 0, -3, 1, 0, 0)); });
  attempt("kexec-load", [] { return entered(syscall(SYS_kexec_load, 0, 0, nullptr, 0xffffUL)); });
  attempt("kexec-file-load",
          [] { return entered(syscall(SYS_kexec_file_load, -1, -1, 0, nullptr, 0xffffUL)); });
  attempt("init-module", [] { return entered(syscall(SYS_init_module, nullptr, 0, "")); });
  attempt("finit-module", [] { return entered(syscall(SYS_finit_module, -1, "", 0)); });
  attempt("delete-module", [] { return entered(syscall(SYS_delete_module, "bailey_none", 0)); });
  attempt("quotactl", [] {
    return entered(syscall(SYS_quotactl, 0x800007U << 8, "/nonexistent", 0, nullptr));
  });
  attempt("acct", [] { return entered(syscall(SYS_acct, "/nonexistent")); });
  attempt("swapon", [] { return entered(syscall(SYS_swapon, "/nonexistent", 0)); });
  attempt("swapoff", [] { return entered(syscall(SYS_swapoff, "/nonexistent")); });
  attempt("iopl", [] { return entered(syscall(SYS_iopl, 3)); });
  attempt("ioperm", [] { return entered(syscall(SYS_ioperm, 0x80, 1, 1)); });
  attempt("syslog", [] { return entered(syscall(SYS_syslog, 10 /* SIZE_BUFFER */, nullptr, 0)); });
  attempt("reboot", [] { return entered(syscall(SYS_reboot, 0, 0, 0, nullptr)); });
  attempt("sethostname", [] { return entered(syscall(SYS_sethostname, nullptr, -1)); });
  attempt("settimeofday", [] {
    const long bad[2] = {-1, -1};
    return entered(syscall(SYS_settimeofday, bad, nullptr));
  });
  attempt("fanotify-init",
          [] { return outcome(syscall(SYS_fanotify_init, 0x200 /* FAN_REPORT_FID */, 0)); });
  attempt("memfd-secret", [] { return entered(syscall(SYS_memfd_secret, 0)); });
  attempt("lookup-dcookie", [] { return entered(syscall(SYS_lookup_dcookie, 0, nullptr, 0)); });
  attempt("modify-ldt", [] { return entered(syscall(SYS_modify_ldt, 0, nullptr, 0)); });
  attempt("migrate-pages",
          [] { return entered(syscall(SYS_migrate_pages, 0, 0, nullptr, nullptr)); });
  attempt("mknod-socket-path",
          [] { return entered(syscall(SYS_name_to_handle_at, -1, "x", nullptr, nullptr, 0)); });
}

// Prints every kind of socket that opens; the allow-list is the caller's to check.
void s08_sockets() {
  for (int family = 0; family <= 45; family++)
    for (int type : {SOCK_STREAM, SOCK_DGRAM, SOCK_RAW, SOCK_RDM, SOCK_SEQPACKET, SOCK_PACKET})
      for (int protocol : {0, 1, 6, 9, 12, 15, 16, 17, 58, 132, 136, 255, 262}) {
        const int fd = socket(family, type, protocol);
        if (fd < 0) continue;
        std::printf("SOCKET %d %d %d\n", family, type, protocol);
        close(fd);
      }
  for (int family : {AF_UNIX, AF_INET}) {
    int pair[2];
    if (socketpair(family, SOCK_STREAM, 0, pair) == 0) std::printf("PAIR %d\n", family);
  }
  attempt("alg", [] { return outcome(socket(38, SOCK_SEQPACKET, 0)); });
}

// What may run inside is not narrowed by how it is started; it stays in the same cage.
void s10_exec_forms() {
  attempt("memfd", [] {
    const int source = open("/proc/self/exe", O_RDONLY);
    const int fd = static_cast<int>(syscall(SYS_memfd_create, "x", 0));
    char bytes[65536];
    for (ssize_t got; (got = read(source, bytes, sizeof bytes)) > 0;)
      (void)!write(fd, bytes, static_cast<std::size_t>(got));
    const pid_t child = fork();
    if (child == 0) {
      const char* const arguments[] = {"victim", "N01", nullptr};
      const char* const environment[] = {nullptr};
      syscall(SYS_execveat, fd, "", arguments, environment, AT_EMPTY_PATH);
      _exit(3);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? kHappened : EPERM;
  });
}

}  // namespace

std::vector<Row> call_rows() {
  return {{"S01", s01_io_uring},  {"S02", s02_foreign_calls}, {"S03", s03_unknown_calls},
          {"S04", s04_high_bits}, {"S05", s05_terminal},      {"S07", s07_privileged_calls},
          {"S08", s08_sockets},   {"S10", s10_exec_forms}};
}

}  // namespace victim
