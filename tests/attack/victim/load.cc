// F18, N14, N15, N16: taking more than one's share. Every way is bounded by arguments and
// leaves its progress in the file `progress`, where the witness reads it afterwards.
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "victim.h"

namespace victim {
namespace {

constexpr std::size_t kMebibyte = std::size_t{1} << 20;
constexpr std::size_t kStep = 8;

void progress(std::size_t amount) {
  static const int fd = open(argument("progress").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  char text[24];
  const int size = std::snprintf(text, sizeof text, "%-12zu\n", amount);
  (void)!pwrite(fd, text, static_cast<std::size_t>(size), 0);
}

// Takes `mib` mebibytes in steps; `take` gets the step's number and returns an errno.
void fill(const char* name, const std::function<int(std::size_t)>& take) {
  const auto wanted = static_cast<std::size_t>(number("mib"));
  for (std::size_t have = 0; have < wanted; have += kStep) {
    const int error = take(have / kStep);
    if (error != 0) return say(name, error);
    progress(have + kStep);
  }
  say(name, kHappened);
}

int touch_new(int flags, int fd, std::size_t offset) {
  void* piece = mmap(nullptr, kStep * kMebibyte, PROT_READ | PROT_WRITE, flags, fd,
                     static_cast<off_t>(offset));
  if (piece == MAP_FAILED) return errno;
  std::memset(piece, 0x5a, kStep * kMebibyte);
  return 0;
}

int write_step(int fd) {
  static char piece[kMebibyte];
  std::memset(piece, 0x5a, sizeof piece);
  for (std::size_t i = 0; i < kStep; i++)
    if (write(fd, piece, sizeof piece) != static_cast<ssize_t>(sizeof piece))
      return errno != 0 ? errno : ENOSPC;
  return 0;
}

void memory_anonymous() {
  fill("anonymous", [](std::size_t) { return touch_new(MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); });
}
void memory_shared() {
  fill("shared", [](std::size_t) { return touch_new(MAP_SHARED | MAP_ANONYMOUS, -1, 0); });
}
void memory_memfd() {
  const auto fd = static_cast<int>(syscall(SYS_memfd_create, "x", 0));
  fill("memfd", [&](std::size_t) { return fd < 0 ? EPERM : write_step(fd); });
}
void memory_tmpfs() {
  const std::string path = argument("place") + "/n15";
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT, 0600);
  fill("tmpfs", [&](std::size_t) { return fd < 0 ? ENOENT : write_step(fd); });
  unlink(path.c_str());
}
void memory_sysv() {
  fill("sysv", [](std::size_t) {
    const int id = shmget(IPC_PRIVATE, kStep * kMebibyte, IPC_CREAT | 0600);
    if (id < 0) return errno;
    void* piece = shmat(id, nullptr, 0);
    const int error = errno;
    shmctl(id, IPC_RMID, nullptr);
    if (piece == reinterpret_cast<void*>(-1)) return error;
    std::memset(piece, 0x5a, kStep * kMebibyte);
    return 0;
  });
}
void memory_detached() {
  // Segments that no process has in view any more: nobody's size grows. They outlive
  // their maker, so without a cage they are taken back at the end.
  std::vector<int> made;
  fill("detached", [&](std::size_t) {
    const int id = shmget(IPC_PRIVATE, kStep * kMebibyte, IPC_CREAT | 0600);
    if (id < 0) return errno;
    made.push_back(id);
    void* piece = shmat(id, nullptr, 0);
    if (piece == reinterpret_cast<void*>(-1)) return errno;
    std::memset(piece, 0x5a, kStep * kMebibyte);
    shmdt(piece);
    return 0;
  });
  for (const int id : made) shmctl(id, IPC_RMID, nullptr);
}
void memory_forked() {
  // Spread over children, so that no single process is large.
  fill("forked", [](std::size_t) {
    int pipes[2];
    if (pipe(pipes) != 0) return errno;
    const pid_t child = fork();
    if (child < 0) return errno;
    if (child == 0) {
      alarm(15);
      const int error = touch_new(MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      (void)!write(pipes[1], &error, sizeof error);
      for (;;) pause();
    }
    int error = ENOMEM;
    close(pipes[1]);
    if (read(pipes[0], &error, sizeof error) != static_cast<ssize_t>(sizeof error)) error = ENOMEM;
    close(pipes[0]);
    return error;
  });
  signal(SIGTERM, SIG_IGN);
  kill(0, SIGTERM);
}

void fork_bomb() {
  const int wanted = number("count");
  int gate[2];
  if (pipe(gate) != 0) return say("processes", kUntried);
  int made = 0;
  int error = 0;
  for (; made < wanted; made++) {
    const pid_t child = fork();
    if (child == 0) {
      char byte;
      close(gate[1]);
      alarm(20);
      (void)!read(gate[0], &byte, 1);
      _exit(0);
    }
    if (child < 0) {
      error = errno;
      break;
    }
    progress(static_cast<std::size_t>(made) + 1);
  }
  if (has_argument("hold")) sleep(static_cast<unsigned>(number("hold")));
  close(gate[1]);
  while (waitpid(-1, nullptr, 0) > 0) {
  }
  say("processes", made == wanted ? kHappened : error);
}

// Each generation makes two more and never waits.
void fork_tree() {
  const int depth = number("depth");
  for (int level = 0; level < depth; level++) {
    (void)fork();
    (void)fork();
  }
  alarm(5);
  sleep(3);
  _exit(0);
}

void* idle(void*) {
  for (;;) pause();
}

void thread_bomb() {
  const int wanted = number("count");
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 64 * 1024);
  for (int made = 0; made < wanted; made++) {
    pthread_t thread;
    const int error = pthread_create(&thread, &attributes, idle, nullptr);
    if (error != 0) return say("threads", error);
    progress(static_cast<std::size_t>(made) + 1);
  }
  say("threads", kHappened);
}

void spin() {
  const auto until = static_cast<double>(number("seconds"));
  for (int i = 1; i < number("processes"); i++)
    if (fork() == 0) break;
  timespec start{};
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &start);
  do {
    clock_gettime(CLOCK_MONOTONIC, &now);
  } while (static_cast<double>(now.tv_sec - start.tv_sec) < until);
  while (waitpid(-1, nullptr, 0) > 0) {
  }
  say("spun", kHappened);
}

void fill_disk() {
  signal(SIGXFSZ, SIG_IGN);
  int file = 0;
  fill("disk", [&](std::size_t) {
    const std::string path = argument("place") + "/f18." + std::to_string(file++);
    const int fd = open(path.c_str(), O_WRONLY | O_CREAT, 0600);
    if (fd < 0) return errno;
    const int error = write_step(fd);
    fdatasync(fd);
    close(fd);
    return error;
  });
}

void fill_inodes() {
  const int wanted = number("count");
  mkdir("f18", 0700);
  for (int made = 0; made < wanted; made++) {
    const int fd = open(("f18/" + std::to_string(made)).c_str(), O_WRONLY | O_CREAT, 0600);
    if (fd < 0) return say("inodes", errno);
    close(fd);
  }
  say("inodes", kHappened);
}

void deep_tree() {
  const std::string name(200, 'd');
  for (int depth = 0; depth < 60; depth++)
    if (mkdir(name.c_str(), 0700) != 0 || chdir(name.c_str()) != 0) return say("deep", errno);
  say("deep", kHappened);
}

void big_output() {
  static char line[kMebibyte];
  std::memset(line, 'o', sizeof line);
  for (int left = number("mib"); left > 0; left--)
    for (std::size_t sent = 0; sent < sizeof line;) {
      const ssize_t wrote = write(1, line + sent, sizeof line - sent);
      if (wrote <= 0) return;
      sent += static_cast<std::size_t>(wrote);
    }
}

}  // namespace

std::vector<Row> load_rows() {
  return {{"N15-anonymous", memory_anonymous},
          {"N15-shared", memory_shared},
          {"N15-memfd", memory_memfd},
          {"N15-tmpfs", memory_tmpfs},
          {"N15-sysv", memory_sysv},
          {"N15-detached", memory_detached},
          {"N15-forked", memory_forked},
          {"N14-fork", fork_bomb},
          {"N14-tree", fork_tree},
          {"N14-threads", thread_bomb},
          {"N16-spin", spin},
          {"F18-disk", fill_disk},
          {"F18-inodes", fill_inodes},
          {"F18-deep", deep_tree},
          {"output", big_output}};
}

}  // namespace victim
