// redis_load: starts a Redis on the loopback, drives it with redis-benchmark, ends it.
//
//   redis_load REDIS_SERVER REDIS_BENCHMARK PORT REQUESTS
//
// The same program runs bare and inside a cage, where server and client share the cage's
// own loopback. Nothing is stored and no file is written. redis-benchmark's CSV goes to
// standard output. Exit code 1 when a step fails, with a line that says which.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

extern char** environ;

namespace {

enum class Output { kDiscarded, kOurs };

pid_t start(std::vector<std::string> words, Output output) {
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  if (output == Output::kDiscarded)
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  pid_t child = -1;
  const int error = posix_spawn(&child, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error == 0) return child;
  std::fprintf(stderr, "redis_load: cannot start %s: %s\n", argv[0], std::strerror(error));
  return -1;
}

enum class Answer { kAccepted, kRefused };

Answer knock(std::uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return Answer::kRefused;
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  sockaddr generic{};
  static_assert(sizeof generic == sizeof to);
  std::memcpy(&generic, &to, sizeof to);
  const int result = connect(fd, &generic, sizeof generic);
  close(fd);
  return result == 0 ? Answer::kAccepted : Answer::kRefused;
}

}  // namespace

int main(int count, char** words) {
  if (count != 5) {
    std::fputs("usage: redis_load REDIS_SERVER REDIS_BENCHMARK PORT REQUESTS\n", stderr);
    return 2;
  }
  const std::string port = words[3];
  const auto number = static_cast<std::uint16_t>(std::strtoul(words[3], nullptr, 10));
  if (knock(number) == Answer::kAccepted) {
    std::fprintf(stderr, "redis_load: somebody listens on port %s already\n", port.c_str());
    return 1;
  }
  const pid_t server = start({words[1], "--bind", "127.0.0.1", "--port", port, "--save", "",
                              "--appendonly", "no", "--loglevel", "warning"},
                             Output::kDiscarded);
  if (server < 0) return 1;
  bool up = false;
  for (int attempt = 0; attempt < 500 && !up; ++attempt) {
    up = knock(number) == Answer::kAccepted;
    const timespec pause = {0, 10'000'000};
    if (!up) nanosleep(&pause, nullptr);
  }
  int status = 1;
  if (up) {
    const pid_t client = start({words[2], "-h", "127.0.0.1", "-p", port, "-n", words[4], "-c", "50",
                                "-t", "set,get", "--csv"},
                               Output::kOurs);
    if (client < 0 || waitpid(client, &status, 0) != client) status = 1;
  } else {
    std::fputs("redis_load: the server did not come up within 5 s\n", stderr);
  }
  kill(server, SIGKILL);
  waitpid(server, nullptr, 0);
  return status == 0 ? 0 : 1;
}
