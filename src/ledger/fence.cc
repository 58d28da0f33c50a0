#include "ledger/fence.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "crypto/hash.h"

namespace bailey::ledger {
namespace {

constexpr std::string_view kMagic = "BAILEYF1";
constexpr std::size_t kSlotBytes = 256;
constexpr std::size_t kSlotAt[] = {0, 4096};
constexpr std::size_t kFileBytes = 8192;
constexpr std::size_t kBodyBytes = 8 + 4 * 8 + 32 + 4 + 4 + 64 + 32 + 8 + 32;
static_assert(kBodyBytes + 4 <= kSlotBytes);

RelPath file_name() { return RelPath::known("head"); }

template <class Number>
void put(Bytes& out, Number value) {
  for (std::size_t i = 0; i < sizeof(value); ++i) {
    out.push_back(static_cast<std::uint8_t>(value >> (8U * i)));
  }
}

class Reader {
 public:
  explicit Reader(ByteView bytes) : rest_(bytes) {}
  template <class Number>
  Number number() {
    Number value = 0;
    for (std::size_t i = 0; i < sizeof(value); ++i) {
      value = static_cast<Number>(value | (static_cast<Number>(rest_[i]) << (8U * i)));
    }
    rest_ = rest_.subspan(sizeof(value));
    return value;
  }
  template <std::size_t N>
  void bytes(std::array<std::uint8_t, N>& out) {
    std::copy_n(rest_.begin(), N, out.begin());
    rest_ = rest_.subspan(N);
  }

 private:
  ByteView rest_;
};

std::uint32_t checksum(ByteView bytes) {
  const Digest digest = crypto::sha256(bytes);
  return Reader(ByteView(digest)).number<std::uint32_t>();
}

}  // namespace

Error fence_error(FenceFault fault) {
  const std::string hint =
      "nothing is signed any more; find out why, then `bailey log re-anchor --reason TEXT` goes "
      "on and records it";
  switch (fault) {
    case FenceFault::kRolledBack:
      return {"ledger.rolled_back",
              "the log is older than what it signed before: it was restored, or cut", hint};
    case FenceFault::kMoved:
      return {"ledger.rolled_back", "the log was anchored anew while this process ran",
              "start again"};
    case FenceFault::kForked:
      return {"ledger.forked", "another log than this one was signed with the same key before",
              hint};
    case FenceFault::kCopied:
      return {"ledger.forked",
              "this log is a copy: its folder is not the one that it was written in", hint};
    case FenceFault::kMissing:
      return {"ledger.fence", "the log has entries, but the second place remembers no head", hint};
    case FenceFault::kDamaged:
    case FenceFault::kNone:
      break;
  }
  return {"ledger.fence", "what the second place remembers cannot be read or written", hint};
}

Bytes fence_slot(const Remembered& remembered, const Digest& log_id) {
  Bytes out;
  out.reserve(kSlotBytes);
  out.insert(out.end(), kMagic.begin(), kMagic.end());
  put(out, remembered.turn);
  put(out, remembered.epoch);
  put(out, remembered.place);
  put(out, remembered.head.size);
  out.insert(out.end(), remembered.head.root.begin(), remembered.head.root.end());
  put(out, remembered.head.key_id);
  put(out, static_cast<std::uint32_t>(remembered.stopped));
  out.insert(out.end(), remembered.head.signature.begin(), remembered.head.signature.end());
  out.insert(out.end(), log_id.begin(), log_id.end());
  put(out, remembered.other_size);
  out.insert(out.end(), remembered.other_root.begin(), remembered.other_root.end());
  put(out, checksum(out));
  out.resize(kSlotBytes);
  return out;
}

std::optional<Remembered> parse_fence_slot(ByteView bytes, const Digest& log_id) {
  if (bytes.size() < kBodyBytes + 4 || as_text(bytes.first(kMagic.size())) != kMagic) {
    return std::nullopt;
  }
  if (Reader(bytes.subspan(kBodyBytes)).number<std::uint32_t>() !=
      checksum(bytes.first(kBodyBytes))) {
    return std::nullopt;
  }
  Reader reader(bytes.subspan(kMagic.size()));
  Remembered out;
  Digest of{};
  out.turn = reader.number<std::uint64_t>();
  out.epoch = reader.number<std::uint64_t>();
  out.place = reader.number<std::uint64_t>();
  out.head.size = reader.number<std::uint64_t>();
  reader.bytes(out.head.root);
  out.head.key_id = reader.number<std::uint32_t>();
  const auto stopped = reader.number<std::uint32_t>();
  reader.bytes(out.head.signature);
  reader.bytes(of);
  out.other_size = reader.number<std::uint64_t>();
  reader.bytes(out.other_root);
  if (of != log_id || stopped > static_cast<std::uint32_t>(FenceFault::kMoved)) {
    return std::nullopt;
  }
  out.stopped = static_cast<FenceFault>(stopped);
  return out;
}

Result<std::uint64_t> place_of(const Dir& dir) {
  struct statx facts{};
  if (::statx(dir.fd(), "", AT_EMPTY_PATH, STATX_INO | STATX_BTIME, &facts) != 0) {
    return std::unexpected(disk_error("disk.read", "look at the ledger's folder", errno));
  }
  Bytes identity;
  put(identity, static_cast<std::uint64_t>(facts.stx_ino));
  const bool born = (facts.stx_mask & STATX_BTIME) != 0;
  put(identity, born ? static_cast<std::uint64_t>(facts.stx_btime.tv_sec) : std::uint64_t{0});
  put(identity, born ? facts.stx_btime.tv_nsec : std::uint32_t{0});
  const Digest digest = crypto::sha256(identity);
  return Reader(ByteView(digest)).number<std::uint64_t>();
}

Result<Fence> Fence::open(const Dir& dir, const Digest& log_id) {
  auto file = dir.open_file(file_name(), O_RDWR);
  if (!file && file.error().code != "disk.missing") return std::unexpected(file.error());
  return Fence(BAILEY_TRY(dir.duplicate()), file ? *std::move(file) : Fd(), log_id);
}

Result<std::optional<Remembered>> Fence::look() {
  if (!file_) return std::optional<Remembered>();
  // Both slots and what is between them: one call costs less than two.
  std::array<std::uint8_t, kSlotAt[1] + kSlotBytes> bytes{};
  ssize_t got = 0;
  do {
    got = ::pread(file_.get(), bytes.data(), bytes.size(), 0);
  } while (got < 0 && errno == EINTR);
  if (got < 0) return std::unexpected(disk_error("disk.read", "read the second place", errno));
  std::optional<Remembered> newest;
  for (const auto at : kSlotAt) {
    if (static_cast<std::size_t>(got) < at + kSlotBytes) continue;
    auto slot = parse_fence_slot(ByteView(bytes).subspan(at, kSlotBytes), log_id_);
    if (slot && (!newest || slot->turn > newest->turn)) newest = slot;
  }
  if (!newest) return std::unexpected(fence_error(FenceFault::kDamaged));
  turn_ = newest->turn;
  return newest;
}

Status Fence::write(ByteView bytes, std::int64_t at) const {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count = ::pwrite(file_.get(), bytes.data() + done, bytes.size() - done,
                                   at + static_cast<off_t>(done));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      return std::unexpected(disk_error("disk.write", "write the second place", errno));
    }
    done += static_cast<std::size_t>(count);
  }
  return {};
}

Status Fence::remember(Remembered remembered, Sync sync) {
  // Of a file that is damaged or not there any turn will do.
  if (sync == Sync::kYes) (void)look();
  remembered.turn = turn_ + 1;
  if (!file_) {
    if (sync == Sync::kNo) return std::unexpected(fence_error(FenceFault::kMissing));
    file_ = BAILEY_TRY(dir_.open_file(file_name(), O_RDWR | O_CREAT));
    // All of its room, so that a disk that fills up does not stop what is written over later.
    BAILEY_TRY(write(Bytes(kFileBytes), 0));
  }
  BAILEY_TRY(write(fence_slot(remembered, log_id_),
                   static_cast<std::int64_t>(kSlotAt[remembered.turn % 2])));
  turn_ = remembered.turn;
  if (sync == Sync::kNo) return {};
  if (::fdatasync(file_.get()) != 0) {
    return std::unexpected(disk_error("disk.sync", "sync the second place", errno));
  }
  return dir_.sync();
}

}  // namespace bailey::ledger
