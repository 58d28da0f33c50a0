#include "ledger/segment.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

namespace bailey::ledger {
namespace {

constexpr std::size_t kNameDigits = 8;
constexpr std::size_t kChunk = std::size_t{1} << 20;
constexpr std::string_view kNewSuffix = ".new";

Status write_at(int fd, std::uint64_t offset, ByteView bytes, std::string_view act) {
  while (!bytes.empty()) {
    const ssize_t count = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return std::unexpected(disk_error("log.write_failed", act, errno));
    if (count == 0) return fail("log.write_failed", std::string(act) + ": nothing was written");
    bytes = bytes.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
  return {};
}

// Without the times: since Linux 6.13 a file whose times were looked at gets a new one with the
// very next write, and ext4 without a journal then writes the inode with every fdatasync.
Result<struct statx> look_at(int fd) {
  struct statx found{};
  if (::statx(fd, "", AT_EMPTY_PATH, STATX_TYPE | STATX_NLINK | STATX_SIZE, &found) != 0) {
    return std::unexpected(disk_error("disk.stat", "look at the journal", errno));
  }
  return found;
}

}  // namespace

std::string segment_name(std::uint32_t number) {
  std::string text = std::to_string(number);
  if (text.size() < kNameDigits) text.insert(0, kNameDigits - text.size(), '0');
  return text;
}

std::optional<std::uint32_t> segment_number(const std::string& name) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc{} || end != name.data() + name.size()) return std::nullopt;
  if (segment_name(number) != name) return std::nullopt;
  return number;
}

Result<std::vector<std::uint32_t>> list_segments(const Dir& journal) {
  std::vector<std::uint32_t> numbers;
  for (const auto& name : BAILEY_TRY(journal.list())) {
    if (const auto number = segment_number(name)) {
      numbers.push_back(*number);
    } else if (!name.ends_with(kNewSuffix)) {
      return fail("log.corrupt", "a foreign file lies in the journal",
                  "move everything that bailey did not make out of ledger/journal");
    }
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

Result<Segment> Segment::open(const Dir& journal, std::uint32_t number) {
  const auto name = RelPath::known(segment_name(number));
  auto fd = BAILEY_TRY(journal.open_file(name, O_RDWR));
  const auto found = BAILEY_TRY(look_at(fd.get()));
  if (!S_ISREG(found.stx_mode))
    return fail("log.corrupt", "a journal segment is not a regular file");
  return Segment(std::move(fd), number, found.stx_size);
}

Status Segment::prepare(const Dir& journal, std::uint32_t number, std::uint32_t bytes) {
  const auto name = RelPath::known(segment_name(number));
  if (BAILEY_TRY(journal.exists(name))) return {};
  const auto fresh = RelPath::known(segment_name(number) + "-" + std::to_string(::getpid()) +
                                    std::string(kNewSuffix));
  auto made = [&]() -> Status {
    const auto fd = BAILEY_TRY(journal.open_file(fresh, O_WRONLY | O_CREAT | O_TRUNC));
    const int error = ::posix_fallocate(fd.get(), 0, bytes);
    if (error != 0) return std::unexpected(disk_error("disk.write", "prepare a segment", error));
    const Bytes zeros(std::min<std::size_t>(kChunk, bytes));
    for (std::uint64_t at = 0; at < bytes; at += zeros.size()) {
      const auto count = std::min<std::uint64_t>(zeros.size(), bytes - at);
      BAILEY_TRY(write_at(fd.get(), at, ByteView(zeros).first(count), "prepare a segment"));
    }
    if (::fsync(fd.get()) != 0) {
      return std::unexpected(disk_error("disk.sync", "sync a prepared segment", errno));
    }
    // link, not rename: it never replaces a segment that somebody else made meanwhile.
    if (::linkat(journal.fd(), fresh.c_str(), journal.fd(), name.c_str(), 0) != 0 &&
        errno != EEXIST) {
      return std::unexpected(disk_error("disk.rename", "name a prepared segment", errno));
    }
    return {};
  }();
  (void)journal.remove_file(fresh);
  if (!made) return made;
  return journal.sync();
}

Result<std::uint64_t> Segment::size_now() const {
  const auto found = BAILEY_TRY(look_at(fd_.get()));
  if (found.stx_nlink == 0) {
    return fail("log.deleted", "the journal was deleted under us",
                "stop all bailey processes and restore ledger/journal; nothing was started");
  }
  return found.stx_size;
}

Result<std::size_t> Segment::read(std::uint32_t offset, std::span<std::uint8_t> out) const {
  std::size_t used = 0;
  while (used < out.size()) {
    const ssize_t count = ::pread(fd_.get(), out.data() + used, out.size() - used,
                                  static_cast<off_t>(offset) + static_cast<off_t>(used));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return std::unexpected(disk_error("disk.read", "read the journal", errno));
    if (count == 0) break;
    used += static_cast<std::size_t>(count);
  }
  return used;
}

Status Segment::write(std::uint32_t offset, ByteView bytes) const {
  return write_at(fd_.get(), offset, bytes, "write the journal");
}

Result<std::uint64_t> Segment::clear_from(std::uint32_t offset, std::uint32_t bytes) const {
  std::uint64_t cleared = 0;
  Bytes chunk(kChunk);
  const Bytes zeros(kChunk);
  std::uint64_t at = offset;
  while (at < bytes) {
    const auto want = std::min<std::uint64_t>(chunk.size(), bytes - at);
    const auto got = BAILEY_TRY(read(static_cast<std::uint32_t>(at), std::span(chunk).first(want)));
    const auto begin = chunk.begin();
    const auto nonzero = static_cast<std::uint64_t>(std::count_if(
        begin, begin + static_cast<std::ptrdiff_t>(got), [](auto b) { return b != 0; }));
    if (nonzero != 0 || got < want) {
      BAILEY_TRY(write_at(fd_.get(), at, ByteView(zeros).first(want), "clear the torn tail"));
    }
    cleared += nonzero;
    at += want;
  }
  if (::fsync(fd_.get()) != 0) {
    return std::unexpected(disk_error("log.sync_failed", "sync the cleared tail", errno));
  }
  return cleared;
}

void Segment::start_writing() const noexcept {
  (void)::sync_file_range(fd_.get(), 0, 0, SYNC_FILE_RANGE_WRITE);
}

Status Segment::sync() const {
  if (::fdatasync(fd_.get()) != 0) {
    return std::unexpected(
        Error{"log.sync_failed", disk_error("", "sync the journal", errno).message,
              "the log takes no more entries until it is opened anew; check the disk"});
  }
  return {};
}

void Segment::forget_cached() const noexcept {
  (void)::posix_fadvise(fd_.get(), 0, 0, POSIX_FADV_DONTNEED);
}

}  // namespace bailey::ledger
