// HostFiles over the real file system. Read-only; const calls from any thread.
#pragma once

#include "effect/process/host_files.h"

namespace bailey::platform {

class RealHostFiles final : public effect::process::HostFiles {
 public:
  [[nodiscard]] effect::process::FileKind kind(const std::string& path) const override;
  [[nodiscard]] Result<std::string> real_path(const std::string& path) const override;
  [[nodiscard]] bool is_program(const std::string& path) const override;
  [[nodiscard]] bool is_readable_directory(const std::string& path) const override;
  [[nodiscard]] std::vector<std::string> names(const std::string& directory) const override;
  [[nodiscard]] Result<std::string> small_file(const std::string& path) const override;
};

}  // namespace bailey::platform
