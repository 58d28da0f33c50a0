#include "net/http_server.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

namespace bailey::net {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::uint32_t kMaxHeaderBytes = 8U << 10;
constexpr std::chrono::milliseconds kAcceptAgain{50};

}  // namespace

struct HttpServer::Parts {
  Parts(HttpLimits bounds, Handler answer)
      : limits(bounds), handler(std::move(answer)), acceptor(context) {}

  asio::awaitable<void> accept() {
    for (;;) {
      error_code error;
      tcp::socket socket(context);
      co_await acceptor.async_accept(socket, asio::redirect_error(asio::use_awaitable, error));
      if (error == asio::error::operation_aborted) co_return;
      if (error) {
        // Out of descriptors, most likely: those in use end by their deadline.
        asio::steady_timer timer(context, kAcceptAgain);
        co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
        continue;
      }
      if (connections >= limits.max_connections) continue;  // closed at once
      ++connections;
      asio::co_spawn(context, session(beast::tcp_stream(std::move(socket))), asio::detached);
    }
  }

  asio::awaitable<void> session(beast::tcp_stream stream) {
    struct Counted {
      std::size_t& count;
      ~Counted() { --count; }
    } const counted{connections};
    beast::flat_buffer buffer(kMaxHeaderBytes + limits.max_body);
    error_code error;
    const auto done = [&error] { return asio::redirect_error(asio::use_awaitable, error); };
    for (bool more = true; more;) {
      http::request_parser<http::string_body> parser;
      parser.header_limit(kMaxHeaderBytes);
      parser.body_limit(limits.max_body);
      stream.expires_after(limits.deadline);  // of the whole request, however it drips in
      co_await http::async_read(stream, buffer, parser, done());
      unsigned refused = 0;
      if (error == http::error::body_limit) refused = 413;
      if (error == http::error::header_limit || error == http::error::buffer_overflow)
        refused = 431;
      if (error && refused == 0) co_return;
      HttpResponse answer{refused, "text/plain; charset=utf-8", "too large\n"};
      if (refused == 0) {
        auto request = parser.release();
        more = request.keep_alive();
        answer = handler({std::string(request.method_string()), std::string(request.target()),
                          std::move(request.body())});
      } else {
        more = false;
      }
      http::response<http::string_body> response(static_cast<http::status>(answer.status), 11);
      response.set(http::field::server, "bailey");
      if (!answer.content_type.empty()) {
        response.set(http::field::content_type, answer.content_type);
      }
      response.keep_alive(more);
      response.body() = std::move(answer.body);
      response.prepare_payload();
      stream.expires_after(limits.deadline);
      co_await http::async_write(stream, response, done());
      if (error) co_return;
    }
    stream.socket().shutdown(tcp::socket::shutdown_send, error);
  }

  HttpLimits limits;
  Handler handler;
  asio::io_context context{1};
  tcp::acceptor acceptor;
  std::size_t connections = 0;
};

HttpServer::HttpServer(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
HttpServer::HttpServer(HttpServer&&) noexcept = default;
HttpServer::~HttpServer() = default;

Result<HttpServer> HttpServer::listen(const HttpUrl& where, HttpLimits limits, Handler handler) {
  auto parts = std::make_unique<Parts>(limits, std::move(handler));
  const tcp::endpoint endpoint(asio::ip::make_address(where.address), where.port);
  error_code error;
  parts->acceptor.open(endpoint.protocol(), error);
  if (!error) parts->acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) parts->acceptor.bind(endpoint, error);
  if (!error) parts->acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    return fail("net.listen", "cannot listen on " + where.authority() + ": " + error.message());
  }
  asio::co_spawn(parts->context, parts->accept(), asio::detached);
  return HttpServer(std::move(parts));
}

std::uint16_t HttpServer::port() const { return parts_->acceptor.local_endpoint().port(); }
void HttpServer::run() { parts_->context.run(); }
void HttpServer::stop() { parts_->context.stop(); }

}  // namespace bailey::net
