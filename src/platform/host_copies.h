// FileSource over the real file system: looks files up without magic links, copies regular ones
// into sealed memory. Const calls from any thread.
// Does not protect: a file on a file system that never answers keeps the caller waiting.
#pragma once

#include "effect/file/file_source.h"

namespace bailey::platform {

class HostCopies final : public effect::file::FileSource {
 public:
  [[nodiscard]] Result<effect::file::Found> find(const std::string& path) const override;
  [[nodiscard]] Result<effect::file::Copy> copy(const effect::file::Found& found) const override;
  [[nodiscard]] Result<Fd> again(const Fd& copy) const override;
};

}  // namespace bailey::platform
