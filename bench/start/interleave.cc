// interleave: starts several commands in turn, many times, and times each from before
// the start until it was reaped.
//
//   interleave RUNS WARMUPS < SPEC > SAMPLES
//
// SPEC: one command a line, fields parted by tabs: NAME, working directory, argv. "@RUN@"
// in a field becomes the number of the run. One round starts every command once; each
// round begins with another one, so that none always follows the same. SAMPLES: one line
// a run, "NAME nanoseconds cpu-microseconds". Standard input is /dev/null; standard output
// too; standard error goes to memory and is shown when a command fails, which ends
// everything with exit code 1: a failing run is no measurement.
//
// posix_spawn is clone(CLONE_VM | CLONE_VFORK), so that this program's own size is not
// measured; no shell takes part. The clock is CLOCK_MONOTONIC.
#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <string>
#include <vector>

extern char** environ;

namespace {

struct Command {
  std::string name;
  std::string directory;
  std::vector<std::string> words;
};

struct Sample {
  std::size_t command = 0;
  std::uint64_t wall_ns = 0;
  std::uint64_t cpu_us = 0;
};

std::uint64_t now_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1000000000U +
         static_cast<std::uint64_t>(now.tv_nsec);
}

std::uint64_t microseconds(const timeval& time) {
  return static_cast<std::uint64_t>(time.tv_sec) * 1000000U +
         static_cast<std::uint64_t>(time.tv_usec);
}

std::vector<Command> read_commands() {
  std::vector<Command> commands;
  for (std::string line; std::getline(std::cin, line);) {
    std::vector<std::string> fields;
    for (std::size_t from = 0; from <= line.size();) {
      const auto tab = std::min(line.find('\t', from), line.size());
      fields.push_back(line.substr(from, tab - from));
      from = tab + 1;
    }
    if (fields.size() < 3) continue;
    commands.push_back({fields[0], fields[1], {fields.begin() + 2, fields.end()}});
  }
  return commands;
}

std::string numbered(const std::string& word, const std::string& number) {
  const auto at = word.find("@RUN@");
  return at == std::string::npos ? word : word.substr(0, at) + number + word.substr(at + 5);
}

class Starter {
 public:
  Starter() : errors_(memfd_create("stderr", MFD_CLOEXEC)) {}

  // False, and everything known on standard error, when the command did not succeed.
  bool run(const Command& command, const std::string& number, Sample& sample) {
    std::vector<std::string> words;
    std::vector<char*> argv;
    words.reserve(command.words.size());
    for (const auto& word : command.words) words.push_back(numbered(word, number));
    for (auto& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    if (ftruncate(errors_, 0) != 0 || lseek(errors_, 0, SEEK_SET) != 0) return false;

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, errors_, 2);
    posix_spawn_file_actions_addchdir_np(&actions, command.directory.c_str());
    pid_t child = 0;
    int status = 0;
    rusage used{};
    const auto started = now_ns();
    const int error = posix_spawn(&child, argv[0], &actions, nullptr, argv.data(), environ);
    if (error == 0)
      while (wait4(child, &status, 0, &used) < 0 && errno == EINTR) {
      }
    sample.wall_ns = now_ns() - started;
    posix_spawn_file_actions_destroy(&actions);
    sample.cpu_us = microseconds(used.ru_utime) + microseconds(used.ru_stime);
    if (error != 0) {
      std::fprintf(stderr, "interleave: %s: cannot start %s: %s\n", command.name.c_str(), argv[0],
                   std::strerror(error));
      return false;
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return true;
    std::fprintf(stderr, "interleave: %s: run %s ended with status 0x%x; it said:\n",
                 command.name.c_str(), number.c_str(), static_cast<unsigned>(status));
    show_errors();
    return false;
  }

 private:
  void show_errors() {
    char text[8192];
    const ssize_t length = pread(errors_, text, sizeof text, 0);
    if (length > 0) std::fwrite(text, 1, static_cast<std::size_t>(length), stderr);
    std::fputc('\n', stderr);
  }

  int errors_;
};

}  // namespace

int main(int count, char** words) {
  const long runs = count > 2 ? std::strtol(words[1], nullptr, 10) : 0;
  const long warmups = count > 2 ? std::strtol(words[2], nullptr, 10) : 0;
  const auto commands = read_commands();
  if (runs <= 0 || warmups < 0 || commands.empty()) {
    std::fputs("usage: interleave RUNS WARMUPS < SPEC > SAMPLES\n", stderr);
    return 2;
  }
  std::vector<Sample> samples;
  samples.reserve(static_cast<std::size_t>(runs) * commands.size());
  Starter starter;
  for (long round = -warmups; round < runs; ++round) {
    // Warm-ups have numbers of their own, so that no file of one is taken for a run's.
    const std::string number = round < 0 ? "w" + std::to_string(-round) : std::to_string(round);
    for (std::size_t i = 0; i < commands.size(); ++i) {
      const auto offset = static_cast<std::size_t>(round + warmups);
      Sample sample{(i + offset) % commands.size(), 0, 0};
      if (!starter.run(commands[sample.command], number, sample)) return 1;
      if (round >= 0) samples.push_back(sample);
    }
  }
  for (const auto& sample : samples)
    std::printf("%s %llu %llu\n", commands[sample.command].name.c_str(),
                static_cast<unsigned long long>(sample.wall_ns),
                static_cast<unsigned long long>(sample.cpu_us));
  return 0;
}
