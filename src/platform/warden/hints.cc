#include "platform/warden/hints.h"

#include <string_view>

#include "effect/process/wire.h"

namespace bailey::platform::warden {

namespace wire = effect::process;

void Hints::notice(const std::uint8_t* bytes, std::size_t size) noexcept {
  if (size > kTailBytes) {
    bytes += size - kTailBytes;
    size = kTailBytes;
  }
  for (std::size_t i = 0; i < size; ++i) {
    tail_[at_] = bytes[i];
    at_ = at_ + 1 == kTailBytes ? 0 : at_ + 1;
    full_ = full_ || at_ == 0;
  }
}

std::uint32_t Hints::look() const noexcept {
  struct Text {
    std::string_view text;
    std::uint32_t bit;
  };
  constexpr Text kTexts[] = {
      {"No such file or directory", wire::kHintMissing},
      {"command not found", wire::kHintMissing},
      {"Permission denied", wire::kHintPermission},
      {"Operation not permitted", wire::kHintPermission},
      {"Read-only file system", wire::kHintReadOnly},
      {"Network is unreachable", wire::kHintNetwork},
      {"Could not resolve host", wire::kHintNetwork},
      {"Temporary failure in name resolution", wire::kHintNetwork},
      {"Name or service not known", wire::kHintNetwork},
      {"getaddrinfo", wire::kHintNetwork},
      {"Connection refused", wire::kHintNetwork},
  };
  const std::size_t size = full_ ? kTailBytes : at_;
  const std::size_t start = full_ ? at_ : 0;
  std::uint32_t found = 0;
  for (std::size_t i = 0; i < size; ++i) {
    for (const Text& candidate : kTexts) {
      if ((found & candidate.bit) != 0 || candidate.text.size() > size - i) continue;
      std::size_t n = 0;
      while (n < candidate.text.size() &&
             tail_[(start + i + n) % kTailBytes] == static_cast<std::uint8_t>(candidate.text[n])) {
        ++n;
      }
      if (n == candidate.text.size()) found |= candidate.bit;
    }
  }
  return found;
}

}  // namespace bailey::platform::warden
