#include "ledger/published_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace bailey::ledger {
namespace {

constexpr std::size_t kGatherBytes = std::size_t{64} << 10;

}  // namespace

Result<PublishedFile> PublishedFile::open(const Dir& dir, const std::string& path) {
  const auto name = RelPath::known(path);
  constexpr int kFlags = O_WRONLY | O_CREAT | O_NONBLOCK;  // a FIFO in its place must not hang us
  auto fd = dir.open_file(name, kFlags);
  if (!fd && fd.error().code == "disk.missing") {
    BAILEY_TRY(dir.make_dir(RelPath::known(path.substr(0, path.rfind('/')))));
    fd = dir.open_file(name, kFlags);
  }
  if (!fd) return std::unexpected(std::move(fd).error());
  struct statx found{};
  if (::statx(fd->get(), "", AT_EMPTY_PATH, STATX_TYPE | STATX_SIZE, &found) != 0) {
    return std::unexpected(disk_error("disk.stat", "look at a published file", errno));
  }
  if (!S_ISREG(found.stx_mode)) {
    return fail("disk.open", "'" + path + "' of the published log is not a regular file");
  }
  return PublishedFile(*std::move(fd), found.stx_size);
}

Status PublishedFile::add(ByteView bytes) {
  if (gathered_.size() + bytes.size() > kGatherBytes) BAILEY_TRY(write_gathered());
  if (gathered_.capacity() == 0) gathered_.reserve(kGatherBytes);
  gathered_.insert(gathered_.end(), bytes.begin(), bytes.end());
  return {};
}

Status PublishedFile::write_gathered() {
  ByteView rest = gathered_;
  while (!rest.empty()) {
    const ssize_t count =
        ::pwrite(fd_.get(), rest.data(), rest.size(), static_cast<off_t>(written_));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      return std::unexpected(disk_error("disk.write", "write the published log", errno));
    }
    if (count == 0) return fail("disk.write", "write the published log: nothing was written");
    written_ += static_cast<std::uint64_t>(count);
    rest = rest.subspan(static_cast<std::size_t>(count));
  }
  gathered_.clear();
  old_bytes_ = std::max(old_bytes_, written_);
  return {};
}

Status PublishedFile::end() {
  BAILEY_TRY(write_gathered());
  if (old_bytes_ == written_) return {};
  if (::ftruncate(fd_.get(), static_cast<off_t>(written_)) != 0) {
    return std::unexpected(disk_error("disk.write", "cut a published file to its size", errno));
  }
  old_bytes_ = written_;
  return {};
}

}  // namespace bailey::ledger
