// A small HTTP/1.1 server over TCP (Boost.Beast): one thread, requests answered one at a time.
//
// A request is read whole before the handler sees it; header, body, time and the number of
// connections are bounded, and whoever exceeds a bound is cut off, so that slow or huge peers
// cost memory of a known size and no more. Connections are kept alive. The handler blocks all
// others while it works: it is for answers that take a disk's time, not a person's.
//
// How it fails: net.listen when the address cannot be had. What goes wrong with one connection
// ends that connection. Thread rule: made and run by one thread; stop() from any.
// Does not protect: nothing is encrypted, nobody is authenticated.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "base/result.h"
#include "net/http_message.h"
#include "net/http_url.h"

namespace bailey::net {

class HttpServer {
 public:
  using Handler = std::function<HttpResponse(const HttpRequest&)>;

  // Listens at once; port 0 takes a free one. Errors: net.listen.
  [[nodiscard]] static Result<HttpServer> listen(const HttpUrl& where, HttpLimits limits,
                                                 Handler handler);
  HttpServer(HttpServer&&) noexcept;
  HttpServer& operator=(HttpServer&&) = delete;
  ~HttpServer();

  [[nodiscard]] std::uint16_t port() const;
  // Serves until stop().
  void run();
  void stop();

 private:
  struct Parts;
  explicit HttpServer(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace bailey::net
