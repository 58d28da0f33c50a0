#include "platform/program_digests.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "crypto/hash.h"

namespace bailey::platform {
namespace {

constexpr std::size_t kMostPrograms = 64;
constexpr std::int64_t kMostBytes = 64 << 20;

std::optional<ProgramDigests::Digest> digest_of(int fd) {
  struct stat status{};
  if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size > kMostBytes)
    return std::nullopt;
  crypto::Sha256 hash;
  std::array<std::uint8_t, 65536> buffer;
  std::int64_t at = 0;
  while (at < kMostBytes) {
    const ssize_t n = pread(fd, buffer.data(), buffer.size(), at);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::nullopt;
    if (n == 0) return hash.finish();
    hash.update(ByteView(buffer.data(), static_cast<std::size_t>(n)));
    at += n;
  }
  return std::nullopt;  // it grew meanwhile
}

}  // namespace

std::optional<ProgramDigests::Digest> ProgramDigests::of(const Program& program, Fd file) {
  const auto known = std::find_if(known_.begin(), known_.end(),
                                  [&](const Known& each) { return each.program == program; });
  // A file that is sent again is one that the warden had forgotten.
  if (!file) return known == known_.end() ? std::nullopt : known->digest;
  const auto digest = digest_of(file.get());
  if (known != known_.end())
    known->digest = digest;
  else if (known_.size() < kMostPrograms)
    known_.push_back({program, digest});
  return digest;
}

}  // namespace bailey::platform
