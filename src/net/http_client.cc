#include "net/http_client.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/version.hpp>
#include <optional>

namespace bailey::net {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;

constexpr std::uint32_t kMaxHeaderBytes = 16U << 10;

std::unexpected<Error> broken(const char* what, const error_code& error) {
  if (error == beast::error::timeout) return fail("net.timeout", "no answer in time");
  if (error == http::error::body_limit || error == http::error::header_limit ||
      error == http::error::buffer_overflow) {
    return fail("net.too_big", "the answer is larger than what is read");
  }
  return fail("net.broken", std::string(what) + ": " + error.message());
}

asio::awaitable<Result<HttpResponse>> exchange(const HttpUrl& url, const HttpRequest& request,
                                               const HttpLimits& limits) {
  beast::tcp_stream stream(co_await asio::this_coro::executor);
  stream.expires_after(limits.deadline);  // of all that follows
  error_code error;
  const auto done = [&error] { return asio::redirect_error(asio::use_awaitable, error); };
  co_await stream.async_connect({asio::ip::make_address(url.address), url.port}, done());
  if (error == beast::error::timeout) co_return broken("connect", error);
  if (error) co_return fail("net.connect", "cannot connect: " + error.message());

  http::request<http::string_body> question(http::string_to_verb(request.method),
                                            url.prefix + request.target, 11);
  question.set(http::field::host, url.authority());
  question.set(http::field::user_agent, "bailey");
  question.keep_alive(false);
  if (!request.body.empty()) {
    question.set(http::field::content_type, "text/plain; charset=utf-8");
    question.body() = request.body;
    question.prepare_payload();
  }
  co_await http::async_write(stream, question, done());
  if (error) co_return broken("send", error);

  beast::flat_buffer buffer(kMaxHeaderBytes + limits.max_body);
  http::response_parser<http::string_body> parser;
  parser.header_limit(kMaxHeaderBytes);
  parser.body_limit(limits.max_body);
  co_await http::async_read(stream, buffer, parser, done());
  if (error) co_return broken("read the answer", error);
  auto answer = parser.release();
  HttpResponse response;
  response.status = answer.result_int();
  response.content_type = answer[http::field::content_type];
  response.body = std::move(answer.body());
  error_code ignored;
  stream.socket().shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
  co_return response;
}

}  // namespace

Result<HttpResponse> http_call(const HttpUrl& url, const HttpRequest& request,
                               const HttpLimits& limits) {
  asio::io_context context(1);
  std::optional<Result<HttpResponse>> result;
  asio::co_spawn(
      context, [&]() -> asio::awaitable<void> { result = co_await exchange(url, request, limits); },
      asio::detached);
  try {
    context.run();
  } catch (const std::exception& error) {
    return fail("net.broken", std::string("the exchange failed: ") + error.what());
  }
  if (!result) return fail("net.broken", "the exchange did not end");
  return *std::move(result);
}

}  // namespace bailey::net
