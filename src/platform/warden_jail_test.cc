// The cage as a whole, from outside: each test starts a real one.
#include "platform/warden_jail.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/audit.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <climits>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "effect/process/wire.h"
#include "platform/probe.h"
#include "platform/warden/caged_test.h"
#include "platform/warden_cage.h"

extern char** environ;

namespace bailey::platform::testing {

std::string programs() {
  char self[PATH_MAX];
  const ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
  std::string path(self, static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
  path.erase(path.rfind('/'));
  // In the build tree the tests lie beside bin/; staged for another user, all in one.
  return access((path + "/cage-probe").c_str(), X_OK) == 0 ? path : path + "/../bin";
}

Said run(const std::vector<std::string>& command, const std::string& input) {
  int in[2], out[2], err[2];
  Said said;
  if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC)) return said;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in[0], 0);
  posix_spawn_file_actions_adddup2(&actions, out[1], 1);
  posix_spawn_file_actions_adddup2(&actions, err[1], 2);
  std::vector<char*> argv;
  for (const auto& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  pid_t pid = -1;
  const int failed = posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(in[0]);
  close(out[1]);
  close(err[1]);
  if (failed == 0) {
    if (!input.empty() && write(in[1], input.data(), input.size()) < 0) said.code = -2;
    close(in[1]);
    pollfd fds[2] = {{out[0], POLLIN, 0}, {err[0], POLLIN, 0}};
    std::string* texts[2] = {&said.out, &said.err};
    while (fds[0].fd >= 0 || fds[1].fd >= 0) {
      if (poll(fds, 2, -1) < 0) break;
      for (int i = 0; i < 2; ++i) {
        if (fds[i].revents == 0) continue;
        char buffer[65536];
        const ssize_t n = read(fds[i].fd, buffer, sizeof buffer);
        if (n <= 0) {
          fds[i].fd = -1;
        } else {
          texts[i]->append(buffer, static_cast<std::size_t>(n));
        }
      }
    }
    int status = 0;
    waitpid(pid, &status, 0);
    said.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  } else {
    close(in[1]);
  }
  close(out[0]);
  close(err[0]);
  return said;
}

Said caged(std::vector<std::string> options, const std::vector<std::string>& command,
           const std::string& input) {
  char* real = realpath(programs().c_str(), nullptr);
  const std::string bin = real;
  free(real);
  std::vector<std::string> words{bin + "/cage-probe", "-r", bin};
  words.insert(words.end(), options.begin(), options.end());
  words.emplace_back("--");
  for (const std::string& word : command) {
    words.push_back(word == "raw-call" ? bin + "/raw-call" : word);
  }
  return run(words, input);
}

Said caged(const std::vector<std::string>& command) { return caged({}, command); }

std::string call(const std::vector<std::string>& arguments, std::vector<std::string> options) {
  std::vector<std::string> command{"raw-call"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  const Said said = caged(std::move(options), command);
  if (said.code != 0) return "code " + std::to_string(said.code);
  std::string text = said.out;
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

std::vector<pid_t> children_of(pid_t pid) {
  const std::string name = std::to_string(pid);
  std::ifstream file("/proc/" + name + "/task/" + name + "/children");
  std::vector<pid_t> pids;
  for (pid_t child; file >> child;) pids.push_back(child);
  return pids;
}

namespace {

using namespace effect::process;
using namespace std::chrono_literals;

const std::vector<std::string> kShell{"/usr/bin/sh", "-c"};
Said shell(const std::string& script, std::vector<std::string> options = {},
           const std::string& input = {}) {
  return caged(std::move(options), {"/usr/bin/sh", "-c", script}, input);
}

// The same raw call without a cage.
std::string uncaged(const std::vector<std::string>& arguments) {
  std::vector<std::string> command{programs() + "/raw-call"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  std::string text = run(command).out;
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

std::string number(long value) { return std::to_string(value); }

class TempFolder {
 public:
  TempFolder() {
    char name[] = "/var/tmp/bailey-cage-XXXXXX";
    path_ = mkdtemp(name);
  }
  ~TempFolder() { (void)run({"/usr/bin/rm", "-rf", path_}); }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ + "/" + name) << text;
  }
  [[nodiscard]] std::string read(const std::string& name) const {
    std::ifstream file(path_ + "/" + name);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  }

 private:
  std::string path_;
};

CageSpec system_spec() {
  CageSpec spec;
  for (const char* path : {"/usr", "/bin", "/lib", "/lib64", "/etc"}) {
    spec.views.push_back({path, path, Access::kReadOnly, true});
  }
  spec.hidden = {"/etc/shadow"};
  spec.working_directory = "/tmp";
  spec.argv = {"sleep", "60"};
  spec.program = "/usr/bin/sleep";
  return spec;
}

WardenJail jail() {
  const std::string path = programs() + "/bailey-warden";
  return WardenJail(Fd(open(path.c_str(), O_PATH | O_CLOEXEC)));
}

class Never final : public Watch {
 public:
  bool must_stop() override { return false; }
};

class Unheard final : public EventSink {
 public:
  void take(model::Event) override {}
  void look_at_the_clock() override {}
};

Leash loose() { return {0, MonoTime{INT64_MAX}, std::stop_token{}}; }

// Gone, or a corpse that whoever adopted it has not buried yet.
bool is_gone(pid_t pid) {
  if (kill(pid, 0) != 0 && errno == ESRCH) return true;
  std::ifstream file("/proc/" + number(pid) + "/stat");
  std::string line;
  std::getline(file, line);
  const std::size_t close = line.rfind(')');
  return close == std::string::npos || line.substr(close + 2, 1) == "Z";
}

bool gone_within(pid_t pid, std::chrono::milliseconds patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  while (std::chrono::steady_clock::now() < until) {
    if (is_gone(pid)) return true;
    std::this_thread::sleep_for(10ms);
  }
  return false;
}

TEST(Cage, ProvesEveryLayer) {
  auto cage = jail().raise();
  ASSERT_TRUE(cage) << cage.error().message;
  ASSERT_TRUE((*cage)->furnish(system_spec()));
  const auto ready = (*cage)->await_ready();
  ASSERT_TRUE(ready) << ready.error().message;
  EXPECT_EQ(ready->layers.size(), kLayers);
  for (const auto& layer : ready->layers) {
    EXPECT_EQ(layer.state, model::LayerState::kProven) << layer.name << ": " << layer.detail;
  }
}

TEST(Cage, PassesExitCodesSignalsAndStreams) {
  EXPECT_EQ(shell("exit 7").code, 7);
  EXPECT_EQ(shell("kill -9 $$").code, 128 + 9);
  EXPECT_EQ(caged({"/usr/bin/nothing-there"}).code, 127);
  EXPECT_EQ(caged({"/etc/hostname"}).code, 126);
  const Said said = shell("cat; echo problem >&2", {}, "from outside");
  EXPECT_EQ(said.out, "from outside");
  EXPECT_EQ(said.err, "problem\n");
}

TEST(Cage, MovesALotThroughBothStreamsWithoutLoss) {
  const Said said = shell("head -c 3000000 /dev/zero; head -c 2000000 /dev/zero >&2");
  EXPECT_EQ(said.out.size(), 3000000U);
  EXPECT_EQ(said.err.size(), 2000000U);
  const std::string big(60000, 'x');
  EXPECT_EQ(shell("wc -c", {}, big).out, "60000\n");
}

TEST(Cage, GivesBackWhatAFileOnStandardInputHadTooMuchOf) {
  TempFolder folder;
  folder.write("lines", "one\ntwo\nthree\n");
  const std::string probe = programs() + "/cage-probe";
  const Said said = run({"/usr/bin/sh", "-c",
                         "{ " + probe + " -- /usr/bin/true; cat; } < " + folder.path() + "/lines"});
  EXPECT_EQ(said.out, "one\ntwo\nthree\n");
}

TEST(Cage, AClosedReaderEndsTheProgramAsSigpipeDoes) {
  const std::string probe = programs() + "/cage-probe";
  const Said said =
      run({"/usr/bin/bash", "-c", probe + " -- /usr/bin/yes | head -1; echo ${PIPESTATUS[0]}"});
  EXPECT_EQ(said.out, "y\n141\n");
}

TEST(Cage, StartsWithThreeDescriptorsAndNoMore) { EXPECT_EQ(call({"fds"}), "0 1 2"); }

TEST(Cage, HoldsNoCapabilityAndNoNewPrivileges) {
  const Said said = shell("grep -E '^(Cap|NoNewPrivs|Seccomp:|Uid|CoreDump)' /proc/self/status");
  for (const char* set : {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"}) {
    EXPECT_NE(said.out.find(std::string(set) + ":\t0000000000000000"), std::string::npos) << set;
  }
  EXPECT_NE(said.out.find("NoNewPrivs:\t1"), std::string::npos);
  EXPECT_NE(said.out.find("Seccomp:\t2"), std::string::npos);
  EXPECT_NE(said.out.find("Uid:\t" + number(getuid())), std::string::npos);
}

TEST(Cage, HidesByInodeAndShowsTheRest) {
  TempFolder folder;
  folder.write("secret", "do not read");
  folder.write("plain", "read me");
  ASSERT_EQ(symlink("secret", (folder.path() + "/link").c_str()), 0);
  const std::string path = folder.path();
  const Said control = run({"/usr/bin/cat", path + "/secret"});
  EXPECT_EQ(control.out, "do not read");
  const Said said = shell("cat " + path + "/plain; for f in secret link; do cat " + path +
                              "/$f; done; cat /proc/self/root" + path + "/secret; chmod 777 " +
                              path + "/secret; rm -f " + path + "/secret; umount " + path +
                              "/secret; mv " + path + " " + path + "2",
                          {"-w", path, "-h", path + "/secret"});
  EXPECT_EQ(said.out, "read me");
  EXPECT_EQ(folder.read("secret"), "do not read");
}

TEST(Cage, AWorkspaceBelowAHiddenHomeWorksAndItsSiblingsDoNot) {
  TempFolder folder;
  (void)run({"/usr/bin/mkdir", folder.path() + "/work", folder.path() + "/other"});
  const Said said = shell("echo in > new; cat new; ls " + folder.path() + "; ls " + folder.path() +
                              "/other && echo seen",
                          {"-r", folder.path(), "-h", folder.path(), "-w", folder.path() + "/work",
                           "-d", folder.path() + "/work"});
  EXPECT_EQ(said.out, "in\n") << said.err;
  EXPECT_EQ(folder.read("work/new"), "in\n");
}

TEST(Cage, NoWayUpOutOfTheRoot) {
  const Said said = shell(
      "ls -di / /.. /../..; ls -a /..; cat /../../../../root/.bashrc; "
      "cat /.bailey; mkdir /x");
  std::istringstream lines(said.out);
  std::string inode, first;
  for (int i = 0; i < 3; ++i) {
    std::string name;
    lines >> inode >> name;
    if (i == 0) first = inode;
    EXPECT_EQ(inode, first) << name;
  }
  EXPECT_EQ(said.out.find("sys"), std::string::npos) << said.out;
  EXPECT_NE(said.err.find("Read-only file system"), std::string::npos);
}

TEST(Cage, ReadOnlyPlacesAreReadOnly) {
  TempFolder folder;
  folder.write("file", "old");
  const Said said = shell("echo new > " + folder.path() +
                              "/file; touch /usr/x /etc/x; echo "
                              "1 > /proc/sys/kernel/domainname; chmod 666 /dev/null /dev/tty",
                          {"-r", folder.path()});
  EXPECT_EQ(folder.read("file"), "old");
  EXPECT_NE(said.code, 0);
  EXPECT_NE(said.err.find("Read-only file system"), std::string::npos);
}

TEST(Cage, RefusesViewsThatAreNoPlaces) {
  TempFolder folder;
  ASSERT_EQ(symlink("/etc", (folder.path() + "/link").c_str()), 0);
  ASSERT_EQ(mkfifo((folder.path() + "/pipe").c_str(), 0600), 0);
  for (const char* name : {"/link", "/pipe", "/missing"}) {
    const Said said = caged({"-r", folder.path() + name}, {"/usr/bin/true"});
    EXPECT_EQ(said.code, 120) << name;
    EXPECT_NE(said.err.find("cage.plan"), std::string::npos) << said.err;
  }
}

TEST(Cage, HasItsOwnTmpOfTheAskedSize) {
  const Said said = shell(
      "df -B1 --output=size /tmp | tail -1; ls -A /tmp /var/tmp /dev/shm; "
      "echo x > /var/tmp/seen; cat /tmp/seen");
  EXPECT_NE(said.out.find("268435456"), std::string::npos) << said.out;
  EXPECT_NE(said.out.find("x\n"), std::string::npos);
}

TEST(Cage, ReachesNoNetworkAndNoSocketOfTheHost) {
  // An abstract listener of ours, a pathname listener of ours in a folder that is seen.
  TempFolder folder;
  const std::string path = folder.path() + "/socket";
  const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(listen(listener, 1), 0);
  const std::string script =
      "import socket,sys\n"
      "for f,a in ((socket.AF_UNIX,'" +
      path +
      "'),(socket.AF_INET,('192.0.2.1',80))):\n"
      "  try:\n    s=socket.socket(f); s.settimeout(1); s.connect(a); print('reached')\n"
      "  except OSError as e: print(e.errno)\n"
      "a=socket.socket(); a.bind(('127.0.0.1',0)); a.listen()\n"
      "b=socket.create_connection(a.getsockname()); print('loopback')\n";
  const Said said = caged({"-w", folder.path()}, {"/usr/bin/python3", "-c", script});
  EXPECT_EQ(said.out, number(EPERM) + "\n" + number(ENETUNREACH) + "\nloopback\n") << said.err;
  pollfd fd{listener, POLLIN, 0};
  EXPECT_EQ(poll(&fd, 1, 0), 0);  // the witness: nobody came
  // The control: with Unix sockets allowed the same path is reached.
  const Said open = caged({"-u", "-w", folder.path()}, {"/usr/bin/python3", "-c", script});
  EXPECT_EQ(open.out.substr(0, 8), "reached\n") << open.out;
  close(listener);
}

TEST(Cage, SocketsByAllowListOnly) {
  struct Row {
    int family, type, protocol;
    bool works;
  };
  constexpr Row kRows[] = {
      {AF_INET, SOCK_STREAM, 0, true},       {AF_INET6, SOCK_DGRAM, 17, true},
      {AF_NETLINK, SOCK_RAW, 0, true},       {AF_INET, SOCK_STREAM, 262, false},
      {AF_INET, SOCK_STREAM, 132, false},    {AF_INET, SOCK_DGRAM, 1, false},
      {AF_INET, SOCK_RAW, 255, false},       {AF_INET, SOCK_DGRAM, 136, false},
      {AF_UNIX, SOCK_STREAM, 0, false},      {AF_NETLINK, SOCK_RAW, 4, false},
      {AF_PACKET, SOCK_RAW, 0, false},       {AF_VSOCK, SOCK_STREAM, 0, false},
      {44 /* XDP */, SOCK_RAW, 0, false},    {38 /* ALG */, SOCK_SEQPACKET, 0, false},
      {30 /* TIPC */, SOCK_STREAM, 0, false}};
  for (const Row& row : kRows) {
    const std::string said =
        call({number(SYS_socket), number(row.family), number(row.type), number(row.protocol)});
    if (row.works) {
      EXPECT_EQ(said, "ok 3") << row.family << " " << row.type << " " << row.protocol;
    } else {
      EXPECT_EQ(said, "errno 1") << row.family << " " << row.type << " " << row.protocol;
    }
  }
}

TEST(Cage, ADatagramPairCannotBeTurnedToAnotherSocket) {
  // connect(2) on one end of a datagram pair would reach any pathname socket.
  const std::string pair = number(SYS_socketpair);
  const std::vector<std::string> room{"@12345678"};
  EXPECT_EQ(call({pair, number(AF_UNIX), number(SOCK_STREAM), "0", room[0]}), "ok 0");
  EXPECT_EQ(call({pair, number(AF_UNIX), number(SOCK_DGRAM), "0", room[0]}), "errno 1");
  EXPECT_EQ(call({pair, number(AF_UNIX), number(SOCK_RAW), "0", room[0]}), "errno 1");
  EXPECT_EQ(call({pair, number(AF_UNIX), number(SOCK_DGRAM), "0", room[0]}, {"-u"}), "ok 0");
}

TEST(Cage, TcpFastOpenIsClosed) {
  EXPECT_EQ(call({number(SYS_sendto), "0", "@x", "1", "0x20000000", "0", "0"}), "errno 1");
  EXPECT_EQ(call({number(SYS_sendto), "0", "@x", "1", "0x120000000", "0", "0"}), "errno 1");
  EXPECT_EQ(call({number(SYS_setsockopt), "0", "6", "30", "@1234", "4"}), "errno 1");
  // The control: without the flag the kernel is reached and says what 0 is not.
  EXPECT_EQ(call({number(SYS_sendto), "0", "@x", "1", "0", "0", "0"}), "errno 88");
}

TEST(Cage, NoNewNamespacesByAnyDoor) {
  for (const long flag : {0x20000L, 0x2000000L, 0x4000000L, 0x8000000L, 0x10000000L, 0x20000000L,
                          0x40000000L, 0x80L}) {
    EXPECT_EQ(call({number(SYS_unshare), number(flag)}), "errno 1") << flag;
    if (flag != 0x80) {
      EXPECT_EQ(call({number(SYS_clone), number(flag | 17)}), "errno 1") << flag;
      EXPECT_EQ(call({number(SYS_clone), number(flag | 17 | 1L << 33)}), "errno 1") << flag;
    }
  }
  EXPECT_EQ(call({number(SYS_clone3), "@x", "64"}), "errno 38");
}

TEST(Cage, DeniesTheCallsThatLeadOut) {
  struct Row {
    long number;
    const char* name;
  };
  const Row rows[] = {{SYS_mount, "mount"},
                      {SYS_umount2, "umount2"},
                      {SYS_pivot_root, "pivot_root"},
                      {SYS_chroot, "chroot"},
                      {SYS_setns, "setns"},
                      {SYS_open_tree, "open_tree"},
                      {SYS_move_mount, "move_mount"},
                      {SYS_fsopen, "fsopen"},
                      {SYS_mount_setattr, "mount_setattr"},
                      {SYS_ptrace, "ptrace"},
                      {SYS_process_vm_readv, "process_vm_readv"},
                      {SYS_process_vm_writev, "process_vm_writev"},
                      {SYS_pidfd_getfd, "pidfd_getfd"},
                      {SYS_kcmp, "kcmp"},
                      {SYS_bpf, "bpf"},
                      {SYS_perf_event_open, "perf_event_open"},
                      {SYS_userfaultfd, "userfaultfd"},
                      {SYS_keyctl, "keyctl"},
                      {SYS_add_key, "add_key"},
                      {SYS_request_key, "request_key"},
                      {SYS_io_uring_setup, "io_uring_setup"},
                      {SYS_io_uring_enter, "io_uring_enter"},
                      {SYS_io_uring_register, "io_uring_register"},
                      {SYS_open_by_handle_at, "open_by_handle_at"},
                      {SYS_name_to_handle_at, "name_to_handle_at"},
                      {SYS_init_module, "init_module"},
                      {SYS_kexec_load, "kexec_load"},
                      {SYS_quotactl, "quotactl"},
                      {SYS_acct, "acct"},
                      {SYS_swapon, "swapon"},
                      {SYS_iopl, "iopl"},
                      {SYS_ioperm, "ioperm"},
                      {SYS_modify_ldt, "modify_ldt"},
                      {SYS_lookup_dcookie, "lookup_dcookie"},
                      {SYS_memfd_secret, "memfd_secret"},
                      {467, "open_tree_attr"}};
  for (const Row& row : rows) EXPECT_EQ(call({number(row.number)}), "errno 1") << row.name;
  for (const long unknown : {470L, 1000L, 100000L}) {
    EXPECT_EQ(call({number(unknown)}), "errno 38") << unknown;
  }
}

TEST(Cage, ComparesIoctlsOnTheirLowBits) {
  for (const long request : {0x5412L, 0x541cL, 0x541dL, 0x5423L}) {
    EXPECT_EQ(call({"16", "0", number(request), "@x"}), "errno 1");
    EXPECT_EQ(call({"16", "0", number(request | 1L << 32), "@x"}), "errno 1");
    EXPECT_NE(uncaged({"16", "0", number(request), "@x"}), "errno 1");
  }
  EXPECT_EQ(call({"16", "0", number(0x5413), "@12345678"}), "errno 25");  // the kernel's ENOTTY
}

TEST(Cage, KillsForeignArchitectures) {
  EXPECT_EQ(call({"int80", "20"}), "code " + number(128 + SIGSYS));
  EXPECT_EQ(call({number(0x40000000 + 39)}), "code " + number(128 + SIGSYS));
  EXPECT_EQ(uncaged({"int80", "20"}).substr(0, 2), "ok");
}

TEST(Cage, MakesNoSetUserIdFileByAnyDoor) {
  TempFolder folder;
  const std::string path = "@" + folder.path() + "/file";
  const std::vector<std::string> options{"-w", folder.path()};
  EXPECT_EQ(call({number(SYS_open), path, "0101", "0755"}, options), "ok 3");
  EXPECT_EQ(call({number(SYS_chmod), path, "04755"}, options), "errno 1");
  EXPECT_EQ(call({number(SYS_fchmodat), "-100", path, "02755"}, options), "errno 1");
  EXPECT_EQ(call({"452", "-100", path, "04755", "0"}, options), "errno 1");
  EXPECT_EQ(call({number(SYS_open), path + "2", "0101", "04755"}, options), "errno 1");
  EXPECT_EQ(call({number(SYS_openat), "-100", path + "3", "0101", "04755"}, options), "errno 1");
  EXPECT_EQ(call({number(SYS_creat), path + "4", "04755"}, options), "errno 1");
  EXPECT_EQ(call({number(SYS_mknod), path + "5", number(S_IFREG | 04755), "0"}, options),
            "errno 1");
  EXPECT_EQ(call({number(SYS_mknod), path + "6", number(S_IFCHR | 0666), "259"}, options),
            "errno 1");
  EXPECT_EQ(call({number(SYS_openat2), "-100", path, "@000000000000000000000000", "24"}, options),
            "errno 38");
  EXPECT_EQ(call({number(SYS_chmod), path, "0700"}, options), "ok 0");
}

TEST(Cage, HidesUptimeHostNameAndProcesses) {
  const Said said = shell(
      "cut -d. -f1 /proc/uptime; hostname 2>/dev/null || cat "
      "/proc/sys/kernel/hostname; ls /proc | grep -c '^[0-9]'; "
      "cat /proc/1/environ /proc/1/mem /proc/kcore /proc/keys; cat /proc/1/cmdline");
  std::istringstream lines(said.out);
  long uptime = -1, processes = -1;
  std::string host;
  lines >> uptime >> host >> processes;
  EXPECT_LE(uptime, 60);
  EXPECT_EQ(host, "bailey");
  EXPECT_LE(processes, 5);
  EXPECT_EQ(said.err.find("keys: No such"), std::string::npos);
}

TEST(Cage, EverythingDiesWithTheProgram) {
  TempFolder folder;
  char* real = realpath(programs().c_str(), nullptr);
  const std::string linger = std::string(real) + "/raw-call linger ";
  free(real);
  const Said said = caged({"-w", folder.path(), "-v"},
                          {"/usr/bin/sh", "-c", linger + folder.path() + "/alive; sleep 0.3"});
  EXPECT_NE(said.err.find("exit 0"), std::string::npos) << said.err;
  EXPECT_NE(said.err.find("leftover 1"), std::string::npos) << said.err;
  const std::string first = folder.read("alive");
  EXPECT_FALSE(first.empty());  // the control: it did live
  std::this_thread::sleep_for(300ms);
  EXPECT_EQ(folder.read("alive"), first);
}

class Raised : public ::testing::Test {
 protected:
  void SetUp() override {
    auto raised = jail().raise();
    ASSERT_TRUE(raised);
    cage_ = std::move(*raised);
    ASSERT_TRUE(cage_->furnish(system_spec()));
    ASSERT_TRUE(cage_->await_ready());
    warden_ = static_cast<WardenCage&>(*cage_).warden_pid();
    const auto children = children_of(warden_);
    ASSERT_EQ(children.size(), 1U);
    init_ = children[0];
    const auto targets = children_of(init_);
    ASSERT_EQ(targets.size(), 1U);
    target_ = targets[0];
  }
  // Runs, and does `act` a moment later.
  template <class Act>
  Result<CageEnd> run_and(Act act, Leash leash = loose()) {
    std::jthread later([&] {
      std::this_thread::sleep_for(200ms);
      act();
    });
    Never never;
    Unheard events;
    return cage_->run(leash, never, events, nobody_);
  }

  std::unique_ptr<Cage> cage_;
  NoWishes nobody_;
  pid_t warden_ = -1, init_ = -1, target_ = -1;
};

TEST_F(Raised, InitIsSmallAndSoIsTheWarden) {
  auto resident = [](pid_t pid) {
    std::ifstream file("/proc/" + number(pid) + "/status");
    std::string line;
    while (std::getline(file, line)) {
      if (line.starts_with("VmRSS:")) return std::stol(line.substr(6));
    }
    return -1L;
  };
  const long init = resident(init_);
  const long warden = resident(warden_);
  RecordProperty("init_kib", std::to_string(init));
  RecordProperty("warden_kib", std::to_string(warden));
  EXPECT_GT(init, 0);
  EXPECT_LE(init, 300);
  EXPECT_LE(warden, 1024);
}

TEST_F(Raised, AKilledWardenIsADeadCage) {
  const auto start = std::chrono::steady_clock::now();
  const auto end = run_and([&] { kill(warden_, SIGKILL); });
  ASSERT_TRUE(end);
  EXPECT_EQ(end->end, End::kWardenLost);
  EXPECT_TRUE(gone_within(target_, 1s));
  EXPECT_TRUE(gone_within(init_, 1s));
  EXPECT_LT(std::chrono::steady_clock::now() - start, 3s);
}

TEST_F(Raised, AStoppedWardenIsADeadCage) {
  const auto start = std::chrono::steady_clock::now();
  const auto end = run_and([&] { kill(warden_, SIGSTOP); });
  ASSERT_TRUE(end);
  EXPECT_EQ(end->end, End::kWardenLost);
  EXPECT_TRUE(gone_within(target_, 1s));
  EXPECT_LT(std::chrono::steady_clock::now() - start, 4s);
}

TEST_F(Raised, AKilledInitIsADeadCage) {
  const auto end = run_and([&] { kill(init_, SIGKILL); });
  ASSERT_TRUE(end);
  EXPECT_EQ(end->end, End::kWardenLost);
  EXPECT_TRUE(gone_within(target_, 1s));
}

TEST_F(Raised, TheLeashEndsIt) {
  std::stop_source stop;
  const auto end =
      run_and([&] { stop.request_stop(); }, {0, MonoTime{INT64_MAX}, stop.get_token()});
  ASSERT_TRUE(end);
  EXPECT_EQ(end->end, End::kLeash);
  EXPECT_TRUE(gone_within(target_, 1s));
}

TEST_F(Raised, TheWatchEndsIt) {
  class Soon final : public Watch {
   public:
    bool must_stop() override { return ++asked_ > 2; }
    int asked_ = 0;
  } soon;
  Unheard events;
  const auto end = cage_->run(loose(), soon, events, nobody_);
  ASSERT_TRUE(end);
  EXPECT_EQ(end->end, End::kLeash);
  EXPECT_TRUE(gone_within(target_, 1s));
}

TEST_F(Raised, TheDeadlineOfTheLeashEndsIt) {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  const std::int64_t soon = std::int64_t{now.tv_sec} * 1000000000 + now.tv_nsec + 300000000;
  Never never;
  Unheard events;
  const auto end = cage_->run({0, MonoTime{soon}, std::stop_token{}}, never, events, nobody_);
  ASSERT_TRUE(end);
  EXPECT_EQ(end->end, End::kLeash);
  EXPECT_TRUE(gone_within(target_, 1s));
}

TEST_F(Raised, ADroppedCageIsGone) {
  cage_.reset();
  EXPECT_TRUE(gone_within(target_, 0ms + 100ms));
  EXPECT_TRUE(gone_within(warden_, 100ms));
}

TEST(Cage, ManyQuickRunsUseUpNothingOfTheUsers) {
  // 250 key rings would be more than an ordinary user may have; and one run in some
  // hundreds used to lose init's last words.
  const Said said = caged({"-n", "250"}, {"raw-call", "fds"});
  EXPECT_EQ(said.code, 0) << said.err;
  EXPECT_EQ(said.err, "");
}

TEST(Cage, DiesWithItsSigner) {
  TempFolder folder;
  const std::string probe = programs() + "/cage-probe";
  std::vector<std::string> words{probe,
                                 "-w",
                                 folder.path(),
                                 "-r",
                                 programs(),
                                 "--",
                                 programs() + "/raw-call",
                                 "linger",
                                 folder.path() + "/alive"};
  words = {probe,
           "-w",
           folder.path(),
           "--",
           "/usr/bin/sh",
           "-c",
           "while :; do echo . >> " + folder.path() + "/alive; sleep 0.05; done"};
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_t pid = -1;
  ASSERT_EQ(posix_spawn(&pid, argv[0], nullptr, nullptr, argv.data(), environ), 0);
  // However slow the machine is: it lives, and soon after its signer's end it does not.
  for (int i = 0; i < 200 && folder.read("alive").empty(); ++i) std::this_thread::sleep_for(100ms);
  EXPECT_FALSE(folder.read("alive").empty());
  kill(pid, SIGKILL);
  waitpid(pid, nullptr, 0);
  bool silent = false;
  for (int i = 0; i < 10 && !silent; ++i) {
    const std::string before = folder.read("alive");
    std::this_thread::sleep_for(600ms);
    silent = folder.read("alive") == before;
  }
  EXPECT_TRUE(silent);
}

TEST(Limit, WallCpuOutputAndFilesHold) {
  EXPECT_EQ(caged({"-l", "wall=200000000"}, {"/usr/bin/sleep", "5"}).code, 124);
  EXPECT_EQ(shell("while :; do :; done", {"-l", "cpu_time=200000000"}).code, 124);
  const Said said = shell("yes", {"-l", "output=1000"});
  EXPECT_EQ(said.code, 124);
  EXPECT_EQ(said.out.size(), 1000U);
  EXPECT_EQ(shell("yes | head -c 1000", {"-l", "output=1000"}).code, 0);
  EXPECT_EQ(shell("ulimit -Hn", {"-l", "open_files=40"}).out, "40\n");
}

TEST(Limit, MemoryOfAllProcessesTogether) {
  const std::string one = "python3 -c 'import time; x = bytearray(60000000); time.sleep(3)'";
  EXPECT_EQ(shell(one + " & " + one + " & wait", {"-l", "memory=100000000"}).code, 124);
  EXPECT_EQ(shell("python3 -c 'x = bytearray(20000000)'", {"-l", "memory=100000000"}).code, 0);
}

TEST(Limit, ProcessesHoldAgainstAForkBomb) {
  const Said said = caged({"-l", "processes=20"}, {"raw-call", "fork", "200"});
  if (said.code == 124) return;  // root without a cgroup: the warden saw it
  ASSERT_EQ(said.code, 0);
  const int made = std::atoi(said.out.substr(5).c_str());
  EXPECT_GT(made, 10);
  EXPECT_LE(made, 20);  // an rlimit lets one too many live until it is seen
}

TEST(Limit, TooManyProcessesEndTheWholeTree) {
  // bash tries a refused fork again; sh would end by itself, and with it the surplus.
  EXPECT_EQ(caged({"-l", "processes=20"},
                  {"/bin/bash", "-c", "for i in $(seq 40); do sleep 3 & done; wait"})
                .code,
            124);
  EXPECT_EQ(shell("for i in $(seq 15); do sleep 0.2 & done; wait", {"-l", "processes=20"}).code, 0);
}

TEST(Limit, TheGroupThatHoldsThemShowsNothingOfTheHosts) {
  // The leaf is made while init lives: seen from where init began it would be "/../bailey-N".
  EXPECT_EQ(shell("cut -d: -f3- /proc/self/cgroup | sort -u",
                  {"-l", "memory=500000000", "-l", "processes=50"})
                .out,
            "/\n");
}

TEST(Limit, DiskWritesOfAllProcessesTogether) {
  TempFolder folder;
  const Said said = shell("for i in 1 2 3 4 5 6; do dd if=/dev/zero of=" + folder.path() +
                              "/$i bs=1M count=1 2>/dev/null; sleep 0.1; done; sleep 1",
                          {"-w", folder.path(), "-l", "disk=3000000"});
  EXPECT_EQ(said.code, 124);
}

TEST(Limit, DiskWritesOfOrphansCountToo) {
  // Each writer is a grandchild that only init waits for.
  TempFolder folder;
  const Said said = shell("for i in 1 2 3 4 5 6; do (dd if=/dev/zero of=" + folder.path() +
                              "/$i bs=1M count=1 2>/dev/null &) ; sleep 0.15; done; sleep 1",
                          {"-w", folder.path(), "-l", "disk=3000000"});
  EXPECT_EQ(said.code, 124);
}

TEST(Limit, IsReportedAsRequestedAndAsItIs) {
  const Said said = caged({"-v", "-l", "open_files=40", "-l", "output=5000"}, {"/usr/bin/true"});
  EXPECT_NE(said.err.find("open_files class process asked 40 has 40"), std::string::npos)
      << said.err;
  EXPECT_NE(said.err.find("output class warden asked 5000 has 5000 used 0"), std::string::npos);
}

TEST(Probe, NamesEachLayerWithWhatIsLostWithoutIt) {
#if defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "the sanitizer's own thread keeps a process from entering a user namespace";
#endif
  const auto layers = probe_layers();
  for (const char* name : {"namespace.user", "namespace.time", "landlock", "seccomp"}) {
    const auto at = std::find_if(layers.begin(), layers.end(),
                                 [&](const LayerProbe& layer) { return layer.name == name; });
    ASSERT_NE(at, layers.end()) << name;
    EXPECT_FALSE(at->loss.empty());
    EXPECT_TRUE(at->available) << name << ": " << at->detail;
  }
}

}  // namespace
}  // namespace bailey::platform::testing
