// RunLocks: who is still at work on an open intent.
//
// One file, `ledger/runs`, always empty; the byte at offset N stands for the intent
// with index N. Whoever records an intent holds an OFD lock on its byte for the life of
// the run; the kernel lets go when the process ends, however it ends. Recovery closes
// only intents whose byte it can lock. A child process must close the descriptor.
// Thread rule: any thread.
#pragma once

#include <cstdint>
#include <mutex>
#include <set>

#include "base/dir.h"
#include "base/fd.h"
#include "base/result.h"

namespace bailey::ledger {

class RunLocks {
 public:
  [[nodiscard]] static Result<RunLocks> open(const Dir& dir);
  RunLocks(RunLocks&& other) noexcept : fd_(std::move(other.fd_)) {}

  // False when somebody, this object included, holds it.
  [[nodiscard]] bool try_hold(std::uint64_t index);
  void let_go(std::uint64_t index);

 private:
  explicit RunLocks(Fd fd) noexcept : fd_(std::move(fd)) {}
  Fd fd_;
  std::mutex mutex_;
  std::set<std::uint64_t> held_;
};

}  // namespace bailey::ledger
