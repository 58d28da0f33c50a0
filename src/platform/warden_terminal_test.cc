// The user's terminal while a caged program has one: a real one, with a probe on it.
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "platform/warden/caged_test.h"

namespace bailey::platform::testing {
namespace {

using namespace std::chrono_literals;

// A terminal of our own with a probe at its other end.
class OnTerminal {
 public:
  explicit OnTerminal(const std::vector<std::string>& command) {
    winsize size{33, 101, 0, 0};
    pid_ = forkpty(&master_, nullptr, nullptr, &size);
    if (pid_ != 0) return;
    std::vector<char*> argv;
    for (const auto& word : command) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    execv(argv[0], argv.data());
    _exit(127);
  }
  ~OnTerminal() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    close(master_);
  }
  OnTerminal(const OnTerminal&) = delete;
  OnTerminal& operator=(const OnTerminal&) = delete;
  void type(const std::string& keys) const { (void)!write(master_, keys.data(), keys.size()); }
  void resize(unsigned short rows, unsigned short columns) const {
    const winsize size{rows, columns, 0, 0};
    ioctl(master_, TIOCSWINSZ, &size);
  }
  [[nodiscard]] termios settings() const {
    termios now{};
    tcgetattr(master_, &now);
    return now;
  }
  // Reads until `text` has come.
  [[nodiscard]] bool shows(const std::string& text) {
    const auto until = std::chrono::steady_clock::now() + 5s;
    while (seen_.find(text) == std::string::npos) {
      pollfd fd{master_, POLLIN, 0};
      if (std::chrono::steady_clock::now() > until) return false;
      if (poll(&fd, 1, 100) <= 0) continue;
      char buffer[4096];
      const ssize_t n = read(master_, buffer, sizeof buffer);
      if (n <= 0) return seen_.find(text) != std::string::npos;
      seen_.append(buffer, static_cast<std::size_t>(n));
    }
    seen_.erase(0, seen_.find(text) + text.size());
    return true;
  }
  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] int status() const {
    int status = 0;
    waitpid(pid_, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  int master_ = -1;
  pid_t pid_ = -1;
  std::string seen_;
};

TEST(Terminal, IsTheCagesOwnAndFollowsTheUsersSize) {
  OnTerminal terminal({programs() + "/cage-probe", "-t", "--", "/usr/bin/sh", "-c",
                       "tty; stty size; read line; stty size; echo got $line"});
  EXPECT_TRUE(terminal.shows("/dev/pts/0"));
  EXPECT_TRUE(terminal.shows("33 101"));
  EXPECT_EQ(terminal.settings().c_lflag & ICANON, 0U);  // raw outside, the cage's own rules inside
  terminal.resize(40, 80);
  std::this_thread::sleep_for(300ms);
  terminal.type("word\n");
  EXPECT_TRUE(terminal.shows("40 80"));
  EXPECT_TRUE(terminal.shows("got word"));
}

TEST(Terminal, ControlCReachesTheProgramAndTheTerminalComesBack) {
  OnTerminal terminal(
      {programs() + "/cage-probe", "-t", "--", "/usr/bin/sh", "-c", "echo begun; sleep 20"});
  const termios before = terminal.settings();
  EXPECT_TRUE(terminal.shows("begun"));
  terminal.type("\x03");
  EXPECT_EQ(terminal.status(), 130);
  EXPECT_EQ(terminal.settings().c_lflag, before.c_lflag);
}

TEST(Terminal, ComesBackWhenTheWardenIsKilled) {
  OnTerminal terminal(
      {programs() + "/cage-probe", "-t", "--", "/usr/bin/sh", "-c", "echo begun; sleep 20"});
  EXPECT_TRUE(terminal.shows("begun"));
  EXPECT_EQ(terminal.settings().c_lflag & ICANON, 0U);
  const auto children = children_of(terminal.pid());
  ASSERT_EQ(children.size(), 1U);
  kill(children[0], SIGKILL);
  EXPECT_EQ(terminal.status(), 120);
  EXPECT_NE(terminal.settings().c_lflag & ICANON, 0U);
}

}  // namespace
}  // namespace bailey::platform::testing
