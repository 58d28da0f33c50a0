// Addresses of peers: what is accepted is near, and prints back to what means the same.
#include "base/bytes.h"
#include "base/check.h"
#include "net/http_url.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bailey::net;
  const auto text = bailey::as_text({data, size});
  if (const auto url = parse_http_url(text)) {
    const auto again = parse_http_url("http://" + url->authority() + url->prefix);
    bailey::check(again && again->address == url->address && again->port == url->port &&
                      again->prefix == url->prefix,
                  "a URL prints back");
    bailey::check(url->prefix.find_first_of("\r\n ") == std::string::npos,
                  "no line break gets into a request");
  }
  if (const auto where = parse_listen_address(text)) {
    bailey::check(parse_listen_address(where->authority()).has_value(), "an address prints back");
  }
  return 0;
}
