// devices: the minimal /dev, and the cage's own terminal.
#include "platform/cage/channel.h"
#include "platform/cage/context.h"
#include "platform/cage/landlock.h"

namespace bailey::platform::cage {
namespace {

long bind_device(int dev, const char* name) {
  char source[24] = "/dev/";
  std::size_t n = 5;
  for (const char* c = name; *c != '\0'; ++c) source[n++] = *c;
  source[n] = '\0';
  long e = sys::call(__NR_mknodat, dev, name, 0100000 | 0444, 0);
  if (e < 0) return e;
  const long tree = sys::open_tree(sys::kAtFdcwd, source, sys::kTreeClone | sys::kTreeCloexec);
  if (tree < 0) return tree;
  sys::Stat stat;
  e = sys::fstatat(static_cast<int>(tree), "", &stat, sys::kAtEmptyPath);
  if (e >= 0 && (stat.mode & 0170000) != 0020000) e = -19;  // a character device or nothing
  if (e >= 0) e = sys::move_mount(static_cast<int>(tree), dev, name);
  sys::close(static_cast<int>(tree));
  return e;
}

long new_pts(Context& context, int dev) {
  const long fs = sys::call(__NR_fsopen, "devpts", 1);
  if (fs < 0) return fs;
  const int fd = static_cast<int>(fs);
  long e = sys::fsconfig(fd, sys::kFsSetString, "ptmxmode", "0666");
  if (e >= 0) e = sys::fsconfig(fd, sys::kFsSetString, "mode", "0620");
  if (e >= 0) e = sys::fsconfig(fd, sys::kFsCreate, nullptr, nullptr);
  if (e >= 0) e = sys::call(__NR_fsmount, fd, 1, sys::kAttrNoSuid | sys::kAttrNoExec);
  sys::close(fd);
  if (e < 0) return e;
  const int mount = static_cast<int>(e);
  e = sys::mkdirat(dev, "pts", 0755);
  if (e >= 0) e = sys::move_mount(mount, dev, "pts");
  if (e >= 0) e = allow_beneath(context, mount, landlock::kDevices);
  if (e >= 0 && context.plan.header().terminal != 0) {
    const long master = sys::openat(mount, "ptmx", 02000000 | 0400 | 2);
    e = master;
    if (e >= 0) {
      context.pty_master = static_cast<int>(master);
      int unlock = 0;
      e = sys::ioctl(context.pty_master, 0x40045431, &unlock);  // TIOCSPTLCK
      if (e >= 0) {
        e = sys::call(__NR_ioctl, context.pty_master, 0x5441, 02000000 | 0400 | 2);  // GPTPEER
        context.pty_slave = static_cast<int>(e);
      }
    }
  }
  sys::close(mount);
  return e;
}

}  // namespace

long make_devices(Context& context, int dev) {
  constexpr const char* kNodes[] = {"null", "zero", "full", "random", "urandom", "tty"};
  for (const char* name : kNodes) {
    if (const long e = bind_device(dev, name); e < 0) return e;
  }
  // The nodes are the host's own inodes: nobody inside changes their mode or owner.
  // One recursive call would also catch pts and shm, which come later.
  for (const char* name : kNodes) {
    if (const long e = sys::mount_setattr(
            dev, name, 0, {sys::kAttrReadOnly | sys::kAttrNoSuid | sys::kAttrNoExec, 0, 0, 0});
        e < 0) {
      return e;
    }
  }
  constexpr const char* kLinks[][2] = {{"/proc/self/fd", "fd"},
                                       {"/proc/self/fd/0", "stdin"},
                                       {"/proc/self/fd/1", "stdout"},
                                       {"/proc/self/fd/2", "stderr"},
                                       {"pts/ptmx", "ptmx"}};
  for (const auto& link : kLinks) {
    if (const long e = sys::call(__NR_symlinkat, link[0], dev, link[1]); e < 0) return e;
  }
  if (const long e = allow_beneath(context, dev, landlock::kDevices); e < 0) return e;
  long e = new_pts(context, dev);
  if (e < 0) return e;
  e = sys::mkdirat(dev, "shm", 0755);
  if (e < 0) return e;
  const long shm = sys::open_tree(context.scratch, "shm", sys::kTreeClone | sys::kTreeCloexec);
  if (shm < 0) return shm;
  e = sys::move_mount(static_cast<int>(shm), dev, "shm");
  if (e >= 0) e = allow_beneath(context, static_cast<int>(shm), landlock::kWriting);
  sys::close(static_cast<int>(shm));
  sys::close(dev);
  return e;
}

long open_terminal(Context& context) {
  if (context.pty_slave < 0) return 0;
  // Init leads the session (be_init); the master goes to the warden.
  wire::Message message;
  message.type = wire::MessageType::kHand;
  if (const long e = send(context.warden, message, context.pty_master); e < 0) return e;
  return sys::ioctl(context.pty_slave, 0x540e, nullptr);  // TIOCSCTTY
}

}  // namespace bailey::platform::cage
