#include "platform/warden/waiting_calls.h"

#include <asm/ioctl.h>

namespace bailey::platform::warden {

namespace sys = cage::sys;

namespace {

constexpr std::uint64_t kAccess = 3, kCreate = 0100, kTruncate = 01000, kDirectory = 0200000,
                        kCloseOnExec = 02000000, kPathOnly = 010000000, kTemporary = 020000000;

// Flags as open(2) has them, when it is an open for nothing but reading.
bool reads_only(const seccomp_notif& call, std::uint64_t& flags) noexcept {
  if (call.data.nr != __NR_openat && call.data.nr != __NR_open) return false;
  flags = call.data.args[call.data.nr == __NR_openat ? 2 : 1];
  return (flags & (kAccess | kCreate | kTruncate | kDirectory | kPathOnly | kTemporary)) == 0;
}

bool is_valid(int listener, std::uint64_t id) noexcept {
  return sys::ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0;
}

}  // namespace

bool WaitingCalls::hold(int listener, const seccomp_notif& call, const Caller& caller,
                        Path& path) noexcept {
  std::uint64_t flags = 0;
  if (plan_ == nullptr || count_ == kMost || in_vain_ == kMostInVain) return false;
  if (!reads_only(call, flags)) return false;
  const bool at = call.data.nr == __NR_openat;
  const int directory = at ? static_cast<int>(call.data.args[0]) : sys::kAtFdcwd;
  if (!caller.read_plain_path(directory, call.data.args[at ? 1 : 0], path)) return false;
  const std::uint32_t asks = plan_->header().asks;
  bool named = false;
  for (std::uint32_t i = 0; i < asks && !named; ++i) {
    named = effect::process::is_within(path.view(), plan_->ask(i));
  }
  if (!named || !caller.is_kept_from(path)) return false;
  // Still the same call: the pid was not another's while we read.
  if (!is_valid(listener, call.id)) return false;
  calls_[count_++] = {call.id, (flags & kCloseOnExec) != 0};
  return true;
}

void WaitingCalls::drop(unsigned at) noexcept { calls_[at] = calls_[--count_]; }

int WaitingCalls::end(int listener, std::uint64_t id, int file) noexcept {
  unsigned at = 0;
  while (at < count_ && calls_[at].id != id) ++at;
  if (at == count_) return -1;
  const Call call = calls_[at];
  drop(at);
  long e = 0;
  if (file >= 0) {
    // Made the caller's and given as the answer in one step (Linux 5.14).
    seccomp_notif_addfd add{};
    add.id = id;
    add.flags = SECCOMP_ADDFD_FLAG_SEND;
    add.srcfd = static_cast<std::uint32_t>(file);
    add.newfd_flags = call.close_on_exec ? static_cast<std::uint32_t>(kCloseOnExec) : 0;
    e = sys::ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add);
    if (e >= 0) return 0;
  }
  ++in_vain_;
  seccomp_notif_resp response{};
  response.id = id;
  response.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
  sys::ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
  return static_cast<int>(-e);
}

std::uint64_t WaitingCalls::take_gone(int listener) noexcept {
  for (unsigned i = 0; i < count_; ++i) {
    const std::uint64_t id = calls_[i].id;
    if (listener >= 0 && is_valid(listener, id)) continue;
    drop(i);
    return id;
  }
  return 0;
}

}  // namespace bailey::platform::warden
