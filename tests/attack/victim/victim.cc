#include "victim.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>

namespace victim {
namespace {

std::map<std::string, std::string, std::less<>> g_arguments;

std::string reason(int result) {
  const char* name = strerrorname_np(result);
  return name != nullptr ? name : std::to_string(result);
}

}  // namespace

bool has_argument(std::string_view name) { return g_arguments.contains(name); }

const std::string& argument(std::string_view name) {
  const auto found = g_arguments.find(name);
  if (found == g_arguments.end()) {
    std::fprintf(stderr, "victim: %s= is missing\n", std::string(name).c_str());
    std::exit(2);
  }
  return found->second;
}

int number(std::string_view name) { return std::atoi(argument(name).c_str()); }

void say(std::string_view name, int result, std::string_view detail) {
  const char* word = result == kHappened ? "HAPPENED" : result == kUntried ? "UNTRIED" : "DENIED";
  const std::string why = !detail.empty()       ? std::string(detail)
                          : result == kHappened ? "-"
                          : result == kUntried  ? "-"
                                                : reason(result);
  std::printf("PROBE %s %s %s\n", std::string(name).c_str(), word, why.c_str());
  std::fflush(stdout);
}

void attempt(std::string_view name, const std::function<int()>& act) {
  std::fflush(stdout);
  const pid_t child = fork();
  if (child < 0) return say(name, kUntried, "fork failed");
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    alarm(20);
    const int result = act();
    std::fflush(stdout);
    _exit(result);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFSIGNALED(status)) {
    const int number = WTERMSIG(status);
    // Killed for it is a refusal; a crash or a time-out of the attempt is not.
    const bool refused = number == SIGSYS || number == SIGKILL;
    return say(name, refused ? EPERM : kUntried, "signal " + std::to_string(number));
  }
  say(name, WEXITSTATUS(status));
}

int append_at(int directory, const std::string& path) {
  const int fd = openat(directory, path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  if (fd < 0) return errno;
  const int result = write(fd, "x", 1) == 1 ? kHappened : errno;
  close(fd);
  return result;
}

int append(const std::string& path) { return append_at(AT_FDCWD, path); }

int loot_fd(std::string_view name, int fd) {
  char bytes[4096];
  const ssize_t got = read(fd, bytes, sizeof bytes);
  if (got < 0) return errno;
  if (got == 0) return ENODATA;
  std::string line = "LOOT " + std::string(name) + " ";
  for (ssize_t i = 0; i < got; i++) line += bytes[i] >= ' ' && bytes[i] <= '~' ? bytes[i] : '.';
  std::puts(line.c_str());
  return kHappened;
}

int loot(std::string_view name, const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return errno;
  const int result = loot_fd(name, fd);
  close(fd);
  return result;
}

void enter_namespaces(int flags) {
  const int error = errno;
  if (unshare(flags) != 0) (void)unshare(CLONE_NEWUSER | flags);
  if ((flags & CLONE_NEWNS) != 0) (void)mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
  errno = error;
}

}  // namespace victim

int main(int argc, char** argv) {
  using victim::Row;
  signal(SIGPIPE, SIG_IGN);
  for (int i = 2; i < argc; i++) {
    const char* equals = std::strchr(argv[i], '=');
    if (equals == nullptr) continue;
    victim::g_arguments.insert_or_assign(
        std::string(argv[i], static_cast<std::size_t>(equals - argv[i])), std::string(equals + 1));
  }
  for (const auto& rows : {victim::file_rows(), victim::process_rows(), victim::privilege_rows(),
                           victim::call_rows(), victim::network_rows(), victim::load_rows()})
    for (const Row& row : rows)
      if (argc > 1 && row.id == argv[1]) {
        row.run();
        std::puts("OVER");
        return 0;
      }
  std::fprintf(stderr, "usage: victim ID [NAME=VALUE...]\n");
  return 2;
}
