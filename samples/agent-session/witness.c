/* witness: stands outside and writes down who came.
 *
 *   witness LOG READY SOCKET...
 *
 * Listens on a TCP and a UDP port of 127.0.0.1 and on every Unix SOCKET (a leading @
 * means the abstract namespace). Writes TCP_PORT, UDP_PORT and HOST_PID to READY when
 * all of them stand, then a line to LOG for each visit: the door's name and the first
 * bytes that came through it, or `signal` for a SIGUSR1. Datagrams are answered. Ends on SIGTERM,
 * with the process that started it, and after ten minutes in any case. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { kDoors = 8 };
static int log_fd;

static void on_signal(int number) {
  (void)number;
  (void)!write(log_fd, "signal\n", 7);
}

static void die(const char* what) {
  perror(what);
  exit(1);
}

static int listen_inet(int type, unsigned* port) {
  struct sockaddr_in at = {.sin_family = AF_INET};
  socklen_t size = sizeof at;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
  if (fd < 0 || bind(fd, (struct sockaddr*)&at, size) != 0) die("witness: bind");
  if (type == SOCK_STREAM && listen(fd, 8) != 0) die("witness: listen");
  if (getsockname(fd, (struct sockaddr*)&at, &size) != 0) die("witness: getsockname");
  *port = ntohs(at.sin_port);
  return fd;
}

static int listen_unix(const char* path) {
  struct sockaddr_un at = {.sun_family = AF_UNIX};
  const size_t length = strlen(path);
  if (length >= sizeof at.sun_path) {
    errno = ENAMETOOLONG;
    die(path);
  }
  memcpy(at.sun_path, path, length);
  socklen_t size = sizeof at;
  if (path[0] == '@') {
    at.sun_path[0] = '\0';
    size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
  }
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || bind(fd, (struct sockaddr*)&at, size) != 0 || listen(fd, 8) != 0) die(path);
  return fd;
}

static void visit(const char* name, int fd, int is_datagram) {
  char said[256];
  int guest = fd;
  if (!is_datagram) {
    guest = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
    if (guest < 0) return;
    const struct timeval patience = {1, 0};
    setsockopt(guest, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  struct sockaddr_storage from;
  socklen_t size = sizeof from;
  ssize_t got = recvfrom(guest, said, sizeof said, 0, (struct sockaddr*)&from, &size);
  if (is_datagram && got >= 0) (void)!sendto(fd, "heard", 5, 0, (struct sockaddr*)&from, size);
  if (!is_datagram) close(guest);
  if (got < 0) got = 0;
  for (ssize_t i = 0; i < got; i++)
    if (said[i] < ' ' || said[i] > '~') said[i] = '.';
  dprintf(log_fd, "%s %.*s\n", name, (int)got, said);
}

int main(int argc, char** argv) {
  if (argc < 3 || argc - 3 > kDoors - 2) {
    fputs("usage: witness LOG READY SOCKET...\n", stderr);
    return 2;
  }
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  alarm(600);
  log_fd = open(argv[1], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (log_fd < 0) die(argv[1]);
  struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
  sigaction(SIGUSR1, &action, NULL);

  struct pollfd doors[kDoors];
  const char* names[kDoors] = {"tcp", "udp"};
  unsigned tcp_port = 0;
  unsigned udp_port = 0;
  nfds_t count = 2;
  doors[0] = (struct pollfd){listen_inet(SOCK_STREAM, &tcp_port), POLLIN, 0};
  doors[1] = (struct pollfd){listen_inet(SOCK_DGRAM, &udp_port), POLLIN, 0};
  for (int i = 3; i < argc; i++, count++) {
    doors[count] = (struct pollfd){listen_unix(argv[i]), POLLIN, 0};
    names[count] = argv[i];
  }

  FILE* ready = fopen(argv[2], "we");
  if (ready == NULL) die(argv[2]);
  fprintf(ready, "TCP_PORT=%u\nUDP_PORT=%u\nHOST_PID=%d\nREADY=yes\n", tcp_port, udp_port,
          (int)getpid());
  if (fclose(ready) != 0) die(argv[2]);

  for (;;) {
    if (poll(doors, count, -1) < 0) continue; /* a signal; it was written down */
    for (nfds_t i = 0; i < count; i++)
      if (doors[i].revents != 0) visit(names[i], doors[i].fd, i == 1);
  }
}
