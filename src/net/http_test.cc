#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "base/fd.h"
#include "net/http_client.h"
#include "net/http_server.h"

namespace bailey::net {
namespace {

using namespace std::chrono_literals;

TEST(HttpUrl, IsAnAddressThatIsNear) {
  const auto url = parse_http_url("http://127.0.0.1:8080/a/b/");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->address, "127.0.0.1");
  EXPECT_EQ(url->port, 8080);
  EXPECT_EQ(url->prefix, "/a/b");
  EXPECT_EQ(parse_http_url("http://localhost")->authority(), "127.0.0.1:80");
  EXPECT_EQ(parse_http_url("http://[::1]:9/x")->authority(), "[::1]:9");
  for (const char* good : {"http://10.1.2.3", "http://172.16.0.1", "http://172.31.255.255",
                           "http://192.168.0.1/", "http://[fd00::1]"}) {
    EXPECT_TRUE(parse_http_url(good)) << good;
  }
  EXPECT_EQ(parse_http_url("https://127.0.0.1").error().code, "net.https");
  for (const char* far :
       {"http://example.com", "http://8.8.8.8", "http://172.32.0.1", "http://0.0.0.0",
        "http://[::]", "http://[2001:db8::1]", "http://1.2", "http://127.1", "http://0177.0.0.1",
        "http://[fe80::1%1]", "http://169.254.169.254", "http://[::ffff:8.8.8.8]", "http://"}) {
    EXPECT_EQ(parse_http_url(far).error().code, "net.address") << far;
  }
  for (const char* bad :
       {"", "ftp://127.0.0.1", "http://127.0.0.1:", "http://127.0.0.1:0", "http://127.0.0.1:65536",
        "http://127.0.0.1:80a", "http://u@127.0.0.1", "http://127.0.0.1/?q", "http://127.0.0.1/#f",
        "http://127.0.0.1/ x", "http://127.0.0.1/\r\nX: y", "http://[::1", "http://[127.0.0.1]"}) {
    EXPECT_EQ(parse_http_url(bad).error().code, "net.url") << bad;
  }
  EXPECT_TRUE(parse_listen_address("127.0.0.1:0"));
  EXPECT_FALSE(parse_listen_address("127.0.0.1"));
  EXPECT_FALSE(parse_listen_address("0.0.0.0:80"));
}

class ServerTest : public ::testing::Test {
 protected:
  void serve(HttpLimits limits) {
    server_.emplace(*HttpServer::listen(*parse_listen_address("127.0.0.1:0"), limits,
                                        [this](const HttpRequest& request) -> HttpResponse {
                                          ++handled_;
                                          return {200, "text/plain",
                                                  request.method + " " + request.target + " " +
                                                      std::to_string(request.body.size())};
                                        }));
    url_ = *parse_http_url("http://127.0.0.1:" + std::to_string(server_->port()));
    thread_ = std::jthread([this] { server_->run(); });
  }
  void TearDown() override {
    if (server_) server_->stop();
  }

  [[nodiscard]] Fd connected() const {
    Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(url_.port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&to), sizeof(to)), 0);
    return fd;
  }
  // All that comes until the other side closes, or "timeout".
  static std::string until_closed(const Fd& fd, int seconds) {
    const timeval wait{.tv_sec = seconds, .tv_usec = 0};
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
    std::string all;
    char buffer[4096];
    for (;;) {
      const ssize_t got = ::recv(fd.get(), buffer, sizeof(buffer), 0);
      if (got < 0) return errno == EAGAIN ? "timeout" : all;
      if (got == 0) return all;
      all.append(buffer, static_cast<std::size_t>(got));
    }
  }
  static void send_text(const Fd& fd, const std::string& text) {
    (void)::send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL);
  }

  std::atomic<int> handled_{0};
  std::optional<HttpServer> server_;
  HttpUrl url_;
  std::jthread thread_;
};

TEST_F(ServerTest, AnswersWhatIsAsked) {
  serve({});
  const auto got = http_call(url_, {"POST", "/x", "12345"}, {});
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(got->status, 200U);
  EXPECT_EQ(got->body, "POST /x 5");
  EXPECT_EQ(got->content_type, "text/plain");
  EXPECT_EQ(http_call(url_, {"GET", "/y", ""}, {})->body, "GET /y 0");
}

TEST_F(ServerTest, CutsOffWhoDripsARequest) {
  HttpLimits limits;
  limits.deadline = 300ms;
  serve(limits);
  const Fd slow = connected();
  send_text(slow, "POST /x HTTP/1.1\r\nHost: x\r\n");
  std::jthread drip([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      send_text(slow, "X: y\r\n");
      std::this_thread::sleep_for(50ms);
    }
  });
  EXPECT_NE(until_closed(slow, 5), "timeout");
  EXPECT_EQ(handled_, 0);
  EXPECT_TRUE(http_call(url_, {"GET", "/", ""}, {}));  // the control: others are served
}

TEST_F(ServerTest, RefusesWhatIsTooLarge) {
  HttpLimits limits;
  limits.max_body = 1000;
  serve(limits);
  EXPECT_EQ(http_call(url_, {"POST", "/x", std::string(1000, 'x')}, {})->status, 200U);
  const Fd big = connected();
  send_text(big, "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n");
  EXPECT_NE(until_closed(big, 5).find(" 413 "), std::string::npos);
  const Fd chunked = connected();
  send_text(chunked, "POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n" +
                         std::string(2000, 'x') + "\r\n0\r\n\r\n");
  EXPECT_NE(until_closed(chunked, 5), "timeout");
  const Fd header = connected();
  send_text(header, "GET / HTTP/1.1\r\nX: " + std::string(20'000, 'y') + "\r\n\r\n");
  EXPECT_NE(until_closed(header, 5), "timeout");
  EXPECT_EQ(handled_, 1);
}

TEST_F(ServerTest, HasNoMoreConnectionsThanItMay) {
  HttpLimits limits;
  limits.max_connections = 2;
  limits.deadline = 3000ms;
  serve(limits);
  const Fd one = connected();
  const Fd two = connected();
  std::this_thread::sleep_for(100ms);
  const Fd three = connected();
  send_text(three, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(until_closed(three, 2), "");
  EXPECT_EQ(handled_, 0);
}

TEST_F(ServerTest, TwoMessagesInOneAreTwoOrNone) {
  serve({});
  const Fd both = connected();
  send_text(
      both,
      "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: "
      "chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const auto said = until_closed(both, 5);
  EXPECT_EQ(said.find("GET /smuggled 0POST"), std::string::npos);
  EXPECT_LE(handled_, 2);
}

TEST(HttpClient, DoesNotWaitLongerThanItsDeadline) {
  const Fd silent(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(silent.get(), reinterpret_cast<const sockaddr*>(&at), sizeof(at)), 0);
  ASSERT_EQ(::listen(silent.get(), 1), 0);
  socklen_t length = sizeof(at);
  ASSERT_EQ(::getsockname(silent.get(), reinterpret_cast<sockaddr*>(&at), &length), 0);
  HttpUrl url = *parse_http_url("http://127.0.0.1");
  url.port = ntohs(at.sin_port);
  HttpLimits limits;
  limits.deadline = 200ms;
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(http_call(url, {"GET", "/", ""}, limits).error().code, "net.timeout");
  EXPECT_LT(std::chrono::steady_clock::now() - began, 3s);
}

TEST(HttpClient, SaysThatNobodyIsThere) {
  HttpUrl url = *parse_http_url("http://127.0.0.1");
  url.port = 1;
  EXPECT_EQ(http_call(url, {"GET", "/", ""}, {}).error().code, "net.connect");
}

TEST(HttpClient, ReadsNoMoreThanItMay) {
  auto server = *HttpServer::listen(
      *parse_listen_address("127.0.0.1:0"), {},
      [](const HttpRequest&) { return HttpResponse{200, "", std::string(100'000, 'x')}; });
  const std::jthread thread([&] { server.run(); });
  HttpUrl url = *parse_http_url("http://127.0.0.1");
  url.port = server.port();
  HttpLimits limits;
  limits.max_body = 1000;
  EXPECT_EQ(http_call(url, {"GET", "/", ""}, limits).error().code, "net.too_big");
  EXPECT_TRUE(http_call(url, {"GET", "/", ""}, {}));
  server.stop();
}

}  // namespace
}  // namespace bailey::net
