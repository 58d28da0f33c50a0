// One HTTP/1.1 exchange over TCP (Boost.Beast): connect, ask, read the answer, close.
//
// How it fails: net.timeout when the whole of it takes longer than the deadline, net.connect,
// net.broken (what came is not HTTP, or ends early), net.too_big. A status is not an error: it
// is the caller's to read. Redirects are not followed, no proxy variable is obeyed, no name is
// resolved. Thread rule: blocks its thread; any thread.
// Does not protect: nothing is encrypted or authenticated; what must be believed is signed.
#pragma once

#include "base/result.h"
#include "net/http_message.h"
#include "net/http_url.h"

namespace bailey::net {

// `request.target` comes after the URL's prefix.
[[nodiscard]] Result<HttpResponse> http_call(const HttpUrl& url, const HttpRequest& request,
                                             const HttpLimits& limits);

}  // namespace bailey::net
