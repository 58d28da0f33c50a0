// channel: one fixed-size message on a SOCK_SEQPACKET socket, without a libc.
#pragma once

#include "effect/process/wire.h"
#include "platform/cage/sys.h"

namespace bailey::platform::cage {

struct Iovec {
  void* base = nullptr;
  std::size_t length = 0;
};
struct MessageHeader {
  void* name = nullptr;
  std::uint32_t name_length = 0;
  Iovec* vector = nullptr;
  std::size_t vector_length = 0;
  void* control = nullptr;
  std::size_t control_length = 0;
  std::int32_t flags = 0;
};
struct alignas(8) ControlFd {
  std::size_t length = 20;
  std::int32_t level = 1;  // SOL_SOCKET
  std::int32_t type = 1;   // SCM_RIGHTS
  std::int32_t fd = -1;
  std::int32_t pad = 0;
};

inline constexpr int kDontWait = 0x40, kNoSignal = 0x4000, kCmsgCloexec = 0x40000000;

// Negative errno, or 0 when the whole message went. `fd` travels along when >= 0.
inline long send(int socket, const effect::process::Message& message, int fd = -1,
                 int flags = 0) noexcept {
  // An iovec is for reading and writing. NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast)
  Iovec vector{const_cast<effect::process::Message*>(&message), sizeof message};
  ControlFd control;
  control.fd = fd;
  MessageHeader header;
  header.vector = &vector;
  header.vector_length = 1;
  if (fd >= 0) {
    header.control = &control;
    header.control_length = sizeof control;
  }
  const long n = sys::call(__NR_sendmsg, socket, &header, kNoSignal | flags);
  if (n < 0) return n;
  return n == static_cast<long>(sizeof message) ? 0 : -5;
}

// 0 when a sound message came; -EAGAIN when none waits and `flags` has kDontWait;
// otherwise negative: the peer is dead to us. A descriptor that comes along is put in
// `*fd`, or closed when nobody asks for it.
inline long receive(int socket, effect::process::Message& message, int flags = 0,
                    int* fd = nullptr) noexcept {
  Iovec vector{&message, sizeof message};
  ControlFd control;
  control.length = 0;
  MessageHeader header;
  header.vector = &vector;
  header.vector_length = 1;
  header.control = &control;
  header.control_length = sizeof control;
  long n = sys::call(__NR_recvmsg, socket, &header, kCmsgCloexec | flags);
  // A peer that left without reading all we sent is told as an error once; what it
  // sent before it left is still there, behind that error.
  if (n == -104) n = sys::call(__NR_recvmsg, socket, &header, kCmsgCloexec | flags);
  if (n < 0) return n;
  int got = -1;
  if (header.control_length >= 20 && control.level == 1 && control.type == 1) got = control.fd;
  if (fd != nullptr) {
    *fd = got;
  } else if (got >= 0) {
    sys::close(got);
  }
  if ((header.flags & 0x20) != 0) return -90;  // MSG_TRUNC: longer than a message is
  return is_sound(message, static_cast<std::size_t>(n)) ? 0 : -71;  // EPROTO
}

}  // namespace bailey::platform::cage
