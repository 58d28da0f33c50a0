#include "cli/json_line.h"

#include <cstdint>
#include <cstdio>

namespace bailey::cli {
namespace {

// C1 controls, soft hyphen, marks of direction, separators, joiners, the byte order mark.
bool is_deceptive(std::uint32_t c) {
  return c == 0x7f || (c >= 0x80 && c < 0xa0) || c == 0xad || c == 0x61c ||
         (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
         (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb);
}

}  // namespace

std::string json_line(const codec::Json& value) {
  const std::string canonical = codec::canonical_json(value);
  std::string line;
  line.reserve(canonical.size() + 1);
  // Valid UTF-8 by contract; everything deceptive has one to three bytes.
  for (std::size_t i = 0; i < canonical.size();) {
    const auto lead = static_cast<unsigned char>(canonical[i]);
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    std::uint32_t point = length == 1 ? lead : length == 2 ? lead & 0x1fU : lead & 0x0fU;
    for (std::size_t k = 1; k < length && i + k < canonical.size(); ++k)
      point = point << 6 | (static_cast<unsigned char>(canonical[i + k]) & 0x3fU);
    if (length < 4 && is_deceptive(point)) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\u%04x", point);
      line += escaped;
    } else {
      line.append(canonical, i, length);
    }
    i += length;
  }
  return line + "\n";
}

}  // namespace bailey::cli
