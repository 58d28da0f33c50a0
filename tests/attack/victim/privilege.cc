// N01-N07, N12, N16: namespaces, mounts, identities and privileges.
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <linux/securebits.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstring>
#include <fstream>

#include "victim.h"

namespace victim {
namespace {

struct Space {
  const char* name;
  int flag;
};
constexpr Space kSpaces[] = {{"user", CLONE_NEWUSER},     {"mnt", CLONE_NEWNS},
                             {"net", CLONE_NEWNET},       {"pid", CLONE_NEWPID},
                             {"ipc", CLONE_NEWIPC},       {"uts", CLONE_NEWUTS},
                             {"cgroup", CLONE_NEWCGROUP}, {"time", CLONE_NEWTIME}};

// With a user namespace, so that it needs no privilege without a cage, and without.
void n01_namespaces() {
  for (const Space& space : kSpaces) {
    const auto flags = static_cast<unsigned long>(space.flag | CLONE_NEWUSER);
    attempt(std::string("unshare-") + space.name,
            [&] { return outcome(syscall(SYS_unshare, flags)); });
    attempt(std::string("unshare-alone-") + space.name,
            [&] { return outcome(syscall(SYS_unshare, space.flag)); });
    if (space.flag != CLONE_NEWTIME)  // clone has that bit for its exit signal
      attempt(std::string("clone-") + space.name, [&] {
        const long child = syscall(SYS_clone, flags | SIGCHLD, nullptr, nullptr, nullptr, 0);
        if (child == 0) _exit(0);
        return outcome(child);
      });
    attempt(std::string("clone3-") + space.name, [&] {
      clone_args arguments{};
      arguments.flags = flags;
      arguments.exit_signal = SIGCHLD;
      const long child = syscall(SYS_clone3, &arguments, sizeof arguments);
      if (child == 0) _exit(0);
      return outcome(child);
    });
  }
  // S04: the kernel looks at the low half of clone's flags only on some paths.
  attempt("unshare-high-bits", [] {
    return outcome(syscall(SYS_unshare, static_cast<unsigned long>(CLONE_NEWUSER) | 1UL << 32));
  });
}

void n02_mounts() {
  mkdir("n02", 0700);
  const auto inside = [](const char* name, const std::function<int()>& act) {
    attempt(name, [&] {
      enter_namespaces(CLONE_NEWNS);
      return act();
    });
  };
  inside("mount-tmpfs", [] { return outcome(mount("none", "n02", "tmpfs", 0, "size=16k")); });
  inside("mount-bind",
         [] { return outcome(mount("/usr", "n02", nullptr, MS_BIND | MS_REC, nullptr)); });
  inside("mount-move", [] {
    const int error = outcome(mount("none", "n02", "tmpfs", 0, "size=16k"));
    if (error != 0) return error;
    mkdir("n02/x", 0700);
    return outcome(umount2("n02", MNT_DETACH));
  });
  inside("fsopen", [] { return outcome(syscall(SYS_fsopen, "tmpfs", 0)); });
  inside("fspick", [] {
    (void)mount("none", "n02", "tmpfs", 0, "size=16k");
    return outcome(syscall(SYS_fspick, AT_FDCWD, "n02", 0));
  });
  inside("open-tree", [] {
    return outcome(syscall(SYS_open_tree, AT_FDCWD, "/", 1U /* OPEN_TREE_CLONE */ | 0x8000U));
  });
  inside("move-mount", [] {
    const long tree = syscall(SYS_open_tree, AT_FDCWD, "n02", 1U);
    return outcome(syscall(SYS_move_mount, tree, "", AT_FDCWD, "n02", 4U));
  });
  inside("mount-setattr", [] {
    struct mount_attr attributes{};
    attributes.attr_set = MOUNT_ATTR_NOEXEC;
    (void)mount("none", "n02", "tmpfs", 0, "size=16k");
    return outcome(syscall(SYS_mount_setattr, AT_FDCWD, "n02", 0, &attributes, sizeof attributes));
  });
  inside("chroot", [] { return outcome(chroot("n02")); });
  inside("pivot-root", [] {
    (void)mount("none", "n02", "tmpfs", 0, "size=16k");
    mkdir("n02/old", 0700);
    return outcome(syscall(SYS_pivot_root, "n02", "n02/old"));
  });
}

void n02_unmounts() {
  attempt("umount-proc", [] { return outcome(umount2("/proc", MNT_DETACH)); });
  attempt("umount-tmp", [] { return outcome(umount2("/tmp", MNT_DETACH)); });
  attempt("umount-root", [] { return outcome(umount2("/", MNT_DETACH)); });
  attempt("umount-workspace", [] { return outcome(umount2(".", MNT_DETACH)); });
}

void n03_enter_namespaces() {
  for (const Space& space : kSpaces) {
    if (space.flag == CLONE_NEWUSER) continue;  // one's own user namespace: EINVAL everywhere
    attempt(std::string("setns-") + space.name, [&] {
      enter_namespaces(space.flag);
      const int fd = open((std::string("/proc/self/ns/") + space.name).c_str(), O_RDONLY);
      if (fd < 0) return errno;
      return outcome(setns(fd, 0));
    });
  }
  attempt("setns-pidfd", [] {
    enter_namespaces(CLONE_NEWNET);
    const long fd = syscall(SYS_pidfd_open, getpid(), 0);
    if (fd < 0) return errno;
    return outcome(setns(static_cast<int>(fd), CLONE_NEWNET));
  });
}

void n04_remount() {
  const auto again = [](const char* path) {
    return outcome(mount(nullptr, path, nullptr, MS_REMOUNT | MS_BIND, nullptr));
  };
  attempt("remount-own", [&] {
    enter_namespaces(CLONE_NEWNS);
    mkdir("n04", 0700);
    if (mount("n04", "n04", nullptr, MS_BIND, nullptr) != 0) return errno;
    if (mount(nullptr, "n04", nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr) != 0)
      return errno;
    const int error = again("n04");
    return error != 0 ? error : outcome(open("n04/x", O_WRONLY | O_CREAT, 0600));
  });
  for (const char* path : {"/", "/usr", "/etc", "/proc"})
    attempt(std::string("remount-") + path, [&] { return again(path); });
  attempt("write-usr",
          [] { return outcome(open("/usr/bailey-attack", O_WRONLY | O_CREAT, 0600)); });
  attempt("write-etc",
          [] { return outcome(open("/etc/bailey-attack", O_WRONLY | O_CREAT, 0600)); });
}

// `setuid`: a program owned by somebody else with the set-user-ID bit, which prints its
// effective user; `uid`: ours.
void n05_gain_by_exec() {
  attempt("no-new-privileges-off",
          [] { return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0 ? kHappened : EPERM; });
  if (has_argument("setuid"))
    attempt("setuid-program", [] {
      int pipes[2];
      if (pipe(pipes) != 0) return kUntried;
      const pid_t child = fork();
      if (child == 0) {
        dup2(pipes[1], 1);
        execl(argument("setuid").c_str(), "id", "-u", nullptr);
        _exit(errno);
      }
      close(pipes[1]);
      char text[32] = {};
      const ssize_t got = read(pipes[0], text, sizeof text - 1);
      int status = 0;
      waitpid(child, &status, 0);
      if (got <= 0)
        return WIFEXITED(status) && WEXITSTATUS(status) != 0 ? WEXITSTATUS(status) : EPERM;
      return static_cast<uid_t>(std::atoi(text)) != getuid() ? kHappened : EPERM;
    });
}

// The five sets by the kernel's own answers, where /proc/self/status is closed.
void ask_for_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  if (syscall(SYS_capget, &header, data) != 0) return;
  bool bounding = false, ambient = false;
  for (unsigned long cap = 0; cap < 64; ++cap) {
    bounding = bounding || prctl(PR_CAPBSET_READ, cap, 0, 0, 0) == 1;
    ambient = ambient || prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, cap, 0, 0) == 1;
  }
  const auto tell = [](const char* name, bool some) { say(name, some ? kHappened : EPERM); };
  tell("CapInh", (data[0].inheritable | data[1].inheritable) != 0);
  tell("CapPrm", (data[0].permitted | data[1].permitted) != 0);
  tell("CapEff", (data[0].effective | data[1].effective) != 0);
  tell("CapBnd", bounding);
  tell("CapAmb", ambient);
}

void n06_capabilities() {
  std::ifstream status("/proc/self/status");
  std::string line;
  int seen = 0;
  while (std::getline(status, line))
    if (line.starts_with("Cap")) {
      const bool none = line.find_first_not_of("0 \t", line.find(':') + 1) == std::string::npos;
      say(line.substr(0, 6), none ? EPERM : kHappened);
      seen++;
    }
  if (seen == 0)
    ask_for_capabilities();
  else if (seen != 5)
    say("capabilities", kUntried, "half of /proc/self/status");
  attempt("raise-ambient", [] {
    return outcome(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_BIND_SERVICE, 0, 0));
  });
  attempt("capset", [] {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct data[2] = {{~0U, ~0U, ~0U}, {0, 0, 0}};
    data[0].effective = data[0].permitted = data[0].inheritable = 1U << CAP_CHOWN;
    return outcome(syscall(SYS_capset, &header, data));
  });
  attempt("setuid-0", [] { return getuid() == 0 ? EPERM : outcome(setuid(0)); });
  attempt("setgroups", [] { return outcome(syscall(SYS_setgroups, 0, nullptr)); });
}

void n07_maps() {
  const auto put = [](const char* file, const std::string& text) {
    const int fd = open((std::string("/proc/self/") + file).c_str(), O_WRONLY);
    if (fd < 0) return errno;
    return outcome(write(fd, text.data(), text.size()));
  };
  const std::string uid = "0 " + std::to_string(getuid()) + " 1";
  const std::string gid = "0 " + std::to_string(getgid()) + " 1";
  attempt("uid-map", [&] {
    (void)unshare(CLONE_NEWUSER);
    return put("uid_map", uid);
  });
  attempt("setgroups", [&] {
    (void)unshare(CLONE_NEWUSER);
    return put("setgroups", "deny");
  });
  attempt("gid-map", [&] {
    (void)unshare(CLONE_NEWUSER);
    (void)put("setgroups", "deny");
    return put("gid_map", gid);
  });
}

void n12_personality() {
  attempt("read-implies-exec", [] { return outcome(personality(READ_IMPLIES_EXEC)); });
  attempt("no-randomize", [] { return outcome(personality(ADDR_NO_RANDOMIZE)); });
  attempt("securebits", [] { return outcome(prctl(PR_SET_SECUREBITS, SECBIT_NOROOT, 0, 0, 0)); });
  attempt("set-mm", [] { return outcome(prctl(PR_SET_MM, PR_SET_MM_BRK, 0x1000, 0, 0)); });
  attempt("core-dump", [] {
    rlimit limit{};
    getrlimit(RLIMIT_CORE, &limit);
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_CORE, &limit);
    getrlimit(RLIMIT_CORE, &limit);
    return limit.rlim_cur > 0 ? kHappened : EPERM;
  });
}

void n16_scheduling() {
  attempt("fifo", [] {
    sched_param parameter{};
    parameter.sched_priority = 1;
    return outcome(sched_setscheduler(0, SCHED_FIFO, &parameter));
  });
  attempt("deadline", [] {
    struct {
      std::uint32_t size, policy;
      std::uint64_t flags;
      std::int32_t nice;
      std::uint32_t priority;
      std::uint64_t runtime, deadline, period;
    } attributes{48, SCHED_DEADLINE, 0, 0, 0, 1'000'000, 10'000'000, 10'000'000};
    return outcome(syscall(SYS_sched_setattr, 0, &attributes, 0));
  });
  attempt("nice", [] { return outcome(setpriority(PRIO_PROCESS, 0, -10)); });
  attempt("ioprio", [] { return outcome(syscall(SYS_ioprio_set, 1, 0, 1 << 13)); });
  attempt("raise-rtprio", [] {
    const rlimit limit{10, 10};
    return outcome(setrlimit(RLIMIT_RTPRIO, &limit));
  });
}

}  // namespace

std::vector<Row> privilege_rows() {
  return {{"N01", n01_namespaces},       {"N02", n02_mounts},  {"N02-umount", n02_unmounts},
          {"N03", n03_enter_namespaces}, {"N04", n04_remount}, {"N05", n05_gain_by_exec},
          {"N06", n06_capabilities},     {"N07", n07_maps},    {"N12", n12_personality},
          {"N16", n16_scheduling}};
}

}  // namespace victim
