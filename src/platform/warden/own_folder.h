// own_folder: the private folder of a cage without namespaces, and its removal.
//
// There is no private /tmp: a folder in the machine's stands for it, open to our user only,
// with a name that nobody can know before. The program gets a folder inside; beside it lies
// a file that it must not reach, the canary of Landlock. Freestanding, one thread.
// Does not protect: its size is not limited, and when the warden is killed it stays behind.
#pragma once

#include <string_view>

#include "platform/warden/text.h"

namespace bailey::platform::warden {

class OwnFolder {
 public:
  // 0, or a negative errno.
  [[nodiscard]] long make() noexcept;
  // What the program may write.
  [[nodiscard]] const char* inner() const noexcept { return inner_.c_str(); }
  [[nodiscard]] std::string_view inner_view() const noexcept { return inner_.view(); }
  // Removes up to `most` entries, whatever the program left there; true when there is more.
  // To be called when nothing of the cage lives any more.
  [[nodiscard]] bool remove_some(unsigned most) noexcept;

 private:
  bool remove_entry(const char* name, unsigned& left) noexcept;

  Line<64> outer_;
  Line<64> inner_;
  int folder_ = -1;
  std::uint64_t moved_ = 0;
};

}  // namespace bailey::platform::warden
