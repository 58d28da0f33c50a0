// CommitQueue: how the threads of a process share commits.
//
// Threads that come while a commit is under way form the next batch. One of them leads: it
// commits the batch for all. What a commit costs is mostly one wait for the disk and one
// signature, so few large batches beat many small ones: a leader gives way a few times to
// those who wrote a moment ago and are about to write again. Who writes alone never waits.
//
// It knows nothing of what a commit is. Thread rule: run() from any thread.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "ledger/draft.h"

namespace bailey::ledger {

class CommitQueue {
 public:
  // Gives every item its result. Called by one thread at a time.
  using Commit = std::function<void(std::span<Pending* const>)>;
  explicit CommitQueue(Commit commit) : commit_(std::move(commit)) {}

  // Returns when `mine` has its result. False: closed, and nothing was done.
  [[nodiscard]] bool run(Pending& mine);
  // Takes no more. False: it was closed before. Aborts when somebody is in run().
  [[nodiscard]] bool close();
  [[nodiscard]] bool is_closed();

 private:
  struct Batch {
    std::atomic<std::uint32_t> word{0};
    std::atomic<bool> all_woken{false};
    std::vector<Pending*> pending;
  };

  void lead(const Pending& own);
  void gather(std::unique_lock<std::mutex>& lock, std::size_t expected);

  const Commit commit_;
  std::mutex mutex_;
  std::shared_ptr<Batch> queue_ = std::make_shared<Batch>();
  bool leading_ = false;
  bool closed_ = false;
  std::size_t writers_ = 1;  // in the last commit, or come while it was under way
};

}  // namespace bailey::ledger
