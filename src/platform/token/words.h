// The messages between bailey and bailey-token (spec/token.md).
//
// One SOCK_SEQPACKET, one request and one answer at a time. A message is a version byte, a word,
// and fields: 32-bit little-endian length, bytes. Pure; both sides refuse what has another form.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace bailey::platform::token {

inline constexpr std::uint8_t kVersion = 1;
inline constexpr std::size_t kMaxMessage = std::size_t{192} << 10;
inline constexpr std::size_t kMaxFields = 4;

// open: module, label, PIN, public key. generate: module, label, PIN. sign: message.
enum class Ask : std::uint8_t { kOpen = 1, kGenerate = 2, kSign = 3 };
// kDone: open and generate give the public key, sign the signature. The others: a message.
enum class Answer : std::uint8_t {
  kDone = 0,
  kProtocol = 1,
  kModule = 2,
  kSlot = 3,
  kPin = 4,
  kKey = 5,
  kExists = 6,
  kMechanism = 7,
  kFailed = 8,
};

struct Message {
  std::uint8_t word = 0;
  std::vector<std::string> fields;
};

[[nodiscard]] inline std::string write_message(const Message& message) {
  std::string out;
  out.push_back(static_cast<char>(kVersion));
  out.push_back(static_cast<char>(message.word));
  for (const auto& field : message.fields) {
    for (unsigned shift = 0; shift < 32; shift += 8)
      out.push_back(static_cast<char>((field.size() >> shift) & 0xFF));
    out += field;
  }
  return out;
}

[[nodiscard]] inline std::optional<Message> parse_message(std::string_view bytes) {
  if (bytes.size() < 2 || bytes.size() > kMaxMessage ||
      static_cast<std::uint8_t>(bytes[0]) != kVersion)
    return std::nullopt;
  Message message{.word = static_cast<std::uint8_t>(bytes[1]), .fields = {}};
  bytes.remove_prefix(2);
  while (!bytes.empty()) {
    if (bytes.size() < 4 || message.fields.size() == kMaxFields) return std::nullopt;
    std::size_t length = 0;
    for (unsigned i = 0; i < 4; ++i)
      length |= std::size_t{static_cast<std::uint8_t>(bytes[i])} << (8 * i);
    bytes.remove_prefix(4);
    if (length > bytes.size()) return std::nullopt;
    message.fields.emplace_back(bytes.substr(0, length));
    bytes.remove_prefix(length);
  }
  return message;
}

}  // namespace bailey::platform::token
