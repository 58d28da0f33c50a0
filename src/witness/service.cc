#include "witness/service.h"

namespace bailey::witness {
namespace {

constexpr std::string_view kText = "text/plain; charset=utf-8";
constexpr std::string_view kEnd = "/checkpoint";

net::HttpResponse plain(unsigned status, std::string body) {
  return {status, std::string(kText), std::move(body)};
}

}  // namespace

net::HttpResponse answer(State& state, const net::HttpRequest& request, const Told& told) {
  const std::string& path = request.target;
  if (path == "/add-checkpoint") {
    if (request.method != "POST") return plain(405, "POST only\n");
    Reply reply = state.add_checkpoint(request.body);
    if (told) told(reply);
    return {reply.status, std::move(reply.content_type), std::move(reply.body)};
  }
  if (path.size() == 1 + 64 + kEnd.size() && path.ends_with(kEnd)) {
    if (request.method != "GET") return plain(405, "GET only\n");
    if (auto note = state.checkpoint(path.substr(1, 64))) return plain(200, *std::move(note));
  }
  return plain(404, "nothing here\n");
}

}  // namespace bailey::witness
