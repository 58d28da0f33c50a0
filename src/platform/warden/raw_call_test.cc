// raw-call: one system call by number, for tests of the cage. Prints what came back.
//
//   raw-call NUMBER [ARG...]     "ok N" or "errno N"; arguments are numbers, or @TEXT
//   raw-call int80 NUMBER        through the 32-bit gate
//   raw-call fds                 the numbers of open descriptors
//   raw-call linger FILE         a daemon that touches FILE until somebody ends it
//   raw-call fork COUNT          how many of COUNT children could be made at once
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

int linger(const char* file) {
  if (fork() != 0) return 0;
  setsid();
  if (fork() != 0) return 0;
  for (int s = 1; s < 32; ++s) signal(s, SIG_IGN);
  for (;;) {
    const int fd = open(file, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (fd >= 0) {
      if (write(fd, ".", 1) != 1) return 1;
      close(fd);
    }
    usleep(50000);
  }
}

int count_forks(int count) {
  int made = 0;
  for (int i = 0; i < count; ++i) {
    const pid_t pid = fork();
    if (pid == 0) {
      pause();
      _exit(0);
    }
    if (pid > 0) ++made;
  }
  std::printf("made %d\n", made);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const std::string act = argv[1];
  if (act == "fds") {
    DIR* directory = opendir("/proc/self/fd");
    while (const dirent* entry = readdir(directory)) {
      const int fd = std::atoi(entry->d_name);
      if (entry->d_name[0] != '.' && fd != dirfd(directory)) std::printf("%d ", fd);
    }
    return 0;
  }
  if (act == "linger") return linger(argv[2]);
  if (act == "fork") return count_forks(std::atoi(argv[2]));
  if (act == "int80") {
    long result = std::strtol(argv[2], nullptr, 0);
    __asm__ volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
    std::printf("ok %ld\n", result);
    return 0;
  }
  long words[7] = {};
  for (int i = 1; i < argc && i < 8; ++i) {
    words[i - 1] = argv[i][0] == '@' ? reinterpret_cast<long>(argv[i] + 1)
                                     : static_cast<long>(std::strtoull(argv[i], nullptr, 0));
  }
  const long result = syscall(words[0], words[1], words[2], words[3], words[4], words[5], words[6]);
  if (result == -1) {
    std::printf("errno %d\n", errno);
  } else {
    std::printf("ok %ld\n", result);
  }
  return 0;
}
