// caller: what can be learned of the process behind a notice, from outside.
//
// Everything is bounded and may fail: the process may be gone, or lie. It was started by us
// and belongs to our user, so reading it needs no privilege. Freestanding.
#pragma once

#include "effect/process/wire.h"
#include "platform/cage/sys.h"
#include "platform/warden/territory.h"
#include "platform/warden/text.h"

namespace bailey::platform::warden {

using Path = Line<1024>;

class Caller {
 public:
  // `pid` as we see it; `root` the cage's "/", an O_PATH descriptor, or a negative errno.
  Caller(std::uint32_t pid, long root) noexcept : pid_(pid), root_(root) {}
  // The caller's "/", to be closed by whoever asked, or a negative errno. All of a cage have
  // the same one: the filter refuses chroot(2).
  [[nodiscard]] static long open_root(std::uint32_t pid) noexcept;

  enum class Address { kUnreadable, kHere, kAway };
  // Fills in family, port and object. kHere: of the cage's own loopback, or without a place.
  [[nodiscard]] Address read_address(std::uint64_t at, std::uint64_t size,
                                     effect::process::EventBody& body) const noexcept;
  // Fills in object; false when nothing can be read.
  [[nodiscard]] bool read_path(std::uint64_t at, effect::process::EventBody& body) const noexcept;
  // Why the caller may not execute the file that the object names: EACCES, or 0 when it may
  // or there is none. `directory` is the caller's descriptor or AT_FDCWD.
  [[nodiscard]] int refusal_to_execute(int directory,
                                       const effect::process::EventBody& body) const noexcept;
  // Why it may not open it with these flags: EACCES, EROFS, ENOENT when the host has it and
  // the cage does not show it; 0 when it may, or nobody has it.
  [[nodiscard]] int refusal_to_open(int directory, std::uint64_t flags,
                                    const effect::process::EventBody& body) const noexcept;
  // Whether the file that the object names is one that no rule of Landlock opens so: then
  // body.error and a flag are set. For a cage without namespaces.
  [[nodiscard]] bool is_outside(int directory, std::uint64_t flags, const Territory& territory,
                                effect::process::EventBody& body) const noexcept;
  // What it uses when nothing refuses: makes the object an absolute path of the cage's, and
  // sets the flags. False for what is not there, a directory, or a name that is too long.
  [[nodiscard]] bool note_use(int directory, std::uint64_t flags,
                              effect::process::EventBody& body) const noexcept;
  // Exactly `size` bytes; false when they are not all there.
  [[nodiscard]] bool read_all(std::uint64_t at, void* to, std::size_t size) const noexcept {
    return read_memory(at, to, size) == static_cast<long>(size);
  }
  // A text that ends within `room`, with its NUL; its length, or a negative errno.
  [[nodiscard]] long read_string(std::uint64_t at, char* to, std::size_t room) const noexcept;
  // As the caller sees it, without rights (O_PATH) and not by way of a magic link. A descriptor,
  // or a negative errno. `flags` are added.
  [[nodiscard]] long open_path(int directory, const char* path, std::uint64_t flags) const noexcept;
  [[nodiscard]] long open_descriptor(int number) const noexcept;
  // A whole path, made absolute with the caller's directory and plain by its text ("..": the
  // name before it goes). False when that cannot be told or is too long.
  [[nodiscard]] bool read_plain_path(int directory, std::uint64_t at, Path& path) const noexcept;
  // The cage does not show it, or does not let it be read, and the host has it.
  [[nodiscard]] bool is_kept_from(const Path& path) const noexcept;
  void name(char (&to)[16]) const noexcept;
  // The program's file, or -1. Fills in which program it was.
  [[nodiscard]] int open_program(effect::process::EventBody& body) const noexcept;

 private:
  [[nodiscard]] long read_memory(std::uint64_t at, void* to, std::size_t size) const noexcept;
  [[nodiscard]] static long open_in_proc(std::uint32_t pid, const char* file, int flags) noexcept;
  // The caller's directory, with a slash behind it.
  [[nodiscard]] bool add_directory(int directory, Path& path) const noexcept;
  // The object as an absolute path of the cage's; false when that cannot be told.
  [[nodiscard]] bool absolute(int directory, const effect::process::EventBody& body,
                              Path& path) const noexcept;
  // Seen from the cage's root: a descriptor without rights, or a negative errno.
  [[nodiscard]] long look_up(const char* path) const noexcept;

  std::uint32_t pid_;
  long root_;
};

}  // namespace bailey::platform::warden
