// The paths of a witness: C2SP tlog-witness over net/http_server.
//
//   POST /add-checkpoint                      200 400 403 404 409 413 422 500
//   GET  /<hex SHA-256 of origin>/checkpoint  200 404
//
// Thread rule: as State. Does not protect: see net/http_server.h; what is served is public.
#pragma once

#include <functional>
#include <string>

#include "net/http_message.h"
#include "witness/state.h"

namespace bailey::witness {

// `told` hears of every add-checkpoint that was answered; it may be empty.
using Told = std::function<void(const Reply&)>;
[[nodiscard]] net::HttpResponse answer(State& state, const net::HttpRequest& request,
                                       const Told& told);

}  // namespace bailey::witness
