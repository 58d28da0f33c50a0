// record: which functions of a program one run of it enters.
//
//   record FUNCTIONS PROGRAM [ARG...] > ENTERED
//
// FUNCTIONS lists their addresses in the program's file, one hexadecimal number a line. Each
// gets a breakpoint that goes when it is hit, so the run is about as fast as any. ENTERED lists
// those that were hit, in that order. What the program starts is let go when it executes
// another program. Exits as the program does. For tools/start-order.
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <climits>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <unordered_map>

namespace {

constexpr long kByte = 0xff;
constexpr long kBreakpoint = 0xcc;

// Where the file is mapped; 0 when it is not.
std::uint64_t base_of(pid_t process, const std::string& file) {
  std::ifstream maps("/proc/" + std::to_string(process) + "/maps");
  for (std::string line; std::getline(maps, line);) {
    if (line.ends_with(" " + file)) return std::stoull(line, nullptr, 16);
  }
  return 0;
}

class Run {
 public:
  Run(pid_t process, std::uint64_t base) : process_(process), base_(base) {}

  bool mark(const std::string& list) {
    std::ifstream functions(list);
    for (std::string line; std::getline(functions, line);) {
      const std::uint64_t at = base_ + std::stoull(line, nullptr, 16);
      if (first_bytes_.contains(at)) continue;
      const long word = ptrace(PTRACE_PEEKTEXT, process_, at, nullptr);
      first_bytes_.emplace(at, word & kByte);
      if (ptrace(PTRACE_POKETEXT, process_, at, (word & ~kByte) | kBreakpoint) != 0) return false;
    }
    return !first_bytes_.empty();
  }

  int follow() {
    ptrace(PTRACE_SETOPTIONS, process_, nullptr,
           PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC);
    ptrace(PTRACE_CONT, process_, nullptr, nullptr);
    for (;;) {
      int status = 0;
      const pid_t process = waitpid(-1, &status, __WALL);
      if (process < 0) return 1;
      if (!WIFSTOPPED(status)) {
        if (process == process_) return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
        continue;
      }
      if (status >> 8 == (SIGTRAP | PTRACE_EVENT_EXEC << 8)) {
        ptrace(PTRACE_DETACH, process, nullptr, nullptr);
        continue;
      }
      int signal = WSTOPSIG(status);
      const bool ours = status >> 16 != 0 || signal == SIGSTOP || take(process, signal);
      ptrace(PTRACE_CONT, process, nullptr, ours ? 0 : signal);
    }
  }

 private:
  // True when a breakpoint of ours was hit; it is gone then.
  bool take(pid_t process, int signal) {
    if (signal != SIGTRAP) return false;
    user_regs_struct registers{};
    ptrace(PTRACE_GETREGS, process, nullptr, &registers);
    const auto found = first_bytes_.find(registers.rip - 1);
    if (found == first_bytes_.end()) return false;
    const std::uint64_t at = found->first;
    const long word = ptrace(PTRACE_PEEKTEXT, process, at, nullptr);
    ptrace(PTRACE_POKETEXT, process, at, (word & ~kByte) | found->second);
    registers.rip = at;
    ptrace(PTRACE_SETREGS, process, nullptr, &registers);
    std::printf("%lx\n", static_cast<unsigned long>(at - base_));
    return true;
  }

  pid_t process_;
  std::uint64_t base_;
  std::unordered_map<std::uint64_t, long> first_bytes_;
};

}  // namespace

int main(int count, char** words) {
  char file[PATH_MAX];
  if (count < 3 || realpath(words[2], file) == nullptr) {
    std::fputs("usage: record FUNCTIONS PROGRAM [ARG...]\n", stderr);
    return 2;
  }
  const pid_t process = fork();
  if (process == 0) {
    personality(ADDR_NO_RANDOMIZE);
    ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    execv(words[2], words + 2);
    _exit(127);
  }
  int status = 0;
  if (process < 0 || waitpid(process, &status, 0) != process || !WIFSTOPPED(status)) return 2;
  Run run(process, base_of(process, file));
  return run.mark(words[1]) ? run.follow() : 2;
}
