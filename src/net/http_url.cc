#include "net/http_url.h"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <charconv>
#include <optional>

namespace bailey::net {
namespace {

constexpr std::size_t kMaxUrlBytes = 1024;

namespace ip = boost::asio::ip;

bool is_near(const ip::address_v4& address) {
  const auto bytes = address.to_bytes();
  return bytes[0] == 127 || bytes[0] == 10 || (bytes[0] == 172 && (bytes[1] & 0xF0U) == 16) ||
         (bytes[0] == 192 && bytes[1] == 168);
}

bool is_near(const ip::address& address) {
  if (address.is_v4()) return is_near(address.to_v4());
  const auto v6 = address.to_v6();
  return v6.is_loopback() || (v6.to_bytes()[0] & 0xFEU) == 0xFC;
}

std::optional<std::uint16_t> port_of(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (text.empty() || status != std::errc{} || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return port;
}

// "host", "host:port", "[v6]", "[v6]:port".
Result<HttpUrl> parse_authority(std::string_view text) {
  const auto bad = [](const char* why) {
    return fail("net.url", std::string("not an address: ") + why);
  };
  HttpUrl url;
  std::string_view host = text;
  std::string_view rest;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return bad("no ']'");
    host = text.substr(1, end - 1);
    rest = text.substr(end + 1);
  } else if (const auto colon = text.find(':'); colon != std::string_view::npos) {
    host = text.substr(0, colon);
    rest = text.substr(colon);
  }
  if (!rest.empty()) {
    const auto port = rest[0] == ':' ? port_of(rest.substr(1)) : std::nullopt;
    if (!port) return bad("the port is not a number up to 65535");
    url.port = *port;
  }
  url.address = host == "localhost" ? "127.0.0.1" : std::string(host);
  boost::system::error_code error;
  const auto address = ip::make_address(url.address, error);
  if (error || (address.is_v6() && address.to_v6().scope_id() != 0)) {
    return fail("net.address", "the host is not an IP address",
                "names are not resolved here: write the address, or 'localhost'");
  }
  if (address.is_v6() != text.starts_with('[')) return bad("an IPv6 address stands in brackets");
  if (!is_near(address)) {
    return fail("net.address", "the address is neither loopback nor private",
                "plain HTTP stays on this machine or a private network: put a proxy that speaks "
                "TLS in front");
  }
  url.address = address.to_string();
  return url;
}

}  // namespace

std::string HttpUrl::authority() const {
  const bool v6 = address.find(':') != std::string::npos;
  return (v6 ? "[" + address + "]" : address) + ":" + std::to_string(port);
}

Result<HttpUrl> parse_http_url(std::string_view text) {
  const auto bad = [](const char* why) {
    return fail("net.url", std::string("not a URL: ") + why);
  };
  if (text.size() > kMaxUrlBytes) return bad("longer than 1024 bytes");
  if (text.starts_with("https://")) {
    return fail("net.https", "https is not spoken here",
                "run a local proxy that speaks TLS to the witness, and give its http address");
  }
  constexpr std::string_view kScheme = "http://";
  if (!text.starts_with(kScheme)) return bad("it does not begin with http://");
  text.remove_prefix(kScheme.size());
  if (!std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7F; })) {
    return bad("it holds a space or a byte that is not ASCII");
  }
  if (text.find_first_of("?#@\\\"<>") != std::string_view::npos) {
    return bad("it has a user, a query or a fragment");
  }
  const auto slash = std::min(text.find('/'), text.size());
  auto url = BAILEY_TRY(parse_authority(text.substr(0, slash)));
  if (url.port == 0) return bad("port 0");
  url.prefix = text.substr(slash);
  while (url.prefix.ends_with('/')) url.prefix.pop_back();
  return url;
}

Result<HttpUrl> parse_listen_address(std::string_view text) {
  if (text.rfind(':') == std::string_view::npos || text.ends_with(']')) {
    return fail("net.url", "where to listen is ADDRESS:PORT");
  }
  return parse_authority(text);
}

}  // namespace bailey::net
