#include "platform/warden/notices.h"

#include <asm/ioctl.h>
#include <linux/seccomp.h>

#include "platform/warden/caller.h"

namespace bailey::platform::warden {

namespace sys = cage::sys;
namespace wire = effect::process;

namespace {

constexpr int kPermission = 1, kUnreachable = 101;
constexpr std::uint16_t kUnix = 1;

// FNV-1a: only tells repeats apart, and a collision costs one event its place in the list.
std::uint64_t fingerprint(const wire::EventBody& body) noexcept {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  const auto mix = [&](std::uint64_t value) { hash = (hash ^ value) * 0x100000001b3ULL; };
  mix(body.kind);
  mix(body.number);
  // Which program it was does not matter for a use.
  mix((body.flags & wire::kEventUse) != 0 ? 0 : body.device);
  mix((body.flags & wire::kEventUse) != 0 ? 0 : body.inode);
  mix(body.port);
  mix(body.flags);
  for (std::size_t i = 0; i < body.object_size; ++i) {
    mix(static_cast<unsigned char>(body.object[i]));
  }
  return hash | 1;  // 0 is an empty place
}

bool is_exec(int number) noexcept { return number == __NR_execve || number == __NR_execveat; }
bool is_open(int number) noexcept {
  return number == __NR_openat || number == __NR_open || number == __NR_creat;
}
bool is_watched(int number) noexcept {
  return number == __NR_connect || number == __NR_bind || is_exec(number) || is_open(number);
}

// The caller's directory that its path starts from.
int directory_of(const seccomp_notif& call) noexcept {
  const bool has = call.data.nr == __NR_execveat || call.data.nr == __NR_openat;
  return has ? static_cast<int>(call.data.args[0]) : sys::kAtFdcwd;
}

// Flags as open(2) has them.
std::uint64_t open_flags(const seccomp_notif& call) noexcept {
  constexpr std::uint64_t kCreateAndWrite = 0101;
  if (call.data.nr == __NR_creat) return kCreateAndWrite;
  return call.data.args[call.data.nr == __NR_openat ? 2 : 1];
}

// What a watched call is about; false when there is nothing to tell.
bool read_object(const Caller& caller, const seccomp_notif& call, wire::EventBody& body) noexcept {
  const bool opens = is_open(call.data.nr);
  if (opens || is_exec(call.data.nr)) {
    body.kind = static_cast<std::uint32_t>(opens ? wire::EventKind::kOpen : wire::EventKind::kExec);
    const bool at = call.data.nr == __NR_execveat || call.data.nr == __NR_openat;
    return caller.read_path(call.data.args[at ? 1 : 0], body);
  }
  const bool connects = call.data.nr == __NR_connect;
  body.kind =
      static_cast<std::uint32_t>(connects ? wire::EventKind::kConnect : wire::EventKind::kBind);
  const auto address = caller.read_address(call.data.args[1], call.data.args[2], body);
  if (connects && body.family != kUnix) body.error = kUnreachable;
  return address == Caller::Address::kAway;
}

bool is_event(const Caller& caller, const seccomp_notif& call, wire::EventBody& body) noexcept {
  const int directory = directory_of(call);
  if (is_exec(call.data.nr)) {
    body.error = caller.refusal_to_execute(directory, body);
    return body.error != 0;
  }
  if (is_open(call.data.nr)) {
    body.error = caller.refusal_to_open(directory, open_flags(call), body);
    return body.error != 0;
  }
  return true;
}

// What nothing refuses, as a use of a file; false when there is nothing to tell of it.
bool is_use(const Caller& caller, const seccomp_notif& call, wire::EventBody& body) noexcept {
  const int directory = directory_of(call);
  if (is_exec(call.data.nr)) return caller.note_use(directory, 0, body);
  return is_open(call.data.nr) && caller.note_use(directory, open_flags(call), body);
}

// Who called.
void describe(const Caller& caller, wire::EventBody& body, int& program) noexcept {
  caller.name(body.program);
  program = caller.open_program(body);
}

void answer(int listener, std::uint64_t id, int error) noexcept {
  seccomp_notif_resp response{};
  response.id = id;
  response.error = -error;
  if (error == 0) response.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
  // It fails only when the caller is gone: then nobody waits for an answer.
  sys::ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
}

}  // namespace

void Notices::listen(int listener) noexcept {
  listener_ = listener;
  // The caller goes on here, on our CPU, as we go to sleep (Linux 6.6; else as ever).
  constexpr unsigned long kSetFlags = 0x40082104;
  sys::call(__NR_ioctl, listener, kSetFlags, 1UL);
}

Notices::Turn Notices::next(wire::Message& event, int& program) noexcept {
  program = -1;
  if (listener_ < 0) return Turn::kIdle;
  sys::PollFd waiting{listener_, sys::kPollIn, 0};
  if (sys::poll(&waiting, 1, 0) <= 0) return Turn::kIdle;
  if ((waiting.revents & sys::kPollIn) == 0) {
    sys::close(listener_);
    listener_ = -1;
    return Turn::kLost;
  }
  seccomp_notif call{};
  if (sys::ioctl(listener_, SECCOMP_IOCTL_NOTIF_RECV, &call) < 0) return Turn::kAnswered;

  event = {};
  event.type = wire::MessageType::kEvent;
  wire::EventBody& body = event.body.event;
  body.number = static_cast<std::uint32_t>(call.data.nr);
  body.pid = call.pid;
  body.mono_ns = sys::monotonic_ns();
  body.kind = static_cast<std::uint32_t>(wire::EventKind::kSyscall);
  body.error = kPermission;
  const Caller caller(call.pid);
  if (is_open(call.data.nr)) {
    wish_ = {};
    if (held_.hold(listener_, call, caller, wish_)) {
      event.type = wire::MessageType::kWish;
      event.a = call.id;
      event.body = {};
      event.body.wish.pid = call.pid;
      caller.name(event.body.wish.program);
      return Turn::kWish;
    }
    if (tell_ == Tell::kRefused) {
      answer(listener_, call.id, 0);
      return Turn::kAnswered;
    }
  }
  const bool watched = is_watched(call.data.nr);
  // Before the answer: afterwards the caller may be gone at any moment.
  const bool readable = watched && read_object(caller, call, body);
  bool tell = !watched || (readable && is_event(caller, call, body));
  if (!tell && readable && tell_ == Tell::kUse) tell = is_use(caller, call, body);
  if (tell) describe(caller, body, program);
  // Still the same call: the pid was not another's while we read.
  if (tell && sys::ioctl(listener_, SECCOMP_IOCTL_NOTIF_ID_VALID, &call.id) < 0) tell = false;
  answer(listener_, call.id, watched ? 0 : kPermission);
  if (!tell) {
    if (program >= 0) sys::close(program);
    program = -1;
    return Turn::kAnswered;
  }
  return keep(event, program);
}

Notices::Turn Notices::keep(wire::Message& event, int& program) noexcept {
  const auto drop = [&program] {
    if (program >= 0) sys::close(program);
    program = -1;
    return Turn::kAnswered;
  };
  const std::uint64_t print = fingerprint(event.body.event);
  if ((event.body.event.flags & wire::kEventUse) != 0) {
    if (program >= 0) sys::close(program);
    program = -1;
    return keep_use(print);
  }
  for (const std::uint64_t seen : seen_) {
    if (seen != print) continue;
    ++repeated_;
    return drop();
  }
  if (kept_ == kMostEvents) {
    ++dropped_;
    return drop();
  }
  ++kept_;
  seen_[seen_next_++ % kRemembered] = print;
  if (program >= 0 &&
      is_known({event.body.event.device, event.body.event.inode, event.body.event.version})) {
    sys::close(program);
    program = -1;
  }
  return Turn::kEvent;
}

// Nobody but a learner looks at uses, and wants each once, so all of them are remembered.
Notices::Turn Notices::keep_use(std::uint64_t print) noexcept {
  constexpr std::size_t kPlaces = 2 * kMostUses;
  static std::uint64_t uses[kPlaces];
  std::size_t at = print % kPlaces;
  for (; uses[at] != 0; at = (at + 1) % kPlaces)
    if (uses[at] == print) return Turn::kAnswered;
  if (uses_ == kMostUses) {
    ++dropped_;
    return Turn::kAnswered;
  }
  uses[at] = print;
  ++uses_;
  return Turn::kEvent;
}

bool Notices::is_known(const Program& program) noexcept {
  for (const Program& known : programs_) {
    if (known.device == program.device && known.inode == program.inode &&
        known.version == program.version) {
      return true;
    }
  }
  programs_[programs_next_++ % kRemembered] = program;
  return false;
}

}  // namespace bailey::platform::warden
