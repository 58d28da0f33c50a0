// Files of the home that must be ours alone: checked when read, made so when written.
//
// read_private refuses a file of another owner, one that others may read or write, a
// link, and one that is larger than asked for. create_private makes a file whole or not
// at all: it is written aside and linked, so nobody reads half of it and the first of two
// makers wins. Thread rule: any thread. Errors: disk.*, <what>.owner and <what>.mode as
// the caller names them.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "base/dir.h"
#include "base/result.h"

namespace bailey::store {

struct PrivateErrors {
  std::string_view owner;  // "key.owner"
  std::string_view mode;   // "key.mode"
};

[[nodiscard]] Result<std::string> read_private(const Dir& dir, const RelPath& path,
                                               std::size_t max_bytes, uid_t owner,
                                               const PrivateErrors& errors);

// All of an opened regular file that had `size` bytes. Errors: disk.read, also when it
// grows meanwhile.
[[nodiscard]] Result<std::string> read_opened(int fd, std::size_t size, const RelPath& path);

// Errors: disk.exists when somebody made it first.
[[nodiscard]] Status create_private(const Dir& dir, std::string_view name, ByteView bytes,
                                    mode_t mode = 0600);

}  // namespace bailey::store
