// Segment: one file of the journal, of fixed size and zero-written ahead.
//
// Because its blocks exist and hold zeros, a commit overwrites and needs no metadata:
// fdatasync then costs one flush. `journal/00000000` and so on; a file becomes a
// segment by the frame written at its beginning, before that it is only prepared.
// Reading is by pread: a file cut under us gives a short read, not a signal.
// Thread rule: const calls from any thread; writes by the holder of kAppend.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/dir.h"
#include "base/fd.h"
#include "base/result.h"

namespace bailey::ledger {

[[nodiscard]] std::string segment_name(std::uint32_t number);
[[nodiscard]] std::optional<std::uint32_t> segment_number(const std::string& name);
// Numbers of the files in `journal`, ascending. Errors: disk.*, log.corrupt (a foreign name).
[[nodiscard]] Result<std::vector<std::uint32_t>> list_segments(const Dir& journal);

class Segment {
 public:
  // Errors: disk.missing, disk.open, log.corrupt (not a regular file).
  [[nodiscard]] static Result<Segment> open(const Dir& journal, std::uint32_t number);
  // Makes `number` whole, zero-written and synced, under another name first, so that a
  // crash leaves nothing half-made under the real one. Nothing to do when it exists.
  // Errors: disk.full and others of disk.*.
  [[nodiscard]] static Status prepare(const Dir& journal, std::uint32_t number,
                                      std::uint32_t bytes);

  [[nodiscard]] std::uint32_t number() const noexcept { return number_; }
  // Of the file when it was opened.
  [[nodiscard]] std::uint64_t opened_bytes() const noexcept { return opened_bytes_; }
  // Of the file as it is now. Errors: disk.stat, log.deleted (no name any more).
  [[nodiscard]] Result<std::uint64_t> size_now() const;

  // Reads up to out.size() bytes; fewer at the end of the file. Errors: disk.read.
  [[nodiscard]] Result<std::size_t> read(std::uint32_t offset, std::span<std::uint8_t> out) const;
  // Errors: log.write_failed, disk.full. A part may have been written.
  [[nodiscard]] Status write(std::uint32_t offset, ByteView bytes) const;
  // Writes zeros over whatever is not zero from `offset` to the end and brings the
  // file to `bytes`; then syncs. Gives the number of bytes that were not zero.
  [[nodiscard]] Result<std::uint64_t> clear_from(std::uint32_t offset, std::uint32_t bytes) const;
  // Sends to the disk what was written, without waiting: worth it when there is something to
  // do before sync(), which alone makes it durable. What goes wrong is told by sync().
  void start_writing() const noexcept;
  // Errors: log.sync_failed. Never to be tried again after it failed.
  [[nodiscard]] Status sync() const;
  // Makes the next reads come from the disk, as far as the kernel allows.
  void forget_cached() const noexcept;

 private:
  Segment(Fd fd, std::uint32_t number, std::uint64_t bytes) noexcept
      : fd_(std::move(fd)), number_(number), opened_bytes_(bytes) {}
  Fd fd_;
  std::uint32_t number_;
  std::uint64_t opened_bytes_;
};

}  // namespace bailey::ledger
