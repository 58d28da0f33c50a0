// bare_places: the plan's view as rules of Landlock, with nothing mounted.
//
// A rule opens a folder and all beneath it, and none takes away. So where the plan holds
// less at some place below (hidden, or read-only in what is writable), the folder gets only
// what all places in it have, and the rest is given to its entries one by one, down to the
// place itself. What is made there later has not the rest: there it cannot be made, and such
// a folder cannot be listed. Entries are opened without following links, and the rule lies
// on what was opened.
#include "platform/cage/context.h"
#include "platform/cage/landlock.h"

namespace bailey::platform::cage {
namespace {

using wire::PlaceKind;
using wire::PlanPlace;

constexpr int kFollowNothing = 010000000 | 02000000 | 0400000;  // O_PATH | O_CLOEXEC | O_NOFOLLOW
constexpr std::uint32_t kTypeMask = 0170000, kDirectory = 0040000, kRegular = 0100000;
constexpr std::uint32_t kMaxRules = 32768;
constexpr unsigned kMaxDepth = 64;

std::uint64_t rights_of(const PlanPlace& place) {
  if (place.kind != PlaceKind::kView) return 0;
  return (place.flags & wire::kPlaceWritable) != 0 ? landlock::kWriting : landlock::kReading;
}

struct Span {
  std::uint32_t begin, end;  // places of the plan
};

class Walk {
 public:
  explicit Walk(Context& context) : context_(context) {}

  // The place `i` and what of it lies in no other place.
  long start(std::uint32_t i) {
    const PlanPlace& place = context_.plan.place(i);
    const std::string_view target = context_.plan.view(place.target);
    const long fd = sys::openat2(sys::kAtFdcwd, context_.plan.text(place.source), kFollowNothing,
                                 sys::kNoSymlinks | sys::kNoMagicLinks);
    if (fd < 0) return fd == -2 && (place.flags & wire::kPlaceOptional) != 0 ? 0 : fd;
    std::uint32_t end = i + 1;
    while (end < context_.plan.header().places &&
           wire::is_within(context_.plan.view(context_.plan.place(end).target), target)) {
      ++end;
    }
    for (std::size_t n = 0; n < target.size(); ++n) path_[n] = target[n];
    size_ = target.size();
    std::uint64_t rights = rights_of(place);
    // A mask directly over the view.
    for (std::uint32_t p = i + 1; p < end; ++p) {
      if (context_.plan.view(context_.plan.place(p).target) == target) rights = 0;
    }
    const long e = allow(static_cast<int>(fd), {i + 1, end}, rights, 0);
    sys::close(static_cast<int>(fd));
    return e;
  }

 private:
  // `inside`: the places strictly beneath what `fd` is. `rights` are not given yet.
  long allow(int fd, Span inside, std::uint64_t rights, unsigned depth) {
    if (rights == 0) return 0;
    sys::Stat stat;
    if (const long e = sys::fstatat(fd, "", &stat, sys::kAtEmptyPath); e < 0) return e;
    const std::uint32_t type = stat.mode & kTypeMask;
    // Links have no content; sockets, pipes and devices are no views.
    if (type != kDirectory && type != kRegular) return 0;
    if (type == kRegular) return rule(fd, rights & landlock::kOnFiles);
    std::uint64_t common = rights;
    for (std::uint32_t i = inside.begin; i < inside.end; ++i) {
      common &= rights_of(context_.plan.place(i));
    }
    if (common != 0) {
      if (const long e = rule(fd, common); e < 0) return e;
    }
    if (common == rights) return 0;
    if (depth == kMaxDepth) return -40;
    const long listing = sys::openat(fd, ".", 0200000 | 02000000);
    // Who may not list it may not open most of it either, and what is not named is denied.
    if (listing == -13) return 0;
    if (listing < 0) return listing;
    const long e = allow_entries(static_cast<int>(listing), inside, rights & ~common, depth);
    sys::close(static_cast<int>(listing));
    return e;
  }

  long allow_entries(int listing, Span inside, std::uint64_t rights, unsigned depth) {
    alignas(8) char entries[2048];
    for (;;) {
      const long n = sys::call(__NR_getdents64, listing, entries, sizeof entries);
      if (n <= 0) return n;
      for (long at = 0; at < n;) {
        std::uint16_t length = 0;
        __builtin_memcpy(&length, entries + at + 16, sizeof length);
        const char* name = entries + at + 19;
        at += length;
        const std::string_view text(name);
        if (text == "." || text == "..") continue;
        if (const long e = allow_entry(listing, name, inside, rights, depth); e < 0) return e;
      }
    }
  }

  long allow_entry(int listing, const char* name, Span inside, std::uint64_t rights,
                   unsigned depth) {
    const std::size_t before = size_;
    const std::string_view text(name);
    if (before + 1 + text.size() > wire::kPlanMaxPath) return 0;  // no rule: denied
    path_[size_++] = '/';
    for (const char c : text) path_[size_++] = c;
    const std::string_view path(path_, size_);
    Span below{inside.end, inside.end};
    bool itself = false;
    for (std::uint32_t i = inside.begin; i < inside.end; ++i) {
      const std::string_view target = context_.plan.view(context_.plan.place(i).target);
      if (!wire::is_within(target, path)) continue;
      itself = itself || target.size() == path.size();
      if (below.begin == inside.end) below.begin = i;
      below.end = i + 1;
    }
    long e = 0;
    if (!itself) {  // a place gets its own rules
      const long fd = sys::openat(listing, name, kFollowNothing);
      if (fd >= 0) {
        e = allow(static_cast<int>(fd), below, rights, depth + 1);
        sys::close(static_cast<int>(fd));
      } else if (fd != -2) {
        e = fd;
      }
    }
    size_ = before;
    return e;
  }

  long rule(int fd, std::uint64_t rights) {
    if (++rules_ > kMaxRules) return -7;
    return allow_beneath(context_, fd, rights);
  }

  Context& context_;
  std::uint32_t rules_ = 0;
  std::size_t size_ = 0;
  char path_[wire::kPlanMaxPath + 1];
};

}  // namespace

long allow_views(Context& context) {
  Walk walk(context);
  for (std::uint32_t i = 0; i < context.plan.header().places; ++i) {
    if (context.plan.place(i).kind != PlaceKind::kView) continue;
    context.failure.item = i;
    if (const long e = walk.start(i); e < 0) return e;
  }
  return 0;
}

}  // namespace bailey::platform::cage
