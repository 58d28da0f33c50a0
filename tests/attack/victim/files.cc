// F01-F05, F11-F15, F19, F20, F25: reaching files that are not in the workspace.
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cstring>

#include "victim.h"

namespace victim {
namespace {

constexpr const char* kUp = "../../../../../../../../../../../../../../../..";

// `dir` is a directory outside the workspace with the files a, b and c.
void f01_write_outside() {
  const std::string dir = argument("dir");
  const std::string file = dir + "/a";
  const std::string other = dir + "/b";
  attempt("absolute", [&] { return append(file); });
  attempt("dot-dot", [&] { return append(kUp + file); });
  attempt("proc-root", [&] { return append("/proc/self/root" + file); });
  attempt("proc-cwd", [&] { return append(std::string("/proc/self/cwd/") + kUp + file); });
  attempt("dev-fd", [&] {
    const int fd = open(".", O_RDONLY | O_DIRECTORY);
    return append("/dev/fd/" + std::to_string(fd) + "/" + kUp + file);
  });
  attempt("task-root", [&] { return append("/proc/thread-self/root" + file); });
  attempt("create",
          [&] { return outcome(open((dir + "/new").c_str(), O_WRONLY | O_CREAT, 0600)); });
  attempt("truncate", [&] { return outcome(truncate(other.c_str(), 1)); });
  attempt("chmod", [&] { return outcome(chmod(other.c_str(), 0600)); });
  attempt("mtime", [&] {
    const timespec times[2] = {{1, 0}, {1, 0}};
    return outcome(utimensat(AT_FDCWD, other.c_str(), times, 0));
  });
  attempt("mkdir", [&] { return outcome(mkdir((dir + "/made").c_str(), 0700)); });
  attempt("symlink", [&] { return outcome(symlink("x", (dir + "/linked").c_str())); });
  attempt("rename-out", [&] {
    close(open("f01.moving", O_WRONLY | O_CREAT, 0600));
    return outcome(rename("f01.moving", (dir + "/moved").c_str()));
  });
  attempt("unlink", [&] { return outcome(unlink((dir + "/c").c_str())); });
}

void f02_link_to_outside() {
  const std::string dir = argument("dir");
  (void)!symlink((dir + "/a").c_str(), "f02.file");
  (void)!symlink(dir.c_str(), "f02.dir");
  attempt("write", [] { return append("f02.file"); });
  attempt("truncate", [] { return outcome(truncate("f02.file", 0)); });
  attempt("chmod", [] { return outcome(chmod("f02.file", 0600)); });
  attempt("create", [] { return outcome(open("f02.dir/new", O_WRONLY | O_CREAT, 0600)); });
  attempt("unlink", [] { return outcome(unlink("f02.dir/c")); });
}

// The file `name` in the workspace shares its inode with one outside.
void f04_hard_link() {
  attempt("write", [] { return append(argument("name")); });
}

void f05_link_inode_in() {
  const std::string file = argument("dir") + "/a";
  attempt("link", [&] {
    const int error = outcome(link(file.c_str(), "f05.link"));
    return error != 0 ? error : append("f05.link");
  });
  attempt("proc-fd", [&] {
    const int fd = open(file.c_str(), O_PATH);
    if (fd < 0) return errno;
    const std::string path = "/proc/self/fd/" + std::to_string(fd);
    return outcome(linkat(AT_FDCWD, path.c_str(), AT_FDCWD, "f05.fd", AT_SYMLINK_FOLLOW));
  });
  attempt("empty-path", [&] {
    const int fd = open(file.c_str(), O_PATH);
    if (fd < 0) return errno;
    return outcome(linkat(fd, "", AT_FDCWD, "f05.empty", AT_EMPTY_PATH));
  });
}

// `secret` is a file that must not be read; `fd` a descriptor of it that was left open.
void f11_read_secret() {
  const std::string secret = argument("secret");
  const int inherited = number("fd");
  attempt("open", [&] { return loot("open", secret); });
  attempt("openat2", [&] {
    open_how how{};
    how.flags = O_RDONLY;
    const long fd = syscall(SYS_openat2, AT_FDCWD, secret.c_str(), &how, sizeof how);
    return fd < 0 ? errno : loot_fd("openat2", static_cast<int>(fd));
  });
  attempt("reopen", [&] {
    const int fd = open(secret.c_str(), O_PATH);
    if (fd < 0) return errno;
    return loot("reopen", "/proc/self/fd/" + std::to_string(fd));
  });
  attempt("proc-root", [&] { return loot("proc-root", "/proc/self/root" + secret); });
  attempt("inherited-read", [&] { return loot_fd("inherited-read", inherited); });
  attempt("inherited-mmap", [&] {
    void* bytes = mmap(nullptr, 64, PROT_READ, MAP_PRIVATE, inherited, 0);
    if (bytes == MAP_FAILED) return errno;
    dprintf(1, "LOOT mmap %.60s\n", static_cast<const char*>(bytes));
    return kHappened;
  });
  attempt("sendfile", [&] {
    const int out = open("f11.out", O_WRONLY | O_CREAT, 0600);
    off_t from = 0;
    return outcome(sendfile(out, inherited, &from, 4096));
  });
  attempt("splice", [&] {
    int pipes[2];
    if (pipe(pipes) != 0) return kUntried;
    loff_t from = 0;
    return outcome(splice(inherited, &from, pipes[1], nullptr, 4096, 0));
  });
  attempt("copy-range", [&] {
    const int out = open("f11.copy", O_WRONLY | O_CREAT, 0600);
    loff_t from = 0;
    return outcome(copy_file_range(inherited, &from, out, nullptr, 4096, 0));
  });
  attempt("proc-fd", [&] { return loot("proc-fd", "/proc/self/fd/" + argument("fd")); });
}

void f13_file_handles() {
  struct {
    file_handle head{};
    char bytes[128];
  } handle{};
  int mount = 0;
  const auto name = [&](const std::string& path) {
    handle.head.handle_bytes = sizeof handle.bytes;
    return outcome(name_to_handle_at(AT_FDCWD, path.c_str(), &handle.head, &mount, 0));
  };
  attempt("name", [&] { return name("."); });
  attempt("name-outside", [&] { return name(argument("secret")); });
  attempt("open", [&] {
    if (name(".") != 0) {  // a made-up handle, as a brute force would use: ext4's inode 2
      handle.head.handle_bytes = 8;
      handle.head.handle_type = 1;
      const std::uint32_t root[2] = {2, 0};
      std::memcpy(handle.bytes, root, sizeof root);
    }
    return outcome(open_by_handle_at(open(".", O_RDONLY), &handle.head, O_RDONLY));
  });
}

void f14_tmpfile() {
  attempt("link", [] {
    const int fd = open(".", O_TMPFILE | O_WRONLY, 0600);
    if (fd < 0) return errno;
    const std::string path = "/proc/self/fd/" + std::to_string(fd);
    return outcome(linkat(AT_FDCWD, path.c_str(), AT_FDCWD, (argument("dir") + "/tmpfile").c_str(),
                          AT_SYMLINK_FOLLOW));
  });
}

void f15_devices() {
  const auto node = [](const char* name, mode_t type, unsigned major, unsigned minor) {
    if (mknod(name, type | 0666, makedev(major, minor)) != 0) return errno;
    const int result = outcome(open(name, O_RDONLY | O_NONBLOCK));
    unlink(name);
    return result;
  };
  attempt("mknod-char", [&] { return node("f15.c", S_IFCHR, 1, 11 /* kmsg */); });
  attempt("mknod-block", [&] { return node("f15.b", S_IFBLK, 254, 0); });
  for (const char* name : {"mem", "kmsg", "fuse", "kvm", "loop-control", "vfio/vfio", "vda", "sda",
                           "mapper/control", "net/tun", "input/event0", "snapshot", "port"})
    attempt(std::string("open-") + name, [&] {
      return outcome(open((std::string("/dev/") + name).c_str(), O_RDONLY | O_NONBLOCK));
    });
}

void f19_kernel_files() {
  for (const char* path :
       {"/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe",
        "/proc/sys/vm/overcommit_memory", "/proc/sys/net/ipv4/ip_forward",
        "/proc/sys/kernel/ns_last_pid", "/proc/sysrq-trigger", "/sys/kernel/uevent_helper",
        "/sys/power/state", "/sys/fs/cgroup/cgroup.procs", "/sys/fs/cgroup/memory/cgroup.procs",
        "/sys/fs/cgroup/pids/cgroup.procs", "/sys/fs/cgroup/unified/cgroup.procs",
        "/sys/kernel/debug/sched/verbose", "/sys/module/kernel/parameters/panic"})
    attempt(std::string("write:") + path, [&] { return outcome(open(path, O_WRONLY)); });
  for (const char* path : {"/proc/kcore", "/proc/kallsyms", "/proc/keys", "/proc/sched_debug",
                           "/proc/timer_list", "/proc/kpagecount", "/proc/vmallocinfo",
                           "/proc/config.gz", "/sys/firmware/dmi/tables/DMI", "/sys/kernel/notes"})
    attempt(std::string("read:") + path, [&] {
      char byte;
      const int fd = open(path, O_RDONLY);
      if (fd < 0) return errno;
      const ssize_t got = read(fd, &byte, 1);
      return got > 0 ? kHappened : got == 0 ? ENODATA : errno;
    });
}

// Descriptors left open by whoever started this: `dirfd` of an outside directory, and
// standard input, a socket in which another descriptor waits.
void f20_left_open() {
  attempt("openat", [] { return append_at(number("dirfd"), "a"); });
  attempt("fchdir", [] { return outcome(fchdir(number("dirfd"))); });
  attempt("others", [] {
    for (int fd = 3; fd < 1024; fd++)
      if (fcntl(fd, F_GETFD) >= 0) return kHappened;
    return EBADF;
  });
  attempt("passed", [] {
    char byte;
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
    iovec data{&byte, 1};
    msghdr message{};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    if (recvmsg(0, &message, MSG_DONTWAIT) < 0) return errno;
    const cmsghdr* header = CMSG_FIRSTHDR(&message);
    if (header == nullptr || header->cmsg_type != SCM_RIGHTS) return ENODATA;
    int fd = -1;
    std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
    return outcome(write(fd, "x", 1));
  });
}

void f25_dangling() {
  (void)!symlink((argument("dir") + "/dangling").c_str(), "f25.link");
  attempt("create", [] { return outcome(open("f25.link", O_WRONLY | O_CREAT, 0600)); });
  (void)!symlink((argument("dir") + "/a").c_str(), "f25.there");
  attempt("create-over", [] { return outcome(open("f25.there", O_WRONLY | O_CREAT, 0600)); });
  attempt("hop", [] {
    (void)!symlink(argument("dir").c_str(), "f25.dir");
    (void)!symlink("f25.dir/hopped", "f25.hop");
    return outcome(open("f25.hop", O_WRONLY | O_CREAT, 0600));
  });
}

// E03: Bailey's own files, wherever they are. `paths` is a list with colons.
void e03_own_files() {
  const std::string& paths = argument("paths");
  for (std::size_t start = 0, at = 0; start < paths.size(); at++) {
    const std::size_t end = std::min(paths.find(':', start), paths.size());
    const std::string path = paths.substr(start, end - start);
    attempt("read-" + std::to_string(at), [&] { return loot("own", path); });
    attempt("write-" + std::to_string(at), [&] { return append(path); });
    attempt("remove-" + std::to_string(at), [&] { return outcome(unlink(path.c_str())); });
    start = end + 1;
  }
}

}  // namespace

std::vector<Row> file_rows() {
  return {{"F01", f01_write_outside}, {"F02", f02_link_to_outside}, {"F04", f04_hard_link},
          {"F05", f05_link_inode_in}, {"F11", f11_read_secret},     {"F13", f13_file_handles},
          {"F14", f14_tmpfile},       {"F15", f15_devices},         {"F19", f19_kernel_files},
          {"F20", f20_left_open},     {"F25", f25_dangling},        {"E03", e03_own_files}};
}

}  // namespace victim
