// W01-W03, W11-W16: reaching somebody, and being reached.
#include <arpa/inet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/vm_sockets.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdio>
#include <cstring>

#include "victim.h"

namespace victim {
namespace {

constexpr int kTimeoutMs = 1500;

struct Address {
  sockaddr_storage bytes{};
  socklen_t size = 0;
  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&bytes); }
};

Address inet(const std::string& host, int port) {
  Address address;
  auto* four = reinterpret_cast<sockaddr_in*>(&address.bytes);
  if (inet_pton(AF_INET, host.c_str(), &four->sin_addr) == 1) {
    four->sin_family = AF_INET;
    four->sin_port = htons(static_cast<std::uint16_t>(port));
    address.size = sizeof *four;
    return address;
  }
  auto* six = reinterpret_cast<sockaddr_in6*>(&address.bytes);
  six->sin6_family = AF_INET6;
  six->sin6_port = htons(static_cast<std::uint16_t>(port));
  inet_pton(AF_INET6, host.c_str(), &six->sin6_addr);
  address.size = sizeof *six;
  return address;
}

// Connects without waiting long, then says the token.
int speak(int fd, const Address& to) {
  if (fd < 0) return errno;
  if (connect(fd, to.get(), to.size) != 0) {
    if (errno != EINPROGRESS) return errno;
    pollfd wait{fd, POLLOUT, 0};
    if (poll(&wait, 1, kTimeoutMs) != 1) return ETIMEDOUT;
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return error;
  }
  const std::string& token = argument("token");
  return outcome(send(fd, token.data(), token.size(), 0));
}

// A datagram that left says nothing about who got it: the listener answers. Where nobody
// listens for the protocol, being able to send is as far as an attempt can get.
int answered(int fd, bool is_expected) {
  if (!is_expected) return kHappened;
  char answer[16];
  pollfd wait{fd, POLLIN, 0};
  if (poll(&wait, 1, kTimeoutMs) != 1) return ETIMEDOUT;
  return outcome(recv(fd, answer, sizeof answer, 0));
}

// `hosts`: a list with commas.
void w01_tcp() {
  const std::string& hosts = argument("hosts");
  for (std::size_t start = 0; start < hosts.size();) {
    const std::size_t end = std::min(hosts.find(',', start), hosts.size());
    const std::string host = hosts.substr(start, end - start);
    attempt("tcp-" + host, [&] {
      const Address to = inet(host, number("port"));
      return speak(socket(to.bytes.ss_family, SOCK_STREAM | SOCK_NONBLOCK, 0), to);
    });
    start = end + 1;
  }
}

void w02_other_protocols() {
  const Address tcp = inet("127.0.0.1", number("port"));
  const Address udp = inet("127.0.0.1", number("udp"));
  const std::string& token = argument("token");
  const auto datagram = [&](int protocol) {
    const int fd = socket(AF_INET, SOCK_DGRAM, protocol);
    if (fd < 0) return errno;
    if (sendto(fd, token.data(), token.size(), 0, udp.get(), udp.size) < 0) return errno;
    return answered(fd, protocol == 0);
  };
  attempt("fast-open", [&] {
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0) return errno;
    return outcome(sendto(fd, token.data(), token.size(), MSG_FASTOPEN, tcp.get(), tcp.size));
  });
  attempt("fast-open-connect", [&] {
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    const int on = 1;
    if (fd < 0) return errno;
    if (setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &on, sizeof on) != 0) return errno;
    return speak(fd, tcp);
  });
  attempt("mptcp", [&] { return speak(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 262), tcp); });
  attempt("udp", [&] { return datagram(0); });
  attempt("udp-sendmsg", [&] {
    const int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (fd < 0) return errno;
    iovec data{const_cast<char*>(token.data()), token.size()};
    mmsghdr messages[1] = {};
    messages[0].msg_hdr.msg_name = const_cast<sockaddr*>(udp.get());
    messages[0].msg_hdr.msg_namelen = udp.size;
    messages[0].msg_hdr.msg_iov = &data;
    messages[0].msg_hdr.msg_iovlen = 1;
    if (sendmmsg(fd, messages, 1, 0) < 0) return errno;
    return answered(fd, true);
  });
  attempt("udplite", [&] { return datagram(136); });
  attempt("icmp", [] { return outcome(socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP)); });
  attempt("raw", [] { return outcome(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP)); });
  attempt("packet", [] { return outcome(socket(AF_PACKET, SOCK_RAW, 0)); });
  attempt("sctp", [] { return outcome(socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP)); });
}

void w03_names() {
  // A question for <token>.example, over a datagram and over a stream.
  std::string question("\x42\x42\x01\0\0\x01\0\0\0\0\0\0", 12);
  const std::string& token = argument("token");
  question += static_cast<char>(token.size());
  question += token;
  question += std::string(
      "\x07"
      "example\0\0\x01\0\x01",
      13);
  attempt("udp", [&] {
    const Address to = inet("127.0.0.1", number("udp"));
    const int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (fd < 0) return errno;
    if (sendto(fd, question.data(), question.size(), 0, to.get(), to.size) < 0) return errno;
    return answered(fd, true);
  });
  attempt("tcp", [&] {
    const Address to = inet("127.0.0.1", number("port"));
    return speak(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), to);
  });
}

// `path`: a socket's path; a leading @ means the abstract namespace.
int speak_local(const std::string& path, int type) {
  Address to;
  auto* local = reinterpret_cast<sockaddr_un*>(&to.bytes);
  local->sun_family = AF_UNIX;
  if (path.size() >= sizeof local->sun_path) return kUntried;
  std::memcpy(local->sun_path, path.data(), path.size());
  to.size = sizeof *local;
  if (path[0] == '@') {
    local->sun_path[0] = '\0';
    to.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  }
  return speak(socket(AF_UNIX, type, 0), to);
}

void w11_abstract() {
  attempt("stream", [] { return speak_local(argument("abstract"), SOCK_STREAM); });
}

void w12_pathname() {
  attempt("inside", [] { return speak_local(argument("inside"), SOCK_STREAM); });
  attempt("outside", [] { return speak_local(argument("outside"), SOCK_STREAM); });
  attempt("relative", [] { return speak_local(argument("relative"), SOCK_STREAM); });
  attempt("datagram", [] { return speak_local(argument("datagram"), SOCK_DGRAM); });
  attempt("pair-reconnect", [] {
    // A datagram pair can be pointed at somebody else, unless connect() is closed too.
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) != 0) return errno;
    const std::string& path = argument("datagram");
    Address to;
    auto* local = reinterpret_cast<sockaddr_un*>(&to.bytes);
    local->sun_family = AF_UNIX;
    if (path.size() >= sizeof local->sun_path) return kUntried;
    std::memcpy(local->sun_path, path.data(), path.size());
    to.size = sizeof *local;
    return speak(pair[0], to);
  });
  attempt("pair-sendto", [] {
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) != 0) return errno;
    const std::string& path = argument("datagram");
    sockaddr_un local{};
    local.sun_family = AF_UNIX;
    if (path.size() >= sizeof local.sun_path) return kUntried;
    std::memcpy(local.sun_path, path.data(), path.size());
    const std::string& token = argument("token");
    // Disconnect first: a connected pair sends only to its peer.
    const sockaddr nobody{AF_UNSPEC, {}};
    (void)connect(pair[0], &nobody, sizeof nobody);
    return outcome(sendto(pair[0], token.data(), token.size(), 0,
                          reinterpret_cast<const sockaddr*>(&local), sizeof local));
  });
}

void w13_vsock() {
  attempt("socket", [] { return outcome(socket(AF_VSOCK, SOCK_STREAM, 0)); });
  for (unsigned peer : {1U, 2U})
    attempt("connect-" + std::to_string(peer), [&] {
      const int fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_NONBLOCK, 0);
      if (fd < 0) return errno;
      sockaddr_vm to{};
      to.svm_family = AF_VSOCK;
      to.svm_cid = peer;
      to.svm_port = 1;
      if (connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0) return kHappened;
      return errno == EPERM || errno == EACCES || errno == EAFNOSUPPORT ? errno : kHappened;
    });
}

void w14_netlink() {
  attempt("sock-diag", [] { return outcome(socket(AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG)); });
  attempt("netfilter", [] { return outcome(socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER)); });
  attempt("xfrm", [] { return outcome(socket(AF_NETLINK, SOCK_RAW, NETLINK_XFRM)); });
  attempt("audit", [] { return outcome(socket(AF_NETLINK, SOCK_RAW, NETLINK_AUDIT)); });
  attempt("uevent", [] { return outcome(socket(AF_NETLINK, SOCK_RAW, NETLINK_KOBJECT_UEVENT)); });
  attempt("generic", [] { return outcome(socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC)); });
}

// Listens where anybody may come, writes the port to `ready` and waits for a visitor.
void w16_listen() {
  attempt("served", [] {
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0) return errno;
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(static_cast<std::uint16_t>(number("listen")));
    if (bind(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0) return errno;
    if (listen(fd, 1) != 0) return errno;
    std::FILE* ready = std::fopen("w16.ready", "w");
    if (ready != nullptr) std::fclose(ready);
    pollfd wait{fd, POLLIN, 0};
    if (poll(&wait, 1, 4000) != 1) return ETIMEDOUT;
    return outcome(accept(fd, nullptr, nullptr));
  });
}

}  // namespace

std::vector<Row> network_rows() {
  return {{"W01", w01_tcp},      {"W02", w02_other_protocols}, {"W03", w03_names},
          {"W11", w11_abstract}, {"W12", w12_pathname},        {"W13", w13_vsock},
          {"W14", w14_netlink},  {"W16", w16_listen}};
}

}  // namespace victim
