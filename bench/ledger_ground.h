// What the benches of the ledger stand on: a real clock, a real folder, a raw loop.
#pragma once

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/clock.h"
#include "base/dir.h"
#include "base/fd.h"
#include "base/pass_key.h"

namespace bailey::app {
// The benchmark's own World: the one place here that opens a real folder.
class World {
 public:
  static Dir open(const std::string& path) {
    auto dir = Dir::open_absolute(PassKey<World>(), path);
    check(dir.has_value(), "the bench's folder cannot be opened");
    return *std::move(dir);
  }
};
}  // namespace bailey::app

namespace bailey::ledger {

class MachineClock final : public Clock {
 public:
  explicit MachineClock(BootId boot) : boot_(std::move(boot)) {}
  WallTime wall() const noexcept override { return {read(CLOCK_REALTIME)}; }
  MonoTime monotonic() const noexcept override { return {read(CLOCK_MONOTONIC)}; }
  const BootId& boot_id() const noexcept override { return boot_; }

 private:
  static std::int64_t read(clockid_t id) noexcept {
    timespec now{};
    ::clock_gettime(id, &now);
    return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
  }
  BootId boot_;
};

inline constexpr const char* kThisBoot = "00000000-0000-4000-8000-00000000b007";
inline constexpr const char* kNextBoot = "00000000-0000-4000-8000-00000000b008";

inline double seconds_now() { return static_cast<double>(MachineClock("").monotonic().ns) / 1e9; }

inline double percentile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  const auto rank = static_cast<std::size_t>(share * static_cast<double>(values.size()));
  return values[std::min(rank, values.size() - 1)];
}
inline double median(const std::vector<double>& values) { return percentile(values, 0.5); }

// Raw loops over one file.
class RawFile {
 public:
  enum class Kind { kExtends, kOverwrites };
  RawFile(const std::string& path, Kind kind)
      : path_(path), fd_(::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) {
    check(static_cast<bool>(fd_), "no raw file");
    if (kind == Kind::kOverwrites) {
      const Bytes zeros(1U << 20);
      for (int i = 0; i < kPreparedMegabytes; ++i)
        check(write_all(fd_.get(), zeros).has_value(), "no prepared file");
      check(::fsync(fd_.get()) == 0, "no prepared file");
      check(::lseek(fd_.get(), 0, SEEK_SET) == 0, "no prepared file");
      wraps_ = true;
    }
  }
  ~RawFile() { std::filesystem::remove(path_); }
  void commit(ByteView bytes) {
    if (wraps_ && (at_ += bytes.size()) > (std::size_t{kPreparedMegabytes} << 20)) {
      at_ = bytes.size();
      check(::lseek(fd_.get(), 0, SEEK_SET) == 0, "seek");
    }
    check(write_all(fd_.get(), bytes).has_value(), "raw write");
    check(::fdatasync(fd_.get()) == 0, "raw sync");
  }

 private:
  static constexpr int kPreparedMegabytes = 64;
  std::string path_;
  Fd fd_;
  std::size_t at_ = 0;
  bool wraps_ = false;
};

}  // namespace bailey::ledger
