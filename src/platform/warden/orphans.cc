#include "platform/warden/orphans.h"

#include <linux/prctl.h>

#include "platform/warden/text.h"

namespace bailey::platform::warden {

namespace sys = cage::sys;

namespace {

constexpr int kNotPermitted = 1, kInvalid = 22, kNoSpace = 28, kNoCall = 38, kUsers = 87;
constexpr int kNoHang = 1, kAll = 0x40000000;

void kill_children() noexcept {
  Line<64> path;
  path.add("/proc/self/task/").add(static_cast<std::uint64_t>(sys::call(__NR_gettid)));
  path.add("/children");
  char text[4096];
  const std::string_view list = read_text(sys::kAtFdcwd, path.c_str(), text, sizeof text);
  std::size_t at = 0;
  while (at < list.size()) {
    const std::size_t end = list.find(' ', at);
    // A number that is cut off is somebody else's.
    if (end == std::string_view::npos) return;
    const std::uint64_t pid = number(list.substr(at, end - at));
    if (pid != kNoNumber && pid > 1) sys::kill(static_cast<long>(pid), 9);
    at = end + 1;
  }
}

}  // namespace

long adopt_orphans() noexcept { return sys::prctl(PR_SET_CHILD_SUBREAPER, 1); }

bool reap_orphans(Harshness harshness) noexcept {
  if (harshness == Harshness::kKill) kill_children();
  for (;;) {
    const long pid = sys::call(__NR_wait4, -1, nullptr, kNoHang | kAll, nullptr);
    if (pid == 0) return false;
    if (pid < 0) return true;
  }
}

long refusal_of_user_namespaces() noexcept {
  const long pid = sys::call(__NR_clone, sys::kNewUser | 17, 0, 0, 0, 0);
  if (pid == 0) sys::exit(0);
  if (pid > 0) {
    sys::call(__NR_wait4, pid, nullptr, kAll, nullptr);
    return 0;
  }
  const long error = -pid;
  if (error == kNotPermitted || error == kInvalid || error == kNoCall) return error;
  if (error != kNoSpace && error != kUsers) return 0;
  // Used up, or not allowed at all?
  char text[32];
  const std::string_view most =
      read_text(sys::kAtFdcwd, "/proc/sys/user/max_user_namespaces", text, sizeof text);
  return number(most) == 0 ? error : 0;
}

}  // namespace bailey::platform::warden
