// places: the cage's view of the file system, from an empty tmpfs up.
//
// Every mount goes from one descriptor to another (open_tree, move_mount): no path is
// looked up twice. Inside the new root nothing follows a symlink while places are
// made, and directories are made only on our own tmpfs, never in a view of the host.
#include "platform/cage/channel.h"
#include "platform/cage/context.h"
#include "platform/cage/landlock.h"

namespace bailey::platform::cage {
namespace {

using wire::Layer;
using wire::PlaceKind;
using wire::PlanPlace;

constexpr std::uint32_t kTypeMask = 0170000, kDirectory = 0040000, kRegular = 0100000;
constexpr int kPathOnly = 010000000 | 02000000;  // O_PATH | O_CLOEXEC
constexpr int kFollowNothing = kPathOnly | 0400000;

long new_filesystem(const char* type, const char* const* options, std::uint64_t attributes) {
  const long context = sys::call(__NR_fsopen, type, 1);
  if (context < 0) return context;
  const int fd = static_cast<int>(context);
  long e = 0;
  for (; *options != nullptr && e >= 0; options += 2) {
    e = sys::fsconfig(fd, sys::kFsSetString, options[0], options[1]);
  }
  if (e >= 0) e = sys::fsconfig(fd, sys::kFsCreate, nullptr, nullptr);
  if (e >= 0) e = sys::call(__NR_fsmount, fd, 1, attributes);
  sys::close(fd);
  return e;
}

bool is_ours(const Context& context, std::uint64_t device) {
  if (device == context.root_device || device == context.scratch_device) return true;
  for (std::uint32_t i = 0; i < context.own_count; ++i) {
    if (context.own_devices[i] == device) return true;
  }
  return false;
}

// A path of the new root, relative to its descriptor.
const char* inside(const char* target) { return target + 1; }

constexpr std::uint64_t kStrictly = sys::kBeneath | sys::kNoSymlinks | sys::kNoMagicLinks;

// Opens `target`, making it and its parents where they lie on our own tmpfs.
long open_target(Context& context, std::string_view target, bool directory) {
  char path[wire::kPlanMaxPath + 1];
  for (std::size_t i = 1; i < target.size(); ++i) path[i - 1] = target[i];
  const std::size_t size = target.size() - 1;
  path[size] = '\0';
  long fd = sys::openat2(context.root, path, kFollowNothing, kStrictly);
  if (fd != -2) return fd;
  // The deepest parent that is there.
  std::size_t cut = size;
  int parent = -1;
  while (parent < 0) {
    while (cut > 0 && path[cut - 1] != '/') --cut;
    if (cut == 0) {
      parent = context.root;
      break;
    }
    path[cut - 1] = '\0';
    fd = sys::openat2(context.root, path, kFollowNothing, kStrictly);
    path[cut - 1] = '/';
    if (fd >= 0) {
      parent = static_cast<int>(fd);
    } else if (fd == -2) {
      --cut;
    } else {
      return fd;
    }
  }
  sys::Stat stat;
  long e = sys::fstatat(parent, "", &stat, sys::kAtEmptyPath);
  if (e >= 0 && !is_ours(context, stat.device)) e = -30;  // EROFS: a view of the host
  std::size_t start = cut;
  while (e >= 0 && start < size) {
    std::size_t end = start;
    while (end < size && path[end] != '/') ++end;
    const bool last = end == size;
    path[end] = '\0';
    e = last && !directory ? sys::call(__NR_mknodat, parent, path + start, kRegular | 0444, 0)
                           : sys::mkdirat(parent, path + start, 0755);
    if (e >= 0) e = sys::openat(parent, path + start, kFollowNothing);
    if (parent != context.root) sys::close(parent);
    if (e >= 0) parent = static_cast<int>(e);
    if (!last) path[end] = '/';
    start = end + 1;
  }
  return e;
}

// Attaches the detached mount `tree` at `target`.
long attach(Context& context, int tree, std::string_view target, bool directory) {
  const long at = open_target(context, target, directory);
  if (at < 0) return at;
  const long e = sys::move_mount(tree, static_cast<int>(at), "");
  sys::close(static_cast<int>(at));
  return e;
}

long place_view(Context& context, const PlanPlace& place) {
  const bool optional = (place.flags & wire::kPlaceOptional) != 0;
  const long source = sys::openat2(sys::kAtFdcwd, context.plan.text(place.source), kFollowNothing,
                                   sys::kNoSymlinks | sys::kNoMagicLinks);
  if (source < 0) return optional && source == -2 ? 0 : source;
  const int fd = static_cast<int>(source);
  sys::Stat stat;
  long e = sys::fstatat(fd, "", &stat, sys::kAtEmptyPath);
  const std::uint32_t type = stat.mode & kTypeMask;
  // Symlinks, sockets, pipes and devices are no views.
  if (e >= 0 && type != kDirectory && type != kRegular) e = -22;
  if (e < 0) {
    sys::close(fd);
    return e;
  }
  const bool writable = (place.flags & wire::kPlaceWritable) != 0;
  const bool directory = type == kDirectory;
  const long tree = sys::open_tree(fd, "",
                                   sys::kTreeClone | sys::kTreeCloexec |
                                       static_cast<unsigned>(sys::kAtEmptyPath) |
                                       static_cast<unsigned>(directory ? sys::kAtRecursive : 0));
  if (tree < 0) {
    sys::close(fd);
    return tree;
  }
  const sys::MountAttr attributes{
      sys::kAttrNoSuid | sys::kAttrNoDev | (writable ? 0 : sys::kAttrReadOnly), 0, 0, 0};
  e = sys::mount_setattr(static_cast<int>(tree), "",
                         static_cast<unsigned>(sys::kAtEmptyPath | sys::kAtRecursive), attributes);
  if (e >= 0)
    e = attach(context, static_cast<int>(tree), context.plan.view(place.target), directory);
  if (e >= 0) {
    std::uint64_t rights = writable ? landlock::kWriting : landlock::kReading;
    if (!directory) rights &= landlock::kOnFiles;
    e = allow_beneath(context, fd, rights);
  }
  sys::close(static_cast<int>(tree));
  sys::close(fd);
  return e;
}

// The link must be one of the host's top level, still what it was when it was planned.
long place_link(Context& context, const PlanPlace& place) {
  const char* target = context.plan.text(place.target);
  for (const char* c = target + 1; *c != '\0'; ++c) {
    if (*c == '/') return -22;
  }
  char text[256];
  const long n = sys::call(__NR_readlinkat, sys::kAtFdcwd, target, text, sizeof text);
  if (n < 0) return n;
  if (static_cast<std::size_t>(n) != place.source.length) return -116;  // ESTALE
  const char* planned = context.plan.text(place.source);
  for (long i = 0; i < n; ++i) {
    if (text[i] != planned[i]) return -116;
  }
  return sys::call(__NR_symlinkat, planned, context.root, inside(target));
}

long place_proc(Context& context, const PlanPlace& place) {
  const char* const none[] = {nullptr};
  const long proc =
      new_filesystem("proc", none, sys::kAttrNoSuid | sys::kAttrNoDev | sys::kAttrNoExec);
  if (proc < 0) return proc;
  context.proc = static_cast<int>(proc);
  if (const long e = attach(context, context.proc, context.plan.view(place.target), true); e < 0) {
    return e;
  }
  // Writing process files (comm, oom_score_adj) is refused by the read-only mount too.
  return allow_beneath(context, context.proc, landlock::kReadFile | landlock::kReadDir);
}

// The root mount is sealed by then, and a clone of a part of it is as read-only as it.
long mask(Context& context, const char* path_in_root, int at, bool directory) {
  const long tree = sys::open_tree(context.root, directory ? ".none" : ".void",
                                   sys::kTreeClone | sys::kTreeCloexec);
  if (tree < 0) return tree;
  const long e = sys::move_mount(static_cast<int>(tree), at, path_in_root);
  sys::close(static_cast<int>(tree));
  return e;
}

// What of /proc tells about the host, or acts on it. An entry of another owner that
// its mode closes to us needs no mask: the kernel refuses it without one.
long mask_proc(Context& context) {
  constexpr const char* kFiles[] = {"kcore",       "keys",          "key-users",   "kmsg",
                                    "kpagecount",  "kpagecgroup",   "kpageflags",  "timer_list",
                                    "sched_debug", "sysrq-trigger", "vmallocinfo", "latency_stats"};
  constexpr const char* kDirectories[] = {"acpi", "asound", "scsi", "dynamic_debug"};
  const std::uint32_t own = context.baseline.uid;
  auto cover = [&](const char* name, bool directory) -> long {
    sys::Stat stat;
    if (sys::fstatat(context.proc, name, &stat, sys::kAtSymlinkNofollow) < 0) return 0;
    if ((stat.mode & kTypeMask) != (directory ? kDirectory : kRegular)) return 0;
    if (stat.uid != own && (stat.mode & 077) == 0) return 0;
    ++context.hidden_count;
    return mask(context, name, context.proc, directory);
  };
  for (const char* name : kFiles) {
    if (const long e = cover(name, false); e < 0) return e;
  }
  for (const char* name : kDirectories) {
    if (const long e = cover(name, true); e < 0) return e;
  }
  return 0;
}

long place_scratch(Context& context, const PlanPlace& place, const char* part) {
  const long tree = sys::open_tree(context.scratch, part, sys::kTreeClone | sys::kTreeCloexec);
  if (tree < 0) return tree;
  long e = attach(context, static_cast<int>(tree), context.plan.view(place.target), true);
  if (e == -30 || e == -20 || e == -40) e = 0;  // a view without /var/tmp has none: fine
  if (e >= 0) e = allow_beneath(context, static_cast<int>(tree), landlock::kWriting);
  sys::close(static_cast<int>(tree));
  return e;
}

// A hidden directory with views beneath it becomes a tmpfs directory that can only be
// searched; it is made read-only with the rest in seal_places.
long hide_around(Context& context, const PlanPlace& place) {
  const char* const options[] = {"mode", "0111", "size", "64k", nullptr};
  const long tree = new_filesystem("tmpfs", options, sys::kAttrNoSuid | sys::kAttrNoDev);
  if (tree < 0) return tree;
  sys::Stat stat;
  long e = sys::fstatat(static_cast<int>(tree), "", &stat, sys::kAtEmptyPath);
  if (e >= 0 && context.own_count == kMaxOwnDevices) e = -28;
  if (e >= 0) context.own_devices[context.own_count++] = stat.device;
  const long at = sys::openat2(context.root, inside(context.plan.text(place.target)),
                               kFollowNothing, kStrictly);
  if (at == -2) {
    sys::close(static_cast<int>(tree));
    return 0;  // nothing to hide: parents of the views are made on the empty root
  }
  if (e >= 0) e = at < 0 ? at : sys::move_mount(static_cast<int>(tree), static_cast<int>(at), "");
  if (at >= 0) sys::close(static_cast<int>(at));
  sys::close(static_cast<int>(tree));
  return e;
}

// The outside view of one mask: the path now leads to an inode of ours, mode 0.
long looks_masked(Context& context, const char* path) {
  const long fd = sys::openat2(context.root, path, kPathOnly, sys::kInRoot | sys::kNoMagicLinks);
  if (fd < 0) return fd;
  sys::Stat stat;
  const long e = sys::fstatat(static_cast<int>(fd), "", &stat, sys::kAtEmptyPath);
  sys::close(static_cast<int>(fd));
  if (e < 0) return e;
  return stat.device == context.root_device && (stat.mode & 0777) == 0 ? 0 : -1;
}

long hide_plain(Context& context, const PlanPlace& place) {
  const long fd = sys::openat2(context.root, inside(context.plan.text(place.target)), kPathOnly,
                               sys::kInRoot | sys::kNoMagicLinks);
  if (fd == -2 || fd == -20 || fd == -40) return 0;  // not there, not a directory, a loop
  if (fd < 0) return fd;
  sys::Stat stat;
  long e = sys::fstatat(static_cast<int>(fd), "", &stat, sys::kAtEmptyPath);
  if (e >= 0 && stat.device != context.root_device) {
    ++context.hidden_count;
    e = mask(context, "", static_cast<int>(fd), (stat.mode & kTypeMask) == kDirectory);
    if (e >= 0) e = looks_masked(context, inside(context.plan.text(place.target)));
  }
  sys::close(static_cast<int>(fd));
  return e;
}

}  // namespace

long make_root(Context& context) {
  // The new root is stacked over the old one, for pivot_root. The scratch file system
  // is anchored elsewhere in the old tree, from where parts of it are bound, and goes
  // away with that tree. It must not be stacked over "/" too: the detach after
  // pivot_root takes the topmost mount, and that has to be the old root itself.
  char size[24];
  format(size, context.plan.header().tmp_bytes);
  const char* const scratch_options[] = {"mode", "0700", "size", size, nullptr};
  const long scratch = new_filesystem("tmpfs", scratch_options, sys::kAttrNoSuid | sys::kAttrNoDev);
  if (scratch < 0) return scratch;
  context.scratch = static_cast<int>(scratch);
  const char* const root_options[] = {"mode", "0755", "size", "4m", nullptr};
  const long root = new_filesystem("tmpfs", root_options, sys::kAttrNoSuid | sys::kAttrNoDev);
  if (root < 0) return root;
  context.root = static_cast<int>(root);
  if (const long e = sys::move_mount(context.scratch, sys::kAtFdcwd, "/proc"); e < 0) return e;
  if (const long e = sys::move_mount(context.root, sys::kAtFdcwd, "/"); e < 0) return e;
  sys::Stat stat;
  if (const long e = sys::fstatat(context.root, "", &stat, sys::kAtEmptyPath); e < 0) return e;
  context.root_device = stat.device;
  context.root_inode = stat.inode;
  if (const long e = sys::fstatat(context.scratch, "", &stat, sys::kAtEmptyPath); e < 0) return e;
  context.scratch_device = stat.device;
  const long mask_before = sys::call(__NR_umask, 0);
  long e = sys::mkdirat(context.scratch, "tmp", 01777);
  if (e >= 0) e = sys::mkdirat(context.scratch, "shm", 01777);
  if (e >= 0) e = sys::mkdirat(context.root, ".none", 0);
  if (e >= 0) e = sys::call(__NR_mknodat, context.root, ".void", kRegular, 0);
  // Landlock's canary: readable by its mode, and by nothing else.
  if (e >= 0) e = sys::call(__NR_mknodat, context.root, ".bailey", kRegular | 0400, 0);
  // The canary of the masks: readable until it is masked.
  if (e >= 0) e = sys::call(__NR_mknodat, context.root, ".hidden", kRegular | 0400, 0);
  sys::call(__NR_umask, mask_before);
  return e;
}

long place_all(Context& context) {
  const std::uint32_t count = context.plan.header().places;
  for (std::uint32_t i = 0; i < count; ++i) {
    const PlanPlace& place = context.plan.place(i);
    context.failure.item = i;
    long e = 0;
    switch (place.kind) {
      case PlaceKind::kView:
        e = place_view(context, place);
        break;
      case PlaceKind::kLink:
        e = place_link(context, place);
        break;
      case PlaceKind::kHide:
        // Without views beneath, hiding waits until all of them stand.
        if ((place.flags & wire::kPlaceHasChildren) != 0) e = hide_around(context, place);
        break;
      case PlaceKind::kProc:
        e = place_proc(context, place);
        break;
      case PlaceKind::kDevices: {
        e = open_target(context, context.plan.view(place.target), true);
        if (e >= 0) e = make_devices(context, static_cast<int>(e));
        break;
      }
      case PlaceKind::kScratch:
      case PlaceKind::kAlias:
        e = place_scratch(context, place, "tmp");
        break;
      case PlaceKind::kEmpty: {
        e = open_target(context, context.plan.view(place.target), true);
        if (e >= 0) sys::close(static_cast<int>(e));
        break;
      }
    }
    if (e < 0) return e;
  }
  return 0;
}

long hand_out(Context& context) {
  if (!context.hand_out) return 0;
  wire::Message message;
  message.type = wire::MessageType::kHand;
  message.a = 1;
  if (const long e = send(context.warden, message, context.proc); e < 0) return e;
  message.a = 2;
  if (const long e = send(context.warden, message, context.scratch); e < 0) return e;
  // The list of SysV segments is that of whoever opens it; a kernel without has none.
  const long segments = sys::openat(context.proc, "sysvipc/shm", 02000000);
  if (segments == -2) return 0;
  if (segments < 0) return segments;
  message.a = 3;
  const long e = send(context.warden, message, static_cast<int>(segments));
  sys::close(static_cast<int>(segments));
  return e;
}

long seal_places(Context& context) {
  // Listing "/" and the bare parents of views is allowed everywhere it can be seen.
  if (const long e = allow_beneath(context, context.root, landlock::kReadDir); e < 0) return e;
  const long seen = sys::openat(context.root, ".hidden", 02000000);
  if (seen < 0) return seen;
  sys::close(static_cast<int>(seen));
  const auto flags = static_cast<unsigned>(sys::kAtEmptyPath);
  if (const long e = sys::mount_setattr(context.root, "", flags, {sys::kAttrReadOnly, 0, 0, 0});
      e < 0) {
    return e;
  }
  if (const long e = mask(context, ".hidden", context.root, false); e < 0) return e;
  if (const long e = mask_proc(context); e < 0) return e;
  const std::uint32_t count = context.plan.header().places;
  for (std::uint32_t i = 0; i < count; ++i) {
    const PlanPlace& place = context.plan.place(i);
    if (place.kind != PlaceKind::kHide) continue;
    context.failure.item = i;
    if ((place.flags & wire::kPlaceHasChildren) == 0) {
      if (const long e = hide_plain(context, place); e < 0) return e;
      continue;
    }
    const long fd = sys::openat2(context.root, inside(context.plan.text(place.target)),
                                 kFollowNothing, kStrictly);
    if (fd < 0) return fd;
    const long e =
        sys::mount_setattr(static_cast<int>(fd), "", static_cast<unsigned>(sys::kAtEmptyPath),
                           {sys::kAttrReadOnly, 0, 0, 0});
    sys::close(static_cast<int>(fd));
    if (e < 0 && e != -22) return e;  // EINVAL: a plain directory of the sealed root
  }
  return sys::mount_setattr(context.proc, "", flags, {sys::kAttrReadOnly, 0, 0, 0});
}

long pivot(Context& context) {
  // The canary: a directory that every Linux host has and no cage shows.
  sys::Stat before_stat;
  const long before = sys::fstatat(sys::kAtFdcwd, "/sys", &before_stat, sys::kAtSymlinkNofollow);
  if (const long e = sys::call(__NR_fchdir, context.root); e < 0) return e;
  if (const long e = sys::call(__NR_pivot_root, ".", "."); e < 0) return e;
  // The old root is stacked on the new one now. Until it is detached only paths that go
  // down from "/" are used; ".." at the top would lead into it.
  let_second_detach();
  sys::Stat stat;
  const long after = sys::fstatat(sys::kAtFdcwd, "/sys", &stat, sys::kAtSymlinkNofollow);
  if (before != 0 || after != -2) return -1;
  context.report(Layer::kMount, kProven, before, after);
  // The count of user namespaces was written a moment ago (forbid_nesting).
  const long sysctl = sys::openat(sys::kAtFdcwd, "/proc/sys/user/max_user_namespaces", 02000001);
  if (sysctl != -30) return -1;
  context.report(Layer::kProc, kProven, 0, sysctl);
  // The root is read-only: making a directory there worked a moment ago.
  const long made = sys::mkdirat(sys::kAtFdcwd, "/.probe", 0700);
  if (made != -30) return -1;
  return 0;
}

long prove_root(Context& context) {
  // The root is ours, and nothing is stacked on it: a way up would show the old root.
  for (const char* way : {"/", "/..", "/../.."}) {
    sys::Stat root;
    if (const long e = sys::fstatat(sys::kAtFdcwd, way, &root, 0); e < 0) return e;
    if (root.device != context.root_device || root.inode != context.root_inode) return -1;
  }
  context.report(Layer::kRoot, kProven, 0, -30);
  return 0;
}

}  // namespace bailey::platform::cage
