#include "platform/probe.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

namespace bailey::platform {
namespace {

std::string read_file(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return {};
  char text[4096];
  const ssize_t n = read(fd, text, sizeof text);
  close(fd);
  if (n <= 0) return {};
  std::string result(text, static_cast<std::size_t>(n));
  while (!result.empty() && (result.back() == '\n' || result.back() == ' ')) result.pop_back();
  return result;
}

struct Kind {
  const char* name;
  int flag;
  const char* loss;
};
constexpr Kind kKinds[] = {
    {"namespace.user", CLONE_NEWUSER, "everything: without it nothing can be caged unprivileged"},
    {"namespace.mount", CLONE_NEWNS, "the cage's own view of files; the host's would be seen"},
    {"namespace.pid", CLONE_NEWPID, "the hiding of processes, and the certain end of all of them"},
    {"namespace.net", CLONE_NEWNET, "the network wall"},
    {"namespace.ipc", CLONE_NEWIPC, "the wall around SysV and POSIX message objects"},
    {"namespace.uts", CLONE_NEWUTS, "the hiding of the host's name"},
    {"namespace.cgroup", CLONE_NEWCGROUP, "the hiding of cgroup paths"},
    {"namespace.time", CLONE_NEWTIME, "the hiding of the host's uptime"},
};
constexpr std::size_t kKindCount = std::size(kKinds);
constexpr std::size_t kProcAttempt = kKindCount;  // after the namespaces: a /proc of their own
constexpr std::size_t kAttempts = kKindCount + 1;

// A /proc of the new namespaces, made and never attached. Only what is born in the new pid
// namespace can make one: the answer is a child's exit status.
int try_proc() {
  const pid_t pid = fork();
  if (pid == 0) {
    const long fs = syscall(SYS_fsopen, "proc", 0U);
    if (fs < 0) _exit(errno);
    const int fd = static_cast<int>(fs);
    constexpr unsigned kCreate = 6;  // FSCONFIG_CMD_CREATE
    if (syscall(SYS_fsconfig, fd, kCreate, nullptr, nullptr, 0) < 0) _exit(errno);
    _exit(syscall(SYS_fsmount, fd, 0U, 0U) < 0 ? errno : 0);
  }
  int status = 0;
  if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status)) return ECHILD;
  return WEXITSTATUS(status);
}

// Each kind, and then /proc, tried in a child: 0, or the errno.
std::array<int, kAttempts> try_namespaces() {
  std::array<int, kAttempts> errors;
  errors.fill(ECHILD);
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return errors;
  const pid_t pid = fork();
  if (pid == 0) {
    std::array<int, kAttempts> tried{};
    for (std::size_t i = 0; i < kKindCount; ++i)
      tried[i] = unshare(kKinds[i].flag) == 0 ? 0 : errno;
    tried[kProcAttempt] = try_proc();
    const ssize_t n = write(ends[1], tried.data(), sizeof tried);
    _exit(n == static_cast<ssize_t>(sizeof tried) ? 0 : 1);
  }
  close(ends[1]);
  if (pid > 0) {
    std::array<int, kAttempts> told{};
    if (read(ends[0], told.data(), sizeof told) == static_cast<ssize_t>(sizeof told)) errors = told;
    waitpid(pid, nullptr, 0);
  }
  close(ends[0]);
  return errors;
}

std::string user_remedy() {
  if (read_file("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1") {
    return "Ubuntu's AppArmor restricts user namespaces: install packaging/apparmor/bailey into "
           "/etc/apparmor.d and run apparmor_parser -r on it";
  }
  if (read_file("/proc/sys/kernel/unprivileged_userns_clone") == "0") {
    return "sysctl kernel.unprivileged_userns_clone=1";
  }
  if (read_file("/proc/sys/user/max_user_namespaces") == "0") {
    return "sysctl user.max_user_namespaces=16384";
  }
  return "a container must allow unshare and clone with CLONE_NEWUSER in its seccomp profile";
}

void add_namespaces(std::vector<LayerProbe>& out) {
  const auto errors = try_namespaces();
  for (std::size_t i = 0; i < kKindCount; ++i) {
    LayerProbe probe;
    probe.name = kKinds[i].name;
    probe.available = errors[i] == 0;
    probe.detail = errors[i] == 0 ? "can be made" : strerror(errors[i]);
    probe.loss = kKinds[i].loss;
    if (!probe.available) {
      probe.remedy = errors[0] != 0 ? user_remedy() : "a kernel built with this namespace";
    }
    out.push_back(std::move(probe));
  }
  const int error = errors[kProcAttempt];
  LayerProbe proc{"proc", error == 0, error == 0 ? "can be made" : strerror(error),
                  "a /proc of the cage's own processes; the host's would be seen", ""};
  if (error != 0) {
    proc.remedy = errors[0] != 0
                      ? user_remedy()
                      : "the kernel gives no fresh /proc where parts of the old one are covered: a "
                        "container must show all of it (Docker: --security-opt "
                        "systempaths=unconfined, Podman: --security-opt unmask=ALL, Kubernetes: "
                        "procMount: Unmasked)";
  }
  out.push_back(std::move(proc));
}

void add_landlock(std::vector<LayerProbe>& out) {
  const long abi = syscall(SYS_landlock_create_ruleset, nullptr, 0UL, 1U);
  LayerProbe probe{"landlock", abi > 0, "", "the second wall around files", ""};
  if (abi > 0) {
    probe.detail = "ABI " + std::to_string(abi);
    if (abi < 6) probe.detail += " (scopes for signals and abstract sockets come with 6)";
  } else {
    probe.detail = strerror(errno);
    probe.remedy = errno == EOPNOTSUPP ? "add landlock to the lsm= kernel parameter"
                                       : "Linux 5.13 or newer with CONFIG_SECURITY_LANDLOCK";
  }
  out.push_back(std::move(probe));
}

void add_seccomp(std::vector<LayerProbe>& out) {
  const unsigned action = SECCOMP_RET_KILL_PROCESS;
  const bool ok = syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0U, &action) == 0;
  out.push_back({"seccomp", ok, ok ? "filters, with kill of the process" : strerror(errno),
                 "the filter of system calls", ok ? "" : "Linux 4.14 or newer"});
}

// A group that is delegated to this process alone: the warden steps down in it and hands
// the controllers on itself.
bool can_step_down(const std::string& directory, const std::string& controller) {
  const std::string has = " " + read_file(directory + "/cgroup.controllers") + " ";
  return has.find(" " + controller + " ") != std::string::npos &&
         access((directory + "/cgroup.subtree_control").c_str(), W_OK) == 0 &&
         read_file(directory + "/cgroup.procs") == std::to_string(getpid());
}

// Where a leaf could be made for this controller, or an empty string.
std::string writable_group(const std::string& controller, std::string& why) {
  struct statfs fs{};
  const bool pure = statfs("/sys/fs/cgroup", &fs) == 0 &&
                    static_cast<unsigned long>(fs.f_type) == CGROUP2_SUPER_MAGIC;
  const std::string own = read_file("/proc/self/cgroup");
  std::size_t at = 0;
  while (at < own.size()) {
    std::size_t end = own.find('\n', at);
    if (end == std::string::npos) end = own.size();
    const std::string line = own.substr(at, end - at);
    at = end + 1;
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string list = "," + line.substr(first + 1, second - first - 1) + ",";
    const std::string path = line.substr(second + 1);
    if (pure && list == ",,") {
      const std::string here = "/sys/fs/cgroup" + path;
      for (const std::string& place : {path.substr(0, path.rfind('/')), path}) {
        const std::string directory = "/sys/fs/cgroup" + place;
        const std::string handed = " " + read_file(directory + "/cgroup.subtree_control") + " ";
        if (access(directory.c_str(), W_OK) != 0) {
          why = "cgroup v2, not delegated to you";
        } else if (handed.find(" " + controller + " ") == std::string::npos) {
          why = "cgroup v2, the controller is not handed on";
        } else {
          return directory;
        }
      }
      if (can_step_down(here, controller)) return here;
    } else if (!pure && list.find("," + controller + ",") != std::string::npos) {
      const std::string directory = "/sys/fs/cgroup/" + controller + path;
      if (access(directory.c_str(), W_OK) == 0) return directory;
      why = access(directory.c_str(), F_OK) == 0 ? "cgroup v1, not writable by you"
                                                 : "cgroup v1, not mounted here";
    }
  }
  if (why.empty()) why = "no hierarchy has the controller";
  return {};
}

void add_limits(std::vector<LayerProbe>& out) {
  struct Controller {
    const char* name;
    const char* controller;
    const char* loss;
  };
  constexpr Controller kControllers[] = {
      {"limit.memory", "memory", "memory is polled instead of held by the kernel"},
      {"limit.processes", "pids", "processes are counted by rlimit, for root polled"},
      {"limit.cpus", "cpu", "--cpus is refused"},
  };
  for (const Controller& entry : kControllers) {
    std::string why;
    const std::string place = writable_group(entry.controller, why);
    LayerProbe probe{entry.name, !place.empty(), place.empty() ? why : place, entry.loss, ""};
    if (place.empty()) {
      probe.remedy = why.starts_with("cgroup v2")
                         ? "systemd-run --user --scope -p Delegate=yes bailey run ..."
                         : "cgroup v2 at /sys/fs/cgroup (kernel parameter "
                           "systemd.unified_cgroup_hierarchy=1; in a container writable and "
                           "delegated), with the controller handed on to you";
    }
    out.push_back(std::move(probe));
  }
}

}  // namespace

std::vector<LayerProbe> probe_layers() {
  std::vector<LayerProbe> probes;
  add_namespaces(probes);
  add_landlock(probes);
  add_seccomp(probes);
  add_limits(probes);
  return probes;
}

}  // namespace bailey::platform
