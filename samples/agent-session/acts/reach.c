/* Reaching whoever listens: over the network and over local sockets. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "act.h"

static struct sockaddr_in inet_of(char** args) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(args[1]))};
  inet_pton(AF_INET, args[0], &to.sin_addr);
  return to;
}

int act_tcp(char** args) {
  const struct sockaddr_in to = inet_of(args);
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return refused("socket(AF_INET)");
  if (connect(fd, (const struct sockaddr*)&to, sizeof to) != 0) return refused("connect");
  if (send(fd, args[2], strlen(args[2]), 0) < 0) return refused("send");
  return tell(kHappened, "connected to %s port %s and sent %zu bytes", args[0], args[1],
              strlen(args[2]));
}

static int send_datagram(char** args, const void* bytes, size_t size, const char* what) {
  const struct sockaddr_in to = inet_of(args);
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return refused("socket(AF_INET)");
  const struct timeval patience = {1, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (connect(fd, (const struct sockaddr*)&to, sizeof to) != 0) return refused("connect");
  if (send(fd, bytes, size, 0) < 0) return refused("send");
  /* Sending alone proves nothing; whoever got it answers. */
  char answer[16];
  if (recv(fd, answer, sizeof answer, 0) < 0) return refused("no answer");
  return tell(kHappened, "sent %s to %s port %s and got an answer", what, args[0], args[1]);
}

int act_udp(char** args) { return send_datagram(args, args[2], strlen(args[2]), "a datagram"); }

int act_resolve(char** args) {
  /* RFC 1035: header with one question, the name in labels, type A, class IN. */
  unsigned char question[12 + 1 + 63 + 1 + 4] = {0x42, 0x42, 1, 0, 0, 1};
  size_t length = strlen(args[2]);
  if (length > 63) length = 63;
  question[12] = (unsigned char)length;
  memcpy(question + 13, args[2], length);
  question[13 + length + 2] = 1;
  question[13 + length + 4] = 1;
  return send_datagram(args, question, 12 + 1 + length + 1 + 4, "a DNS question");
}

int act_unix(char** args) {
  struct sockaddr_un to = {.sun_family = AF_UNIX};
  const size_t length = strlen(args[0]);
  if (length >= sizeof to.sun_path) return tell(kNotTried, "the socket's path is too long");
  memcpy(to.sun_path, args[0], length);
  socklen_t size = sizeof to;
  if (args[0][0] == '@') {
    to.sun_path[0] = '\0';
    size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
  }
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return refused("socket(AF_UNIX)");
  if (connect(fd, (const struct sockaddr*)&to, size) != 0) return refused("connect");
  if (send(fd, args[1], strlen(args[1]), 0) < 0) return refused("send");
  return tell(kHappened, "connected and sent %zu bytes", strlen(args[1]));
}
