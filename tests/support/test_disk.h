// The test programs' own World: the one place in a test that may open a real
// directory. Product code gets this authority from src/app/world.h only.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/check.h"
#include "base/dir.h"
#include "base/pass_key.h"

namespace bailey::app {

class World {
 public:
  static Dir open(const std::string& path) {
    auto dir = Dir::open_absolute(PassKey<World>(), path);
    check(dir.has_value(), "a test directory cannot be opened");
    return *std::move(dir);
  }
};

}  // namespace bailey::app

namespace bailey::test {

// A fresh directory, removed with all that is in it at the end of its scope.
class ScratchDir {
 public:
  ScratchDir() {
    std::string pattern = (std::filesystem::temp_directory_path() / "bailey-test-XXXXXX").string();
    check(::mkdtemp(pattern.data()) != nullptr, "no temporary directory");
    path_ = pattern;
  }
  ScratchDir(const ScratchDir&) = delete;
  ScratchDir& operator=(const ScratchDir&) = delete;
  ~ScratchDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] Dir open() const { return app::World::open(path_); }

 private:
  std::string path_;
};

}  // namespace bailey::test
