// Where an HTTP peer is: an address and a port, and what its paths begin with.
//
//   http://127.0.0.1:8080/witness      http://[fd00::1]:8080
//
// No name is ever resolved: the host is an address, or "localhost" for 127.0.0.1. Plain HTTP is
// for this machine and private networks only (RFC 1918, RFC 4193, loopback); a peer elsewhere is
// reached through a local proxy that speaks TLS. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace bailey::net {

struct HttpUrl {
  std::string address;  // as inet_pton takes it
  std::uint16_t port = 80;
  std::string prefix;  // "" or "/path" without a slash at its end
  // What goes into the Host field: the address, in brackets if need be, and the port.
  [[nodiscard]] std::string authority() const;
};

// Errors: net.url, net.https (TLS is not spoken here), net.address (a name, or an address that
// is neither loopback nor private).
[[nodiscard]] Result<HttpUrl> parse_http_url(std::string_view text);
// "127.0.0.1:8080", "[::1]:0": where to listen. Errors: net.url, net.address.
[[nodiscard]] Result<HttpUrl> parse_listen_address(std::string_view text);

}  // namespace bailey::net
