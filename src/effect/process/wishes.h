// WishDesk: where a running program's wishes for files go (spec/live-grants.md).
//
// A wish is an open that the cage refuses and a rule of files.ask names; the call waits. The
// cage hands wishes in and takes answers out; the desk, which knows the stages, judges them and
// asks the person. Nothing here waits for anybody: the cage goes on looking after its clocks
// while a question stands. One thread, that of the run. How it fails: a wish without an answer
// is a no. Does not protect: path, pid and program of a wish are what the warden says.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"
#include "model/outcome.h"

namespace bailey::effect::process {

struct Wish {
  std::uint64_t id = 0;  // of the waiting call
  std::string path;      // absolute, as the program claimed it
  std::uint64_t pid = 0;
  std::string program;  // the kernel's name of the thread
};

struct WishAnswer {
  std::uint64_t id = 0;
  Fd file;  // none: no
};

class WishDesk {
 public:
  virtual ~WishDesk() = default;
  virtual void take(Wish wish) = 0;
  // Nobody waits for it any more.
  virtual void withdraw(std::uint64_t id) = 0;
  // What became of an answer with a file: 0, or the errno by which it did not arrive.
  virtual void delivered(std::uint64_t id, int error) = 0;
  // Does the program have to be silent? While it is, hushed() is called at each turn.
  [[nodiscard]] virtual bool wants_silence() const = 0;
  virtual void hushed() = 0;
  // To be polled for reading while a question stands; -1 otherwise.
  [[nodiscard]] virtual int listens_on() const = 0;
  // Goes on as far as it can, and gives one answer, until there is none.
  [[nodiscard]] virtual std::optional<WishAnswer> next() = 0;
  // Somebody pressed ^C: the question that stands is answered with no.
  virtual void interrupt() = 0;
  // The run ends: every wish is a no from here on.
  virtual void close() = 0;

  struct Report {
    std::vector<model::LiveGrant> grants;
    std::uint64_t uncounted = 0;
  };
  // After close().
  [[nodiscard]] virtual Report report() const = 0;
};

// For runs under a policy that asks for nothing.
class NoWishes final : public WishDesk {
 public:
  void take(Wish) override {}
  void withdraw(std::uint64_t) override {}
  void delivered(std::uint64_t, int) override {}
  [[nodiscard]] bool wants_silence() const override { return false; }
  void hushed() override {}
  [[nodiscard]] int listens_on() const override { return -1; }
  [[nodiscard]] std::optional<WishAnswer> next() override { return std::nullopt; }
  void interrupt() override {}
  void close() override {}
  [[nodiscard]] Report report() const override { return {}; }
};

}  // namespace bailey::effect::process
