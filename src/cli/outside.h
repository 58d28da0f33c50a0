// Outside: everything of the world that a command may touch, handed in by app.
//
// The commands make no clock, open no absolute path, read no environment of their own
// and start no process: they ask this. Tests hand in another one.
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/dir.h"
#include "base/entropy.h"
#include "base/result.h"
#include "effect/file/file_source.h"
#include "effect/process/host_files.h"
#include "effect/process/jail.h"

namespace bailey::cli {

enum class Stream { kOut, kErr };
enum class Make { kNo, kYes };

struct LayerAdvice {
  std::string name;
  bool available = false;
  std::string detail;
  std::string loss;    // what is lost without it
  std::string remedy;  // how to get it
};

class Outside {
 public:
  virtual ~Outside() = default;

  [[nodiscard]] virtual const Clock& clock() const = 0;
  [[nodiscard]] virtual Entropy& entropy() = 0;
  [[nodiscard]] virtual effect::process::Jail& jail() = 0;
  [[nodiscard]] virtual const effect::process::HostFiles& host() const = 0;
  // Copies of single files of the host, for a program that a person gives one.
  [[nodiscard]] virtual const effect::file::FileSource& files() const = 0;
  // What the kernel and the system offer, for doctor.
  [[nodiscard]] virtual std::vector<LayerAdvice> probe() = 0;

  // Opens an absolute directory; with kYes makes what is missing (0700). Errors: disk.*.
  [[nodiscard]] virtual Result<Dir> open_directory(const std::string& path, Make make) = 0;
  // A file that the user named, relative to the working directory; "-" is standard
  // input. Errors: disk.*.
  [[nodiscard]] virtual Result<std::string> read_user_file(const std::string& path,
                                                           std::size_t max_bytes) = 0;
  // Replaces a file that the user named ("-" is standard output). Errors: disk.*.
  [[nodiscard]] virtual Status write_user_file(const std::string& path, std::string_view text) = 0;
  // The same, piece by piece, for what does not fit into memory: `fill` writes, and when it
  // fails a file is not replaced.
  using Write = std::function<Status(std::string_view piece)>;
  [[nodiscard]] virtual Status write_user_pieces(
      const std::string& path, const std::function<Status(const Write& write)>& fill) = 0;

  [[nodiscard]] virtual std::optional<std::string> environment(const std::string& name) const = 0;
  [[nodiscard]] virtual uid_t uid() const = 0;
  [[nodiscard]] virtual gid_t gid() const = 0;
  [[nodiscard]] virtual std::string home_directory() const = 0;  // of the user; may be empty
  [[nodiscard]] virtual Result<std::string> working_directory() const = 0;
  [[nodiscard]] virtual std::string program_directory() const = 0;  // where bailey itself lies
  [[nodiscard]] virtual bool is_terminal(Stream stream) const = 0;
  [[nodiscard]] virtual bool input_is_terminal() const = 0;

  // Lost when the reader is gone; never throws, never kills us.
  virtual void write(Stream stream, std::string_view text) = 0;
  // Waits; returns early (true) when a signal asked the program to end, or when nobody reads
  // standard output any more. From the first call on such signals end nothing by themselves.
  [[nodiscard]] virtual bool pause_ms(int milliseconds) = 0;
};

}  // namespace bailey::cli
