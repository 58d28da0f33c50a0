// What one HTTP exchange carries, for both ends. Plain values; text is bytes as they came.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace bailey::net {

struct HttpRequest {
  std::string method;  // "GET", "POST"
  std::string target;  // "/add-checkpoint"
  std::string body;
};

struct HttpResponse {
  unsigned status = 500;
  std::string content_type;
  std::string body;
};

struct HttpLimits {
  std::chrono::milliseconds deadline{10'000};  // of a whole exchange
  std::size_t max_body = std::size_t{256} << 10;
  std::size_t max_connections = 64;  // of a server
};

}  // namespace bailey::net
