#include "platform/warden/own_folder.h"

namespace bailey::platform::warden {

namespace sys = cage::sys;

namespace {

constexpr int kFolder = 0200000 | 0400000 | 02000000;  // O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
constexpr int kRemoveFolder = 0x200;                   // AT_REMOVEDIR

// The names in a folder, one at a time; entries may go while it is read.
class Names {
 public:
  explicit Names(int folder) noexcept : fd_(static_cast<int>(sys::openat(folder, ".", kFolder))) {}
  ~Names() {
    if (fd_ >= 0) sys::close(fd_);
  }
  Names(const Names&) = delete;
  Names& operator=(const Names&) = delete;

  // Null when there is none left.
  const char* next() noexcept {
    for (;;) {
      if (at_ >= size_) {
        size_ = sys::call(__NR_getdents64, fd_, entries_, sizeof entries_);
        at_ = 0;
        if (size_ <= 0) return nullptr;
      }
      std::uint16_t length = 0;
      __builtin_memcpy(&length, entries_ + at_ + 16, sizeof length);
      const char* name = entries_ + at_ + 19;
      at_ += length;
      const std::string_view text(name);
      if (text != "." && text != "..") return name;
    }
  }

 private:
  int fd_;
  long at_ = 0;
  long size_ = 0;
  alignas(8) char entries_[4096];
};

}  // namespace

long OwnFolder::make() noexcept {
  std::uint64_t random = 0;
  const long got = sys::call(__NR_getrandom, &random, sizeof random, 0);
  if (got != sizeof random) return got < 0 ? got : -5;
  outer_.add("/tmp/bailey-").add(random);
  inner_.add(outer_.view()).add("/tmp");
  // One that exists already is somebody else's.
  if (const long e = sys::mkdirat(sys::kAtFdcwd, outer_.c_str(), 0700); e < 0) return e;
  const long folder = sys::openat(sys::kAtFdcwd, outer_.c_str(), kFolder);
  if (folder < 0) return folder;
  folder_ = static_cast<int>(folder);
  if (const long e = sys::mkdirat(folder_, "tmp", 0700); e < 0) return e;
  return sys::call(__NR_mknodat, folder_, "canary", 0100600, 0);
}

// A folder that is not empty is emptied into ours, so that nothing has to go deep: each of
// its folders is moved once, however deep it lies.
bool OwnFolder::remove_entry(const char* name, unsigned& left) noexcept {
  if (sys::call(__NR_unlinkat, folder_, name, 0) == 0) return true;
  if (sys::call(__NR_unlinkat, folder_, name, kRemoveFolder) == 0) return true;
  const long path = sys::openat(folder_, name, kFolder | 010000000);
  if (path < 0) return false;
  // Whoever takes a folder's rights away from its owner, who may give them back.
  sys::call(__NR_fchmodat2, static_cast<int>(path), "", 0700, sys::kAtEmptyPath);
  sys::close(static_cast<int>(path));
  const long folder = sys::openat(folder_, name, kFolder);
  if (folder < 0) return false;
  const int inside = static_cast<int>(folder);
  {
    Names names(inside);
    const char* entry = nullptr;
    while (left > 0 && (entry = names.next()) != nullptr) {
      --left;
      if (sys::call(__NR_unlinkat, inside, entry, 0) == 0) continue;
      if (sys::call(__NR_unlinkat, inside, entry, kRemoveFolder) == 0) continue;
      sys::call(__NR_fchmodat, inside, entry, 0700);
      Line<32> other;
      other.add("moved-").add(++moved_);
      sys::call(__NR_renameat, inside, entry, folder_, other.c_str());
    }
  }
  sys::close(inside);
  return sys::call(__NR_unlinkat, folder_, name, kRemoveFolder) == 0 || left == 0;
}

bool OwnFolder::remove_some(unsigned most) noexcept {
  if (folder_ < 0) return false;
  unsigned left = most;
  bool removed = false;
  {
    Names names(folder_);
    while (const char* name = names.next()) {
      if (left == 0) return true;
      --left;
      removed = remove_entry(name, left) || removed;
    }
  }
  // What was moved here while we read may not have been among the names.
  if (removed) return true;
  sys::close(folder_);
  folder_ = -1;
  sys::call(__NR_unlinkat, sys::kAtFdcwd, outer_.c_str(), kRemoveFolder);
  return false;
}

}  // namespace bailey::platform::warden
