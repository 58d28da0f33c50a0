#include "platform/warden/digest.h"

extern "C" {
// Of libcrypto's x86_64cpuid object: the feature words and what fills them.
extern unsigned int OPENSSL_ia32cap_P[4] __attribute__((visibility("hidden")));
unsigned long long OPENSSL_ia32_cpuid(unsigned int*);
// What libcrypto's start-up section would call; asking is done lazily below.
void OPENSSL_cpuid_setup() {}
}

namespace bailey::platform::warden {
namespace {
void learn_processor() noexcept {
  // Bit 10 of the first word is reserved by OpenSSL for "these words are filled".
  if (OPENSSL_ia32cap_P[0] != 0) return;
  unsigned int words[4] = {};
  const unsigned long long first = OPENSSL_ia32_cpuid(words);
  OPENSSL_ia32cap_P[2] = words[2];
  OPENSSL_ia32cap_P[3] = words[3];
  OPENSSL_ia32cap_P[1] = static_cast<unsigned int>(first >> 32);
  OPENSSL_ia32cap_P[0] = static_cast<unsigned int>(first) | 1U << 10;
}
}  // namespace

void Digest::add(const void* bytes, std::size_t size) noexcept {
  learn_processor();
  SHA256_Update(&state_, bytes, size);
}

void Digest::finish(std::uint8_t (&out)[32]) noexcept {
  learn_processor();
  SHA256_Final(out, &state_);
}

}  // namespace bailey::platform::warden
