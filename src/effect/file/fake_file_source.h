// FakeFileSource: files that a test makes up, by name. Copies are pipes that hold the text.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <map>
#include <string>

#include "base/dir.h"
#include "effect/file/file_source.h"

namespace bailey::effect::file {

class FakeFileSource final : public FileSource {
 public:
  struct File {
    std::string real;
    std::string text;
  };
  std::map<std::string, File> files;
  std::string unreadable;  // the real path of one that is found and not copied
  mutable int copies = 0;

  [[nodiscard]] Result<Found> find(const std::string& path) const override {
    const auto found = files.find(path);
    if (found == files.end()) return fail("grant.missing", "there is no such file");
    return Found{Fd(), found->second.real, 1, 2};
  }
  [[nodiscard]] Result<Copy> copy(const Found& found) const override {
    ++copies;
    for (const auto& [path, file] : files) {
      if (file.real != found.real || file.real == unreadable) continue;
      Copy copy;
      copy.file = BAILEY_TRY(pipe_of(file.text));
      copy.bytes = file.text.size();
      return copy;
    }
    return fail("grant.unreadable", "the file cannot be read");
  }
  [[nodiscard]] Result<Fd> again(const Fd& copy) const override {
    return Fd(::fcntl(copy.get(), F_DUPFD_CLOEXEC, 0));
  }

 private:
  static Result<Fd> pipe_of(const std::string& text) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return fail("grant.unreadable", "no pipe");
    const Fd writer(ends[1]);
    BAILEY_TRY(write_all(writer.get(), as_bytes(text)));
    return Fd(ends[0]);
  }
};

}  // namespace bailey::effect::file
